"""Reading lists of items out of running text, as catalogs without an item table write them.

Only names are taken. A type is never guessed: such items become text (C), and the entry carries the assumption.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.imports.text import QUOTES, block, is_null, one_line

MAX_ITEMS = 500
MAX_NAME = 60
"""A longer piece is a sentence, not a name."""

_OPENERS, _CLOSERS = "(（[【「『《", ")）]】」』》"
_SEPARATORS = "、，,；;\n\t|"
_QUOTED = re.compile('[「『“"]([^」』”"]{1,60})[」』”"]')
_LEAD = re.compile("^(?:主要)?(?:欄位|栏位|字段|資料|数据)?(?:包含|包括|含有|含|内容|內容)?(?:如下|以下)?(?:有)?[:：]")
_TAIL = re.compile("等(?:相關|相关)?(?:欄位|栏位|字段|属性字段|屬性|属性|資訊|信息|信息项|数据项|內容|内容)?$")
_PARENS = re.compile(r"^(?P<outer>[^(（]+)[(（](?P<inner>.+)[)）](?P<rest>.*)$", re.DOTALL)
_FIELD = re.compile(r"^[A-Za-z_][A-Za-z0-9_.\- ]*$")
_CODE_VALUE = re.compile(r"^\d{1,2}\s?[：:、.]?\s?[\u4e00-\u9fff]")
_SENTENCE = re.compile("[。！？!?]")
_REFERENCE = re.compile(
    "^(?:請|请)?(?:詳|详|參閱|参阅|參考|参考|参见|參見|如附件|見附件|见附件)|並非原始|并非原始|(?:並無|并无|沒有|没有)(?:欄位|字段)"
)
_INNER_BLANK = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_UNITS = frozenset(
    {
        "km", "kg", "cm", "mm", "m2", "m3", "km2", "ha", "kw", "kwh", "mw", "db", "ph", "ppm", "ppb", "mg", "ml",
        "gb", "mb", "tb", "m",
    }
)  # fmt: skip
_WITHIN = re.compile(
    "(?:包含了?|包括了?|涵盖了?|含有|内容有|主要有|字段有)[:：]?(?P<list>[^。；;]{4,600}?)"
    "等?(?:多个|相关|主要)?(?:属性字段|数据字段|信息字段|属性|字段|数据项|信息项|欄位|栏位)"
)


@dataclass(frozen=True, slots=True)
class ItemText:
    """An item as a text names it."""

    name: str
    field_name: str = ""
    description: str = ""


def from_text(value: Any) -> list[ItemText]:
    """Read the items of a column that lists them; [] where the text is a sentence or says nothing."""
    if isinstance(value, (list, tuple)):
        return _tidy([_item(one_line(one)) for one in value if one_line(one)])
    text = block(value)
    if is_null(text) or _REFERENCE.search(text):
        return []
    quoted = _QUOTED.findall(text)
    if len(quoted) >= 2 and sum(map(len, quoted)) * 2 > len(text):
        return _tidy([_item(one) for one in quoted])
    lines = text.split("\n")
    raw_lines = [line for line in str(value).replace("\r", "\n").split("\n") if line.strip()]
    pairs = _tabbed_pairs(raw_lines) or _colon_lines(lines)
    if pairs:
        return _tidy(pairs)
    text = _LEAD.sub("", str(value).replace("\r", "").strip() if "\t" in str(value) else text).rstrip("。. \n\t")
    pieces = split_list(text)
    if len(pieces) < 2:
        pieces = text.split(" ") if 2 < len(text.split(" ")) < 30 and not text.isascii() else pieces
    if pieces:
        pieces[-1] = _TAIL.sub("", pieces[-1]) or pieces[-1]
    return _tidy([_item(one) for one in pieces]) if _is_list(pieces) else []


def from_summary(text: str) -> list[ItemText]:
    """Read the items that a summary lists: in the line after the title, or as "including …, … and other fields"."""
    title, found, rest = text.partition("\n")
    if found and len(title) <= 60 and not re.search("[,，。；;:：]", title) and not _SENTENCE.search(rest):
        pieces = split_list(rest, ",，")
        if len(pieces) >= 2 and all(len(one) <= 40 and one[0] not in _OPENERS for one in pieces):
            return _tidy([_item(one) for one in pieces])
    if match := _WITHIN.search(text):
        pieces = split_list(match["list"])
        if len(pieces) >= 2 and _is_list(pieces):
            return _tidy([_item(one) for one in pieces])
    return []


def split_list(text: str, separators: str = _SEPARATORS) -> list[str]:
    """Split a list at its separators, but not within brackets."""
    pieces, piece, depth = [], "", 0
    for character in text:
        if character in _OPENERS:
            depth += 1
        elif character in _CLOSERS:
            depth = max(0, depth - 1)
        if character in separators and depth == 0:
            pieces.append(piece)
            piece = ""
        else:
            piece += character
    pieces.append(piece)
    if depth and len(pieces) == 1 and re.search(f"[{separators}]", text):
        pieces = re.split(f"[{separators}]", text)
    return _join_code_values([one_line(one) for one in pieces if one_line(one)])


def _join_code_values(pieces: Sequence[str]) -> list[str]:
    """Put the values of a code list ("state:01 entered, 02 done") back to their item."""
    joined: list[str] = []
    for piece in pieces:
        if joined and _CODE_VALUE.match(piece) and re.search(r"[:：]\s*\d|^\S+[:：]", joined[-1]):
            joined[-1] += f",{piece}"
        else:
            joined.append(piece)
    return joined


def _tabbed_pairs(lines: Sequence[str]) -> list[ItemText]:
    """Read lines "field<TAB>meaning"."""
    pairs = [line.strip(" ").split("\t") for line in lines]
    pairs = [[one_line(part) for part in pair if one_line(part)] for pair in pairs]
    good = [pair for pair in pairs if len(pair) == 2 and _FIELD.match(pair[0])]
    if len(good) < 2 or len(good) < len(lines) - 2:
        return []
    return [ItemText(*_name_and_rest(meaning, field)) for field, meaning in good]


def _name_and_rest(meaning: str, field: str) -> tuple[str, str, str]:
    name, _colon, rest = meaning.partition("：")
    if len(name) > MAX_NAME:
        return field, field, meaning
    return name, field, rest


def _colon_lines(lines: Sequence[str]) -> list[ItemText]:
    """Read lines "name: meaning"."""
    pairs = [re.split("[:：]", line, maxsplit=1) for line in lines if line.strip()]
    good = [pair for pair in pairs if len(pair) == 2 and 0 < len(pair[0].strip()) <= 20]
    if len(good) < 2 or len(good) < len(pairs) or any(len(split_list(pair[1])) > 2 for pair in good):
        return []
    return [ItemText(one_line(name), "", one_line(meaning)) for name, meaning in good]


def _item(text: str) -> ItemText:
    """Read one piece: "name(field)", "field(name, meaning)", "name(meaning)", "name:meaning" or "name"."""
    text = _INNER_BLANK.sub("", one_line(text).strip(QUOTES + "。."))
    name, colon, rest = re.match("^([^:：]*)([:：]?)(.*)$", text).groups()  # type: ignore[union-attr]
    if colon and rest and _FIELD.match(name) and not rest.isascii() and len(rest) <= MAX_NAME:
        return ItemText(rest.strip(), name.strip())
    if colon and rest and 0 < len(name) <= 20:
        return ItemText(name.strip(), "", rest.strip())
    match = None if re.search("[)）][(（]", text) else _PARENS.match(text)
    if match is None:
        return ItemText(text, text if _FIELD.match(text) and not re.search("\\s", text) else "")
    outer, inner, after = (one_line(match[key]) for key in ("outer", "inner", "rest"))
    if _FIELD.match(outer) and not _FIELD.match(inner):
        first, _comma, rest = inner.partition("，")
        return ItemText(first if len(first) <= MAX_NAME else outer, outer, rest)
    if _FIELD.match(inner) and " " not in inner and len(inner) > 1 and not after and inner.lower() not in _UNITS:
        return ItemText(outer, inner)
    if inner == outer:
        return ItemText(outer)
    return ItemText(text) if _is_unit(inner) or after else ItemText(outer, "", inner)


def _is_unit(text: str) -> bool:
    """Say whether the brackets hold a unit or a number, which belongs to the name."""
    return len(text) <= 4 or "/" in text or text.isdecimal() or text.endswith("米")


def _is_list(pieces: Sequence[str]) -> bool:
    """Say whether the pieces are names: short, and not a sentence."""
    if not pieces:
        return False
    lengths = [len(re.sub("[(（].*?[)）]", "", one)) for one in pieces]
    if len(pieces) == 1:
        return lengths[0] <= 30 and not _SENTENCE.search(pieces[0]) and "http" not in pieces[0]
    too_long = sum(length > MAX_NAME for length in lengths)
    return too_long * 5 <= len(pieces) and sum(lengths) / len(pieces) <= 30 and not any("http" in one for one in pieces)


def _tidy(items: Sequence[ItemText]) -> list[ItemText]:
    """Drop what has no name, cut what is too long, number what stands twice."""
    seen: dict[str, int] = {}
    fields: set[str] = set()
    result = []
    for one in items:
        name = one.name.strip(" ：:、，,。")[:200]
        if not name or is_null(name):
            continue
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name[:190]} ({seen[name]})"
        field = one.field_name[:100] if one.field_name.lower() not in fields else ""
        fields.add(field.lower())
        result.append(ItemText(name, field, one.description[:1000]))
        if len(result) == MAX_ITEMS:
            break
    return result
