"""Messages of new data: signed, sent to listed destinations only, tried again, given up, sent anew by hand."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from audit.models import AuditEvent
from catalog.models import Entry
from collection.models import Dataset, DatasetGroupObjectPermission, Destination
from collection.outgoing import OutgoingFailed, Transient
from core import clock
from core.exceptions import InvalidTransition, LimitExceeded, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from sharing import webhook_words
from sharing.models import Grant, WebhookAttempt, WebhookEndpoint, WebhookMessage
from sharing.services import grant, webhook
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import listed
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.models import Notification, OutboxDelivery


class Receiver(ThreadingHTTPServer):
    """Takes messages and answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answer = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.answer)
                if outer.answer in (301, 302):
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def allow(receiver: Receiver, purpose: str = "webhook") -> None:
    listed(receiver.url, purpose)


def announced(town: SharingTown, receiver: Receiver) -> tuple[WebhookMessage, str]:
    town.granted(methods=["api", "exchange"])
    if not Destination.objects.filter(purpose="webhook").exists():
        allow(receiver)
    _endpoint, secret = webhook.webhook_add(actor=town.asker, url=receiver.url)
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=2) == 1
    return WebhookMessage.objects.get(), secret


def test_a_message_is_signed_and_tells_the_version_alone(town: SharingTown, receiver: Receiver) -> None:
    allow(receiver)
    message, secret = announced(town, receiver)
    webhook.webhook_send(message_id=message.pk, attempt=1)
    headers, body = receiver.taken[0]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body)["data"] == {"dataset": town.dataset.pk, "grant": message.grant_id, "version": 2}
    message.refresh_from_db()
    assert (message.state, message.last_status) == ("delivered", 204)
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=2) == 0
    webhook.webhook_send(message_id=message.pk, attempt=2)
    assert len(receiver.taken) == 1


def test_the_secret_is_kept_sealed(town: SharingTown, receiver: Receiver) -> None:
    allow(receiver)
    endpoint, secret = webhook.webhook_add(actor=town.asker, url=receiver.url)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(key) == webhook.SECRET_BYTES
    assert key.hex() not in WebhookEndpoint.objects.get(pk=endpoint.pk).secret


@pytest.mark.parametrize("is_source", [False, True])
def test_nothing_goes_to_a_destination_that_is_not_listed_for_it(
    town: SharingTown, receiver: Receiver, is_source: bool
) -> None:
    allow(receiver)
    message, _secret = announced(town, receiver)
    Destination.objects.update(removed_at=clock.now())
    if is_source:
        allow(receiver, "source")
    webhook.webhook_send(message_id=message.pk, attempt=1)
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("dead", "not_listed")
    assert receiver.taken == []
    told = Notification.objects.filter(kind="sharing.webhook")
    assert set(told.values_list("user_id", flat=True)) == {town.asker.id, town.asker_head.id}
    assert "Ask the security administrator" in told[0].body
    browser = Browser()
    browser.force_login(User.objects.get(pk=town.asker.id))
    page = browser.get("/sharing/webhooks/").content.decode()
    assert "nothing reaches it" in page
    assert "is not on the list of addresses that may be told" in page
    allow(receiver)
    assert "nothing reaches it" not in browser.get("/sharing/webhooks/").content.decode()


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 422])
def test_a_redirect_or_a_refusal_is_tried_again(town: SharingTown, receiver: Receiver, status: int) -> None:
    allow(receiver)
    message, _secret = announced(town, receiver)
    receiver.answer = status
    with pytest.raises(OutgoingFailed):
        webhook.webhook_send(message_id=message.pk, attempt=1)
    message.refresh_from_db()
    assert (message.state, message.last_status) == ("pending", status)
    receiver.answer = 200
    webhook.webhook_send(message_id=message.pk, attempt=2)
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("delivered", 2)
    assert len(receiver.taken) == 2


def test_an_address_that_is_gone_is_removed_and_its_department_told(town: SharingTown, receiver: Receiver) -> None:
    allow(receiver)
    message, _secret = announced(town, receiver)
    receiver.answer = 410
    webhook.webhook_send(message_id=message.pk, attempt=1)
    message.refresh_from_db()
    assert (message.state, message.last_status) == ("dead", 410)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.removed_at is not None
    assert AuditEvent.objects.filter(action="sharing.webhook.remove", object_pk=str(endpoint.pk)).exists()
    told = set(Notification.objects.filter(kind="sharing.webhook").values_list("user_id", flat=True))
    assert told == {town.asker.id, town.asker_head.id}
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=3) == 0


