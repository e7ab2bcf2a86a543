"""By what a person's rows are found: nobody else's, and however his number is written."""

import pytest

from collection.subject_numbers import Subject, number_of

NUMBER = "99010219850505432X"
WIDE = "".join(chr(ord(one) + 0xFEE0) for one in NUMBER)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("000123", "123"),
        ("123.0", "123"),
        ("1,234.50", "1234.5"),
        ("-0.0", "0"),
        ("-00.10", "-0.1"),
        ("123456789012345678901234567890.1", "123456789012345678901234567890.1"),
        ("1e3", None),
        ("٣", None),
        ("12,34", None),
        ("", None),
    ],
)
def test_a_number_is_written_in_one_way_and_never_rounded(text: str, number: str | None) -> None:
    assert number_of(text) == number


def test_texts_are_compared_sign_by_sign_and_numbers_by_what_they_are_worth() -> None:
    text, number = Subject("000123"), Subject("000123", is_number=True)
    assert [text.is_value(one) for one in ("000123", " 000123　", "123", "123.0")] == [True, True, False, False]
    assert all(number.is_value(one) for one in ("123", "123.00", "0123"))
    assert not number.is_value("124")


@pytest.mark.parametrize("written", [WIDE, "990102 19850505 432x", "9901\u300002198505\u200b05432X", NUMBER.lower()])
def test_a_long_number_is_found_as_hands_write_it(written: str) -> None:
    subject = Subject(NUMBER)
    assert subject.is_value(written)
    assert subject.is_mentioned(f"监护人{written}。")
    assert not subject.is_value(f"1{written}")
    assert not subject.is_mentioned(f"1{written}")
    assert not subject.is_value(f"{written}（监护人）")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_bytes_are_looked_through_in_each_encoding(encoding: str) -> None:
    subject, name = Subject(NUMBER), Subject("欧阳锋欧阳锋欧阳锋")
    for written in (NUMBER, WIDE, "990102 19850505 432x"):
        assert subject.is_in_bytes(f"监护人{written}。".encode(encoding))
    assert not subject.is_in_bytes(f"号1{NUMBER}，".encode(encoding))
    assert not subject.is_in_bytes(f"号{NUMBER}9，".encode(encoding))
    assert name.is_in_bytes("有欧阳锋欧阳锋欧阳锋在".encode(encoding))


def test_a_value_that_means_nothing_alone_is_not_looked_for_in_texts() -> None:
    short = Subject("1234567")
    assert not short.is_mentioned("见1234567")
    assert not short.is_value("1 234 567")
    assert not short.is_named("1234567.csv")
    assert Subject("12345678").is_named("名单ID12345678.csv")


@pytest.mark.parametrize("value", ["a.b*c(d)e", "[x]^y\\z-w", "中 文 名 字 很 长 的"])
def test_signs_of_patterns_stand_for_themselves(value: str) -> None:
    subject = Subject(value)
    assert subject.is_mentioned(f"，{value}，")
    assert not subject.is_mentioned(f"，{value[:-1]}，")
