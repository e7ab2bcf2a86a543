"""Records of use and inspections."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from core import clock
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus
from sharing.models import Grant, Inspection, UsageRecord
from sharing.selectors.request import is_barred
from sharing.services import usage
from sharing.services.grant import grant_end, grant_suspend
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.unchanged import database_digest
from workflow.models import Task


def record(town: SharingTown, made: Grant, **given: Any) -> UsageRecord:
    fields = {
        "actor": town.asker,
        "grant_id": made.pk,
        "first_day": date(2026, 9, 18),
        "last_day": date(2026, 9, 30),
        "scenario": "核验就业援助对象身份",
        "process": "系统每月自动比对",
        "effect": "免交低保证明 312 份",
        "storage": "比对结果留存，原始数据不落盘",
    }
    return usage.usage_record_add(**fields | given)


def test_use_is_recorded_and_cannot_be_changed(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        now.move_to("2026-10-09 10:00")
        kept = record(town, made)
        with pytest.raises(IntegrityError), transaction.atomic():
            UsageRecord.objects.filter(pk=kept.pk).update(effect="更多")
        with pytest.raises(IntegrityError), transaction.atomic():
            UsageRecord.objects.filter(pk=kept.pk).delete()


def test_what_is_missing_is_named(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00"):
        made = town.granted()
        with pytest.raises(RuleViolation) as refused:
            record(town, made, scenario="", effect=" ", last_day=date(2026, 9, 19))
        assert [one.field for one in refused.value.errors] == ["scenario", "effect", "last_day"]


def test_the_holder_is_asked_for_a_record_once_it_is_time(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted(valid_until=date(2028, 1, 1))
        Grant.objects.filter(pk=made.pk).update(first_pulled_at=now.moment)
        assert usage.usage_remind() == 0
        now.advance(days=180)
        assert usage.usage_remind() == 1
        tasks = Task.objects.filter(kind="sharing.grant.record_use", closed_at=None)
        assert tasks.get().department == town.world.other
        record(town, made, last_day=date(2027, 3, 1))
        assert not tasks.exists()
        assert usage.usage_remind() == 0


def test_reminding_costs_the_same_however_many_grants_there_are(
    town: SharingTown, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with clock_at("2026-09-18 10:00"):
        for _number in range(4):
            town.granted(valid_until=date(2028, 1, 1))
        Grant.objects.update(first_pulled_at=clock.now())
        with django_assert_num_queries(2):
            assert usage.usage_remind() == 0


def test_misuse_that_is_found_suspends_the_grant(town: SharingTown) -> None:
    made = town.granted()
    with pytest.raises(RuleViolation):
        usage.inspection_record(actor=town.world.head, grant_id=made.pk, result="to_rectify", finding="台账不全")
    usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="in_order", finding="记录完整")
    usage.inspection_record(actor=town.world.head, grant_id=made.pk, result="misuse", finding="向第三方提供")
    made.refresh_from_db()
    assert made.status == GrantStatus.SUSPENDED
    assert made.suspend_reason == "向第三方提供"
    assert Inspection.objects.count() == 2


@pytest.mark.parametrize("status", [GrantStatus.ENDED, GrantStatus.SUSPENDED])
def test_misuse_is_found_out_after_the_end_too(town: SharingTown, status: str) -> None:
    made = town.granted()
    if status == GrantStatus.ENDED:
        grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    else:
        grant_suspend(actor=town.world.head, grant_id=made.pk, reason="核查")
    usage.inspection_record(actor=town.world.head, grant_id=made.pk, result="misuse", finding="向第三方提供")
    made.refresh_from_db()
    assert made.status == status
    assert Inspection.objects.get().result == "misuse"
    request = town.draft()
    assert is_barred(request)


def test_each_side_does_its_own_part_only(town: SharingTown) -> None:
    made = town.granted()
    stranger = actor_of(UserFactory(department=DepartmentFactory(), roles=["head"]))
    before = database_digest()
    for who in (town.world.head, town.world.reviewer, town.world.auditor, town.world.secadmin):
        with pytest.raises(NotAllowed):
            record(town, made, actor=who)
    for who in (town.asker, town.asker_head, town.world.cataloguer, town.world.auditor, town.world.secadmin):
        with pytest.raises(NotAllowed):
            usage.inspection_record(actor=who, grant_id=made.pk, result="in_order", finding="好")
    with pytest.raises(NotVisible):
        record(town, made, actor=stranger)
    assert database_digest() == before
