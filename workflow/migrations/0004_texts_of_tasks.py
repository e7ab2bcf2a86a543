"""What a task says is kept in every language; what is open keeps the wording it was given in the main one."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import JSONObject


def _keep_wording(apps, schema_editor):
    main = settings.LANGUAGE_CODE
    apps.get_model("workflow", "Task").objects.update(
        titles=JSONObject(**{main: "title"}), details=JSONObject(**{main: "detail"})
    )


class Migration(migrations.Migration):
    dependencies = [("workflow", "0003_people_reminded")]

    operations = [
        migrations.AddField("task", "titles", models.JSONField(default=dict, help_text="Language → text.")),
        migrations.AddField("task", "details", models.JSONField(default=dict, help_text="Language → text.")),
        migrations.RunPython(_keep_wording, migrations.RunPython.noop),
        migrations.RemoveField("task", "title"),
        migrations.RemoveField("task", "detail"),
    ]
