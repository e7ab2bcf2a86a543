"""The first pull under a grant is the requester's confirmation that its data arrived."""

from django.test import Client as Browser

from sharing.choices import RequestStatus
from sharing.models import ShareRequest
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
    assert request.steps.filter(action="confirm").count() == 1
