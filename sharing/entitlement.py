"""What a grant lets its holder read of a version: the only way from a grant to rows."""

from collections.abc import Sequence
from functools import lru_cache

from catalog.choices import Mask
from collection.readers.entitlement import Condition, Entitlement, Operator
from collection.store.columns import Column
from collection.vault import open_text, seal_text
from sharing.models import Grant


def entitlement_of(grant: Grant, columns: Sequence[Column]) -> Entitlement:
    """Return the entitlement of a live grant to a version.

    An item that the version lacks is left out; one that became sensitive is not: a grant's items, masks and filter
    change only by the grant's service, which follows the entry.

    Args:
        columns: of the version that is read.
    """
    available = {one.item for one in columns}
    return Entitlement(
        grant.dataset_id,
        tuple(item for item in grant.items if item in available),
        row_filter=conditions_of(grant.row_filter),
        masks={item: Mask(mask) for item, mask in grant.masks.items() if mask != Mask.NONE},
        hash_key=open_hash_key(grant),
    )


def conditions_of(row_filter: Sequence[dict[str, object]]) -> tuple[Condition, ...]:
    """Return a stored row filter as conditions."""
    return tuple(
        Condition(
            str(one["item"]),
            Operator(str(one["operator"])),
            tuple(str(value) for value in one["values"]),  # type: ignore[attr-defined]
            str(one["type"]),
        )
        for one in row_filter
    )


def _context(grant: Grant) -> str:
    return f"sharing.grant.{grant.token}"


def seal_hash_key(grant: Grant, key: bytes) -> str:
    """Return the key of a grant's hash masks as it is stored."""
    return seal_text(key.hex(), context=_context(grant))


def open_hash_key(grant: Grant) -> bytes:
    """Return the key of a grant's hash masks, 32 bytes."""
    return _opened(grant.hash_key, _context(grant))


@lru_cache(maxsize=1024)
def _opened(sealed: str, context: str) -> bytes:
    return bytes.fromhex(open_text(sealed, context=context))
