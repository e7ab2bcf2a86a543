"""Limits of use: given with a decision, taken over by what follows a grant, and not walked round on the spot."""

from datetime import date, timedelta
from typing import Any

import pytest

from collection.models import Dataset
from core import clock
from core.exceptions import NotAllowed, RuleViolation
from core.testing import clock_at
from sharing import hindrances
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantAction, RequestKind, RequestStatus
from sharing.models import Grant, GrantNotice, GrantStep, RequestStep, ServiceLimits, ShareRequest
from sharing.services import answer, dispute, drafting, filing, grant, service, stopping, terms
from tests.catalog.views.reader import get, text_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, shelf_of
from tests.sharing.requests import codes, status_of
from tests.unchanged import nothing_changes

LIMITS = {"rows_per_day": 1000, "calls_per_minute": 60}


def limits(one: Grant) -> dict[str, int | None]:
    one.refresh_from_db()
    return {"rows_per_day": one.rows_per_day, "calls_per_minute": one.calls_per_minute}


def followed(town: SharingTown, first: Grant, kind: str) -> ShareRequest:
    """Return what follows a grant, agreed to by the own head."""
    made = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=kind)
    fields = town.fields(valid_until=date(2028, 12, 31), row_filter=made.row_filter, items=made.items)
    drafting.request_edit(actor=town.asker, request_id=made.pk, fields=fields)
    filing.request_submit(actor=town.asker, request_id=made.pk)
    return filing.request_agree(actor=town.asker_head, request_id=made.pk)


# --- With the decision ------------------------------------------------------------------------------------------------


def test_limits_are_given_with_a_decision_and_are_no_part_of_what_was_asked(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=request.pk, limits=LIMITS)
    assert limits(request.grants.get()) == LIMITS
    step = RequestStep.objects.get(request=request, action="approve")
    assert step.detail["rows_per_day"] == 1000
    for page in (f"/sharing/requests/{request.pk}/", f"/sharing/requests/{request.pk}/print/"):
        assert "1,000 rows a day" in text_of(get(town.asker, page))


def test_a_limit_that_is_none_is_refused(town: SharingTown) -> None:
    request = town.agreed()
    for wrong in ({"rows_per_day": 0}, {"calls_per_minute": 2**31}):
        with pytest.raises(RuleViolation) as refused:
            answer.request_approve(actor=town.world.head, request_id=request.pk, limits=wrong)
        assert codes(refused) == {(next(iter(wrong)), "range")}
    assert status_of(request) == RequestStatus.AWAITING_PROVIDER


@pytest.mark.parametrize("kind", [RequestKind.RENEWAL, RequestKind.CHANGE])
def test_what_follows_a_grant_takes_its_limits_over(town: SharingTown, kind: str) -> None:
    first = town.granted_in_part(limits=LIMITS)
    second = followed(town, first, kind)
    answer.request_approve(actor=town.world.head, request_id=second.pk, opinion="同意")
    assert limits(second.grants.get()) == LIMITS


def test_who_decides_on_a_renewal_sets_limits_anew_with_a_word_why_where_they_are_tighter(town: SharingTown) -> None:
    first = town.granted_in_part(limits=LIMITS)
    second = followed(town, first, RequestKind.RENEWAL)
    tighter = {"rows_per_day": 10, "calls_per_minute": None}
    with pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=second.pk, limits=tighter)
    assert codes(refused) == {("opinion", "required")}
    answer.request_approve(actor=town.world.head, request_id=second.pk, limits=tighter, opinion="最小必要")
    assert limits(second.grants.get()) == tighter


def test_a_settlement_keeps_the_limits_unless_it_sets_others(town: SharingTown) -> None:
    first = town.granted_in_part(items=["DXBH", "XM"], limits=LIMITS)
    request = first.request
    assert request is not None
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="不够")
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="应予共享", without_provider=True
    )
    second = Grant.objects.exclude(pk=first.pk).get()
    assert (limits(second), first.pk != second.pk) == (LIMITS, True)


