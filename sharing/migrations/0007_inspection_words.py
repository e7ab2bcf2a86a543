"""Misuse may be found after the end of a grant: the word for it no longer says that the grant is suspended.

Changes nothing in the database.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_announced_changes")]

    operations = [
        migrations.AlterField(
            "inspection",
            "result",
            models.CharField(
                choices=[
                    ("in_order", "In order"),
                    ("to_rectify", "To be rectified"),
                    ("misuse", "Misuse: a grant in force is suspended"),
                ],
                max_length=12,
            ),
        ),
    ]
