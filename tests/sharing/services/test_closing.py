"""What was ended, or replaced by a change of use, does not come back, and what nothing comes of any more is closed."""

from datetime import date, timedelta
from typing import Any

import pytest

from core import clock
from core.actors import system_actor
from core.exceptions import InvalidTransition, RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus, RequestKind, RequestStatus
from sharing.client_choices import PullKind, PullOutcome
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.services import answer, closing, delivery, dispute, drafting, filing, grant, pull
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import pulled
from tests.sharing.requests import clock_of, codes, open_tasks, status_of
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.choices import ClockState

CLOCK = system_actor(CLOCK_JOB)


def followed(town: SharingTown, first: Grant, kind: str, **fields: Any) -> ShareRequest:
    """Return what follows a grant, agreed to by the own head."""
    made = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=kind)
    drafting.request_edit(actor=town.asker, request_id=made.pk, fields={"valid_until": "2027-12-31", **fields})
    filing.request_submit(actor=town.asker, request_id=made.pk)
    return filing.request_agree(actor=town.asker_head, request_id=made.pk)


def changed(town: SharingTown, first: Grant, **fields: Any) -> Grant:
    request = followed(town, first, RequestKind.CHANGE, scenario="发放补贴", **fields)
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    return request.grants.get()


def deliver(town: SharingTown, request: ShareRequest) -> None:
    delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)


def pump() -> None:
    while outbox_delivery.deliver():
        pass


def closed_with(request: ShareRequest) -> str:
    """Return the words with which a request was closed by itself."""
    assert status_of(request) == RequestStatus.WITHDRAWN
    assert open_tasks(request) == []
    step = RequestStep.objects.filter(request=request).latest("pk")
    assert (step.action, step.actor_name) == ("withdraw", CLOCK.name)
    return step.words


def test_what_was_ended_is_not_delivered_again(town: SharingTown) -> None:
    made = town.granted()
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    request = ShareRequest.objects.get(pk=made.request_id)
    assert status_of(request) == RequestStatus.AGREED
    page = get(town.world.cataloguer, f"/sharing/requests/{request.pk}/").content.decode()
    assert f"/sharing/requests/{request.pk}/deliver/" not in page
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        deliver(town, request)
    assert codes(refused) == {("dataset", "done")}


def test_a_renewal_that_a_change_of_use_replaced_is_not_delivered_again(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    renewal = followed(town, first, RequestKind.RENEWAL)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    made = changed(town, first)
    assert renewal.grants.get().status == GrantStatus.ENDED
    with nothing_changes(), pytest.raises(RuleViolation):
        deliver(town, renewal)
    pump()
    assert closed_with(renewal) == "The grant ended before anybody confirmed that the data arrived."
    assert status_of(ShareRequest.objects.get(pk=made.request_id)) == RequestStatus.AGREED


@pytest.mark.parametrize("days", [0, 30])
@pytest.mark.parametrize("is_agreed", [True, False])
def test_a_renewal_of_the_use_before_is_closed_with_the_change(town: SharingTown, days: int, is_agreed: bool) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    renewal = followed(town, first, RequestKind.RENEWAL, dataset=None)
    ShareRequest.objects.filter(pk=renewal.pk).update(dataset=None)
    if is_agreed:
        answer.request_approve(actor=town.world.head, request_id=renewal.pk)
        assert not renewal.grants.exists()
    begins = (clock.today() + timedelta(days=days)).isoformat()
    changed(town, first, **{"valid_from": begins} if days else {})
    if is_agreed:  # also before the news of the change has gone round
        with nothing_changes(), pytest.raises(InvalidTransition) as refused:
            deliver(town, renewal)
        assert refused.value.code == "overtaken"
        pump()
    else:  # by night at the latest, with the request of the grant that ended at once unconfirmed
        assert closing.requests_close(actor=CLOCK) == (1 if days else 2)
    assert closed_with(renewal) == "A change of use took the place of the grant that this was to renew."
    assert clock_of(renewal, "delivery" if is_agreed else "reply_conditional").state == ClockState.CANCELLED
    assert not renewal.grants.exists()


def test_what_a_change_of_use_takes_the_place_of_is_not_renewed(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    draft = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    drafting.request_edit(actor=town.asker, request_id=draft.pk, fields={"valid_until": "2027-12-31"})
    begins = (clock.today() + timedelta(days=30)).isoformat()
    change = changed(town, first, valid_from=begins)
    with nothing_changes():
        with pytest.raises(RuleViolation) as broken:
            filing.request_submit(actor=town.asker, request_id=draft.pk)
        assert codes(broken) == {("previous_grant", "overtaken")}
        assert str(change.pk) in str(broken.value.errors[0].message)
    drafting.request_discard(actor=town.asker, request_id=draft.pk)
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    assert refused.value.code == "overtaken"
    renew = "Ask for: Renewal"
    assert renew not in text_of(get(town.asker, f"/sharing/grants/{first.pk}/"))
    assert renew in text_of(get(town.asker, f"/sharing/grants/{change.pk}/"))
    # One that ended before it began took the place of nothing.
    grant.grant_end(actor=town.asker_head, grant_id=change.pk, reason=EndReason.NOT_NEEDED)
    drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)


def test_the_renewal_of_a_renewal_ends_with_the_change_too(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    request = followed(town, first, RequestKind.RENEWAL)
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    second = followed(town, request.grants.get(), RequestKind.RENEWAL, valid_until="2028-06-30")
    made = changed(town, first)
    pump()
    assert "change of use" in closed_with(second)
    # The change itself is renewed as any grant is.
    assert followed(town, made, RequestKind.RENEWAL, valid_until="2028-12-31").previous_grant_id == made.pk


def test_what_never_began_is_neither_confirmed_nor_left_open(town: SharingTown) -> None:
    with clock_at("2026-09-01 10:00") as now:
        made = town.granted(valid_from=date(2026, 9, 11))
        request = ShareRequest.objects.get(pk=made.request_id)
        grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.NOT_NEEDED)
        now.move_to("2026-09-12 10:00")
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            delivery.delivery_confirm(actor=town.asker, request_id=request.pk)
        assert codes(refused) == {("grant", "missing")}
        pump()
        assert closed_with(request) == "The grant ended before anybody confirmed that the data arrived."
    words = text_of(get(town.asker, f"/sharing/requests/{request.pk}/"))
    assert "The grant ended before anybody confirmed that the data arrived" in words


def test_what_was_closed_by_itself_shows_what_was_given_its_grant_and_why(town: SharingTown) -> None:
    items = town.items("DXBH", "XM")
    made = town.granted_in_part(items=items, masks={items[1]: "name"})
    page = f"/sharing/requests/{made.request_id}/"
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.NOT_NEEDED)
    pump()
    count = len(ShareRequest.objects.get(pk=made.request_id).items)
    assert count > 2
    for who in (town.asker, town.world.head, town.world.reviewer):
        answered = get(who, page)
        shown = text_of(answered)
        assert f"2 of {count} items given" in shown
        assert shown.count("Not given") == count - 2
        assert f'href="/sharing/grants/{made.pk}/"' in answered.content.decode()
        assert "Closed: The grant ended before anybody confirmed that the data arrived." in shown
        assert "Withdrawn" not in shown
        assert "has not asked for these data before" not in shown
    assert f"2 of {count} items given" in text_of(get(town.asker, f"{page}print/"))
    listed = text_of(get(town.asker, "/sharing/requests/?view=mine&status=withdrawn"))
    assert "Closed" in listed
    written = get(town.asker, "/sharing/requests/?view=mine&export=csv").content.decode()
    assert ",Closed," in written


