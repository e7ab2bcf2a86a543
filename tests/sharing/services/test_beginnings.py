"""Use that has not begun yet, or was asked for to begin in the past."""

from datetime import date, timedelta
from typing import Any

import pytest

from core import clock
from core.exceptions import RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus, RequestKind
from sharing.models import Grant, GrantStep, ShareRequest
from sharing.services import answer, drafting, filing
from sharing.services.following import sharing_follow_withdrawal
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import codes
from workflow.models import OutboxMessage

CONDITIONAL = {"sharing": "conditional", "sharing_scope": "救助部门", "sharing_purpose": "核验"}


def _followed(town: SharingTown, grant: Grant, kind: RequestKind, **fields: Any) -> ShareRequest:
    """Let the own head agree to a request that follows a grant."""
    drafted = drafting.request_follow(actor=town.asker, grant_id=grant.pk, kind=kind)
    drafting.request_edit(actor=town.asker, request_id=drafted.pk, fields={"valid_until": "2027-12-31", **fields})
    filing.request_submit(actor=town.asker, request_id=drafted.pk)
    return filing.request_agree(actor=town.asker_head, request_id=drafted.pk)


def _renewed(town: SharingTown) -> tuple[Grant, Grant]:
    first = town.granted(valid_until=date(2027, 3, 31))
    renewal = _followed(town, first, RequestKind.RENEWAL)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    return first, renewal.grants.get()


def test_what_begins_after_the_notice_ends_when_the_data_need_a_decision(free: SharingTown) -> None:
    grant = free.agreed(valid_from=clock.today() + timedelta(days=60)).grants.get()
    free.world.republished(free.entry, **CONDITIONAL)
    grant.refresh_from_db()
    assert (grant.status, grant.end_reason) == (GrantStatus.ENDED, EndReason.ENTRY)
    assert grant.valid_to > grant.valid_from


def test_a_running_grant_is_shortened_and_its_renewal_by_itself_ends(free: SharingTown) -> None:
    first = free.agreed(valid_until=clock.today() + timedelta(days=60)).grants.get()
    second = _followed(free, first, RequestKind.RENEWAL).grants.get()
    agreed = first.valid_to
    free.world.republished(free.entry, **CONDITIONAL)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.status == GrantStatus.ACTIVE
    assert clock.now() < first.valid_to < agreed
    assert (second.status, second.end_reason) == (GrantStatus.ENDED, EndReason.ENTRY)


@pytest.mark.parametrize(
    ("days", "state"), [(60, (GrantStatus.ENDED, EndReason.REPLACED)), (90, (GrantStatus.ACTIVE, ""))]
)
def test_a_change_of_use_that_has_not_begun(town: SharingTown, days: int, state: tuple[str, str]) -> None:
    former = town.granted(valid_from=clock.today() + timedelta(days=60))
    begins = (clock.today() + timedelta(days=days)).isoformat()
    change = _followed(town, former, RequestKind.CHANGE, valid_from=begins)
    answer.request_approve(actor=town.world.head, request_id=change.pk)
    made = change.grants.get()
    former.refresh_from_db()
    assert (former.status, former.end_reason) == state
    assert made.status == GrantStatus.ACTIVE
    if former.status == GrantStatus.ACTIVE:
        assert former.valid_to == made.valid_from


def test_a_change_of_use_takes_the_place_of_the_renewal_too(town: SharingTown) -> None:
    first, second = _renewed(town)
    change = _followed(town, first, RequestKind.CHANGE, items=["DXBH"])
    answer.request_approve(actor=town.world.head, request_id=change.pk)
    made = change.grants.get()
    for former in (first, second):
        former.refresh_from_db()
        assert (former.status, former.end_reason) == (GrantStatus.ENDED, EndReason.REPLACED)
    assert made.items == town.items("DXBH")


def test_a_change_to_come_leaves_the_renewal_until_it_begins(town: SharingTown) -> None:
    first, second = _renewed(town)
    begins = (second.valid_from + timedelta(days=31)).astimezone(clock.REGION_ZONE).date()
    change = _followed(town, first, RequestKind.CHANGE, valid_from=begins.isoformat())
    answer.request_approve(actor=town.world.head, request_id=change.pk)
    until = first.valid_to
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.valid_to) == (GrantStatus.ACTIVE, until)
    assert (second.status, second.valid_to) == (GrantStatus.ACTIVE, change.grants.get().valid_from)


def test_a_withdrawn_entry_ends_a_renewal_once(town: SharingTown) -> None:
    grants = _renewed(town)
    OutboxMessage.objects.all().delete()
    sharing_follow_withdrawal(actor=town.world.reviewer, entry=town.entry)
    assert [GrantStep.objects.filter(grant=one, action="end").count() for one in grants] == [1, 1]
    told = OutboxMessage.objects.filter(event="sharing.grant.changed")
    assert sorted(one.payload["grant_id"] for one in told) == sorted(one.pk for one in grants)


@pytest.mark.parametrize("is_yesterday", [True, False])
def test_use_cannot_be_asked_for_from_a_day_that_is_over(town: SharingTown, is_yesterday: bool) -> None:
    first_day = clock.today() - timedelta(days=1) if is_yesterday else date(1, 1, 1)
    drafted = town.draft(valid_from=first_day)
    with pytest.raises(RuleViolation) as refused:
        filing.request_submit(actor=town.asker, request_id=drafted.pk)
    assert codes(refused) == {("valid_from", "past")}
    drafted.refresh_from_db()
    assert (drafted.status, drafted.number, drafted.valid_from) == ("draft", None, first_day)


def test_use_whose_first_day_went_by_while_it_was_decided_begins_with_the_decision(town: SharingTown) -> None:
    request = town.agreed(valid_from=clock.today())
    with clock_at(clock.now() + timedelta(days=3)):
        answer.request_approve(actor=town.world.head, request_id=request.pk)
        assert request.grants.get().valid_from == clock.now()


def test_a_first_day_in_the_year_one_from_before_does_not_hold_the_approval_up(town: SharingTown) -> None:
    request = town.agreed()
    ShareRequest.objects.filter(pk=request.pk).update(valid_from=date(1, 1, 1))
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    assert request.grants.get().status == GrantStatus.ACTIVE
