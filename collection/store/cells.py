"""From a cell as text to a typed value, in SQL: what is taken for valid, and how it is cast.

Types come from the items and are never guessed. Every expression here is built from column names of ours only.
"""

from psycopg import sql

from collection.choices import Rule
from collection.intake import Form
from collection.store import names
from collection.store.columns import KEY_SEPARATOR, Column

BLANKS = " \t\r\n\u00a0\u3000"

_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)$"
_REAL = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
_WHOLE = r"^[+-]?\d+$"
_DATE_PARTS = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?([ T]0{1,2}:00(:00(\.0+)?)?)?$"
_MOMENT_PARTS = r"^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?"
_DATE = r"^\d{4}(-\d{1,2}-\d{1,2}|\d{4})$"
_MOMENT = r"^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?(Z|[+-]\d{2}(:?\d{2})?)?$"
YES = ("是", "true", "t", "yes", "y", "1", "有")
NO = ("否", "false", "f", "no", "n", "0", "无")
DELETED = ("d", "del", "delete", "deleted", "remove", "删除", "刪除", "删")
KEPT = (
    "i",
    "u",
    "c",
    "a",
    "insert",
    "update",
    "upsert",
    "create",
    "add",
    "新增",
    "增加",
    "修改",
    "变更",
    "變更",
    "更新",
    "增",
    "改",
)


def text(position: int) -> sql.Composable:
    """Return a raw cell without the blanks around it, NULL where nothing is left."""
    return sql.SQL("nullif(btrim(w.{}, {}), '')").format(names.raw_cell(position), sql.Literal(BLANKS))


def plain(one: Column, cell: sql.Composable) -> sql.Composable:
    """Return a cell in the form that PostgreSQL reads: no separators of thousands, days as ISO 8601.

    What is so already, as most cells are, is told by a cheap question before a pattern is asked.
    """
    if one.is_text or one.pg_type == "boolean":
        return cell
    if one.pg_type == "date":
        statement = "CASE WHEN {0} LIKE '____-__-__' THEN {0} ELSE regexp_replace({0}, {1}, '\\1-\\2-\\3') END"
        return sql.SQL(statement).format(cell, sql.Literal(_DATE_PARTS))
    if one.pg_type == "timestamptz":
        statement = "CASE WHEN {0} LIKE '____-__-__%' THEN {0} ELSE regexp_replace({0}, {1}, '\\1-\\2-\\3') END"
        return sql.SQL(statement).format(cell, sql.Literal(_MOMENT_PARTS))
    statement = "CASE WHEN strpos({0}, ',') > 0 AND {0} ~ {1} THEN replace({0}, ',', '') ELSE {0} END"
    return sql.SQL(statement).format(cell, sql.Literal(_THOUSANDS))


def value(one: Column, cell: sql.Composable) -> sql.Composable:
    """Return a plain cell as a value of the column's type; NULL, or false, where it is none.

    A cast that fails would end the statement and bring the cell into the database server's log.
    """
    if one.is_text:
        return cell
    if one.pg_type == "boolean":
        return sql.SQL("(lower({}) = ANY({}::text[]))").format(cell, sql.Literal(list(YES)))
    return sql.SQL("CASE WHEN pg_input_is_valid({0}, {1}) THEN ({0})::{2} END").format(
        cell, sql.Literal(one.pg_type), sql.SQL(one.pg_type)
    )


def checks(one: Column, cell: sql.Composable, value: sql.Composable) -> list[tuple[Rule, sql.Composable]]:
    """Return the rules that a cell of the column may break, each with the condition under which it is broken.

    Args:
        cell: as ``plain`` gives it.
        value: as ``value`` gives it.
    """
    found: list[tuple[Rule, sql.Composable]] = []
    if one.is_key:
        found.append((Rule.KEY_EMPTY, sql.SQL("{} IS NULL").format(cell)))
        if one.is_text:
            separator = sql.Literal(KEY_SEPARATOR)
            found.append((Rule.CELLS, sql.SQL("strpos({}, {}) > 0").format(cell, separator)))
    elif not one.nullable:
        found.append((Rule.MANDATORY, sql.SQL("{} IS NULL").format(cell)))
    if one.is_text and one.length:
        found.append((Rule.LENGTH, sql.SQL("char_length({}) > {}").format(cell, sql.Literal(one.length))))
    if not one.is_text:
        rule, is_one = _is_of_type(one, cell, value)
        found.append((rule, sql.SQL("({} IS NOT NULL AND ({}) IS NOT TRUE)").format(cell, is_one)))
    return found


