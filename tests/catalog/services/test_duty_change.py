"""A recorded change of law or duties and the clock it starts for every entry concerned (809 Art. 17)."""

from datetime import date
from typing import Any

import pytest

from audit.models import AuditEvent
from catalog import services
from catalog.models import DutyChange, DutyChangeEntry, Entry
from catalog.selectors import duty_change as reading
from core import clock
from core.actors import PUBLIC, Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow.models import OutboxMessage, Task
from workflow.selectors.of_subject import clock_open_of


def record(actor: Actor, *entries: Entry, **values: Any) -> DutyChange:
    defaults = {
        "document": "云川市机构改革方案",
        "gist": "低保审核权限下放",
        "changed_on": clock.today(),
        "entry_refs": [entry.ref for entry in entries],
    }
    return services.duty_change_record(actor=actor, **(defaults | values))


def row_of(change: DutyChange) -> DutyChangeEntry:
    return DutyChangeEntry.objects.get(change=change)


def test_the_clock_runs_from_the_day_of_the_change(world: CatalogWorld) -> None:
    """Vector of the calendar: ten working days from 2026-02-13 end on 2026-03-05, whenever it is recorded."""
    entry = world.published()
    with clock_at("2026-02-26 10:00"):
        change = record(world.reviewer, entry, changed_on=date(2026, 2, 13))
    limit = clock_open_of(row_of(change), "catalog_update")
    assert limit is not None
    assert (str(limit.started_on), str(limit.due_on), limit.is_statutory) == ("2026-02-13", "2026-03-05", True)
    assert limit.department_id == world.provider.pk


def test_recording_leaves_task_trail_and_message(world: CatalogWorld) -> None:
    first, second = world.published(name="甲"), world.published(name="乙")
    change = record(world.reviewer, first, second, article=" 第六条 ")
    assert change.article == "第六条"
    tasks = Task.objects.filter(kind="catalog.update", closed_at=None)
    assert {(task.department_id, task.role) for task in tasks} == {(world.provider.pk, "cataloguer")}
    assert sorted(task.title for task in tasks) == sorted(["甲", "乙"])
    assert all(task.clock_id for task in tasks)
    event = AuditEvent.objects.get(action="catalog.duty_change.record")
    assert event.basis == "政务数据共享条例 第十七条"
    assert OutboxMessage.objects.filter(event="catalog.duty_change.recorded").count() == 1


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"document": "  "}, "document", "required"),
        ({"gist": ""}, "gist", "required"),
        ({"entry_refs": []}, "entries", "required"),
        ({"entry_refs": ["307013-999999"]}, "entries[0]", "unknown"),
        ({"changed_on": date(2999, 1, 1)}, "changed_on", "in_future"),
    ],
)
def test_what_is_missing_or_wrong_is_named(world: CatalogWorld, values: Any, field: str, code: str) -> None:
    entry = world.published()
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        record(world.reviewer, entry, **values)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_only_entries_in_force_can_be_concerned(world: CatalogWorld) -> None:
    draft = world.entry()
    with pytest.raises(RuleViolation) as refused:
        record(world.head, draft)
    assert [error.code for error in refused.value.errors] == ["not_published"]


def test_an_entry_named_twice_gets_one_clock(world: CatalogWorld) -> None:
    entry = world.published()
    change = record(world.reviewer, entry_refs=[entry.ref, str(entry.pk), entry.ref])
    assert change.concerned.count() == 1


def test_who_may_record(world: CatalogWorld) -> None:
    """The authority within its region, a department for itself."""
    entry = world.published()
    for actor in (world.reviewer, world.head, world.cataloguer):
        record(actor, entry)
    county = DepartmentFactory(region=RegionFactory(level="county", parent=world.provider.region), authority=True)
    beside = DepartmentFactory(region=RegionFactory(), authority=True)
    strangers = [
        world.other_head,
        world.colleague,
        world.sysadmin,
        PUBLIC,
        actor_of(UserFactory(department=county, roles=["reviewer"])),
        actor_of(UserFactory(department=beside, roles=["reviewer"])),
    ]
    with nothing_changes():
        for stranger in strangers:
            with pytest.raises(NotAllowed):
                record(stranger, entry)


# --- A longer time ----------------------------------------------------------------------------------------------------


def extend(actor: Actor, change: DutyChange, days: int = 5, reason: str = "系统改造") -> DutyChangeEntry:
    return services.duty_change_extend(actor=actor, concerned_id=row_of(change).pk, days=days, reason=reason)


def test_the_authority_consents_to_five_more_days(world: CatalogWorld) -> None:
    entry = world.published()
    with clock_at("2026-02-13 10:00"):
        change = record(world.reviewer, entry)
        extend(world.reviewer, change)
    limit = clock_open_of(row_of(change), "catalog_update")
    assert limit is not None
    assert (limit.extension_working_days, str(limit.due_on)) == (5, "2026-03-12")
    assert AuditEvent.objects.get(action="catalog.duty_change.extend").note == "系统改造"


