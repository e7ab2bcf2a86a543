"""The addresses that operators and monitors ask."""

from ipaddress import ip_network

import pytest
from django.core.cache import cache
from django.test import Client

from config import health
from config.tasks import WORKER_HEARTBEAT, heartbeat


def test_healthz_answers_without_asking_any_service(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.content == b"ok\n"


@pytest.mark.django_db
def test_readyz_says_what_is_missing(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": "ok",
        "migrations": "ok",
        "redis": "ok",
        "worker": "no worker has reported yet",
    }


@pytest.mark.django_db
def test_readyz_is_ready_once_a_worker_reported(client: Client) -> None:
    heartbeat()

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["ready"] is True


@pytest.mark.django_db
def test_a_worker_that_fell_silent_is_not_ready(client: Client) -> None:
    cache.set(WORKER_HEARTBEAT, 0.0)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["worker"].startswith("no worker has reported for")


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.1.2.3", 404)])
def test_metrics_are_for_this_machine(client: Client, address: str, status: int) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


def test_metrics_are_for_listed_addresses(client: Client, settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.1.0.0/16")]

    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200


def test_metrics_are_not_for_those_behind_a_proxy_on_this_machine(client: Client) -> None:
    response = client.get("/metrics", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "203.0.113.9"})

    assert response.status_code == 404


@pytest.mark.django_db
def test_a_database_that_skips_chinese_letters_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cursor:
        def __enter__(self):
            return self

        def __exit__(self, *args):
            return False

        def execute(self, *args):
            return None

        def fetchone(self):
            return (180006, "C", "UTF8")

    monkeypatch.setattr(health.connection, "cursor", Cursor)

    with pytest.raises(health.NotReady, match="ctype C"):
        health.check_database()
