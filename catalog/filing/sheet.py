"""The items of an entry as a sheet: its columns, its rows to and from text, what is remarked on them."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from catalog.choices import ItemType, Mask, Opening, Sharing
from catalog.filing.steps import place_of
from catalog.imports.values import item_type, type_words
from catalog.models import ReviewComment, RevisionItem
from core.exceptions import FieldError

MOST_ITEMS = 2_000
LONGEST = 2_000_000_000
MOST_DECIMALS = 100

FIELDS = (
    "name", "field_name", "type", "length", "is_key", "nullable", "is_sensitive", "mask", "sharing", "opening",
    "sharing_condition", "description",
)  # fmt: skip
"""Columns of the sheet, in order. ``length`` also carries the decimals: ``10,2``."""

CHECKS = ("is_key", "nullable", "is_sensitive")

MASK_LABELS: dict[str, Any] = {
    Mask.NONE: pgettext_lazy("mask", "Not masked"),
    Mask.NAME: pgettext_lazy("mask", "Keep first"),
    Mask.ID_NUMBER: pgettext_lazy("mask", "First 1, last 2"),
    Mask.MOBILE: pgettext_lazy("mask", "First 3, last 4"),
    Mask.PHONE: pgettext_lazy("mask", "First 4, last 2"),
    Mask.BANK_ACCOUNT: pgettext_lazy("mask", "Last 4"),
    Mask.ADDRESS: pgettext_lazy("mask", "To the county"),
    Mask.EMAIL: pgettext_lazy("mask", "First, domain"),
    Mask.PLATE: pgettext_lazy("mask", "First 3, last 1"),
    Mask.TEXT: pgettext_lazy("mask", "Hidden"),
    Mask.HASH: pgettext_lazy("mask", "Hash"),
    Mask.MONTH: pgettext_lazy("mask", "To the month"),
    Mask.BAND: pgettext_lazy("mask", "Band"),
}
MASK_WORDS: dict[str, tuple[str, ...]] = {
    Mask.NONE: ("不脱敏", "无", "否"),
    Mask.NAME: ("姓名", "保留首字", "保留姓"),
    Mask.ID_NUMBER: ("身份证", "身份证号"),
    Mask.MOBILE: ("手机", "手机号"),
    Mask.PHONE: ("座机", "电话"),
    Mask.BANK_ACCOUNT: ("银行账号", "银行卡"),
    Mask.ADDRESS: ("地址", "截至区县"),
    Mask.EMAIL: ("邮箱", "电子邮件"),
    Mask.PLATE: ("车牌", "车牌号"),
    Mask.TEXT: ("隐藏", "全部隐藏"),
    Mask.HASH: ("散列", "哈希"),
    Mask.MONTH: ("到年月", "到月"),
    Mask.BAND: ("数值区间", "区间"),
}
SHARING_WORDS: dict[str, tuple[str, ...]] = {
    "": ("同目录", "继承"),
    Sharing.UNCONDITIONAL: ("无条件", "无条件共享", "1"),
    Sharing.CONDITIONAL: ("有条件", "有条件共享", "2"),
    Sharing.WITHHELD: ("不予", "不予共享", "3"),
}
OPENING_WORDS: dict[str, tuple[str, ...]] = {
    "": ("同目录", "继承"),
    Opening.OPEN: ("开放", "是", "无条件开放"),
    Opening.CONDITIONAL: ("有条件开放", "有条件"),
    Opening.CLOSED: ("不开放", "否", "不予开放"),
}
YES_WORDS = frozenset({"1", "true", "yes", "y", "t", "是", "√", "✓", "v"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sheet; ``names`` are other heads that a pasted table may carry."""

    field: str
    label: Any
    kind: str
    css: str
    names: tuple[str, ...]
    max_length: int | None = None
    is_required: bool = False