def test_what_may_pass_is_tried_again_and_given_up_in_the_end(town: SharingTown, receiver: Receiver) -> None:
    allow(receiver)
    message, _secret = announced(town, receiver)
    receiver.answer = 503
    with pytest.raises(Transient):
        webhook.webhook_send(message_id=message.pk, attempt=1)
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("pending", 1)
    webhook.webhook_send(message_id=message.pk, attempt=webhook.MOST_ATTEMPTS)
    message.refresh_from_db()
    assert message.state == "dead"
    receiver.answer = 200
    with pytest.raises(NotVisible):
        webhook.webhook_replay(actor=town.world.head, message_id=message.pk)
    webhook.webhook_replay(actor=town.asker_head, message_id=message.pk)
    webhook.webhook_send(message_id=message.pk, attempt=1)
    ids = {headers["webhook-id"] for headers, _body in receiver.taken}
    assert ids == {str(message)}
    message.refresh_from_db()
    assert message.state == "delivered"


def test_what_nobody_expected_is_noted_and_given_up_with_the_last_attempt(
    town: SharingTown, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(receiver)
    message, _secret = announced(town, receiver)

    def broken(*args: Any, **kwargs: Any) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(webhook, "post", broken)
    for attempt, state in ((1, "pending"), (webhook.MOST_ATTEMPTS, "dead")):
        with pytest.raises(RuntimeError):
            webhook.webhook_send(message_id=message.pk, attempt=attempt)
        message.refresh_from_db()
        assert (message.state, message.attempts, message.last_error) == (state, attempt, "unexpected")


def test_only_what_is_not_on_its_way_is_sent_again_and_not_too_often(town: SharingTown, receiver: Receiver) -> None:
    with clock_at("2026-12-01 10:00") as now:
        message, _secret = announced(town, receiver)
        with pytest.raises(InvalidTransition):
            webhook.webhook_replay(actor=town.asker, message_id=message.pk)
        now.advance(hours=3)
        webhook.webhook_replay(actor=town.asker, message_id=message.pk)
        with pytest.raises(InvalidTransition):
            webhook.webhook_replay(actor=town.asker, message_id=message.pk)
        for _turn in range(webhook.REPLAYS_PER_MINUTE - 1):
            WebhookMessage.objects.update(state="dead")
            webhook.webhook_replay(actor=town.asker, message_id=message.pk)
        WebhookMessage.objects.update(state="dead")
        with pytest.raises(LimitExceeded):
            webhook.webhook_replay(actor=town.asker, message_id=message.pk)


def test_a_message_whose_grant_ended_is_not_sent_again_and_its_delivery_stays_on_record(
    town: SharingTown, receiver: Receiver
) -> None:
    allow(receiver)
    message, _secret = announced(town, receiver)
    webhook.webhook_send(message_id=message.pk, attempt=1)
    message.refresh_from_db()
    taken = message.delivered_at
    assert message.state == "delivered"
    assert taken is not None
    # Sent again in vain: when it was taken still stands beside what came of it.
    webhook.webhook_replay(actor=town.asker, message_id=message.pk)
    grant.grant_suspend(actor=town.world.head, grant_id=message.grant_id, reason="核查")
    webhook.webhook_send(message_id=message.pk, attempt=1)
    message.refresh_from_db()
    assert (message.state, message.delivered_at) == ("dead", taken)
    assert "Taken at" in text_of(get(town.asker, "/sharing/webhooks/"))
    with pytest.raises(InvalidTransition) as refused:
        webhook.webhook_replay(actor=town.asker, message_id=message.pk)
    assert refused.value.code == "no_longer_granted"
    message.refresh_from_db()
    assert message.state == "dead"


@pytest.mark.parametrize("code", webhook_words.SENTENCES)
def test_every_trouble_has_words(town: SharingTown, receiver: Receiver, code: str) -> None:
    message, _secret = announced(town, receiver)
    message.last_error, message.last_status = code, 503
    assert "{" not in str(webhook_words.trouble_of(message))


def test_each_attempt_is_kept_for_a_time_and_shown(town: SharingTown, receiver: Receiver) -> None:
    allow(receiver)
    with clock_at("2026-12-01 10:00") as now:
        message, _secret = announced(town, receiver)
        receiver.answer = 503
        with pytest.raises(Transient):
            webhook.webhook_send(message_id=message.pk, attempt=1, pause_seconds=30)
        now.advance(seconds=30)
        receiver.answer = 204
        webhook.webhook_send(message_id=message.pk, attempt=2, pause_seconds=60)
        first, second = WebhookAttempt.objects.filter(message=message)
        assert (first.number, first.status, first.error, first.next_at) == (1, 503, "source_failed", second.at)
        assert (second.number, second.status, second.error, second.next_at) == (2, 204, "", None)
        assert second.milliseconds < 20_000
        shown = text_of(get(town.asker, "/sharing/webhooks/"))
        assert "ms · next at 2026-12-01 10:00" in shown
        assert "reports a failure of its own (status 503)" in shown
        grant.grant_suspend(actor=town.world.head, grant_id=message.grant_id, reason="核查")
        WebhookMessage.objects.update(state="pending")
        webhook.webhook_send(message_id=message.pk, attempt=1)
        assert WebhookAttempt.objects.latest("pk").error == "no_longer_granted"
        assert webhook.webhook_attempts_purge() == 0
        now.advance(days=184)
        assert webhook.webhook_attempts_purge() == 3
        assert WebhookMessage.objects.filter(pk=message.pk).exists()


def test_the_next_attempt_is_when_the_outbox_makes_it(town: SharingTown, receiver: Receiver) -> None:
    with clock_at("2026-12-01 10:00"):
        allow(receiver)
        receiver.answer = 503
        message, _secret = announced(town, receiver)
        outbox_delivery.deliver()
        sent = OutboxDelivery.objects.filter(message__event=webhook.SEND_EVENT)
        waiting = sent.get(message__payload__message_id=message.pk)
        assert WebhookAttempt.objects.get(message=message).next_at == waiting.available_at


def test_only_live_grants_for_batch_exchange_are_told_of(town: SharingTown, receiver: Receiver) -> None:
    allow(receiver)
    made = town.granted(methods=["api"])
    webhook.webhook_add(actor=town.asker, url=receiver.url)
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=2) == 0
    exchanged = town.granted(methods=["exchange"])
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=2) == 1
    message = WebhookMessage.objects.get()
    assert message.grant == exchanged != made
    grant.grant_suspend(actor=town.world.head, grant_id=exchanged.pk, reason="核查")
    webhook.webhook_send(message_id=message.pk, attempt=1)
    assert receiver.taken == []
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=3) == 0


