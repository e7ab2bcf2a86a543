from datetime import date

import pytest

from accounts.models import Department
from audit.models import AuditEvent
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, RegionFactory, actor
from tests.factories.workflow import TESTER, ClockPolicyFactory, clock_running, values
from workflow import selectors, services
from workflow.models import ClockPolicy

TODAY = "2026-11-24 10:00"


def add(policy: ClockPolicy, **options: object) -> ClockPolicy:
    given = {
        "actor": TESTER,
        "policy_id": policy.pk,
        "working_days": 8,
        "extension_working_days": 5,
        "valid_from": date(2026, 12, 1),
        **options,
    }
    return services.clock_policy_add_version(**given)  # type: ignore[arg-type]


def test_a_new_version_follows_the_old_one_and_touches_no_running_clock(
    department: Department, policy: ClockPolicy
) -> None:
    with clock_at(TODAY) as now:
        running = clock_running(policy.key, department)
        new = add(policy, note="征求意见后调整")
        assert values(policy, "valid_to")["valid_to"] == date(2026, 11, 30)
        assert (new.document, new.article, new.is_statutory, new.role) == (
            policy.document,
            policy.article,
            True,
            policy.role,
        )
        assert values(running, "working_days")["working_days"] == 10
        now.move_to("2026-11-30 10:00")
        assert clock_running(policy.key, DepartmentFactory()).working_days == 10
        now.move_to("2026-12-01 10:00")
        assert clock_running(policy.key, DepartmentFactory()).working_days == 8
    event = AuditEvent.objects.get(action="workflow.clock_policy.add_version")
    assert (event.before["working_days"], event.after["working_days"]) == (10, 8)


@pytest.mark.parametrize(("start", "code"), [(date(2026, 11, 23), "past"), (date(2025, 8, 1), "order")])
def test_a_version_cannot_begin_in_the_past_or_before_the_present_one(
    policy: ClockPolicy, start: date, code: str
) -> None:
    with clock_at(TODAY), pytest.raises(RuleViolation) as caught:
        add(policy, valid_from=start)
    assert code in {error.code for error in caught.value.errors}
    assert ClockPolicy.objects.count() == 1
    assert values(policy, "valid_to")["valid_to"] is None


def test_a_local_limit_may_be_shorter(department: Department, authority: Department, policy: ClockPolicy) -> None:
    reviewer = actor("reviewer", department=authority)
    with clock_at(TODAY):
        local = add(policy, actor=reviewer, region_id=department.region_id, working_days=6, extension_working_days=0)
    assert local.region_id == department.region_id
    assert values(policy, "valid_to")["valid_to"] is None


@pytest.mark.parametrize(
    ("working_days", "extension", "field"), [(11, 5, "working_days"), (10, 6, "extension_working_days")]
)
def test_a_local_limit_is_never_longer_than_the_law(
    department: Department, policy: ClockPolicy, working_days: int, extension: int, field: str
) -> None:
    with clock_at(TODAY), pytest.raises(RuleViolation) as caught:
        add(
            policy,
            region_id=department.region_id,
            working_days=working_days,
            extension_working_days=extension,
        )
    assert [error.field for error in caught.value.errors] == [field]
    assert ClockPolicy.objects.count() == 1


def test_a_county_cannot_lengthen_what_its_city_shortened(department: Department, policy: ClockPolicy) -> None:
    county = RegionFactory(level="county", code=f"{department.region.code[:4]}21")
    with clock_at(TODAY):
        add(policy, region_id=department.region_id, working_days=6)
        with pytest.raises(RuleViolation):
            add(policy, region_id=county.pk, working_days=7)
        add(policy, region_id=county.pk, working_days=6)


def test_an_internal_limit_is_the_authoritys_own(department: Department) -> None:
    internal = ClockPolicyFactory(key="internal", is_statutory=False, document="", article="", working_days=3)
    with clock_at(TODAY):
        assert add(internal, region_id=department.region_id, working_days=8).working_days == 8


def test_only_the_authority_of_the_region_sets_its_limits(
    department: Department, authority: Department, policy: ClockPolicy
) -> None:
    foreign = DepartmentFactory(region=RegionFactory(code="880100"), authority=True)
    with clock_at(TODAY):
        for nobody in (
            actor("head", department=department),
            actor("sysadmin", department=authority),
            actor("reviewer", department=foreign),
        ):
            with pytest.raises(NotAllowed):
                add(policy, actor=nobody, region_id=department.region_id)
        with pytest.raises(NotVisible):
            services.clock_policy_add_version(
                actor=TESTER, policy_id=0, working_days=1, extension_working_days=0, valid_from=date(2026, 12, 1)
            )
    assert ClockPolicy.objects.count() == 1


def test_a_national_limit_is_set_by_the_authority_that_has_none_above_it(
    department: Department, authority: Department, policy: ClockPolicy
) -> None:
    reviewer = actor("reviewer", department=authority)
    with clock_at(TODAY):
        above = DepartmentFactory(region=department.region.parent, authority=True)
        with pytest.raises(NotAllowed):
            add(policy, actor=reviewer)
        add(policy, actor=actor("reviewer", department=above))


def test_the_page_shows_law_before_internal_before_local(department: Department) -> None:
    ClockPolicyFactory(key="zz", valid_to=date(2026, 5, 31))
    ClockPolicyFactory(key="zz", valid_from=date(2026, 6, 1), working_days=9)
    ClockPolicyFactory(key="zz", valid_from=date(2027, 6, 1), valid_to=date(2027, 7, 1), working_days=8)
    ClockPolicyFactory(key="catalog_update")
    ClockPolicyFactory(key="internal", is_statutory=False, document="", article="")
    ClockPolicyFactory(key="zz", region=department.region, working_days=4)
    with clock_at(TODAY):
        law, internal, local = selectors.clock_policy_sections()
    assert [group.current.key for group in law.groups] == ["catalog_update", "zz"]
    assert [row.working_days for row in (law.groups[1].current, *law.groups[1].others)] == [9, 8, 10]
    assert [group.current.key for group in internal.groups] == ["internal"]
    assert [group.current.region_id for group in local.groups] == [department.region_id]
