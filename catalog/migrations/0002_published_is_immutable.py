"""Published revisions never change.

Cause: what was published must stay provable, against mistakes in our own code too.
Effect: triggers refuse any change of a published or superseded revision, its items and its relations, except the
one step from published to superseded.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION catalog_revision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status NOT IN ('published', 'superseded') THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'status' = to_jsonb(NEW) - 'status'
        AND (OLD.status = NEW.status OR (OLD.status = 'published' AND NEW.status = 'superseded')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'revision % is published and cannot be changed', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER catalog_revision_immutable BEFORE UPDATE OR DELETE ON catalog_revision
    FOR EACH ROW EXECUTE FUNCTION catalog_revision_guard();

CREATE FUNCTION catalog_revision_part_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    revision bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.revision_id ELSE OLD.revision_id END;
BEGIN
    IF EXISTS (SELECT FROM catalog_revision WHERE id = revision AND status IN ('published', 'superseded')) THEN
        RAISE EXCEPTION 'revision % is published and cannot be changed', revision
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER catalog_revisionitem_immutable BEFORE INSERT OR UPDATE OR DELETE ON catalog_revisionitem
    FOR EACH ROW EXECUTE FUNCTION catalog_revision_part_guard();
CREATE TRIGGER catalog_revision_related_immutable BEFORE INSERT OR UPDATE OR DELETE ON catalog_revision_related
    FOR EACH ROW EXECUTE FUNCTION catalog_revision_part_guard();
"""

DROP = """
DROP TRIGGER catalog_revision_related_immutable ON catalog_revision_related;
DROP TRIGGER catalog_revisionitem_immutable ON catalog_revisionitem;
DROP FUNCTION catalog_revision_part_guard();
DROP TRIGGER catalog_revision_immutable ON catalog_revision;
DROP FUNCTION catalog_revision_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_catalog")]

    operations = [migrations.RunSQL(CREATE, DROP)]
