"""Calendars, clocks, tasks, notifications, legal bases, attachments, the outbox and job slots."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("workflow", "0003_people_reminded"),
        ("workflow", "0004_texts_of_tasks"),
        ("workflow", "0005_several_excluded"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_parent_in_region"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(unique=True)),
                ("notice", models.CharField(blank=True, help_text="Title or number of the notice.", max_length=200)),
                ("notice_url", models.CharField(blank=True, max_length=500)),
                ("revision", models.PositiveBigIntegerField(unique=True)),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ["-year"],
            },
        ),
        migrations.CreateModel(
            name="CalendarOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField(unique=True)),
                ("is_working_day", models.BooleanField()),
                ("name", models.CharField(blank=True, max_length=50)),
                (
                    "calendar_year",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="days", to="workflow.calendaryear"
                    ),
                ),
            ],
            options={
                "ordering": ["date"],
            },
        ),
        migrations.CreateModel(
            name="ClockPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField()),
                (
                    "event",
                    models.CharField(help_text="What starts the clock, in the words of the rule.", max_length=200),
                ),
                (
                    "role",
                    models.CharField(help_text="Role in the duty-bearing department that is reminded.", max_length=20),
                ),
                ("working_days", models.PositiveSmallIntegerField()),
                ("extension_working_days", models.PositiveSmallIntegerField(default=0)),
                ("document", models.CharField(blank=True, max_length=200)),
                ("article", models.CharField(blank=True, max_length=50)),
                ("is_statutory", models.BooleanField()),
                (
                    "is_active",
                    models.BooleanField(
                        default=True, help_text="An inactive policy is an example that nothing runs on."
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, help_text="Last day in force.", null=True)),
                ("note", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.region",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "clock policies",
                "ordering": ["key", "region_id", "-valid_from", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("working_days__gte", 1)), name="workflow_clockpolicy_days"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="workflow_clockpolicy_validity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_statutory", False),
                            models.Q(
                                models.Q(("document", ""), _negated=True), models.Q(("article", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="workflow_clockpolicy_statutory_cites",
                    ),
                    models.UniqueConstraint(
                        fields=("key", "region", "valid_from"),
                        name="workflow_clockpolicy_version",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True), ("valid_to__isnull", True)),
                        fields=("key", "region"),
                        name="workflow_clockpolicy_one_open",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy_key", models.SlugField()),
                ("working_days", models.PositiveSmallIntegerField()),
                ("extension_limit_working_days", models.PositiveSmallIntegerField()),
                ("document", models.CharField(blank=True, max_length=200)),
                ("article", models.CharField(blank=True, max_length=50)),
                ("is_statutory", models.BooleanField()),
                ("role", models.CharField(max_length=20)),
                ("subject_label", models.CharField(max_length=100)),
                ("subject_pk", models.BigIntegerField()),
                ("subject_name", models.CharField(blank=True, max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("finished", "Finished"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                (
                    "started_on",
                    models.DateField(help_text="The day of the start in the region's time zone; it is not counted."),
                ),
                ("due_on", models.DateField()),
                ("due_at", models.DateTimeField()),
                (
                    "is_provisional",
                    models.BooleanField(help_text="The period crosses a year whose holiday notice is not out."),
                ),
                ("calendar_revision", models.PositiveBigIntegerField(default=0)),
                ("extension_working_days", models.PositiveSmallIntegerField(default=0)),
                ("extension_reason", models.TextField(blank=True)),
                ("extended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "overdue_at",
                    models.DateTimeField(blank=True, help_text="When the clock was marked overdue.", null=True),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.region"
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clocks", to="workflow.clockpolicy"
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("running", "paused"))),
                        fields=["due_at"],
                        name="workflow_clock_open",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("running", "paused"))),
                        fields=["calendar_revision"],
                        name="workflow_clock_revision",
                    ),
                    models.Index(fields=["department", "state", "due_at"], name="workflow_clock_department"),
                    models.Index(fields=["subject_label", "subject_pk"], name="workflow_clock_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("running", "paused"))),
                        fields=("policy_key", "subject_label", "subject_pk"),
                        name="workflow_clock_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("extension_working_days__lte", models.F("extension_limit_working_days"))),
                        name="workflow_clock_extension_limit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state__in", ("running", "paused"))),
                            models.Q(
                                models.Q(("state__in", ("running", "paused")), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="workflow_clock_finished",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockReminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("before", "Before the due day"),
                            ("due", "On the due day"),
                            ("overdue", "After the due day"),
                        ],
                        max_length=10,
                    ),
                ),
                ("due_on", models.DateField()),
                ("sent_at", models.DateTimeField()),
                ("recipients", models.PositiveIntegerField(default=0)),
                ("people", models.JSONField(default=list)),
                (
                    "clock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reminders", to="workflow.clock"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clock", "stage", "due_on"), name="workflow_clockreminder_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(help_text="Kind and key of the actor, e.g. user:42.", max_length=100)),
                ("key", models.CharField(max_length=255)),
                ("path", models.CharField(max_length=500)),
                ("body_digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.BinaryField(default=b"")),
                ("content_type", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="workflow_idempotent_age")],
                "constraints": [models.UniqueConstraint(fields=("caller", "key"), name="workflow_idempotent_once")],
            },
        ),
        migrations.CreateModel(
            name="JobSlot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.CharField(max_length=150)),
                ("slot", models.DateTimeField(help_text="The due time, computed from the schedule.")),
                (
                    "task_name",
                    models.CharField(
                        blank=True, help_text="Task to send again when the worker is lost.", max_length=200
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("lost", "Worker lost, to be taken over"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("expired", "Ended at its deadline"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("worker", models.CharField(max_length=200)),
                ("fencing_token", models.BigIntegerField()),
                ("attempts", models.PositiveSmallIntegerField(default=1)),
                ("claimed_at", models.DateTimeField()),
                ("heartbeat_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField()),
                ("deadline_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("result", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-slot", "job"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["lease_until"],
                        name="workflow_jobslot_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "slot"), name="workflow_jobslot_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state__in", ("succeeded", "failed", "expired"))),
                            models.Q(
                                models.Q(("state__in", ("succeeded", "failed", "expired")), _negated=True),
                                ("finished_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="workflow_jobslot_final",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalBasis",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=80, unique=True)),
                ("document", models.CharField(max_length=200)),
                ("document_number", models.CharField(blank=True, max_length=100)),
                ("issuer", models.CharField(blank=True, max_length=100)),
                ("article", models.CharField(max_length=50)),
                (
                    "article_position",
                    models.PositiveIntegerField(default=0, help_text="Orders articles, which are Chinese numerals."),
                ),
                ("gist", models.TextField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("law", "Law"),
                            ("administrative_regulation", "Administrative regulation"),
                            ("state_council_decision", "State Council decision"),
                            ("local_regulation", "Local regulation"),
                            ("department_rule", "Rule of a department or local government"),
                        ],
                        max_length=30,
                    ),
                ),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, help_text="Last day in force.", null=True)),
                (
                    "may_justify",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("withheld", "Withholding from sharing"),
                                ("conditional", "Conditions on sharing"),
                                ("catalog_change", "Change of the catalog"),
                                ("catalog_review", "Review of the catalog"),
                                ("collection", "Collection of data"),
                                ("request", "Request for data"),
                                ("reply", "Reply to a request"),
                                ("correction", "Correction of data"),
                                ("suspension", "Suspension of access"),
                                ("dispute", "Settlement of a dispute"),
                                ("opening", "Opening to the public"),
                                ("personal_information", "Handling of personal information"),
                                ("secrecy", "Protection of secrets"),
                            ],
                            max_length=30,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "legal basis",
                "verbose_name_plural": "legal bases",
                "ordering": ["document", "article_position", "id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["may_justify"], name="workflow_legalbasis_purpose")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("may_justify__contains", ["withheld"]), _negated=True),
                            ("kind__in", ("law", "administrative_regulation", "state_council_decision")),
                            _connector="OR",
                        ),
                        name="workflow_legalbasis_withheld_rank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True),
                            ("valid_from__isnull", True),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="workflow_legalbasis_validity",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("document", "article"),
                        name="workflow_legalbasis_one_in_force",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=300)),
                ("body", models.TextField(blank=True)),
                ("url", models.CharField(blank=True, max_length=500)),
                ("dedupe_key", models.CharField(blank=True, max_length=200, null=True)),
                ("is_in_app", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "email_state",
                    models.CharField(
                        choices=[
                            ("none", "No e-mail"),
                            ("queued", "Queued"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("email_claimed_at", models.DateTimeField(blank=True, null=True)),
                ("emailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_in_app", True)),
                        fields=["user", "-created_at", "-id"],
                        name="workflow_notification_list",
                    ),
                    models.Index(
                        condition=models.Q(("is_in_app", True), ("read_at__isnull", True)),
                        fields=["user"],
                        name="workflow_notification_unread",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "dedupe_key"), name="workflow_notification_dedupe")
                ],
            },
        ),
        migrations.CreateModel(
            name="NotificationPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=80)),
                ("in_app", models.BooleanField()),
                ("email", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "kind"), name="workflow_notificationpreference_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=100)),
                ("payload", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("order_key", models.CharField(blank=True, max_length=200)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["event", "id"], name="workflow_outboxmessage_event")],
            },
        ),
        migrations.CreateModel(
            name="OutboxDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("handler", models.CharField(max_length=200)),
                ("order_key", models.CharField(blank=True, max_length=200)),
                ("key", models.UUIDField(default=uuid.uuid4, help_text="The same on every attempt.", unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("dead", "Given up"),
                            ("dismissed", "Dismissed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "available_at",
                    models.DateTimeField(help_text="Not before: backoff, or the lease of the worker that has it."),
                ),
                (
                    "lease",
                    models.UUIDField(
                        blank=True, help_text="Changes with every claim; a stale holder cannot finish.", null=True
                    ),
                ),
                ("last_error", models.TextField(blank=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="workflow.outboxmessage",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "outbox deliveries",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["available_at", "id"],
                        name="workflow_outboxdelivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending"), models.Q(("order_key", ""), _negated=True)),
                        fields=["handler", "order_key", "id"],
                        name="workflow_outboxdelivery_order",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("message", "handler"), name="workflow_outboxdelivery_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=80)),
                ("subject_label", models.CharField(max_length=100)),
                ("subject_pk", models.BigIntegerField()),
                ("titles", models.JSONField(default=dict, help_text="Language → text.")),
                ("details", models.JSONField(default=dict, help_text="Language → text.")),
                ("url", models.CharField(blank=True, max_length=500)),
                ("role", models.CharField(max_length=20)),
                (
                    "exclude_user_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Who may not do it, having taken part: nobody approves what he submitted himself.",
                        size=None,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, help_text="For work that no clock runs on.", null=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_by", models.CharField(blank=True, max_length=200)),
                (
                    "clock",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="workflow.clock",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["opened_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=["department", "role"],
                        name="workflow_task_inbox",
                    ),
                    models.Index(fields=["subject_label", "subject_pk"], name="workflow_task_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("kind", "subject_label", "subject_pk", "department", "role"),
                        name="workflow_task_one_open",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user__isnull", True),
                            models.Q(("exclude_user_ids__contains", [models.F("user")]), _negated=True),
                            _connector="OR",
                        ),
                        name="workflow_task_not_the_excluded",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_label", models.CharField(max_length=100)),
                ("subject_pk", models.BigIntegerField()),
                ("purpose", models.CharField(blank=True, help_text="What the owning app keeps it as.", max_length=50)),
                ("file", models.FileField(max_length=200, upload_to="attachments/%Y/%m")),
                ("original_name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("uploaded_by", models.CharField(max_length=200)),
                ("uploaded_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
            ],
            options={
                "ordering": ["uploaded_at", "id"],
                "indexes": [models.Index(fields=["subject_label", "subject_pk"], name="workflow_attachment_subject")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("size_bytes__gt", 0)), name="workflow_attachment_size")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClockPause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("paused_at", models.DateTimeField()),
                ("paused_on", models.DateField()),
                ("resumed_at", models.DateTimeField(blank=True, null=True)),
                ("resumed_on", models.DateField(blank=True, null=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "clock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pauses", to="workflow.clock"
                    ),
                ),
            ],
            options={
                "ordering": ["paused_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resumed_at__isnull", True)),
                        fields=("clock",),
                        name="workflow_clockpause_one_open",
                    )
                ],
            },
        ),
    ]
