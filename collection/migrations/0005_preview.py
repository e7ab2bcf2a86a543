"""What a dataset declares for those who look at it.

Items as filters (a dataset that declares none is filtered by every item, as before), and the coordinate system.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collection", "0004_duties")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="filter_items",
            field=models.JSONField(blank=True, default=list, help_text="Items by which readers filter and sort."),
        ),
        migrations.AddField(
            model_name="dataset",
            name="coordinates",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not declared"),
                    ("cgcs2000", "CGCS2000"),
                    ("wgs84", "WGS 84"),
                    ("gcj02", "GCJ-02"),
                ],
                default="",
                max_length=10,
            ),
        ),
    ]
