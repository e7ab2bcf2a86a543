from collections.abc import Callable
from datetime import date

import pytest

from accounts.models import Department
from audit.models import AuditEvent
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from tests.core.test_clock import VECTORS
from tests.factories.accounts import DepartmentFactory, RegionFactory, actor
from tests.factories.workflow import TESTER, ClockPolicyFactory, clock_running, moment, values
from tests.workflow.race import in_threads
from workflow import reference, services
from workflow.exceptions import ClockAlreadyRunning, ClockPolicyMissing
from workflow.models import Clock, ClockPolicy

STATE = ("state", "due_on", "due_at", "extension_working_days", "finished_at", "extension_reason")


@pytest.mark.parametrize(("start", "days", "due"), VECTORS)
def test_a_clock_is_due_where_the_holiday_notice_puts_it(
    department: Department, start: str, days: int, due: str
) -> None:
    ClockPolicyFactory(key="vector", working_days=days)
    clock = clock_running("vector", department, started_at=f"{start} 09:30")
    assert clock.due_on == date.fromisoformat(due)
    assert clock.due_at == moment(f"{due} 23:59:59.999999")
    assert not clock.is_provisional


def test_a_start_soon_after_midnight_counts_from_the_day_in_the_region(
    department: Department, policy: ClockPolicy
) -> None:
    # In UTC it is still the 2nd.
    clock = clock_running(policy.key, department, started_at="2026-11-03 00:30")
    assert clock.started_on == date(2026, 11, 3)
    assert clock.due_on == date(2026, 11, 17)


def test_a_clock_into_a_year_without_notice_is_provisional(department: Department, policy: ClockPolicy) -> None:
    assert clock_running(policy.key, department, started_at="2026-12-25 10:00").is_provisional


def test_a_clock_keeps_the_rule_it_was_started_under(department: Department, policy: ClockPolicy) -> None:
    with clock_at("2026-11-02 10:00"):
        clock = clock_running(policy.key, department)
    policy.working_days = 3
    policy.save()
    clock.refresh_from_db()
    assert (clock.working_days, clock.extension_limit_working_days) == (10, 5)
    assert (clock.document, clock.article, clock.is_statutory) == ("政务数据共享条例", "第十七条", True)
    assert AuditEvent.objects.get(action="workflow.clock.start").basis == "政务数据共享条例 第十七条"


def test_an_object_has_one_open_clock_of_a_kind(department: Department, policy: ClockPolicy) -> None:
    first = clock_running(policy.key, department)
    with pytest.raises(ClockAlreadyRunning):
        clock_running(policy.key, department)
    assert list(Clock.objects.all()) == [first]
    assert AuditEvent.objects.filter(action="workflow.clock.start").count() == 1
    services.clock_stop(actor=TESTER, clock=first)
    assert clock_running(policy.key, department).pk != first.pk


def test_without_a_policy_nothing_starts(department: Department) -> None:
    ClockPolicyFactory(key="dormant", is_active=False)
    for key in ("unknown", "dormant"):
        with pytest.raises(ClockPolicyMissing):
            services.clock_start(
                actor=TESTER,
                policy_key=key,
                subject=department,
                department_id=department.pk,
                region_id=department.region_id,
            )
    assert not Clock.objects.exists()


def test_the_version_in_force_on_the_day_of_the_start_binds(department: Department) -> None:
    ClockPolicyFactory(key="k", working_days=10, valid_to=date(2026, 5, 31))
    ClockPolicyFactory(key="k", working_days=7, valid_from=date(2026, 6, 1))
    with clock_at("2026-06-10 10:00"):
        assert clock_running("k", department, started_at="2026-05-29 10:00").working_days == 10
        assert clock_running("k", DepartmentFactory(), started_at="2026-06-01 10:00").working_days == 7


def test_a_local_rule_may_shorten_a_statutory_limit_and_never_lengthens_it(department: Department) -> None:
    province = department.region.parent
    ClockPolicyFactory(key="shorter", working_days=10)
    ClockPolicyFactory(key="shorter", working_days=6, region=province)
    ClockPolicyFactory(key="longer", working_days=10)
    ClockPolicyFactory(key="longer", working_days=12, region=department.region)
    elsewhere = DepartmentFactory(region=RegionFactory(code="880100" if province.code != "880000" else "870100"))
    assert clock_running("shorter", department).working_days == 6
    assert clock_running("shorter", elsewhere).working_days == 10
    assert clock_running("longer", department).working_days == 10


def test_of_internal_limits_the_nearest_holds(department: Department) -> None:
    internal = {"is_statutory": False, "document": "", "article": "", "key": "internal"}
    ClockPolicyFactory(working_days=3, **internal)
    ClockPolicyFactory(working_days=8, region=department.region, **internal)
    assert clock_running("internal", department).working_days == 8


