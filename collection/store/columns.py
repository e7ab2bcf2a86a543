"""The columns of a dataset: an entry's items as the store keeps them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from psycopg import sql

from catalog.choices import ItemType, Mask
from catalog.models import Entry, RevisionItem
from catalog.selectors import items_of
from collection.store import names

PG_TYPES = {
    "C": "text", "M": "text", "G": "text", "N": "numeric", "Y": "numeric", "I": "bigint", "B": "double precision",
    "F": "double precision", "D": "date", "T": "timestamptz", "L": "boolean",
}  # fmt: skip
"""Type letters of the 2017 guide and what keeps them without loss. Codes are text, whatever they look like."""

KEY_SEPARATOR = "\x1f"
"""Stands between the parts of a key of several items; no cell may hold it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One item as one version of a dataset keeps it.

    Attributes:
        item: identity of the item, as text.
        column: name of the physical column.
        length: most characters of a text, None where the item sets no limit.
    """

    item: str
    name: str
    field_name: str
    type: str
    column: str
    is_key: bool = False
    nullable: bool = True
    length: int | None = None
    is_sensitive: bool = False
    mask: str = "none"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.column)

    @property
    def pg_type(self) -> str:
        return PG_TYPES[self.type]

    @property
    def type_label(self) -> str:
        """The type in words, after its letter."""
        return str(ItemType(self.type).label)

    @property
    def is_text(self) -> bool:
        return self.pg_type == "text"

    @property
    def is_number(self) -> bool:
        return self.pg_type in ("numeric", "bigint", "double precision")

    @property
    def label(self) -> str:
        """The name in the API: the field name, the Chinese name where there is none."""
        return self.field_name or self.name

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def tells_time(column: Column) -> bool:
    """Say whether an item can tell how current rows are: a day or a moment that is no matter of single persons."""
    return column.pg_type in ("date", "timestamptz") and not column.is_sensitive and column.mask == Mask.NONE


def columns_of(items: Iterable[RevisionItem]) -> list[Column]:
    """Return the columns that a revision's items ask for, in their order."""
    return [
        Column(
            item=str(one.item_id),
            name=one.name,
            field_name=one.field_name,
            type=one.type,
            column=names.column(UUID(str(one.item_id)), one.type),
            is_key=one.is_key,
            nullable=one.nullable and not one.is_key,
            length=one.length if PG_TYPES[one.type] == "text" else None,
            is_sensitive=one.is_sensitive,
            mask=one.mask,
        )
        for one in items
    ]


def columns_wanted(entry: Entry) -> list[Column]:
    """Return the columns that an entry's items ask for now: those of the published revision, else of the draft."""
    revision = entry.published_revision or entry.working_revision
    return columns_of(items_of(revision)) if revision is not None else []


def columns_from(stored: Iterable[dict[str, Any]]) -> list[Column]:
    """Return the columns that a version noted."""
    return [Column(**one) for one in stored]


def key_of(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the physical columns that make the key; two versions with different ones need two generations."""
    return tuple(one.column for one in columns if one.is_key)


def keeps_rows(before: Sequence[Column], now: Sequence[Column]) -> bool:
    """Say whether rows that a file does not hold can stay: no other types, and nothing new that must be filled."""
    known = {one.item: one.column for one in before}
    return all(known[one.item] == one.column if one.item in known else one.nullable for one in now)


def changes_key(before: Sequence[Column], now: Sequence[Column]) -> bool:
    """Say whether rows are known by other columns, so that they need a table of their own."""
    return key_of(before) != key_of(now)


def needs_everything(before: Sequence[Column], now: Sequence[Column]) -> bool:
    """Say whether only a file that holds every row is taken: none of those that are there can stay as it is."""
    return changes_key(before, now) or not keeps_rows(before, now)


def key_expression(columns: Sequence[Column], row: str) -> sql.Composable:
    """Return the text that identifies a row, from its typed columns.

    With key items it is their values; without, a hash of the whole row, to which a running number is added.
    Sorted and compared by ``COLLATE "C"``.

    Args:
        row: alias of the row source.
    """
    keys = [one for one in columns if one.is_key]
    parts = [key_text(one, row) for one in (keys or columns)]
    if keys:
        return parts[0] if len(parts) == 1 else _joined(parts)
    whole = sql.SQL(", ").join(parts)
    return sql.SQL("md5(jsonb_build_array({})::text)").format(whole) if len(parts) <= 50 else _hashed(parts)


def is_key_generated(columns: Sequence[Column]) -> bool:
    """Say whether a table can make the keys of its rows by itself: PostgreSQL takes no expression of what a setting,
    as that of dates, or another row changes.
    """
    keys = [one for one in columns if one.is_key]
    return bool(keys) and all(one.pg_type in ("text", "numeric", "bigint", "double precision") for one in keys)


def _hashed(parts: Sequence[sql.Composable]) -> sql.Composable:
    """Hash more parts than a function takes arguments."""
    chunks = [parts[at : at + 50] for at in range(0, len(parts), 50)]
    arrays = [sql.SQL("jsonb_build_array({})::text").format(sql.SQL(", ").join(chunk)) for chunk in chunks]
    return sql.SQL("md5({})").format(sql.SQL(" || ").join(arrays))


def _joined(parts: Sequence[sql.Composable]) -> sql.Composable:
    between = sql.SQL(" || {} || ").format(sql.Literal(KEY_SEPARATOR))
    joined: list[sql.Composable] = [parts[0]]
    for part in parts[1:]:
        joined += [between, part]
    return sql.Composed(joined)


def key_text(one: Column, row: str) -> sql.Composable:
    """Return what an item gives to the key of a row."""
    cell = sql.SQL("{}.{}").format(sql.Identifier(row), one.identifier)
    if one.is_text:
        return cell
    if one.pg_type == "numeric":
        return sql.SQL("trim_scale({})::text").format(cell)
    if one.pg_type == "timestamptz":
        return sql.SQL("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')").format(cell)
    return sql.SQL("{}::text").format(cell)
