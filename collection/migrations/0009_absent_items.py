"""The items of which files bring no column, as somebody agreed. Of files of before nothing is known: they are asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0008_numbered_columns")]

    operations = [
        migrations.AddField("dataset", "absent", models.JSONField(blank=True, default=list)),
        migrations.AddField("source", "absent", models.JSONField(blank=True, default=list)),
    ]
