"""A destination is listed for one purpose: to read sources at, or to tell of new data.

Cause: an address that was listed so that a source may be read there took messages of any department besides.
Effect: what is listed stays listed for sources alone; addresses that are to be told are listed anew, for that.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0012_dataset_right"),
    ]

    operations = [
        migrations.AddField(
            model_name="destination",
            name="purpose",
            field=models.CharField(
                choices=[("source", "Sources are read there"), ("webhook", "Is told of new data")],
                default="source",
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint(
            model_name="destination",
            name="destination_once",
        ),
        migrations.AddConstraint(
            model_name="destination",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("host", "networks", "ports", "purpose"),
                name="destination_once",
            ),
        ),
    ]
