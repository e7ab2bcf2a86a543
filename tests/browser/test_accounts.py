"""What administrators are told before they end something."""

from playwright.sync_api import expect

from accounts.models import RoleAssignment, User
from tests.browser.conftest import Open
from workflow.models import Task


def test_who_ends_the_role_of_an_only_head_reads_what_waits_and_may_think_again(open_browser: Open):
    head = User.objects.select_related("department").get(username="head")
    assert Task.objects.filter(department=head.department, role="head", closed_at=None).exists()
    visitor = open_browser("secadmin")
    page = visitor.go(f"/accounts/users/{head.pk}/")
    page.locator("form[data-confirm-more='template[data-waits=head]'] button").click()
    dialog = page.locator("dialog#confirm")
    expect(dialog).to_contain_text("本部门没有其他人担任该角色")
    expect(dialog.locator("#confirm-more li")).not_to_have_count(0)
    expect(dialog.locator("#confirm-more a")).to_have_attribute(
        "href", f"/accounts/departments/{head.department_id}/#h-people"
    )
    dialog.locator("[data-no]").click()
    assert RoleAssignment.objects.filter(user=head, role="head", revoked_at=None).exists()
