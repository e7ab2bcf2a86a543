"""Note with a withdrawal which authority decides on it.

Cause: it went by the authority that had published the entry, so that nobody could decide once another was appointed or
the department had moved.
Effect: withdrawals that wait keep the authority they lie before.
"""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE catalog_entry SET withdrawal_authority_id = published.authority_id
FROM catalog_revision published
WHERE published.id = catalog_entry.published_revision_id AND catalog_entry.withdrawal = 'awaiting_authority'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("catalog", "0011_listing_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="withdrawal_authority",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.department"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        # The update above leaves deferred checks behind, and a table with such checks cannot be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=~models.Q(withdrawal="awaiting_authority") | models.Q(withdrawal_authority__isnull=False),
                name="entry_withdrawal_with_an_authority",
            ),
        ),
    ]
