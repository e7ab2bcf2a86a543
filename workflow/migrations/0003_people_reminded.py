"""Whom a reminder told is kept with it, so that the timeline of what it is about can name them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_fencing_token")]

    operations = [
        migrations.AddField(
            model_name="clockreminder",
            name="people",
            field=models.JSONField(default=list),
        ),
    ]
