"""What is agreed to and begins later: nothing is told to be there, or to be confirmed, before it begins; then it is,
once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from core import clock
from core.exceptions import RuleViolation
from core.testing import clock_at
from sharing import tasks
from sharing.choices import EndReason, GrantAction, GrantStatus, RequestStatus
from sharing.models import Grant, GrantStep, ShareRequest
from sharing.selectors.grant import renewal_of
from sharing.services import delivery, grant
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import status_of
from tests.sharing.services.test_loopholes import _renewed
from tests.sharing.services.test_settled_chain import CLOCK, _after
from workflow import outbox_delivery
from workflow.models import JobSlot, Notification, Task


def delivered() -> None:
    while outbox_delivery.deliver():
        pass


def kept() -> None:
    """Do what the clockwork does each minute."""
    JobSlot.objects.all().delete()
    tasks.grants_keep()
    delivered()


def day_of(one: Grant) -> str:
    return one.valid_from.astimezone(clock.REGION_ZONE).date().isoformat()


def request_of(one: Grant) -> ShareRequest:
    assert one.request is not None
    return one.request


def confirming(request: ShareRequest) -> bool:
    return Task.objects.filter(kind="sharing.request.confirm", subject_pk=request.pk, closed_at=None).exists()


@contextmanager
def begun(one: Grant) -> Iterator[None]:
    with clock_at(one.valid_from + timedelta(seconds=1)):
        yield


def test_a_renewal_is_told_with_the_day_on_which_it_begins_and_nothing_is_to_be_confirmed_before(
    town: SharingTown,
) -> None:
    first, later = _renewed(town)
    delivered()
    request, day = request_of(later), day_of(later)
    told = Notification.objects.filter(user=town.asker.id, url=f"/sharing/requests/{request.pk}/").latest("pk")
    assert f"can be read under grant {later.pk} from {day} to 2027-12-31, and not before" in str(told.body)
    assert not Notification.objects.filter(body__contains=f"available under grant {later.pk}").exists()
    page = text_of(get(town.asker, f"/sharing/requests/{request.pk}/"))
    for words in (
        f"{request} Made available, begins on {day}",
        "Beginning of use 市人社局",
        f"The data can be read from {day} on.",
    ):
        assert words in page
    assert "Confirm that the data arrived" not in page
    for path in ("/sharing/requests/", f"/catalog/{town.entry.ref}/"):
        assert f"Made available, begins on {day}" in text_of(get(town.asker, path)), path
    assert not confirming(request)
    assert confirming(request_of(first))
    with pytest.raises(RuleViolation):
        delivery.delivery_confirm(actor=town.asker, request_id=request.pk)


def test_once_it_begins_the_requester_is_told_once_and_confirms(town: SharingTown) -> None:
    _first, later = _renewed(town)
    delivered()
    request = request_of(later)
    with clock_at(later.valid_from - timedelta(seconds=1)):
        kept()
        assert not GrantStep.objects.filter(action=GrantAction.BEGIN).exists()
    Notification.objects.all().delete()
    with begun(later):
        kept()
        kept()
        told = Notification.objects.filter(title__contains="The data can be read now")
        assert set(told.values_list("user", flat=True)) == {town.asker.id, town.asker_head.id, town.world.head.id}
        assert set(told.values_list("body", flat=True)) == {"Data are given until 2027-12-31."}
        assert GrantStep.objects.filter(grant=later, action=GrantAction.BEGIN).count() == 1
        assert confirming(request)
        assert "receipt to be confirmed" in text_of(get(town.asker, f"/sharing/requests/{request.pk}/"))
        delivery.delivery_confirm(actor=town.asker, request_id=request.pk)
        assert status_of(request) == RequestStatus.DELIVERED


def test_what_is_suspended_as_it_begins_is_told_once_it_can_be_read(town: SharingTown) -> None:
    _first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="核查")
    with begun(later):
        assert delivery.grants_begin(actor=CLOCK) == 0
        grant.grant_resume(actor=town.world.head, grant_id=later.pk)
        assert delivery.grants_begin(actor=CLOCK) == 1
        assert delivery.grant_begin(actor=CLOCK, grant_id=later.pk) is None


def test_what_is_suspended_over_its_beginning_for_long_is_confirmed_all_the_same(town: SharingTown) -> None:
    _first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="核查")
    with clock_at(later.valid_from + timedelta(days=30)):
        assert delivery.grants_begin(actor=CLOCK) == 0
        assert not confirming(request_of(later))
        grant.grant_resume(actor=town.world.head, grant_id=later.pk)
        assert delivery.grants_begin(actor=CLOCK) == 1
        assert confirming(request_of(later))


def test_what_begins_at_once_or_was_confirmed_or_read_is_no_news(town: SharingTown) -> None:
    town.granted()
    _first, later = _renewed(town)
    assert delivery.grants_begin(actor=CLOCK) == 0
    with begun(later):
        delivery.delivery_confirm(actor=town.asker, request_id=request_of(later).pk)
        assert delivery.grants_begin(actor=CLOCK) == 0
        ShareRequest.objects.filter(pk=later.request_id).update(status=RequestStatus.DISPUTED)
        Grant.objects.filter(pk=later.pk).update(first_pulled_at=clock.now())
        assert delivery.grants_begin(actor=CLOCK) == 0


def test_what_began_long_ago_is_no_news_where_nothing_is_to_be_confirmed(town: SharingTown) -> None:
    _first, later = _renewed(town)
    ShareRequest.objects.filter(pk=later.request_id).update(status=RequestStatus.DISPUTED)
    with clock_at(later.valid_from + timedelta(days=8)):
        assert delivery.grants_begin(actor=CLOCK) == 0
    with clock_at(later.valid_from + timedelta(days=6)):
        assert delivery.grants_begin(actor=CLOCK) == 1


def test_the_list_of_requests_costs_the_same_with_many_that_are_available(
    town: SharingTown, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _renewed(town)
    address = "/sharing/requests/"
    get(town.asker, address)
    with CaptureQueriesContext(connection) as before:
        get(town.asker, address)
    for _turn in range(3):
        town.granted()
    with django_assert_num_queries(len(before)):
        get(town.asker, address)


def test_the_grant_before_says_from_when_it_is_renewed(town: SharingTown) -> None:
    first, later = _renewed(town)
    page = f"/sharing/grants/{first.pk}/"
    for reader in (town.asker, town.asker_head, town.world.head, town.world.reviewer):
        shown = get(reader, page)
        assert f"Renewed from {day_of(later)}" in text_of(shown)
        assert f'href="/sharing/grants/{later.pk}/"' in shown.content.decode()
        assert "Renewal: under way" not in text_of(shown)


def test_a_notice_on_what_is_to_come_names_its_days(town: SharingTown) -> None:
    _first, later = _renewed(town)
    delivered()
    Notification.objects.all().delete()
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="核查")
    grant.grant_resume(actor=town.world.head, grant_id=later.pk)
    delivered()
    told = Notification.objects.filter(title__startswith="Resumed", user=town.asker.id).get()
    assert told.body == f"Data are given from {day_of(later)} to 2027-12-31."


def test_a_chain_is_followed_past_a_renewal_that_has_run_out(town: SharingTown) -> None:
    first, second = _renewed(town)
    third = _after(town, second, date(2028, 6, 30))
    page = f"/sharing/grants/{first.pk}/"
    assert renewal_of(first) == third, "the last one is to be renewed"
    assert f"Renewed from {day_of(second)}" in text_of(get(town.asker, page))
    with clock_at(second.valid_to + timedelta(days=1)):
        kept()
        second.refresh_from_db()
        assert second.status == GrantStatus.EXPIRED
        assert renewal_of(first) == third
        shown = get(town.asker, page)
        assert f"Renewed from {day_of(third)}" in text_of(shown)
        assert f'href="/sharing/grants/{third.pk}/"' in shown.content.decode()


def test_a_renewal_whose_own_renewal_is_there_is_not_about_to_end_but_one_that_was_ended_leaves_that_to_be_told(
    town: SharingTown,
) -> None:
    first, later = _renewed(town)
    soon = first.valid_to - timedelta(days=5)
    with clock_at(soon):
        kept()
        assert not Notification.objects.filter(title__startswith="A grant is about to end").exists()
        grant.grant_end(actor=town.asker_head, grant_id=later.pk, reason=EndReason.NOT_NEEDED)
        kept()
        assert Notification.objects.filter(title__startswith="A grant is about to end", user=town.asker.id).exists()
