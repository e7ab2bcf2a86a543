"""What was built for library data that are out of use goes: nobody reads it, and those who gave the rows may ask."""

from django.db import transaction
from django.db.models import Q

from catalog.choices import EntryStatus
from collection.models import Dataset
from collection.services.retention import version_end
from core.faults import held_apart
from libraries.models import Composition
from libraries.selectors import parts_of, rests_on_build
from libraries.services.build import BUILDER
from libraries.services.leaving import parts_left
from libraries.services.part import part_end


def disused_let_go() -> int:
    """Let go of rows and sources of library data that were unhooked, or whose entry was withdrawn; return of how many.

    No build can take the rows out of them any more. They go as superseded versions do, so that a holder of a grant can
    confirm that what it gave was disposed of.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    out_of_use = Q(dataset__retired_at__isnull=False) | Q(dataset__entry__status=EntryStatus.WITHDRAWN)
    holds_something = Q(dataset__published_version__isnull=False) | Q(parts__isnull=False, parts__removed_at=None)
    gone = 0
    for one in Composition.objects.filter(out_of_use, holds_something).distinct().order_by("pk"):
        with held_apart("library_disused_not_let_go", dataset=one.dataset_id):
            gone += _let_go(one)
    return gone


@transaction.atomic
def _let_go(composition: Composition) -> bool:
    dataset = Dataset.objects.select_for_update(of=("self",)).get(pk=composition.dataset_id)
    is_ended = rests_on_build(dataset) and version_end(actor=BUILDER, dataset_id=dataset.pk)
    parts = list(parts_of(composition))
    for part in parts:
        part_end(BUILDER, part)
    parts_left(dataset_id=dataset.pk)
    return is_ended or bool(parts)
