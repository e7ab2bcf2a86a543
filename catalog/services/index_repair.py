"""The nightly comparison of the search index with the entries it was made from."""

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet

from audit import services as audit
from audit.services import Subject
from catalog import search_index
from catalog.choices import LIVE_STATUSES, PUBLIC_OPENINGS
from catalog.models import Entry
from core.actors import Actor

log = structlog.get_logger(__name__)

BATCH = 200


def index_complete(*, actor: Actor) -> int:
    """Index the open entries of which the index does not yet hold what the public may see; return how many.

    So it is after the release that brought these columns: until then the public finds nothing by them.
    """
    lacking = Entry.objects.filter(
        status__in=LIVE_STATUSES, published_revision__opening__in=PUBLIC_OPENINGS, search__open_folded__isnull=True
    )
    return index_repair(actor=actor, entries=lacking)


def listing_marks_merge() -> None:
    """Put the marks of all changes together into one; their number, which names a state of the catalog, stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH merged AS (DELETE FROM catalog_listingchange RETURNING weight)
            INSERT INTO catalog_listingchange (weight) SELECT sum(weight) FROM merged HAVING count(*) > 0
            """
        )


def index_repair(*, actor: Actor, entries: QuerySet[Entry] | None = None, batch: int = BATCH) -> int:
    """Write anew what the index holds wrongly, lacks, or holds of an entry that is gone; return how many.

    The index is written in the transaction of each change, so a difference is a fault of ours: it is put right,
    recorded and logged.

    Args:
        entries: those to compare; None compares all.
    """
    compared = Entry.objects.all() if entries is None else entries
    repaired: list[int] = []
    last = 0
    while True:
        some = list(
            compared.filter(pk__gt=last)
            .select_related("department", "current_revision", "working_revision")
            .order_by("pk")[:batch]
        )
        repaired += [entry.pk for entry in some if not search_index.is_indexed(entry) and _repair(entry.pk)]
        if len(some) < batch:
            break
        last = some[-1].pk
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
    entry = Entry.objects.select_related("department", "current_revision", "working_revision").get(pk=entry_id)
    if search_index.is_indexed(entry):
        return False
    search_index.entry_index(entry)
    return True
