"""When two items are called the same: names as they are compared, and the few words all use for one thing."""

import re
import unicodedata

from catalog.search import foldings

_SIGNS = re.compile(r"[\W_]+")

SYNONYMS: tuple[frozenset[str], ...] = (
    frozenset({"身份证号", "身份证号码", "居民身份证号", "居民身份证号码", "公民身份号码", "公民身份证号码"}),
    frozenset({"统一社会信用代码", "社会信用代码", "统一信用代码"}),
    frozenset({"手机号", "手机号码", "移动电话", "移动电话号码"}),
    frozenset({"联系电话", "联系电话号码"}),
    frozenset({"出生日期", "出生年月日"}),
    frozenset({"户籍地址", "户籍所在地", "户口所在地"}),
    frozenset({"家庭住址", "居住地址", "现住址", "现居住地址"}),
    frozenset({"法定代表人", "法定代表人姓名"}),
)
"""Words for the same item. Only what no reader would take for two things."""

IDENTIFYING = frozenset({"姓名", "名称", "性别"}).union(*SYNONYMS[:4])
"""Items that only say who is meant. Every register needs them, so alone they are no repeated collection."""


def folded_name(name: str) -> str:
    """Return a name as it is compared: half-width, lower case, simplified characters, without blanks and signs."""
    return _SIGNS.sub("", foldings(unicodedata.normalize("NFKC", name))[0])[:200]


def same_names(folded: str) -> frozenset[str]:
    """Return the folded names that mean the same as one, itself among them."""
    return next((words for words in SYNONYMS if folded in words), frozenset({folded}))


def canonical_name(folded: str) -> str:
    """Return the one name that stands for all that mean the same."""
    return min(same_names(folded))


def folded_code(text: str) -> str:
    """Return a data element or the name of a code list as it is compared: ``GB/T 2261.1-2003`` is ``gbt226112003``."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text).lower())
