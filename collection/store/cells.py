"""From a cell as text to a typed value, in SQL: what is taken for valid, and how it is cast.

Types come from the items and are never guessed. Every expression here is built from column names of ours only.
"""

from psycopg import sql

from collection.choices import Rule
from collection.store import names
from collection.store.columns import KEY_SEPARATOR, Column

BLANKS = " \t\r\n\u00a0\u3000"

_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)$"
_REAL = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
_WHOLE = r"^[+-]?\d+$"
_DATE_PARTS = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?([ T]0{1,2}:00(:00(\.0+)?)?)?$"
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


def _plain_number(cell: sql.Composable) -> sql.Composable:
    """Drop the separators of thousands, where they stand where they belong."""
    return sql.SQL("CASE WHEN {0} ~ {1} THEN replace({0}, ',', '') ELSE {0} END").format(cell, sql.Literal(_THOUSANDS))


def _plain_date(cell: sql.Composable) -> sql.Composable:
    return sql.SQL("regexp_replace({}, {}, '\\1-\\2-\\3')").format(cell, sql.Literal(_DATE_PARTS))


def _plain_moment(cell: sql.Composable) -> sql.Composable:
    return sql.SQL("regexp_replace({}, {}, '\\1-\\2-\\3')").format(
        cell, sql.Literal(r"^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?")
    )


def _matches(cell: sql.Composable, pattern: str, pg_type: str) -> sql.Composable:
    return sql.SQL("({0} ~ {1} AND pg_input_is_valid({0}, {2}))").format(
        cell, sql.Literal(pattern), sql.Literal(pg_type)
    )


def value(one: Column, position: int) -> sql.Composable:
    """Return a raw cell as a value of the column's type. Only valid cells may be cast."""
    cell = text(position)
    if one.is_text:
        return cell
    if one.pg_type == "boolean":
        return sql.SQL("(lower({}) = ANY({}::text[]))").format(cell, sql.Literal(list(YES)))
    if one.pg_type == "date":
        plain = _plain_date(cell)
    elif one.pg_type == "timestamptz":
        plain = _plain_moment(cell)
    else:
        plain = _plain_number(cell)
    return sql.SQL("({})::{}").format(plain, sql.SQL(one.pg_type))


def checks(one: Column, position: int) -> list[tuple[Rule, sql.Composable]]:
    """Return the rules that a cell of the column may break, each with the condition under which it is broken."""
    cell = text(position)
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
    broken = _type_check(one, cell)
    if broken is not None:
        rule, condition = broken
        found.append((rule, sql.SQL("({} IS NOT NULL AND NOT {})").format(cell, condition)))
    return found


def _type_check(one: Column, cell: sql.Composable) -> tuple[Rule, sql.Composable] | None:
    match one.pg_type:
        case "numeric":
            return Rule.NUMBER, _matches(_plain_number(cell), _NUMBER, "numeric")
        case "double precision":
            return Rule.NUMBER, _matches(_plain_number(cell), _REAL, "double precision")
        case "bigint":
            return Rule.WHOLE_NUMBER, _matches(_plain_number(cell), _WHOLE, "bigint")
        case "date":
            return Rule.DATE, _matches(_plain_date(cell), _DATE, "date")
        case "timestamptz":
            return Rule.MOMENT, _matches(_plain_moment(cell), _MOMENT, "timestamptz")
        case "boolean":
            return Rule.YES_OR_NO, sql.SQL("(lower({}) = ANY({}::text[]))").format(cell, sql.Literal([*YES, *NO]))
    return None


# --- Files of changes: what a row says of itself ----------------------------------------------------------------------


def is_deleted(position: int) -> sql.Composable:
    """Return the condition under which a row says that it is deleted."""
    return sql.SQL("coalesce(lower({}) = ANY({}::text[]), false)").format(text(position), sql.Literal(list(DELETED)))


def is_no_operation(position: int) -> sql.Composable:
    """Return the condition under which a row does not say what happened to it; an empty cell means new or changed."""
    return sql.SQL("({0} IS NOT NULL AND lower({0}) <> ALL({1}::text[]))").format(
        text(position), sql.Literal([*DELETED, *KEPT])
    )


# --- Clean files: no cell needs a second look ---------------------------------------------------------------------

_CLEAN_CHARACTERS = {"numeric": "+-.0123456789", "bigint": "+-0123456789", "double precision": "+-.eE0123456789"}
_CLEAN_SHAPES = {"date": ("____-__-__",), "timestamptz": ("____-__-__ __:__:__", "____-__-__T__:__:__")}


def clean_value(one: Column, position: int) -> sql.Composable:
    """Return a raw cell cast as it stands, NULL where it is no value of the type.

    A cast that fails would end the statement and bring the cell into the database server's log.
    """
    if one.is_text or one.pg_type == "boolean":
        return value(one, position)
    return sql.SQL("CASE WHEN pg_input_is_valid({0}, {1}) THEN ({0})::{2} END").format(
        text(position), sql.Literal(one.pg_type), sql.SQL(one.pg_type)
    )


def clean_checks(one: Column, position: int) -> list[sql.Composable]:
    """Return what must hold for every cell of a clean file; cheap, and never true of a cell that ``checks`` rejects.

    What these tests of the form let through, e.g. the 31st of April, ``clean_value`` makes NULL.
    """
    cell = text(position)
    found: list[sql.Composable] = []
    if not one.nullable:
        found.append(sql.SQL("{} IS NOT NULL").format(cell))
    if one.is_text:
        if one.is_key:
            found.append(sql.SQL("strpos({}, {}) = 0").format(cell, sql.Literal(KEY_SEPARATOR)))
        if one.length:
            found.append(_or_empty(cell, sql.SQL("char_length({}) <= {}").format(cell, sql.Literal(one.length))))
    elif one.pg_type in _CLEAN_CHARACTERS:
        allowed = sql.Literal(_CLEAN_CHARACTERS[one.pg_type])
        found.append(_or_empty(cell, sql.SQL("translate({}, {}, '') = ''").format(cell, allowed)))
    elif one.pg_type in _CLEAN_SHAPES:
        shapes = [sql.SQL("{} LIKE {}").format(cell, sql.Literal(shape)) for shape in _CLEAN_SHAPES[one.pg_type]]
        found.append(_or_empty(cell, sql.SQL("({})").format(sql.SQL(" OR ").join(shapes))))
    else:
        found.append(_or_empty(cell, sql.SQL("lower({}) = ANY({}::text[])").format(cell, sql.Literal([*YES, *NO]))))
    return found


def _or_empty(cell: sql.Composable, condition: sql.Composable) -> sql.Composable:
    """Pass empty cells."""
    return sql.SQL("({} IS NULL OR {})").format(cell, condition)
