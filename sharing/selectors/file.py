"""Files under a grant. A file cannot be masked or cut by rows: a grant that would have to gives none."""

from uuid import UUID

from django.db.models import QuerySet

from catalog.selectors import items_of
from collection.models import DatasetFile, DatasetVersion
from collection.selectors.file import files_of
from core.exceptions import NotVisible
from sharing import scope
from sharing.models import Grant
from sharing.refusals import NoGrant
from sharing.selectors.reading import version_for_reading


def covers_files(grant: Grant) -> bool:
    """Say whether a grant limits nothing that files cannot be limited in: items, rows, masks."""
    revision = grant.dataset.entry.published_revision
    given = scope.Scope(grant.items, grant.masks, grant.row_filter)
    return scope.is_whole(given, items_of(revision) if revision is not None else [])


def version_of_files(grant: Grant, number: int | None = None) -> DatasetVersion:
    """Return the version whose files are read.

    Raises:
        NotVisible: the dataset is none of files, or nothing is published. NoGrant: the grant limits what files cannot.
    """
    if grant.dataset.is_table:
        raise NotVisible
    if not covers_files(grant):
        raise NoGrant
    return version_for_reading(grant, number)


def files_under(version: DatasetVersion) -> QuerySet[DatasetFile]:
    """Return the files of a version by name."""
    return files_of(version)


def file_under(version: DatasetVersion, token: UUID) -> DatasetFile:
    """Return one file of a version.

    Raises:
        NotVisible: the version has no such file.
    """
    found = files_of(version).filter(token=token).first()
    if found is None:
        raise NotVisible
    return found
