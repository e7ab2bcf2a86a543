"""Reasons that were kept as sentences stay what they are: nobody can tell any more what they were made of."""

from django.db import migrations
from django.db.models import F, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, JSONObject, Substr

COLUMNS = (("Run", "message", "failure"), ("SourceSlot", "reason", "refusal"))


def fill(apps, schema_editor):
    for model, text, kept in COLUMNS:
        rows = apps.get_model("collection", model).objects.exclude(**{text: ""})
        rows.update(**{kept: JSONObject(code=Value("text"), values=JSONObject(text=F(text)))})


def empty(apps, schema_editor):
    for model, text, kept in COLUMNS:
        rows = apps.get_model("collection", model).objects.exclude(**{kept: {}})
        said = KeyTextTransform("text", KeyTextTransform("values", kept))
        rows.update(**{text: Substr(Coalesce(said, KeyTextTransform("code", kept)), 1, 500)})


class Migration(migrations.Migration):
    dependencies = [("collection", "0003_reasons")]

    operations = [migrations.RunPython(fill, empty)]
