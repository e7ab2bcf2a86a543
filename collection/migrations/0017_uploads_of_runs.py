"""Of which file that came part by part a run was made, for a window that still sends it; earlier ones do not say."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0016_checksum_of_what_came")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="upload_token",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
    ]
