"""What an agreement gives back of what was restricted, and how often what a provider gives in a day can be had."""

from datetime import date, timedelta
from typing import Any

import pytest

from core import clock
from core.exceptions import NotAllowed, RuleViolation
from core.testing import MovableClock, clock_at
from sharing import hindrances
from sharing.choices import EndReason, GrantStatus, RequestKind, RequestStatus
from sharing.limits import QuotaSpent
from sharing.models import Grant, GrantNotice, ShareRequest
from sharing.selectors.pull import row_quota_of
from sharing.services import answer, drafting, filing, grant, service, stopping, terms
from tests.catalog.views.reader import client_of, get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import pulled
from tests.sharing.requests import codes, status_of
from tests.unchanged import nothing_changes

YEAR = timedelta(days=365)


def take(town: SharingTown, days: int = 365) -> Grant:
    return terms.grant_take(
        actor=town.asker,
        dataset_id=town.dataset.pk,
        purpose="核对机构名称",
        until=clock.today() + timedelta(days=days),
        systems=[town.system.pk],
    )


def carried_out(now: MovableClock, town: SharingTown, one: Grant, **change: Any) -> None:
    """Let a stop or a narrowing be announced, and carried out on its day."""
    given = {"actor": town.world.head, "grant_id": one.pk, "reason": "调整"}
    day = clock.today() + timedelta(days=12)
    if change:
        stopping.narrow_announce(stops_on=day, **given, **change)
    else:
        stopping.stop_announce(stops_on=day, **given)
    now.advance(days=12)
    stopping.stop_carry_out(actor=town.world.head, grant_id=one.pk)


def is_kept_from(town: SharingTown) -> bool:
    return hindrances.taking(town.dataset, town.world.other.pk) is not None


@pytest.mark.parametrize("change", [{}, {"masks": {"MC": "text"}}])
@pytest.mark.parametrize(
    ("asked", "decided"),
    [
        ({}, {"masks": {"MC": "text"}}),
        ({}, {"row_filter": [{"item": "MC", "operator": "startswith", "values": ["第一"]}]}),
        ({}, {"methods": ["api"]}),
        ({}, {"until": date(2026, 11, 30)}),
        ({"valid_until": date(2026, 11, 30)}, {}),
        ({}, {"limits": {"calls_per_minute": 6}}),
    ],
)
def test_an_agreement_that_keeps_a_restriction_gives_nothing_back(
    free: SharingTown, change: dict[str, Any], asked: dict[str, Any], decided: dict[str, Any]
) -> None:
    with clock_at("2026-09-01 10:00") as now:
        terms.terms_accept(actor=free.asker_head, number=1)
        carried_out(now, free, take(free), **change)
        now.advance(days=1)
        request = free.agreed(**{"valid_until": clock.today() + YEAR} | asked)
        now.advance(hours=1)
        answer.request_approve(actor=free.world.head, request_id=request.pk, opinion="照旧", **decided)
        made = request.grants.get()
        grant.grant_end(actor=free.asker_head, grant_id=made.pk, reason=EndReason.NOT_NEEDED)
        with nothing_changes(), pytest.raises(NotAllowed, match="Send a request"):
            take(free)
        # The whole of it, for as long: that is given back.
        whole = free.agreed(valid_until=clock.today() + YEAR)
        assert status_of(whole) == RequestStatus.AWAITING_PROVIDER
        now.advance(hours=1)
        answer.request_approve(actor=free.world.head, request_id=whole.pk)
        assert not is_kept_from(free)


def test_what_is_agreed_to_while_a_stop_is_under_way_does_not_lift_it(free: SharingTown) -> None:
    with clock_at("2026-09-01 10:00") as now:
        terms.terms_accept(actor=free.asker_head, number=1)
        first = take(free)
        stopping.stop_announce(actor=free.world.head, grant_id=first.pk, reason="停", stops_on=date(2026, 9, 20))
        request = free.agreed(valid_until=date(2026, 12, 31))
        now.advance(hours=1)
        answer.request_approve(actor=free.world.head, request_id=request.pk, opinion="到月中", until=date(2026, 9, 15))
        assert is_kept_from(free)
        now.move_to("2026-09-20 10:00")
        stopping.stop_carry_out(actor=free.world.head, grant_id=first.pk)
        with nothing_changes(), pytest.raises(NotAllowed):
            take(free, 100)


