"""Collection duties of departments that are merged, moved or dissolved, and of an authority that is replaced."""

import pytest

from accounts import services as accounts
from accounts.models import User
from collection.models import CollectionDuty, LeadSource
from collection.services import duty as filing
from collection.services import duty_review as review
from collection.services import lead as leading
from core.exceptions import RuleViolation
from tests.collection import duties
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow.models import Task


def test_a_merged_departments_duties_and_leads_are_its_successors(world: CatalogWorld) -> None:
    mine = duties.registered(world)
    waiting = duties.submitted(world, name="又一项")
    duties.other_registered(world)
    leading.lead_appoint(actor=world.reviewer, folded="家庭月收入", department_id=world.provider.pk)
    accounts.department_merge(actor=world.sysadmin, department_id=world.provider.pk, into_id=world.other.pk)
    owners = set(CollectionDuty.objects.filter(pk__in=[mine.pk, waiting.pk]).values_list("department", flat=True))
    assert owners == {world.other.pk}
    assert LeadSource.objects.get().department_id == world.other.pk
    review.duty_approve(actor=world.other_head, duty_id=waiting.pk)


def test_what_is_filed_goes_to_the_new_authority(world: CatalogWorld) -> None:
    waiting = duties.signed_off(world)
    new = DepartmentFactory(region=world.authority.region)
    accounts.department_appoint(actor=world.sysadmin, department_id=new.pk)
    reviewer = actor_of(UserFactory(department=new, roles=["reviewer"]))
    assert Task.objects.get(closed_at=None, kind=review.TASK_REVIEW).department_id == new.pk
    review.duty_approve(actor=reviewer, duty_id=waiting.pk)
    assert CollectionDuty.objects.get(pk=waiting.pk).state == "registered"


def test_a_department_that_collects_does_not_end(world: CatalogWorld) -> None:
    duty = duties.registered(world)
    User.objects.filter(department=world.provider).update(is_active=False)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        accounts.department_dissolve(actor=world.sysadmin, department_id=world.provider.pk)
    assert [error.code for error in refused.value.errors] == ["duties"]
    User.objects.filter(pk=world.cataloguer.id).update(is_active=True)
    filing.duty_end(actor=world.cataloguer, duty_id=duty.pk, reason="职责调整")
    User.objects.filter(pk=world.cataloguer.id).update(is_active=False)
    accounts.department_dissolve(actor=world.sysadmin, department_id=world.provider.pk)
