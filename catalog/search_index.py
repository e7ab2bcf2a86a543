"""What an entry is listed and found by: worked out from its current revision, kept in the transaction of a change."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import pypinyin
from django.db import connection

from catalog.choices import PUBLIC_OPENINGS, EntryStatus, is_item_public
from catalog.models import Entry, EntrySearch, Revision, RevisionItem
from catalog.search import bigrams, foldings, words

MAX_VECTOR_BYTES = 900_000
"""A tsvector holds at most 1 MB of lexemes; of an entry with more, the end of its text is not found."""

ItemText = tuple[str, str, str]
"""Name, field name and opening of an item."""


@dataclass(frozen=True, slots=True)
class IndexedText:
    """A text as the search takes it: both foldings, all pairs of characters, and a tsvector literal of its words."""

    folded: str
    bigrams: list[str]
    words: str


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What ``EntrySearch`` keeps of an entry, in the order of its columns.

    The texts are empty for a withdrawn entry, the ``open_`` parts None where it is not open.
    """

    status: str
    is_filed: bool
    department_id: int
    category_id: int | None
    library_id: int | None
    sharing: str
    opening: str
    cycle: str
    format_class: str
    format_type: str
    code: str | None
    published_at: datetime | None
    updated_at: datetime
    name_folded: str
    name_pinyin: str
    folded: str
    bigrams: list[str]
    words: str
    open_folded: str | None
    open_bigrams: list[str] | None
    open_words: str | None


_NOTHING = IndexedText("", [], "")


def index_row(entry: Entry) -> IndexRow | None:
    """Work out what an entry is listed and found by; None for one without content."""
    revision = entry.current_revision
    if revision is None:
        return None
    whole, shown = _NOTHING, None
    if entry.status != EntryStatus.WITHDRAWN:
        items, department = _items_of(revision), entry.department
        whole = _indexed(entry, revision, items, f"{department.name} {department.short_name}")
        if entry.published_revision_id == revision.pk and revision.opening in PUBLIC_OPENINGS:
            open_items = [item for item in items if is_item_public(item[2], revision.opening)]
            shown = _indexed(entry, revision, open_items, department.name)
    name = foldings(revision.name)[0]
    return IndexRow(
        status=entry.status,
        is_filed=_is_filed(entry),
        department_id=entry.department_id,
        category_id=revision.category_id,
        library_id=revision.library_id,
        sharing=revision.sharing,
        opening=revision.opening,
        cycle=revision.cycle,
        format_class=revision.format_class,
        format_type=revision.format_type,
        code=entry.code,
        published_at=revision.published_at,
        updated_at=entry.updated_at,
        name_folded=name,
        name_pinyin=_pinyin(name),
        folded=whole.folded,
        bigrams=whole.bigrams,
        words=whole.words,
        open_folded=shown.folded if shown else None,
        open_bigrams=shown.bigrams if shown else None,
        open_words=shown.words if shown else None,
    )


def _items_of(revision: Revision) -> list[ItemText]:
    """Return the items of a revision, read unless they have just been read or written with it."""
    if "items" in vars(revision).get("_prefetched_objects_cache", {}):
        return [(item.name, item.field_name, item.opening) for item in revision.items.all()]
    rows = RevisionItem.objects.filter(revision=revision).order_by("position")
    return list(rows.values_list("name", "field_name", "opening"))


def _indexed(entry: Entry, revision: Revision, items: Sequence[ItemText], department: str) -> IndexedText:
    parts = [
        (revision.name, "A"),
        (revision.keywords, "B"),
        (" ".join(name for name, _field, _opening in items), "B"),
        (revision.summary, "C"),
        (department, "D"),
    ]
    plain = " ".join(
        [
            *(text for text, _weight in parts),
            entry.code or "",
            revision.format_type,
            *(field for _name, field, _opening in items),
        ]
    )
    folded = "\n".join(foldings(plain))
    weighted = [(word, weight) for text, weight in parts for word in words(foldings(text)[0])]
    return IndexedText(folded, _fitting_bigrams(folded), _vector_literal(_fitting_words(weighted)))


def _fitting_bigrams(text: str) -> list[str]:
    """Return the index terms of a text, or of as much of its beginning as a vector can hold."""
    terms = bigrams(text)
    while sum(len(term.encode()) for term in terms) > MAX_VECTOR_BYTES:
        text = text[: len(text) * 3 // 4]
        terms = bigrams(text)
    return sorted(terms)


def _fitting_words(weighted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield (word, weight) pairs up to what a vector can hold, their positions included."""
    left = MAX_VECTOR_BYTES
    for word, weight in weighted:
        left -= len(word.encode()) + 4
        if left < 0:
            return
        yield word, weight


def _vector_literal(weighted: Iterable[tuple[str, str]]) -> str:
    """Write (word, weight) pairs as a tsvector literal; positions stop at the type's limit of 16383."""
    return " ".join(
        "'{}':{}{}".format(word.replace("\\", "\\\\").replace("'", "''"), min(at, 16383), weight)
        for at, (word, weight) in enumerate(weighted, start=1)
    )


def _pinyin(folded: str) -> str:
    return " ".join(pypinyin.lazy_pinyin(folded, style=pypinyin.Style.TONE3))[:800]


def _is_filed(entry: Entry) -> bool:
    """Say whether a head has signed off a revision, as ``selectors.visible`` asks."""
    working = entry.working_revision
    return entry.published_revision_id is not None or (working is not None and working.signed_at is not None)


_CASTS = {
    "bigrams": "array_to_tsvector(%s::text[])",
    "words": "%s::tsvector",
    "open_bigrams": "array_to_tsvector(%s::text[])",
    "open_words": "%s::tsvector",
    "library_id": "%s::bigint",
    "category_id": "%s::bigint",
    "code": "%s::text",
    "published_at": "%s::timestamptz",
    "open_folded": "%s::text",
}
"""How values travel that are no plain ones, or that may be NULL."""

_COLUMNS = [one.name for one in fields(IndexRow)]
_PLACES = ", ".join(_CASTS.get(name, "%s") for name in _COLUMNS)
_WRITE = f"""
INSERT INTO catalog_entrysearch (entry_id, {", ".join(_COLUMNS)}) VALUES (%s, {_PLACES})
ON CONFLICT (entry_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}
"""  # noqa: S608  names of columns
_COMPARE = f"""
SELECT EXISTS (
    SELECT FROM catalog_entrysearch WHERE entry_id = %s AND ({", ".join(_COLUMNS)}) IS NOT DISTINCT FROM ({_PLACES})
)
"""  # noqa: S608  names of columns


def _values(row: IndexRow) -> Iterator[Any]:
    return (getattr(row, name) for name in _COLUMNS)


def entry_index(entry: Entry) -> None:
    """Write what the entry is listed and found by, in the caller's transaction."""
    row = index_row(entry)
    if row is None:
        EntrySearch.objects.filter(entry=entry).delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [entry.pk, *_values(row)])


def entry_relist(entry: Entry) -> None:
    """Write how the entry stands, in the caller's transaction, where neither content nor code has changed."""
    EntrySearch.objects.filter(entry=entry).update(
        status=entry.status, is_filed=_is_filed(entry), updated_at=entry.updated_at
    )


def is_indexed(entry: Entry) -> bool:
    """Say whether the index holds of an entry exactly what it should: its row, or none."""
    row = index_row(entry)
    if row is None:
        return not EntrySearch.objects.filter(entry=entry).exists()
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, [entry.pk, *_values(row)])
        return bool(cursor.fetchone()[0])
