"""Numbers can be shown as the band that holds them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0012_withdrawal_authority"),
    ]

    operations = [
        migrations.AlterField(
            model_name="revisionitem",
            name="mask",
            field=models.CharField(
                choices=[
                    ("none", "Not masked"),
                    ("name", "Name: keep the first character"),
                    ("id_number", "ID number: first 1, last 2"),
                    ("mobile", "Mobile: first 3, last 4"),
                    ("phone", "Landline: first 4, last 2"),
                    ("bank_account", "Bank account: last 4"),
                    ("address", "Address: cut at the county"),
                    ("email", "E-mail: first character and domain"),
                    ("plate", "Number plate: first 3, last 1"),
                    ("text", "Text: hidden"),
                    ("hash", "Hash with a key of its own"),
                    ("month", "Date: to the month"),
                    ("band", "Number: to the band of its first digit"),
                ],
                default="none",
                max_length=15,
            ),
        ),
    ]
