"""Erasures are asked for by one and approved by another, and no number of a person stands anywhere."""

from functools import partial
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audit.models import AuditEvent
from catalog.exceptions import OwnSubmission
from collection.duty_choices import ErasureState
from collection.models import Erasure
from collection.services import erasure as asking
from collection.services.subject_key import subject_hash
from collection.subject_numbers import Subject, hashed
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from tests.catalog.views.reader import client_of, text_of
from tests.collection.conftest import Town
from tests.collection.erasures import (
    NUMBER,
    approve,
    approved,
    ask,
    carry_out,
    files,
    stored,
)
from tests.factories.accounts import UserFactory, actor_of
from tests.unchanged import database_digest, nothing_changes
from workflow.models import OutboxMessage, Task


def test_nobody_else_asks_decides_or_knows_of_it(three: Town) -> None:
    world = three.world
    erasure = ask(three)
    before = database_digest()
    for actor in (world.colleague, world.other_cataloguer, world.other_head, world.reviewer, world.sysadmin):
        with pytest.raises(NotVisible):
            ask(three, actor)
        for act in (
            lambda by: approve(erasure, by),
            lambda by: asking.erasure_refuse(actor=by, erasure_id=erasure.pk, opinion="不准"),
            lambda by: asking.erasure_withdraw(actor=by, erasure_id=erasure.pk),
            lambda by: asking.erasure_document_read(actor=by, erasure_id=erasure.pk),
        ):
            with pytest.raises(NotVisible):
                act(actor)
    with pytest.raises(NotAllowed):
        ask(three, world.head)
    with pytest.raises(NotAllowed):
        approve(erasure, world.cataloguer)
    with pytest.raises(NotAllowed):
        asking.erasure_withdraw(actor=world.head, erasure_id=erasure.pk)
    assert database_digest() == before


def test_who_asked_does_not_approve(three: Town) -> None:
    both = actor_of(UserFactory(department=three.world.provider, roles=["cataloguer", "head"]))
    erasure = ask(three, both)
    for act in (
        lambda: approve(erasure, both),
        lambda: asking.erasure_refuse(actor=both, erasure_id=erasure.pk, opinion="不准"),
    ):
        with pytest.raises(OwnSubmission):
            act()
    assert Erasure.objects.get().state == ErasureState.AWAITING_HEAD


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"value": " "}, "value"),
        ({"value": "9" * 201}, "value"),
        ({"ground": "because"}, "ground"),
        ({"document_number": ""}, "document_number"),
        ({"reason": ""}, "reason"),
        ({"reason": f"{NUMBER}本人要求"}, "reason"),
        ({"reason": f"{NUMBER[:6]} {NUMBER[6:]}本人要求"}, "reason"),
        ({"document_number": f"申请〔2026〕{NUMBER}"}, "document_number"),
        ({"document": None}, "document"),
        ({"document": ContentFile(b"", name="a.pdf")}, "document"),
        ({"item": "00000000-0000-0000-0000-000000000000"}, "item"),
    ],
)
def test_a_demand_is_whole_and_holds_no_number(three: Town, given: Any, field: str) -> None:
    before, kept = database_digest(), files()
    with pytest.raises(RuleViolation) as refused:
        ask(three, **given)
    assert [one.field for one in refused.value.errors] == [field]
    assert database_digest() == before
    assert files() == kept


def test_no_opinion_and_no_name_of_a_file_holds_the_value(three: Town) -> None:
    erasure = ask(three, document=ContentFile(b"%PDF-1.7", name=f"王小明{NUMBER}.PDF"))
    assert erasure.document_name == ".pdf"
    opinion = f"同意删除 {NUMBER}"
    for decide in (partial(asking.erasure_approve, rows=1), asking.erasure_refuse):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            decide(actor=three.world.head, erasure_id=erasure.pk, opinion=opinion)
        assert [(one.field, one.code) for one in refused.value.errors] == [("opinion", "holds_value")]


def test_the_same_is_asked_for_once(three: Town) -> None:
    erasure = ask(three)
    with pytest.raises(InvalidTransition):
        ask(three)
    asking.erasure_withdraw(actor=three.cataloguer, erasure_id=erasure.pk)
    shown = " ".join(text_of(client_of(three.world.head).get(f"/collection/duties/erasures/{erasure.pk}/")).split())
    assert f"Taken back {three.cataloguer.name} Cataloguer" in shown
    ask(three)
    assert Erasure.objects.count() == 2


def test_a_refusal_says_why_and_forgets_the_value(three: Town) -> None:
    erasure = ask(three)
    assert Task.objects.filter(closed_at=None, kind=asking.TASK_DECIDE).count() == 1
    with pytest.raises(RuleViolation):
        asking.erasure_refuse(actor=three.world.head, erasure_id=erasure.pk, opinion=" ")
    asking.erasure_refuse(actor=three.world.head, erasure_id=erasure.pk, opinion="法定保存期限未满")
    erasure.refresh_from_db()
    assert (erasure.state, erasure.sealed_value) == (ErasureState.REFUSED, "")
    assert not Task.objects.filter(closed_at=None).exists()
    with pytest.raises(InvalidTransition):
        asking.erasure_approve(actor=three.world.head, erasure_id=erasure.pk, rows=1)
    assert NUMBER in stored(three)


def test_no_number_stands_in_the_trail_in_news_in_tasks_or_in_the_row(three: Town) -> None:
    erasure = carry_out(approved(three))
    trail = AuditEvent.objects.filter(action__startswith="collection.erasure").order_by("pk")
    assert [one.action.rpartition(".")[2] for one in trail] == ["ask", "approve", "finish"]
    told = [str(list(model.objects.values())) for model in (AuditEvent, OutboxMessage, Task, Erasure)]
    assert not [one for one in told if NUMBER in one]
    assert trail[0].after["value_hash"] == subject_hash(NUMBER) == erasure.value_hash


def test_a_look_at_the_demand_is_recorded(three: Town) -> None:
    erasure = ask(three)
    _erasure, pieces = asking.erasure_document_read(actor=three.world.head, erasure_id=erasure.pk)
    assert AuditEvent.objects.filter(action="collection.erasure.read_document").count() == 1
    assert b"".join(pieces) == b"%PDF-1.7 demand"
    assert b"demand" not in default_storage.open(erasure.document.name).read()


# --- The keyed hash --------------------------------------------------------------------------------------------------


def test_the_hash_is_keyed_and_outlives_a_change_of_the_field_key(world: Any, settings: Any) -> None:
    number = subject_hash("99010219850505432x")
    assert number == subject_hash(" 990102 19850505432X ")
    assert number != hashed(b"", "99010219850505432X")
    settings.FIELD_KEY = "a-new-key-of-some-length-0123456789," + str(settings.FIELD_KEY)
    assert subject_hash("99010219850505432X") == number
    settings.FIELD_KEY = "a-new-key-of-some-length-0123456789"
    assert subject_hash("99010219850505432X") == number


def test_a_long_value_is_found_in_a_remark_and_a_short_one_is_not() -> None:
    long, short = Subject(NUMBER), Subject("0002")
    assert long.is_mentioned(f"监护人{NUMBER}。")
    assert not long.is_mentioned(f"1{NUMBER}")
    assert not short.is_mentioned("见0002")
    assert short.is_value(" 0002　")
