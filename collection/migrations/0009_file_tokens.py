from uuid import uuid4

from django.db import migrations, models


class Migration(migrations.Migration):
    """Let several rows share the content of a file.

    A set of files returns to an earlier version by rows that name the same sealed content, and so the same token,
    instead of copying it. Going back fails where rows share one.
    """

    dependencies = [("collection", "0008_erased_files")]

    operations = [
        migrations.AlterField(
            model_name="datasetfile",
            name="token",
            field=models.UUIDField(db_index=True, default=uuid4, editable=False),
        ),
    ]
