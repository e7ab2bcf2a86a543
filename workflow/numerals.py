"""Chinese numerals of articles, so that 第九条 sorts before 第十条."""

import re

_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(f"[{''.join(_DIGITS)}{''.join(_UNITS)}]+")
_LATIN = re.compile(r"\d+")


def number_of(numeral: str) -> int:
    """Read a Chinese numeral below ten thousand, e.g. 一百零三."""
    total, digit = 0, 0
    for char in numeral:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit


def article_position(article: str) -> int:
    """Return where an article stands in its document: 17 for 第十七条 and for "Art. 17", 0 where it has no number."""
    latin = _LATIN.search(article)
    if latin:
        return int(latin.group())
    chinese = _CHINESE.search(article)
    return number_of(chinese.group()) if chinese else 0