def test_a_request_that_was_there_before_the_announcement_gives_nothing_back(free: SharingTown) -> None:
    with clock_at("2026-09-01 10:00") as now:
        terms.terms_accept(actor=free.asker_head, number=1)
        first, second = take(free), take(free)
        carried_out(now, free, first)
        earlier = free.agreed(valid_until=clock.today() + 2 * YEAR)  # before the stop of the other one is announced
        now.advance(hours=1)
        stopping.stop_announce(actor=free.world.head, grant_id=second.pk, reason="停", stops_on=date(2026, 9, 25))
        now.advance(hours=1)
        answer.request_approve(actor=free.world.head, request_id=earlier.pk)
        now.move_to("2026-09-25 10:00")
        stopping.stop_carry_out(actor=free.world.head, grant_id=second.pk)
        assert is_kept_from(free)


@pytest.mark.parametrize("masks", [{}, {"MC": "text"}])
def test_a_limit_that_was_decided_on_is_given_up_with_the_whole_and_nothing_less(
    free: SharingTown, masks: dict[str, str]
) -> None:
    with clock_at("2026-09-01 10:00") as now:
        terms.terms_accept(actor=free.asker_head, number=1)
        first = take(free)
        carried_out(now, free, first)
        limited, later = free.agreed(), free.agreed(valid_until=date(2027, 12, 31))
        answer.request_approve(actor=free.world.head, request_id=limited.pk, limits={"rows_per_day": 1})
        now.advance(hours=1)
        answer.request_approve(actor=free.world.head, request_id=later.pk, opinion="可", masks=masks)
        GrantNotice.objects.filter(grant=first).delete()  # nothing else stands against it
        grant.grant_end(actor=free.asker_head, grant_id=limited.grants.get().pk, reason=EndReason.NOT_NEEDED)
        assert is_kept_from(free) == bool(masks)


def test_what_is_limited_for_all_is_not_had_anew_by_ending_and_taking_again(free: SharingTown) -> None:
    terms.terms_accept(actor=free.asker_head, number=1)
    service.service_limits_set(actor=free.world.head, dataset_id=free.dataset.pk, rows_per_day=1)
    reader = client_of(free.asker)
    address = f"/api/v1/datasets/{free.dataset.pk}/rows/"
    had = []
    for _turn in range(2):
        one = take(free)
        had += [reader.get(address, {"grant": one.pk, "limit": 1}) for _call in range(2)]
        grant.grant_end(actor=free.asker_head, grant_id=one.pk, reason=EndReason.NOT_NEEDED)
    assert [one.status_code for one in had] == [200, 429, 429, 429]
    assert "counted together for all" in had[2].json()["detail"]
    # Without Redis the log of pulls says the same.
    again = row_quota_of(take(free))
    assert again is not None
    assert again.spent(clock.now() - timedelta(hours=1)) == 1


def test_what_was_decided_on_has_a_count_of_its_own(free: SharingTown) -> None:
    terms.terms_accept(actor=free.asker_head, number=1)
    service.service_limits_set(actor=free.world.head, dataset_id=free.dataset.pk, rows_per_day=2)
    taken = take(free)
    request = free.agreed()
    answer.request_approve(actor=free.world.head, request_id=request.pk, limits={"rows_per_day": 3})
    pulled(taken, free.asker, rows=2)
    own = row_quota_of(request.grants.get())
    assert own is not None
    assert own.take(3) == 3
    together = row_quota_of(taken)
    assert together is not None
    with pytest.raises(QuotaSpent):
        together.take(1)


def renewal_of(town: SharingTown, first: Grant, until: date, kind: str = RequestKind.RENEWAL) -> ShareRequest:
    made = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=kind)
    drafting.request_edit(actor=town.asker, request_id=made.pk, fields=town.fields(valid_until=until, items=made.items))
    return made


def agreed(town: SharingTown, made: ShareRequest) -> ShareRequest:
    filing.request_submit(actor=town.asker, request_id=made.pk)
    return filing.request_agree(actor=town.asker_head, request_id=made.pk)


