"""Keep what the public may see of an open entry apart from what everybody signed in may.

Cause: the names of closed items were words of the search, so the public could try whether an entry has such an item.
Effect: three columns, empty for what is not open; the public finds nothing by them until ``index_repair`` has filled
them, which ``manage.py prepare`` does after a migration and the nightly check does in any case.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_import_upload_states"),
    ]

    operations = [
        migrations.AddField(
            model_name="entrysearch",
            name="open_folded",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="entrysearch",
            name="open_bigrams",
            field=django.contrib.postgres.search.SearchVectorField(null=True),
        ),
        migrations.AddField(
            model_name="entrysearch",
            name="open_words",
            field=django.contrib.postgres.search.SearchVectorField(null=True),
        ),
        migrations.AddIndex(
            model_name="entrysearch",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("open_bigrams__isnull", False)),
                fields=["open_bigrams"],
                name="entry_search_open_bigrams",
            ),
        ),
    ]
