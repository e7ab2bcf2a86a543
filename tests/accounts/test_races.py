"""What two people do at the same moment."""

import pytest
from django.db import close_old_connections

from accounts import services
from accounts.models import Department, RoleAssignment, User
from accounts.selectors import roles_of
from core.exceptions import RuleViolation
from tests.factories.accounts import DepartmentFactory, UserFactory, actor
from tests.workflow.race import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def race(*acts):
    """Run different acts at the same moment; return results and errors."""
    waiting = list(acts)
    results = in_threads(lambda: waiting.pop()(), count=len(acts))
    close_old_connections()
    return results


def outcomes(results):
    return sorted("refused" if isinstance(result, RuleViolation) else type(result).__name__ for result in results)


@pytest.mark.parametrize(
    ("first", "second"), [("sysadmin", "secadmin"), ("auditor", "head"), ("cataloguer", "sysadmin"), ("head", "head")]
)
def test_two_grants_at_once_never_make_an_incompatible_pair(first, second):
    user, one, other = UserFactory(), actor("secadmin"), actor("secadmin")
    results = race(
        lambda: services.role_grant(actor=one, user_id=user.pk, role=first),
        lambda: services.role_grant(actor=other, user_id=user.pk, role=second),
    )
    assert outcomes(results) == ["RoleAssignment", "refused"]
    assert len(roles_of(user)) == 1


def test_the_last_two_administrators_do_not_both_go():
    UserFactory(roles=["secadmin"])
    secadmin = actor("secadmin")
    first, second = UserFactory(roles=["auditor"]), UserFactory(roles=["auditor"])
    results = race(
        lambda: services.role_revoke(actor=secadmin, user_id=first.pk, role="auditor"),
        lambda: services.role_revoke(actor=secadmin, user_id=second.pk, role="auditor"),
    )
    assert outcomes(results) == ["NoneType", "refused"]
    assert RoleAssignment.objects.filter(role="auditor", revoked_at__isnull=True).count() == 1


def test_one_account_name_is_created_once():
    admin = actor("sysadmin")

    def create():
        return services.user_create(actor=admin, username="zhou", full_name="周", password="Quiet-river-1-stone")

    assert outcomes(race(create, create)) == ["User", "refused"]
    assert User.objects.filter(username="zhou").count() == 1


def test_a_region_gets_one_authority():
    region, admin = DepartmentFactory().region, actor("sysadmin")

    def create(code):
        return services.department_create(
            actor=admin, name=f"数据局{code}", code=code, region=region, is_authority=True
        )

    assert outcomes(race(lambda: create("a1"), lambda: create("a2"))) == ["Department", "refused"]


def test_two_departments_are_not_merged_into_each_other():
    admin = actor("sysadmin")
    first = DepartmentFactory()
    second = DepartmentFactory(region=first.region)

    def merge(one, other):
        return services.department_merge(actor=admin, department_id=one.pk, into_id=other.pk)

    results = race(lambda: merge(first, second), lambda: merge(second, first))
    assert sorted(type(result).__name__ for result in results) == ["Department", "NotAllowed"]
    assert Department.objects.filter(pk__in=[first.pk, second.pk], valid_to__isnull=True).count() == 1


def test_two_attachments_at_once_make_no_circle():
    first = DepartmentFactory()
    second = DepartmentFactory(region=first.region)
    heads = {row.pk: actor("head", department=row) for row in (first, second)}
    up = services.attachment_propose(actor=heads[first.pk], child_id=first.pk, parent_id=second.pk)
    down = services.attachment_propose(actor=heads[second.pk], child_id=second.pk, parent_id=first.pk)
    results = race(
        lambda: services.attachment_agree(actor=heads[second.pk], attachment_id=up.pk),
        lambda: services.attachment_agree(actor=heads[first.pk], attachment_id=down.pk),
    )
    assert outcomes(results) == ["DepartmentAttachment", "refused"]
    assert Department.objects.filter(parent__isnull=False).count() == 1


def people_left_in(department):
    return User.objects.filter(department=department, is_active=True).count()


def test_nobody_is_put_into_a_department_while_it_is_dissolved():
    """Both looked at the department before either had changed it."""
    admin, other, moving = actor("sysadmin"), actor("sysadmin"), UserFactory()
    for number in range(5):
        ending = DepartmentFactory()
        stale = Department.objects.get(pk=ending.pk)
        results = race(
            lambda ending=ending: services.department_dissolve(actor=admin, department_id=ending.pk),
            lambda stale=stale: services.user_move(actor=other, user_id=moving.pk, department=stale),
        )
        assert "refused" in outcomes(results), number
        ending.refresh_from_db()
        assert ending.is_active or people_left_in(ending) == 0


def test_a_department_that_ended_since_the_form_was_read_takes_nobody():
    admin, user, ending = actor("sysadmin"), UserFactory(), DepartmentFactory()
    stale = Department.objects.get(pk=ending.pk)
    services.department_dissolve(actor=admin, department_id=ending.pk)
    person = {"username": "zhou", "full_name": "周", "password": "Quiet-river-1-stone"}

    with pytest.raises(RuleViolation):
        services.user_move(actor=admin, user_id=user.pk, department=stale)
    with pytest.raises(RuleViolation):
        services.user_create(actor=admin, department=stale, **person)


def test_no_reviewer_stays_with_a_department_that_ceases_to_be_the_authority():
    admin, secadmin = actor("sysadmin"), actor("secadmin")
    for number in range(5):
        former = DepartmentFactory(authority=True)
        following = DepartmentFactory(region=former.region)
        user = UserFactory(department=former)
        race(
            lambda following=following: services.department_appoint(actor=admin, department_id=following.pk),
            lambda user=user: services.role_grant(actor=secadmin, user_id=user.pk, role="reviewer"),
        )
        assert roles_of(user) == set(), number
