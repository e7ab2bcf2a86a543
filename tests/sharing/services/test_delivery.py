"""What was agreed to is given as the entry is on the day of delivery, and what was narrowed meanwhile is narrowed."""

from datetime import timedelta
from typing import Any

import pytest

from catalog import services as catalog
from catalog.models import Entry
from core import clock
from core.exceptions import InvalidTransition, RuleViolation
from core.testing import clock_at
from sharing.choices import RequestAction, RequestKind, RequestStatus
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.services import answer, delivery, dispute, drafting, filing, stopping, telling
from tests.catalog.views.reader import get, text_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, shelf_of
from tests.sharing.requests import codes, open_tasks, status_of
from tests.unchanged import nothing_changes
from workflow.models import Notification


def revised(town: SharingTown, *names: str, masks: dict[str, str] | None = None, **fields: Any) -> None:
    """Publish the entry anew: with some of its items alone, with other masks, with another attribute."""
    revision = Entry.objects.get(pk=town.entry.pk).published_revision
    assert revision is not None
    kept = ("name", "field_name", "type", "length", "is_key", "nullable", "is_sensitive", "mask")
    items = [
        {"id": str(one.item_id), **{name: getattr(one, name) for name in kept}}
        | ({"mask": masks[one.field_name], "is_sensitive": True} if one.field_name in (masks or {}) else {})
        for one in revision.items.all()
        if not names or one.field_name in names
    ]
    world = town.world
    catalog.entry_update(actor=world.cataloguer, ref=town.entry.pk, fields=fields, items=items)
    catalog.entry_submit(actor=world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=town.entry.pk)


def agreed_without_data(town: SharingTown, **decided: Any) -> ShareRequest:
    request = town.agreed(dataset=None)
    answer.request_approve(actor=town.world.head, request_id=request.pk, **decided)
    return request


def deliver(town: SharingTown, request: ShareRequest) -> ShareRequest:
    return delivery.request_deliver(
        actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk
    )  # fmt: skip


def test_a_decision_that_waited_is_carried_out_as_the_entry_is_by_then(town: SharingTown) -> None:
    lifted, gone, masked = town.items("XM")[0], town.items("NRRQ")[0], town.items("YBZJE")[0]
    request = agreed_without_data(town, masks={"XM": "none"}, opinion="姓名按需明文")
    revised(town, "DXBH", "XM", "SFZH", "YBZJE", masks={"YBZJE": "text"})
    deliver(town, request)
    given = Grant.objects.get(request=request)
    assert gone in request.items
    assert gone not in given.items
    assert given.masks[masked] == "text"
    assert lifted not in given.masks
    request.refresh_from_db()
    assert (request.decided_items, request.decided_masks) == (given.items, given.masks)
    detail = RequestStep.objects.get(request=request, action=RequestAction.DELIVER).detail
    assert detail["masked"] == ["月保障金额"]
    assert len(detail["gone"]) == len(request.items) - len(given.items)
    shown = text_of(get(town.asker, f"/sharing/requests/{request.pk}/"))
    assert "Masked otherwise, since the entry changed: 月保障金额" in shown
    assert f"Given no more, since the entry changed: {'、'.join(detail['gone'])}" in shown
    telling.request_step_tell(request_id=request.pk, action=RequestAction.DELIVER, by=None, key="1")
    bodies = Notification.objects.filter(dedupe_key__contains=":1").values_list("body", flat=True)
    assert any("月保障金额" in str(body) for body in bodies)


def test_a_decision_on_an_entry_that_stays_is_carried_out_as_it_was_made(town: SharingTown) -> None:
    request = agreed_without_data(town, items=["DXBH", "XM"], masks={"XM": "none"}, opinion="部分")
    revised(town)
    deliver(town, request)
    given = Grant.objects.get(request=request)
    assert (given.items, given.masks) == (town.items("DXBH", "XM"), {})
    assert RequestStep.objects.get(request=request, action=RequestAction.DELIVER).detail == {"grant": given.pk}


LAW = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}
WITHHELD = {
    "sharing": "withheld",
    "sharing_reason": "法律规定",
    "legal_basis": [LAW],
    "sharing_scope": "",
    "sharing_purpose": "",
}


def test_what_is_withheld_by_now_is_not_given_though_it_was_agreed_to(town: SharingTown) -> None:
    request, undecided = agreed_without_data(town), town.agreed()
    town.world.republished(town.entry, **WITHHELD)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        deliver(town, request)
    assert codes(refused) == {("items", "gone")}
    # Nor by agreeing to it now: that is the authority's to decide.
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=undecided.pk)
    assert codes(refused) == {("items", "gone")}


