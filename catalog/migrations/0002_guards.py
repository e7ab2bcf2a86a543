"""What the database itself sees to, against mistakes in our own code too.

Published revisions never change: triggers refuse any change of a published or superseded revision, its items and its
relations, except the one step from published to superseded.

The states of the catalog are numbered, so that what was counted can be kept until something changes: a mark for each
statement that changes what lists count, or whose region a department belongs to. Marks are only added, in the
transaction of the change: no writer waits for another, and whoever reads sees the number that belongs to what he sees.

Long texts of the search table lie outside its rows, so that counting reads little, and there is room beside a row for
its next state.
"""

from django.db import migrations

PUBLISHED = """
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
PUBLISHED_DROP = """
DROP TRIGGER catalog_revision_related_immutable ON catalog_revision_related;
DROP TRIGGER catalog_revisionitem_immutable ON catalog_revisionitem;
DROP FUNCTION catalog_revision_part_guard();
DROP TRIGGER catalog_revision_immutable ON catalog_revision;
DROP FUNCTION catalog_revision_guard();
"""

LISTING = """
CREATE FUNCTION catalog_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_listingchange (weight) VALUES (1);
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_listing_change AFTER INSERT OR UPDATE OR DELETE ON catalog_entrysearch
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_listing_changed();
CREATE TRIGGER catalog_listing_change AFTER UPDATE OF region_id ON accounts_department
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_listing_changed();
CREATE TRIGGER catalog_listing_change AFTER UPDATE OF path ON accounts_region
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_listing_changed();
"""
LISTING_DROP = """
DROP TRIGGER catalog_listing_change ON accounts_region;
DROP TRIGGER catalog_listing_change ON accounts_department;
DROP TRIGGER catalog_listing_change ON catalog_entrysearch;
DROP FUNCTION catalog_listing_changed();
"""

STORAGE = """
ALTER TABLE catalog_entrysearch SET (toast_tuple_target = 256, fillfactor = 85);
ALTER TABLE catalog_entrysearch ALTER name_folded SET STORAGE MAIN, ALTER name_pinyin SET STORAGE MAIN;
"""
STORAGE_RESET = """
ALTER TABLE catalog_entrysearch ALTER name_folded SET STORAGE EXTENDED, ALTER name_pinyin SET STORAGE EXTENDED;
ALTER TABLE catalog_entrysearch RESET (toast_tuple_target, fillfactor);
"""


class Migration(migrations.Migration):
    replaces = [("catalog", "0002_published_is_immutable")]
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL(PUBLISHED, PUBLISHED_DROP),
        migrations.RunSQL(LISTING, LISTING_DROP),
        migrations.RunSQL(STORAGE, STORAGE_RESET),
    ]
