"""An inspection is that of a side, as a suspension is, and says what it clears, as it was when it was made.

Asked for a department by who owns the entry now, the answer changed with every merger.
"""

from django.db import migrations, models
from django.db.models import F

UNGUARD = "ALTER TABLE sharing_inspection DISABLE TRIGGER sharing_inspection_kept"
GUARD = "ALTER TABLE sharing_inspection ENABLE TRIGGER sharing_inspection_kept"


def fill(apps, schema_editor):
    """Name the side of each inspection, and what those that found the use in order cleared by the rule until now."""
    found = apps.get_model("sharing", "Inspection").objects
    of_provider = [one.pk for one in found.select_related("department", "grant__dataset__entry") if _is_providers(one)]
    found.filter(pk__in=of_provider).update(side="provider")
    for one in found.filter(result="in_order").select_related("grant").order_by("pk"):
        before = found.filter(grant=one.grant, result="misuse", pk__lt=one.pk, cleared_by=None)
        if one.side == "provider":
            before = before.filter(side="provider")
        one.clears.set([misuse for misuse in before if not _is_stopped(apps, misuse)])
    ended = found.filter(result="in_order", grant__end_reason="misuse", inspected_at__gte=F("grant__ended_at")).exclude(
        side="provider", grant__in=_ended_by_others(apps)
    )
    found.filter(pk__in=list(ended.values_list("pk", flat=True))).update(clears_end=True)
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def _is_providers(inspection):
    """Say whether the department that inspected has the data, or went into the one that has them."""
    department = inspection.department
    while department is not None:
        if department.pk == inspection.grant.dataset.entry.department_id:
            return True
        department = department.merged_into
    return False


def _is_stopped(apps, misuse):
    """Say whether the stop of whoever found it stands."""
    rows = apps.get_model("sharing", "GrantSuspension").objects
    stops = rows.filter(closed_at=None, misuse__grant=misuse.grant_id, misuse__gte=misuse.pk)
    return stops.filter(misuse__department=misuse.department_id).exists()


def _ended_by_others(apps):
    """Return the grants that somebody else than the provider ended for misuse."""
    grants = apps.get_model("sharing", "Grant").objects.filter(end_reason="misuse")
    return grants.exclude(steps__action="end", steps__detail__side="provider").values("pk")


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0017_steps_of_grants"),
    ]

    operations = [
        migrations.AddField(
            model_name="inspection",
            name="side",
            field=models.CharField(
                choices=[
                    ("provider", "The provider"),
                    ("authority", "The data authority"),
                    ("security", "The security administrator"),
                ],
                default="authority",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="inspection",
            name="clears",
            field=models.ManyToManyField(related_name="cleared_by", to="sharing.inspection"),
        ),
        migrations.AddField(
            model_name="inspection",
            name="clears_end",
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(UNGUARD, GUARD),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
