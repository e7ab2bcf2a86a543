"""What sign-ins leave behind does not pile up."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import services
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def attempt(username, **age):
    row = AccessAttempt.objects.create(username=username, failures_since_start=1)
    AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=timezone.now() - timedelta(**age))


def test_ended_browser_sessions_and_old_failures_go(client):
    client.force_login(UserFactory())
    Session.objects.create(session_key="past", session_data="", expire_date=timezone.now() - timedelta(minutes=1))
    attempt("recent", minutes=5)
    attempt("long-ago", days=3)

    assert services.sign_in_leftovers_purge() == 1

    assert not Session.objects.filter(session_key="past").exists()
    assert client.get("/accounts/profile/").status_code == 200
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["recent"]


def test_a_sign_in_is_kept_in_the_trail_and_not_a_second_time(client):
    user = UserFactory()
    client.post("/accounts/login/", {"username": user.username, "password": PASSWORD})
    assert client.get("/accounts/profile/").status_code == 200
    assert not AccessLog.objects.exists()
