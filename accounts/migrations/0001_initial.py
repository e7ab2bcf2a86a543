"""Regions, departments, people, systems and the rules of security administrators."""

import re

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("accounts", "0001_people_and_departments"), ("accounts", "0003_user_hold")]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(),
        migrations.CreateModel(
            name="Region",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=6, unique=True, verbose_name="Code")),
                ("name", models.CharField(max_length=60, verbose_name="Name")),
                (
                    "level",
                    models.CharField(
                        choices=[("province", "Province"), ("city", "City"), ("county", "County")],
                        max_length=10,
                        verbose_name="Level",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="accounts.region",
                        verbose_name="Region above",
                    ),
                ),
                ("path", models.CharField(max_length=20, verbose_name="Path")),
                ("name_pinyin", models.CharField(default="", editable=False, max_length=240)),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="Valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="Valid to")),
            ],
            options={
                "verbose_name": "Region",
                "ordering": ["path"],
                "indexes": [
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(models.F("path"), name="text_pattern_ops"),
                        name="region_path_prefix",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("code__regex", "^[0-9]{6}$")), name="region_code_form"),
                    models.CheckConstraint(
                        condition=models.Q(("path__endswith", models.F("code"))), name="region_path_ends_with_code"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("level", "province"), ("parent__isnull", True)),
                            models.Q(models.Q(("level", "province"), _negated=True), ("parent__isnull", False)),
                            _connector="OR",
                        ),
                        name="region_province_is_root",
                    ),
                    models.UniqueConstraint(models.F("path"), name="region_path_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Department",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                re.compile("^[-a-zA-Z0-9_]+\\Z"),
                                "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
                                "invalid",
                            )
                        ],
                        verbose_name="Short code",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("short_name", models.CharField(blank=True, default="", max_length=60, verbose_name="Short name")),
                ("name_pinyin", models.CharField(default="", editable=False, max_length=480)),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="departments",
                        to="accounts.region",
                        verbose_name="Region",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="accounts.department",
                        verbose_name="Attached to",
                    ),
                ),
                (
                    "uscc",
                    models.CharField(blank=True, default="", max_length=18, verbose_name="Unified social credit code"),
                ),
                ("is_authority", models.BooleanField(default=False, verbose_name="Authority of its region")),
                (
                    "group",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="department",
                        to="auth.group",
                    ),
                ),
                (
                    "first_head_name",
                    models.CharField(blank=True, default="", max_length=60, verbose_name="First responsible head"),
                ),
                (
                    "first_head_title",
                    models.CharField(blank=True, default="", max_length=60, verbose_name="Post of the head"),
                ),
                ("unit_name", models.CharField(blank=True, default="", max_length=80, verbose_name="Dedicated unit")),
                (
                    "contact_name",
                    models.CharField(blank=True, default="", max_length=60, verbose_name="Dedicated person"),
                ),
                ("contact_phone", models.CharField(blank=True, default="", max_length=40, verbose_name="Telephone")),
                ("contact_email", models.EmailField(blank=True, default="", max_length=254, verbose_name="E-mail")),
                ("address", models.CharField(blank=True, default="", max_length=200, verbose_name="Address")),
                ("duties", models.TextField(blank=True, default="", verbose_name="Duties")),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="Valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="Valid to")),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absorbed",
                        to="accounts.department",
                        verbose_name="Merged into",
                    ),
                ),
                ("edit_version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "Department",
                "ordering": ["name_pinyin", "code"],
                "indexes": [
                    models.Index(models.F("region"), models.F("name_pinyin"), name="department_region_name"),
                    models.Index(models.F("name"), name="department_name"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[a-z0-9][a-z0-9-]*$")), name="department_code_form"
                    ),
                    models.UniqueConstraint(
                        models.F("region"),
                        condition=models.Q(("is_authority", True), ("valid_to__isnull", True)),
                        name="department_one_authority",
                    ),
                    models.UniqueConstraint(
                        models.F("uscc"),
                        condition=models.Q(models.Q(("uscc", ""), _negated=True), ("valid_to__isnull", True)),
                        name="department_uscc_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="department_not_its_own_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(
                                ("valid_to__isnull", False), models.Q(("merged_into", models.F("id")), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="department_merged_is_ended",
                    ),
                    models.UniqueConstraint(models.F("id"), models.F("region"), name="department_id_region"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DepartmentName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="names", to="accounts.department"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="Valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="Valid to")),
                ("document", models.CharField(blank=True, default="", max_length=200, verbose_name="Document")),
            ],
            options={
                "verbose_name": "Name of a department",
                "ordering": [models.OrderBy(models.F("valid_from"), descending=True, nulls_last=True), "-id"],
                "indexes": [models.Index(models.F("name"), name="departmentname_name")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("department"),
                        condition=models.Q(("valid_to__isnull", True)),
                        name="department_one_name_now",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DepartmentAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="aliases", to="accounts.department"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="Other name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("short", "Short name"), ("former", "Former name"), ("other", "Other name")],
                        default="other",
                        max_length=10,
                        verbose_name="Kind",
                    ),
                ),
            ],
            options={
                "verbose_name": "Other name of a department",
                "ordering": ["name"],
                "indexes": [models.Index(models.F("name"), name="departmentalias_name")],
                "constraints": [
                    models.UniqueConstraint(models.F("department"), models.F("name"), name="department_alias_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="DepartmentEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="accounts.department"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("created", "Created"),
                            ("renamed", "Renamed"),
                            ("edited", "Edited"),
                            ("moved", "Moved to another region"),
                            ("attached", "Attached"),
                            ("detached", "Detached"),
                            ("merged", "Merged into another department"),
                            ("absorbed", "Took over another department"),
                            ("dissolved", "Dissolved"),
                        ],
                        max_length=12,
                        verbose_name="Kind",
                    ),
                ),
                ("happened_on", models.DateField(verbose_name="Date")),
                ("before", models.CharField(blank=True, default="", max_length=200, verbose_name="Before")),
                ("after", models.CharField(blank=True, default="", max_length=200, verbose_name="After")),
                ("document", models.CharField(blank=True, default="", max_length=200, verbose_name="Document")),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.CharField(blank=True, default="", max_length=80, verbose_name="Recorded by")),
            ],
            options={
                "verbose_name": "Event of a department",
                "ordering": ["-happened_on", "-id"],
                "indexes": [
                    models.Index(
                        models.F("department"),
                        models.OrderBy(models.F("happened_on"), descending=True),
                        name="departmentevent_timeline",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SecurityPolicy",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "idle_minutes",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(240),
                        ],
                        verbose_name="Sign out after minutes without activity",
                    ),
                ),
                (
                    "absolute_hours",
                    models.PositiveSmallIntegerField(
                        default=12,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(24),
                        ],
                        verbose_name="Sign out after hours in any case",
                    ),
                ),
                (
                    "totp_roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("cataloguer", "Cataloguer"),
                                ("head", "Sharing office head"),
                                ("reviewer", "Authority reviewer"),
                                ("sysadmin", "System administrator"),
                                ("secadmin", "Security administrator"),
                                ("auditor", "Auditor"),
                            ],
                            max_length=12,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="Roles that must use one-time codes",
                    ),
                ),
                (
                    "password_min_length",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[
                            django.core.validators.MinValueValidator(8),
                            django.core.validators.MaxValueValidator(64),
                        ],
                        verbose_name="Shortest password",
                    ),
                ),
                (
                    "password_min_classes",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(4),
                        ],
                        verbose_name="Kinds of characters in a password",
                    ),
                ),
                (
                    "password_max_age_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(730)],
                        verbose_name="Change the password after days",
                    ),
                ),
                (
                    "password_history",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[django.core.validators.MaxValueValidator(10)],
                        verbose_name="Former passwords that may not return",
                    ),
                ),
                (
                    "lockout_failures",
                    models.PositiveSmallIntegerField(
                        default=5,
                        validators=[
                            django.core.validators.MinValueValidator(3),
                            django.core.validators.MaxValueValidator(20),
                        ],
                        verbose_name="Lock after failed attempts",
                    ),
                ),
                (
                    "lockout_minutes",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="Minutes locked",
                    ),
                ),
                ("edit_version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "verbose_name": "Security policy",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="security_policy_single"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "idle_minutes__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("absolute_hours"), "*", models.Value(60)
                                ),
                            )
                        ),
                        name="security_policy_idle_within_absolute",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InformationSystem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="systems",
                        to="accounts.department",
                        verbose_name="Department",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("name_pinyin", models.CharField(default="", editable=False, max_length=480)),
                ("owner_name", models.CharField(blank=True, default="", max_length=80, verbose_name="Owner")),
                ("owner_phone", models.CharField(blank=True, default="", max_length=40, verbose_name="Telephone")),
                ("is_interconnected", models.BooleanField(default=False, verbose_name="Connected to the platform")),
                (
                    "protection_grade",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[(1, "Grade 1"), (2, "Grade 2"), (3, "Grade 3"), (4, "Grade 4"), (5, "Grade 5")],
                        null=True,
                        verbose_name="Protection grade",
                    ),
                ),
                (
                    "filing_number",
                    models.CharField(blank=True, default="", max_length=60, verbose_name="Filing number of the grade"),
                ),
                ("description", models.TextField(blank=True, default="", verbose_name="Description")),
                ("retired_on", models.DateField(blank=True, null=True, verbose_name="Retired on")),
                ("edit_version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "Information system",
                "ordering": ["name_pinyin", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("department"),
                        models.F("name"),
                        condition=models.Q(("retired_on__isnull", True)),
                        name="system_name_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("protection_grade__isnull", True), ("protection_grade__range", (1, 5)), _connector="OR"
                        ),
                        name="system_grade_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        max_length=60,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9._-]*$", "Use lower-case letters, digits, dot, dash."
                            )
                        ],
                        verbose_name="Account",
                    ),
                ),
                ("full_name", models.CharField(max_length=60, verbose_name="Name")),
                ("full_name_pinyin", models.CharField(default="", editable=False, max_length=240)),
                ("email", models.EmailField(blank=True, default="", max_length=254, verbose_name="E-mail")),
                ("phone", models.CharField(blank=True, default="", max_length=40, verbose_name="Telephone")),
                ("post", models.CharField(blank=True, default="", max_length=60, verbose_name="Post")),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="users",
                        to="accounts.department",
                        verbose_name="Department",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
                ("is_held", models.BooleanField(default=False, verbose_name="Held")),
                ("is_contractor", models.BooleanField(default=False, verbose_name="Contractor")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="Ends at")),
                ("must_change_password", models.BooleanField(default=False, verbose_name="Must change the password")),
                (
                    "password_changed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="Password changed at"),
                ),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")],
                        default="",
                        max_length=10,
                        verbose_name="Language",
                    ),
                ),
                ("shortcuts_enabled", models.BooleanField(default=True, verbose_name="Keyboard shortcuts")),
                ("edit_version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of "
                        "their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "Account",
                "ordering": ["full_name_pinyin", "username"],
                "indexes": [
                    models.Index(models.F("department"), models.F("full_name_pinyin"), name="user_department_name")
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("is_superuser", False)), name="user_never_superuser"),
                    models.CheckConstraint(
                        condition=models.Q(("username", django.db.models.functions.text.Lower("username"))),
                        name="user_username_lower",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_contractor", False), ("expires_at__isnull", False), _connector="OR"),
                        name="user_contractor_has_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DepartmentAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments_upward",
                        to="accounts.department",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments_downward",
                        to="accounts.department",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting consent"),
                            ("agreed", "Agreed"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("ended", "Ended"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="Status",
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=200, verbose_name="Reason")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                (
                    "child_agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("child_agreed_at", models.DateTimeField(null=True)),
                (
                    "parent_agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("parent_agreed_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("closing_note", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "verbose_name": "Attachment of a department",
                "ordering": ["-proposed_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("child"), condition=models.Q(("status", "proposed")), name="attachment_one_open"
                    ),
                    models.UniqueConstraint(
                        models.F("child"), condition=models.Q(("status", "agreed")), name="attachment_one_in_force"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("child", models.F("parent")), _negated=True),
                        name="attachment_two_departments",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["agreed", "ended"]), _negated=True),
                            models.Q(("child_agreed_at__isnull", False), ("parent_agreed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="attachment_both_consent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("session_key", models.CharField(default="", editable=False, max_length=64)),
                ("started_at", models.DateTimeField(verbose_name="Signed in at")),
                ("last_seen_at", models.DateTimeField(verbose_name="Last seen at")),
                ("idle_ends_at", models.DateTimeField()),
                ("absolute_ends_at", models.DateTimeField()),
                ("second_factor_at", models.DateTimeField(null=True, verbose_name="Second factor given at")),
                ("must_enrol", models.BooleanField(default=False)),
                ("address", models.GenericIPAddressField(null=True, verbose_name="Address")),
                ("user_agent", models.CharField(default="", max_length=200, verbose_name="Browser")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="Ended at")),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("signed_out", "Signed out"),
                            ("idle", "Left idle"),
                            ("expired", "Time limit reached"),
                            ("by_owner", "Ended by its owner from another session"),
                            ("by_secadmin", "Ended by the security administrator"),
                            ("account_changed", "Account, role or password changed"),
                        ],
                        default="",
                        max_length=16,
                        verbose_name="Why it ended",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Session",
                "ordering": ["-last_seen_at"],
                "indexes": [
                    models.Index(
                        models.F("user"),
                        models.OrderBy(models.F("last_seen_at"), descending=True),
                        name="session_user_seen",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("session_key"),
                        condition=models.Q(("session_key", ""), _negated=True),
                        name="session_key_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True), models.Q(("end_reason", ""), _negated=True), _connector="OR"
                        ),
                        name="session_end_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PreviousPassword",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="previous_passwords",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("password", models.CharField(max_length=128)),
                ("replaced_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "Former password",
                "ordering": ["-replaced_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="RoleAssignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("cataloguer", "Cataloguer"),
                            ("head", "Sharing office head"),
                            ("reviewer", "Authority reviewer"),
                            ("sysadmin", "System administrator"),
                            ("secadmin", "Security administrator"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=12,
                        verbose_name="Role",
                    ),
                ),
                (
                    "is_administrative",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("role__in", ["auditor", "secadmin", "sysadmin"])),
                            output_field=models.BooleanField(),
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("granted_at", models.DateTimeField(verbose_name="Granted at")),
                ("grant_reason", models.CharField(blank=True, default="", max_length=200, verbose_name="Reason")),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="Ended at")),
                (
                    "revoke_reason",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="Reason for ending"),
                ),
            ],
            options={
                "verbose_name": "Role assignment",
                "ordering": ["-granted_at", "-id"],
                "indexes": [
                    models.Index(
                        models.F("role"), condition=models.Q(("revoked_at__isnull", True)), name="role_in_force"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["auditor", "cataloguer", "head", "reviewer", "secadmin", "sysadmin"])
                        ),
                        name="role_known",
                    ),
                    models.UniqueConstraint(
                        models.F("user"),
                        models.F("role"),
                        condition=models.Q(("revoked_at__isnull", True)),
                        name="role_held_once",
                    ),
                    models.UniqueConstraint(
                        models.F("user"),
                        condition=models.Q(
                            ("revoked_at__isnull", True), ("role__in", ["auditor", "secadmin", "sysadmin"])
                        ),
                        name="role_one_administrator",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        expressions=[("user", "="), ("is_administrative", "<>")],
                        name="role_administrator_holds_nothing_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("granted_by__isnull", True),
                            models.Q(("granted_by", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="role_not_to_oneself",
                    ),
                ],
            },
        ),
    ]
