"""What lists leave out, and what they cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts import listing
from accounts.models import Department
from core import clock
from core.testing import clock_at
from sharing import on_unhooking
from sharing.models import ShareRequest
from sharing.selectors.policy import regions_kept
from sharing.selectors.request import policy_for, requests_waiting
from sharing.services import answer, dispute, mediation, stopping
from tests.factories.accounts import DepartmentFactory, RegionFactory
from tests.sharing.conftest import SharingTown
from workflow.models import Task


def test_what_somebody_took_part_in_waits_for_others(town: SharingTown) -> None:
    request = town.agreed()
    assert [*requests_waiting(town.world.head)] == [request]
    ShareRequest.objects.update(filed_by=town.world.head.id)
    assert not requests_waiting(town.world.head).exists()
    ShareRequest.objects.update(filed_by=town.asker_head.id, submitted_by=town.world.head.id)
    assert not requests_waiting(town.world.head).exists()
    ShareRequest.objects.update(status="awaiting_authority", submitted_by=town.world.reviewer.id)
    assert not requests_waiting(town.world.reviewer).exists()
    assert [*requests_waiting(town.world.second_reviewer)] == [request]


def test_the_inbox_and_the_list_of_what_waits_agree(town: SharingTown) -> None:
    """For both heads and the reviewer, with a request at each stage at which one of them owes a word."""
    head, reviewer = town.world.head, town.world.reviewer
    words = ("agree", "check", "answer", "advise", "respond", "concur", "decide", "settle", "extend")
    kinds = [f"sharing.request.{one}" for one in words]
    with clock_at(clock.now()) as now:
        town.submitted()
        town.agreed()
        silent, advised = town.agreed(), town.agreed()
        disputed, heard, mediated = (town.agreed() for _turn in range(3))
        for one in (disputed, heard, mediated):
            answer.request_refuse(actor=head, request_id=one.pk, opinion="用途不符")
            dispute.request_dispute(actor=town.asker_head, request_id=one.pk, reason="属于共享范围")
        for one in (heard, mediated):
            mediation.request_respond(actor=head, request_id=one.pk, statement="超出条件")
        given = {"held_on": clock.today(), "text": "双方同意", "is_agreed": True}
        mediation.request_mediate(actor=reviewer, request_id=mediated.pk, **given)
        mediation.request_concur(actor=town.asker_head, request_id=mediated.pk, is_agreed=True)
        now.advance(days=30)
        for one in (silent, advised):
            dispute.request_dispute(actor=town.asker_head, request_id=one.pk, reason="逾期未答复")
        answer.request_advise(actor=head, request_id=advised.pk, opinion="建议部分提供")
        late = town.agreed()
        answer.request_ask_extension(actor=head, request_id=late.pk, days=5, reason="核对口径")
        for who in (head, town.asker_head, reviewer):
            role = "reviewer" if who is reviewer else "head"
            own = Task.objects.filter(kind__in=kinds, closed_at=None, department=who.department_id, role=role)
            inbox = set(own.exclude(exclude_user_ids__contains=[who.id]).values_list("subject_pk", flat=True))
            assert inbox == set(requests_waiting(who).values_list("pk", flat=True))
            assert inbox


def test_policies_of_many_regions_are_read_at_once(
    town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    town.check_conditional()
    above = town.world.provider.region
    for _turn in range(5):
        DepartmentFactory(region=RegionFactory(parent=above), authority=True)
    with django_assert_max_num_queries(3):
        found = regions_kept(town.world.reviewer)
    assert len(found) >= 5
    assert [one["policy"].checked for one in found] == [policy_for(one["region"].path).checked for one in found]
    assert [one["is_own"] for one in found].count(True) == 1


def test_a_file_that_lacks_rows_says_so(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    column = listing.Column("name", "Name", lambda row: row.name, ("name",))
    shown = listing.Listing(RequestFactory().get("/"), Department.objects.all(), [column], default="name")
    assert "Only the first" not in shown.csv("x").content.decode()
    monkeypatch.setattr(listing, "EXPORT_LIMIT", 2)
    lines = shown.csv("x").content.decode().splitlines()
    assert len(lines) == 4
    assert "Only the first 2 of" in lines[-1]


def test_the_grants_against_an_unhooking_cost_as_many_queries_as_one(
    town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    made = [town.granted() for _turn in range(3)]
    day = clock.today() + timedelta(days=30)
    notice = stopping.stop_announce(actor=town.world.head, grant_id=made[1].pk, reason="停止", stops_on=day)
    with django_assert_max_num_queries(3):
        panel = on_unhooking.panel(town.world.cataloguer, town.dataset)
    assert panel is not None
    assert {one.pk: announced for one, announced in panel["rows"]} == {
        made[0].pk: None, made[1].pk: notice, made[2].pk: None,
    }  # fmt: skip
