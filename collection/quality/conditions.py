"""A rule about rows as an SQL condition: when a row breaks it. Values are bound, identifiers are those of our columns.

An empty cell breaks no rule: whether it may be empty is another rule's question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from collection.choices import SET_KINDS, Checksum, RuleKind
from collection.quality import checksums
from collection.readers.masks import Parameters
from collection.readers.page import PinnedVersion
from collection.store import names, zone
from collection.store.columns import Column
from collection.store.patterns import COLLATION, framed

ROW = "t"
"""Alias of the row that is asked about."""

OPERATORS = {"=": "=", "<>": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
"""The comparisons of two items, each with the sign that people read."""

TEXT, WHOLE, MOMENT = "text", "bigint", "timestamptz"
_NUMBERS = frozenset({"numeric", WHOLE, "double precision"})
_DAYS = frozenset({"date", MOMENT})

FITS: dict[RuleKind, frozenset[str]] = {
    RuleKind.CODE_LIST: frozenset({TEXT, WHOLE}),
    RuleKind.REGEX: frozenset({TEXT}),
    RuleKind.RANGE: _NUMBERS | _DAYS,
    RuleKind.CHECKSUM: frozenset({TEXT}),
    RuleKind.DATE_ORDER: _DAYS,
    RuleKind.COMPARISON: _NUMBERS | _DAYS | {TEXT, "boolean"},
    RuleKind.REFERENCE: _NUMBERS | _DAYS | {TEXT},
    RuleKind.UNIQUE: _NUMBERS | _DAYS | {TEXT},
    RuleKind.COMPLETENESS: _NUMBERS | _DAYS | {TEXT, "boolean"},
    RuleKind.FRESHNESS: _DAYS,
}
"""The types of item that a kind of rule can be asked of; the number of rows belongs to no item."""


@dataclass(frozen=True, slots=True)
class Target:
    """The values that a reference may have: an item of a pinned version."""

    version: PinnedVersion
    column: Column


@dataclass(frozen=True, slots=True)
class Check:
    """A rule made ready for the columns of a version: every value read, every name found.

    Attributes:
        code: the name under which rejected rows carry the rule; unique among the checks of a version.
        column: the item asked about; None for the number of rows.
        values: the codes of a list.
        low, high: the ends of a range, as values of the column's type.
        numbers: the whole numbers of a rule about the version.
    """

    code: str
    kind: RuleKind
    severity: str
    column: Column | None = None
    other: Column | None = None
    values: Sequence[str] = ()
    pattern: str = ""
    low: Any = None
    high: Any = None
    operator: str = ""
    checksum: Checksum | None = None
    target: Target | None = None
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def is_of_rows(self) -> bool:
        return self.kind not in SET_KINDS

    @property
    def alias(self) -> sql.Identifier:
        """The name under which the values of a reference are joined."""
        return sql.Identifier(f"ref_{self.code}")


def same_family(one: Column, other: Column) -> bool:
    """Say whether two columns hold values that can be compared."""
    return any({one.pg_type, other.pg_type} <= family for family in (_NUMBERS, _DAYS)) or one.pg_type == other.pg_type


def cell(column: Column) -> sql.Composable:
    """Return the typed value of a column."""
    return sql.SQL("{}.{}").format(sql.Identifier(ROW), column.identifier)


def asked(check: Check) -> sql.Composable:
    """Return the condition under which a row is asked: its cells are filled."""
    cells = [cell(one) for one in (check.column, check.other) if one is not None]
    return sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(one) for one in cells)


def broken(check: Check, parameters: Parameters) -> sql.Composable:
    """Return the condition under which a row breaks a rule about rows; never NULL."""
    return sql.SQL("({} AND NOT ({}))").format(asked(check), _kept(check, parameters))


def _kept(check: Check, parameters: Parameters) -> sql.Composable:
    column = check.column
    if column is None:
        raise ValueError(check.kind)
    value = cell(column)
    match check.kind:
        case RuleKind.CODE_LIST:
            text = value if column.is_text else sql.SQL("{}::text").format(value)
            return sql.SQL("{} = ANY({}::text[])").format(text, parameters.bind(list(check.values)))
        case RuleKind.REGEX:
            return sql.SQL("{} {} ~ {}::text").format(value, COLLATION, parameters.bind(framed(check.pattern)))
        case RuleKind.RANGE:
            ends = [(">=", check.low), ("<=", check.high)]
            return sql.SQL(" AND ").join(
                sql.SQL("{} {} {}::{}").format(value, sql.SQL(sign), parameters.bind(end), sql.SQL(column.pg_type))
                for sign, end in ends
                if end is not None
            )
        case RuleKind.CHECKSUM if check.checksum is not None:
            if check.checksum == Checksum.REGION_CODE:
                return sql.SQL("{0} ~ {1} AND left({0}, 6) = ANY({2}::text[])").format(
                    value, sql.Literal("^[0-9]{6}([0-9]{3}([0-9]{3})?)?$"), parameters.bind(list(check.values))
                )
            return checksums.holds(check.checksum, value)
        case RuleKind.REFERENCE:
            return sql.SQL("{}.v IS NOT NULL").format(check.alias)
    return _compared(check, column)


def _compared(check: Check, column: Column) -> sql.Composable:
    if check.other is None:
        raise ValueError(check.kind)
    operator = "<=" if check.kind == RuleKind.DATE_ORDER else check.operator
    if operator not in OPERATORS:
        raise ValueError(operator)
    as_day = column.pg_type != check.other.pg_type and column.pg_type in _DAYS
    left, right = (day(one) if as_day else cell(one) for one in (column, check.other))
    collation = sql.SQL(' COLLATE "C"' if column.is_text else "")
    return sql.SQL("{}{} {} {}").format(left, collation, sql.SQL(operator), right)


def day(column: Column) -> sql.Composable:
    """Return the day of a column's date, or of its moment in the region."""
    value = cell(column)
    return value if column.pg_type == "date" else sql.SQL("{}::date").format(zone.local(value))


def joins(checks: Sequence[Check]) -> tuple[sql.Composable, sql.Composable]:
    """Return what the references among the checks need: a WITH clause and the joins behind the row.

    The values are read once and hashed; a subquery per row would read the other dataset for every row.
    """
    parts = [(one.alias, one.target) for one in checks if one.target is not None]
    if not parts:
        return sql.SQL(""), sql.SQL("")
    sources = [
        sql.SQL(
            "{alias} AS MATERIALIZED (SELECT DISTINCT {row}.{column} AS v FROM {table} {row}"
            " WHERE {visible} AND {row}.{column} IS NOT NULL)"
        ).format(
            alias=alias,
            row=sql.Identifier(ROW),
            column=target.column.identifier,
            table=names.table(target.version.dataset_id, target.version.generation),
            visible=of_version(target.version.number),
        )
        for alias, target in parts
    ]
    joined = [
        sql.SQL(" LEFT JOIN {0} ON {0}.v = {1}").format(one.alias, cell(one.column))
        for one in checks
        if one.target is not None and one.column is not None
    ]
    return sql.SQL("WITH {} ").format(sql.SQL(", ").join(sources)), sql.SQL("").join(joined)


def of_version(number: int) -> sql.Composable:
    """Return the condition under which a stored row belongs to a version."""
    return sql.SQL("{row}._from <= {number} AND ({row}._to IS NULL OR {row}._to > {number})").format(
        row=sql.Identifier(ROW), number=sql.Literal(int(number))
    )
