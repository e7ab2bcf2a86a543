"""What the database itself sees to, against mistakes in our own code too.

Steps of requests and grants and the texts of terms do not change; records of use, inspections and what was rectified
are kept as they are for three years (809, Art. 26 and 29).
"""

from django.db import migrations

STEPS = """
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
STEPS_DROP = """
DROP TRIGGER sharing_terms_immutable ON sharing_terms;
DROP TRIGGER sharing_grantstep_immutable ON sharing_grantstep;
DROP TRIGGER sharing_requeststep_immutable ON sharing_requeststep;
DROP FUNCTION sharing_step_guard();
"""

RECORDS = """
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
CREATE TRIGGER sharing_rectification_kept BEFORE UPDATE OR DELETE ON sharing_rectification
    FOR EACH ROW EXECUTE FUNCTION sharing_record_guard('reported_at');
"""
RECORDS_DROP = """
DROP TRIGGER sharing_rectification_kept ON sharing_rectification;
DROP TRIGGER sharing_inspection_kept ON sharing_inspection;
DROP TRIGGER sharing_usagerecord_kept ON sharing_usagerecord;
DROP FUNCTION sharing_record_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_initial")]

    operations = [
        migrations.RunSQL(STEPS, STEPS_DROP),
        migrations.RunSQL(RECORDS, RECORDS_DROP),
    ]
