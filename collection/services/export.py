"""Noting who took data out without a grant: the provider itself, or the authority that reviews it."""

from django.db import transaction

from audit import services as audit
from collection.models import Dataset, DatasetVersion
from core.actors import Actor


@transaction.atomic
def export_record(*, actor: Actor, dataset: Dataset, version: DatasetVersion, format: str) -> None:
    """Record a download before its first byte; whether it is allowed has been asked already."""
    after = {"version": version.number, "rows": version.row_count, "format": format}
    audit.record(actor, "collection.version.export", dataset, after=after)
