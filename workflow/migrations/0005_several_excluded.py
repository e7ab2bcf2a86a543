"""A task leaves out everybody who took part in what it is about; whoever is left out of an open one stays so."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import F, Q

_SETTLE = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
"""Checks foreign keys at once: a table is not altered while checks of it are due."""


class Migration(migrations.Migration):
    dependencies = [("workflow", "0004_texts_of_tasks")]

    operations = [
        migrations.AddField(
            "task",
            "exclude_user_ids",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                default=list,
                help_text="Who may not do it, having taken part: nobody approves what he submitted himself.",
                size=None,
            ),
        ),
        migrations.RunSQL(
            [
                "UPDATE workflow_task SET exclude_user_ids = ARRAY[exclude_user_id] WHERE exclude_user_id IS NOT NULL",
                *_SETTLE,
            ],
            [
                "UPDATE workflow_task SET exclude_user_id = exclude_user_ids[1] WHERE exclude_user_ids <> '{}'",
                *_SETTLE,
            ],
        ),
        migrations.RemoveConstraint("task", "workflow_task_not_the_excluded"),
        migrations.RemoveField("task", "exclude_user"),
        migrations.AddConstraint(
            "task",
            models.CheckConstraint(
                condition=Q(
                    ("user__isnull", True),
                    Q(("exclude_user_ids__contains", [F("user")]), _negated=True),
                    _connector="OR",
                ),
                name="workflow_task_not_the_excluded",
            ),
        ),
    ]
