"""How a value is written: exact numbers as JSON strings, dates by ISO 8601, texts as they are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from collection.store import zone
from collection.store.columns import Column

_MOST_ARGUMENTS = 100
"""That PostgreSQL takes in the call of a function."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A column as a reader sees it: where the query put its value, and whether that is a mask's text."""

    column: Column
    position: int
    is_masked: bool

    @property
    def value(self) -> sql.Composable:
        return sql.SQL("s.{}").format(alias(self.position))

    @property
    def pg_type(self) -> str:
        return "text" if self.is_masked else self.column.pg_type


def alias(position: int) -> sql.Identifier:
    """Return the name under which a query hands on what a mask left of a column."""
    return sql.Identifier(f"v{position}")


def text_of(shown: Shown) -> sql.Composable:
    """Return the value as text, NULL where there is none."""
    return typed_text(shown.pg_type, shown.value)


def typed_text(pg_type: str, value: sql.Composable) -> sql.Composable:
    """Return a value of a type as the text that readers see."""
    match pg_type:
        case "text":
            return value
        case "timestamptz":
            # ISO 8601 whatever DateStyle is, and in a third of the time that a pattern of to_char takes.
            return sql.SQL("""btrim(to_json({})::text, '"') || '+08:00'""").format(zone.local(value))
    return sql.SQL("({}::text)").format(value)


def _json_of(shown: Shown) -> sql.Composable:
    """Return the value as JSON text."""
    match shown.pg_type:
        case "text" | "bigint" | "double precision" | "boolean":
            return sql.SQL("coalesce(to_json({})::text, 'null')").format(shown.value)
    return sql.SQL("""coalesce('"' || {} || '"', 'null')""").format(text_of(shown))


def json_row(shown: Sequence[Shown]) -> sql.Composable:
    """Return a row as the text of a JSON object. Names may be of any length, and there may be any number."""
    if not shown:
        return sql.Literal("{}")
    parts: list[sql.Composable] = []
    for at, one in enumerate(shown):
        name = json.dumps(one.column.label, ensure_ascii=False).replace("%", "%%")
        parts.append(sql.Literal(("{" if at == 0 else ",") + name + ":"))
        parts.append(_json_of(one))
    parts.append(sql.Literal("}"))
    # One copy of the text for each call, where a chain of || would copy what there is at every step.
    calls = (parts[at : at + _MOST_ARGUMENTS] for at in range(0, len(parts), _MOST_ARGUMENTS))
    return sql.SQL(" || ").join(sql.SQL("concat({})").format(sql.SQL(", ").join(call)) for call in calls)


def csv_cells(shown: Sequence[Shown], *, escape_formulas: bool) -> list[sql.Composable]:
    """Return the values as ``COPY … (FORMAT csv)`` writes them out as readers see them.

    Args:
        escape_formulas: put an apostrophe before texts that a spreadsheet would run as a formula.
    """
    return [_csv_cell(one, escape_formulas=escape_formulas) for one in shown]


def _csv_cell(shown: Shown, *, escape_formulas: bool) -> sql.Composable:
    if shown.pg_type != "text":
        return text_of(shown) if shown.pg_type in ("timestamptz", "boolean") else shown.value
    if not escape_formulas:
        return shown.value
    return sql.SQL("(CASE WHEN {0} ~ '^[=+@\\t\\r-]' THEN {1} || {0} ELSE {0} END)").format(
        shown.value, sql.Literal("'")
    )


def csv_row(shown: Sequence[Shown], *, escape_formulas: bool) -> sql.Composable:
    """Return a row as the line that ``COPY`` makes of ``csv_cells``, without its line end."""
    cells: list[sql.Composable] = []
    for one in shown:
        cell = _csv_cell(one, escape_formulas=escape_formulas)
        if one.pg_type != "text":
            cells.append(sql.SQL("coalesce(({})::text, '')").format(cell))
            continue
        cells.append(
            sql.SQL(
                """coalesce(CASE WHEN {0} ~ '[",\\r\\n]' THEN '"' || replace({0}, '"', '""') || '"'"""
                """ WHEN {0} = '' THEN '""' ELSE {0} END, '')"""
            ).format(cell)
        )
    return sql.SQL(" || ',' || ").join(cells)
