"""Columns without a heading are known by a number of no language: what was remembered of files is brought in line.

Else each file without a header would be asked about anew.
"""

import re
from typing import Any

from django.db import migrations

_NAMED = re.compile(r"(?:第 (\d+) (?:列|欄)|Column (\d+))((?: \(\d+\))?)")


def _numbered(label: str) -> str:
    found = _NAMED.fullmatch(label)
    return f"#{found[1] or found[2]}{found[3]}" if found else label


def _renamed(mapping: dict[str, str]) -> dict[str, str]:
    return {_numbered(label): item for label, item in mapping.items()}


def number(apps: Any, schema_editor: Any) -> None:
    for name in ("Dataset", "Source"):
        for one in apps.get_model("collection", name).objects.exclude(mapping={}).only("mapping").iterator():
            mapping = _renamed(one.mapping)
            if mapping != one.mapping:
                one.mapping = mapping
                one.save(update_fields=["mapping"])
    runs = apps.get_model("collection", "Run").objects.filter(finished_at__isnull=True)
    for run in runs.only("mapping", "found").iterator():
        run.mapping = _renamed(run.mapping)
        if "columns" in run.found:
            run.found["columns"] = [_numbered(label) for label in run.found["columns"]]
        run.save(update_fields=["mapping", "found"])


class Migration(migrations.Migration):
    dependencies = [("collection", "0007_rows_answered")]

    operations = [migrations.RunPython(number, migrations.RunPython.noop)]
