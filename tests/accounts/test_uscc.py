"""The credit code check of GB 32100 and GB 11714."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.uscc import (
    ALPHABET,
    REGISTERING_AUTHORITIES,
    body_check_character,
    check_character,
    is_uscc,
    uscc_normalize,
    uscc_problem,
)

SOUND = ["91110000600037341L", "111400000000000190", "115000000000000275", "12320100000000035W", "N2340111MF0000013J"]


@st.composite
def codes(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(sorted(REGISTERING_AUTHORITIES))) + draw(st.sampled_from("123456789"))
    division = draw(st.text("0123456789", min_size=6, max_size=6))
    body = draw(st.text(ALPHABET, min_size=8, max_size=8))
    head = prefix + division + body + body_check_character(body)
    return head + check_character(head)


@pytest.mark.parametrize("code", SOUND)
def test_sound_codes_pass(code):
    assert uscc_problem(code) == ""


def test_published_check_characters_are_met():
    assert check_character("91110000600037341") == "L"
    assert body_check_character("60003734") == "1"


@given(codes())
def test_every_code_built_by_the_rule_passes(code):
    assert is_uscc(code)


@given(codes(), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(code, position, other):
    changed = code[:position] + other + code[position + 1 :]
    assert is_uscc(changed) == (changed == code)


@given(codes(), st.integers(2, 6))
def test_two_division_digits_exchanged_are_found(code, position):
    changed = code[:position] + code[position + 1] + code[position] + code[position + 2 :]
    assert is_uscc(changed) == (changed == code)


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text):
    assert isinstance(uscc_problem(uscc_normalize(text)), str)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("", "18 characters"),
        ("9111000060003734", "18 characters"),
        ("9111000060003734IL", "cannot contain I"),
        ("B1110000600037341L", "does not begin"),
        ("9A110000600037341L", "does not begin"),
        ("91110000600037342L", "Characters 9 to 17"),
        ("91110000600037341M", "last character"),
    ],
)
def test_the_problem_is_named(code, part):
    from django.utils import translation

    with translation.override("en"):
        assert part in uscc_problem(code)


def test_codes_are_stored_in_one_form():
    assert uscc_normalize(" 9111 0000-600037341l\n") == "91110000600037341L"
