"""Whoever prepares, asks for or decides a change or a withdrawal of an entry reads before what it cuts of sharing; what
is told is what happens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import Department
from catalog import services as catalog
from catalog.contention import Contention
from catalog.effects import proposed
from catalog.models import Entry
from core import clock
from core.actors import Actor, system_actor
from core.reasons import Reason
from core.testing import clock_at
from sharing import on_filing, scope
from sharing.choices import OPEN_GRANT_STATUSES, GrantAction, ObjectionState, RequestKind, RequestStatus
from sharing.models import Grant, GrantStep, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.services import answer, delivery, grant, objection, stopping
from sharing.services.telling import grants_keep
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.accounts import DepartmentFactory
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, shelf_of
from tests.sharing.factories import grant_make
from tests.sharing.services.test_closing import followed
from tests.sharing.services.test_delivery import agreed_without_data
from tests.sharing.services.test_loopholes import _renewed
from workflow import outbox_delivery
from workflow.models import Notification

CLOCK = system_actor(CLOCK_JOB)
KEPT = (
    "name", "field_name", "type", "length", "decimals", "is_key", "nullable", "is_sensitive", "mask", "sharing",
    "sharing_condition",
)  # fmt: skip
LAW = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}
WITHHELD = {
    "sharing": "withheld", "sharing_reason": "法律规定", "legal_basis": [LAW], "sharing_scope": "",
    "sharing_purpose": "",
}  # fmt: skip
CONDITIONAL = {
    "sharing": "conditional",
    "sharing_scope": "民政部门",
    "sharing_purpose": "核验",
    "data_level": "general_2",
}
ITEM_WITHHELD = {"sharing": "withheld", "sharing_condition": "法律规定不予共享"}
NOTE = "该数据项另行规定"
ENDS = "end once the data authority approves"


def change(town: SharingTown, *, gone: str = "", added: dict[str, Any] | None = None, **fields: Any) -> None:
    """Open a revision of the entry; ``items`` holds new values of items by field name."""
    entry = Entry.objects.get(pk=town.entry.pk)
    assert entry.published_revision is not None
    by_item: dict[str, dict[str, Any]] = fields.pop("items", {})
    items = [
        {"id": str(one.item_id)} | {name: getattr(one, name) for name in KEPT} | by_item.get(one.field_name, {})
        for one in entry.published_revision.items.all()
        if one.field_name != gone
    ]
    items += [added] if added else []
    catalog.entry_update(actor=town.world.cataloguer, ref=entry.pk, fields=fields, items=items)


def approved(town: SharingTown) -> None:
    catalog.entry_submit(actor=town.world.cataloguer, ref=town.entry.pk)
    decided(town)


def decided(town: SharingTown) -> None:
    for who in (town.world.head, town.world.reviewer):
        catalog.entry_approve(actor=who, ref=town.entry.pk)


def told(town: SharingTown, *, is_withdrawal: bool = False, by: Actor | None = None) -> list[on_filing.Line]:
    proposal = proposed(Entry.objects.get(pk=town.entry.pk), is_withdrawal=is_withdrawal)
    assert proposal is not None
    shown = on_filing.panel(by or town.world.head, proposal)
    return list(shown["lines"]) if shown else []


def named(lines: list[on_filing.Line]) -> dict[str, set[int]]:
    """Return the grants that are named, by what is told to become of them."""
    found: dict[str, set[int]] = {}
    for line in lines:
        numbers = {one.pk for _name, grants in line.departments for one in grants}
        count, _of, fate = line.what.partition(": ")
        if numbers:
            held = len(line.departments)
            expected = f"{len(numbers)} grant{'s' * (len(numbers) > 1)} of {held} department{'s' * (held > 1)}"
            assert count == expected
            found.setdefault(fate, set()).update(numbers)
    return found


def state() -> dict[int, tuple[Any, ...]]:
    return {
        one.pk: (one.status in OPEN_GRANT_STATUSES, one.valid_to, set(one.items), one.masks)
        for one in Grant.objects.all()
    }


def became(before: dict[int, tuple[Any, ...]]) -> dict[str, set[int]]:
    """Return what became of grants, in the words in which it is told."""
    found: dict[str, set[int]] = {}
    for pk, (is_open, valid_to, items, masks) in state().items():
        was_open, was_to, was_items, was_masks = before[pk]
        if was_open and not is_open:
            found.setdefault(ENDS, set()).add(pk)
            continue
        if valid_to != was_to:
            found.setdefault("end after a notice", set()).add(pk)
        if (items, masks) != (was_items, was_masks):
            found.setdefault("adapted to the entry once the data authority approves", set()).add(pk)
    return found


def other_of(town: SharingTown, **given: Any) -> Grant:
    """Give the data to a department of its own."""
    return grant_make(town.dataset, DepartmentFactory(region=town.world.provider.region), **given)


CAUSES: dict[str, tuple[Callable[[SharingTown], Any], str]] = {
    "withheld": (lambda town: change(town, **WITHHELD), "The data are withheld from sharing then"),
    "an item withheld": (
        lambda town: change(town, items={"XM": ITEM_WITHHELD}, sharing_note=NOTE),
        "No longer given: 姓名.",
    ),
    "an item gone": (lambda town: change(town, gone="NRRQ"), "No longer given: 纳入日期."),
    "an item masked": (
        lambda town: change(town, items={"YBZJE": {"is_sensitive": True, "mask": "text"}}),
        "Masked, or masked otherwise than now: 月保障金额.",
    ),
    "a type": (
        lambda town: change(town, items={"YBZJE": {"type": "C", "length": 20, "decimals": None}}),
        "The type of an item changes by which their rows are chosen: 月保障金额.",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_what_is_told_of_each_cause_is_what_happens(town: SharingTown, cause: str) -> None:
    first, renewal = _renewed(town)
    town.granted(items=["DXBH", "XM"], row_filter=[AMOUNT])
    other_of(town, items=["NRRQ"])
    other_of(town, items=["DXBH"])
    other_of(town, items=["DXBH"], valid_to=clock.now() - timedelta(minutes=1))
    make, why = CAUSES[cause]
    make(town)
    before = state()
    lines = told(town)
    assert why in " ".join(line.why for line in lines)
    assert _takes_away(town)
    grants_keep(actor=CLOCK)  # what is over is over by itself
    before |= {pk: one for pk, one in state().items() if not one[0]}
    approved(town)
    happened = became(before)
    assert happened
    assert named(lines) == happened
    while outbox_delivery.deliver():
        pass
    closed = set(ShareRequest.objects.filter(status=RequestStatus.WITHDRAWN).values_list("pk", flat=True))
    assert {one.pk for line in lines for one in line.requests} == closed
    assert closed or cause not in ("withheld", "a type")
    adapted = [one.words for one in GrantStep.objects.filter(action=GrantAction.ADAPT)]
    assert (f"The entry changed. {why}" in adapted) == ("No longer given" in why)
    assert {first.pk, renewal.pk} & set().union(*happened.values()) or cause == "a type"


AMOUNT = {"item": "YBZJE", "operator": "lt", "values": ["500"]}
SINCE = {"item": "NRRQ", "operator": "gt", "values": ["2020-01-01"]}
GONE = ("What was granted is no part of the entry any more then.", "share.gone")
KEPT_BACK = (
    "The data are withheld from sharing then; only what was decided on while they were withheld already goes on.",
    "share.withheld",
)


@pytest.mark.parametrize(
    ("rows", "changed", "why"),
    [
        pytest.param([AMOUNT], {"gone": "XM"}, GONE, id="gone, rows by what stays"),
        pytest.param([AMOUNT, SINCE], {"gone": "NRRQ"}, GONE, id="one of two conditions gone"),
        pytest.param([AMOUNT], {"items": {"XM": ITEM_WITHHELD}}, KEPT_BACK, id="withheld, rows by what stays"),
        pytest.param([AMOUNT, SINCE], {"items": {"NRRQ": ITEM_WITHHELD}}, KEPT_BACK, id="a condition withheld"),
        pytest.param([SINCE], {"gone": "XM", "items": {"NRRQ": ITEM_WITHHELD}}, KEPT_BACK, id="rows by the withheld"),
        pytest.param([], {"gone": "XM", "items": {"NRRQ": ITEM_WITHHELD}}, GONE, id="another item withheld"),
    ],
)
def test_data_count_as_withheld_only_where_they_are_part_of_the_entry_still(
    town: SharingTown, rows: list[dict[str, Any]], changed: dict[str, Any], why: tuple[str, str]
) -> None:
    made = town.granted(items=["XM"], row_filter=rows)
    change(town, **changed, sharing_note=NOTE)
    line, closed = told(town)
    assert [one.pk for one in closed.requests] == [made.request_id]
    words, code = why
    assert (line.what, line.why) == (f"1 grant of 1 department: {ENDS}", words)
    approved(town)
    made.refresh_from_db()
    assert made.status not in OPEN_GRANT_STATUSES
    assert made.steps.get(action=GrantAction.END).detail["why"]["code"] == code
    assert str(Reason(code)) in text_of(get(town.asker, f"/sharing/grants/{made.pk}/"))


def test_who_gains_by_a_weaker_mask_loses_nothing(town: SharingTown) -> None:
    change(town, items={"YBZJE": {"is_sensitive": True, "mask": "text"}})
    approved(town)
    gains = town.granted(items=["DXBH", "YBZJE"])
    assert list(gains.masks.values()) == ["text"]
    over = other_of(town, items=["NRRQ"], valid_to=clock.now() - timedelta(minutes=1))
    assert over.status in OPEN_GRANT_STATUSES, "until the night"
    change(town, gone="NRRQ", items={"YBZJE": {"mask": "band"}})
    assert told(town) == []
    assert not _takes_away(town)
    loses = town.granted(items=["NRRQ", "YBZJE"])
    assert list(loses.masks.values()) == ["text"]
    assert _takes_away(town)
    [line] = told(town)
    assert named([line]) == {"adapted to the entry once the data authority approves": {loses.pk}}
    assert line.why == "No longer given: 纳入日期."
    approved(town)
    gains.refresh_from_db()
    assert list(gains.masks.values()) == ["band"]


def _takes_away(town: SharingTown) -> bool:
    proposal = proposed(Entry.objects.get(pk=town.entry.pk))
    assert proposal is not None
    return on_filing.takes_away(proposal.entry, proposal.revision)


@pytest.mark.parametrize(
    ("before", "after", "is_more"),
    [
        ("none", "text", True),
        ("none", "band", True),
        ("band", "text", True),
        ("band", "hash", True),
        ("hash", "text", True),
        ("name", "address", True),
        ("band", "band", False),
        ("text", "band", False),
        ("hash", "name", False),
        ("text", "hash", False),
    ],
)
def test_a_mask_hides_more_than_another_or_something_else(before: str, after: str, is_more: bool) -> None:
    held = {} if before == "none" else {"it": before}
    assert scope.masked_more(held, {"it": after}) == ({"it"} if is_more else set())


def test_data_that_need_a_request_then_end_after_a_notice_and_what_has_not_begun_at_once(free: SharingTown) -> None:
    moment = clock.now()
    runs, short, later = (
        other_of(free, valid_to=moment + timedelta(days=300)),
        other_of(free, valid_to=moment + timedelta(days=3)),
        other_of(free, valid_from=moment + timedelta(days=200), valid_to=moment + timedelta(days=300)),
    )
    change(free, **CONDITIONAL)
    before, lines = state(), told(free)
    assert named(lines) == {"end after a notice": {runs.pk}, ENDS: {later.pk}}
    approved(free)
    assert became(before) == named(lines)
    runs.refresh_from_db()
    last = runs.last_moment.astimezone(clock.REGION_ZONE).date()
    assert any(f"until {last.isoformat()} if that is today" in line.why for line in lines)
    short.refresh_from_db()
    assert short.valid_to == before[short.pk][1]


def test_each_of_two_steps_at_once_is_told_with_its_own_reason(free: SharingTown) -> None:
    runs = other_of(free, valid_to=clock.now() + timedelta(days=300))
    change(free, items={"MC": {"is_sensitive": True, "mask": "text"}}, **CONDITIONAL)
    approved(free)
    while outbox_delivery.deliver():
        pass
    why = {one.words for one in runs.steps.filter(action=GrantAction.ADAPT)}
    assert len(why) == 2
    told = Notification.objects.filter(kind="sharing.grant", url=f"/sharing/grants/{runs.pk}/", user=free.world.head.id)
    assert {one.body.partition("\n")[0] for one in told} == why


@pytest.mark.parametrize(
    ("item", "fate"),
    [
        pytest.param(ITEM_WITHHELD, ENDS, id="withheld"),
        pytest.param(
            {"is_sensitive": True, "mask": "text"},
            "stay open, but give no files any more once the data authority approves",
            id="to be masked",
        ),
        pytest.param({}, "", id="free"),
    ],
)
def test_files_that_cannot_be_given_whole_any_more_are_told_apart(
    world: CatalogWorld, item: dict[str, Any], fate: str
) -> None:
    shelf = shelf_of(world)
    asked = shelf.agreed()
    unmasked = dict.fromkeys(shelf.items(), "none")
    answer.request_approve(actor=world.head, request_id=asked.pk, masks=unmasked, opinion="文件不可遮蔽")
    given = asked.grants.get()
    added = {"name": "拍摄地点", "field_name": "PSDD", "type": "C", "length": 50} | item
    change(shelf, added=added, sharing_note=NOTE)
    lines = told(shelf)
    assert named(lines) == ({fate: {given.pk}} if fate else {})
    approved(shelf)
    given.refresh_from_db()
    path = f"/api/v1/datasets/{shelf.dataset.pk}/files/?grant={given.pk}"
    assert get(shelf.asker, path).status_code == (403 if fate else 200)
    assert (given.status in OPEN_GRANT_STATUSES) == (fate != ENDS)


def test_a_withdrawal_tells_of_grants_requests_and_corrections(town: SharingTown) -> None:
    made, asked, draft, unseen = town.granted(), town.agreed(), town.draft(), town.submitted()
    raised = objection.objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="金额有误")
    page = f"/catalog/{town.entry.ref}/withdraw/"
    for reader, path in ((town.world.cataloguer, page), (town.world.head, f"/review/{town.entry.ref}/")):
        if reader is town.world.head:
            catalog.entry_withdraw(actor=town.world.cataloguer, ref=town.entry.pk, reason="职责调整")
        shown = text_of(get(reader, path))
        for words in (
            f"1 grant of 1 department: {ENDS} Nothing is given of an entry that was withdrawn. 市人社局",
            f"Grant {made.pk}",
            "2 open requests: closed as withdrawn once the data authority approves",
            f"Request {asked}",
            "1 correction request: closed once the data authority approves",
        ):
            assert words in shown, (path, words)
        assert f"Request {unseen}" not in shown
    assert ENDS in text_of(get(town.world.cataloguer, f"/catalog/{town.entry.ref}/"))
    before, lines = state(), told(town, is_withdrawal=True)
    decided(town)
    assert became(before) == named(lines)
    closed = set(ShareRequest.objects.filter(status=RequestStatus.WITHDRAWN).values_list("pk", flat=True))
    assert closed == {made.request_id, asked.pk, unseen.pk}
    assert ShareRequest.objects.get(pk=draft.pk).status == RequestStatus.DRAFT
    raised.refresh_from_db()
    assert raised.state == ObjectionState.WITHDRAWN


def test_an_agreement_of_which_nothing_is_left_is_told_before_it_is_closed(town: SharingTown) -> None:
    agreed, stays = (agreed_without_data(town, items=[item], opinion="部分") for item in ("XM", "DXBH"))
    change(town, items={"XM": ITEM_WITHHELD}, sharing_note=NOTE)
    [line] = told(town)
    assert line.what == "1 agreed request that waits for its data: closed in the night after the approval"
    assert [one.pk for one in line.requests] == [agreed.pk]
    assert delivery.agreements_expire(actor=CLOCK) == 0
    approved(town)
    assert delivery.agreements_expire(actor=CLOCK) == 1
    assert ShareRequest.objects.get(pk=agreed.pk).status == RequestStatus.WITHDRAWN
    assert ShareRequest.objects.get(pk=stays.pk).status == RequestStatus.AGREED


def test_an_agreement_that_is_over_already_is_not_told(town: SharingTown) -> None:
    first, other = town.granted(), town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    renewal = followed(town, first, RequestKind.RENEWAL)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    short, day = agreed_without_data(town, items=["XM"], opinion="部分"), clock.today() + timedelta(days=30)
    assert short.decided_until is not None
    change(town, **WITHHELD)
    assert _told_of(town) == {renewal.pk, short.pk}
    with clock_at(clock.midnight_after(short.decided_until)):
        assert _told_of(town) == {renewal.pk}
    stopping.stop_announce(actor=town.world.head, grant_id=first.pk, reason="改造", stops_on=day)
    with clock_at(clock.midnight_after(day)):
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
        assert _told_of(town) == {short.pk}


def _told_of(town: SharingTown) -> set[int]:
    """Return the agreements that wait for their data and are told to be closed."""
    return {one.pk for line in told(town) if "in the night after" in line.what for one in line.requests}


@pytest.mark.parametrize("changed", [{"items": {"XM": ITEM_WITHHELD}}, {"items": {"NRRQ": ITEM_WITHHELD}}])
def test_preparing_a_change_costs_the_same_whatever_the_number_of_agreements(
    town: SharingTown, django_assert_num_queries: DjangoAssertNumQueries, changed: dict[str, Any]
) -> None:
    def agree(count: int) -> None:
        for _at in range(count):
            agreed_without_data(town, items=["XM"], opinion="部分")

    agree(1)
    change(town, **changed, sharing_note=NOTE)
    client, path = client_of(town.world.cataloguer), f"/catalog/{town.entry.ref}/edit/sharing/"
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    agree(4)
    is_cut = "XM" in changed["items"]
    assert len(_told_of(town)) == (5 if is_cut else 0)
    with django_assert_num_queries(len(few)):
        client.get(path)


def test_each_page_on_which_a_change_is_prepared_asked_for_and_decided_tells_it(town: SharingTown) -> None:
    given = town.granted()
    change(town, **WITHHELD)
    ref, world = town.entry.ref, town.world
    words = f"1 grant of 1 department: {ENDS}"
    edit = f"/catalog/{ref}/edit"
    drafting = [f"{edit}/sharing/", f"{edit}/check/", f"/catalog/{ref}/?revision=working"]
    for path in (*drafting, f"/collection/datasets/{town.dataset.pk}/"):
        shown = text_of(get(world.cataloguer, path))
        assert words in shown, path
        assert f"Grant {given.pk}" in shown
    catalog.entry_submit(actor=world.cataloguer, ref=town.entry.pk)
    assert words in text_of(get(world.head, f"/review/{ref}/"))
    catalog.entry_approve(actor=world.head, ref=town.entry.pk)
    assert words in text_of(get(world.reviewer, f"/review/{ref}/"))
    assert words in text_of(get(world.reviewer, f"/catalog/{ref}/?revision=working"))
    assert words not in text_of(get(world.cataloguer, f"/catalog/{ref}/")), "the one in force cuts nothing"
    for stranger in (town.asker, town.asker_head):
        for path in (f"/catalog/{ref}/", f"/collection/datasets/{town.dataset.pk}/"):
            assert ENDS not in text_of(get(stranger, path))
    catalog.entry_approve(actor=world.reviewer, ref=town.entry.pk)
    assert words not in text_of(get(world.head, f"/collection/datasets/{town.dataset.pk}/"))


def test_who_may_not_know_who_reads_what_is_told_nothing(town: SharingTown) -> None:
    town.granted()
    change(town, **WITHHELD)
    for stranger in (town.world.sysadmin, _reviewer_elsewhere(town)):
        assert told(town, by=stranger) == []
    assert told(town) != []


def _reviewer_elsewhere(town: SharingTown) -> Actor:
    from dataclasses import replace

    elsewhere: Department = DepartmentFactory(authority=True)
    return replace(town.world.reviewer, department_id=elsewhere.pk, region_path=elsewhere.region.path)


def test_what_takes_data_from_departments_is_decided_alone(free: SharingTown) -> None:
    """A stricter attribute is no concern by itself; that somebody loses data by it is."""
    idle = free.world.published(name="无人使用")
    other_of(free)
    change(free, **CONDITIONAL)
    catalog.entry_submit(actor=free.world.cataloguer, ref=free.entry.pk)
    catalog.entry_update(actor=free.world.cataloguer, ref=idle.pk, fields={"sharing_purpose": "核验身份"})
    catalog.entry_submit(actor=free.world.cataloguer, ref=idle.pk)
    done = catalog.review_approve_many(actor=free.world.head, refs=[free.entry.ref, idle.ref])
    assert [one.pk for one in done.approved] == [idle.pk]
    assert [(one.ref, one.reasons) for one in done.refused] == [(free.entry.ref, [str(Contention.TAKES_AWAY.label)])]
    assert "Departments lose data that they have" in text_of(get(free.world.head, f"/review/{free.entry.ref}/"))
