"""Which columns of a file were unknown is no longer kept with a run: nobody read it, and it may be somebody's row."""

from typing import Any

from django.db import migrations
from django.db.models import F, Func, JSONField, TextField, Value


def drop(apps: Any, schema_editor: Any) -> None:
    label = Value("unknown", output_field=TextField())
    rest = Func(F("found"), label, template="(%(expressions)s)", arg_joiner=" - ", output_field=JSONField())
    apps.get_model("collection", "Run").objects.filter(found__has_key="unknown").update(found=rest)


class Migration(migrations.Migration):
    dependencies = [("collection", "0013_erasures_fail")]

    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