def test_a_narrowing_reaches_the_renewal_that_was_agreed_to_before(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        first = town.granted(valid_until=date(2027, 3, 31))
        renewal = followed(town, first, RequestKind.RENEWAL)
        answer.request_approve(actor=town.world.head, request_id=renewal.pk)
        day = clock.today() + timedelta(days=12)
        stopping.narrow_announce(
            actor=town.world.head, grant_id=first.pk, rows_per_day=10, reason="最小必要", stops_on=day
        )
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
    second = renewal.grants.get()
    assert limits(second)["rows_per_day"] == 10
    assert GrantStep.objects.filter(grant=second, action=GrantAction.NARROW).exists()


def test_files_are_not_counted_in_rows(world: CatalogWorld) -> None:
    town = shelf_of(world)
    request = town.agreed(items=town.items())
    with pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=world.head, request_id=request.pk, limits=LIMITS)
    assert codes(refused) == {("rows_per_day", "files")}
    assert 'name="rows_per_day"' not in get(world.head, f"/sharing/requests/{request.pk}/").content.decode()
    whole = {"masks": dict.fromkeys(town.items(), "none"), "opinion": "文件不可遮蔽"}
    answer.request_approve(actor=world.head, request_id=request.pk, limits={"calls_per_minute": 6}, **whole)
    made = request.grants.get()
    assert limits(made) == {"rows_per_day": None, "calls_per_minute": 6}
    day = clock.today() + timedelta(days=12)
    with pytest.raises(RuleViolation) as refused:
        stopping.narrow_announce(actor=world.head, grant_id=made.pk, rows_per_day=10, reason="限量", stops_on=day)
    assert codes(refused) == {("rows_per_day", "files")}
    page = get(world.head, f"/sharing/grants/{made.pk}/")
    assert "Files are not counted in rows" in text_of(page)
    assert 'name="rows_per_day"' not in page.content.decode()


# --- On the spot ------------------------------------------------------------------------------------------------------


def take(town: SharingTown) -> Grant:
    return terms.grant_take(
        actor=town.asker,
        dataset_id=town.dataset.pk,
        purpose="核对机构名称",
        until=clock.today() + timedelta(days=365),
        systems=[town.system.pk],
    )


def announced(town: SharingTown, one: Grant, **change: Any) -> GrantNotice:
    day = clock.today() + timedelta(days=12)
    given = {"actor": town.world.head, "grant_id": one.pk, "reason": "调整", "stops_on": day}
    return stopping.narrow_announce(**given, **change) if change else stopping.stop_announce(**given)


NARROWED: list[dict[str, Any]] = [{"rows_per_day": 10}, {"masks": {"MC": "text"}}]


@pytest.mark.parametrize("change", [{}, *NARROWED])
@pytest.mark.parametrize("when", ["announced", "cut_short", "carried_out", "over"])
def test_nothing_that_was_announced_is_walked_round(free: SharingTown, change: dict[str, Any], when: str) -> None:
    with clock_at("2026-09-18 10:00") as now:
        terms.terms_accept(actor=free.asker_head, number=1)
        first = take(free)
        take(free)  # for another purpose: nothing stands against it
        announced(free, first, **change)
        if when == "cut_short":
            now.advance(days=1)
            grant.grant_end(actor=free.asker_head, grant_id=first.pk, reason=EndReason.NOT_NEEDED)
        elif when != "announced":
            now.advance(days=12)
            stopping.stop_carry_out(actor=free.world.head, grant_id=first.pk)
            if when == "over" and change:
                now.advance(days=1)
                grant.grant_end(actor=free.asker_head, grant_id=first.pk, reason=EndReason.NOT_NEEDED)
        with pytest.raises(NotAllowed, match="Send a request"):
            take(free)
        # Asked for, the provider decides; what it gives whole, and for as long, it gave back.
        request = free.agreed(valid_until=clock.today() + timedelta(days=365))
        assert status_of(request) == RequestStatus.AWAITING_PROVIDER
        now.advance(days=1)
        answer.request_approve(actor=free.world.head, request_id=request.pk)
        still = when == "announced" or (when == "carried_out" and "rows_per_day" in change)
        assert (hindrances.taking(free.dataset, free.world.other.pk) is not None) == still


