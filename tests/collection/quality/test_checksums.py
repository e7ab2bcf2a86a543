"""Check characters in SQL agree with those in Python, for sound codes, codes with one wrong sign, and any text."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from accounts.uscc import ALPHABET, REGISTERING_AUTHORITIES, body_check_character, check_character, is_uscc
from collection.choices import Checksum
from collection.quality.checksums import holds
from collection.store import tables

QUIET = settings(max_examples=40)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def sound(checksum: Checksum, texts: Sequence[str]) -> list[bool]:
    """Ask the store of many texts at once; a code must never make a statement fail."""
    with tables.cursor() as run:
        run.execute(
            sql.SQL("SELECT {} FROM unnest(%s::text[]) WITH ORDINALITY AS t (v, n) ORDER BY t.n").format(
                holds(checksum, sql.SQL("t.v"))
            ),
            [list(texts)],
        )
        return [value for (value,) in run.fetchall()]


def id_number(body: str) -> str:
    """Return a body of 17 digits with its check character (GB 11643)."""
    return body + "10X98765432"[sum(int(one) * weight for one, weight in zip(body, _WEIGHTS, strict=True)) % 11]


BODIES = st.builds(
    lambda area, day, serial: f"{area:06d}{day:%Y%m%d}{serial:03d}",
    st.integers(100000, 999999), st.dates(min_value=date(1850, 1, 1),
                                          max_value=date(2099, 12, 31)), st.integers(0, 999),
)  # fmt: skip
USCC = st.builds(
    lambda authority, kind, region, body: authority + kind + region + body + body_check_character(body),
    st.sampled_from(sorted(REGISTERING_AUTHORITIES)), st.sampled_from("123456789"),
    st.from_regex(r"[0-9]{6}", fullmatch=True), st.text(ALPHABET, min_size=8, max_size=8),
).filter(lambda text: set(text) <= set(ALPHABET)).map(lambda text: text + check_character(text))  # fmt: skip
ORGANISATIONS = st.builds(
    lambda body, hyphen: body + hyphen + body_check_character(body),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8), st.sampled_from(["", "-"]),
)  # fmt: skip
ANY = st.lists(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20))


def changed(code: str, at: int, sign: str) -> str:
    at %= len(code)
    return code[:at] + sign + code[at + 1 :]


@pytest.mark.parametrize(("checksum", "codes"), [
    (Checksum.ID_NUMBER, ["11010519491231002X", "360426199101010071"]),
    (Checksum.USCC, ["91110000600037341L", "N2340111MF0000013J", "111400000000000190", "12320100000000035W"]),
    (Checksum.ORGANISATION_CODE, ["600037341", "60003734-1"]),
])  # fmt: skip
def test_codes_that_were_printed_are_sound(db: None, checksum: Checksum, codes: list[str]) -> None:
    assert sound(checksum, codes) == [True] * len(codes)
    wrong = [*(f" {one}" for one in codes), *(one.lower() for one in codes if one != one.lower()), "", "１" * 18]
    assert sound(checksum, wrong) == [False] * len(wrong)


@QUIET
@given(bodies=st.lists(BODIES, min_size=1, max_size=20), at=st.integers(0, 17), sign=st.sampled_from("0123456789X"))
def test_identity_numbers_agree_with_their_weights(db: None, bodies: list[str], at: int, sign: str) -> None:
    codes = [id_number(one) for one in bodies]
    assert sound(Checksum.ID_NUMBER, codes) == [True] * len(codes)
    damaged = [changed(one, at, sign) for one in codes]
    answers = sound(Checksum.ID_NUMBER, damaged)
    for code, before, answer in zip(damaged, codes, answers, strict=True):
        if answer:
            assert code == before


@QUIET
@given(codes=st.lists(USCC, min_size=1, max_size=20), at=st.integers(0, 17), sign=st.sampled_from(ALPHABET))
def test_credit_codes_agree_with_the_check_of_departments(db: None, codes: list[str], at: int, sign: str) -> None:
    texts = [*codes, *(changed(one, at, sign) for one in codes)]
    assert sound(Checksum.USCC, texts) == [is_uscc(one) for one in texts]
    assert sound(Checksum.USCC, codes) == [True] * len(codes)


@QUIET
@given(codes=st.lists(ORGANISATIONS, min_size=1, max_size=20), sign=st.sampled_from("0123456789X"))
def test_organisation_codes_agree_with_the_check_inside_credit_codes(db: None, codes: list[str], sign: str) -> None:
    def is_sound(code: str) -> bool:
        return code[-1] == body_check_character(code[:8])

    texts = [*codes, *(one[:-1] + sign for one in codes)]
    assert sound(Checksum.ORGANISATION_CODE, texts) == [is_sound(one) for one in texts]


@QUIET
@given(texts=ANY)
@pytest.mark.parametrize("checksum", [Checksum.ID_NUMBER, Checksum.USCC, Checksum.ORGANISATION_CODE])
def test_no_text_makes_a_check_fail(db: None, checksum: Checksum, texts: list[str]) -> None:
    answers = sound(checksum, texts)
    assert all(answer in (True, False) for answer in answers)
    if checksum == Checksum.USCC:
        assert answers == [is_uscc(one) for one in texts]
