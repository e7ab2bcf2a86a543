"""Rules that a department adds to its data, the reports of runs about quality, and the score of each dataset."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0002_sources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="QualityReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("rows", models.PositiveBigIntegerField()),
                ("score", models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                ("limit", models.PositiveSmallIntegerField()),
                ("dimensions", models.JSONField(default=dict)),
                ("findings", models.JSONField(default=list)),
                ("filled", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="QualityRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("code_list", "Code list"),
                            ("regex", "Form of a text"),
                            ("range", "Range"),
                            ("checksum", "Check character"),
                            ("date_order", "Order of dates"),
                            ("comparison", "Comparison of two items"),
                            ("reference", "Reference to another dataset"),
                            ("unique", "Values occur once"),
                            ("completeness", "Completeness"),
                            ("row_count", "Number of rows"),
                            ("freshness", "Newest date"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "severity",
                    models.CharField(choices=[("reject", "Reject"), ("warn", "Warn"), ("note", "Note")], max_length=10),
                ),
                ("item", models.UUIDField(blank=True, null=True)),
                ("item_name", models.CharField(blank=True, max_length=200)),
                ("other_item", models.UUIDField(blank=True, null=True)),
                ("other_name", models.CharField(blank=True, max_length=200)),
                ("parameters", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="dataset",
            name="quality_limit",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Score that the dataset asks of itself, beyond that of the installation.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="quality_score",
            field=models.DecimalField(decimal_places=1, max_digits=4, null=True),
        ),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting for a worker"),
                    ("running", "Running"),
                    ("waiting", "Waiting for the layout to be confirmed"),
                    ("succeeded", "Published"),
                    ("unchanged", "Nothing changed"),
                    ("refused", "Refused: breaks a limit or a rule"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("quality_limit__isnull", True), ("quality_limit__lte", 100), _connector="OR"),
                name="dataset_quality_limit",
            ),
        ),
        migrations.AddField(
            model_name="qualityreport",
            name="dataset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="quality_reports", to="collection.dataset"
            ),
        ),
        migrations.AddField(
            model_name="qualityreport",
            name="run",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="quality_report", to="collection.run"
            ),
        ),
        migrations.AddField(
            model_name="qualityreport",
            name="version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quality_reports",
                to="collection.datasetversion",
            ),
        ),
        migrations.AddField(
            model_name="qualityrule",
            name="created_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="qualityrule",
            name="dataset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="quality_rules", to="collection.dataset"
            ),
        ),
        migrations.AddField(
            model_name="qualityrule",
            name="target",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="collection.dataset",
            ),
        ),
        migrations.AddIndex(
            model_name="qualityreport",
            index=models.Index(fields=["dataset", "-id"], name="quality_report_dataset"),
        ),
        migrations.AddConstraint(
            model_name="qualityreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("score__isnull", True), models.Q(("score__gte", 0), ("score__lte", 100)), _connector="OR"
                ),
                name="quality_report_score",
            ),
        ),
        migrations.AddIndex(
            model_name="qualityrule",
            index=models.Index(
                condition=models.Q(("retired_at__isnull", True)), fields=["dataset"], name="quality_rule_live"
            ),
        ),
        migrations.AddConstraint(
            model_name="qualityrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reference"), ("target__isnull", False)),
                    models.Q(models.Q(("kind", "reference"), _negated=True), ("target__isnull", True)),
                    _connector="OR",
                ),
                name="quality_rule_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="qualityrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "row_count"), ("item__isnull", False), _connector="OR"),
                name="quality_rule_item",
            ),
        ),
    ]