def test_what_was_taken_back_objected_to_or_loosened_stands_against_nothing(free: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        terms.terms_accept(actor=free.asker_head, number=1)
        first = take(free)
        announced(free, first)
        stopping.stop_take_back(actor=free.world.head, grant_id=first.pk)
        take(free)
        announced(free, first)
        stopping.stop_file(actor=free.world.reviewer, grant_id=first.pk, is_accepted=False, note="无正当理由")
        take(free)
        announced(free, first, rows_per_day=10)
        now.advance(days=12)
        stopping.stop_carry_out(actor=free.world.head, grant_id=first.pk)
        grant.grant_loosen(actor=free.world.head, grant_id=first.pk, limits=dict.fromkeys(LIMITS))
        assert hindrances.taking(free.dataset, free.world.other.pk) is None
        assert status_of(free.agreed()) == RequestStatus.AGREED


def test_a_renewal_goes_by_itself_with_what_was_narrowed(free: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        terms.terms_accept(actor=free.asker_head, number=1)
        first = take(free)
        name = free.items("MC")[0]
        announced(free, first, masks={name: "text"}, rows_per_day=10)
        assert status_of(followed(free, first, RequestKind.RENEWAL)) == RequestStatus.AWAITING_PROVIDER
        ShareRequest.objects.update(status=RequestStatus.WITHDRAWN)
        now.advance(days=12)
        stopping.stop_carry_out(actor=free.world.head, grant_id=first.pk)
        renewal = followed(free, first, RequestKind.RENEWAL)
    second = renewal.grants.get()
    assert (limits(second)["rows_per_day"], second.masks[name]) == (10, "text")


def test_another_department_takes_as_ever(free: SharingTown) -> None:
    terms.terms_accept(actor=free.asker_head, number=1)
    announced(free, take(free))
    assert hindrances.taking(free.dataset, free.world.authority.pk) is None


def test_who_ends_a_limited_grant_is_not_rid_of_the_limit(free: SharingTown) -> None:
    terms.terms_accept(actor=free.asker_head, number=1)
    request = free.agreed()
    first = request.grants.get()
    ShareRequest.objects.filter(pk=request.pk).update(decided_by=free.world.head.id)
    Grant.objects.filter(pk=first.pk).update(rows_per_day=500)
    grant.grant_end(actor=free.asker_head, grant_id=first.pk, reason=EndReason.NOT_NEEDED)
    with pytest.raises(NotAllowed, match="Send a request"):
        take(free)


# --- For all who get the data -----------------------------------------------------------------------------------------


def limited(town: SharingTown, **given: Any) -> ServiceLimits:
    given = {"rows_per_day": 100, "calls_per_minute": 6} | given
    return service.service_limits_set(actor=town.world.head, dataset_id=town.dataset.pk, **given)


def test_what_is_limited_for_all_holds_for_whoever_gets_the_data_by_himself(free: SharingTown) -> None:
    terms.terms_accept(actor=free.asker_head, number=1)
    limited(free)
    asked = free.agreed()
    assert limits(asked.grants.get()) == {"rows_per_day": 100, "calls_per_minute": 6}
    with pytest.raises(NotAllowed, match="Send a request"):  # ten grants of a hundred rows would give a thousand
        take(free)
    grant.grant_end(actor=free.asker_head, grant_id=asked.grants.get().pk, reason=EndReason.NOT_NEEDED)
    first = take(free)
    assert limits(first) == {"rows_per_day": 100, "calls_per_minute": 6}
    renewed = followed(free, first, RequestKind.RENEWAL).grants.get()
    assert limits(renewed) == {"rows_per_day": 100, "calls_per_minute": 6}
    for one in (first, renewed):
        one.refresh_from_db()
        if one.status in OPEN_GRANT_STATUSES:
            grant.grant_end(actor=free.asker_head, grant_id=one.pk, reason=EndReason.NOT_NEEDED)
    limited(free, rows_per_day=None, calls_per_minute=None)
    assert limits(take(free)) == {"rows_per_day": None, "calls_per_minute": None}
    assert limits(first)["rows_per_day"] == 100


def test_what_the_provider_decides_on_has_the_limits_that_it_sets(town: SharingTown) -> None:
    limited(town)
    assert limits(town.granted()) == {"rows_per_day": None, "calls_per_minute": None}


def test_limits_for_all_are_set_by_the_head_of_the_provider_and_nobody_else(free: SharingTown) -> None:
    given = {"dataset_id": free.dataset.pk, "rows_per_day": 5}
    with nothing_changes():
        for who in (free.world.cataloguer, free.asker_head, free.world.reviewer, free.world.secadmin):
            with pytest.raises(NotAllowed):
                service.service_limits_set(actor=who, **given)
        with pytest.raises(RuleViolation):
            limited(free, rows_per_day=0)
        Dataset.objects.filter(pk=free.dataset.pk).update(kind="files")
        with pytest.raises(RuleViolation) as refused:
            limited(free)
        assert codes(refused) == {("rows_per_day", "files")}
        Dataset.objects.filter(pk=free.dataset.pk).update(kind="table")