def test_a_renewal_never_runs_beside_the_grant_that_it_renews(free: SharingTown) -> None:
    with clock_at("2026-09-01 10:00"):
        terms.terms_accept(actor=free.asker_head, number=1)
        first = take(free, 100)
        last = clock.today() + timedelta(days=100)
        short = renewal_of(free, first, last)
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            filing.request_submit(actor=free.asker, request_id=short.pk)
        assert codes(refused) == {("valid_until", "no_longer")}
        assert last.isoformat() in str(refused.value.errors[0].message)
        drafting.request_edit(actor=free.asker, request_id=short.pk, fields={"valid_until": last + timedelta(days=1)})
        second = agreed(free, short).grants.get()
        assert second.valid_from == first.valid_to
        # A renewal of what has not begun goes on from its end, too.
        third = agreed(free, renewal_of(free, second, last + timedelta(days=2))).grants.get()
        assert third.valid_from == second.valid_to


def test_a_renewal_is_not_decided_on_up_to_a_day_on_which_the_grant_before_still_runs(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    renewal = agreed(town, renewal_of(town, first, date(2027, 12, 31)))
    given = {"actor": town.world.head, "request_id": renewal.pk, "opinion": "只到三月"}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(until=date(2027, 3, 31), **given)
    assert codes(refused) == {("until", "no_longer")}
    answer.request_approve(until=date(2027, 4, 1), **given)
    assert renewal.grants.get().valid_from == first.valid_to


@pytest.mark.parametrize("dataset", [True, False])
def test_use_does_not_end_before_the_day_from_which_it_is_asked_for(town: SharingTown, dataset: bool) -> None:
    begins = clock.today() + timedelta(days=60)
    asked: dict[str, Any] = {"valid_from": begins} | ({} if dataset else {"dataset": None})
    request = town.agreed(**asked)
    given = {"actor": town.world.head, "request_id": request.pk, "opinion": "缩短"}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(until=begins - timedelta(days=1), **given)
    assert codes(refused) == {("until", "before_first")}
    sent = {"until": (begins - timedelta(days=1)).isoformat(), "opinion": "缩短", "word": "yes", "methods": ["api"]}
    page = client_of(town.world.head).post(f"/sharing/requests/{request.pk}/approve/", sent)
    assert begins.isoformat() in text_of(page)
    answer.request_approve(until=begins, **given)
    assert status_of(request) == RequestStatus.AGREED


@pytest.mark.parametrize(
    ("kind", "held", "for_all", "given"),
    [
        (RequestKind.RENEWAL, None, 10, 10),
        (RequestKind.RENEWAL, 50, 10, 10),
        (RequestKind.RENEWAL, 5, 10, 5),
        (RequestKind.RENEWAL, 5, None, 5),
        (RequestKind.CHANGE, None, 10, 10),  # a change of use of what is limited is decided on
    ],
)
def test_what_follows_by_itself_has_the_limits_for_all_where_they_are_tighter(
    free: SharingTown, kind: str, held: int | None, for_all: int | None, given: int | None
) -> None:
    first = free.agreed(valid_until=clock.today() + timedelta(days=20)).grants.get()
    Grant.objects.filter(pk=first.pk).update(rows_per_day=held)
    service.service_limits_set(actor=free.world.head, dataset_id=free.dataset.pk, rows_per_day=for_all)
    draft = renewal_of(free, first, date(2027, 12, 31), kind)
    words = "Limits of use that the provider set for all who get these data without a decision: 10 rows a day"
    shown = text_of(get(free.asker, f"/sharing/requests/{draft.pk}/edit/"))
    assert (words in shown) == (for_all is not None)
    filing.request_submit(actor=free.asker, request_id=draft.pk)
    assert (words in text_of(get(free.asker_head, f"/sharing/requests/{draft.pk}/"))) == (for_all is not None)
    filing.request_agree(actor=free.asker_head, request_id=draft.pk)
    made = draft.grants.get()
    assert (made.rows_per_day, made.status) == (given, GrantStatus.ACTIVE)


def test_what_the_provider_decides_to_renew_keeps_its_own_limits(town: SharingTown) -> None:
    first = town.granted_in_part(limits={"rows_per_day": 50})
    service.service_limits_set(actor=town.world.head, dataset_id=town.dataset.pk, rows_per_day=10)
    renewal = agreed(town, renewal_of(town, first, date(2027, 12, 31)))
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    assert Grant.objects.get(request=renewal).rows_per_day == 50
