"""Keeping the store's indexes in step with the items that a dataset declares as filters."""

import structlog

from collection.models import Dataset
from collection.store.columns import columns_from
from collection.store.filter_indexes import filter_indexes_ensure

log = structlog.get_logger(__name__)


def filter_indexes_keep(*, dataset_id: int) -> tuple[int, int]:
    """Make the indexes that the published version lacks and drop those no longer declared; return how many of each.

    Nothing is locked in the main database: a version that is published meanwhile asks for this again.

    Raises:
        IndexesBusy: another worker is at it; come back later.
    """
    dataset = Dataset.objects.select_related("published_version").filter(pk=dataset_id).first()
    if dataset is None or dataset.published_version is None:
        return 0, 0
    version = dataset.published_version
    declared = [one for one in columns_from(version.columns) if one.item in dataset.filter_items]
    made, dropped = filter_indexes_ensure(dataset.pk, version.generation, declared)
    if made or dropped:
        log.info("filter_indexes_kept", dataset=dataset.pk, made=made, dropped=dropped)
    return made, dropped
