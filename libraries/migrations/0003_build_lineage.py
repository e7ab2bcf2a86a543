"""A build remembers which item kept the sources, so that a change of it is built."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("libraries", "0002_part_consent")]

    operations = [migrations.AddField("build", "lineage_item", models.CharField(blank=True, max_length=36))]
