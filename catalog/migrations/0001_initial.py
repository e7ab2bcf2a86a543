"""The catalog: entries, their revisions and items, classification, review, imports and search."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("catalog", "0001_catalog"),
        ("catalog", "0003_review_check"),
        ("catalog", "0004_import_batches"),
        ("catalog", "0005_import_upload"),
        ("catalog", "0006_import_upload_states"),
        ("catalog", "0007_search_of_what_is_open"),
        ("catalog", "0008_listing_columns"),
        ("catalog", "0009_listing_fill"),
        ("catalog", "0010_listing_switch"),
        ("catalog", "0011_listing_change"),
        ("catalog", "0012_withdrawal_authority"),
        ("catalog", "0013_mask_band"),
    ]

    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "level",
                    models.CharField(
                        choices=[("class", "Class"), ("group", "Group"), ("order", "Order"), ("suborder", "Suborder")],
                        max_length=10,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="catalog.category",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("last_serial", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[1-9][0-9A-Za-z]*$")), name="category_code_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("level", "class"), ("parent__isnull", True)),
                            models.Q(models.Q(("level", "class"), _negated=True), ("parent__isnull", False)),
                            _connector="OR",
                        ),
                        name="category_parent_by_level",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Library",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(choices=[("base", "Base library"), ("theme", "Theme library")], max_length=10),
                ),
                ("description", models.TextField(blank=True)),
                (
                    "lead_department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="led_libraries",
                        to="accounts.department",
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "code"],
                "permissions": [("edit_library", "Can edit the library")],
            },
        ),
        migrations.CreateModel(
            name="LibraryGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="catalog.library"),
                ),
            ],
            options={
                "unique_together": {("group", "permission", "content_object")},
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                ("file_name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("mapping", models.JSONField(default=dict)),
                ("publishes", models.BooleanField(default=False)),
                ("updates", models.BooleanField(default=False)),
                ("creates_departments", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Being applied"), ("finished", "Finished"), ("undone", "Undone")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("rows_in", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("tally", models.JSONField(default=list)),
                ("remarks", models.JSONField(default=list)),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("started_by_name", models.CharField(max_length=200)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "import batches",
                "ordering": ["-started_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("sha256", "department"),
                        name="import_batch_one_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
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
                            ("done", "Import finished"),
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
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("uploaded_at", models.DateTimeField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("asked_at", models.DateTimeField(help_text="When the work under way, or the last, was asked for.")),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-uploaded_at", "-id"],
                "indexes": [
                    models.Index(fields=["department", "-uploaded_at"], name="import_upload_department"),
                    models.Index(fields=["asked_at"], name="import_upload_asked"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DutyChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document", models.CharField(max_length=200)),
                ("document_number", models.CharField(blank=True, max_length=100)),
                ("article", models.CharField(blank=True, max_length=100)),
                ("gist", models.TextField()),
                ("changed_on", models.DateField()),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-changed_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ListingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weight", models.BigIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="CompilationStandard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("valid_from", models.DateField()),
                ("required_fields", models.JSONField(default=list)),
                ("extra_schema", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "ordering": ["-valid_from"],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="accounts.department"
                    ),
                ),
                ("code", models.CharField(max_length=64, null=True, unique=True)),
                ("slug", models.CharField(max_length=64, null=True, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting_head", "Awaiting sign-off"),
                            ("awaiting_authority", "Awaiting authority review"),
                            ("returned", "Returned"),
                            ("published", "Published"),
                            ("withdrawal_pending", "Withdrawal pending"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                (
                    "withdrawal",
                    models.CharField(
                        choices=[
                            ("none", "Not withdrawn"),
                            ("awaiting_head", "Withdrawal awaiting sign-off"),
                            ("awaiting_authority", "Withdrawal awaiting authority review"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="none",
                        max_length=20,
                    ),
                ),
                ("withdrawal_reason", models.TextField(blank=True)),
                (
                    "withdrawal_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "withdrawal_head",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "withdrawal_authority",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                ("edit_version", models.PositiveIntegerField(default=1)),
                (
                    "origin",
                    models.CharField(
                        choices=[("filed", "Filed"), ("imported", "Imported")], default="filed", max_length=10
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("first_published_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "entries",
                "ordering": ["-updated_at", "-id"],
                "indexes": [
                    models.Index(fields=["status", "-updated_at", "-id"], name="entry_status_updated"),
                    models.Index(fields=["department", "status", "-updated_at"], name="entry_department_status"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code__isnull", True), ("slug__isnull", True)),
                            models.Q(("code__isnull", False), ("slug__isnull", False)),
                            _connector="OR",
                        ),
                        name="entry_code_and_slug_together",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawal", "awaiting_authority"), _negated=True),
                            ("withdrawal_authority__isnull", False),
                            _connector="OR",
                        ),
                        name="entry_withdrawal_with_an_authority",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="aliases", to="catalog.entry"
                    ),
                ),
                ("source", models.CharField(max_length=100)),
                ("code", models.CharField(max_length=200)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "code"), name="entry_alias_unique")],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="catalog.entry"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting_head", "Awaiting sign-off"),
                            ("awaiting_authority", "Awaiting authority review"),
                            ("returned", "Returned"),
                            ("published", "Published"),
                            ("superseded", "Superseded"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                (
                    "standard",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.compilationstandard",
                    ),
                ),
                (
                    "duty_change",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="revisions",
                        to="catalog.dutychange",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("summary", models.TextField(blank=True)),
                ("department_unit", models.CharField(blank=True, max_length=100)),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="catalog.category",
                    ),
                ),
                (
                    "library",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="catalog.library",
                    ),
                ),
                (
                    "source_system",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.informationsystem",
                    ),
                ),
                ("keywords", models.CharField(blank=True, max_length=300)),
                (
                    "format_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("document", "Electronic document"),
                            ("spreadsheet", "Spreadsheet"),
                            ("database", "Database"),
                            ("image", "Image"),
                            ("media", "Audio or video"),
                            ("self_described", "Self-described format"),
                            ("service", "Service interface"),
                            ("paper", "Paper"),
                        ],
                        max_length=20,
                    ),
                ),
                ("format_type", models.CharField(blank=True, max_length=30)),
                ("format_note", models.CharField(blank=True, max_length=300)),
                (
                    "sharing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unconditional", "Unconditional"),
                            ("conditional", "Conditional"),
                            ("withheld", "Withheld"),
                        ],
                        max_length=15,
                    ),
                ),
                ("sharing_scope", models.TextField(blank=True)),
                ("sharing_purpose", models.TextField(blank=True)),
                ("sharing_reason", models.TextField(blank=True)),
                ("sharing_note", models.TextField(blank=True)),
                ("legal_basis", models.JSONField(blank=True, default=list)),
                (
                    "sharing_method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("platform_table", "Platform, as a table"),
                            ("platform_file", "Platform, as files"),
                            ("platform_api", "Platform, through an interface"),
                            ("offline", "By mail or medium"),
                        ],
                        max_length=20,
                    ),
                ),
                ("use_conditions", models.TextField(blank=True)),
                (
                    "opening",
                    models.CharField(
                        blank=True,
                        choices=[("open", "Open"), ("conditional", "Conditionally open"), ("closed", "Not open")],
                        max_length=15,
                    ),
                ),
                ("opening_condition", models.TextField(blank=True)),
                (
                    "cycle",
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
                (
                    "data_level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("core", "Core data"),
                            ("important", "Important data"),
                            ("general_4", "General data, grade 4"),
                            ("general_3", "General data, grade 3"),
                            ("general_2", "General data, grade 2"),
                            ("general_1", "General data, grade 1"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "secrecy",
                    models.CharField(
                        choices=[("none", "No secret"), ("work", "Work secret"), ("state", "State secret")],
                        default="none",
                        max_length=6,
                    ),
                ),
                ("secrecy_assessment", models.TextField(blank=True)),
                ("personal_information_assessment", models.TextField(blank=True)),
                ("census", models.JSONField(blank=True, default=dict)),
                ("extra", models.JSONField(blank=True, default=dict)),
                ("assumptions", models.JSONField(blank=True, default=list)),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("submitted_at", models.DateTimeField(null=True)),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("signed_at", models.DateTimeField(null=True)),
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
                    "authority",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                ("published_at", models.DateTimeField(null=True)),
                ("published_by_name", models.CharField(blank=True, max_length=200)),
                ("related", models.ManyToManyField(blank=True, related_name="related_from", to="catalog.entry")),
            ],
            options={
                "ordering": ["-number"],
                "indexes": [models.Index(fields=["status", "authority"], name="revision_status_authority")],
                "constraints": [
                    models.UniqueConstraint(fields=("entry", "number"), name="revision_number_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "published")), fields=("entry",), name="revision_one_published"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status__in", ("draft", "awaiting_head", "awaiting_authority", "returned"))
                        ),
                        fields=("entry",),
                        name="revision_one_working",
                    ),
                    models.CheckConstraint(condition=models.Q(("secrecy", "none")), name="revision_holds_no_secret"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "published"), _negated=True),
                            ("published_at__isnull", False),
                            _connector="OR",
                        ),
                        name="revision_published_at_set",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("submitted_by__isnull", True),
                            ("signed_by__isnull", True),
                            models.Q(("submitted_by", models.F("signed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="revision_four_eyes",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="entry",
            name="current_revision",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.revision"
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="working_revision",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.revision"
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="published_revision",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.revision"
            ),
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="item_identities", to="catalog.entry"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawal", "none"), ("published_revision__isnull", False), _connector="OR"),
                name="entry_withdrawal_of_published_only",
            ),
        ),
        migrations.CreateModel(
            name="RevisionItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="catalog.revision"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="catalog.item"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("field_name", models.CharField(blank=True, max_length=100)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("C", "C text"),
                            ("N", "N number"),
                            ("Y", "Y money"),
                            ("D", "D date"),
                            ("T", "T date and time"),
                            ("L", "L yes or no"),
                            ("M", "M long text"),
                            ("G", "G general"),
                            ("B", "B double precision"),
                            ("I", "I whole number"),
                            ("F", "F floating point"),
                        ],
                        default="C",
                        max_length=1,
                    ),
                ),
                ("length", models.PositiveIntegerField(blank=True, null=True)),
                ("decimals", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("is_key", models.BooleanField(default=False)),
                ("nullable", models.BooleanField(default=True)),
                (
                    "sharing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unconditional", "Unconditional"),
                            ("conditional", "Conditional"),
                            ("withheld", "Withheld"),
                        ],
                        max_length=15,
                    ),
                ),
                ("sharing_condition", models.TextField(blank=True)),
                (
                    "opening",
                    models.CharField(
                        blank=True,
                        choices=[("open", "Open"), ("conditional", "Conditionally open"), ("closed", "Not open")],
                        max_length=15,
                    ),
                ),
                ("is_sensitive", models.BooleanField(default=False)),
                (
                    "mask",
                    models.CharField(
                        choices=[
                            ("none", "Not masked"),
                            ("name", "Name: keep the first character"),
                            ("id_number", "ID number: first 1, last 2"),
                            ("mobile", "Mobile: first 3, last 4"),
                            ("phone", "Landline: first 4, last 2"),
                            ("bank_account", "Bank account: last 4"),
                            ("address", "Address: cut at the county"),
                            ("email", "E-mail: first character and domain"),
                            ("plate", "Number plate: first 3, last 1"),
                            ("text", "Text: hidden"),
                            ("hash", "Hash with a key of its own"),
                            ("month", "Date: to the month"),
                            ("band", "Number: to the band of its first digit"),
                        ],
                        default="none",
                        max_length=15,
                    ),
                ),
                ("description", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["position"],
                "indexes": [models.Index(fields=["name"], name="revision_item_name")],
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "item"), name="revision_item_once"),
                    models.UniqueConstraint(fields=("revision", "position"), name="revision_item_position"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="catalog.importbatch"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("row", models.PositiveIntegerField()),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "department",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="import_rows",
                        to="catalog.entry",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("created", "Created"),
                            ("updated", "Updated"),
                            ("unchanged", "Unchanged"),
                            ("rejected", "Rejected"),
                            ("undone", "Undone"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("action", models.CharField(max_length=10)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("payload", models.JSONField(null=True)),
                ("problems", models.JSONField(default=list)),
                ("assumption_count", models.PositiveIntegerField(default=0)),
                ("is_published", models.BooleanField(default=False)),
                ("entry_version", models.PositiveIntegerField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["position"],
                "indexes": [models.Index(fields=["batch", "state", "position"], name="import_row_state")],
                "constraints": [models.UniqueConstraint(fields=("batch", "position"), name="import_row_position")],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="decisions", to="catalog.entry"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="catalog.revision",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("submit", "Submitted"),
                            ("sign_off", "Signed off"),
                            ("approve", "Approved and published"),
                            ("return", "Returned"),
                            ("recall", "Recalled"),
                            ("withdraw", "Withdrawal requested"),
                            ("withdraw_sign_off", "Withdrawal signed off"),
                            ("withdraw_approve", "Withdrawn"),
                            ("withdraw_return", "Withdrawal returned"),
                        ],
                        max_length=20,
                    ),
                ),
                ("opinion", models.TextField(blank=True)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=200)),
                ("department_name", models.CharField(blank=True, max_length=200)),
                ("sharing", models.CharField(blank=True, max_length=15)),
                ("basis", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at", "id"],
                "indexes": [
                    models.Index(fields=["entry", "at"], name="decision_entry_at"),
                    models.Index(fields=["actor_id", "-at"], name="decision_actor_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="catalog.revision"
                    ),
                ),
                ("field", models.CharField(blank=True, max_length=60)),
                (
                    "item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="catalog.item",
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("required", "Must change"), ("suggested", "Suggestion")],
                        default="required",
                        max_length=10,
                    ),
                ),
                ("text", models.TextField()),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("author_name", models.CharField(max_length=200)),
                ("department_name", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReviewCheck",
            fields=[
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="review_check",
                        serialize=False,
                        to="catalog.revision",
                    ),
                ),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        help_text="Values of ``contention.Contention``.",
                        size=None,
                    ),
                ),
                ("errors", models.PositiveIntegerField()),
                ("hints", models.PositiveIntegerField()),
                (
                    "changes",
                    models.JSONField(
                        help_text="How many fields changed and items were added, changed, removed, moved."
                    ),
                ),
                ("checked_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DutyChangeEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="concerned", to="catalog.dutychange"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="duty_changes", to="catalog.entry"
                    ),
                ),
                (
                    "filed_revision",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="catalog.revision"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("change", "entry"), name="duty_change_entry_once")],
            },
        ),
        migrations.CreateModel(
            name="EntrySearch",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="catalog.entry",
                    ),
                ),
                ("status", models.CharField(max_length=20)),
                ("is_filed", models.BooleanField()),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.category"
                    ),
                ),
                (
                    "library",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.library"
                    ),
                ),
                ("sharing", models.CharField(blank=True, max_length=15)),
                ("opening", models.CharField(blank=True, max_length=15)),
                ("cycle", models.CharField(blank=True, max_length=15)),
                ("format_class", models.CharField(blank=True, max_length=20)),
                ("format_type", models.CharField(blank=True, max_length=30)),
                ("code", models.CharField(max_length=64, null=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField()),
                ("name_folded", models.TextField()),
                ("name_pinyin", models.CharField(max_length=800)),
                ("folded", models.TextField()),
                ("bigrams", django.contrib.postgres.search.SearchVectorField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("open_folded", models.TextField(null=True)),
                ("open_bigrams", django.contrib.postgres.search.SearchVectorField(null=True)),
                ("open_words", django.contrib.postgres.search.SearchVectorField(null=True)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["bigrams"], name="entry_search_bigrams"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("open_bigrams__isnull", False)),
                        fields=["open_bigrams"],
                        name="entry_search_open_bigrams",
                    ),
                    models.Index(fields=["name_pinyin", "entry"], name="entry_search_pinyin"),
                    models.Index(
                        models.OrderBy(models.F("published_at"), descending=True, nulls_last=True),
                        models.OrderBy(models.F("entry"), descending=True),
                        name="entry_search_published",
                    ),
                    models.Index(fields=["code"], name="entry_search_code"),
                ],
            },
        ),
    ]
