"""The nightly comparison of the search index with the entries it was made from."""

import structlog
from django.db import transaction

from audit import services as audit
from audit.services import Subject
from catalog import search
from catalog.models import Entry
from core.actors import Actor

log = structlog.get_logger(__name__)

BATCH = 200


def index_repair(*, actor: Actor, batch: int = BATCH) -> int:
    """Write anew what the index holds wrongly, lacks, or holds of an entry that is gone; return how many.

    The index is written in the transaction of each change, so a difference is a fault of ours: it is put right,
    recorded and logged.
    """
    repaired: list[int] = []
    last = 0
    while True:
        entries = list(
            Entry.objects.filter(pk__gt=last).select_related("department", "current_revision").order_by("pk")[:batch]
        )
        repaired += [entry.pk for entry in entries if not search.is_indexed(entry) and _repair(entry.pk)]
        if len(entries) < batch:
            break
        last = entries[-1].pk
    if repaired:
        log.error("search_index_repaired", count=len(repaired), entries=repaired[:20])
        with transaction.atomic():
            about = Subject("catalog.entrysearch", "", "search index")
            after = {"count": len(repaired), "entries": repaired[:100]}
            audit.record(actor, "catalog.search.repair", about, after=after)
    return len(repaired)


@transaction.atomic
def _repair(entry_id: int) -> bool:
    """Index one entry again under its lock; False where it has come right meanwhile."""
    if not Entry.objects.select_for_update().filter(pk=entry_id).exists():
        return False
    entry = Entry.objects.select_related("department", "current_revision").get(pk=entry_id)
    if search.is_indexed(entry):
        return False
    search.entry_index(entry)
    return True
