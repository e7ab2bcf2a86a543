"""Whose word a suspension or a finding is, and who takes it back, once departments were merged, moved or appointed."""

import pytest

from accounts.models import Department
from accounts.services import department_appoint, department_merge
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible
from sharing.choices import GrantStatus, Side
from sharing.models import Grant, GrantStep, GrantSuspension, Inspection
from sharing.selectors.restraint import is_misused
from sharing.selectors.suspension import suspensions_open
from sharing.services import grant, usage
from tests.catalog.views.reader import client_of
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.unchanged import nothing_changes


def _merged(town: SharingTown) -> Actor:
    """Merge the provider into another department, and return the head of that."""
    survivor = DepartmentFactory(region=town.world.provider.region)
    department_merge(actor=town.world.sysadmin, department_id=town.world.provider.pk, into_id=survivor.pk)
    return actor_of(UserFactory(department=survivor, roles=["head"]))


def _found(who: Actor, made: Grant, result: str) -> Inspection:
    return usage.inspection_record(actor=who, grant_id=made.pk, result=result, finding="台账")


def _ended(town: SharingTown) -> Grant:
    return grant.grant_end(actor=town.asker_head, grant_id=town.granted().pk, reason="purpose_met")


def _reviewer(department: Department) -> Actor:
    return actor_of(UserFactory(department=department, roles=["reviewer"]))


def _moved(town: SharingTown, department: Department, authority: Department) -> Actor:
    """Let a department lie in the region of an authority, and return its reviewer."""
    Department.objects.filter(pk=department.pk).update(region=authority.region)
    return _reviewer(authority)


def _misused(made: Grant, *, by_others: bool = False) -> bool:
    return is_misused(made.department_id, made.dataset.entry_id, by_others=by_others)


def _lift(who: Actor, made: Grant) -> None:
    grant.grant_resume(actor=who, grant_id=made.pk, suspension_id=suspensions_open(made)[0].pk)


# --- The provider is merged -------------------------------------------------------------------------------------------


def test_a_merger_makes_no_authoritys_word_of_the_providers(town: SharingTown) -> None:
    made = _ended(town)
    _found(town.world.reviewer, made, "misuse")
    _found(town.world.head, made, "in_order")
    assert _misused(made)
    head = _merged(town)
    assert (_misused(made), _misused(made, by_others=True)) == (True, True)
    _found(head, made, "in_order")
    assert _misused(made)
    _found(town.world.reviewer, made, "in_order")
    assert not _misused(made)


def test_the_successor_finds_in_order_what_the_provider_had_found(town: SharingTown) -> None:
    made = _ended(town)
    _found(town.world.head, made, "misuse")
    head = _merged(town)
    assert (_misused(made), _misused(made, by_others=True)) == (True, False)
    _found(head, made, "in_order")
    assert not _misused(made)


def test_the_successor_lifts_what_the_provider_and_it_found(town: SharingTown) -> None:
    made = town.granted()
    _found(town.world.head, made, "misuse")
    head = _merged(town)
    _found(head, made, "misuse")
    grant.grant_resume(actor=head, grant_id=made.pk)
    made.refresh_from_db()
    assert (made.status, _misused(made)) == (GrantStatus.ACTIVE, False)


def test_what_was_in_order_stays_so_wherever_the_provider_goes(town: SharingTown) -> None:
    made = _ended(town)
    _found(town.world.head, made, "misuse")
    GrantSuspension.objects.all().delete()
    _found(town.world.reviewer, made, "in_order")
    assert not _misused(made)
    _moved(town, town.world.provider, DepartmentFactory(region=RegionFactory(), authority=True))
    assert not _misused(made)


# --- Whoever finds in order -------------------------------------------------------------------------------------------


def test_the_holders_authority_clears_neither_the_end_nor_the_finding_of_the_providers(town: SharingTown) -> None:
    made = town.granted()
    county = DepartmentFactory(region=RegionFactory(parent=town.world.provider.region), authority=True)
    own = _moved(town, town.world.other, county)
    grant.grant_end(actor=town.world.reviewer, grant_id=made.pk, reason="misuse", note="外泄")
    assert _found(own, made, "in_order").clears_end is False
    assert _misused(made)
    misuse = _found(town.world.reviewer, made, "misuse")
    looked = _found(own, made, "in_order")
    assert (looked.clears_end, list(looked.clears.all())) == (False, [])
    assert _misused(made)
    for held in suspensions_open(made):
        _lift(town.world.reviewer, held.grant)
    looked = _found(town.world.reviewer, made, "in_order")
    assert looked.clears_end
    assert set(looked.clears.all()) <= {misuse}
    assert not _misused(made)


