"""A grant is renewed once: no two renewals of it run beside each other."""

from datetime import date, timedelta
from functools import partial

import pytest

from collection.services import dataset_hook
from core.exceptions import InvalidTransition, RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus, RequestKind, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.services import answer, closing, delivery, dispute, drafting, filing, grant, telling
from tests.catalog.views.reader import client_of, get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import codes, status_of
from tests.sharing.services.test_settled_chain import CLOCK, _after, _asked, _part
from tests.unchanged import nothing_changes

LONG, LONGER = date(2027, 12, 31), date(2028, 3, 31)
RENEWED = {("previous_grant", "renewed")}


def _refused_renewal(town: SharingTown, first: Grant) -> ShareRequest:
    """Return a renewal that the provider refused, which can be disputed still."""
    request = _asked(town, first, LONG)
    return answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="不符")


def _settle(town: SharingTown, request: ShareRequest, *, is_granted: bool = True) -> None:
    given = {"is_granted": is_granted, "opinion": "应予续期", "without_provider": True}
    dispute.request_settle(actor=town.world.reviewer, request_id=request.pk, **given)


def _dispute(town: SharingTown, request: ShareRequest) -> None:
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="仍需使用")


def _words(other: Grant) -> str:
    return f"Grant {other.pk} goes on already from the one that this renews: that one is to be renewed instead."


def test_no_second_renewal_is_drafted(town: SharingTown) -> None:
    first = _part(town)
    page = f"/sharing/grants/{first.pk}/"
    assert "/ask/renewal/" in get(town.asker, page).content.decode()
    later = _after(town, first, LONG)
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    assert (refused.value.code, str(refused.value.message)) == (
        "renewed",
        f"Grant {later.pk} goes on from this one already: renew that.",
    )
    assert "/ask/renewal/" not in get(town.asker, page).content.decode()
    url, body = f"/api/v1/grants/{first.pk}/requests/", {"kind": "renewal"}
    called = client_of(town.asker).post(url, body, content_type="application/json")
    assert (called.status_code, called.json()["code"]) == (409, "renewed")
    assert drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.CHANGE).pk
    assert drafting.request_follow(actor=town.asker, grant_id=later.pk, kind=RequestKind.RENEWAL).pk
    grant.grant_end(actor=town.asker_head, grant_id=later.pk, reason=EndReason.NOT_NEEDED)
    closing.request_close(actor=CLOCK, request_id=later.request_id or 0)
    assert drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL).pk


@pytest.mark.parametrize("is_submitted", [False, True])
def test_no_second_renewal_is_submitted_or_asked_for_by_the_own_head(town: SharingTown, is_submitted: bool) -> None:
    first = _part(town)
    former = _refused_renewal(town, first)
    second = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    fields = {"valid_until": LONGER.isoformat()}
    drafting.request_edit(actor=town.asker, request_id=second.pk, fields=fields)
    if is_submitted:
        filing.request_submit(actor=town.asker, request_id=second.pk)
    _dispute(town, former)
    _settle(town, former)
    go_on = (
        partial(filing.request_agree, actor=town.asker_head)
        if is_submitted
        else partial(filing.request_submit, actor=town.asker)
    )
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        go_on(request_id=second.pk)
    assert codes(refused) == RENEWED
    if not is_submitted:
        assert _words(former.grants.get()) in text_of(get(town.asker, f"/sharing/requests/{second.pk}/"))


def test_no_second_renewal_is_agreed_to(town: SharingTown) -> None:
    first = _part(town)
    former = _refused_renewal(town, first)
    second = _asked(town, first, LONGER)
    _dispute(town, former)
    _settle(town, former)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=second.pk)
    assert codes(refused) == RENEWED
    shown = get(town.world.head, f"/sharing/requests/{second.pk}/")
    assert f"It cannot be agreed to {_words(former.grants.get())}" in text_of(shown)
    assert '/approve/">' not in shown.content.decode().replace(" novalidate", "").split('id="answer"')[0]
    assert 'name="items"' not in shown.content.decode()
    head = client_of(town.world.head)
    given = {"items": second.items, "methods": second.methods, "until": LONGER.isoformat(), "opinion": "同意续期"}
    shown = head.post(f"/sharing/requests/{second.pk}/approve/", given)
    assert (shown.status_code, _words(former.grants.get()) in text_of(shown)) == (422, True)
    assert "同意续期" in shown.content.decode()
    answer.request_refuse(actor=town.world.head, request_id=second.pk, opinion="已续期")


def test_no_second_renewal_comes_of_a_settlement(town: SharingTown) -> None:
    first = _part(town)
    former = _refused_renewal(town, first)
    second = _after(town, first, LONGER)
    _dispute(town, former)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        _settle(town, former)
    assert codes(refused) == RENEWED
    _settle(town, former, is_granted=False)
    assert list(first.later.all()) == [second]


