"""What an entry is found by: worked out from its current revision and kept in the transaction that changes it."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import pypinyin
from django.db import connection

from catalog.choices import PUBLIC_OPENINGS, EntryStatus, is_item_public
from catalog.models import Entry, EntrySearch, Revision, RevisionItem
from catalog.search import bigrams, foldings, words

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
    """What an entry is found by, as ``EntrySearch`` keeps it; the ``open_`` parts are None where it is not open."""

    name_folded: str
    name_pinyin: str
    folded: str
    bigrams: list[str]
    words: str
    open_folded: str | None
    open_bigrams: list[str] | None
    open_words: str | None


def index_row(entry: Entry) -> IndexRow | None:
    """Work out what an entry is found by; None for one that is not to be found."""
    revision = entry.current_revision
    if revision is None or entry.status == EntryStatus.WITHDRAWN:
        return None
    department = entry.department
    items = list(
        RevisionItem.objects.filter(revision=revision).order_by("position").values_list("name", "field_name", "opening")
    )
    whole = _indexed(entry, revision, items, f"{department.name} {department.short_name}")
    shown = None
    if entry.published_revision_id == revision.pk and revision.opening in PUBLIC_OPENINGS:
        open_items = [item for item in items if is_item_public(item[2], revision.opening)]
        shown = _indexed(entry, revision, open_items, department.name)
    name = foldings(revision.name)[0]
    return IndexRow(
        name_folded=name,
        name_pinyin=_pinyin(name),
        folded=whole.folded,
        bigrams=whole.bigrams,
        words=whole.words,
        open_folded=shown.folded if shown else None,
        open_bigrams=shown.bigrams if shown else None,
        open_words=shown.words if shown else None,
    )


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
    return IndexedText(folded, sorted(bigrams(folded)), _vector_literal(weighted))


def _vector_literal(weighted: Iterable[tuple[str, str]]) -> str:
    """Write (word, weight) pairs as a tsvector literal; positions stop at the type's limit of 16383."""
    return " ".join(
        "'{}':{}{}".format(word.replace("\\", "\\\\").replace("'", "''"), min(at, 16383), weight)
        for at, (word, weight) in enumerate(weighted, start=1)
    )


def _pinyin(folded: str) -> str:
    return " ".join(pypinyin.lazy_pinyin(folded, style=pypinyin.Style.TONE3))[:800]


def entry_index(entry: Entry) -> None:
    """Write what the entry is found by, in the caller's transaction; a withdrawn entry is taken out."""
    row = index_row(entry)
    if row is None:
        EntrySearch.objects.filter(entry=entry).delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO catalog_entrysearch (
                entry_id, name_folded, name_pinyin, folded, bigrams, words, open_folded, open_bigrams, open_words
            ) VALUES (
                %s, %s, %s, %s, array_to_tsvector(%s::text[]), %s::tsvector,
                %s, array_to_tsvector(%s::text[]), %s::tsvector
            )
            ON CONFLICT (entry_id) DO UPDATE SET name_folded = excluded.name_folded,
                name_pinyin = excluded.name_pinyin, folded = excluded.folded, bigrams = excluded.bigrams,
                words = excluded.words, open_folded = excluded.open_folded,
                open_bigrams = excluded.open_bigrams, open_words = excluded.open_words
            """,
            [entry.pk, *astuple(row)],
        )


def is_indexed(entry: Entry) -> bool:
    """Say whether the index holds of an entry exactly what it should: its row, or none."""
    row = index_row(entry)
    if row is None:
        return not EntrySearch.objects.filter(entry=entry).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM catalog_entrysearch
                WHERE entry_id = %s AND name_folded = %s AND name_pinyin = %s AND folded = %s
                    AND bigrams = array_to_tsvector(%s::text[]) AND words = %s::tsvector
                    AND open_folded IS NOT DISTINCT FROM %s
                    AND open_bigrams IS NOT DISTINCT FROM array_to_tsvector(%s::text[])
                    AND open_words IS NOT DISTINCT FROM %s::tsvector
            )
            """,
            [entry.pk, *astuple(row)],
        )
        return bool(cursor.fetchone()[0])
