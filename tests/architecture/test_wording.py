"""One word for one act, as docs/glossary.md fixes it."""

import re

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.utils import translation

from catalog.choices import Opening
from config import translations

MESSAGES = [
    message
    for domain in translations.domains(settings.BASE_DIR, settings.OUR_APPS)
    for message in translations.load(domain.path())
    if message.id
]
SUBMITTED = re.compile(r"\b[Ss]ubmi|[Ss]ubmission")
ELSEWHERE_CALLED_OTHERWISE = {
    "(?<!报)送审": "提交, or 报送审核",
    "报审": "报送审核",
    "上报": "报送",
    "签批": "签发",
    "审签": "签发",
    "编目员": "目录编制员",
    "目录管理员": "目录编制员",
    "信息项": "数据项",
    "使用部门": "需求部门",
    "法定依据": "法律依据",
}


def words_of(value: str | list[str] | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def offending(message: Message) -> bool:
    return bool(SUBMITTED.search(words_of(message.id))) and "报送" in words_of(message.string)


def test_what_a_cataloguer_does_is_submitting_and_not_filing():
    assert [words_of(message.id) for message in MESSAGES if offending(message)] == []


@pytest.mark.parametrize("word", ELSEWHERE_CALLED_OTHERWISE)
def test_other_words_for_the_same_act_are_not_used(word: str):
    found = [words_of(message.string) for message in MESSAGES if re.search(word, words_of(message.string))]
    assert found == [], f"write {ELSEWHERE_CALLED_OTHERWISE[word]}"


def test_the_opening_attribute_is_no_command():
    """「开放」 is an attribute, 「打开」 what one does to a page: English has one word for both."""
    with translation.override("zh-hans"):
        assert [str(label) for label in Opening.labels] == ["开放", "有条件开放", "不开放"]
