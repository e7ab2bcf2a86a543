"""An announcement may be of a change.

A provider that wants to narrow a running service consults and files it as it does its stop; what is to change is kept
here until the day comes.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0005_counts_of_day")]

    operations = [
        migrations.AddField("grantnotice", "change", models.JSONField(null=True)),
    ]
