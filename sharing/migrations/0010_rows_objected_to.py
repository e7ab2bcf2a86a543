"""The number of a row that is objected to.

A provider cannot tell a row by a key that the grant hashes; by its number in the version it can.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0009_whole_copies")]

    operations = [
        migrations.AddField("objection", "row_number", models.PositiveBigIntegerField(null=True)),
    ]
