"""Erasures of files, and answers that cannot be changed.

Cause: an erasure found rows only, and files of a person stayed; an answer of a person could be changed or removed
behind the services, and the evidence of one answer be put in the place of another's.
Effect: an erasure names either an item with a value or files; an answer changes only by the withdrawal of a consent and
by an erasure that cuts the name of its evidence down; the evidence is sealed for its answer.
"""

from django.db import migrations, models
from django.db.models import Q

GUARD = """
CREATE FUNCTION collection_consent_record_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    withdrawal text[] := ARRAY['withdrawn_at', 'withdrawal_channel', 'withdrawal_by_name'];
BEGIN
    IF TG_OP = 'UPDATE'
        AND to_jsonb(OLD) - withdrawal - 'evidence_name' = to_jsonb(NEW) - withdrawal - 'evidence_name'
        AND lower(right(OLD.evidence_name, length(NEW.evidence_name))) = lower(NEW.evidence_name)
        AND (OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
            OR (OLD.withdrawn_at, OLD.withdrawal_channel, OLD.withdrawal_by_name)
                IS NOT DISTINCT FROM (NEW.withdrawn_at, NEW.withdrawal_channel, NEW.withdrawal_by_name))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'answer % was recorded and cannot be changed', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER collection_consentrecord_immutable BEFORE UPDATE OR DELETE ON collection_consentrecord
    FOR EACH ROW EXECUTE FUNCTION collection_consent_record_guard();
"""
UNGUARD = """
DROP TRIGGER collection_consentrecord_immutable ON collection_consentrecord;
DROP FUNCTION collection_consent_record_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("collection", "0007_slot_reasons"),
    ]

    operations = [
        migrations.AlterField(
            model_name="erasure",
            name="item",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="erasure",
            name="item_name",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="erasure",
            name="value_hash",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="erasure",
            name="files",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=(Q(item__isnull=False) & ~Q(value_hash="") & Q(files=[]))
                | (Q(item__isnull=True, value_hash="") & ~Q(files=[])),
                name="erasure_of_rows_or_files",
            ),
        ),
        migrations.AddField(
            model_name="consentrecord",
            name="key",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
        migrations.AddConstraint(
            model_name="consentrecord",
            constraint=models.UniqueConstraint(
                condition=~Q(evidence=""), fields=("evidence",), name="consent_evidence_of_one_answer"
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
