"""Telling the encoding of a Chinese text file.

Many BIG5 files decode as GB18030 without any error, into nonsense, and the other way round. So every encoding
that fits is tried, and the one whose text looks like Chinese wins: characters that people really use, no private-use
code points, and column labels that we know.
"""

import codecs
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import IO

CANDIDATES = ("utf-8", "gb18030", "cp950", "big5hkscs")
SAMPLE_BYTES = 512 * 1024
KNOWN = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8-sig", "utf-16": "utf-16", "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "big5": "cp950",
    "cp950": "cp950", "big5hkscs": "big5hkscs", "ascii": "utf-8",
}  # fmt: skip
"""Names that a mapping may use."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding, how Chinese its text looks (0 to 1), and the next best."""

    encoding: str
    plausibility: float
    runner_up: str = ""
    runner_up_plausibility: float = 0.0

    @property
    def is_doubtful(self) -> bool:
        return self.plausibility < 0.85 or self.plausibility - self.runner_up_plausibility < 0.05


@cache
def common_characters() -> frozenset[str]:
    """Return the characters in everyday use: level 1 of GB 2312 and level 1 of Big5."""
    simplified = bytes(byte for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF) for byte in (high, low)).decode(
        "gb2312", errors="ignore"
    )
    lows = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    traditional = bytes(byte for high in range(0xA4, 0xC7) for low in lows for byte in (high, low)).decode(
        "cp950", errors="ignore"
    )
    return frozenset(simplified + traditional)


def plausibility(text: str) -> float:
    """Return the share of a text's characters beyond ASCII that a Chinese text would hold; 1 for pure ASCII."""
    common = common_characters()
    good = bad = 0
    for character in text:
        if character < "\x80":
            if character < " " and character not in "\t\r\n":
                bad += 5
            continue
        if character in common or "\u3000" <= character <= "\u303f" or "\uff01" <= character <= "\uff5e":
            good += 1
        elif "\ue000" <= character <= "\uf8ff" or character == "\ufffd":
            bad += 5
        elif (
            "\u2010" <= character <= "\u2027" or "\u00a0" <= character <= "\u024f" or "\u2460" <= character <= "\u24ff"
        ):
            good += 1
        else:
            bad += 1
    return good / (good + bad) if good + bad else 1.0


def detect(sample: bytes, knows_label: Callable[[str], bool], *, strict: bool = True) -> Guess:
    """Tell the encoding of a file from its beginning.

    Args:
        sample: the first bytes of the file.
        knows_label: says whether a word is a column label we know; decides between near equals.
        strict: leave out encodings in which some bytes mean nothing; if none is left, the least bad is taken.
    """
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return Guess(encoding, 1.0)
    wide = utf16_without_bom(sample)
    if wide:
        return Guess(wide, 1.0)
    scored = []
    for encoding in CANDIDATES:
        text = _decode_start(sample, encoding, strict)
        if text is None:
            continue
        if encoding == "utf-8" and strict:
            return Guess("utf-8", 1.0)
        head = text[:4000].replace('"', ",").replace("\t", ",").replace("\n", ",").split(",")
        known = sum(knows_label(part) for part in head[:200] if part.strip())
        scored.append((plausibility(text) + min(known, 5) * 0.1, plausibility(text), encoding))
    if not scored:
        return detect(sample, knows_label, strict=False)
    scored.sort(key=lambda one: (-one[0], CANDIDATES.index(one[2])))
    best = scored[0]
    rest = [one for one in scored[1:] if not {best[2], one[2]} <= {"cp950", "big5hkscs"}]
    second = rest[0] if rest else (0.0, 0.0, "")
    return Guess(best[2], best[1], second[2], second[1])


def utf16_without_bom(sample: bytes) -> str:
    """Return which UTF-16 a text is by its commas, digits and line ends, empty where it is none.

    One half of these is zero, always the same; of 一, 开 or 最 it is the other.
    """
    head = sample[:2000]
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) / 8 and odd > even * 4:
        return "utf-16-le"
    if even > len(head) / 8 and even > odd * 4:
        return "utf-16-be"
    return ""


def _decode_start(sample: bytes, encoding: str, strict: bool) -> str | None:
    """Decode, allowing that the sample ends within a character."""
    decoder = codecs.getincrementaldecoder(encoding)("strict" if strict else "replace")
    try:
        return decoder.decode(sample, final=False)
    except UnicodeDecodeError:
        return None


def open_text(stream: IO[bytes], encoding: str, errors: str = "replace") -> io.TextIOWrapper:
    """Wrap a binary stream as text with its line ends as they are; bytes without meaning become U+FFFD."""
    return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
