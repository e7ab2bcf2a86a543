"""Make room in the search's row for all that lists count, show and sort by.

Cause: each facet of a list was a query of its own over four joined tables, a second and more with 100,000 entries.
Effect: columns that may be empty until ``0009_listing_fill`` has filled them; the index of ranked words, which no query
used, goes.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0007_search_of_what_is_open"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="entrysearch", name="entry_search_words"),
        migrations.AddField("entrysearch", "status", models.CharField(max_length=20, null=True)),
        migrations.AddField("entrysearch", "is_filed", models.BooleanField(null=True)),
        migrations.AddField(
            "entrysearch",
            "department",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
            ),
        ),
        migrations.AddField(
            "entrysearch",
            "category",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.category"
            ),
        ),
        migrations.AddField(
            "entrysearch",
            "library",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.library"
            ),
        ),
        migrations.AddField("entrysearch", "sharing", models.CharField(max_length=15, null=True)),
        migrations.AddField("entrysearch", "opening", models.CharField(max_length=15, null=True)),
        migrations.AddField("entrysearch", "cycle", models.CharField(max_length=15, null=True)),
        migrations.AddField("entrysearch", "format_class", models.CharField(max_length=20, null=True)),
        migrations.AddField("entrysearch", "format_type", models.CharField(max_length=30, null=True)),
        migrations.AddField("entrysearch", "code", models.CharField(max_length=64, null=True)),
        migrations.AddField("entrysearch", "published_at", models.DateTimeField(null=True)),
        migrations.AddField("entrysearch", "updated_at", models.DateTimeField(null=True)),
    ]