def test_rows_chosen_by_an_item_that_is_gone_are_not_given(town: SharingTown) -> None:
    request = agreed_without_data(
        town, row_filter=[{"item": "NRRQ", "operator": "gte", "values": ["2026-01-01"]}], opinion="部分"
    )
    revised(town, "DXBH", "XM")
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        deliver(town, request)
    assert codes(refused) == {("items", "gone")}


def test_data_that_need_a_decision_by_now_are_not_given_without_one(free: SharingTown) -> None:
    request = free.agreed(dataset=None)
    assert status_of(request) == RequestStatus.AGREED
    free.world.republished(free.entry, sharing="conditional", sharing_scope="救助部门", sharing_purpose="核验")
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        deliver(free, request)
    assert codes(refused) == {("items", "needs_decision")}
    filing.request_withdraw(actor=free.asker, request_id=request.pk)
    assert status_of(request) == RequestStatus.WITHDRAWN


def test_a_limit_of_rows_falls_away_where_files_are_delivered(world: CatalogWorld) -> None:
    town = shelf_of(world)
    request = town.agreed(dataset=None)
    whole = dict.fromkeys(town.items(), "none")
    limits = {"rows_per_day": 500, "calls_per_minute": 6}
    answer.request_approve(
        actor=world.head, request_id=request.pk, masks=whole, limits=limits, opinion="文件不可遮蔽"
    )  # fmt: skip
    deliver(town, request)
    given = Grant.objects.get(request=request)
    assert (given.rows_per_day, given.calls_per_minute) == (None, 6)
    words = "Files are not counted in rows: the limit of 500 rows a day does not hold"
    assert words in text_of(get(town.asker, f"/sharing/requests/{request.pk}/"))


def test_what_was_narrowed_since_the_decision_is_narrowed_in_what_follows(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        first = town.granted()
        renewal = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
        fields = {"valid_until": "2028-12-31", "dataset": None}
        drafting.request_edit(actor=town.asker, request_id=renewal.pk, fields=fields)
        filing.request_submit(actor=town.asker, request_id=renewal.pk)
        filing.request_agree(actor=town.asker_head, request_id=renewal.pk)
        answer.request_approve(
            actor=town.world.head, request_id=renewal.pk, limits={"calls_per_minute": 5}, opinion="限"
        )
        assert not Grant.objects.filter(request=renewal).exists()
        stopping.narrow_announce(
            actor=town.world.head,
            grant_id=first.pk,
            masks={"DXBH": "text"},
            rows_per_day=10,
            calls_per_minute=60,
            reason="最小必要",
            stops_on=clock.today() + timedelta(days=12),
        )
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        deliver(town, renewal)
    second = Grant.objects.get(request=renewal)
    assert (second.rows_per_day, second.calls_per_minute) == (10, 5)
    assert second.masks[town.items("DXBH")[0]] == "text"


@pytest.mark.parametrize("change", [{"decided_rows_per_day": 10}, {"decided_calls_per_minute": 5}, {}])
def test_unconditional_data_that_are_limited_can_be_disputed(free: SharingTown, change: dict[str, int]) -> None:
    request = free.agreed()
    ShareRequest.objects.filter(pk=request.pk).update(**change)
    disputing = {"actor": free.asker_head, "request_id": request.pk, "reason": "限量过低"}
    if not change:
        with nothing_changes(), pytest.raises(InvalidTransition):
            dispute.request_dispute(**disputing)
        return
    dispute.request_dispute(**disputing)
    assert status_of(request) == RequestStatus.DISPUTED


def test_unconditional_data_that_are_masked_more_than_the_entry_says_can_be_disputed(free: SharingTown) -> None:
    request = free.agreed()
    ShareRequest.objects.filter(pk=request.pk).update(decided_masks={free.items("MC")[0]: "text"})
    dispute.request_dispute(actor=free.asker_head, request_id=request.pk, reason="不应遮蔽")
    assert status_of(request) == RequestStatus.DISPUTED


def test_nobody_is_asked_to_confirm_what_is_delivered_while_it_is_disputed(town: SharingTown) -> None:
    request = town.agreed(dataset=None)
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["DXBH"])
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)
    assert ("sharing.request.confirm", "cataloguer") not in open_tasks(request)
    with nothing_changes(), pytest.raises(InvalidTransition):
        delivery.delivery_confirm(actor=town.asker_head, request_id=request.pk)
    read = ShareRequest.objects.get(pk=request.pk).edit_version
    filing.request_withdraw(actor=town.asker_head, request_id=request.pk, edit_version=read)
    assert ("sharing.request.confirm", "cataloguer") in open_tasks(request)
    delivery.delivery_confirm(actor=town.asker, request_id=request.pk)
    assert status_of(request) == RequestStatus.DELIVERED
