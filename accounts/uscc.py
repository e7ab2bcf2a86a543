"""The unified social credit code of GB 32100: 18 characters that identify a body.

1 registering authority, 2 kind of body, 3–8 administrative division, 9–17 organisation code of GB 11714
(the last of them its check character), 18 check character of the whole.
"""

import re

from django.utils.translation import gettext as _

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REGISTERING_AUTHORITIES = {
    "1": "机构编制",
    "2": "外交",
    "3": "司法行政",
    "4": "文化",
    "5": "民政",
    "6": "旅游",
    "7": "宗教",
    "8": "工会",
    "9": "市场监督管理",
    "A": "中央军委改革和编制办公室",
    "N": "农业农村",
    "Y": "其他",
}
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
FORM = re.compile(rf"[{''.join(REGISTERING_AUTHORITIES)}][1-9][0-9]{{6}}[{ALPHABET}]{{10}}")


def uscc_normalize(text: str) -> str:
    """Return a code as it is stored: capitals, without blanks and hyphens."""
    return re.sub(r"[\s-]", "", text).upper()


def check_character(first_seventeen: str) -> str:
    """Return the 18th character for the first seventeen."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first_seventeen, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def body_check_character(first_eight: str) -> str:
    """Return the check character of an organisation code (GB 11714): 0–9 as they are, A = 10 to Z = 35."""
    total = sum(int(char, 36) * weight for char, weight in zip(first_eight, BODY_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def uscc_problem(code: str) -> str:
    """Say in a sentence what is wrong with a normalized code; empty when it is sound."""
    if len(code) != 18:
        return _("A unified social credit code has 18 characters; this one has %(count)d.") % {"count": len(code)}
    foreign = sorted(set(code) - set(ALPHABET))
    if foreign:
        return _("The code cannot contain %(signs)s.") % {"signs": " ".join(foreign)}
    if not FORM.fullmatch(code):
        return _("The code does not begin with a registering authority, a kind of body and a division code.")
    if code[16] != body_check_character(code[8:16]):
        return _("Characters 9 to 17 do not agree with each other. Compare them with the certificate.")
    if code[17] != check_character(code[:17]):
        return _("The last character does not agree with the rest. Compare the code with the certificate.")
    return ""


def is_uscc(code: str) -> bool:
    """Say whether a normalized code is sound."""
    return not uscc_problem(code)