def test_the_requester_may_withdraw_what_was_granted_and_ended(town: SharingTown) -> None:
    made = town.granted()
    given = {"actor": town.asker_head, "request_id": made.request_id}
    with nothing_changes(), pytest.raises(InvalidTransition, match="End the grant instead"):
        filing.request_withdraw(**given)
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.NOT_NEEDED)
    assert filing.request_withdraw(**given).status == RequestStatus.WITHDRAWN
    pump()


def test_what_arrived_stays_delivered_when_its_grant_ends(town: SharingTown) -> None:
    made = town.granted()
    pulled(made, town.asker)
    pump()
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    pump()
    assert closing.requests_close(actor=CLOCK) == 0
    assert status_of(ShareRequest.objects.get(pk=made.request_id)) == RequestStatus.DELIVERED


def test_a_dispute_goes_on_after_the_grant_and_leaves_nothing_open_by_night(town: SharingTown) -> None:
    made = town.granted_in_part(items=["DXBH", "XM"])
    request = ShareRequest.objects.get(pk=made.request_id)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="不够")
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.NOT_NEEDED)
    pump()
    assert closing.requests_close(actor=CLOCK) == 0
    assert status_of(request) == RequestStatus.DISPUTED
    filing.request_withdraw(actor=town.asker_head, request_id=request.pk)
    assert closing.requests_close(actor=CLOCK) == 1
    assert "grant ended" in closed_with(request)


@pytest.mark.parametrize("is_killed", [True, False])
def test_rows_that_left_before_the_end_arrived_though_their_pull_tells_it_later_or_never(
    town: SharingTown, is_killed: bool
) -> None:
    made = town.granted()
    request = ShareRequest.objects.get(pk=made.request_id)
    facts = pull.PullFacts(made, 1, PullKind.EXPORT, (), "127.0.0.1")
    key = pull.pull_begin(actor=town.asker, facts=facts)
    tally = pull.Tally(key)
    tally.count(5000)
    tally.leave(1)
    grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.MISUSE, note="外泄")
    pump()
    if not is_killed:
        pull.pull_end(pull=key, grant=made, outcome=PullOutcome.CUT, rows=5000, size_bytes=1, milliseconds=1)
    made.refresh_from_db()
    assert (status_of(request), made.first_pulled_at is None) == (RequestStatus.DELIVERED, False)
    confirmed = RequestStep.objects.get(request=request, action="confirm")
    assert (confirmed.detail["by"], confirmed.actor_name) == ("pull", town.asker.name)
    assert open_tasks(request) == []
    assert closing.requests_close(actor=CLOCK) == 0


@pytest.mark.parametrize("kind", [PullKind.EXPORT, PullKind.FILE])
def test_a_stream_that_brought_nothing_confirms_nothing(town: SharingTown, kind: PullKind) -> None:
    made = town.granted()
    facts = pull.PullFacts(made, 1, kind, (), "127.0.0.1")
    pull.pull_begin(actor=town.asker, facts=facts)
    grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.MISUSE, note="外泄")
    pump()
    assert "grant ended" in closed_with(ShareRequest.objects.get(pk=made.request_id))
