"""An announcement that was carried out is told from one that was taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0009_limits_of_a_decision")]

    operations = [
        migrations.AddField(
            model_name="grantnotice",
            name="carried_out_at",
            field=models.DateTimeField(null=True),
        ),
    ]