def test_stopping_by_object_and_key_finds_the_open_clock_or_nothing(
    department: Department, policy: ClockPolicy
) -> None:
    assert services.clock_stop(actor=TESTER, subject=department, policy_key=policy.key) is None
    clock_running(policy.key, department)
    stopped = services.clock_stop(actor=TESTER, subject=department, policy_key=policy.key)
    assert stopped is not None
    assert stopped.state == "finished"
    assert not stopped.is_late
    assert services.clock_stop(actor=TESTER, subject=department, policy_key=policy.key) is None


def test_several_clocks_of_an_object_stop_at_once(department: Department) -> None:
    for key in ("a", "b", "c"):
        clock_running(key, department)
    assert len(services.clocks_stop(actor=TESTER, subject=department, policy_keys=["a", "b", "x"])) == 2
    assert set(Clock.objects.filter(state="running").values_list("policy_key", flat=True)) == {"c"}


def test_an_end_after_the_due_time_is_late(department: Department, policy: ClockPolicy) -> None:
    clock = clock_running(policy.key, department, started_at="2026-09-18 10:00")
    stopped = services.clock_stop(actor=TESTER, clock=clock, finished_at=moment("2026-10-10 00:00"))
    assert stopped is not None
    assert stopped.is_late


def test_an_ended_clock_cannot_be_touched_again(department: Department, policy: ClockPolicy) -> None:
    clock = clock_running(policy.key, department)
    services.clock_cancel(actor=TESTER, clock=clock, reason="撤回")
    before = values(clock, *STATE)
    events = AuditEvent.objects.count()
    for act in (
        lambda: services.clock_stop(actor=TESTER, clock=clock),
        lambda: services.clock_cancel(actor=TESTER, clock=clock),
        lambda: services.clock_pause(actor=TESTER, clock=clock),
        lambda: services.clock_resume(actor=TESTER, clock=clock),
        lambda: services.clock_extend(actor=TESTER, clock=clock, days=1, reason="理由"),
    ):
        with pytest.raises(InvalidTransition):
            act()
    assert values(clock, *STATE) == before
    assert AuditEvent.objects.count() == events


def test_an_end_before_the_start_is_refused(department: Department, policy: ClockPolicy) -> None:
    clock = clock_running(policy.key, department, started_at="2026-09-18 10:00")
    with pytest.raises(RuleViolation):
        services.clock_stop(actor=TESTER, clock=clock, finished_at=moment("2026-09-17 10:00"))
    assert values(clock, "state")["state"] == "running"


def test_the_authority_extends_once_within_the_limit(
    department: Department, authority: Department, policy: ClockPolicy
) -> None:
    reviewer = actor("reviewer", department=authority)
    with clock_at("2026-09-18 10:00") as now:
        clock = clock_running(policy.key, department)
        now.move_to("2026-10-09 18:00")
        extended = services.clock_extend(actor=reviewer, clock=clock, days=5, reason="跨部门核对")
        # 10-10 is a Saturday that is worked.
        assert extended.due_on == date(2026, 10, 15)
        with pytest.raises(InvalidTransition):
            services.clock_extend(actor=reviewer, clock=clock, days=1, reason="再次")
    assert values(clock, "due_on", "extension_working_days") == {
        "due_on": date(2026, 10, 15),
        "extension_working_days": 5,
    }
    event = AuditEvent.objects.get(action="workflow.clock.extend")
    assert event.before["due_on"] == "2026-10-09"
    assert event.after["due_on"] == "2026-10-15"


@pytest.mark.parametrize(("days", "reason", "field"), [(6, "理由", "days"), (0, "理由", "days"), (3, "  ", "reason")])
def test_an_extension_beyond_the_rule_changes_nothing(
    department: Department, authority: Department, policy: ClockPolicy, days: int, reason: str, field: str
) -> None:
    clock = clock_running(policy.key, department)
    before = values(clock, *STATE)
    with pytest.raises(RuleViolation) as caught:
        services.clock_extend(actor=actor("reviewer", department=authority), clock=clock, days=days, reason=reason)
    assert [error.field for error in caught.value.errors] == [field]
    assert values(clock, *STATE) == before
    assert not AuditEvent.objects.filter(action="workflow.clock.extend").exists()