@pytest.mark.parametrize(
    ("days", "reason", "field"), [(6, "系统改造", "days"), (0, "系统改造", "days"), (5, " ", "reason")]
)
def test_no_more_than_the_law_allows_and_not_without_reason(
    world: CatalogWorld, days: int, reason: str, field: str
) -> None:
    change = record(world.reviewer, world.published())
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        extend(world.reviewer, change, days, reason)
    assert [error.field for error in refused.value.errors] == [field]


def test_only_the_authority_in_charge_consents(world: CatalogWorld) -> None:
    change = record(world.reviewer, world.published())
    above = DepartmentFactory(region=world.provider.region.parent, authority=True)
    reviewer_above = actor_of(UserFactory(department=above, roles=["reviewer"]))
    with nothing_changes():
        for actor in (world.head, world.cataloguer, world.other_head, reviewer_above):
            with pytest.raises(NotAllowed):
                extend(actor, change)
    with pytest.raises(NotVisible):
        services.duty_change_extend(actor=world.reviewer, concerned_id=0, days=5, reason="系统改造")


def test_not_twice_not_when_late_not_when_filed(world: CatalogWorld) -> None:
    entry = world.published()
    with clock_at("2026-02-13 10:00") as now:
        change = record(world.reviewer, entry)
        extend(world.reviewer, change, 2)
        with pytest.raises(InvalidTransition):
            extend(world.reviewer, change, 2)
        late = record(world.reviewer, entry)
        now.move_to("2026-03-06 10:00")
        with pytest.raises(InvalidTransition):
            extend(world.reviewer, late)
        filed = record(world.reviewer, entry)
        services.entry_revise(actor=world.cataloguer, ref=entry.pk, duty_change=filed.pk)
        services.entry_submit(actor=world.cataloguer, ref=entry.pk)
        services.entry_approve(actor=world.head, ref=entry.pk)
        with pytest.raises(InvalidTransition):
            extend(world.reviewer, filed)


# --- Figures and who sees them ----------------------------------------------------------------------------------------


def test_figures_tell_on_time_late_running_and_overdue(world: CatalogWorld) -> None:
    entries = [world.published(name=f"目录{number}") for number in range(4)]
    with clock_at("2026-03-02 09:00") as now:
        old = record(world.reviewer, *entries[:3])
        _file(world, entries[0], old)
        now.move_to("2026-03-20 09:00")
        _file(world, entries[1], old)
        new = record(world.reviewer, entries[3])
        for actor in (world.reviewer, world.head, world.cataloguer):
            figures = reading.update_figures_for(actor)
            assert (figures.total, figures.on_time, figures.late, figures.running, figures.overdue) == (4, 1, 1, 1, 1)
            assert figures.timely_share == pytest.approx(1 / 3)
        by_change = reading.update_figures_by_change(world.reviewer, [old, new])
        assert (by_change[old.pk].overdue, by_change[old.pk].filed, by_change[new.pk].running) == (1, 2, 1)
        for nobody in (world.other_head, world.colleague, world.auditor, PUBLIC):
            assert reading.update_figures_for(nobody).total == 0

        def listed(state: str) -> list[int]:
            return [one.pk for one in reading.duty_change_list_for(world.reviewer, state=state)]

        assert listed("") == [new.pk, old.pk]
        assert listed("overdue") == [old.pk]
        assert listed("open") == [new.pk, old.pk]
        assert listed("done") == []


def _file(world: CatalogWorld, entry: Entry, change: DutyChange) -> None:
    services.entry_revise(actor=world.cataloguer, ref=entry.pk, duty_change=change.pk)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)


def test_a_change_is_public_whose_limit_is_late_is_not(world: CatalogWorld) -> None:
    change = record(world.reviewer, world.published())
    assert [one.pk for one in reading.duty_change_list_for(world.other_head)] == []
    assert [one.pk for one in reading.duty_change_list_for(world.other_head, mine=False)] == [change.pk]
    assert [row.is_business for row in reading.concerned_of(world.other_head, change)] == [False]
    assert [row.is_business for row in reading.concerned_of(world.head, change)] == [True]
    with pytest.raises(NotVisible):
        reading.duty_change_get_for(PUBLIC, change.pk)
    assert not reading.duty_change_list_for(PUBLIC, mine=False).exists()


def test_authorities_in_charge_are_found_for_many_departments_at_once(world: CatalogWorld) -> None:
    county = DepartmentFactory(region=RegionFactory(level="county", parent=world.provider.region))
    orphan = DepartmentFactory(region=RegionFactory())
    found = reading.authorities_in_charge([world.provider, county, orphan])
    assert found == {world.provider.pk: world.authority.pk, county.pk: world.authority.pk}
