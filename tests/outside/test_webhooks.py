"""standardwebhooks on what the product really sends: a new version, told to a receiver, once more after a kill."""

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core import clock
from core.testing import clock_at
from sharing.models import Grant, WebhookMessage
from sharing.services.webhook import webhook_add
from tests.collection.conftest import HEADER, ROWS
from tests.collection.worker import run_of
from tests.killed import killed_at
from tests.sharing.conftest import SharingTown
from tests.sharing.services.test_webhooks import Receiver, allow, receiver
from workflow import outbox_delivery

__all__ = ["receiver"]
NEW = "0165,赵六,990102198808088888,700,2026-05-01\n"


@pytest.fixture
def secret(transactional_db: None, town: SharingTown, receiver: Receiver) -> str:
    """A listed endpoint of the department that gets the data by batch exchange, and its secret."""
    allow(receiver)
    town.granted(methods=["api", "exchange"])
    deliver()  # the version that there is already
    _endpoint, secret = webhook_add(actor=town.asker, url=receiver.url)
    return secret


def deliver() -> None:
    """Do the worker's part."""
    while outbox_delivery.deliver():
        pass


def test_a_delivery_is_verified_and_what_was_tampered_with_is_not(
    town: SharingTown, receiver: Receiver, secret: str
) -> None:
    run_of(town.dataset, town.world.cataloguer, HEADER + "".join(ROWS) + NEW)
    deliver()
    [(headers, body)] = receiver.taken
    said = Webhook(secret).verify(body, headers)
    assert said == json.loads(body)
    assert (said["type"], said["data"]["dataset"], said["data"]["version"]) == ("dataset.published", town.dataset.pk, 2)

    moved = str(int(headers["webhook-timestamp"]) - 1)
    wrong: list[tuple[bytes, dict[str, str]]] = [
        (body.replace(b'"version":2', b'"version":3'), headers),
        (body + b" ", headers),
        (body, headers | {"webhook-id": headers["webhook-id"][:-1] + "x"}),
        (body, headers | {"webhook-timestamp": moved}),
        (body, headers | {"webhook-signature": "v1,AAAA"}),
        (body, {name: value for name, value in headers.items() if name != "webhook-signature"}),
    ]
    for tampered, under in wrong:
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(tampered, under)
    other = Webhook("whsec_" + "A" * 44)
    with pytest.raises(WebhookVerificationError):
        other.verify(body, headers)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_one_that_was_signed_at_another_time_is_refused(
    town: SharingTown, receiver: Receiver, secret: str, minutes: int
) -> None:
    """The library takes five minutes either way; the signature itself is right."""
    Grant.objects.update(valid_from=clock.now() - timedelta(hours=1))
    with clock_at(clock.now() + timedelta(minutes=minutes)):
        run_of(town.dataset, town.world.cataloguer, HEADER + "".join(ROWS) + NEW)
        deliver()
    [(headers, body)] = receiver.taken
    with pytest.raises(WebhookVerificationError, match=r"too (old|new)"):
        Webhook(secret).verify(body, headers)


def test_a_worker_killed_over_a_delivery_sends_it_again_under_the_same_id(
    town: SharingTown, receiver: Receiver, secret: str
) -> None:
    run_of(town.dataset, town.world.cataloguer, HEADER + "".join(ROWS) + NEW)

    killed_at("sharing.services.webhook._note", deliver)

    assert len(receiver.taken) == 1
    message = WebhookMessage.objects.get()
    assert (message.state, message.attempts) == ("pending", 0)
    deliver()
    assert len(receiver.taken) == 1, "whoever is dead holds his lease for its time"
    with clock_at(clock.now() + timedelta(seconds=61)):
        deliver()
        (first, body), (second, again) = receiver.taken
        message.refresh_from_db()
    assert Webhook(secret).verify(again, second) == Webhook(secret).verify(body, first)
    assert first["webhook-id"] == second["webhook-id"] == str(message)
    assert (message.state, message.attempts) == ("delivered", 2)
    with clock_at(clock.now() + timedelta(hours=2)):
        deliver()
    assert len(receiver.taken) == 2