def test_only_the_authority_in_charge_may_extend(
    department: Department, authority: Department, policy: ClockPolicy
) -> None:
    clock = clock_running(policy.key, department)
    before = values(clock, *STATE)
    foreign = DepartmentFactory(region=RegionFactory(code="880100"), authority=True)
    for nobody in (
        actor("cataloguer", department=department),
        actor("head", department=department),
        actor("cataloguer", department=authority),
        actor("reviewer", department=foreign),
        actor("sysadmin", department=authority),
    ):
        with pytest.raises(NotAllowed):
            services.clock_extend(actor=nobody, clock=clock, days=1, reason="理由")
    assert values(clock, *STATE) == before


def test_the_authority_of_a_region_above_may_extend(department: Department, policy: ClockPolicy) -> None:
    above = DepartmentFactory(region=department.region.parent, authority=True)
    clock = clock_running(policy.key, department)
    services.clock_extend(actor=actor("reviewer", department=above), clock=clock, days=1, reason="理由")
    assert values(clock, "extension_working_days")["extension_working_days"] == 1


def test_an_overdue_clock_is_neither_extended_nor_paused(department: Department, policy: ClockPolicy) -> None:
    with clock_at("2026-09-18 10:00") as now:
        clock = clock_running(policy.key, department)
        before = values(clock, *STATE)
        now.move_to("2026-10-10 00:00:01")
        with pytest.raises(InvalidTransition):
            services.clock_extend(actor=TESTER, clock=clock, days=5, reason="理由")
        with pytest.raises(InvalidTransition):
            services.clock_pause(actor=TESTER, clock=clock)
    assert values(clock, *STATE) == before


def test_working_days_of_a_pause_do_not_count(department: Department, policy: ClockPolicy) -> None:
    with clock_at("2026-11-02 10:00") as now:  # a Monday; due on Monday the 16th
        clock = clock_running(policy.key, department)
        now.move_to("2026-11-04 15:00")  # two used, eight left
        services.clock_pause(actor=TESTER, clock=clock, reason="补正材料")
        assert values(clock, "state")["state"] == "paused"
        now.move_to("2026-11-09 09:00")
        resumed = services.clock_resume(actor=TESTER, clock=clock)
    assert resumed.due_on == date(2026, 11, 19)  # eight working days after the 9th
    assert resumed.state == "running"


def test_a_pause_within_one_day_costs_nothing(department: Department, policy: ClockPolicy) -> None:
    with clock_at("2026-11-02 10:00") as now:
        clock = clock_running(policy.key, department)
        now.move_to("2026-11-04 09:00")
        services.clock_pause(actor=TESTER, clock=clock)
        now.move_to("2026-11-04 17:00")
        assert services.clock_resume(actor=TESTER, clock=clock).due_on == date(2026, 11, 16)


def test_a_clock_paused_on_its_last_day_is_due_on_the_day_it_runs_again(
    department: Department, policy: ClockPolicy
) -> None:
    with clock_at("2026-11-02 10:00") as now:
        clock = clock_running(policy.key, department)
        now.move_to("2026-11-16 10:00")
        services.clock_pause(actor=TESTER, clock=clock)
        now.move_to("2026-11-21 10:00")  # a Saturday
        assert services.clock_resume(actor=TESTER, clock=clock).due_on == date(2026, 11, 23)


def test_pauses_and_an_extension_add_up(department: Department, policy: ClockPolicy) -> None:
    with clock_at("2026-11-02 10:00") as now:
        clock = clock_running(policy.key, department)
        for paused, resumed in (("2026-11-03", "2026-11-05"), ("2026-11-06", "2026-11-10")):
            now.move_to(f"{paused} 10:00")
            services.clock_pause(actor=TESTER, clock=clock)
            now.move_to(f"{resumed} 10:00")
            services.clock_resume(actor=TESTER, clock=clock)
        services.clock_extend(actor=TESTER, clock=clock, days=2, reason="理由")
    # Not counted: 11-04, 05 and 11-09, 10. Counted: 11-03, 06, 11–13, 16–20, 23, 24.
    assert values(clock, "due_on")["due_on"] == date(2026, 11, 24)


def test_stopping_a_paused_clock_closes_its_pause(department: Department, policy: ClockPolicy) -> None:
    clock = clock_running(policy.key, department)
    services.clock_pause(actor=TESTER, clock=clock)
    services.clock_stop(actor=TESTER, clock=clock)
    assert clock.pauses.filter(resumed_at__isnull=True).count() == 0


@pytest.mark.parametrize(("end", "state"), [(services.clock_stop, "finished"), (services.clock_cancel, "cancelled")])
def test_days_of_a_pause_make_no_clock_late_that_ends_within_it(
    department: Department, policy: ClockPolicy, end: Callable[..., Clock], state: str
) -> None:
    with clock_at("2026-11-02 10:00") as now:  # due on Monday the 16th
        clock = clock_running(policy.key, department)
        now.move_to("2026-11-04 15:00")
        services.clock_pause(actor=TESTER, clock=clock)
        now.move_to("2026-11-30 10:00")
        ended = end(actor=TESTER, clock=clock)
    assert (ended.state, ended.is_late) == (state, False)
    assert values(clock, "due_on")["due_on"] == date(2026, 12, 10)  # eight working days after the 30th
    event = AuditEvent.objects.latest("pk")
    assert (event.after["is_late"], event.after["due_on"]) == (False, "2026-12-10")


