"""A grant goes on from the one that a decision in a dispute put in the place of the one before it.

What was decided so before is followed from now on as well; the days for which it was granted stay.
"""

from django.db import migrations, models
from django.db.models import F, OuterRef, Q, Subquery

OPEN = ("active", "suspended")
READ = (
    "awaiting_head", "awaiting_check", "awaiting_provider", "awaiting_material", "awaiting_authority", "disputed",
    "agreed",
)  # fmt: skip


def go_on(apps, schema_editor):
    """Let what goes on from a grant that a decision in a dispute overtook go on from the latest by its request."""
    grants = apps.get_model("sharing", "Grant").objects
    newer = grants.filter(request=OuterRef("request"), dataset=OuterRef("dataset"), pk__gt=OuterRef("pk"))
    former = grants.filter(Q(end_reason="settled") | Q(status__in=(*OPEN, "expired")), request__isnull=False)
    overtaken = former.annotate(newest=Subquery(newer.order_by("-pk").values("pk")[:1])).filter(newest__isnull=False)
    for one in overtaken.order_by("pk"):
        _requests_go_on(apps, one)
        _grants_go_on(grants, one)
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def _requests_go_on(apps, former):
    found = apps.get_model("sharing", "ShareRequest").objects.filter(previous_grant=former)
    found.filter(status__in=READ).update(previous_grant=former.newest, edit_version=F("edit_version") + 1)
    found.filter(status__in=("draft", "returned")).update(previous_grant=former.newest)


def _grants_go_on(grants, former):
    """Move what is open, also past what is over."""
    ahead, seen = {former.pk}, set()
    while ahead:
        seen |= ahead
        later = grants.filter(previous__in=ahead, dataset=former.dataset_id).exclude(request=former.request_id)
        over = set(later.exclude(status__in=OPEN).values_list("pk", flat=True))
        later.filter(status__in=OPEN).update(previous=former.newest)
        ahead = over - seen


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0016_suspensions"),
    ]

    operations = [
        migrations.RunPython(go_on, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="grantstep",
            name="action",
            field=models.CharField(
                choices=[
                    ("create", "Granted"),
                    ("suspend", "Suspended"),
                    ("resume", "Resumed"),
                    ("narrow", "Narrowed"),
                    ("loosen", "Limits loosened"),
                    ("adapt", "Adapted to the entry"),
                    ("follow", "Goes on from another grant"),
                    ("consult", "Change announced"),
                    ("object", "Requester's answer"),
                    ("end", "Ended"),
                    ("expire", "Expired"),
                    ("dispose", "Disposal of the data confirmed"),
                    ("demand", "Disposal of the data demanded"),
                    ("inspect", "Use inspected"),
                    ("rectify", "Reported as rectified"),
                    ("hand_over", "Handed over"),
                ],
                max_length=10,
            ),
        ),
    ]
