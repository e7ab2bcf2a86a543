"""To which library a dataset belongs."""

from catalog.models import Library
from collection.models import Dataset


def library_named(dataset: Dataset) -> Library | None:
    """Return the library that the entry of a dataset names, whoever leads it; None where it names none."""
    revision = dataset.entry.published_revision or dataset.entry.working_revision
    return revision.library if revision is not None and dataset.is_table else None


def library_of(dataset: Dataset) -> Library | None:
    """Return the library that a dataset belongs to, where the library's lead provides it; None elsewhere."""
    library = library_named(dataset)
    return library if library is not None and library.lead_department_id == dataset.entry.department_id else None
