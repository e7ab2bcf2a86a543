"""Which sources were left out of a build, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("libraries", "0005_refused_since")]

    operations = [
        migrations.AddField("build", "left_out", models.JSONField(blank=True, default=list)),
    ]
