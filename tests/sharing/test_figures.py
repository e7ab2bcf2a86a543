"""Figures of sharing: times kept, data used, each for whom it concerns."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core import clock
from core.actors import Actor, system_actor
from core.testing import clock_at
from sharing.client_choices import PullKind
from sharing.models import ShareRequest
from sharing.oauth import actor_for_client
from sharing.policies import CLOCK_JOB
from sharing.selectors import figures
from sharing.services import answer, delivery, filing, following, objection
from sharing.services.pull import PullFacts, pull_record
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make, grant_make


def get(actor: Actor, address: str) -> Any:
    browser = Browser()
    browser.force_login(User.objects.get(pk=actor.id))
    return browser.get(address)


def test_what_is_answered_late_and_what_is_overdue_is_counted_for_its_department(town: SharingTown) -> None:
    with clock_at("2027-03-01 10:00") as now:
        in_time, late = town.agreed(), town.agreed()
        answer.request_refuse(actor=town.world.head, request_id=in_time.pk, opinion="不符合用途")
        now.move_to("2027-04-20 10:00")
        answer.request_refuse(actor=town.world.head, request_id=late.pk, opinion="不符合用途")
        objection.objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="金额不符")
        now.move_to("2027-05-20 10:00")
        for who in (town.world.head, town.world.reviewer):
            (found,) = figures.in_time_by_department(who)
            assert (found.department, found.met, found.late, found.overdue) == ("市民政局", 1, 1, 1)
            assert found.share == 0.5
            months = {f"{one.month:%Y-%m}": (one.met, one.late) for one in figures.in_time_by_month(who)}
            assert len(months) == figures.MONTHS
            assert (months["2027-03"], months["2027-04"], months["2027-05"]) == ((1, 0), (0, 1), (0, 0))
        assert figures.in_time_by_department(town.asker_head) == []
        page = get(town.world.reviewer, "/sharing/figures/").content.decode()
        assert "50.0%" in page
        assert "1 overdue now" in page
        called = get(town.world.reviewer, "/api/v1/figures/in-time/").json()
        assert called["departments"] == [{"department": "市民政局", "met": 1, "late": 1, "overdue": 1, "share": 0.5}]
        assert {one["month"]: (one["met"], one["late"]) for one in called["months"]}["2027-04-01"] == (0, 1)
        assert get(town.asker_head, "/api/v1/figures/in-time/").json()["departments"] == []


def _withdrawn(town: SharingTown, request: ShareRequest) -> None:
    filing.request_withdraw(actor=town.asker, request_id=request.pk, reason="不再需要")


def _gone(town: SharingTown, request: ShareRequest) -> None:
    following.sharing_follow_withdrawal(actor=town.world.head, entry=town.entry)


def _expired(town: SharingTown, request: ShareRequest) -> None:
    assert delivery.agreements_expire(actor=system_actor(CLOCK_JOB)) == 1


@pytest.mark.parametrize(
    ("is_agreed", "end"), [(False, _withdrawn), (False, _gone), (True, _withdrawn), (True, _gone), (True, _expired)]
)
def test_who_was_late_stays_late_though_the_work_is_wanted_no_more(
    town: SharingTown, is_agreed: bool, end: Callable[[SharingTown, ShareRequest], None]
) -> None:
    with clock_at("2027-03-01 10:00") as now:
        request = town.agreed(dataset=None, valid_until=date(2027, 5, 10))
        if is_agreed:
            answer.request_approve(actor=town.world.head, request_id=request.pk)
        now.move_to("2027-05-20 10:00")
        end(town, request)
        (found,) = figures.in_time_by_department(town.world.head)
        assert (found.met, found.late, found.overdue) == (int(is_agreed), 1, 0)
        assert {one.late for one in figures.in_time_by_month(town.world.head)} == {0, 1}


def test_what_was_wanted_no_more_within_its_time_counts_neither_way(town: SharingTown) -> None:
    with clock_at("2027-03-01 10:00"):
        _withdrawn(town, town.agreed())
        assert figures.in_time_by_department(town.world.head) == []


@pytest.fixture
def used(town: SharingTown) -> SharingTown:
    grant = grant_make(town.dataset, town.world.other, first_pulled_at=clock.now())
    machine = actor_for_client(client_make(town.world.other, grants=[grant]))
    facts = PullFacts(grant, 1, PullKind.ROWS, (), "10.0.0.1")
    for ago in (0, 0, 2, 40):
        with clock_at(clock.now() - timedelta(days=ago)):
            pull_record(actor=machine, facts=facts, rows=7, size_bytes=70, milliseconds=3)
    return town


def test_use_is_counted_by_day_and_entry_for_provider_and_authority(used: SharingTown) -> None:
    for who in (used.world.head, used.world.reviewer, used.world.auditor):
        grants = figures.grants_supervised(who)
        days = figures.use_by_day(grants)
        assert len(days) == figures.DAYS
        assert [(one.pulls, one.rows) for one in (days[-1], days[-2], days[-3])] == [(2, 14), (0, 0), (1, 7)]
        (entry,) = figures.use_by_entry(grants)
        assert (entry.entry, entry.pulls, entry.rows, entry.departments) == (used.entry.pk, 3, 21, 1)
    assert not figures.grants_supervised(used.asker_head).exists()
    page = get(used.world.head, f"/sharing/figures/?entry={used.entry.ref}").content.decode()
    assert "3 pulls of 21 rows in 30 days" in page


def test_the_page_of_use_draws_the_pulls_of_its_grant(used: SharingTown) -> None:
    made = figures.grants_supervised(used.world.head).get()
    assert "3 pulls of 21 rows in 30 days" in get(used.asker, f"/sharing/grants/{made.pk}/use/").content.decode()
    assert "How it is used" in get(used.world.head, f"/catalog/{used.entry.ref}/").content.decode()


def test_the_page_needs_few_queries(used: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    browser = Browser()
    browser.force_login(User.objects.get(pk=used.world.reviewer.id))
    browser.get("/sharing/figures/")
    with django_assert_max_num_queries(26):
        assert browser.get("/sharing/figures/").status_code == 200


def test_who_sees_no_times_reads_no_figures_of_them(town: SharingTown) -> None:
    town.agreed()
    with clock_at(clock.now() + timedelta(days=60)):
        assert figures.in_time_by_department(town.world.reviewer)[0].overdue == 1
        for who in (town.world.auditor, town.world.secadmin):
            assert get(who, "/api/v1/figures/in-time/").status_code == 403
            page = get(who, "/sharing/figures/")
            assert page.status_code == 200
            assert "Kept in time" not in page.content.decode()
            assert "Use of the last 30 days" in page.content.decode()
        assert "Kept in time" in get(town.asker_head, "/sharing/figures/").content.decode()
