"""Requests, grants, machine clients, pulls, objections and records of use."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import oauth2_provider.generators
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("sharing", "0003_limits_loosened"),
        ("sharing", "0004_basket_of_a_person"),
        ("sharing", "0005_request_decided_by"),
        ("sharing", "0006_webhook_attempts"),
        ("sharing", "0007_deciders_of_before"),
        ("sharing", "0008_mediation"),
        ("sharing", "0009_limits_of_a_decision"),
        ("sharing", "0010_notice_carried_out"),
        ("sharing", "0011_refused_calls"),
        ("sharing", "0012_refused_calls_by_minute"),
        ("sharing", "0013_service_limits"),
        ("sharing", "0014_held_answers"),
        ("sharing", "0015_who_spoke_for_the_provider"),
        ("sharing", "0016_suspensions"),
        ("sharing", "0017_steps_of_grants"),
        ("sharing", "0018_sides_of_inspections"),
        ("sharing", "0019_rows_that_are_no_more"),
        ("sharing", "0020_typed_conditions"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_parent_in_region"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("catalog", "0002_guards"),
        ("collection", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RightsCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("differences", models.JSONField(blank=True, default=list)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True)),
                ("text", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("created_by_name", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name_plural": "terms",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "client_id",
                    models.CharField(
                        db_index=True,
                        default=oauth2_provider.generators.generate_client_id,
                        max_length=255,
                        unique=True,
                        verbose_name="client ID",
                    ),
                ),
                (
                    "client_type",
                    models.CharField(
                        choices=[("confidential", "Confidential"), ("public", "Public")],
                        max_length=32,
                        verbose_name="client type",
                    ),
                ),
                (
                    "authorization_grant_type",
                    models.CharField(
                        choices=[
                            ("authorization-code", "Authorization code"),
                            ("urn:ietf:params:oauth:grant-type:device_code", "Device Code"),
                            ("implicit", "Implicit"),
                            ("password", "Resource owner password-based"),
                            ("client-credentials", "Client credentials"),
                            ("openid-hybrid", "OpenID connect hybrid"),
                        ],
                        max_length=44,
                        verbose_name="authorization grant type",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=255, verbose_name="name")),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("purpose", models.TextField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("awaiting", "Awaiting approval"),
                            ("active", "Active"),
                            ("refused", "Refused"),
                            ("suspended", "Suspended"),
                            ("revoked", "Revoked"),
                        ],
                        default="awaiting",
                        max_length=10,
                    ),
                ),
                (
                    "networks",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), size=None),
                ),
                ("calls_per_minute", models.PositiveIntegerField(default=600)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("data:read", "Pull data under a grant"), ("catalog:write", "File entries")],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                ("registered_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "note",
                    models.TextField(blank=True, help_text="Reason of the last decision, suspension or revocation."),
                ),
                (
                    "suspended_by_security",
                    models.BooleanField(
                        default=False, help_text="By the security administrator, else by the head of its department."
                    ),
                ),
                (
                    "wanted",
                    models.JSONField(
                        help_text="Networks, number of calls and scopes that wait for approval, by field; None for"
                        " none.",
                        null=True,
                    ),
                ),
                ("edit_version", models.PositiveIntegerField(default=1)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clients", to="accounts.department"
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clients",
                        to="accounts.informationsystem",
                    ),
                ),
                (
                    "wanted_by",
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
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["refused", "revoked"]), _negated=True),
                        fields=("department", "name"),
                        name="client_name_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("authorization_grant_type", "client-credentials"), ("client_type", "confidential")
                        ),
                        name="client_credentials_only",
                    ),
                    models.CheckConstraint(condition=models.Q(("calls_per_minute__gte", 1)), name="client_calls"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("registered_by__isnull", True),
                            ("decided_by__isnull", True),
                            models.Q(("registered_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="client_four_eyes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("purpose", models.TextField()),
                ("items", models.JSONField()),
                ("row_filter", models.JSONField(blank=True, default=list)),
                ("masks", models.JSONField(blank=True, default=dict)),
                ("hash_key", models.TextField()),
                ("edition", models.PositiveIntegerField(default=1)),
                ("methods", models.JSONField()),
                (
                    "rows_per_day",
                    models.PositiveBigIntegerField(blank=True, help_text="None for no limit of its own.", null=True),
                ),
                ("calls_per_minute", models.PositiveIntegerField(blank=True, null=True)),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(help_text="The instant from which nothing is given any more.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "In force"),
                            ("suspended", "Suspended"),
                            ("ended", "Ended"),
                            ("expired", "Expired"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("purpose_met", "The purpose is met"),
                            ("not_needed", "No longer needed, or the purpose cannot be met"),
                            ("replaced", "Replaced by another grant"),
                            ("misuse", "Misuse"),
                            ("stopped", "Stopped by the provider after consultation"),
                            ("entry", "The entry was withdrawn or its sharing attribute changed"),
                            ("settled", "Decision in a dispute"),
                        ],
                        max_length=15,
                    ),
                ),
                ("end_note", models.TextField(blank=True)),
                (
                    "disposal_demand",
                    models.TextField(blank=True, help_text="How the provider wants the data disposed of at the end."),
                ),
                ("disposed_at", models.DateTimeField(null=True)),
                ("disposal_note", models.TextField(blank=True)),
                ("first_pulled_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="collection.dataset"
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="accounts.department"
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="later", to="sharing.grant"
                    ),
                ),
                ("systems", models.ManyToManyField(blank=True, related_name="grants", to="accounts.informationsystem")),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["department", "dataset", "status"], name="grant_department"),
                    models.Index(
                        condition=models.Q(("status__in", ("active", "suspended"))),
                        fields=["valid_to"],
                        name="grant_end",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_to__gt", models.F("valid_from"))), name="grant_period"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("status__in", ("active", "suspended"))),
                            models.Q(
                                models.Q(("status__in", ("active", "suspended")), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="grant_ended_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClientGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bound_at", models.DateTimeField()),
                ("bound_by_name", models.CharField(max_length=200)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bindings",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bindings", to="sharing.grant"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("client", "grant"), name="client_grant_once")],
            },
        ),
        migrations.AddField(
            model_name="client",
            name="grants",
            field=models.ManyToManyField(related_name="clients", through="sharing.ClientGrant", to="sharing.grant"),
        ),
        migrations.CreateModel(
            name="GrantNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("stops_on", models.DateField()),
                ("change", models.JSONField(null=True)),
                ("announced_at", models.DateTimeField()),
                ("announced_by_name", models.CharField(max_length=200)),
                ("answer", models.TextField(blank=True)),
                ("is_agreed", models.BooleanField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("filed_at", models.DateTimeField(help_text="When the authority took note of it.", null=True)),
                ("filing_note", models.TextField(blank=True)),
                ("is_filing_accepted", models.BooleanField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("carried_out_at", models.DateTimeField(null=True)),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="sharing.grant"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)), fields=("grant",), name="grant_notice_one_open"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GrantStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("create", "Granted"),
                            ("suspend", "Suspended"),
                            ("resume", "Resumed"),
                            ("narrow", "Narrowed"),
                            ("loosen", "Limits loosened"),
                            ("adapt", "Adapted to the entry"),
                            ("follow", "Goes on from another grant"),
                            ("consult", "Change announced"),
                            ("object", "Requester's answer"),
                            ("end", "Ended"),
                            ("expire", "Expired"),
                            ("dispose", "Disposal of the data confirmed"),
                            ("demand", "Disposal of the data demanded"),
                            ("inspect", "Use inspected"),
                            ("rectify", "Reported as rectified"),
                            ("hand_over", "Handed over"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("detail", models.JSONField(blank=True, default=dict)),
                ("actor_name", models.CharField(max_length=200)),
                ("department_name", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="sharing.grant"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("provider", "The provider"),
                            ("authority", "The data authority"),
                            ("security", "The security administrator"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("in_order", "In order"),
                            ("to_rectify", "To be rectified"),
                            ("misuse", "Misuse: a grant in force is suspended"),
                        ],
                        max_length=12,
                    ),
                ),
                ("finding", models.TextField()),
                ("rectify_by", models.DateField(blank=True, null=True)),
                ("inspected_at", models.DateTimeField()),
                ("inspected_by_name", models.CharField(max_length=200)),
                ("clears_end", models.BooleanField(default=False)),
                ("clears", models.ManyToManyField(related_name="cleared_by", to="sharing.inspection")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="inspections", to="sharing.grant"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("result", "to_rectify"), _negated=True),
                            ("rectify_by__isnull", False),
                            _connector="OR",
                        ),
                        name="inspection_rectify_by",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GrantSuspension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("provider", "The provider"),
                            ("authority", "The data authority"),
                            ("security", "The security administrator"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("opened_by_name", models.CharField(max_length=200)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by_name", models.CharField(blank=True, max_length=200)),
                ("closing_note", models.TextField(blank=True)),
                (
                    "cause",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="following",
                        to="sharing.grantsuspension",
                    ),
                ),
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
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="suspensions", to="sharing.grant"
                    ),
                ),
                (
                    "misuse",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sharing.inspection",
                    ),
                ),
            ],
            options={
                "ordering": ["opened_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("grant", "side", "department", "cause"),
                        name="grant_suspension_one_open",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row_key", models.TextField(blank=True)),
                ("row_number", models.PositiveBigIntegerField(null=True)),
                ("row_gone_at", models.DateTimeField(null=True)),
                (
                    "version",
                    models.PositiveIntegerField(help_text="Number of the version that was looked at.", null=True),
                ),
                ("description", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Being verified"),
                            ("correcting", "Confirmed, correction to come"),
                            ("corrected", "Corrected"),
                            ("rejected", "The data are right"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("raised_at", models.DateTimeField()),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by_name", models.CharField(blank=True, max_length=200)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "corrected_in",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="objections",
                        to="collection.datasetversion",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="collection.dataset",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="objections", to="accounts.department"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="objections", to="catalog.entry"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="sharing.grant",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.item",
                    ),
                ),
                (
                    "raised_by",
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
                    models.Index(fields=["entry", "state"], name="objection_entry"),
                    models.Index(fields=["department", "-id"], name="objection_department"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("row_key", ""), ("grant__isnull", False), _connector="OR"),
                        name="objection_row_under_a_grant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("state__in", ("open", "correcting"))),
                            models.Q(
                                models.Q(("state__in", ("open", "correcting")), _negated=True),
                                ("closed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="objection_closed_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pull",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("edition", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField()),
                ("since_version", models.PositiveIntegerField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("rows", "Rows"), ("changes", "Changes"), ("export", "Export"), ("file", "File")],
                        max_length=10,
                    ),
                ),
                (
                    "detail",
                    models.CharField(blank=True, help_text="Format of an export, name of a file.", max_length=200),
                ),
                ("items", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("filter", models.JSONField(blank=True, default=list)),
                ("address", models.GenericIPAddressField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("started", "Not finished"),
                            ("done", "Complete"),
                            ("cut", "Cut off: the right ended"),
                            ("left", "Given up by the caller"),
                            ("failed", "Failed"),
                        ],
                        default="started",
                        max_length=10,
                    ),
                ),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("milliseconds", models.PositiveIntegerField(default=0)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pulls",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pulls",
                        to="sharing.grant",
                    ),
                ),
                (
                    "library",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collection.dataset",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
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
                    models.Index(fields=["grant", "at"], name="pull_grant"),
                    models.Index(fields=["client", "at"], name="pull_client"),
                    models.Index(
                        condition=models.Q(("kind__in", ["changes", "export"])),
                        fields=["grant", "edition", "version"],
                        name="pull_whole",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("client__isnull", False), ("library__isnull", True), ("user__isnull", True)),
                            models.Q(("client__isnull", True), ("library__isnull", True), ("user__isnull", False)),
                            models.Q(("client__isnull", True), ("library__isnull", False), ("user__isnull", True)),
                            _connector="OR",
                        ),
                        name="pull_by_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceiptSerial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.region"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("region", "year"), name="receipt_serial_once")],
            },
        ),
        migrations.CreateModel(
            name="Rectification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.TextField()),
                ("reported_at", models.DateTimeField()),
                ("reported_by_name", models.CharField(max_length=200)),
                (
                    "inspection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rectification",
                        to="sharing.inspection",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="RefusedCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.DateTimeField()),
                ("code", models.CharField(max_length=40)),
                ("status", models.PositiveSmallIntegerField()),
                ("path", models.CharField(max_length=200)),
                ("address", models.GenericIPAddressField(null=True)),
                ("count", models.PositiveIntegerField(default=1)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refused_calls",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-minute", "-pk"],
                "indexes": [
                    models.Index(fields=["client", "minute"], name="refused_call_client"),
                    models.Index(fields=["minute"], name="refused_call_minute"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client", "user", "code", "minute"), name="refused_call_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("client__isnull", True), ("user__isnull", True), _connector="OR"),
                        name="refused_call_by_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceLimits",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rows_per_day", models.PositiveBigIntegerField(null=True)),
                ("calls_per_minute", models.PositiveIntegerField(null=True)),
                ("set_at", models.DateTimeField()),
                ("set_by_name", models.CharField(max_length=200)),
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_limits",
                        to="collection.dataset",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "service limits",
            },
        ),
        migrations.CreateModel(
            name="ShareRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(help_text="Receipt: region, year, serial.", max_length=30, null=True, unique=True),
                ),
                ("basket", models.UUIDField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("new", "New use"), ("change", "Change of use"), ("renewal", "Renewal")],
                        default="new",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting_head", "Awaiting the own head"),
                            ("returned", "Returned"),
                            ("awaiting_check", "Awaiting the form check"),
                            ("awaiting_provider", "Awaiting the provider"),
                            ("awaiting_material", "Awaiting missing material"),
                            ("awaiting_authority", "Awaiting the authority"),
                            ("agreed", "Agreed, awaiting delivery"),
                            ("delivered", "Delivered"),
                            ("refused", "Refused"),
                            ("disputed", "In dispute"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                ("legal_basis", models.JSONField(blank=True, default=list)),
                ("scenario", models.TextField(blank=True)),
                ("items", models.JSONField(blank=True, default=list)),
                ("row_filter", models.JSONField(blank=True, default=list)),
                ("methods", models.JSONField(blank=True, default=list)),
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
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_until", models.DateField(blank=True, help_text="Last day of use.", null=True)),
                ("contact_name", models.CharField(blank=True, max_length=80)),
                ("contact_phone", models.CharField(blank=True, max_length=40)),
                (
                    "attribute",
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
                ("decided_items", models.JSONField(blank=True, default=list)),
                ("decided_filter", models.JSONField(blank=True, default=list)),
                ("decided_masks", models.JSONField(blank=True, default=dict)),
                ("decided_methods", models.JSONField(blank=True, default=list)),
                ("decided_until", models.DateField(blank=True, null=True)),
                (
                    "decided_rows_per_day",
                    models.PositiveBigIntegerField(blank=True, help_text="None for no limit.", null=True),
                ),
                ("decided_calls_per_minute", models.PositiveIntegerField(blank=True, null=True)),
                ("reply", models.TextField(blank=True, help_text="Opinion or reasons of whoever decided.")),
                ("provider_opinion", models.TextField(blank=True)),
                ("material_asked", models.TextField(blank=True)),
                ("material_asked_at", models.DateTimeField(null=True)),
                ("material_given", models.TextField(blank=True)),
                ("extension_days", models.PositiveSmallIntegerField(null=True)),
                ("extension_reason", models.TextField(blank=True)),
                ("extension_asked_at", models.DateTimeField(null=True)),
                ("dispute_reason", models.TextField(blank=True)),
                (
                    "disputed_at",
                    models.DateTimeField(help_text="When the dispute that runs, or was the last, began.", null=True),
                ),
                ("dispute_statement", models.TextField(blank=True, help_text="What the provider says to the dispute.")),
                (
                    "disputed_from",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting_head", "Awaiting the own head"),
                            ("returned", "Returned"),
                            ("awaiting_check", "Awaiting the form check"),
                            ("awaiting_provider", "Awaiting the provider"),
                            ("awaiting_material", "Awaiting missing material"),
                            ("awaiting_authority", "Awaiting the authority"),
                            ("agreed", "Agreed, awaiting delivery"),
                            ("delivered", "Delivered"),
                            ("refused", "Refused"),
                            ("disputed", "In dispute"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=20,
                    ),
                ),
                ("edit_version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                (
                    "filed_at",
                    models.DateTimeField(help_text="When the own head agreed: from then on others see it.", null=True),
                ),
                ("received_at", models.DateTimeField(help_text="When the provider received it, complete.", null=True)),
                ("replied_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
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
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="share_requests",
                        to="collection.dataset",
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
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="share_requests",
                        to="accounts.department",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="share_requests", to="catalog.entry"
                    ),
                ),
                (
                    "extension_asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "filed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "previous_grant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="later_requests",
                        to="sharing.grant",
                    ),
                ),
                (
                    "provider_speakers",
                    models.ManyToManyField(
                        help_text="Who gave the provider's opinion, what it says to a dispute, or its word on an"
                        " agreement.",
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.revision"
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
                ("systems", models.ManyToManyField(blank=True, related_name="+", to="accounts.informationsystem")),
            ],
            options={
                "ordering": ["-updated_at", "-pk"],
                "indexes": [
                    models.Index(fields=["department", "status", "-updated_at"], name="share_request_department"),
                    models.Index(fields=["entry", "status"], name="share_request_entry"),
                    models.Index(fields=["authority", "status"], name="share_request_authority"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("submitted_by__isnull", True),
                            ("filed_by__isnull", True),
                            models.Q(("submitted_by", models.F("filed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="share_request_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ("draft", "returned")),
                            ("number__isnull", False),
                            ("status", "withdrawn"),
                            _connector="OR",
                        ),
                        name="share_request_receipt",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "new"), ("previous_grant__isnull", False), _connector="OR"),
                        name="share_request_follows_a_grant",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("submit", "Submitted"),
                            ("recall", "Recalled"),
                            ("agree", "The own head agreed"),
                            ("return", "Returned"),
                            ("pass", "Form check passed"),
                            ("approve", "Agreed"),
                            ("approve_part", "Agreed in part"),
                            ("refuse", "Refused"),
                            ("ask_material", "Missing material asked for"),
                            ("supplement", "Material supplemented"),
                            ("ask_extension", "Extension asked for"),
                            ("extend", "Extension agreed to"),
                            ("refuse_extension", "Extension refused"),
                            ("advise", "Opinion of the provider"),
                            ("dispute", "Dispute raised"),
                            ("respond", "Provider's statement"),
                            ("mediate", "Mediation by the authority"),
                            ("concur", "Mediated agreement confirmed"),
                            ("decline", "Mediated agreement declined"),
                            ("settle", "Dispute settled"),
                            ("hold", "Delivery held back"),
                            ("free", "Delivery free again"),
                            ("deliver", "Made available"),
                            ("confirm", "Delivery confirmed"),
                            ("withdraw", "Withdrawn"),
                            ("hand_over", "Handed over"),
                            ("lapse", "Lapsed: the missing material did not come in time"),
                            ("expire", "Lapsed: not made available in time"),
                        ],
                        max_length=20,
                    ),
                ),
                ("opinion", models.TextField(blank=True)),
                ("detail", models.JSONField(blank=True, default=dict)),
                ("actor_name", models.CharField(max_length=200)),
                ("department_name", models.CharField(blank=True, max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting_head", "Awaiting the own head"),
                            ("returned", "Returned"),
                            ("awaiting_check", "Awaiting the form check"),
                            ("awaiting_provider", "Awaiting the provider"),
                            ("awaiting_material", "Awaiting missing material"),
                            ("awaiting_authority", "Awaiting the authority"),
                            ("agreed", "Agreed, awaiting delivery"),
                            ("delivered", "Delivered"),
                            ("refused", "Refused"),
                            ("disputed", "In dispute"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        help_text="What it led to.",
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="sharing.sharerequest"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Mediation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_on", models.DateField()),
                ("text", models.TextField()),
                ("is_agreed", models.BooleanField()),
                ("agreed", models.JSONField(blank=True, default=dict)),
                ("at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=200)),
                ("asker_confirmed_at", models.DateTimeField(null=True)),
                ("provider_confirmed_at", models.DateTimeField(null=True)),
                ("declined_at", models.DateTimeField(null=True)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mediations",
                        to="sharing.sharerequest",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_agreed", True),
                            models.Q(
                                ("asker_confirmed_at", None), ("declined_at", None), ("provider_confirmed_at", None)
                            ),
                            _connector="OR",
                        ),
                        name="mediation_agreement",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="grant",
            name="request",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="sharing.sharerequest"
            ),
        ),
        migrations.CreateModel(
            name="SharingPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "checked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("unconditional", "Unconditional"),
                                ("conditional", "Conditional"),
                                ("withheld", "Withheld"),
                            ],
                            max_length=15,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "supplement_clock",
                    models.CharField(
                        choices=[
                            ("restart", "It begins anew once the material is complete"),
                            ("pause", "It stands still until the material is complete"),
                        ],
                        default="restart",
                        max_length=10,
                    ),
                ),
                ("longest_days", models.PositiveIntegerField(default=1095)),
                ("usage_record_days", models.PositiveIntegerField(default=180)),
                ("edit_version", models.PositiveIntegerField(default=1)),
                (
                    "region",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sharing_policy", to="accounts.region"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("longest_days__gte", 1)), name="sharing_policy_longest_days"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("usage_record_days__gte", 1)), name="sharing_policy_usage_record_days"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TermsAcceptance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("accepted_at", models.DateTimeField()),
                ("accepted_by_name", models.CharField(max_length=200)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="acceptances", to="sharing.terms"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("terms", "department"), name="terms_accepted_once")],
            },
        ),
        migrations.AddField(
            model_name="grant",
            name="acceptance",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="sharing.termsacceptance",
            ),
        ),
        migrations.CreateModel(
            name="UsageRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("scenario", models.TextField()),
                ("process", models.TextField()),
                ("effect", models.TextField()),
                ("storage", models.TextField()),
                ("disposal", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by_name", models.CharField(max_length=200)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="usage_records", to="sharing.grant"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="usage_record_period"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("url", models.CharField(max_length=500)),
                ("secret", models.TextField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("created_by_name", models.CharField(max_length=200)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhook_endpoints",
                        to="accounts.department",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("department", "url"),
                        name="webhook_endpoint_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField()),
                ("occurred_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "On its way"), ("delivered", "Taken"), ("dead", "Given up")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_status", models.PositiveSmallIntegerField(null=True)),
                ("last_error", models.CharField(blank=True, help_text="Code of the failure.", max_length=50)),
                ("last_tried_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="sharing.webhookendpoint",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sharing.grant"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["endpoint", "-id"], name="webhook_message_endpoint")],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "grant", "version"), name="webhook_message_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveIntegerField(
                        help_text="1 on the first, and on the first after it was sent again by hand."
                    ),
                ),
                ("at", models.DateTimeField()),
                ("milliseconds", models.PositiveIntegerField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=50)),
                ("next_at", models.DateTimeField(null=True)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tried", to="sharing.webhookmessage"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["at"], name="webhook_attempt_at")],
            },
        ),
        migrations.CreateModel(
            name="BasketEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="baskets", to="catalog.entry"
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
                "constraints": [models.UniqueConstraint(fields=("user", "entry"), name="basket_entry_once")],
            },
        ),
        migrations.CreateModel(
            name="ClientSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("made_by_name", models.CharField(max_length=200)),
                ("valid_to", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("client",),
                        name="client_secret_one_lasting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CountsOfDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("used", models.PositiveIntegerField(default=0)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.department"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("department", "on"), name="counts_of_day_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("request__isnull", False), ("acceptance__isnull", False), _connector="OR"),
                name="grant_has_a_ground",
            ),
        ),
    ]
