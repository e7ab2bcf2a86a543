"""Number the states of the catalog, so that what was counted can be kept until something changes.

Cause: what everybody sees first, the whole catalog with its facets, takes the longest to count.
Effect: a mark for each statement that changes what lists count, or whose region a department belongs to. Marks are only
added, in the transaction of the change: no writer waits for another, and whoever reads sees the number that belongs to
what he sees.
"""

from django.db import migrations, models

CREATE = """
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

DROP = """
DROP TRIGGER catalog_listing_change ON accounts_region;
DROP TRIGGER catalog_listing_change ON accounts_department;
DROP TRIGGER catalog_listing_change ON catalog_entrysearch;
DROP FUNCTION catalog_listing_changed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0010_listing_switch"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weight", models.BigIntegerField(default=1)),
            ],
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