def test_the_providers_authority_clears_what_the_holders_found_and_ended_for(town: SharingTown) -> None:
    made = town.granted()
    county = DepartmentFactory(region=RegionFactory(parent=town.world.provider.region), authority=True)
    own = _moved(town, town.world.other, county)
    grant.grant_end(actor=own, grant_id=made.pk, reason="misuse", note="外泄")
    _found(town.world.head, made, "in_order")
    assert _misused(made)
    _found(town.world.reviewer, made, "in_order")
    assert not _misused(made)


def test_who_ended_it_before_the_step_told_that_finds_it_in_order(town: SharingTown) -> None:
    made = town.granted()
    county = DepartmentFactory(region=RegionFactory(parent=town.world.provider.region), authority=True)
    own = _moved(town, town.world.other, county)
    grant.grant_end(actor=own, grant_id=made.pk, reason="misuse", note="外泄")
    step = GrantStep.objects.get(grant=made, action="end")
    step.delete()
    del step.detail["department"]
    step.save(force_insert=True)
    assert _found(town.world.head, made, "in_order").clears_end is False
    assert _found(own, made, "in_order").clears_end is True
    assert not _misused(made)


def test_what_the_provider_ended_for_it_finds_in_order(town: SharingTown) -> None:
    made = town.granted()
    grant.grant_end(actor=town.world.head, grant_id=made.pk, reason="misuse", note="外泄")
    assert (_misused(made), _misused(made, by_others=True)) == (True, False)
    _found(_merged(town), made, "in_order")
    assert not _misused(made)


# --- An authority is another ------------------------------------------------------------------------------------------


def test_a_new_authority_lifts_what_the_one_before_it_ordered(town: SharingTown) -> None:
    made = town.granted()
    county = DepartmentFactory(region=RegionFactory(parent=RegionFactory()), authority=True)
    counts = _moved(town, town.world.provider, county)  # nobody is above it: its city and province have no authority
    former = DepartmentFactory(region=RegionFactory(), authority=True)
    own = _moved(town, town.world.other, former)
    grant.grant_suspend(actor=own, grant_id=made.pk, reason="核查")
    fresh = DepartmentFactory(region=former.region)
    department_appoint(actor=town.world.sysadmin, department_id=fresh.pk)
    fresh.refresh_from_db()
    former.refresh_from_db()
    new, stepped_back = _reviewer(fresh), _reviewer(former)
    with nothing_changes():
        for who in (counts, town.world.head, town.world.secadmin):
            with pytest.raises(NotAllowed):
                _lift(who, made)
        with pytest.raises(NotVisible):
            _lift(stepped_back, made)
        with pytest.raises(InvalidTransition):
            grant.grant_suspend(actor=new, grant_id=made.pk, reason="再查")
    assert client_of(new).post(f"/sharing/grants/{made.pk}/resume/").status_code == 302
    made.refresh_from_db()
    assert made.status == GrantStatus.ACTIVE


def test_a_new_authority_goes_on_with_what_the_one_before_it_found(town: SharingTown) -> None:
    made = town.granted()
    former = DepartmentFactory(region=RegionFactory(), authority=True)
    _found(_moved(town, town.world.other, former), made, "misuse")
    fresh = DepartmentFactory(region=former.region)
    department_appoint(actor=town.world.sysadmin, department_id=fresh.pk)
    fresh.refresh_from_db()
    new = _reviewer(fresh)
    _found(new, made, "misuse")
    assert [one.side for one in suspensions_open(made)] == [Side.AUTHORITY]
    _lift(new, made)
    assert not _misused(made)


def test_whoever_is_above_a_holder_that_moved_lifts_what_was_ordered_before(town: SharingTown) -> None:
    made = town.granted()
    own = _moved(town, town.world.other, DepartmentFactory(region=RegionFactory(), authority=True))
    grant.grant_suspend(actor=own, grant_id=made.pk, reason="核查")
    county = DepartmentFactory(region=RegionFactory(parent=RegionFactory()), authority=True)
    lower = _moved(town, town.world.other, county)
    with nothing_changes():
        with pytest.raises(NotVisible):
            _lift(own, made)
        with pytest.raises(NotAllowed):
            _lift(lower, made)
    new = _moved(town, town.world.other, DepartmentFactory(region=RegionFactory(), authority=True))
    _lift(new, made)
    made.refresh_from_db()
    assert made.status == GrantStatus.ACTIVE


def test_the_authority_of_a_provider_that_moved_down_lifts_what_was_ordered_before(town: SharingTown) -> None:
    made = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
    elsewhere = DepartmentFactory(region=RegionFactory(parent=RegionFactory()), authority=True)
    holders = _moved(town, town.world.other, elsewhere)
    county = DepartmentFactory(region=RegionFactory(parent=RegionFactory()), authority=True)
    new = _moved(town, town.world.provider, county)
    with nothing_changes(), pytest.raises(NotAllowed):
        _lift(holders, made)
    _lift(new, made)
    made.refresh_from_db()
    assert made.status == GrantStatus.ACTIVE
