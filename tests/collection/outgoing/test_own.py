"""No rule of the list opens our own databases and queues."""

from typing import Any

import pytest

from collection.outgoing import Allowed, NotListed
from collection.outgoing.destinations import addresses_of, target_of
from collection.sources.own import own_endpoints
from tests.collection.outgoing.conftest import LOOPBACK


def reach(address: str, port: int, closed: frozenset[tuple[str, int]]) -> list[str]:
    target = target_of(f"http://data.example:{port}/")
    rule = Allowed("data.example", (LOOPBACK,), frozenset({port}))
    return addresses_of(target, [rule], lambda host, asked: [address], 1, closed)


def test_a_listed_name_that_leads_to_our_database_is_refused(settings: Any) -> None:
    settings.DATABASES = {"default": {"HOST": "127.0.0.1", "PORT": "5544"}, "store": {"HOST": "/run/sockets"}}
    settings.REDIS_URL = "redis://127.0.0.1:6390/0"
    closed = own_endpoints()
    assert {("127.0.0.1", 5544), ("127.0.0.1", 6390)} <= closed
    for address, port in (("127.0.0.1", 5544), ("::ffff:127.0.0.1", 5544), ("127.0.0.1", 6390)):
        with pytest.raises(NotListed):
            reach(address, port, closed)
    assert reach("127.0.0.1", 5545, closed) == ["127.0.0.1"]


def test_services_on_a_socket_close_nothing(settings: Any) -> None:
    settings.DATABASES = {"default": {"HOST": "/run/sockets", "PORT": ""}}
    settings.REDIS_URL = "redis+socket:///run/redis.sock"
    assert own_endpoints() == frozenset()


def test_a_service_whose_name_could_not_be_found_is_closed_once_it_can(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASES = {"default": {"HOST": "db.example", "PORT": "5544"}}
    settings.REDIS_URL = "redis+socket:///run/redis.sock"

    def lost(host: str, port: int) -> list[str]:
        raise OSError

    monkeypatch.setattr("collection.sources.own.system_addresses", lost)
    assert own_endpoints() == frozenset()
    monkeypatch.setattr("collection.sources.own.system_addresses", lambda host, port: ["10.0.0.7"])
    assert own_endpoints() == {("10.0.0.7", 5544)}
