"""Keep what the pre-check found, and what the review pages look things up by.

Cause: the queue filters thousands of submissions by whether they need a look of their own, which only the rules
over the whole content can say.
Effect: a row per submitted revision, written with each hand-over and renewed by night; an index for the decisions
of one person and one for entries that hold items of the same name. Submissions of before are checked by night.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_published_is_immutable"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewCheck",
            fields=[
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="review_check",
                        serialize=False,
                        to="catalog.revision",
                    ),
                ),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        help_text="Values of ``contention.Contention``.",
                        size=None,
                    ),
                ),
                ("errors", models.PositiveIntegerField()),
                ("hints", models.PositiveIntegerField()),
                (
                    "changes",
                    models.JSONField(
                        help_text="How many fields changed and items were added, changed, removed, moved."
                    ),
                ),
                ("checked_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["actor_id", "-at"], name="decision_actor_at"),
        ),
        migrations.AddIndex(
            model_name="revisionitem",
            index=models.Index(fields=["name"], name="revision_item_name"),
        ),
    ]
