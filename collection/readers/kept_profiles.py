"""Profiles that were worked out, kept in the cache for a day: sealed, since they hold values, and gone with an erasure.

All profiles of a version lie under one name, so that they can be forgotten without knowing who looked.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from collection.readers.entitlement import Entitlement
from collection.readers.profile import Bar, ColumnProfile, Profile
from collection.vault import KeyMissing, Tampered, open_text, seal_text

log = structlog.get_logger(__name__)

KEPT_SECONDS = 24 * 60 * 60


def _name(version_id: int) -> str:
    return f"collection.profiles.{int(version_id)}"


def _erased(version_id: int) -> str:
    """Return the name of the mark that rows of a version were erased, which outlives whatever was being worked out."""
    return f"{_name(version_id)}.erased"


def _part(entitlement: Entitlement) -> str:
    """Return the name of what was worked out: who is shown the same shares it, and nobody else does."""
    seen = (entitlement.items, entitlement.row_filter, sorted(entitlement.masks.items()), entitlement.hash_key.hex())
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _kept(version_id: int) -> dict[str, Any]:
    """Return what is kept of a version; nothing where the cache cannot be reached, which costs a little time."""
    name = _name(version_id)
    try:
        sealed = cache.get(name)
        found: dict[str, Any] = json.loads(open_text(sealed, context=name)) if sealed else {}
    except (RedisError, OSError, Tampered, KeyMissing) as error:
        log.warning("profile_cache_unusable", error=type(error).__name__)
        return {}
    return found


def profile_kept(entitlement: Entitlement, version_id: int) -> Profile | None:
    """Return what was worked out for an entitlement; None where nothing is kept."""
    kept = _kept(version_id).get(_part(entitlement))
    if kept is None:
        return None
    columns = (
        ColumnProfile(
            **one
            | {
                "bars": tuple(Bar(**bar) for bar in one["bars"]),
                "frequent": tuple((value, count) for value, count in one["frequent"]),
            }
        )
        for one in kept["columns"]
    )
    return Profile(kept["rows"], kept["is_sample"], tuple(columns))


def profile_keep(entitlement: Entitlement, version_id: int, found: Profile) -> None:
    """Keep what was worked out. Of two at once the later stays, and the other is worked out again.

    What was begun before an erasure may be done after it: of a version that rows were erased from nothing is kept.
    """
    name = _name(version_id)
    kept = _kept(version_id) | {_part(entitlement): asdict(found)}
    with suppress(RedisError, OSError):
        cache.set(name, seal_text(json.dumps(kept), context=name), KEPT_SECONDS)
        if cache.get(_erased(version_id)):  # asked afterwards: the mark is set before anything is forgotten
            cache.delete(name)


def profiles_forget(version_ids: Iterable[int]) -> None:
    """Forget all profiles of versions: rows of theirs were erased.

    Raises:
        RedisError, OSError: the cache cannot be reached.
    """
    versions = list(version_ids)
    cache.set_many({_erased(one): True for one in versions}, KEPT_SECONDS)
    cache.delete_many([_name(one) for one in versions])
