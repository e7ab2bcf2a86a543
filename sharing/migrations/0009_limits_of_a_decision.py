"""Limits of use are given with the decision on a request."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0008_mediation")]

    operations = [
        migrations.AddField(
            model_name="sharerequest",
            name="decided_rows_per_day",
            field=models.PositiveBigIntegerField(blank=True, help_text="None for no limit.", null=True),
        ),
        migrations.AddField(
            model_name="sharerequest",
            name="decided_calls_per_minute",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
