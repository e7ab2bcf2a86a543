"""The editable content of a revision as plain values, in the form in which the forms read and send them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.models import Revision, RevisionItem
from catalog.services.content import ITEM_FIELDS
from core.json_text import read_json

_CODES = ("category", "library")
_KEYS = ("source_system", "duty_change")


def field_values(revision: Revision, names: Iterable[str]) -> dict[str, Any]:
    """Return the named fields as the services take them, empty ones as "" (lists and mappings empty)."""
    return {name: _value(revision, name) for name in names if name != "items"}


def _value(revision: Revision, name: str) -> Any:
    if name in _CODES:
        found = getattr(revision, name)
        return found.code if found else ""
    if name in _KEYS:
        return str(getattr(revision, f"{name}_id") or "")
    if name == "related":
        return sorted(entry.ref for entry in revision.related.all())
    if name == "legal_basis":
        return [{key: str(one.get(key, "")) for key in ("document", "article")} for one in revision.legal_basis]
    if name in ("census", "extra"):
        return {key: value for key, value in getattr(revision, name).items() if value not in ("", None)}
    return plain_text(str(getattr(revision, name) or ""))


def plain_text(text: str) -> str:
    """Bring a text into the form in which browsers give it back: line ends as one sign, no blanks around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def item_values(items: Sequence[RevisionItem]) -> list[dict[str, Any]]:
    """Return the items as the services take them."""
    return [{"id": str(row.item_id), **{name: getattr(row, name) for name in ITEM_FIELDS}} for row in items]


def stamp(value: Any) -> str:
    """Return a short fingerprint of a plain value, to tell later whether somebody touched it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def item_stamp(row: Mapping[str, Any]) -> str:
    """Return the fingerprint of an item without its identity. A cell of the sheet has one line, as browsers give it."""
    return stamp({name: _cell(row.get(name)) for name in ITEM_FIELDS})


def _cell(value: Any) -> Any:
    return value.replace("\r", "").replace("\n", "").strip() if isinstance(value, str) else value


def base_of(fields: Mapping[str, Any], items: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """Return the fingerprints of what a page shows; the page sends them back with what was typed."""
    base: dict[str, Any] = {name: stamp(value) for name, value in fields.items()}
    if items is not None:
        base["items"] = [[row["id"], item_stamp(row)] for row in items]
    return base


def base_read(text: str) -> dict[str, Any]:
    """Read the fingerprints that a page sent back; anything odd counts as none at all."""
    try:
        found = read_json(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    rows = found.get("items", [])
    if not (isinstance(rows, list) and all(isinstance(one, list) and len(one) == 2 for one in rows)):
        return {}
    return found
