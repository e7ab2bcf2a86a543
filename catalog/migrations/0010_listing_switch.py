"""Take the lists from the listing columns.

Cause: see ``0008_listing_columns``. Effect: the columns are always filled; indexes for the orders that lists begin
with; long texts lie outside the row, so that counting reads little, and there is room beside a row for its next state.
"""

import django.db.models.deletion
from django.db import migrations, models

STORE = """
ALTER TABLE catalog_entrysearch SET (toast_tuple_target = 256, fillfactor = 85);
ALTER TABLE catalog_entrysearch ALTER name_folded SET STORAGE MAIN, ALTER name_pinyin SET STORAGE MAIN;
"""

RESTORE = """
ALTER TABLE catalog_entrysearch ALTER name_folded SET STORAGE EXTENDED, ALTER name_pinyin SET STORAGE EXTENDED;
ALTER TABLE catalog_entrysearch RESET (toast_tuple_target, fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0009_listing_fill"),
    ]

    operations = [
        migrations.AlterField("entrysearch", "status", models.CharField(max_length=20)),
        migrations.AlterField("entrysearch", "is_filed", models.BooleanField()),
        migrations.AlterField(
            "entrysearch",
            "department",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"),
        ),
        migrations.AlterField("entrysearch", "sharing", models.CharField(blank=True, max_length=15)),
        migrations.AlterField("entrysearch", "opening", models.CharField(blank=True, max_length=15)),
        migrations.AlterField("entrysearch", "cycle", models.CharField(blank=True, max_length=15)),
        migrations.AlterField("entrysearch", "format_class", models.CharField(blank=True, max_length=20)),
        migrations.AlterField("entrysearch", "format_type", models.CharField(blank=True, max_length=30)),
        migrations.AlterField("entrysearch", "updated_at", models.DateTimeField()),
        migrations.RunSQL(STORE, RESTORE),
        migrations.RemoveIndex(model_name="entrysearch", name="entry_search_pinyin"),
        migrations.AddIndex(
            model_name="entrysearch",
            index=models.Index(fields=["name_pinyin", "entry"], name="entry_search_pinyin"),
        ),
        migrations.AddIndex(
            model_name="entrysearch",
            index=models.Index(
                models.OrderBy(models.F("published_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("entry"), descending=True),
                name="entry_search_published",
            ),
        ),
        migrations.AddIndex(
            model_name="entrysearch",
            index=models.Index(fields=["code"], name="entry_search_code"),
        ),
    ]