COLUMNS = (
    Column(
        "name", gettext_lazy("Name"), "text", "w-name",
        ("名称", "信息项名称", "数据项名称", "数据项", "信息项", "中文名", "中文名称", "字段中文名"), 200, True,
    ),
    Column(
        "field_name", gettext_lazy("Field name"), "text", "w-f",
        ("字段名", "字段名称", "英文名", "英文名称", "字段英文名", "列名", "代码", "column"), 100,
    ),
    Column("type", gettext_lazy("Type"), "select", "w-t", ("类型", "数据类型", "字段类型"), None, True),
    Column("length", gettext_lazy("Length"), "number", "w-l", ("长度", "数据长度", "字段长度"), 20),
    Column("is_key", pgettext_lazy("item", "Key"), "check", "w-c", ("主键", "是否主键", "pk")),
    Column("nullable", gettext_lazy("May be empty"), "check", "w-c", ("可空", "是否可空", "允许为空", "是否为空")),
    Column("is_sensitive", gettext_lazy("Sensitive"), "check", "w-c", ("敏感", "是否敏感", "敏感项")),
    Column("mask", gettext_lazy("Mask"), "select", "w-m", ("脱敏", "脱敏方式", "脱敏规则")),
    Column("sharing", gettext_lazy("Sharing"), "select", "w-a", ("共享", "共享类型", "共享属性")),
    Column("opening", gettext_lazy("Opening"), "select", "w-a", ("开放", "开放属性", "是否向社会开放")),
    Column(
        "sharing_condition", gettext_lazy("Condition or basis"), "text", "w-d",
        ("共享条件", "不予共享依据", "共享条件(不予共享依据)"), 1000,
    ),
    Column("description", gettext_lazy("Description"), "text", "w-d", ("说明", "描述", "备注", "字段描述"), 1000),
)  # fmt: skip


def _short_sharing() -> list[tuple[str, Any, tuple[str, ...]]]:
    labels = {
        "": pgettext("item", "As the entry"),
        Sharing.UNCONDITIONAL: pgettext("sharing", "Unconditional"),
        Sharing.CONDITIONAL: pgettext("sharing", "Conditional"),
        Sharing.WITHHELD: pgettext("sharing", "Withheld"),
    }
    return [(str(value), label, SHARING_WORDS[value]) for value, label in labels.items()]


def _short_opening() -> list[tuple[str, Any, tuple[str, ...]]]:
    labels = {
        "": pgettext("item", "As the entry"),
        Opening.OPEN: pgettext("opening", "Open"),
        Opening.CONDITIONAL: pgettext("opening", "Conditional"),
        Opening.CLOSED: pgettext("opening", "Not open"),
    }
    return [(str(value), label, OPENING_WORDS[value]) for value, label in labels.items()]


def options_of(field: str) -> list[tuple[str, Any, tuple[str, ...]]]:
    """Return value, label and other words of a column that is chosen from."""
    if field == "type":
        words = type_words()
        return [(value, label, words[value]) for value, label in ItemType.choices]
    if field == "mask":
        return [
            (str(value), label, (str(Mask(value).label), *MASK_WORDS[value])) for value, label in MASK_LABELS.items()
        ]
    return _short_sharing() if field == "sharing" else _short_opening()


def columns() -> list[dict[str, Any]]:
    """Return the columns as ``{% grid %}`` takes them."""
    return [
        {
            "field": one.field,
            "label": str(one.label),
            "kind": one.kind,
            "css": one.css,
            "aliases": list(one.names),
            "max_length": one.max_length,
            "is_required": one.is_required,
            "options": options_of(one.field) if one.kind == "select" else (),
        }
        for one in COLUMNS
    ]


# From text to values


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that could not be read; it keeps its earlier value."""

    row: int
    column: str
    message: str


class SheetRows(list[dict[str, Any]]):
    """Rows as the services take them, with the cells that could not be read."""

    def __init__(self, rows: Iterable[dict[str, Any]] = (), problems: Sequence[Problem] = ()) -> None:
        super().__init__(rows)
        self.problems = list(problems)


_LENGTH = re.compile(r"^\(?(\d{1,10})(?:[,.;](\d{1,3}))?\)?$")


def plain(text: str) -> str:
    """Bring a word into the form in which it is compared: half-width, no blanks, small letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).rstrip("*").lower()


def length_of(text: str) -> tuple[int | None, int | None] | None:
    """Read ``50`` or ``10,2``; None where the text is neither."""
    if not text.strip():
        return None, None
    found = _LENGTH.match(plain(text))
    if found is None:
        return None
    length, decimals = int(found[1]), int(found[2]) if found[2] else None
    if not 1 <= length <= LONGEST or (decimals or 0) > min(MOST_DECIMALS, length):
        return None
    return length, decimals


def length_text(length: int | None, decimals: int | None) -> str:
    """Write length and decimals in one cell."""
    if length is None:
        return ""
    return str(length) if decimals is None else f"{length},{decimals}"


