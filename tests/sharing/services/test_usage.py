"""Records of use and inspections."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Department
from accounts.services import department_appoint, department_merge
from core.actors import Actor
from core.clock import end_of_day
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus
from sharing.models import Grant, Inspection, Rectification, UsageRecord
from sharing.selectors.grant import steps_of
from sharing.selectors.restraint import is_barred, is_misused
from sharing.selectors.suspension import suspensions_open
from sharing.services import rectifying, telling, usage
from sharing.services.grant import CHANGED_EVENT, grant_end, grant_resume, grant_suspend
from tests.catalog.views.reader import client_of
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import pulled
from tests.unchanged import database_digest
from workflow.models import Notification, OutboxMessage, Task


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


def test_a_record_lies_within_the_time_of_the_grant(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        expired, ended = town.granted(valid_until=date(2026, 9, 30)), town.granted()
        now.move_to("2026-09-25 10:00")
        grant_end(actor=town.asker_head, grant_id=ended.pk, reason=EndReason.PURPOSE_MET)
        now.move_to("2026-10-09 10:00")
        for made, last in ((expired, date(2026, 9, 30)), (ended, date(2026, 9, 25))):
            with pytest.raises(RuleViolation) as refused:
                record(town, made, last_day=last + timedelta(days=1))
            assert [one.field for one in refused.value.errors] == ["last_day"]
            record(town, made, last_day=last)


def test_the_holder_is_asked_for_a_record_once_it_is_time(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted(valid_until=date(2028, 1, 1))
        pulled(made, town.asker)
        assert usage.usage_remind() == 0
        now.advance(days=180)
        assert usage.usage_remind() == 1
        tasks = Task.objects.filter(kind="sharing.grant.record_use", closed_at=None)
        assert tasks.get().department == town.world.other
        record(town, made, last_day=date(2027, 3, 1))
        assert not tasks.exists()
        assert usage.usage_remind() == 0


@pytest.mark.parametrize("tab", ["rows", "profile"])
def test_who_only_looked_records_the_use_and_disposes_of_what_he_saw(town: SharingTown, tab: str) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made, unseen = town.granted(valid_until=date(2028, 1, 1)), town.granted(valid_until=date(2028, 1, 1))
        looked = client_of(town.asker).get(f"/sharing/grants/{made.pk}/data/", {"tab": tab})
        assert looked.status_code == 200
        pulled(unseen, town.asker, rows=0)
        now.advance(days=200)
        assert usage.usage_remind() == 1
        for one in (made, unseen):
            grant_end(actor=town.asker_head, grant_id=one.pk, reason=EndReason.PURPOSE_MET)
            telling.grant_step_tell(grant_id=one.pk, action="end", by=None, key=str(one.pk))
        asked = Task.objects.filter(kind="sharing.grant.dispose", closed_at=None)
        assert [one.subject_pk for one in asked] == [made.pk]


def test_reminding_costs_the_same_however_many_grants_there_are(
    town: SharingTown, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with clock_at("2026-09-18 10:00"):
        for _number in range(4):
            pulled(town.granted(valid_until=date(2028, 1, 1)), town.asker)
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
    assert holders(made) == [("provider", "向第三方提供")]
    assert Inspection.objects.count() == 2


def holders(made: Grant) -> list[tuple[str, str]]:
    return [(one.side, one.reason) for one in suspensions_open(made)]


def inspected(town: SharingTown, made: Grant, actor: Actor | None = None, **given: Any) -> Inspection:
    fields = {"result": "to_rectify", "finding": "台账不全", "rectify_by": date(2026, 10, 20)} | given
    return usage.inspection_record(actor=actor or town.world.head, grant_id=made.pk, **fields)


def told(user_ids: set[int | None], words: str) -> bool:
    found = Notification.objects.filter(kind="sharing.grant", title__contains=words)
    return set(found.values_list("user_id", flat=True)) == user_ids


def test_the_holder_hears_of_an_inspection_and_reports_what_it_put_right(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00"):
        made = town.granted()
        one = inspected(town, made)
        message = OutboxMessage.objects.filter(event=CHANGED_EVENT, payload__action="inspect").get()
        telling.grant_step_tell(key="1", **message.payload)
        assert told({town.asker.id, town.asker_head.id}, "Use inspected")
        task = Task.objects.get(kind="sharing.grant.rectify", closed_at=None)
        assert (task.department, task.role, task.due_at) == (town.world.other, "head", end_of_day(date(2026, 10, 20)))
        before = database_digest()
        for who in (town.asker, town.world.head, town.world.reviewer):
            with pytest.raises(NotAllowed):
                rectify(made, one, who)
        with pytest.raises(RuleViolation):
            rectify(made, one, town.asker_head, report=" ")
        with pytest.raises(NotVisible):
            rectifying.inspection_rectify(actor=town.asker_head, grant_id=made.pk, inspection_id=0, report="好")
        assert database_digest() == before
        kept = rectify(made, one, town.asker_head)
        assert told({town.world.head.id}, "Reported as rectified after")
        assert not Task.objects.filter(kind="sharing.grant.rectify", closed_at=None).exists()
        assert [step.action for step in steps_of(made)][-2:] == ["inspect", "rectify"]
        with pytest.raises(InvalidTransition):
            rectify(made, one, town.asker_head)
        with pytest.raises(InvalidTransition):
            rectify(made, inspected(town, made, result="in_order"), town.asker_head)
        with pytest.raises(IntegrityError), transaction.atomic():
            Rectification.objects.filter(pk=kept.pk).update(report="没有")


def rectify(made: Grant, one: Inspection, actor: Actor, report: str = "台账已补齐") -> Rectification:
    return rectifying.inspection_rectify(actor=actor, grant_id=made.pk, inspection_id=one.pk, report=report)


def test_who_inspected_is_told_once_of_what_is_not_rectified_in_time(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        late, reported = inspected(town, made, town.world.reviewer), inspected(town, made)
        rectify(made, reported, town.asker_head)
        now.move_to("2026-10-20 10:00")
        assert rectifying.inspections_remind() == 0
        now.move_to("2026-10-21 02:20")
        for count in (1, 0):
            assert rectifying.inspections_remind() == count
        people = {town.world.reviewer.id, town.world.second_reviewer.id, town.asker_head.id}
        assert told(people, "Not reported as rectified in time")
        assert Notification.objects.filter(title__contains="Not reported").count() == 3
        assert late.rectify_by == date(2026, 10, 20)


def test_what_is_not_rectified_is_told_to_who_speaks_for_the_inspector_now_and_asked_once(
    town: SharingTown, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        inspected(town, made)
        inspected(town, made, town.world.reviewer)
        survivor = DepartmentFactory(region=town.world.provider.region)
        authority = DepartmentFactory(region=town.world.provider.region)
        department_merge(actor=town.world.sysadmin, department_id=town.world.provider.pk, into_id=survivor.pk)
        department_appoint(actor=town.world.sysadmin, department_id=authority.pk)
        authority.refresh_from_db()
        head = actor_of(UserFactory(department=survivor, roles=["head"]))
        reviewer = actor_of(UserFactory(department=authority, roles=["reviewer"]))
        now.move_to("2026-10-21 02:20")
        assert rectifying.inspections_remind() == 2
        assert told({head.id, town.world.head.id, reviewer.id, town.asker_head.id}, "Not reported as rectified in time")
        with django_assert_num_queries(2):
            assert rectifying.inspections_remind() == 0


def test_where_no_authority_is_named_any_more_reviewers_elsewhere_are_told_nothing(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        inspected(town, made, town.world.reviewer)
        actor_of(UserFactory(department=DepartmentFactory(is_authority=True), roles=["reviewer"]))
        Department.objects.filter(pk=town.world.reviewer.department_id).update(is_authority=False)
        now.move_to("2026-10-21 02:20")
        assert rectifying.inspections_remind() == 1
        assert told({town.asker_head.id}, "Not reported as rectified in time")


def test_the_holders_own_authority_inspects_and_stops_misuse(town: SharingTown) -> None:
    made = town.granted()
    elsewhere = DepartmentFactory(region=RegionFactory(), authority=True)
    Department.objects.filter(pk=town.world.other.pk).update(region=elsewhere.region)
    own = actor_of(UserFactory(department=elsewhere, roles=["reviewer"]))
    inspected(town, made, own, result="misuse", finding="向第三方提供")
    made.refresh_from_db()
    assert (made.status, holders(made)) == (GrantStatus.SUSPENDED, [("authority", "向第三方提供")])
    with pytest.raises(NotAllowed):
        grant_resume(actor=town.world.head, grant_id=made.pk)
    grant_resume(actor=own, grant_id=made.pk)
    grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
    with pytest.raises(NotAllowed):
        grant_resume(actor=own, grant_id=made.pk)


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
    assert is_barred(request.department_id, request.entry_id)


def test_misuse_that_an_authority_finds_is_not_let_run_again_by_the_provider(town: SharingTown) -> None:
    made = town.granted()
    grant_suspend(actor=town.world.head, grant_id=made.pk, reason="核查")
    inspected(town, made, town.world.reviewer, result="misuse", finding="向第三方提供")
    made.refresh_from_db()
    assert holders(made) == [("provider", "核查"), ("authority", "向第三方提供")]
    grant_resume(actor=town.world.head, grant_id=made.pk)
    made.refresh_from_db()
    assert (made.status, holders(made)) == (GrantStatus.SUSPENDED, [("authority", "向第三方提供")])
    before = database_digest()
    with pytest.raises(NotAllowed):
        grant_resume(actor=town.world.head, grant_id=made.pk)
    assert database_digest() == before
    assert is_misused(town.world.other.pk, town.entry.pk)
    grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    assert not is_misused(town.world.other.pk, town.entry.pk)


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
