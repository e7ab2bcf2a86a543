"""What is kept as a code and values is worded in the language of whoever reads it."""

import json

import pytest
from django.utils import translation

from core.exceptions import DomainError, InvalidTransition
from core.reasons import Reason, listed, reason_of, register

register("tests", {"plain": "nothing of it", "named": "%(names)s of %(count)d", "worded": lambda values: values["a"]})


def kept(reason: Reason) -> Reason:
    return Reason.from_dict(json.loads(json.dumps(reason.as_dict())))


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason("tests.plain"), "nothing of it"),
        (Reason("tests.named", {"names": ["甲", "100 %"], "count": 2}), "甲, 100 % of 2"),
        (Reason("tests.named", {"names": Reason("tests.plain"), "count": 2}), "nothing of it of 2"),
        (Reason("tests.worded", {"a": "b"}), "b"),
        (Reason("tests.unknown", {"a": 1}), "tests.unknown"),
        (Reason(""), ""),
    ],
)
@translation.override("en")
def test_a_reason_is_worded_when_it_is_read(reason: Reason, said: str) -> None:
    assert str(reason) == said
    assert str(kept(reason)) == said


def test_sentences_follow_each_other_and_names_have_commas() -> None:
    assert listed([Reason("tests.plain"), Reason("tests.plain").as_dict()]) == "nothing of it nothing of it"
    with translation.override("zh-hans"):
        assert listed(["甲", "乙"]) == "甲、乙"


def test_an_error_without_a_reason_keeps_its_words() -> None:
    assert str(kept(reason_of(DomainError("words")))) == "words"
    assert reason_of(InvalidTransition(Reason("tests.plain"))) == Reason("tests.plain")