def _right_taken(grant: Grant) -> None:
    DatasetGroupObjectPermission.objects.all().delete()


def _withdrawn(grant: Grant) -> None:
    Entry.objects.filter(pk=grant.dataset.entry_id).update(status="withdrawn")


@pytest.mark.parametrize(
    "change",
    [
        lambda grant: Grant.objects.filter(pk=grant.pk).update(status="suspended"),
        lambda grant: Grant.objects.filter(pk=grant.pk).update(status="ended", ended_at=clock.now()),
        lambda grant: Grant.objects.filter(pk=grant.pk).update(valid_to=clock.now()),
        lambda grant: Grant.objects.filter(pk=grant.pk).update(valid_from=clock.now() + timedelta(hours=1)),
        lambda grant: Dataset.objects.filter(pk=grant.dataset_id).update(retired_at=clock.now()),
        _right_taken,
        _withdrawn,
    ],
    ids=["suspended", "ended", "expired", "not begun", "retired", "without the right", "withdrawn"],
)
def test_who_may_not_read_is_told_of_no_new_data(
    town: SharingTown, receiver: Receiver, change: Callable[[Grant], object]
) -> None:
    allow(receiver)
    given = town.granted(methods=["exchange"])
    webhook.webhook_add(actor=town.asker, url=receiver.url)
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=2) == 1
    change(given)
    webhook.webhook_send(message_id=WebhookMessage.objects.get().pk, attempt=1)
    assert receiver.taken == []
    assert webhook.webhooks_announce(dataset_id=town.dataset.pk, version=3) == 0


@pytest.mark.parametrize("url", ["", "ftp://a.example/x", "https://", "http://user:secret@a.example/", "https://a b/"])
def test_an_address_that_is_none_is_refused(town: SharingTown, url: str) -> None:
    with pytest.raises(RuleViolation):
        webhook.webhook_add(actor=town.asker, url=url)


def test_an_address_that_is_not_listed_for_messages_is_refused_when_it_is_named(town: SharingTown) -> None:
    listed("https://machine.example/", purpose="source")
    listed("https://other.example/")
    for url in ("https://machine.example/hooks", "https://other.example:8443/hooks", "http://other.example/hooks"):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            webhook.webhook_add(actor=town.asker, url=url)
        [error] = refused.value.errors
        assert (error.field, error.code) == ("url", "not_listed")
        assert "Ask the security administrator" in str(error.message)
    webhook.webhook_add(actor=town.asker, url="https://other.example/hooks")


def test_addresses_are_the_departments_own(town: SharingTown, receiver: Receiver) -> None:
    allow(receiver)
    for who in (town.world.secadmin, town.world.reviewer, town.world.colleague):
        with pytest.raises(NotAllowed):
            webhook.webhook_add(actor=who, url=receiver.url)
    endpoint, _secret = webhook.webhook_add(actor=town.asker, url=receiver.url)
    with pytest.raises(RuleViolation):
        webhook.webhook_add(actor=town.asker_head, url=receiver.url)
    with pytest.raises(NotVisible):
        webhook.webhook_remove(actor=town.world.cataloguer, endpoint_id=endpoint.pk)
    webhook.webhook_remove(actor=town.asker_head, endpoint_id=endpoint.pk)
    webhook.webhook_add(actor=town.asker, url=receiver.url)
