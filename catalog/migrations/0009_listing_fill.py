"""Fill the listing columns from the entries and their current revisions.

Cause: see ``0008_listing_columns``. Effect: every entry with content has its row; a withdrawn one, which had none, gets
one without text, so that it is listed and not found. Going back drops those rows again.
"""

from django.db import migrations

FILL = """
INSERT INTO catalog_entrysearch (entry_id, name_folded, name_pinyin, folded, bigrams, words)
SELECT e.id, lower(r.name), '', '', ''::tsvector, ''::tsvector
FROM catalog_entry e JOIN catalog_revision r ON r.id = e.current_revision_id
WHERE NOT EXISTS (SELECT FROM catalog_entrysearch s WHERE s.entry_id = e.id);

UPDATE catalog_entrysearch s
SET status = e.status,
    is_filed = e.published_revision_id IS NOT NULL OR w.signed_at IS NOT NULL,
    department_id = e.department_id,
    category_id = r.category_id,
    library_id = r.library_id,
    sharing = r.sharing,
    opening = r.opening,
    cycle = r.cycle,
    format_class = r.format_class,
    format_type = r.format_type,
    code = e.code,
    published_at = r.published_at,
    updated_at = e.updated_at
FROM catalog_entry e
    JOIN catalog_revision r ON r.id = e.current_revision_id
    LEFT JOIN catalog_revision w ON w.id = e.working_revision_id
WHERE e.id = s.entry_id;
"""

EMPTY = """
DELETE FROM catalog_entrysearch s USING catalog_entry e WHERE e.id = s.entry_id AND e.status = 'withdrawn';
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_listing_columns")]

    operations = [migrations.RunSQL(FILL, EMPTY)]
