"""Noting who looked at rows or took them out without a grant: the provider itself, or the authority in charge."""

from django.core.cache import cache
from django.db import transaction

from audit import services as audit
from collection.models import Dataset, DatasetVersion
from core.actors import Actor


@transaction.atomic
def export_record(*, actor: Actor, dataset: Dataset, version: DatasetVersion, format: str) -> None:
    """Record a download before its first byte; whether it is allowed has been asked already."""
    after = {"version": version.number, "rows": version.row_count, "format": format}
    audit.record(actor, "collection.version.export", dataset, after=after)


LOOK_SECONDS = 3600


@transaction.atomic
def preview_record(*, actor: Actor, dataset: Dataset, version: DatasetVersion) -> None:
    """Record that somebody looks at rows, once an hour for each person and version."""
    key = f"collection.preview.{actor.id}.{version.pk}"
    if cache.get(key) is None:
        audit.record(actor, "collection.version.preview", dataset, after={"version": version.number})
        transaction.on_commit(lambda: cache.set(key, 1, LOOK_SECONDS))
