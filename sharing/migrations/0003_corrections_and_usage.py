"""Correction requests, records of use, inspections.

Cause: who used data had no way to tell the provider that they are wrong, and no place for the records the Regulation
asks of it (809, Art. 26 and 29).
Effect: their tables. Records and inspections cannot be changed, and not removed within three years.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION sharing_record_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < now() - interval '3 years' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a record of % is kept as it is for three years', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER sharing_usagerecord_kept BEFORE UPDATE OR DELETE ON sharing_usagerecord
    FOR EACH ROW EXECUTE FUNCTION sharing_record_guard('recorded_at');
CREATE TRIGGER sharing_inspection_kept BEFORE UPDATE OR DELETE ON sharing_inspection
    FOR EACH ROW EXECUTE FUNCTION sharing_record_guard('inspected_at');
"""
UNGUARD = """
DROP TRIGGER sharing_inspection_kept ON sharing_inspection;
DROP TRIGGER sharing_usagerecord_kept ON sharing_usagerecord;
DROP FUNCTION sharing_record_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0012_withdrawal_authority"),
        ("collection", "0012_dataset_right"),
        ("sharing", "0002_clients_and_pulls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("in_order", "In order"),
                            ("to_rectify", "To be rectified"),
                            ("misuse", "Misuse: the grant is suspended"),
                        ],
                        max_length=12,
                    ),
                ),
                ("finding", models.TextField()),
                ("rectify_by", models.DateField(blank=True, null=True)),
                ("inspected_at", models.DateTimeField()),
                ("inspected_by_name", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row_key", models.TextField(blank=True)),
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
            ],
            options={
                "ordering": ["-pk"],
            },
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
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="sharingpolicy",
            name="usage_record_days",
            field=models.PositiveIntegerField(default=180),
        ),
        migrations.AddConstraint(
            model_name="sharingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("usage_record_days__gte", 1)), name="sharing_policy_usage_record_days"
            ),
        ),
        migrations.AddField(
            model_name="inspection",
            name="department",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
            ),
        ),
        migrations.AddField(
            model_name="inspection",
            name="grant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="inspections", to="sharing.grant"
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="corrected_in",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="objections",
                to="collection.datasetversion",
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="dataset",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="objections",
                to="collection.dataset",
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="department",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="objections", to="accounts.department"
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="objections", to="catalog.entry"
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="grant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="objections",
                to="sharing.grant",
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="item",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.item"
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="raised_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="usagerecord",
            name="department",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
            ),
        ),
        migrations.AddField(
            model_name="usagerecord",
            name="grant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="usage_records", to="sharing.grant"
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("result", "to_rectify"), _negated=True), ("rectify_by__isnull", False), _connector="OR"
                ),
                name="inspection_rectify_by",
            ),
        ),
        migrations.AddIndex(
            model_name="objection",
            index=models.Index(fields=["entry", "state"], name="objection_entry"),
        ),
        migrations.AddIndex(
            model_name="objection",
            index=models.Index(fields=["department", "-id"], name="objection_department"),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(("row_key", ""), ("grant__isnull", False), _connector="OR"),
                name="objection_row_under_a_grant",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("state__in", ("open", "correcting"))),
                    models.Q(
                        models.Q(("state__in", ("open", "correcting")), _negated=True), ("closed_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="objection_closed_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="usagerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="usage_record_period"
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
