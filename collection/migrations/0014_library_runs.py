"""Runs that load what was built from the sources of a library say so. Names of a choice only; no row changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0013_destination_purpose"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="origin",
            field=models.CharField(
                choices=[
                    ("upload", "Upload"),
                    ("command", "Command"),
                    ("resubmission", "Corrected rows"),
                    ("rollback", "Return to an earlier version"),
                    ("source", "Source, by hand"),
                    ("schedule", "Source, on schedule"),
                    ("library", "Built from the sources of a library"),
                    ("demo", "Demo"),
                ],
                max_length=15,
            ),
        ),
    ]
