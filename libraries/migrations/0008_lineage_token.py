"""Where in the store a build keeps which sources each of its rows came from; earlier builds kept nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("libraries", "0007_consent_names_library")]

    operations = [
        migrations.AddField("build", "lineage_token", models.BigIntegerField(null=True)),
    ]
