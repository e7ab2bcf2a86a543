"""Which rejected rows a correction brings, so that others of its file do not count. Corrections of before bring none.

Rows of which nobody knows can be sent once more: their run offers it again.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0006_unhooked_by")]

    operations = [
        migrations.AddField(model_name="run", name="answers", field=models.JSONField(blank=True, default=dict)),
    ]
