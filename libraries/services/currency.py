"""How current a library dataset is: as the oldest of its sources."""

from django.db import transaction

from collection.choices import RunState
from collection.models import Dataset
from collection.services.freshness import dataset_confirm
from core.faults import held_apart
from libraries.selectors import builds_of, composition_of, datasets_built_from, parts_of, reason_to_build


def libraries_confirm(*, dataset_id: int) -> int:
    """Note of the libraries built from data that were found unchanged how current they are; return of how many.

    Nothing is built: their rows are what a build would bring.
    """
    confirmed = 0
    for library_id in datasets_built_from(dataset_id):
        with held_apart("library_not_confirmed", dataset=library_id):
            confirmed += _confirm(library_id)
    return confirmed


@transaction.atomic
def _confirm(dataset_id: int) -> bool:
    found = Dataset.objects.select_for_update(of=("self",))
    dataset = found.select_related("entry__published_revision", "entry__working_revision").get(pk=dataset_id)
    composition = composition_of(dataset_id)
    last = builds_of(composition).first() if composition is not None else None
    if composition is None or last is None or last.run is None or reason_to_build(composition) is not None:
        return False
    if last.run.state not in (RunState.SUCCEEDED, RunState.UNCHANGED):
        return False
    moments = [one.dataset.confirmed_at for one in parts_of(composition)]
    known = [one for one in moments if one is not None]
    if (
        not known
        or len(known) < len(moments)
        or (dataset.confirmed_at is not None and dataset.confirmed_at >= min(known))
    ):
        return False
    dataset_confirm(dataset, min(known))
    return True
