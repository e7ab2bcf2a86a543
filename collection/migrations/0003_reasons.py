"""Keep why a run failed, or none was asked for, as a code and its values: readers differ in their language."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="failure",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="sourceslot",
            name="refusal",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
