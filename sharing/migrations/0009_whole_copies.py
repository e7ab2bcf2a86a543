"""Whether a caller took a version whole is asked at each page of changes: an index over the pulls that may have been.

Pages of rows are most of the log, and none of them is one; so they stay out of it.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sharing", "0008_requests_lapse")]

    operations = [
        AddIndexConcurrently(
            "pull",
            models.Index(
                fields=["grant", "edition", "version"],
                condition=models.Q(("kind__in", ["changes", "export"])),
                name="pull_whole",
            ),
        ),
    ]
