"""Masks as SQL expressions. Sources of the patterns: docs/adr/0053."""

from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from catalog.choices import Mask
from collection.readers.addresses import DOUBTFUL_DISTRICTS, TO_CITY, TO_DISTRICT
from collection.store import zone
from collection.store.columns import Column

NUMBERS = ("numeric", "bigint", "double precision")


@dataclass(slots=True)
class Parameters:
    """Values that a statement binds, in the order in which its text names them."""

    values: list[Any] = field(default_factory=list)

    def bind(self, value: Any) -> sql.Composable:
        self.values.append(value)
        return sql.SQL("%s")


def masked(column: Column, mask: Mask, parameters: Parameters, hash_key: bytes, row: str = "t") -> sql.Composable:
    """Return what a reader sees of a column: the value, or a text made from it.

    Every use of the expression binds the key of a hash anew, so it must be placed where it is made.
    """
    cell = sql.SQL("{}.{}").format(sql.Identifier(row), column.identifier)
    if mask == Mask.NONE:
        return cell
    text = cell if column.is_text else sql.SQL("({}::text)").format(cell)
    match mask:
        case Mask.NAME:
            return _kept(text, 1, 0)
        case Mask.ID_NUMBER:
            return _kept(text, 1, 2)
        case Mask.MOBILE:
            return _kept(text, 3, 4)
        case Mask.PHONE:
            return _kept(text, 4, 2)
        case Mask.BANK_ACCOUNT:
            return _kept(text, 0, 4)
        case Mask.PLATE:
            return _kept(text, 3, 1)
        case Mask.EMAIL:
            pattern = sql.SQL("CASE WHEN {0} ~ '^.[^@]*@.+$' THEN left({0}, 1) || '***' || substring({0} from '@.*$')")
            return sql.SQL("({} {})").format(pattern.format(text), _otherwise(text))
        case Mask.ADDRESS:
            return _address(text)
        case Mask.MONTH:
            return _month(column, cell, text)
        case Mask.BAND:
            return _band(column, text)
        case Mask.HASH:
            key = parameters.bind(hash_key)
            return sql.SQL("encode(sha256({}::bytea || convert_to({}, 'UTF8')), 'hex')").format(key, text)
    return sql.SQL("(CASE WHEN {} IS NULL THEN NULL ELSE '***' END)").format(text)


def _address(text: sql.Composable) -> sql.Composable:
    lengths = sorted({len(name) for name in DOUBTFUL_DISTRICTS}, reverse=True)
    known = sql.SQL(" ").join(
        sql.SQL("WHEN substr({0}, city + 1, {1}) = ANY ({2}) THEN left({0}, city + {1})").format(
            text, sql.Literal(length), sql.Literal([name for name in DOUBTFUL_DISTRICTS if len(name) == length])
        )
        for length in lengths
    )
    return sql.SQL(
        "(SELECT CASE {known} ELSE substring({text} from {pattern}) END || '***'"
        " FROM (SELECT length(substring({text} from {to_city})) AS city OFFSET 0) a)"
    ).format(known=known, text=text, pattern=sql.Literal(TO_DISTRICT), to_city=sql.Literal(TO_CITY))


def _kept(text: sql.Composable, first: int, last: int) -> sql.Composable:
    """Keep some characters at both ends; a text too short to hide anything is hidden whole."""
    return sql.SQL(
        "CASE WHEN char_length({text}) <= {kept} THEN repeat('*', char_length({text}))"
        " ELSE {head}repeat('*', char_length({text}) - {kept}){tail} END"
    ).format(
        text=text,
        kept=sql.Literal(first + last),
        head=sql.SQL("left({}, {}) || ").format(text, sql.Literal(first)) if first else sql.SQL(""),
        tail=sql.SQL(" || right({}, {})").format(text, sql.Literal(last)) if last else sql.SQL(""),
    )


def _otherwise(text: sql.Composable) -> sql.Composable:
    return sql.SQL("WHEN {} IS NULL THEN NULL ELSE '***' END").format(text)


def _month(column: Column, cell: sql.Composable, text: sql.Composable) -> sql.Composable:
    if column.pg_type == "timestamptz":
        cell = zone.local(cell)
    if column.pg_type in ("date", "timestamptz"):
        return sql.SQL("to_char({}, 'YYYY-MM')").format(cell)
    return sql.SQL("(CASE WHEN {} IS NULL THEN NULL ELSE '***' END)").format(text)


def _band(column: Column, text: sql.Composable) -> sql.Composable:
    """Cut a number to its first digit, as the range that holds it; below ten not even that much is told.

    The end nearer to zero belongs to the band. No comma stands in it, which would part the values of a filter.
    The digits are cut as text: no logarithm rounds a number into its neighbour's band.
    """
    if column.pg_type not in NUMBERS:
        return sql.SQL("(CASE WHEN {} IS NULL THEN NULL ELSE '***' END)").format(text)
    digits = sql.SQL("trunc(abs({}::numeric))::text").format(text)
    zeros = sql.SQL("repeat('0', char_length({digits}) - 1)").format(digits=digits)
    low = sql.SQL("(left({digits}, 1) || {zeros})").format(digits=digits, zeros=zeros)
    high = sql.SQL("((left({digits}, 1)::integer + 1)::text || {zeros})").format(digits=digits, zeros=zeros)
    return sql.SQL(
        "CASE WHEN {text} IS NULL THEN NULL WHEN {text} IN ('NaN', 'Infinity', '-Infinity') THEN '***'"
        " WHEN char_length({digits}) = 1 THEN CASE WHEN {text}::numeric < 0 THEN '-10~0' ELSE '0~10' END"
        " WHEN {text}::numeric < 0 THEN '-' || {high} || '~-' || {low}"
        " ELSE {low} || '~' || {high} END"
    ).format(text=text, digits=digits, low=low, high=high)
