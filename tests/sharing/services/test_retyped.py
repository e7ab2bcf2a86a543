"""Rows are chosen by an item that gets another type: nobody agreed to what the same words choose then."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from accounts.models import Department
from catalog import services as catalog
from catalog.models import Entry
from collection import services as collecting
from core.actors import system_actor
from core.exceptions import RuleViolation
from sharing import scope
from sharing.choices import EndReason, GrantStatus, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.refusals import NoGrant
from sharing.rules import submission_errors
from sharing.selectors.reading import grant_for_reading
from sharing.services import answer, count, delivery, drafting, filing
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import grant_make
from tests.sharing.requests import codes, status_of
from tests.sharing.services.test_delivery import agreed_without_data, deliver
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.models import Notification

AMOUNT = [{"item": "YBZJE", "operator": "lt", "values": ["500"]}]
TEXT = {"type": "C", "length": 20, "decimals": None}
CLOCK = system_actor(CLOCK_JOB)


def retyped(town: SharingTown, field: str = "YBZJE", **change: Any) -> None:
    """Publish the entry anew, an item of it with another type: a text if nothing is said."""
    filed(town, field, **change)
    catalog.entry_approve(actor=town.world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)


def filed(town: SharingTown, field: str = "YBZJE", **change: Any) -> None:
    """Hand the entry in with that change."""
    revision = Entry.objects.get(pk=town.entry.pk).published_revision
    assert revision is not None
    kept = ("name", "field_name", "type", "length", "decimals", "is_key", "nullable", "is_sensitive", "mask")
    items = [
        {"id": str(one.item_id), **{name: getattr(one, name) for name in kept}}
        | ((change or TEXT) if one.field_name == field else {})
        for one in revision.items.all()
    ]
    world = town.world
    catalog.entry_update(actor=world.cataloguer, ref=town.entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=world.cataloguer, ref=town.entry.pk)


def delivered() -> None:
    while outbox_delivery.deliver():
        pass


def test_a_grant_whose_rows_are_chosen_by_a_retyped_item_ends_and_both_sides_are_told(town: SharingTown) -> None:
    grant, other = town.granted(row_filter=AMOUNT, items=["DXBH", "XM"]), town.granted(items=["DXBH", "YBZJE"])
    assert grant_for_reading(town.asker_head, town.dataset.pk, grant.pk) == grant
    delivered()
    Notification.objects.all().delete()
    retyped(town)
    delivered()
    grant.refresh_from_db()
    other.refresh_from_db()
    assert (grant.status, grant.end_reason) == (GrantStatus.ENDED, EndReason.ENTRY)
    assert other.status == GrantStatus.ACTIVE
    with pytest.raises(NoGrant):
        grant_for_reading(town.asker_head, town.dataset.pk, grant.pk)
    told = Notification.objects.filter(kind="sharing.grant").values_list("user", flat=True)
    assert set(told) == {town.asker.id, town.asker_head.id, town.world.head.id}
    one = Notification.objects.filter(kind="sharing.grant").latest("pk")
    assert one.title.endswith(f" · Grant {grant.pk}")
    assert one.body.startswith("“月保障金额” has another type now: the rows were chosen by its former one.")
    for reader in (town.asker, town.world.head):
        shown = text_of(get(reader, f"/sharing/grants/{grant.pk}/"))
        assert "“月保障金额” has another type now: the rows were chosen by its former one." in shown


def test_each_of_several_data_sets_tells_of_its_own_grants(town: SharingTown) -> None:
    """Of the first the rows are chosen, of the second all are given; the change is about both."""
    second = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="另一份")
    asker = Department.objects.get(pk=town.asker.department_id)
    grant_make(town.dataset, asker, row_filter=[("YBZJE", "lt", ["500"])])
    grant_make(second, asker)
    filed(town)
    said = "1 grant of 1 department: end once the data authority approves"
    pages = [text_of(get(town.world.head, f"/collection/datasets/{one.pk}/")) for one in (town.dataset, second)]
    assert [said in page for page in pages] == [True, False]


def test_a_renewal_that_is_agreed_to_ends_with_it(town: SharingTown) -> None:
    first = town.granted(row_filter=AMOUNT, items=["DXBH", "XM"])
    draft = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind="renewal")
    drafting.request_edit(actor=town.asker, request_id=draft.pk, fields={"valid_until": date(2028, 6, 30)})
    renewal = _answered(town, draft)
    retyped(town)
    assert set(Grant.objects.filter(pk__in=(first.pk, renewal.pk)).values_list("status", flat=True)) == {"ended"}


def _answered(town: SharingTown, draft: ShareRequest) -> Grant:
    filing.request_submit(actor=town.asker, request_id=draft.pk)
    filing.request_agree(actor=town.asker_head, request_id=draft.pk)
    return answer.request_approve(actor=town.world.head, request_id=draft.pk).grants.get()


@pytest.mark.parametrize(
    ("condition", "change"),
    [
        pytest.param(AMOUNT[0], {"type": "N", "length": 12, "decimals": 2}, id="another number"),
        pytest.param(
            {"item": "XM", "operator": "startswith", "values": ["王"]}, {"type": "M", "length": None}, id="another text"
        ),
    ],
)
def test_a_type_that_is_compared_alike_ends_nothing(
    town: SharingTown, condition: dict[str, Any], change: dict[str, Any]
) -> None:
    grant = town.granted(items=["DXBH"])
    Grant.objects.filter(pk=grant.pk).update(row_filter=stored(town, condition))
    retyped(town, condition["item"], **change)
    grant.refresh_from_db()
    assert grant.status == GrantStatus.ACTIVE


def test_a_renewal_under_a_type_that_is_compared_alike_is_agreed_to_whole_and_holds_each_condition_once(
    town: SharingTown,
) -> None:
    first = town.granted(row_filter=AMOUNT, items=["DXBH", "XM"])
    retyped(town, "YBZJE", type="N", length=12, decimals=2)
    draft = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind="renewal")
    drafting.request_edit(
        actor=town.asker, request_id=draft.pk, fields={"valid_until": date(2028, 6, 30), "row_filter": AMOUNT}
    )
    renewal = _answered(town, draft)
    assert [one["type"] for one in renewal.row_filter] == ["N"]
    assert draft.steps.filter(action="approve").exists()


def test_a_condition_that_was_asked_for_under_a_type_compared_alike_narrows_nothing(town: SharingTown) -> None:
    request = town.agreed(row_filter=AMOUNT)
    retyped(town, "YBZJE", type="N", length=12, decimals=2)
    answer.request_approve(actor=town.world.head, request_id=request.pk, row_filter=AMOUNT)
    request.refresh_from_db()
    assert [one["type"] for one in request.decided_filter] == ["Y"]
    assert request.steps.filter(action="approve").exists()


def stored(town: SharingTown, condition: dict[str, Any]) -> list[dict[str, Any]]:
    revision = Entry.objects.get(pk=town.entry.pk).published_revision
    assert revision is not None
    return scope.read_filter([condition], list(revision.items.all()))


def test_what_was_agreed_to_before_is_neither_made_available_nor_kept_waiting(town: SharingTown) -> None:
    request = agreed_without_data(town, row_filter=AMOUNT, opinion="部分")
    retyped(town)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        deliver(town, request)
    assert codes(refused) == {("row_filter", "retyped")}
    assert delivery.agreements_expire(actor=CLOCK) == 1
    assert status_of(request) == RequestStatus.WITHDRAWN
    assert "another type" in str(request.steps.latest("pk").words)


def test_what_was_asked_before_is_not_agreed_to_and_a_draft_is_written_anew(town: SharingTown) -> None:
    asked, draft = town.agreed(row_filter=AMOUNT), town.draft(row_filter=AMOUNT)
    retyped(town)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=asked.pk)
    assert codes(refused) == {("row_filter", "retyped")}
    answer.request_refuse(actor=town.world.head, request_id=asked.pk, opinion="类型已变")
    draft.refresh_from_db()
    assert [one.code for one in submission_errors(draft)] == ["retyped"]
    drafting.request_edit(actor=town.asker, request_id=draft.pk, fields={"row_filter": AMOUNT})
    draft.refresh_from_db()
    assert submission_errors(draft) == []


def test_rows_of_the_former_type_are_neither_counted_nor_in_the_way_of_an_answer(town: SharingTown) -> None:
    retyped(town)
    request = town.agreed(row_filter=AMOUNT)
    counts: list[Callable[[], object]] = [
        lambda: count.rows_count(actor=town.world.head, request_id=request.pk),
        lambda: count.rows_count(actor=town.asker, request_id=request.pk),
    ]
    for counted in counts:
        with pytest.raises(RuleViolation) as refused:
            counted()
        assert codes(refused) == {("row_filter", "retyped")}
    narrower = [{"item": "DXBH", "operator": "eq", "values": ["none"]}]
    answer.request_approve(actor=town.world.head, request_id=request.pk, row_filter=narrower, opinion="部分")
    assert status_of(request) == RequestStatus.AGREED
