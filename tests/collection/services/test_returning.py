"""Rows that were erased on demand and come back with a later file are told of."""

import pytest

from collection.choices import RunState
from collection.models import Erasure
from collection.selectors.erasure import type_of
from collection.services.subject_key import subject_hash
from collection.subject_numbers import erased_form
from core import clock
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import NUMBER, approved, carry_out, item_of
from workflow import outbox_delivery
from workflow.models import Notification


def test_erased_rows_that_come_back_are_told_of_and_not_rejected(three: Town) -> None:
    carry_out(approved(three))
    carry_out(approved(three, item=item_of(three, "月保障金额"), value="1020"))
    outbox_delivery.deliver()
    wide = "".join(chr(ord(one) + 0xFEE0) for one in NUMBER)
    run = three.send(HEADER + ROWS[0] + f"0002,李四,{wide},920,\n" + ROWS[2])
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 0)
    assert run.notes.get(code="returned").values == {"rows": 2}
    outbox_delivery.deliver()
    told = Notification.objects.filter(kind="collection.run.returned")
    assert {one.user_id for one in told} == {three.world.cataloguer.id, three.world.head.id}
    page = text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "Erased rows have come back: 2" in page
    assert NUMBER not in page


def test_a_file_without_erased_rows_says_nothing(three: Town) -> None:
    carry_out(approved(three))
    run = three.send(HEADER + ROWS[0] + "0005,钱,990102198505054322,1,\n")
    assert run.state == RunState.SUCCEEDED
    assert not run.notes.filter(code="returned").exists()


PHONE = "18612345678"


@pytest.mark.parametrize(
    ("name", "demanded", "stored"),
    [
        ("身份证号", "99010219850505432x", "99010219850505432X"),
        ("身份证号", "186-1234-5678", PHONE),
        ("身份证号", PHONE, "186 1234–5678"),
        ("身份证号", "１８６１２３４５６７８", "186-1234-5678"),
        ("身份证号", "AB-12", "AB-12"),
        ("月保障金额", "1,020.0", "1020.00"),
        ("月保障金额", "０１０２０", "1020"),
        ("纳入日期", "2026年3月1日", "2026/3/1"),
        ("纳入日期", "20260301", "2026-03-01"),
    ],
)
def test_what_comes_back_is_recognised_however_it_is_written(town: Town, name: str, demanded: str, stored: str) -> None:
    item = item_of(town, name)
    pg_type = type_of(town.dataset, item)
    old, new = subject_hash(stored), subject_hash(erased_form(demanded, pg_type))
    rows = {
        "身份证号": f"0009,张,{stored},,\n",
        "月保障金额": f"0009,张,,{stored},\n",
        "纳入日期": f"0009,张,,,{stored}\n",
    }
    for value_hash in {new, old} if name == "身份证号" else {new}:
        Erasure.objects.all().delete()
        Erasure.objects.create(
            dataset=town.dataset, item=item, value_hash=value_hash, state="done", ground="consent_withdrawn",
            document_number="1", asked_at=clock.now(), asked_by_id=town.cataloguer.id,
        )  # fmt: skip
        town.send(HEADER + "0001,李,other,7,2020-01-01\n")
        run = town.send(HEADER + rows[name] + "0001,李,other,7,2020-01-01\n")
        assert run.state == RunState.SUCCEEDED, run.message
        assert run.notes.get(code="returned").values == {"rows": 1}


@pytest.mark.parametrize(("demanded", "stored"), [("AB12345", "AB-12345"), ("000123", "123"), ("1861234567", PHONE)])
def test_what_is_anothers_is_not_told_of(town: Town, demanded: str, stored: str) -> None:
    item = item_of(town, "身份证号")
    Erasure.objects.create(
        dataset=town.dataset, item=item, value_hash=subject_hash(erased_form(demanded, "text")), state="done",
        ground="consent_withdrawn", document_number="1", asked_at=clock.now(), asked_by_id=town.cataloguer.id,
    )  # fmt: skip
    run = town.send(HEADER + f"0009,张,{stored},,\n")
    assert not run.notes.filter(code="returned").exists()


def test_rows_that_came_back_are_told_of_once_and_not_with_each_days_file(three: Town) -> None:
    carry_out(approved(three))
    whole = HEADER + "".join(ROWS)
    assert three.send(whole).notes.get(code="returned").values == {"rows": 1}
    more = three.send(whole + "0007,孙,990102198505054377,1,\n")
    assert more.state == RunState.SUCCEEDED
    assert not more.notes.filter(code="returned").exists(), "nobody came back with it"
    changed = three.send(whole.replace("920", "930") + "0007,孙,990102198505054377,2,\n")
    assert not changed.notes.filter(code="returned").exists(), "the row is another one, and its person is known"
    gone = three.send(HEADER + ROWS[0] + ROWS[2])
    assert not gone.notes.filter(code="returned").exists()
    assert three.send(whole).notes.get(code="returned").values == {"rows": 1}
