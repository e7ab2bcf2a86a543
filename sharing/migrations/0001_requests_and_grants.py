"""Requests for data and the grants that come of them.

Cause: a department that needed data of another had no way to ask here, and none could be given.
Effect: their tables, with the steps of both, which nobody can change or remove but with what they belong to.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION sharing_step_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a step of % cannot be changed', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER sharing_requeststep_immutable BEFORE UPDATE ON sharing_requeststep
    FOR EACH ROW EXECUTE FUNCTION sharing_step_guard();
CREATE TRIGGER sharing_grantstep_immutable BEFORE UPDATE ON sharing_grantstep
    FOR EACH ROW EXECUTE FUNCTION sharing_step_guard();
CREATE TRIGGER sharing_terms_immutable BEFORE UPDATE OR DELETE ON sharing_terms
    FOR EACH ROW EXECUTE FUNCTION sharing_step_guard();
"""
UNGUARD = """
DROP TRIGGER sharing_terms_immutable ON sharing_terms;
DROP TRIGGER sharing_grantstep_immutable ON sharing_grantstep;
DROP TRIGGER sharing_requeststep_immutable ON sharing_requeststep;
DROP FUNCTION sharing_step_guard();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0012_withdrawal_authority"),
        ("collection", "0012_dataset_right"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                ("suspended_at", models.DateTimeField(null=True)),
                ("suspend_reason", models.TextField(blank=True)),
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
                (
                    "suspended_by_department",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                ("systems", models.ManyToManyField(blank=True, related_name="grants", to="accounts.informationsystem")),
            ],
            options={
                "ordering": ["-pk"],
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
                            ("adapt", "Adapted to the entry"),
                            ("consult", "Change announced"),
                            ("object", "Requester's answer"),
                            ("end", "Ended"),
                            ("expire", "Expired"),
                            ("dispose", "Disposal of the data confirmed"),
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
                            ("settle", "Dispute settled"),
                            ("deliver", "Made available"),
                            ("confirm", "Delivery confirmed"),
                            ("withdraw", "Withdrawn"),
                            ("hand_over", "Handed over"),
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
                ("edit_version", models.PositiveIntegerField(default=1)),
                (
                    "region",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sharing_policy", to="accounts.region"
                    ),
                ),
            ],
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
            name="GrantNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("stops_on", models.DateField()),
                ("announced_at", models.DateTimeField()),
                ("announced_by_name", models.CharField(max_length=200)),
                ("answer", models.TextField(blank=True)),
                ("is_agreed", models.BooleanField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("filed_at", models.DateTimeField(help_text="When the authority took note of it.", null=True)),
                ("filing_note", models.TextField(blank=True)),
                ("is_filing_accepted", models.BooleanField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
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
        migrations.AddIndex(
            model_name="sharerequest",
            index=models.Index(fields=["department", "status", "-updated_at"], name="share_request_department"),
        ),
        migrations.AddIndex(
            model_name="sharerequest",
            index=models.Index(fields=["entry", "status"], name="share_request_entry"),
        ),
        migrations.AddIndex(
            model_name="sharerequest",
            index=models.Index(fields=["authority", "status"], name="share_request_authority"),
        ),
        migrations.AddConstraint(
            model_name="sharerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("submitted_by__isnull", True),
                    ("filed_by__isnull", True),
                    models.Q(("submitted_by", models.F("filed_by")), _negated=True),
                    _connector="OR",
                ),
                name="share_request_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("draft", "returned")),
                    ("number__isnull", False),
                    ("status", "withdrawn"),
                    _connector="OR",
                ),
                name="share_request_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "new"), ("previous_grant__isnull", False), _connector="OR"),
                name="share_request_follows_a_grant",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("longest_days__gte", 1)), name="sharing_policy_longest_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="termsacceptance",
            constraint=models.UniqueConstraint(fields=("terms", "department"), name="terms_accepted_once"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["department", "dataset", "status"], name="grant_department"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("status__in", ("active", "suspended"))), fields=["valid_to"], name="grant_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_to__gt", models.F("valid_from"))), name="grant_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("request__isnull", False), ("acceptance__isnull", False), _connector="OR"),
                name="grant_has_a_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "suspended"), _negated=True), ("suspended_at__isnull", False), _connector="OR"
                ),
                name="grant_suspended_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("status__in", ("active", "suspended"))),
                    models.Q(
                        models.Q(("status__in", ("active", "suspended")), _negated=True), ("ended_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="grant_ended_at",
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
