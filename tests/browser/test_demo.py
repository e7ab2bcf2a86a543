"""What the demo city holds for whoever tries sharing."""

from accounts.models import User
from accounts.selectors import actor_for_user
from catalog.choices import Sharing
from collection.readers.page import count
from collection.selectors.dataset import pinned_version
from config.demo.pulls import CLIENT_ID
from core import clock
from sharing.choices import GrantStatus, RequestStatus
from sharing.client_choices import ClientStatus
from sharing.entitlement import entitlement_of
from sharing.models import Client, Grant, Pull, ShareRequest
from sharing.selectors.figures import grants_supervised, in_time_by_department, use_by_day


def sharing_of(grant: Grant) -> str:
    revision = grant.dataset.entry.published_revision
    assert revision is not None
    return revision.sharing


def test_the_demo_client_reads_a_masked_part_of_conditional_data_and_unconditional_data(transactional_db: None) -> None:
    client = Client.objects.get(client_id=CLIENT_ID)
    assert (client.status, client.department.code) == (ClientStatus.ACTIVE, "rsj")
    grants = Grant.objects.filter(clients=client, status=GrantStatus.ACTIVE).select_related(
        "dataset__published_version", "dataset__entry__published_revision"
    )
    by_sharing = {Sharing(sharing_of(one)): one for one in grants}
    conditional = by_sharing[Sharing.CONDITIONAL]
    assert set(by_sharing) == {Sharing.CONDITIONAL, Sharing.UNCONDITIONAL}
    assert conditional.row_filter
    assert any(mask != "none" for mask in conditional.masks.values())
    version = conditional.dataset.published_version
    assert version is not None
    pinned = pinned_version(version)
    given = count(entitlement_of(conditional, pinned.columns), pinned)
    assert 5_000 <= given < version.row_count


def test_the_demo_has_a_request_in_every_state(transactional_db: None) -> None:
    assert set(ShareRequest.objects.values_list("status", flat=True)) == set(RequestStatus.values)


def test_the_demo_has_weeks_of_use_and_an_answer_that_came_late(transactional_db: None) -> None:
    provider = actor_for_user(User.objects.select_related("department__region").get(username="head"))
    used = [one for one in use_by_day(grants_supervised(provider)) if one.pulls]
    assert len(used) >= 10, "some weeks of working days, whatever holidays lie in them"
    assert all(one.rows for one in used)
    [times] = in_time_by_department(provider)
    assert times.late == 1
    assert times.met > times.late
    assert set(Pull.objects.values_list("outcome", flat=True)) <= {"done", "left"}
    assert not Pull.objects.filter(at__gt=clock.now()).exists()
