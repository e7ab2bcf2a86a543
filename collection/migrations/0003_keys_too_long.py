"""A key that no index holds is a rule of its own: it is not the item that has to become longer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0002_guards")]

    operations = [
        migrations.AlterField(
            model_name="runproblem",
            name="rule",
            field=models.CharField(
                choices=[
                    ("mandatory", "Must not be empty"),
                    ("key_empty", "Key must not be empty"),
                    ("number", "Not a number"),
                    ("whole_number", "Not a whole number"),
                    ("date", "Not a date"),
                    ("moment", "Not a date and time"),
                    ("yes_or_no", "Neither yes nor no"),
                    ("length", "Too long"),
                    ("key_length", "Key longer than 2,000 bytes"),
                    ("key_twice", "Key occurs twice"),
                    ("key_known", "Key exists already"),
                    ("cells", "Too many cells"),
                    ("operation", "Says neither that it is new or changed nor that it is deleted"),
                ],
                max_length=15,
            ),
        ),
    ]
