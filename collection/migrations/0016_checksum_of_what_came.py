"""The checksum of what came is kept apart from that of the original, which an erasure writes anew.

Of what was written anew before, it is known for files that a source gave; for the others it is that of what is left.
"""

from typing import Any

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf


def copy(apps: Any, schema_editor: Any) -> None:
    came = NullIf(KeyTextTransform("sha256", "fetched"), Value(""))
    runs = apps.get_model("collection", "Run").objects.exclude(sha256="")
    runs.update(sent_sha256=Coalesce(came, F("sha256")))


class Migration(migrations.Migration):
    dependencies = [("collection", "0015_why_erasures_end")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="sent_sha256",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(copy, migrations.RunPython.noop),
    ]