def test_of_two_that_were_agreed_to_one_is_made_available(town: SharingTown) -> None:
    first, other = _part(town), town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    former = _refused_renewal(town, first)
    second = _asked(town, first, LONGER)
    answer.request_approve(actor=town.world.head, request_id=second.pk)
    _dispute(town, former)
    _settle(town, former)
    grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
    given = {"actor": town.world.cataloguer, "dataset_id": town.dataset.pk}
    delivery.request_deliver(request_id=former.pk, **given)
    made = former.grants.get()
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        delivery.request_deliver(request_id=second.pk, **given)
    assert (refused.value.code, str(refused.value.message)) == ("renewed", _words(made))
    assert delivery.agreements_expire(actor=CLOCK) == 1
    assert status_of(second) == RequestStatus.WITHDRAWN
    second.refresh_from_db()
    assert second.steps.last().words == "The grant that this was to renew goes on under another one by now."
    assert list(first.later.all()) == [made]


def test_a_change_of_use_in_place_of_a_renewal_is_what_goes_on(town: SharingTown) -> None:
    first = _part(town)
    later = _after(town, first, LONG)
    for until in (LONG, LONGER):  # a change of use to come, and another in its place
        request = drafting.request_follow(actor=town.asker, grant_id=later.pk, kind=RequestKind.CHANGE)
        fields = {"valid_until": until.isoformat(), "scenario": f"核验{until}"}
        drafting.request_edit(actor=town.asker, request_id=request.pk, fields=fields)
        filing.request_submit(actor=town.asker, request_id=request.pk)
        filing.request_agree(actor=town.asker_head, request_id=request.pk)
        if status_of(request) == RequestStatus.AWAITING_CHECK:
            filing.request_pass(actor=town.world.reviewer, request_id=request.pk, opinion="齐全")
        answer.request_approve(actor=town.world.head, request_id=request.pk)
        later.refresh_from_db()
        assert (later.status, later.end_reason) == (GrantStatus.ENDED, EndReason.REPLACED)
        later = request.grants.get()
        assert later.valid_from == first.valid_to
        with nothing_changes(), pytest.raises(InvalidTransition) as refused:
            drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
        assert (refused.value.code, f"Grant {later.pk} " in str(refused.value.message)) == ("renewed", True)


def test_a_change_of_use_in_place_of_a_renewal_in_use_goes_on_too(town: SharingTown) -> None:
    first = _part(town)
    former = _refused_renewal(town, first)
    later = _after(town, first, LONG)
    with clock_at(first.valid_to + timedelta(days=1)):
        telling.grants_keep(actor=CLOCK)
        request = drafting.request_follow(actor=town.asker, grant_id=later.pk, kind=RequestKind.CHANGE)
        fields = {"valid_until": LONG.isoformat(), "scenario": "核验就业"}
        drafting.request_edit(actor=town.asker, request_id=request.pk, fields=fields)
        filing.request_submit(actor=town.asker, request_id=request.pk)
        filing.request_agree(actor=town.asker_head, request_id=request.pk)
        if status_of(request) == RequestStatus.AWAITING_CHECK:
            filing.request_pass(actor=town.world.reviewer, request_id=request.pk, opinion="齐全")
        answer.request_approve(actor=town.world.head, request_id=request.pk)
        later.refresh_from_db()
        assert later.end_reason == EndReason.REPLACED
        _dispute(town, former)
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            _settle(town, former)
        assert codes(refused) == RENEWED


def test_a_second_renewal_is_made_available_on_no_other_data_than_were_asked_about(town: SharingTown) -> None:
    first, other = _part(town), town.granted()
    former = _refused_renewal(town, first)
    second = _asked(town, first, LONGER)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    answer.request_approve(actor=town.world.head, request_id=second.pk)
    _dispute(town, former)
    _settle(town, former)
    grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
    empty = dataset_hook(actor=town.world.cataloguer, ref=town.dataset.entry_id, name="另一份")
    given = {"actor": town.world.cataloguer, "dataset_id": town.dataset.pk}
    delivery.request_deliver(request_id=former.pk, **given)
    ShareRequest.objects.filter(pk=second.pk).update(dataset=empty)
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        delivery.request_deliver(request_id=second.pk, **given)
    assert refused.value.code == "renewed"


def test_what_there_is_twice_already_stays_and_is_settled_each_by_itself(town: SharingTown) -> None:
    first = _part(town)
    former = _refused_renewal(town, first)
    request = _asked(town, first, LONGER)
    part = {"items": town.items("DXBH"), "until": LONGER - timedelta(days=1), "opinion": "缩短"}
    two = answer.request_approve(actor=town.world.head, request_id=request.pk, **part).grants.get()
    _dispute(town, former)
    Grant.objects.filter(pk=two.pk).update(previous=None)
    _settle(town, former)
    Grant.objects.filter(pk=two.pk).update(previous=first)
    assert delivery.agreements_expire(actor=CLOCK) == 0
    _dispute(town, request)
    _settle(town, request)
    one = former.grants.get()
    two.refresh_from_db()
    assert (one.status, two.end_reason) == (GrantStatus.ACTIVE, EndReason.REPLACED)
    assert first.later.filter(status=GrantStatus.ACTIVE).count() == 2
