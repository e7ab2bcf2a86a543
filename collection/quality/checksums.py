"""Codes that can be told to be wrong by themselves, as SQL expressions of what PostgreSQL brings along.

No function is made in the store: it may be another server, or a cluster of several. The forms and weights are those
of GB 11643, GB 32100 and GB 11714; a code that is written in small letters is not one.
"""

from collections.abc import Sequence

from psycopg import sql

from accounts.uscc import ALPHABET, BODY_WEIGHTS, FORM, WEIGHTS
from collection.choices import Checksum

_DIGITS = "0123456789"
_BODY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_FORM = r"^[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]$"
_BODY_FORM = r"^[0-9A-Z]{8}-?[0-9X]$"


def holds(checksum: Checksum, cell: sql.Composable) -> sql.Composable:
    """Return the condition under which a text is a sound code.

    A region code has no check character: it is looked up in the platform's register instead, as a code list.
    """
    match checksum:
        case Checksum.ID_NUMBER:
            total = _total(cell, _DIGITS, _ID_WEIGHTS, 1)
            check = sql.SQL("substr('10X98765432', 1 + mod({}, 11), 1) = substr({}, 18, 1)").format(total, cell)
            date = sql.SQL("pg_input_is_valid(substr({}, 7, 8), 'date')").format(cell)
            return _formed(cell, _ID_FORM, sql.SQL("{} AND {}").format(date, check))
        case Checksum.USCC:
            total = _total(cell, ALPHABET, WEIGHTS, 1)
            check = sql.SQL("substr({}, 1 + mod(31 - mod({}, 31), 31), 1) = substr({}, 18, 1)").format(
                sql.Literal(ALPHABET), total, cell
            )
            body = _body_check(cell, first=9, at=17)
            return _formed(cell, f"^{FORM.pattern}$", sql.SQL("{} AND {}").format(body, check))
        case Checksum.ORGANISATION_CODE:
            plain = sql.SQL("replace({}, '-', '')").format(cell)
            return _formed(cell, _BODY_FORM, _body_check(plain, first=1, at=9))
    raise ValueError(checksum)


def _formed(cell: sql.Composable, form: str, rest: sql.Composable) -> sql.Composable:
    """Ask the rest only of texts of the right form: nothing else could be computed."""
    return sql.SQL("CASE WHEN {} ~ {} THEN {} ELSE false END").format(cell, sql.Literal(form), rest)


def _total(cell: sql.Composable, alphabet: str, weights: Sequence[int], first: int) -> sql.Composable:
    """Sum the weighted values of the characters from ``first`` on; a character's value is its place in the alphabet."""
    return sql.SQL(" + ").join(
        sql.SQL("(strpos({}, substr({}, {}, 1)) - 1) * {}").format(
            sql.Literal(alphabet), cell, sql.Literal(first + at), sql.Literal(weight)
        )
        for at, weight in enumerate(weights)
    )


def _body_check(cell: sql.Composable, *, first: int, at: int) -> sql.Composable:
    """Compare the check character of an organisation code, which also stands inside a credit code."""
    total = _total(cell, _BODY_ALPHABET, BODY_WEIGHTS, first)
    return sql.SQL("substr('0123456789X', 1 + mod(11 - mod({}, 11), 11), 1) = substr({}, {}, 1)").format(
        total, cell, sql.Literal(at)
    )
