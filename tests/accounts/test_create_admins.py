"""``manage.py create_admins``."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import RoleAssignment, User
from audit.models import AuditEvent
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db


@pytest.fixture
def passwords(monkeypatch):
    for number, name in enumerate(("SYSADMIN", "SECADMIN", "AUDITOR"), 1):
        monkeypatch.setenv(f"{name}_PASSWORD", f"Quiet-river-{number}-stone")


def run(*arguments):
    out = io.StringIO()
    call_command("create_admins", *arguments, stdout=out)
    return out.getvalue()


def test_three_administrators_with_one_role_each(passwords):
    out = run("--auditor", "shenji")
    assert "auditor: shenji" in out
    assert set(RoleAssignment.objects.values_list("user__username", "role")) == {
        ("sysadmin", "sysadmin"),
        ("secadmin", "secadmin"),
        ("shenji", "auditor"),
    }
    assert User.objects.filter(must_change_password=True, is_superuser=False).count() == 3
    assert set(AuditEvent.objects.values_list("actor_name", flat=True)) == {"create-admins"}


def test_a_second_time_is_refused(passwords):
    run()
    with nothing_changes(), pytest.raises(CommandError, match="administrators already"):
        run("--sysadmin", "other", "--secadmin", "other2", "--auditor", "other3")


def test_weak_passwords_create_nothing(passwords, monkeypatch):
    monkeypatch.setenv("AUDITOR_PASSWORD", "short")
    with nothing_changes(), pytest.raises(CommandError, match="at least 10 characters"):
        run()


def test_one_password_for_all_is_refused(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("Quiet-river-1-stone\n" * 3))
    with nothing_changes(), pytest.raises(CommandError, match="password of his own"):
        run("--stdin")


def test_passwords_come_from_standard_input(monkeypatch):
    lines = "".join(f"Quiet-river-{number}-stone\n" for number in range(3))
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    run("--stdin")
    assert User.objects.get(username="secadmin").check_password("Quiet-river-1-stone")


def test_without_a_terminal_and_without_passwords_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with nothing_changes(), pytest.raises(CommandError, match="SYSADMIN_PASSWORD"):
        run()
