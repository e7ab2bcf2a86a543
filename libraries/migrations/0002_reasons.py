"""Keep why a build failed as a code and its values, so that each reader has it in his language."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("libraries", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="build",
            name="failure",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
