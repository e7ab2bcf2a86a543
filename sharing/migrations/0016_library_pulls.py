"""The log of pulls knows a third puller beside clients and people: the dataset of a library that is built.

Rows that are there stay as they are and satisfy the new constraint, which is checked in one pass over the log.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_hold"),
        ("collection", "0014_library_runs"),
        ("sharing", "0015_client_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="pull",
            name="pull_by_one",
        ),
        migrations.AddField(
            model_name="pull",
            name="library",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="collection.dataset",
            ),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("client__isnull", False), ("library__isnull", True), ("user__isnull", True)),
                    models.Q(("client__isnull", True), ("library__isnull", True), ("user__isnull", False)),
                    models.Q(("client__isnull", True), ("library__isnull", False), ("user__isnull", True)),
                    _connector="OR",
                ),
                name="pull_by_one",
            ),
        ),
    ]
