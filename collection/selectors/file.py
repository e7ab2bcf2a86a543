"""Files of a dataset, as far as an actor may see them."""

from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from collection import policies
from collection.models import Dataset, DatasetFile, DatasetVersion
from collection.selectors.dataset import dataset_get_for
from core.actors import Actor
from core.exceptions import NotVisible


def files_of(version: DatasetVersion) -> QuerySet[DatasetFile]:
    """Return the files of a version by name. Whether they may be read has been asked already."""
    ends_later = Q(until_version__isnull=True) | Q(until_version__gt=version.number)
    return DatasetFile.objects.filter(ends_later, dataset=version.dataset_id, since_version__lte=version.number)


def file_figures(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return number and bytes of a version's files by content type, without naming any."""
    found = files_of(version).order_by("content_type").values("content_type")
    return [{**one} for one in found.annotate(count=Count("pk"), size_bytes=Sum("size_bytes"))]


def file_get_for(actor: Actor, file_id: int) -> DatasetFile:
    """Return a file of a version that can still be read.

    Raises:
        NotVisible: there is none, no kept version holds it, or the actor does not see its dataset.
        NotAllowed: he reads the files under a grant only.
    """
    file = DatasetFile.objects.filter(pk=file_id).first()
    if file is None:
        raise NotVisible
    file.dataset = dataset = dataset_get_for(actor, file.dataset_id)
    policies.require_read_files(actor, dataset)
    holding = DatasetVersion.objects.filter(dataset=dataset, purged_at__isnull=True, number__gte=file.since_version)
    if file.until_version is not None:
        holding = holding.filter(number__lt=file.until_version)
    if not holding.exists():
        raise NotVisible
    return file


def files_open(dataset: Dataset) -> QuerySet[DatasetFile]:
    """Return the files that the next version takes over unless they are replaced or removed."""
    return DatasetFile.objects.filter(dataset=dataset, until_version__isnull=True)
