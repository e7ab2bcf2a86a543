"""The list of destinations is the security administrator's, who sees whose sources lead there and nothing more."""

import threading
from typing import Any

import pytest
from django.db import connection

from audit.models import AuditEvent
from collection import services
from collection.choices import DestinationPurpose
from collection.models import Destination
from collection.selectors.destination import destination_list_for, destinations_allowed, is_listed, sources_by_endpoint
from core import clock
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from tests.collection.conftest import Town
from tests.collection.sources import add
from tests.factories.catalog import make_world
from tests.unchanged import nothing_changes

GOOD: dict[str, Any] = {"host": "data.example", "networks": ["10.20.0.0/16"], "ports": [443], "reason": "住建局接口"}


def test_a_destination_is_added_seen_with_its_sources_and_removed(town: Town) -> None:
    secadmin = town.world.secadmin
    one = services.destination_add(actor=secadmin, **{**GOOD, "host": "Data.Example."})
    assert (one.host, one.networks, one.ports) == ("data.example", ["10.20.0.0/16"], [443])
    assert is_listed("data.example", 443)
    assert not is_listed("data.example", 80)
    source = add(town, {"url": "https://DATA.example/x"})
    assert [row.pk for row in sources_by_endpoint(secadmin)["data.example"]] == [source.pk]
    services.destination_remove(actor=secadmin, destination_id=one.pk)
    assert not is_listed("data.example", 443)
    assert list(destination_list_for(secadmin)) == []
    assert Destination.objects.get().removed_by_id == secadmin.id
    actions = AuditEvent.objects.filter(action__startswith="collection.destination").order_by("pk")
    assert [row.action for row in actions] == ["collection.destination.add", "collection.destination.remove"]
    with pytest.raises(NotVisible):
        services.destination_remove(actor=secadmin, destination_id=one.pk)
    services.destination_add(actor=secadmin, **GOOD)


def test_nobody_else_keeps_or_sees_the_list(town: Town) -> None:
    world = town.world
    one = services.destination_add(actor=world.secadmin, **GOOD)
    for stranger in (world.cataloguer, world.head, world.reviewer, world.sysadmin, world.auditor):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.destination_add(actor=stranger, **{**GOOD, "host": "other.example"})
        with nothing_changes(), pytest.raises(NotAllowed):
            services.destination_remove(actor=stranger, destination_id=one.pk)
        with pytest.raises(NotAllowed):
            destination_list_for(stranger)
        with pytest.raises(NotAllowed):
            sources_by_endpoint(stranger)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"host": "http://data.example/"}, "host"),
        ({"host": "data.example:443"}, "host"),
        ({"host": "a b"}, "host"),
        ({"host": ""}, "host"),
        ({"host": "*.example"}, "host"),
        ({"networks": ["10.20.0.1/16"]}, "networks"),
        ({"networks": ["everything"]}, "networks"),
        ({"networks": []}, "networks"),
        ({"networks": ["0.0.0.0/0"]}, "networks"),
        ({"networks": ["10.20.0.0/16", "8.0.0.0/7"]}, "networks"),
        ({"networks": ["::/0"]}, "networks"),
        ({"networks": ["2400::/31"]}, "networks"),
        ({"networks": ["127.0.0.0/8"]}, "networks"),
        ({"networks": ["127.0.0.1"]}, "networks"),
        ({"networks": ["::1"]}, "networks"),
        ({"networks": ["169.254.169.254"]}, "networks"),
        ({"networks": ["fe80::/10"]}, "networks"),
        ({"networks": ["fe80::/64"]}, "networks"),
        ({"networks": ["224.0.0.0/8"]}, "networks"),
        ({"networks": ["ff02::1"]}, "networks"),
        ({"networks": ["0.0.0.0/32"]}, "networks"),
        ({"networks": ["::"]}, "networks"),
        ({"ports": []}, "ports"),
        ({"ports": [0]}, "ports"),
        ({"ports": [65536]}, "ports"),
        ({"reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_a_destination_is_refused(town: Town, settings: Any, given: dict[str, Any], field: str) -> None:
    settings.MAY_REACH_ITSELF = False
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.destination_add(actor=town.world.secadmin, **{**GOOD, **given})
    assert field in [one.field for one in refused.value.errors]


def test_private_networks_may_be_listed(town: Town, settings: Any) -> None:
    settings.MAY_REACH_ITSELF = False
    private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd12:3456::/32"]
    assert services.destination_add(actor=town.world.secadmin, **{**GOOD, "networks": private}).networks == private


def test_what_was_listed_before_and_may_not_be_opens_nothing(town: Town, settings: Any) -> None:
    settings.MAY_REACH_ITSELF = False
    Destination.objects.create(
        **{**GOOD, "networks": ["0.0.0.0/0", "127.0.0.0/8", "169.254.0.0/16", "10.20.0.0/16"]}, added_at=clock.now()
    )
    (rule,) = destinations_allowed(DestinationPurpose.SOURCE)
    assert [str(one) for one in rule.networks] == ["10.20.0.0/16"]


def test_the_same_is_not_added_twice(town: Town) -> None:
    services.destination_add(actor=town.world.secadmin, **GOOD)
    with nothing_changes(), pytest.raises(RuleViolation):
        services.destination_add(actor=town.world.secadmin, **GOOD)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_add_the_same_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    secadmin = make_world().secadmin
    gate = threading.Barrier(2)
    told: list[str] = []

    def slow(host: str, errors: Any) -> str:
        gate.wait(timeout=60)
        return host

    def add_one() -> None:
        try:
            services.destination_add(actor=secadmin, **GOOD)
        except RuleViolation as refused:
            told.extend(one.code for one in refused.errors)
        finally:
            connection.close()

    monkeypatch.setattr("collection.services.destination._host", slow)
    for _round in range(5):
        threads = [threading.Thread(target=add_one) for _one in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        services.destination_remove(actor=secadmin, destination_id=Destination.objects.get(removed_at=None).pk)
    assert told == ["exists"] * 5


def test_what_is_listed_for_sources_is_not_listed_to_be_told(town: Town) -> None:
    secadmin = town.world.secadmin
    services.destination_add(actor=secadmin, **GOOD)
    assert not is_listed("data.example", 443, DestinationPurpose.WEBHOOK)
    assert destinations_allowed(DestinationPurpose.WEBHOOK) == []
    services.destination_add(actor=secadmin, **{**GOOD, "purpose": "webhook"})
    assert is_listed("data.example", 443, DestinationPurpose.WEBHOOK)
    with pytest.raises(RuleViolation):
        services.destination_add(actor=secadmin, **{**GOOD, "purpose": "everything"})