def test_work_that_is_wanted_no_more_was_late_all_the_same(department: Department, policy: ClockPolicy) -> None:
    with clock_at("2026-11-02 10:00") as now:  # due on Monday the 16th
        clock = clock_running(policy.key, department)
        now.move_to("2026-11-17 10:00")
        ended = services.clock_cancel(actor=TESTER, clock=clock, reason="撤回")
    assert ended is not None
    assert (ended.state, ended.is_late) == ("finished", True)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.after["state"], event.after["is_late"]) == ("workflow.clock.cancel", "finished", True)


def test_a_clock_ended_by_mistake_runs_on_with_the_time_between_counted(
    department: Department, policy: ClockPolicy
) -> None:
    with clock_at("2026-11-02 10:00") as now:
        clock = clock_running(policy.key, department)
        now.move_to("2026-11-04 10:00")
        services.clock_stop(actor=TESTER, clock=clock)
        now.move_to("2026-11-10 10:00")
        reopened = services.clock_reopen(actor=TESTER, clock=clock, reason="撤回报送")
        assert (reopened.state, reopened.due_on, reopened.finished_at) == ("running", date(2026, 11, 16), None)
        with pytest.raises(InvalidTransition):
            services.clock_reopen(actor=TESTER, clock=clock, reason="再次")


def test_a_clock_is_not_reopened_beside_another_one(department: Department, policy: ClockPolicy) -> None:
    first = clock_running(policy.key, department)
    services.clock_stop(actor=TESTER, clock=first)
    clock_running(policy.key, department)
    with pytest.raises(ClockAlreadyRunning):
        services.clock_reopen(actor=TESTER, clock=first, reason="撤回报送")
    assert values(first, "state")["state"] == "finished"


def test_the_shipped_limits_are_those_of_the_regulation(db: None) -> None:
    assert reference.load() > 0
    assert reference.load() == 0
    statutory = ClockPolicy.objects.filter(region__isnull=True, is_statutory=True)
    assert {row.key: (row.working_days, row.extension_working_days, row.article) for row in statutory} == {
        "catalog_update": (10, 5, "第十七条"),
        "catalog_review": (2, 0, "第十七条"),
        "reply_unconditional": (1, 10, "第二十一条"),
        "reply_conditional": (10, 10, "第二十一条"),
        "delivery": (20, 0, "第二十二条"),
        "correction": (10, 0, "第二十六条"),
    }
    internal = ClockPolicy.objects.filter(region__isnull=True, is_statutory=False)
    assert {row.key: (row.working_days, row.document) for row in internal} == {
        "first_filing_review": (5, ""),
        "head_signoff": (3, ""),
        "stop_notice": (5, ""),
        "quality_correction": (10, ""),
        "request_signoff": (3, ""),
        "sharing_decision": (10, ""),
        "supplement": (20, ""),
    }


def test_a_local_preset_is_loaded_where_its_region_is_known_and_stays_inactive(db: None) -> None:
    region = RegionFactory(code="140500")
    reference.load()
    presets = ClockPolicy.objects.filter(region=region)
    assert presets.count() == 2
    assert not presets.filter(is_active=True).exists()
    local = DepartmentFactory(region=region)
    clock = services.clock_start(
        actor=TESTER, policy_key="reply_conditional", subject=local, department_id=local.pk, region_id=region.pk
    )
    assert clock.working_days == 10


@pytest.mark.django_db(transaction=True)
def test_of_two_extensions_at_once_one_takes_effect() -> None:
    department = DepartmentFactory()
    clock = clock_running("race", department)
    results = in_threads(lambda: services.clock_extend(actor=TESTER, clock=clock, days=5, reason="理由"))
    assert sorted(type(result).__name__ for result in results) == ["Clock", "InvalidTransition"]
    assert values(clock, "extension_working_days")["extension_working_days"] == 5
    assert AuditEvent.objects.filter(action="workflow.clock.extend").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_starts_at_once_one_takes_effect() -> None:
    department = DepartmentFactory()
    ClockPolicyFactory(key="race")
    results = in_threads(lambda: clock_running("race", department))
    assert sorted(type(result).__name__ for result in results) == ["Clock", "ClockAlreadyRunning"]
    assert Clock.objects.count() == 1
