"""Builds that there are take today's item of sources: else every library dataset would be built anew."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    composition = apps.get_model("libraries", "Composition").objects.filter(pk=OuterRef("composition"))
    apps.get_model("libraries", "Build").objects.update(lineage_item=Subquery(composition.values("lineage_item")[:1]))


class Migration(migrations.Migration):
    dependencies = [("libraries", "0003_build_lineage")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
