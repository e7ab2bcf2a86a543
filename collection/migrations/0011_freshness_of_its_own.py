"""A dataset may be judged by a grace and a longest silence of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0010_measured_freshness")]

    operations = [
        migrations.AddField(
            "dataset",
            "grace_days",
            models.PositiveSmallIntegerField(
                help_text="Working days after the due day; none for those of the cycle.", null=True
            ),
        ),
        migrations.AddField(
            "dataset",
            "heartbeat_minutes",
            models.PositiveSmallIntegerField(
                help_text="The longest silence of data that come in real time; none for the usual one.", null=True
            ),
        ),
    ]
