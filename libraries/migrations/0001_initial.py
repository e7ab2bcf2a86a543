"""Base and theme libraries: what they are composed of, their builds and the providers' consent."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("libraries", "0002_reasons"),
        ("libraries", "0003_reasons_that_there_are"),
        ("libraries", "0004_no_sentences"),
        ("libraries", "0005_refused_since"),
        ("libraries", "0006_left_out"),
        ("libraries", "0007_consent_names_library"),
        ("libraries", "0008_lineage_token"),
        ("libraries", "0009_settled"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("catalog", "0002_guards"),
        ("collection", "0001_initial"),
        ("sharing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Composition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lineage_item", models.CharField(blank=True, max_length=36)),
                ("created_at", models.DateTimeField()),
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="composition", to="collection.dataset"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Build",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waiting"),
                            ("composing", "Being composed"),
                            ("sent", "Handed over for loading"),
                            ("failed", "Failed"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("published", "A source has published"),
                            ("parts", "The sources were changed"),
                            ("repeated", "The last build had failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "slot",
                    models.DateTimeField(
                        help_text="When the work was last asked for: the job slot that one worker holds."
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("parts", models.JSONField(blank=True, default=list)),
                ("left_out", models.JSONField(blank=True, default=list)),
                ("lineage_item", models.CharField(blank=True, max_length=36)),
                ("lineage_token", models.BigIntegerField(null=True)),
                ("is_settled", models.BooleanField(default=False)),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("rows_in_several", models.PositiveBigIntegerField(default=0)),
                ("disagreements", models.JSONField(blank=True, default=dict)),
                ("failure", models.JSONField(blank=True, default=dict)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="build",
                        to="collection.run",
                    ),
                ),
                (
                    "composition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="builds", to="libraries.composition"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)), fields=["slot"], name="library_build_open"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")), fields=("composition",), name="library_build_one_asked"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "composing")),
                        fields=("composition",),
                        name="library_build_one_composing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state__in", ("sent", "failed"))),
                            models.Q(("finished_at__isnull", True), ("state__in", ("asked", "composing"))),
                            _connector="OR",
                        ),
                        name="library_build_final",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Part",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("precedence", models.PositiveSmallIntegerField()),
                ("mapping", models.JSONField()),
                (
                    "consent",
                    models.CharField(
                        choices=[
                            ("awaiting", "Awaiting the provider's consent"),
                            ("agreed", "The provider has agreed"),
                            ("refused", "The provider has refused"),
                        ],
                        default="awaiting",
                        max_length=8,
                    ),
                ),
                ("consent_note", models.TextField(blank=True)),
                ("consent_at", models.DateTimeField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("consent_by_name", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("created_by_name", models.CharField(max_length=200)),
                ("removed_at", models.DateTimeField(null=True)),
                ("removed_by_name", models.CharField(blank=True, max_length=200)),
                (
                    "composition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="libraries.composition"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="library_parts",
                        to="sharing.grant",
                    ),
                ),
                (
                    "library",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.library"
                    ),
                ),
                (
                    "own",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collection.dataset",
                    ),
                ),
            ],
            options={
                "ordering": ["precedence", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("composition", "grant"),
                        name="library_part_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("composition", "own"),
                        name="library_part_own_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("grant__isnull", False), ("own__isnull", True)),
                            models.Q(("grant__isnull", True), ("own__isnull", False)),
                            _connector="OR",
                        ),
                        name="library_part_of_one",
                    ),
                ],
            },
        ),
    ]
