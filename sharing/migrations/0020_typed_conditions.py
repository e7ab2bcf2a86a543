"""A condition on rows notes the type that its item had when it was written.

Without it the same words would choose other rows once the item gets another type. What was decided gets the type of
the revision in force at that moment, what waits that of its submission, a draft that of now: where the item was given
another type since, nothing is read by the condition any more.
"""

from django.db import migrations
from django.db.models import Q

EDITABLE = ("draft", "returned")


def note(apps, schema_editor):
    """Add the types."""
    items = apps.get_model("catalog", "RevisionItem").objects

    def typed(conditions, entry_id, moment):
        return [{**one, "type": type_of(str(one["item"]), entry_id, moment)} for one in conditions]

    def type_of(item, entry_id, moment):
        known = items.filter(item_id=item, revision__entry=entry_id).order_by("revision__number")
        until = Q(revision__published_at__isnull=False)
        if moment is not None:
            until &= Q(revision__published_at__lte=moment)
        found = known.filter(until).last() or known.first()
        return found.type if found is not None else "C"

    for request in _requests(apps):
        waiting = None if request.status in EDITABLE else request.submitted_at
        moment = request.replied_at or waiting
        request.row_filter = typed(request.row_filter, request.entry_id, moment)
        request.decided_filter = typed(request.decided_filter, request.entry_id, moment)
        request.save(update_fields=["row_filter", "decided_filter"])
    for grant in _grants(apps):
        moment = (grant.request.replied_at if grant.request is not None else None) or grant.created_at
        grant.row_filter = typed(grant.row_filter, grant.dataset.entry_id, moment)
        grant.save(update_fields=["row_filter"])


def forget(apps, schema_editor):
    """Take the types away."""

    def plain(conditions):
        return [{name: value for name, value in one.items() if name != "type"} for one in conditions]

    for request in _requests(apps):
        request.row_filter, request.decided_filter = plain(request.row_filter), plain(request.decided_filter)
        request.save(update_fields=["row_filter", "decided_filter"])
    for grant in _grants(apps):
        grant.row_filter = plain(grant.row_filter)
        grant.save(update_fields=["row_filter"])


def _requests(apps):
    found = apps.get_model("sharing", "ShareRequest").objects.exclude(row_filter=[], decided_filter=[])
    return found.order_by("pk").iterator()


def _grants(apps):
    found = apps.get_model("sharing", "Grant").objects.exclude(row_filter=[])
    return found.select_related("request", "dataset").order_by("pk").iterator()


class Migration(migrations.Migration):
    dependencies = [("sharing", "0019_rows_that_are_no_more")]

    operations = [migrations.RunPython(note, forget)]
