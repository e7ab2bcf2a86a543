"""The life of a grant: suspended, stopped, ended, disposed of; who sees it, and who is told."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from collection.models import DatasetGroupObjectPermission
from core import clock
from core.actors import system_actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from sharing import policies
from sharing.choices import EndReason, GrantStatus
from sharing.models import Grant, GrantStep
from sharing.selectors.grant import grant_get_for, live_grants
from sharing.selectors.reading import is_still_readable
from sharing.selectors.suspension import suspensions_open
from sharing.services import (
    disposal,
    grant,
    stopping,
    telling,
)
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import pulled
from tests.unchanged import database_digest, nothing_changes
from workflow.models import Notification, Task

CLOCK = system_actor(policies.CLOCK_JOB)


def holds_right(town: SharingTown) -> bool:
    held = DatasetGroupObjectPermission.objects.filter(content_object=town.dataset, group=town.world.other.group)
    return held.exists()


def is_live(one: Grant) -> bool:
    return live_grants().filter(pk=one.pk).exists()


def test_a_suspended_grant_gives_nothing_until_it_is_resumed(town: SharingTown) -> None:
    made = town.granted()
    assert is_live(made)
    with pytest.raises(RuleViolation):
        grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="")
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="核查异常调用")
    assert not is_live(made)
    assert not holds_right(town)
    assert not is_still_readable(town.asker, made)
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.asker_head, grant_id=made.pk)
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.secadmin, grant_id=made.pk)
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    assert is_live(made)
    assert holds_right(town)
    assert list(GrantStep.objects.filter(grant=made).values_list("action", flat=True)) == [
        "create",
        "suspend",
        "resume",
    ]


def test_a_grant_is_resumed_by_the_side_that_suspended_it_not_by_its_department(town: SharingTown) -> None:
    made = town.granted()
    secadmin = replace(town.world.secadmin, department_id=town.world.provider.pk)
    grant.grant_suspend(actor=secadmin, grant_id=made.pk, reason="异常调用")
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    grant.grant_resume(actor=secadmin, grant_id=made.pk)
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="核查")
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=secadmin, grant_id=made.pk)
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.secadmin, grant_id=made.pk)
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    made.refresh_from_db()
    assert made.status == GrantStatus.ACTIVE


def test_security_and_authority_may_suspend_and_nobody_else(town: SharingTown) -> None:
    made = town.granted()
    before = database_digest()
    for who in (town.asker, town.asker_head, town.world.cataloguer, town.world.auditor):
        with pytest.raises(NotAllowed):
            grant.grant_suspend(actor=who, grant_id=made.pk, reason="试试")
    for who in (town.world.colleague, town.world.sysadmin):
        with pytest.raises(NotVisible):
            grant.grant_suspend(actor=who, grant_id=made.pk, reason="试试")
    assert database_digest() == before
    grant.grant_suspend(actor=town.world.secadmin, grant_id=made.pk, reason="疑似泄露")
    [held] = suspensions_open(made)
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk, suspension_id=held.pk)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="责令整改")


def test_it_expires_to_the_instant_by_itself(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        made = town.granted(valid_until=date(2026, 12, 31))
        now.move_to("2026-12-31 23:59:59.999999")
        assert is_live(made)
        now.move_to("2027-01-01 00:00:00")
        assert not is_live(made)
        assert telling.grants_keep(actor=CLOCK) == 1
        assert telling.grants_keep(actor=CLOCK) == 0
        made.refresh_from_db()
        assert made.status == GrantStatus.EXPIRED
        assert made.ended_at == made.valid_to
        assert not holds_right(town)


def test_two_grants_on_the_same_data_stay_apart_and_share_the_right(town: SharingTown) -> None:
    first, second = town.granted(), town.granted(items=town.items("DXBH"))
    assert first.hash_key != second.hash_key
    grant.grant_end(actor=town.asker_head, grant_id=first.pk, reason=EndReason.PURPOSE_MET)
    assert holds_right(town)
    assert is_live(second)
    grant.grant_end(actor=town.asker_head, grant_id=second.pk, reason=EndReason.NOT_NEEDED)
    assert not holds_right(town)


def test_misuse_is_described_and_the_disposal_confirmed(town: SharingTown) -> None:
    made = town.granted()
    with pytest.raises(RuleViolation):
        grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.MISUSE)
    with pytest.raises(NotAllowed):
        grant.grant_end(actor=town.asker, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    with pytest.raises(NotAllowed):
        grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    with pytest.raises(RuleViolation):
        grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.STOPPED)
    with pytest.raises(InvalidTransition):
        disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="已销毁")
    pulled(made, town.asker)
    grant.grant_end(
        actor=town.world.head, grant_id=made.pk, reason=EndReason.MISUSE, note="超范围使用", disposal_demand="彻底删除"
    )
    telling.grant_step_tell(grant_id=made.pk, action="end", by=None, key="1")
    assert Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).count() == 1
    disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="已于当日删除数据及备份")
    assert Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).count() == 0
    with pytest.raises(RuleViolation):
        disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="再次")


def test_a_running_service_is_stopped_once_both_had_time_to_speak(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        made = town.granted()
        with pytest.raises(NotAllowed):
            stopping.stop_announce(
                actor=town.world.cataloguer, grant_id=made.pk, reason="系统下线", stops_on=date(2026, 12, 31)
            )
        with pytest.raises(RuleViolation):
            stopping.stop_announce(
                actor=town.world.head, grant_id=made.pk, reason="", stops_on=date(2026, 11, 26)
            )  # fmt: skip
        stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="系统下线", stops_on=date(2026, 12, 31))
        kinds = set(Task.objects.filter(closed_at=None, subject_label="sharing.grant").values_list("kind", flat=True))
        assert kinds == {"sharing.grant.answer_stop", "sharing.grant.file_stop"}
        stopping.stop_answer(actor=town.asker_head, grant_id=made.pk, is_agreed=False, answer="每月仍需核验")
        with pytest.raises(InvalidTransition):
            stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        now.move_to("2026-12-31 09:00")
        with pytest.raises(NotAllowed):
            stopping.stop_file(actor=town.world.head, grant_id=made.pk, is_accepted=True)
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        made.refresh_from_db()
        assert (made.status, made.end_reason) == (GrantStatus.ENDED, EndReason.STOPPED)


def test_the_authority_may_object_to_a_stop(town: SharingTown) -> None:
    made = town.granted()
    day = clock.today() + timedelta(days=14)
    stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="不愿提供", stops_on=day)
    with pytest.raises(RuleViolation):
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False)
    stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False, note="无正当理由")
    with pytest.raises(InvalidTransition):
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
    assert is_live(made)


def test_the_provider_demands_disposal_whoever_ends_the_grant_until_it_is_confirmed(town: SharingTown) -> None:
    made = town.granted()
    demand = disposal.disposal_demand
    for who in (town.asker_head, town.world.reviewer, town.world.cataloguer):
        with pytest.raises(NotAllowed):
            demand(actor=who, grant_id=made.pk, demand="删除")
    with pytest.raises(RuleViolation):
        demand(actor=town.world.head, grant_id=made.pk, demand=" ")
    demand(actor=town.world.head, grant_id=made.pk, demand="删除全部副本")
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason="purpose_met")
    made.refresh_from_db()
    assert made.disposal_demand == "删除全部副本"
    demand(actor=town.world.head, grant_id=made.pk, demand="删除全部副本并出具说明")
    assert Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).exists()
    disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="已删除")
    assert not Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).exists()
    with pytest.raises(InvalidTransition):
        demand(actor=town.world.head, grant_id=made.pk, demand="再删")
    assert list(GrantStep.objects.filter(grant=made, action="demand").values_list("note", flat=True)) == [
        "删除全部副本",
        "删除全部副本并出具说明",
    ]


# --- Who sees it, who is told -----------------------------------------------------------------------------------------


def test_a_grant_is_known_to_both_sides_and_those_above_them_only(town: SharingTown) -> None:
    made = town.granted()
    for who in (town.asker, town.asker_head, town.world.cataloguer, town.world.head, town.world.reviewer):
        assert grant_get_for(who, made.pk) == made
    for who in (town.world.secadmin, town.world.auditor):
        assert grant_get_for(who, made.pk) == made
    stranger = actor_of(UserFactory(department=DepartmentFactory(), roles=["head"]))
    for who in (stranger, town.world.colleague, town.world.sysadmin):
        with pytest.raises(NotVisible):
            grant_get_for(who, made.pk)


def test_an_end_that_is_near_is_told_in_time_and_once_each(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        town.granted(valid_until=date(2026, 12, 31))
        for day, told in (
            ("2026-11-26", 0),
            ("2026-12-05", 1),
            ("2026-12-06", 1),
            ("2026-12-26", 2),
            ("2026-12-31", 3),
        ):
            now.move_to(f"{day} 12:00")
            telling.grants_keep(actor=CLOCK)
            found = Notification.objects.filter(kind="sharing.grant.end", user=town.asker.id)
            assert found.count() == told, day


def test_each_step_is_told_to_the_other_side(town: SharingTown) -> None:
    request = town.agreed()
    telling.request_step_tell(request_id=request.pk, action="agree", by=town.asker_head.id, key="1")
    told = set(Notification.objects.filter(kind="sharing.request").values_list("user_id", flat=True))
    assert town.world.head.id in told
    assert town.asker.id in told
    assert town.asker_head.id not in told
    assert town.world.reviewer.id not in told


def test_each_side_lifts_its_own_suspension_of_a_renewal(town: SharingTown) -> None:
    first = town.granted()
    second = town.granted()
    Grant.objects.filter(pk=second.pk).update(previous=first)
    provider, authority = town.world.head, town.world.reviewer
    grant.grant_suspend(actor=provider, grant_id=second.pk, reason="自查")
    grant.grant_suspend(actor=authority, grant_id=first.pk, reason="核查")
    with nothing_changes(), pytest.raises(NotAllowed):
        grant.grant_resume(actor=provider, grant_id=first.pk)
    grant.grant_resume(actor=authority, grant_id=first.pk)
    assert dict(Grant.objects.values_list("pk", "status")) == {first.pk: "active", second.pk: "suspended"}
    [held] = suspensions_open(second)
    grant.grant_resume(actor=authority, grant_id=second.pk, suspension_id=held.pk)
    assert set(Grant.objects.values_list("status", flat=True)) == {"active"}


def test_what_was_suspended_for_a_reason_of_its_own_stays_so(town: SharingTown) -> None:
    first = town.granted()
    second = town.granted()
    Grant.objects.filter(pk=second.pk).update(previous=first)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=second.pk, reason="核查")
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    grant.grant_resume(actor=town.world.head, grant_id=first.pk)
    assert dict(Grant.objects.values_list("pk", "status")) == {first.pk: "active", second.pk: "suspended"}
