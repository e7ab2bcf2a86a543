"""``request.actor``: who it is, what it costs, and when nobody is left."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.middleware import ActorMiddleware
from accounts.models import User, UserSession
from audit.models import AuditEvent
from core import clock
from core.actors import PUBLIC, Actor
from core.testing import clock_at
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def request_of(client: Client) -> HttpRequest:
    """Send a request with the client's session through the middleware and return it."""
    request = RequestFactory().get("/")
    cookie = client.cookies.get("sessionid")
    request.session = SessionStore(cookie.value if cookie else None)
    ActorMiddleware(lambda request: HttpResponse())(request)
    return request


def test_nobody_is_the_public_and_costs_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        request = request_of(client)
    assert request.actor == PUBLIC
    assert not request.user.is_authenticated


def test_a_signed_in_person_becomes_an_actor_in_two_queries(client, django_assert_num_queries):
    user = UserFactory(roles=["cataloguer", "head"], department__code="mzj", department__region__code="990100")
    client.force_login(user)
    request = request_of(client)
    request.session.get("warm")
    with django_assert_num_queries(2):
        actor = request.actor
        assert actor.roles == {"cataloguer", "head"}
    assert isinstance(actor, Actor)
    assert (actor.id, actor.name, actor.department_code) == (user.pk, user.full_name, "mzj")
    assert (actor.region_code, actor.region_path, actor.is_authority) == ("990100", "990000/990100", False)
    assert request.user.pk == user.pk


def test_revoked_roles_are_not_carried(client):
    user = UserFactory(roles=["cataloguer"])
    user.role_assignments.update(revoked_at=clock.now())
    client.force_login(user)
    assert request_of(client).actor.roles == frozenset()


@pytest.mark.parametrize("change", [{"is_active": False}, {"expires_at": clock.now() - timedelta(seconds=1)}])
def test_an_account_switched_off_or_past_its_end_is_nobody(client, change):
    user = UserFactory(roles=["cataloguer"])
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(**change)
    request = request_of(client)
    assert request.actor == PUBLIC
    assert not request.user.is_authenticated


def test_a_contractor_works_until_the_very_moment_of_the_end(client):
    with clock_at("2026-11-23 09:00") as moment:
        client.force_login(UserFactory(contractor=True, expires_at=moment.moment + timedelta(minutes=10)))
        moment.advance(minutes=9, seconds=59)
        assert request_of(client).actor.is_person
        moment.advance(seconds=1)
        assert request_of(client).actor == PUBLIC


def test_an_idle_session_ends_after_thirty_minutes_and_says_why(client):
    with clock_at("2026-11-23 09:00") as moment:
        client.force_login(UserFactory())
        moment.advance(minutes=29)
        assert request_of(client).actor.is_person
        moment.advance(minutes=29)
        assert request_of(client).actor.is_person, "activity starts the idle time anew"
        moment.advance(minutes=30)
        request = request_of(client)
        assert request.actor == PUBLIC
    session = UserSession.objects.get()
    assert (session.end_reason, session.session_key) == ("idle", "")
    assert request.session["accounts.ended"] == "idle"
    assert AuditEvent.objects.filter(action="accounts.session.expire").count() == 1


def test_a_session_ends_after_twelve_hours_however_busy(client):
    with clock_at("2026-11-23 09:00") as moment:
        client.force_login(UserFactory())
        for _turn in range(36):
            moment.advance(minutes=20)
            request = request_of(client)
        assert request.actor == PUBLIC
    assert UserSession.objects.get().end_reason == "expired"


def test_an_ended_session_is_nobody(client):
    client.force_login(UserFactory())
    UserSession.objects.update(ended_at=clock.now(), end_reason="by_secadmin")
    assert request_of(client).actor == PUBLIC


def test_a_session_without_a_record_of_ours_is_nobody(client):
    client.force_login(UserFactory())
    UserSession.objects.all().delete()
    assert request_of(client).actor == PUBLIC
    assert not Session.objects.filter(session_key=client.cookies["sessionid"].value).exists()


def test_somebody_who_must_change_the_password_has_no_role_yet(client):
    client.force_login(UserFactory(roles=["cataloguer"], must_change_password=True))
    assert request_of(client).actor.roles == frozenset()
