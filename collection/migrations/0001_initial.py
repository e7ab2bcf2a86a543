"""Datasets, sources and runs, quality, duties, consent and erasure."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("collection", "0003_reasons"),
        ("collection", "0004_reasons_that_there_are"),
        ("collection", "0005_no_sentences"),
        ("collection", "0006_unhooked_by"),
        ("collection", "0007_rows_answered"),
        ("collection", "0008_numbered_columns"),
        ("collection", "0009_absent_items"),
        ("collection", "0010_measured_freshness"),
        ("collection", "0011_freshness_of_its_own"),
        ("collection", "0012_reject_limit_of_a_source"),
        ("collection", "0013_erasures_fail"),
        ("collection", "0014_unread_labels"),
        ("collection", "0015_why_erasures_end"),
        ("collection", "0016_checksum_of_what_came"),
        ("collection", "0017_uploads_of_runs"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_parent_in_region"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalog", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="DutyCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=200)),
                ("items", models.PositiveIntegerField()),
                ("shared_count", models.PositiveIntegerField(default=0)),
                ("collected_count", models.PositiveIntegerField(default=0)),
                ("datasets_compared", models.PositiveIntegerField(default=0)),
                ("datasets_left", models.PositiveIntegerField(default=0)),
                (
                    "is_compared",
                    models.BooleanField(default=False, help_text="Whether there were own rows to compare."),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CollectionDuty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting_head", "Awaiting sign-off"),
                            ("awaiting_authority", "Awaiting review"),
                            ("returned", "Returned"),
                            ("registered", "Registered"),
                            ("ended", "Ended"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                ("edit_version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.TextField(blank=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collection_duties",
                        to="accounts.department",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "collection duties",
                "ordering": ["-updated_at", "-id"],
                "indexes": [models.Index(fields=["department", "state"], name="duty_department_state")],
            },
        ),
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("refusal_note", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("created_by_name", models.CharField(max_length=200)),
                ("first_used_at", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consent_texts",
                        to="collection.collectionduty",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("duty", "number"), name="consent_text_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=("duty",),
                        name="consent_text_one_in_force",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(editable=False, null=True, unique=True)),
                ("subject_hash", models.CharField(max_length=64)),
                ("decision", models.CharField(choices=[("given", "Given"), ("refused", "Refused")], max_length=10)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("online", "Online"),
                            ("counter", "Service counter"),
                            ("paper", "On paper"),
                            ("phone", "By telephone, recorded"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("evidence", models.FileField(blank=True, max_length=200, upload_to="consents/%Y/%m")),
                ("evidence_name", models.CharField(blank=True, max_length=200)),
                ("evidence_sha256", models.CharField(blank=True, max_length=64)),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by_name", models.CharField(max_length=200)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "withdrawal_channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("online", "Online"),
                            ("counter", "Service counter"),
                            ("paper", "On paper"),
                            ("phone", "By telephone, recorded"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("withdrawal_by_name", models.CharField(blank=True, max_length=200)),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="collection.collectionduty",
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="records", to="collection.consenttext"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["subject_hash"], name="consent_subject"),
                    models.Index(fields=["duty", "-at", "-id"], name="consent_duty"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True), ("decision", "given"), _connector="OR"),
                        name="consent_only_given_is_withdrawn",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("evidence", ""), _negated=True),
                        fields=("evidence",),
                        name="consent_evidence_of_one_answer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dataset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("table", "A table: the entry's items are its columns"),
                            ("files", "Files: documents, images, audio, video"),
                        ],
                        default="table",
                        max_length=10,
                    ),
                ),
                (
                    "default_mode",
                    models.CharField(
                        choices=[
                            ("replace", "Replace: the file holds everything"),
                            ("append", "Append: the file holds new rows"),
                            ("upsert", "Update by key: the file holds new and changed rows"),
                            ("changes", "Changes: each row says whether it is new, changed or deleted"),
                        ],
                        default="replace",
                        max_length=10,
                    ),
                ),
                ("layout", models.JSONField(blank=True, default=dict)),
                ("mapping", models.JSONField(blank=True, default=dict)),
                ("absent", models.JSONField(blank=True, default=list)),
                ("reject_limit_count", models.PositiveIntegerField(blank=True, null=True)),
                ("reject_limit_percent", models.PositiveSmallIntegerField(default=20)),
                (
                    "grace_days",
                    models.PositiveSmallIntegerField(
                        help_text="Working days after the due day; none for those of the cycle.", null=True
                    ),
                ),
                (
                    "heartbeat_minutes",
                    models.PositiveSmallIntegerField(
                        help_text="The longest silence of data that come in real time; none for the usual one.",
                        null=True,
                    ),
                ),
                ("keep_version_hours", models.PositiveIntegerField(default=24)),
                ("keep_original_days", models.PositiveIntegerField(default=365)),
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
                (
                    "filter_items",
                    models.JSONField(blank=True, default=list, help_text="Items by which readers filter and sort."),
                ),
                (
                    "time_item",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Item whose newest value tells how current the rows are.",
                        max_length=36,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("retired_by_name", models.CharField(blank=True, default="", max_length=200)),
                ("retired_reason", models.CharField(blank=True, default="", max_length=500)),
                (
                    "changed_at",
                    models.DateTimeField(help_text="When the published rows last really changed.", null=True),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(help_text="When a run last showed that they are current.", null=True),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("is_due_provisional", models.BooleanField(default=False)),
                (
                    "freshness",
                    models.CharField(
                        choices=[
                            ("none", "No due time"),
                            ("unknown", "No data yet"),
                            ("fresh", "Up to date"),
                            ("due_soon", "Due soon"),
                            ("overdue", "Overdue"),
                            ("overdue_long", "Long overdue"),
                        ],
                        default="unknown",
                        max_length=15,
                    ),
                ),
                ("reminded", models.JSONField(blank=True, default=dict)),
                ("quality_score", models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                (
                    "quality_limit",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Score that the dataset asks of itself, beyond that of the installation.",
                        null=True,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="datasets", to="catalog.entry"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "permissions": [("pull_dataset", "Can pull the dataset under a grant")],
                "indexes": [
                    models.Index(fields=["entry"], name="dataset_entry"),
                    models.Index(
                        condition=models.Q(("retired_at__isnull", True)), fields=["due_at"], name="dataset_due"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=("entry", "name"),
                        name="dataset_name_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("keep_version_hours__gte", 24)), name="dataset_versions_kept_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("keep_original_days__gte", 1)), name="dataset_originals_kept_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reject_limit_percent__lte", 100)), name="dataset_reject_percent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quality_limit__isnull", True), ("quality_limit__lte", 100), _connector="OR"
                        ),
                        name="dataset_quality_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DatasetFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.FileField(max_length=200, upload_to="datasets/%Y/%m")),
                ("since_version", models.PositiveIntegerField()),
                ("until_version", models.PositiveIntegerField(null=True)),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="collection.dataset"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until_version__isnull", True)),
                        fields=("dataset", "name"),
                        name="dataset_file_name_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_version__isnull", True),
                            ("until_version__gt", models.F("since_version")),
                            _connector="OR",
                        ),
                        name="dataset_file_versions",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DatasetGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="collection.dataset"),
                ),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="DatasetVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("generation", models.PositiveIntegerField()),
                ("columns", models.JSONField()),
                ("row_count", models.PositiveBigIntegerField()),
                ("added", models.PositiveBigIntegerField(default=0)),
                ("changed", models.PositiveBigIntegerField(default=0)),
                ("removed", models.PositiveBigIntegerField(default=0)),
                ("published_at", models.DateTimeField()),
                ("superseded_at", models.DateTimeField(null=True)),
                ("purged_at", models.DateTimeField(null=True)),
                (
                    "time_item",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="By which item the newest value was looked for.",
                        max_length=36,
                    ),
                ),
                (
                    "newest_on",
                    models.DateField(
                        help_text="The newest day that the item has; none where it has no value.", null=True
                    ),
                ),
                (
                    "lineage",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Changes are told between versions of one lineage; an erasure begins another.",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="collection.dataset"
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "number"), name="dataset_version_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("changed__lte", models.F("row_count"))), name="dataset_version_counts"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="dataset",
            name="published_version",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collection.datasetversion"
            ),
        ),
        migrations.CreateModel(
            name="Destination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=255)),
                ("networks", models.JSONField()),
                ("ports", models.JSONField()),
                (
                    "purpose",
                    models.CharField(
                        choices=[("source", "Sources are read there"), ("webhook", "Is told of new data")],
                        default="source",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "added_by",
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
                "ordering": ["host", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("host", "networks", "ports", "purpose"),
                        name="destination_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DigitisationReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("done", models.PositiveIntegerField()),
                ("note", models.CharField(blank=True, max_length=300)),
                ("by_name", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="digitisation",
                        to="collection.collectionduty",
                    ),
                ),
            ],
            options={
                "ordering": ["-on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="DutyFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("shared", "Shared already"), ("collected", "Collected by another department")],
                        max_length=10,
                    ),
                ),
                ("matches", models.JSONField()),
                (
                    "check_made",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="collection.dutycheck"
                    ),
                ),
                (
                    "duty",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collection.collectionduty",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.entry"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("duty__isnull", True), ("entry__isnull", False), ("kind", "shared")),
                            models.Q(("duty__isnull", False), ("entry__isnull", True), ("kind", "collected")),
                            _connector="OR",
                        ),
                        name="duty_finding_of_one_thing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DutyRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting_head", "Awaiting sign-off"),
                            ("awaiting_authority", "Awaiting review"),
                            ("returned", "Returned"),
                            ("registered", "Registered"),
                            ("superseded", "Superseded"),
                            ("discarded", "Discarded"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("purpose", models.TextField(blank=True)),
                (
                    "subject",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("natural_person", "Natural persons"),
                            ("legal_person", "Legal persons and organisations"),
                            ("other", "Other"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        blank=True,
                        choices=[("law", "A legal duty"), ("consent", "The person's consent")],
                        max_length=10,
                    ),
                ),
                ("legal_basis", models.JSONField(blank=True, default=list)),
                (
                    "manner",
                    models.CharField(
                        blank=True,
                        choices=[("digital", "Digital"), ("paper", "On paper, to be digitised")],
                        max_length=10,
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("online", "Online form"),
                            ("counter", "Service counter"),
                            ("interface", "Interface of a system"),
                            ("field", "On site: inspection or visit"),
                            ("device", "Sensor or device"),
                            ("survey", "Survey or census"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("realtime", "Real time"),
                            ("daily", "Daily"),
                            ("weekly", "Weekly"),
                            ("ten_days", "Every ten days"),
                            ("monthly", "Monthly"),
                            ("quarterly", "Quarterly"),
                            ("half_yearly", "Half-yearly"),
                            ("yearly", "Yearly"),
                            ("irregular", "Irregular"),
                            ("never", "No longer updated"),
                        ],
                        max_length=15,
                    ),
                ),
                ("digitise_by", models.DateField(blank=True, null=True)),
                ("paper_records", models.PositiveIntegerField(blank=True, null=True)),
                ("justification", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("signed_at", models.DateTimeField(null=True)),
                ("registered_at", models.DateTimeField(null=True)),
                (
                    "authority",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                (
                    "check_used",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collection.dutycheck",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="revisions",
                        to="collection.collectionduty",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collection_duties",
                        to="catalog.entry",
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "indexes": [models.Index(fields=["status", "authority"], name="duty_revision_review")],
                "constraints": [
                    models.UniqueConstraint(fields=("duty", "number"), name="duty_revision_number"),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status__in", ("draft", "awaiting_head", "awaiting_authority", "returned"))
                        ),
                        fields=("duty",),
                        name="duty_revision_one_open",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "registered")),
                        fields=("duty",),
                        name="duty_revision_one_registered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("submitted_by__isnull", True),
                            ("signed_by__isnull", True),
                            models.Q(("submitted_by", models.F("signed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="duty_revision_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ("draft", "returned", "discarded")),
                            ("check_used__isnull", False),
                            _connector="OR",
                        ),
                        name="duty_revision_checked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DutyItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("folded", models.CharField(max_length=200)),
                ("field_name", models.CharField(blank=True, max_length=100)),
                ("code_list", models.CharField(blank=True, max_length=100)),
                (
                    "item",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="catalog.item"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="collection.dutyrevision"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "indexes": [models.Index(fields=["folded"], name="duty_item_folded")],
                "constraints": [models.UniqueConstraint(fields=("revision", "position"), name="duty_item_position")],
            },
        ),
        migrations.CreateModel(
            name="DutyDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("create", "Drafted"),
                            ("submit", "Submitted"),
                            ("recall", "Recalled"),
                            ("sign_off", "Signed off"),
                            ("return", "Returned"),
                            ("register", "Registered"),
                            ("revise", "Revision opened"),
                            ("discard", "Revision discarded"),
                            ("end", "Ended"),
                        ],
                        max_length=10,
                    ),
                ),
                ("opinion", models.TextField(blank=True)),
                ("comments", models.JSONField(blank=True, default=list)),
                ("actor_name", models.CharField(max_length=200)),
                ("department_name", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="collection.collectionduty",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="collection.dutyrevision",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="dutycheck",
            name="revision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="checks", to="collection.dutyrevision"
            ),
        ),
        migrations.AddField(
            model_name="collectionduty",
            name="current",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collection.dutyrevision"
            ),
        ),
        migrations.AddField(
            model_name="collectionduty",
            name="registered",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collection.dutyrevision"
            ),
        ),
        migrations.AddField(
            model_name="collectionduty",
            name="working",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="collection.dutyrevision"
            ),
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("item", models.UUIDField(null=True)),
                ("item_name", models.CharField(blank=True, max_length=200)),
                ("files", models.JSONField(blank=True, default=list)),
                ("sealed_value", models.TextField(blank=True)),
                ("value_hash", models.CharField(blank=True, max_length=64)),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("purpose_met", "Purpose met, impossible or no longer needed"),
                            ("service_ended", "Service ended or retention period over"),
                            ("consent_withdrawn", "Consent withdrawn"),
                            ("unlawful", "Collected against law or agreement"),
                            ("order", "Judgment or order of a body entitled by law"),
                        ],
                        max_length=20,
                    ),
                ),
                ("document_number", models.CharField(max_length=100)),
                ("reason", models.TextField()),
                ("document", models.FileField(blank=True, max_length=200, upload_to="erasures/%Y/%m")),
                ("document_name", models.CharField(blank=True, max_length=200)),
                ("document_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("awaiting_head", "Awaiting the head's approval"),
                            ("refused", "Refused"),
                            ("withdrawn", "Taken back"),
                            ("approved", "Approved, waiting for a worker"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Could not be carried out"),
                        ],
                        default="awaiting_head",
                        max_length=15,
                    ),
                ),
                ("rows_seen", models.PositiveBigIntegerField(default=0)),
                ("counted_version", models.PositiveIntegerField(null=True)),
                ("rows_erased", models.PositiveBigIntegerField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("opinion", models.TextField(blank=True)),
                ("end_reason", models.TextField(blank=True)),
                ("slot", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[
                            (
                                "sealed",
                                "The person's value cannot be opened: its key is not there any more, or it was"
                                " damaged.",
                            ),
                            ("error", "Every attempt of a worker broke off. The operator finds the cause in the log."),
                        ],
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("report", models.JSONField(blank=True, default=dict)),
                ("trash", models.JSONField(blank=True, default=list)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="erasures", to="collection.dataset"
                    ),
                ),
                (
                    "decided_by",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)), fields=["slot"], name="erasure_slot"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("awaiting_head", "approved", "running", "failed"))),
                        fields=("dataset", "item", "value_hash"),
                        name="erasure_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="erasure_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("awaiting_head", "approved", "running", "failed")),
                            ("sealed_value", ""),
                            _connector="OR",
                        ),
                        name="erasure_forgets_the_value",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("item__isnull", False), models.Q(("value_hash", ""), _negated=True), ("files", [])
                            ),
                            models.Q(
                                ("item__isnull", True), ("value_hash", ""), models.Q(("files", []), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="erasure_of_rows_or_files",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("folded", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                ("note", models.TextField(blank=True)),
                ("appointed_at", models.DateTimeField()),
                ("appointed_by_name", models.CharField(max_length=200)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lead_sources",
                        to="accounts.department",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("authority", "folded"),
                        name="lead_source_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PartialUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("file_name", models.CharField(max_length=200)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("received_bytes", models.PositiveBigIntegerField(default=0)),
                ("touched_at", models.DateTimeField()),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="collection.dataset"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dataset", "user", "file_name", "size_bytes"), name="partial_upload_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("received_bytes__lte", models.F("size_bytes"))), name="partial_upload_bytes"
                    ),
                ],
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
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_rules",
                        to="collection.dataset",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collection.dataset",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("retired_at__isnull", True)), fields=["dataset"], name="quality_rule_live"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "reference"), ("target__isnull", False)),
                            models.Q(models.Q(("kind", "reference"), _negated=True), ("target__isnull", True)),
                            _connector="OR",
                        ),
                        name="quality_rule_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "row_count"), ("item__isnull", False), _connector="OR"),
                        name="quality_rule_item",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RegionQualityLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("set_at", models.DateTimeField()),
                (
                    "region",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quality_limit", to="accounts.region"
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__isnull", True), ("score__lte", 100), _connector="OR"),
                        name="region_quality_limit_score",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("upload", "Upload"),
                            ("command", "Command"),
                            ("resubmission", "Corrected rows"),
                            ("rollback", "Return to an earlier version"),
                            ("source", "Source, by hand"),
                            ("schedule", "Source, on schedule"),
                            ("library", "Built from the sources of a library"),
                            ("demo", "Demo"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("replace", "Replace: the file holds everything"),
                            ("append", "Append: the file holds new rows"),
                            ("upsert", "Update by key: the file holds new and changed rows"),
                            ("changes", "Changes: each row says whether it is new, changed or deleted"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
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
                (
                    "phase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fetch", "Fetch"),
                            ("keep", "Keep the original"),
                            ("detect", "Detect"),
                            ("stage", "Read in"),
                            ("validate", "Validate"),
                            ("compare", "Compare"),
                            ("publish", "Publish"),
                        ],
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("slot", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("fetched", models.JSONField(blank=True, default=dict)),
                ("original", models.FileField(blank=True, max_length=200, upload_to="evidence/%Y/%m")),
                ("file_name", models.CharField(blank=True, max_length=200)),
                ("size_bytes", models.BigIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("sent_sha256", models.CharField(blank=True, max_length=64)),
                ("layout", models.JSONField(blank=True, default=dict)),
                ("mapping", models.JSONField(blank=True, default=dict)),
                ("found", models.JSONField(blank=True, default=dict)),
                ("is_confirmed", models.BooleanField(default=False)),
                ("rows_read", models.PositiveBigIntegerField(default=0)),
                ("rows_rejected", models.PositiveBigIntegerField(default=0)),
                ("rejects", models.FileField(blank=True, max_length=200, upload_to="rejects/%Y/%m")),
                ("upload_token", models.UUIDField(editable=False, null=True, unique=True)),
                ("answers", models.JSONField(blank=True, default=dict)),
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
                    "corrects",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="corrections",
                        to="collection.run",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="collection.dataset"
                    ),
                ),
                (
                    "of_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collection.datasetversion",
                    ),
                ),
                (
                    "version",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="run",
                        to="collection.datasetversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["dataset", "-id"], name="run_dataset"),
                    models.Index(condition=models.Q(("finished_at__isnull", True)), fields=["slot"], name="run_open"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("queued", "running", "waiting"))),
                        fields=("dataset",),
                        name="run_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", False),
                                ("state__in", ("succeeded", "unchanged", "refused", "failed", "cancelled")),
                            ),
                            models.Q(
                                models.Q(
                                    ("state__in", ("succeeded", "unchanged", "refused", "failed", "cancelled")),
                                    _negated=True,
                                ),
                                ("finished_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="run_final",
                    ),
                ],
            },
        ),
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
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_reports",
                        to="collection.dataset",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_reports",
                        to="collection.datasetversion",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quality_report", to="collection.run"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["dataset", "-id"], name="quality_report_dataset")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("score__isnull", True), models.Q(("score__gte", 0), ("score__lte", 100)), _connector="OR"
                        ),
                        name="quality_report_score",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RunNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "phase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fetch", "Fetch"),
                            ("keep", "Keep the original"),
                            ("detect", "Detect"),
                            ("stage", "Read in"),
                            ("validate", "Validate"),
                            ("compare", "Compare"),
                            ("publish", "Publish"),
                        ],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("values", models.JSONField(default=dict)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="collection.run"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="RunProblem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.UUIDField(null=True)),
                ("label", models.CharField(blank=True, max_length=200)),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("mandatory", "Must not be empty"),
                            ("key_empty", "Key must not be empty"),
                            ("number", "Not a number"),
                            ("whole_number", "Not a whole number"),
                            ("date", "Not a date"),
                            ("moment", "Not a date and time"),
                            ("yes_or_no", "Neither yes nor no"),
                            ("length", "Too long"),
                            ("key_twice", "Key occurs twice"),
                            ("key_known", "Key exists already"),
                            ("cells", "Too many cells"),
                            ("operation", "Says neither that it is new or changed nor that it is deleted"),
                        ],
                        max_length=15,
                    ),
                ),
                ("count", models.PositiveBigIntegerField()),
                ("first_rows", models.JSONField(default=list)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="problems", to="collection.run"
                    ),
                ),
            ],
            options={
                "ordering": ["-count", "label"],
                "constraints": [models.UniqueConstraint(fields=("run", "item", "rule"), name="run_problem_once")],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("http", "Web address (HTTP)"),
                            ("sql", "Database (SQL)"),
                            ("objects", "Object store (S3)"),
                            ("sftp", "File server (SFTP)"),
                        ],
                        max_length=10,
                    ),
                ),
                ("settings", models.JSONField(default=dict)),
                ("host", models.CharField(max_length=255)),
                ("port", models.PositiveIntegerField()),
                ("secret", models.TextField(blank=True)),
                ("secret_set_at", models.DateTimeField(null=True)),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("replace", "Replace: the file holds everything"),
                            ("append", "Append: the file holds new rows"),
                            ("upsert", "Update by key: the file holds new and changed rows"),
                            ("changes", "Changes: each row says whether it is new, changed or deleted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("timetable", models.JSONField(default=dict)),
                ("is_enabled", models.BooleanField(default=True)),
                ("attempts", models.PositiveSmallIntegerField(default=4)),
                ("retry_minutes", models.PositiveSmallIntegerField(default=5)),
                ("deadline_minutes", models.PositiveSmallIntegerField(default=60)),
                (
                    "reject_limit_percent",
                    models.PositiveSmallIntegerField(help_text="Empty for that of the dataset.", null=True),
                ),
                (
                    "reject_limit_count",
                    models.PositiveIntegerField(help_text="Empty for that of the dataset.", null=True),
                ),
                ("layout", models.JSONField(blank=True, default=dict)),
                ("mapping", models.JSONField(blank=True, default=dict)),
                ("absent", models.JSONField(blank=True, default=list)),
                ("seen", models.JSONField(blank=True, default=dict)),
                ("scheduled_from", models.DateTimeField()),
                ("slot_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("edit_version", models.PositiveIntegerField(default=1)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="collection.dataset"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(fields=["dataset"], name="source_dataset"),
                    models.Index(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=["host", "port"],
                        name="source_endpoint",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=("dataset", "name"),
                        name="source_name_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("attempts__gte", 1), ("attempts__lte", 10)), name="source_attempts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reject_limit_percent__lte", 100)), name="source_reject_percent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("secret", ""), ("secret_set_at__isnull", True)),
                            models.Q(models.Q(("secret", ""), _negated=True), ("secret_set_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="source_secret_dated",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="run",
            name="source",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="collection.source"
            ),
        ),
        migrations.CreateModel(
            name="SourceSlot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot", models.DateTimeField()),
                ("taken_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[("started", "Run"), ("skipped", "Skipped"), ("refused", "Not possible")], max_length=10
                    ),
                ),
                ("missed", models.PositiveIntegerField(default=0)),
                ("refusal", models.JSONField(blank=True, default=dict)),
                (
                    "busy_with",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="collection.run"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="source_slot",
                        to="collection.run",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="collection.source"
                    ),
                ),
            ],
            options={
                "ordering": ["-slot"],
                "constraints": [models.UniqueConstraint(fields=("source", "slot"), name="source_slot_once")],
            },
        ),
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed", models.TextField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="subject_key_one")],
            },
        ),
        migrations.CreateModel(
            name="SubjectRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_hash", models.CharField(max_length=64)),
                ("asked_by", models.TextField()),
                (
                    "proof",
                    models.CharField(
                        choices=[
                            ("own_id", "The person's own identity document"),
                            ("proxy", "Power of attorney and both identity documents"),
                            ("guardian", "Proof of guardianship"),
                            ("authority", "Letter of a body entitled by law"),
                        ],
                        max_length=10,
                    ),
                ),
                ("proof_note", models.CharField(blank=True, max_length=200)),
                ("records", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=200)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="UploadPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("offset", models.PositiveBigIntegerField()),
                ("size_bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.FileField(max_length=200, upload_to="uploads")),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="collection.partialupload"
                    ),
                ),
            ],
            options={
                "ordering": ["offset"],
                "constraints": [models.UniqueConstraint(fields=("upload", "offset"), name="upload_part_once")],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateField()),
                ("assigned_at", models.DateTimeField()),
                ("assigned_by_name", models.CharField(max_length=200)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by_name", models.CharField(blank=True, max_length=200)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="catalog.entry"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("user", "entry"),
                        name="assignment_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True), ("ended_at__gte", models.F("assigned_at")), _connector="OR"
                        ),
                        name="assignment_period",
                    ),
                ],
            },
        ),
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
        migrations.AddConstraint(
            model_name="collectionduty",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", False), ("state", "ended"), ("working__isnull", True)),
                    models.Q(models.Q(("state", "ended"), _negated=True), ("ended_at__isnull", True)),
                    _connector="OR",
                ),
                name="duty_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["source", "-id"], name="run_source"),
        ),
    ]
