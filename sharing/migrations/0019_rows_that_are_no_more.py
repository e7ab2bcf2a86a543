"""Open correction requests say since when the row that they are about is no more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0018_sides_of_inspections")]

    operations = [
        migrations.AddField(model_name="objection", name="row_gone_at", field=models.DateTimeField(null=True))
    ]
