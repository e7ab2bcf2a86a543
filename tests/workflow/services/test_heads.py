"""A department is not left without a head in silence."""

import pytest

from accounts import services
from accounts.choices import Role
from accounts.models import Department
from tests.catalog.views.reader import get, text_of
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from workflow import services as workflow
from workflow.models import Notification


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["deactivate", "move", "revoke"])
def test_whoever_could_name_another_head_is_told_that_the_last_one_went(how: str) -> None:
    authority = DepartmentFactory(authority=True)
    department = DepartmentFactory(region=authority.region)
    reviewer = UserFactory(department=authority, roles=["reviewer"])
    sysadmin, other = UserFactory(roles=["sysadmin"]), UserFactory(roles=["sysadmin"])
    secadmin = UserFactory(roles=["secadmin"])
    UserFactory(roles=["secadmin"])
    first, last = (UserFactory(department=department, roles=["head"]) for _number in range(2))
    workflow.task_open(
        kind="x.answer", subject=department, title="甲", department_id=department.pk, role=Role.HEAD, url="/x/"
    )

    def go(user: object) -> None:
        pk: int = user.pk  # type: ignore[attr-defined]
        if how == "deactivate":
            services.user_deactivate(actor=actor_of(sysadmin), user_id=pk)
        elif how == "move":
            services.user_move(actor=actor_of(sysadmin), user_id=pk, department=authority)
        else:
            services.role_revoke(actor=actor_of(secadmin), user_id=pk, role="head")

    page = f"/accounts/users/{first.pk}/"
    assert "唯一的共享工作负责人" not in text_of(get(actor_of(sysadmin), page))
    go(first)
    assert not Notification.objects.exists()
    page = f"/accounts/users/{last.pk}/"
    for address in (page, f"{page}move/"):
        shown = text_of(get(actor_of(sysadmin), address))
        assert f"{department.name}唯一的共享工作负责人" in shown
        assert "有 1 件事项待办" in shown
    go(last)
    told = Notification.objects.filter(kind="workflow.headless")
    assert {reviewer.pk, other.pk} <= set(told.values_list("user_id", flat=True))
    assert (sysadmin.pk in told.values_list("user_id", flat=True)) == (how == "revoke")
    assert Department.objects.get(pk=department.pk).name in told[0].title
