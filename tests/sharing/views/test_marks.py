"""How current data are is said on each page of sharing that names them, at no more queries for more of them."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from collection.models import Dataset
from core import clock
from sharing.models import WebhookEndpoint, WebhookMessage
from sharing.services import basket, objection
from sharing.services.terms import terms_accept
from tests.catalog.views.reader import client_of, get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make, grant_make


def is_marked(town: SharingTown, address: str) -> bool:
    return "Overdue" in text_of(get(town.asker, address))


def late(town: SharingTown) -> None:
    Dataset.objects.filter(pk=town.dataset.pk).update(freshness="overdue")


def told(town: SharingTown, number: int) -> None:
    """Tell the asking department of one more dataset of the entry."""
    dataset = Dataset.objects.create(
        entry=town.entry, name=f"数据 {number}", created_at=clock.now(), freshness="overdue"
    )
    grant = grant_make(dataset, town.world.other)
    endpoint = WebhookEndpoint.objects.get()
    WebhookMessage.objects.create(endpoint=endpoint, grant=grant, version=1, occurred_at=clock.now())


def test_requests_grants_and_objections_say_how_current_their_data_are(town: SharingTown) -> None:
    late(town)
    draft, agreed, grant = town.draft(), town.agreed(), town.granted()
    raised = objection.objection_raise(
        actor=town.asker, entry_ref=town.entry.pk, description="数量不符", dataset_id=town.dataset.pk
    )
    machine = client_make(town.world.other, grants=[grant])
    basket.basket_add(actor=town.asker, entry_ref=town.entry.ref)
    for address in (
        f"/sharing/requests/{agreed.pk}/",
        f"/sharing/requests/{draft.pk}/edit/",
        f"/sharing/grants/{grant.pk}/",
        f"/sharing/grants/{grant.pk}/data/",
        f"/sharing/objections/{raised.pk}/",
        "/sharing/objections/",
        f"/sharing/clients/{machine.pk}/",
        "/sharing/basket/",
    ):
        assert is_marked(town, address), address


def test_data_that_can_be_taken_say_how_current_they_are(free: SharingTown) -> None:
    late(free)
    terms_accept(actor=free.asker_head, number=1)
    assert is_marked(free, f"/sharing/take/{free.dataset.pk}/")


def test_messages_of_new_data_say_it_with_as_many_queries_for_many(town: SharingTown) -> None:
    WebhookEndpoint.objects.create(
        department=town.world.other, url="https://hooks.example/new", created_at=clock.now(), created_by_name="赵"
    )
    client = client_of(town.asker)
    told(town, 0)
    assert "Overdue" in text_of(client.get("/sharing/webhooks/"))
    with CaptureQueriesContext(connection) as few:
        client.get("/sharing/webhooks/")
    for number in range(1, 4):
        told(town, number)
    with CaptureQueriesContext(connection) as many:
        client.get("/sharing/webhooks/")
    assert len(many) <= len(few)
