"""What pulls mean besides: the first confirms that the data arrived, a whole one lets its taker follow the changes."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from collection.readers.changes import Resync
from sharing.choices import RequestStatus
from sharing.models import ShareRequest
from sharing.selectors.reading import require_same_edition
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bearer, client_make


def test_the_first_pull_confirms_the_delivery_once(town: SharingTown) -> None:
    grant = town.granted()
    machine = client_make(grant.department, grants=[grant], system=town.system)
    request = ShareRequest.objects.get(pk=grant.request_id)
    assert request.status == RequestStatus.AGREED
    for _turn in range(2):
        answer = Browser().get(f"/api/v1/datasets/{town.dataset.pk}/rows/", headers=bearer(machine))
        assert answer.status_code == 200, answer.content
    request.refresh_from_db()
    grant.refresh_from_db()
    assert request.status == RequestStatus.DELIVERED
    assert grant.first_pulled_at is not None
    confirmed = request.steps.get(action="confirm")
    assert (confirmed.actor_name, confirmed.department_name) == (machine.name, grant.department.name)


def test_what_brings_no_rows_confirms_nothing(town: SharingTown) -> None:
    grant = town.granted()
    asker = Browser()
    asker.force_login(User.objects.get(pk=town.asker.id))
    for tab in ("rows", "profile"):
        assert asker.get(f"/sharing/grants/{grant.pk}/data/", {"tab": tab}).status_code == 200
    machine = bearer(client_make(grant.department, grants=[grant], system=town.system))
    empty = Browser().get(f"/api/v1/datasets/{town.dataset.pk}/rows/", {"DXBH": "none such"}, headers=machine)
    assert empty.json()["rows"] == []
    grant.refresh_from_db()
    assert grant.pulls.count() == 3
    assert (ShareRequest.objects.get(pk=grant.request_id).status, grant.first_pulled_at) == ("agreed", None)


def test_what_is_granted_at_once_is_delivered_by_the_provider_in_the_timeline(free: SharingTown) -> None:
    delivered = free.agreed().steps.get(action="deliver")
    assert (delivered.actor_name, delivered.department_name) == ("", free.entry.department.name)


def test_whether_a_version_was_taken_whole_is_asked_of_an_index(town: SharingTown) -> None:
    made = town.granted()
    with CaptureQueriesContext(connection) as asked, pytest.raises(Resync):
        require_same_edition(town.asker, made, 1)
    [query] = [one["sql"] for one in asked if "sharing_pull" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query}")
        assert "pull_whole" in "".join(line for (line,) in cursor.fetchall())
