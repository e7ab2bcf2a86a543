import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from catalog.models import Entry
from core.actors import Actor
from tests.factories.catalog import CatalogWorld, make_world
from workflow.models import IdempotentRequest

URL = "/api/v1/entries/"


@pytest.fixture
def world(db: None) -> CatalogWorld:
    return make_world()


def client_of(actor: Actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=actor.id))
    return client


def post(client: Client, key: str, **body: Any) -> Any:
    return client.post(URL, data=json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key})


def test_a_repeated_request_gets_the_first_answer_and_files_once(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    first = post(client, "k1", name="目录")
    again = post(client, "k1", name="目录")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Entry.objects.count() == 1


def test_a_key_is_not_taken_for_another_request(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    post(client, "k1", name="目录")
    assert post(client, "k1", name="另一个").status_code == 422
    assert Entry.objects.count() == 1


def test_a_key_belongs_to_its_caller(world: CatalogWorld) -> None:
    assert post(client_of(world.cataloguer), "k1", name="目录").status_code == 201
    assert post(client_of(world.other_cataloguer), "k1", name="目录").status_code == 201
    assert Entry.objects.count() == 2


def test_a_refused_request_may_be_mended_and_sent_again(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    assert post(client, "k1", name="目录", secrecy="state").status_code == 422
    assert not IdempotentRequest.objects.exists()
    assert post(client, "k1", name="目录").status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "\x07"])
def test_a_malformed_key_is_refused(world: CatalogWorld, key: str) -> None:
    assert post(client_of(world.cataloguer), key, name="目录").status_code == 400
    assert not Entry.objects.exists()


def test_a_refused_person_leaves_a_denial_in_the_trail_but_no_key(world: CatalogWorld) -> None:
    from audit.models import AuditEvent

    assert post(client_of(world.head), "k1", name="目录").status_code == 403
    assert AuditEvent.objects.filter(action="access.denied").exists()
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_file_once() -> None:
    world = make_world()
    clients = [client_of(world.cataloguer) for _number in range(4)]
    start = threading.Barrier(len(clients))
    answers: list[int] = []

    def send(client: Client) -> None:
        try:
            start.wait()
            answers.append(post(client, "k1", name="目录").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 4
    assert Entry.objects.count() == 1
