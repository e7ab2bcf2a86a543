"""What becomes of entries when departments are merged, moved or dissolved, or another authority is appointed."""

import pytest

from accounts import services as accounts
from accounts.models import User
from audit.models import AuditEvent
from catalog import policies, services
from catalog.models import Entry, Library, Revision
from catalog.selectors import entry_get_for, entry_list_for, review_queue_for
from core.actors import Actor
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow.models import Clock, Task


def again(actor: Actor) -> Actor:
    """Return a person's actor as his next request carries it."""
    return actor_of(User.objects.get(pk=actor.id))


def merge(world: CatalogWorld) -> None:
    accounts.department_merge(actor=world.sysadmin, department_id=world.provider.pk, into_id=world.other.pk)


def test_a_merged_departments_entries_go_on_in_its_successor(world: CatalogWorld) -> None:
    draft, published = world.entry(name="草稿"), world.published(name="救助对象")
    merge(world)

    assert set(Entry.objects.values_list("department_id", flat=True)) == {world.other.pk}
    assert draft in entry_list_for(world.other_cataloguer)
    services.entry_update(actor=world.other_cataloguer, ref=published.ref, fields={"summary": "由承接部门更新。"})
    services.entry_submit(actor=again(world.cataloguer), ref=draft.pk)
    handed = AuditEvent.objects.filter(action="catalog.entry.hand_over", object_pk=str(published.pk)).get()
    assert (handed.before, handed.after) == (
        {"department": world.provider.code},
        {"department": world.other.code},
    )


def test_a_merged_departments_work_and_time_limits_wait_for_its_successor(world: CatalogWorld) -> None:
    entry = world.submitted()
    due = Clock.objects.get(subject_pk=entry.pk).due_at
    merge(world)

    assert set(Task.objects.filter(closed_at=None).values_list("department_id", flat=True)) == {world.other.pk}
    limit = Clock.objects.get(subject_pk=entry.pk)
    assert (limit.department_id, limit.due_at) == (world.other.pk, due)
    services.entry_approve(actor=world.other_head, ref=entry.pk)


def test_the_successor_leads_the_libraries_of_a_merged_department(world: CatalogWorld) -> None:
    library = Library.objects.create(code="theme-aid", name="社会救助", kind="theme")
    services.library_lead_set(actor=world.reviewer, code=library.code, department_code=world.provider.code)
    merge(world)

    library.refresh_from_db()
    assert library.lead_department == world.other
    assert policies.can_edit_library(world.other_cataloguer, library)


def test_a_department_with_entries_is_not_dissolved(world: CatalogWorld) -> None:
    world.published()
    for user in User.objects.filter(department=world.provider):
        User.objects.filter(pk=user.pk).update(is_active=False)

    with nothing_changes(), pytest.raises(RuleViolation) as caught:
        accounts.department_dissolve(actor=world.sysadmin, department_id=world.provider.pk)
    assert [error.code for error in caught.value.errors] == ["entries"]


def test_what_waits_for_a_former_authority_waits_for_the_new_one(world: CatalogWorld) -> None:
    entry = world.signed_off()
    following = DepartmentFactory(region=world.authority.region, name="大数据局")
    accounts.department_appoint(actor=world.sysadmin, department_id=following.pk)
    reviewer = actor_of(UserFactory(department=following, roles=["reviewer"]))

    assert Revision.objects.get(entry=entry).authority_id == following.pk
    assert list(Task.objects.filter(closed_at=None).values_list("department_id", "role")) == [
        (following.pk, "reviewer")
    ]
    assert Clock.objects.filter(subject_pk=entry.pk, finished_at=None).get().department_id == following.pk
    services.entry_approve(actor=reviewer, ref=entry.pk)
    assert Entry.objects.get(pk=entry.pk).status == "published"


def test_what_a_moved_department_has_filed_goes_to_its_new_authority(world: CatalogWorld) -> None:
    entry = world.signed_off()
    elsewhere = DepartmentFactory(region=RegionFactory(), authority=True)
    reviewer = actor_of(UserFactory(department=elsewhere, roles=["reviewer"]))
    with pytest.raises(NotVisible):
        entry_get_for(reviewer, entry.pk)

    accounts.department_move(actor=world.sysadmin, department_id=world.provider.pk, region=elsewhere.region)

    with pytest.raises(NotVisible):
        entry_get_for(world.reviewer, entry.pk)
    assert Clock.objects.filter(subject_pk=entry.pk, finished_at=None).get().region_id == elsewhere.region_id
    services.entry_approve(actor=reviewer, ref=entry.pk)


def withdrawal_signed_off(world: CatalogWorld) -> Entry:
    entry = world.published()
    services.entry_withdraw(actor=world.cataloguer, ref=entry.pk, reason="职责已划出")
    return services.entry_approve(actor=world.head, ref=entry.pk)


def test_a_withdrawal_that_waits_for_a_former_authority_waits_for_the_new_one(world: CatalogWorld) -> None:
    entry = withdrawal_signed_off(world)
    following = DepartmentFactory(region=world.authority.region, name="大数据局")
    accounts.department_appoint(actor=world.sysadmin, department_id=following.pk)
    reviewer = actor_of(UserFactory(department=following, roles=["reviewer"]))

    assert Entry.objects.get(pk=entry.pk).withdrawal_authority_id == following.pk
    assert list(Task.objects.filter(closed_at=None).values_list("department_id", "role")) == [
        (following.pk, "reviewer")
    ]
    assert Clock.objects.filter(subject_pk=entry.pk, finished_at=None).get().department_id == following.pk
    assert list(review_queue_for(reviewer)) == [entry]
    assert not review_queue_for(again(world.reviewer)).exists()
    with nothing_changes(), pytest.raises(NotAllowed):
        services.entry_approve(actor=again(world.reviewer), ref=entry.pk)
    services.entry_approve(actor=reviewer, ref=entry.pk, opinion="同意")
    assert Entry.objects.get(pk=entry.pk).status == "withdrawn"


def test_a_withdrawal_follows_its_department_to_another_region(world: CatalogWorld) -> None:
    entry = withdrawal_signed_off(world)
    elsewhere = DepartmentFactory(region=RegionFactory(), authority=True)
    reviewer = actor_of(UserFactory(department=elsewhere, roles=["reviewer"]))
    accounts.department_move(actor=world.sysadmin, department_id=world.provider.pk, region=elsewhere.region)

    services.entry_return(actor=reviewer, ref=entry.pk, opinion="仍在使用", comments=[])
    kept = Entry.objects.get(pk=entry.pk)
    assert (kept.status, kept.withdrawal_authority) == ("published", None)


def test_a_withdrawal_is_signed_off_to_the_authority_of_that_day(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_withdraw(actor=world.cataloguer, ref=entry.pk, reason="职责已划出")
    following = DepartmentFactory(region=world.authority.region, name="大数据局")
    accounts.department_appoint(actor=world.sysadmin, department_id=following.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)

    reviewer = actor_of(UserFactory(department=following, roles=["reviewer"]))
    services.entry_approve(actor=reviewer, ref=entry.pk)
    assert Entry.objects.get(pk=entry.pk).status == "withdrawn"


def test_a_first_authority_leaves_to_the_one_above_what_that_has_begun(world: CatalogWorld) -> None:
    entry = world.signed_off()
    county = DepartmentFactory(region=RegionFactory(code=f"{world.provider.region.code[:4]}02", level="county"))
    accounts.department_appoint(actor=world.sysadmin, department_id=county.pk)

    assert Revision.objects.get(entry=entry).authority_id == world.authority.pk
