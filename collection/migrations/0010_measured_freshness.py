"""How current rows are by what they say themselves: the item that tells, and its newest day in a version."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0009_absent_items")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="time_item",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Item whose newest value tells how current the rows are.",
                max_length=36,
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="time_item",
            field=models.CharField(
                blank=True, default="", help_text="By which item the newest value was looked for.", max_length=36
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="newest_on",
            field=models.DateField(
                help_text="The newest day that the item has; none where it has no value.", null=True
            ),
        ),
    ]