def rows_of_post(posted: Sequence[Mapping[str, str]]) -> SheetRows:
    """Read the rows that the sheet sent."""
    rows, meanings = SheetRows(), _meanings()
    for index, cells in enumerate(posted):
        row: dict[str, Any] = {"id": cells.get("id") or None}
        if cells.get("key"):
            row["key"] = cells["key"]
        for column in COLUMNS:
            _read_cell(rows, row, index, column, cells.get(column.field, ""), meanings)
        rows.append(row)
    return rows


def is_untouched(cells: Mapping[str, str]) -> bool:
    """Say whether a row is one of the empty ones that a person without scripts gets: its lists stand as they came."""
    texts = (cells.get(column.field) for column in COLUMNS if column.kind != "select")
    return not cells.get("id") and not cells.get("key") and not any(texts)


def _read_cell(
    rows: SheetRows, row: dict[str, Any], index: int, column: Column, text: str, meanings: Mapping[str, dict[str, str]]
) -> None:
    if column.kind == "check":
        row[column.field] = plain(text) in YES_WORDS
    elif column.field == "length":
        found = length_of(text)
        if found is None:
            message = _("“%(value)s” is not a length. Write a number, with decimals as 10,2.")
            rows.problems.append(Problem(index, "length", message % {"value": text}))
        else:
            row["length"], row["decimals"] = found
    elif column.kind == "select":
        value = _chosen(column.field, text, meanings[column.field])
        if value is None:
            message = _("“%(value)s” is not one of the choices of “%(column)s”.")
            rows.problems.append(Problem(index, column.field, message % {"value": text, "column": column.label}))
        else:
            row[column.field] = value
    else:
        value = text.replace("\x00", "").strip()
        if column.max_length and len(value) > column.max_length:
            message = _("“%(column)s” has at most %(limit)d characters.")
            rows.problems.append(
                Problem(index, column.field, message % {"column": column.label, "limit": column.max_length})
            )
        else:
            row[column.field] = value


def _meanings() -> dict[str, dict[str, str]]:
    """Return field → word as it is compared → value, of the columns that are chosen from.

    They are worked out once for all rows. A word that two values share is the first one's.
    """
    return {one.field: _words_of(options_of(one.field)) for one in COLUMNS if one.kind == "select"}


