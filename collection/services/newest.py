"""Measuring how current data are by what they say themselves: the newest value of the item that tells the time."""

import structlog
from django.db.models import F

from collection.models import Dataset, DatasetVersion
from collection.quality.measuring import NotComputed, Source, newest_day
from collection.store.columns import columns_from, tells_time
from core.faults import held_apart

log = structlog.get_logger(__name__)


def newest_measure(*, dataset_id: int) -> bool:
    """Look for the newest value of the time item in the published version, and keep it with the version.

    Nothing is locked: a version never changes, and a later one, or another item, asks for this again.

    Returns:
        Whether something was kept.
    """
    dataset = Dataset.objects.select_related("published_version").filter(pk=dataset_id).first()
    if dataset is None or dataset.published_version is None:
        return False
    version = dataset.published_version
    if version.time_item == dataset.time_item:
        return False
    columns = columns_from(version.columns)
    column = next((one for one in columns if one.item == dataset.time_item and tells_time(one)), None)
    newest = None
    if column is not None:
        try:
            newest = newest_day(Source(dataset.pk, version.generation, version.number, columns), column)
        except NotComputed:
            log.warning("newest_not_measured", dataset=dataset.pk, version=version.number)
            return False
    DatasetVersion.objects.filter(pk=version.pk).update(time_item=dataset.time_item, newest_on=newest)
    return True


def newest_catch_up() -> int:
    """Measure what was published or set without being measured; return how many datasets were."""
    behind = Dataset.objects.filter(retired_at__isnull=True, published_version__isnull=False)
    behind = behind.exclude(published_version__time_item=F("time_item"))
    keys = list(behind.order_by("pk").values_list("pk", flat=True))
    measured = 0
    for key in keys:
        with held_apart("newest_not_measured", dataset=key):
            measured += newest_measure(dataset_id=key)
    return measured
