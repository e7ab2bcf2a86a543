"""Collection duties, consents, erasures.

Cause: who collects what, and on what ground, was nowhere on record, and rows could not be removed for good.
Effect: their tables; a text that somebody has answered cannot be changed any more; versions know their lineage, so
that changes are never told across an erasure.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION collection_consent_text_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.first_used_at IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'retired_at' = to_jsonb(NEW) - 'retired_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'consent text % was answered and cannot be changed', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER collection_consenttext_immutable BEFORE UPDATE OR DELETE ON collection_consenttext
    FOR EACH ROW EXECUTE FUNCTION collection_consent_text_guard();
"""
UNGUARD = """
DROP TRIGGER collection_consenttext_immutable ON collection_consenttext;
DROP FUNCTION collection_consent_text_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0011_listing_change"),
        ("collection", "0003_quality"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
        migrations.AddField(
            model_name="datasetversion",
            name="lineage",
            field=models.PositiveIntegerField(
                default=0, help_text="Changes are told between versions of one lineage; an erasure begins another."
            ),
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
            },
        ),
        migrations.CreateModel(
            name="ConsentRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("item", models.UUIDField()),
                ("item_name", models.CharField(max_length=200)),
                ("sealed_value", models.TextField(blank=True)),
                ("value_hash", models.CharField(max_length=64)),
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
                        ],
                        default="awaiting_head",
                        max_length=15,
                    ),
                ),
                ("rows_seen", models.PositiveBigIntegerField(default=0)),
                ("rows_erased", models.PositiveBigIntegerField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("opinion", models.TextField(blank=True)),
                ("slot", models.DateTimeField(null=True)),
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
        migrations.AddConstraint(
            model_name="consenttext",
            constraint=models.UniqueConstraint(fields=("duty", "number"), name="consent_text_number"),
        ),
        migrations.AddConstraint(
            model_name="consenttext",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at__isnull", True)), fields=("duty",), name="consent_text_one_in_force"
            ),
        ),
        migrations.AddIndex(
            model_name="consentrecord",
            index=models.Index(fields=["subject_hash"], name="consent_subject"),
        ),
        migrations.AddIndex(
            model_name="consentrecord",
            index=models.Index(fields=["duty", "-at", "-id"], name="consent_duty"),
        ),
        migrations.AddConstraint(
            model_name="consentrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_at__isnull", True), ("decision", "given"), _connector="OR"),
                name="consent_only_given_is_withdrawn",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyfinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("duty__isnull", True), ("entry__isnull", False), ("kind", "shared")),
                    models.Q(("duty__isnull", False), ("entry__isnull", True), ("kind", "collected")),
                    _connector="OR",
                ),
                name="duty_finding_of_one_thing",
            ),
        ),
        migrations.AddIndex(
            model_name="dutyrevision",
            index=models.Index(fields=["status", "authority"], name="duty_revision_review"),
        ),
        migrations.AddConstraint(
            model_name="dutyrevision",
            constraint=models.UniqueConstraint(fields=("duty", "number"), name="duty_revision_number"),
        ),
        migrations.AddConstraint(
            model_name="dutyrevision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("draft", "awaiting_head", "awaiting_authority", "returned"))),
                fields=("duty",),
                name="duty_revision_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyrevision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "registered")), fields=("duty",), name="duty_revision_one_registered"
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("submitted_by__isnull", True),
                    ("signed_by__isnull", True),
                    models.Q(("submitted_by", models.F("signed_by")), _negated=True),
                    _connector="OR",
                ),
                name="duty_revision_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("draft", "returned", "discarded")), ("check_used__isnull", False), _connector="OR"
                ),
                name="duty_revision_checked",
            ),
        ),
        migrations.AddIndex(
            model_name="dutyitem",
            index=models.Index(fields=["folded"], name="duty_item_folded"),
        ),
        migrations.AddConstraint(
            model_name="dutyitem",
            constraint=models.UniqueConstraint(fields=("revision", "position"), name="duty_item_position"),
        ),
        migrations.AddIndex(
            model_name="collectionduty",
            index=models.Index(fields=["department", "state"], name="duty_department_state"),
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
            model_name="erasure",
            index=models.Index(condition=models.Q(("finished_at__isnull", True)), fields=["slot"], name="erasure_slot"),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("awaiting_head", "approved", "running"))),
                fields=("dataset", "item", "value_hash"),
                name="erasure_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="erasure_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("awaiting_head", "approved", "running")), ("sealed_value", ""), _connector="OR"
                ),
                name="erasure_forgets_the_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="leadsource",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("authority", "folded"), name="lead_source_one"
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
