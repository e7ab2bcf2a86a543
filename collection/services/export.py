"""Noting who looked at rows or took them out without a grant: the provider itself, or the authority in charge."""

from contextlib import suppress

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

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
    """Record that somebody looks at rows, once an hour for each person and version.

    Where nobody can tell whether the look is noted already, it is noted once more.
    """
    key = f"collection.preview.{actor.id}.{version.pk}"
    is_noted = False
    with suppress(RedisError, OSError):
        is_noted = cache.get(key) is not None
    if not is_noted:
        audit.record(actor, "collection.version.preview", dataset, after={"version": version.number})
        transaction.on_commit(lambda: _look_remember(key))


def _look_remember(key: str) -> None:
    with suppress(RedisError, OSError):
        cache.set(key, 1, LOOK_SECONDS)
