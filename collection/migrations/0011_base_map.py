"""A table for the base map of the installation; empty, for none ships."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0010_region_limits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BaseMap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("approval_number", models.CharField(max_length=100)),
                (
                    "coordinates",
                    models.CharField(
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
                ("lines", models.TextField()),
                ("line_count", models.PositiveIntegerField()),
                ("point_count", models.PositiveIntegerField()),
                ("loaded_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "loaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1), condition=models.Q(("removed_at__isnull", True)), name="base_map_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("approval_number", ""), _negated=True), name="base_map_approved"
                    ),
                ],
            },
        ),
    ]