def _is_of_type(one: Column, cell: sql.Composable, value: sql.Composable) -> tuple[Rule, sql.Composable]:
    """Return the rule of a type and the condition under which a cell keeps it.

    PostgreSQL takes more for a number or a day than people write: "1e3", "0x1F", "infinity", "epoch". A value that
    is written out as the cell has it is none of these but for what is not finite; of others the form is asked.
    """
    if one.pg_type == "boolean":
        return Rule.YES_OR_NO, sql.SQL("lower({}) = ANY({}::text[])").format(cell, sql.Literal([*YES, *NO]))
    rule, pattern, usual = _FORMS[one.pg_type]
    within = _FOUR_DIGITS if one.pg_type == "timestamptz" else ""
    return rule, sql.SQL("{value} IS NOT NULL AND (" + usual + " OR {cell} ~ {pattern})" + within).format(
        value=value, cell=cell, pattern=sql.Literal(pattern)
    )


_FOUR_DIGITS = " AND {value} >= '0001-01-01 00:00:00+08' AND {value} < '10000-01-01 00:00:00+08'"
"""With any offset: at Beijing the year of a moment has four digits, as ISO 8601 writes it."""
_FINITE = "({value}::text = {cell} AND {value} > '-Infinity' AND {value} < 'Infinity')"
_FORMS = {
    "numeric": (Rule.NUMBER, _NUMBER, _FINITE),
    "double precision": (Rule.NUMBER, _REAL, _FINITE),
    "bigint": (Rule.WHOLE_NUMBER, _WHOLE, "{value}::text = {cell}"),
    "date": (
        Rule.DATE,
        _DATE,
        "({value}::text = {cell} AND {value} >= '0001-01-01' AND {value} <= '9999-12-31')",
    ),
    "timestamptz": (
        Rule.MOMENT,
        _MOMENT,
        "left({value}::text, 19) = {cell}",
    ),
}
"""Type → the rule, the pattern of what people write, and a cheaper sign of the usual form."""


# --- Files that PostgreSQL reads by itself ------------------------------------------------------------------------


def form(one: Column) -> Form:
    """Return what every cell of a column has to look like, so that PostgreSQL may read it as a value by itself.

    Narrower than ``checks``: no cell of this form breaks a rule, but for days that are none, at which COPY sees
    no value.
    """
    if one.is_text:
        unwanted = KEY_SEPARATOR if one.is_key else ""
        return Form(is_filled=not one.nullable, blanks=BLANKS, length=one.length, unwanted=unwanted)
    if one.pg_type == "boolean":
        return Form(is_filled=not one.nullable, words=(*YES, *NO))
    return Form(is_filled=not one.nullable, pattern=_COPIED[one.pg_type])


_COPIED = {
    "numeric": r"^-?[0-9]+(\.[0-9]+)?$",
    "double precision": r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$",
    "bigint": r"^-?[0-9]+$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamptz": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}$",
}


# --- Files of changes: what a row says of itself ----------------------------------------------------------------------


def is_deleted(position: int) -> sql.Composable:
    """Return the condition under which a row says that it is deleted."""
    return sql.SQL("coalesce(lower({}) = ANY({}::text[]), false)").format(text(position), sql.Literal(list(DELETED)))


def is_no_operation(position: int) -> sql.Composable:
    """Return the condition under which a row does not say what happened to it; an empty cell means new or changed."""
    return sql.SQL("({0} IS NOT NULL AND lower({0}) <> ALL({1}::text[]))").format(
        text(position), sql.Literal([*DELETED, *KEPT])
    )
