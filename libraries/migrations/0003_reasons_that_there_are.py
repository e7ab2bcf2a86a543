"""Reasons that were kept as sentences stay what they are: nobody can tell any more what they were made of."""

from django.db import migrations
from django.db.models import F, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, JSONObject


def fill(apps, schema_editor):
    rows = apps.get_model("libraries", "Build").objects.exclude(message="")
    rows.update(failure=JSONObject(code=Value("text"), values=JSONObject(text=F("message"))))


def empty(apps, schema_editor):
    rows = apps.get_model("libraries", "Build").objects.exclude(failure={})
    said = KeyTextTransform("text", KeyTextTransform("values", "failure"))
    rows.update(message=Coalesce(said, KeyTextTransform("code", "failure")))


class Migration(migrations.Migration):
    dependencies = [("libraries", "0002_reasons")]

    operations = [migrations.RunPython(fill, empty)]