def _words_of(options: Iterable[tuple[str, Any, tuple[str, ...]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value, label, words in options:
        for word in (value, str(label), *words):
            found.setdefault(plain(word), value)
    return found


def _chosen(field: str, text: str, meanings: Mapping[str, str]) -> str | None:
    wanted = plain(text)
    if not wanted:
        return {"type": ItemType.C.value, "mask": Mask.NONE.value}.get(field, "")
    if wanted in meanings:
        return meanings[wanted]
    return (item_type(text)[0].value or None) if field == "type" else None


def rows_of_text(text: str) -> SheetRows:
    """Read a table pasted as text: tabs or commas between cells, with or without a line of heads."""
    sample = text.split("\n", 1)[0]
    lines = [
        [cell.strip() for cell in line]
        for line in csv.reader(io.StringIO(text.strip("\n")), delimiter="\t" if "\t" in sample else ",")
        if any(cell.strip() for cell in line)
    ]
    if not lines:
        return SheetRows()
    order = _columns_by_head(lines[0])
    if order is not None:
        lines = lines[1:]
    rows, meanings = SheetRows(), _meanings()
    for index, line in enumerate(lines[:MOST_ITEMS]):
        row: dict[str, Any] = {"id": None}
        for at, cell in enumerate(line):
            column = (order[at] if at < len(order) else None) if order else COLUMNS[at] if at < len(COLUMNS) else None
            if column is None:
                continue
            _read_cell(rows, row, index, column, cell, meanings)
            typed_length = re.search(r"\((\d+(?:[,，]\d+)?)\)", cell) if column.field == "type" else None
            if typed_length and length_of(typed_length[1]):
                row["length"], row["decimals"] = length_of(typed_length[1]) or (None, None)
        rows.append(row)
    return rows


def _columns_by_head(line: Sequence[str]) -> list[Column | None] | None:
    heads = {plain(name): one for one in COLUMNS for name in (str(one.label), one.field, *one.names)}
    found = [heads.get(plain(cell)) for cell in line]
    matched = sum(one is not None for one in found)
    return found if matched >= 2 and matched * 2 >= len(line) else None


# From values to the sheet


def cells_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of a row, given as values or as they were sent."""
    cells = {name: row.get(name) for name in FIELDS}
    if not isinstance(row.get("length"), str):
        cells["length"] = length_text(row.get("length"), row.get("decimals"))
    return {**cells, **{name: cells[name] in (True, "1") for name in CHECKS}}


def text_of(field: str, row: Mapping[str, Any]) -> str:
    """Return one cell as people read it."""
    value = row.get(field)
    if field == "length":
        return length_text(row.get("length"), row.get("decimals"))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field == "mask":
        return str(MASK_LABELS.get(value or Mask.NONE, value))
    if field in ("type", "sharing", "opening"):
        return str(next((label for key, label, _words in options_of(field) if key == (value or "")), value or ""))
    return str(value or "")


def texts_of(row: Mapping[str, Any]) -> list[str]:
    """Return the cells of a row as people read them."""
    return [text_of(name, row) for name in FIELDS]


def remarks_of(
    findings: Iterable[tuple[str, FieldError]], rows: Sequence[Mapping[str, Any]], problems: Iterable[Problem] = ()
) -> list[dict[str, Any]]:
    """Return what is to be said below the rows: unread cells first, then errors and hints of the rules.

    Args:
        findings: (level, finding) pairs; those that are not about a row are left out.
    """
    said: list[dict[str, Any]] = [
        {"row": one.row, "field": one.column, "level": "error", "message": one.message, "fix": None} for one in problems
    ]
    for level, finding in findings:
        place = place_of(finding.field)
        if place.row is None or place.row >= len(rows):
            continue
        column = "length" if place.column == "decimals" else place.column
        said.append(
            {
                "row": place.row,
                "field": column,
                "level": level,
                "message": str(finding.message),
                "fix": _fix(finding.code, rows[place.row]),
            }
        )
    return said


def comment_remarks(comments: Iterable[ReviewComment], items: Sequence[RevisionItem]) -> list[dict[str, Any]]:
    """Return the reviewer's comments on items as remarks below their rows."""
    at = {row.item_id: index for index, row in enumerate(items)}
    return [
        {
            "row": at[one.item_id],
            "field": "length" if one.field == "decimals" else one.field,
            "level": "comment",
            "severity": one.severity,
            "author": one.author_name,
            "message": one.text,
            "fix": None,
        }
        for one in comments
        if one.item_id in at
    ]


_MASK_BY_NAME: tuple[tuple[str, str], ...] = (
    ("身份证|公民身份号码", Mask.ID_NUMBER),
    ("手机|移动电话|联系电话|联系方式", Mask.MOBILE),
    ("电话|座机|传真", Mask.PHONE),
    ("姓名|名字|联系人|监护人|户主|法定代表人", Mask.NAME),
    ("住址|地址|住所", Mask.ADDRESS),
    ("账号|帐号|银行卡|卡号", Mask.BANK_ACCOUNT),
    ("邮箱|邮件", Mask.EMAIL),
    ("车牌|号牌", Mask.PLATE),
)


@cache
def _mask_pattern(words: str) -> re.Pattern[str]:
    return re.compile(words)


def mask_for(name: str, item_type: str) -> str:
    """Suggest a mask for an item from its name and type."""
    for words, mask in _MASK_BY_NAME:
        if _mask_pattern(words).search(name):
            return mask
    return next((mask for mask in (Mask.MONTH, Mask.BAND) if mask.fits(item_type)), Mask.TEXT)


def _fix(code: str, row: Mapping[str, Any]) -> dict[str, str] | None:
    """Offer a remedy that one click carries out."""
    name, item_type = str(row.get("name") or ""), str(row.get("type") or "")
    if code in ("id_number_length", "no_length"):
        length = _usual_length(name)
        return {"label": _("Change to %(value)s") % {"value": length}, "value": length} if length else None
    if code == "sensitive_unmasked":
        mask = mask_for(name, item_type)
        return {"label": _("Set to “%(value)s”") % {"value": MASK_LABELS[mask]}, "value": mask}
    if code == "sensitive_open":
        return {"label": _("Set to “%(value)s”") % {"value": pgettext("opening", "Not open")}, "value": "closed"}
    return None


def _usual_length(name: str) -> str:
    if re.search("身份证|公民身份号码|统一社会信用代码", name):
        return "18"
    if re.search("手机|移动电话", name):
        return "11"
    if re.search("行政区划代码", name):
        return "6"
    return ""
