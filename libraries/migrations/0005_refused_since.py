"""Since when a source is refused: asking its provider anew ends no refusal."""

from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    apps.get_model("libraries", "Part").objects.filter(consent="refused").update(refused_at=models.F("consent_at"))


class Migration(migrations.Migration):
    dependencies = [("libraries", "0004_no_sentences")]

    operations = [
        migrations.AddField("part", "refused_at", models.DateTimeField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
