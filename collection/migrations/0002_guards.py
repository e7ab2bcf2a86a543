"""What the database itself sees to, against mistakes in our own code too.

A text of consent that somebody answered is not changed, it can only be retired; an answer is not changed but by its
withdrawal, or where an erasure takes the name of its evidence down to the ending.
"""

from django.db import migrations

CONSENT_TEXT = """
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
CONSENT_TEXT_DROP = """
DROP TRIGGER collection_consenttext_immutable ON collection_consenttext;
DROP FUNCTION collection_consent_text_guard();
"""

CONSENT_RECORD = """
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
CONSENT_RECORD_DROP = """
DROP TRIGGER collection_consentrecord_immutable ON collection_consentrecord;
DROP FUNCTION collection_consent_record_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("collection", "0001_initial")]

    operations = [
        migrations.RunSQL(CONSENT_TEXT, CONSENT_TEXT_DROP),
        migrations.RunSQL(CONSENT_RECORD, CONSENT_RECORD_DROP),
    ]
