"""Cleaning and comparing text as it stands in other people's files."""

import re
import unicodedata
from functools import lru_cache
from typing import Any

from catalog.search import foldings

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANKS = re.compile(r"[\s\u3000]+")
_LINE_BLANKS = re.compile(r"[^\S\n]+")
_NOT_WORD = re.compile(r"[\W_]+")
_BRACKETED = re.compile(r"[(（\[【〔][^)）\]】〕]*[)）\]】〕]?")

QUOTES = "\"'‘’“”「」『』`´"

NULL_WORDS = frozenset(
    {
        "暂无", "暂缺", "无", "空", "没有", "未知", "不详", "未填", "未填写", "null", "none", "nil", "nan", "n/a",
        "na", "#n/a", "-", "--", "---", "—", "——", "/", "\\", ".", "。", "、", "undefined",
    }
)  # fmt: skip
"""What people write into a cell that holds nothing, folded."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet program take a text for a formula."""


def one_line(value: Any) -> str:
    """Return a cell as one line: invisible characters dropped, every run of blanks and line ends one space."""
    return _BLANKS.sub(" ", _INVISIBLE.sub("", as_text(value))).strip()


def block(value: Any) -> str:
    """Return a cell as text of several lines: blanks within a line joined, empty lines dropped."""
    text = _INVISIBLE.sub("", as_text(value).replace("\r\n", "\n").replace("\r", "\n"))
    lines = (_LINE_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def as_text(value: Any) -> str:
    """Return a raw cell as text. Whole numbers that a spreadsheet keeps as floats lose their ".0"."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return ",".join(as_text(one) for one in value if one is not None)
    if hasattr(value, "isoformat"):
        return str(value.isoformat(" ") if hasattr(value, "hour") else value.isoformat())
    return str(value)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return a text for comparing: full-width made plain, lower case, simplified characters."""
    return foldings(text)[0]


@lru_cache(maxsize=4096)
def word(text: str) -> str:
    """Return a value for looking up in a vocabulary: folded, without blanks and quotation marks around it."""
    return _BLANKS.sub("", folded(text.strip().strip(QUOTES))).strip(QUOTES)


def name_key(text: str) -> str:
    """Return what two names share when they differ only in script, case, spaces or punctuation."""
    plain = folded(text)
    return _NOT_WORD.sub("", plain) or plain


def label_key(label: str) -> str:
    """Return a column label for looking up: without the remarks in brackets, line ends, colons and stars."""
    return _tidy(_BRACKETED.sub("", unicodedata.normalize("NFKC", label))) or _tidy(label)


def label_key_whole(label: str) -> str:
    """Return a column label for looking up with the remarks in brackets kept."""
    return _tidy(label)


def _tidy(label: str) -> str:
    return _BLANKS.sub("", folded(label)).strip("*:：#、,.;；-_ ")


def is_null(text: str) -> bool:
    """Say whether a cleaned cell holds nothing: empty, or a word that says so."""
    return not text or (len(text) <= 10 and word(text) in NULL_WORDS)


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet program would take for a formula, or that looks escaped."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def unescape_formula(text: str) -> str:
    """Undo ``escape_formula``."""
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(FORMULA_STARTS) else text
