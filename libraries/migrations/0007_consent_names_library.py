"""Consent names the library that it was given for; until now it was that of the entry, whichever it named later."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_library(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take what was agreed to as agreed to for the library that the entry names now."""
    parts = apps.get_model("libraries", "Part").objects.filter(grant__isnull=False, removed_at__isnull=True)
    revisions = ("composition__dataset__entry__published_revision", "composition__dataset__entry__working_revision")
    for part in parts.select_related(*revisions).iterator():
        entry = part.composition.dataset.entry
        revision = entry.published_revision or entry.working_revision
        if revision is not None:
            part.library_id = revision.library_id
            part.save(update_fields=["library"])


class Migration(migrations.Migration):
    dependencies = [("libraries", "0006_left_out"), ("catalog", "0001_initial")]

    operations = [
        migrations.AddField(
            "part",
            "library",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.library"
            ),
        ),
        migrations.RunPython(name_library, migrations.RunPython.noop),
    ]
