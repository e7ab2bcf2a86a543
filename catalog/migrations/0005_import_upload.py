"""Keep a file between its upload and its import.

Cause: reading and checking a file takes longer than a request, and a person corrects how it is read in between.
Effect: a row per uploaded file, with the mapping, what the dry run found, and the batch it became.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0004_import_batches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file", models.FileField(blank=True, max_length=200, upload_to="imports/%Y/%m")),
                ("file_name", models.CharField(max_length=200)),
                ("size_bytes", models.BigIntegerField()),
                ("mapping", models.JSONField(default=dict)),
                ("updates", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Being checked"),
                            ("checked", "Checked, nothing imported yet"),
                            ("failed", "Could not be used"),
                            ("applying", "Being imported"),
                            ("done", "Imported"),
                            ("undoing", "Being undone"),
                            ("undone", "Undone"),
                        ],
                        default="checking",
                        max_length=10,
                    ),
                ),
                ("message", models.TextField(blank=True)),
                ("result", models.JSONField(default=dict)),
                ("report", models.FileField(blank=True, max_length=200, upload_to="imports/%Y/%m")),
                ("uploaded_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(help_text="When the work under way, or the last, was asked for.")),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uploads",
                        to="catalog.importbatch",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-uploaded_at", "-id"],
                "indexes": [
                    models.Index(fields=["department", "-uploaded_at"], name="import_upload_department"),
                    models.Index(fields=["asked_at"], name="import_upload_asked"),
                ],
            },
        ),
    ]
