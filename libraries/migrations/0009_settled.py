"""Whether what a build told of its rows was compared with what was published; of earlier builds it is once more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("libraries", "0008_lineage_token")]

    operations = [
        migrations.AddField("build", "is_settled", models.BooleanField(default=False)),
    ]
