"""Telling systems that data they may pull have changed: signed as the Standard Webhooks specification says.

Source: Standard Webhooks 1.0.0 (headers ``webhook-id``, ``webhook-timestamp``, ``webhook-signature``; HMAC-SHA256 over
id, timestamp and body).
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from collection.choices import DestinationPurpose
from collection.outgoing import Access, Limits, NotListed, OutgoingFailed, Permanent
from collection.outgoing.destinations import Target, target_of
from collection.outgoing.exchange import post
from collection.outgoing.timed import Deadline
from collection.selectors.destination import destinations_allowed, is_listed
from collection.sources.own import own_endpoints
from collection.vault import open_text, seal_text
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation
from sharing import after_policies, notices
from sharing.choices import ShareMethod, WebhookState
from sharing.limits import count_call
from sharing.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from sharing.models.webhook import ATTEMPTS_KEPT
from sharing.selectors.grant import live_grants
from sharing.webhook_words import NO_LONGER_GRANTED, UNEXPECTED, trouble_of
from workflow import outbox
from workflow import services as workflow
from workflow.selectors.people import role_holder_ids

SEND_EVENT = "sharing.webhook.send"
GONE = 410
SENDER = system_actor("sharing-webhooks")
MOST_ATTEMPTS = 16
"""The pauses double from seconds to an hour: the last attempt comes some eight hours after the first."""
MOST_ENDPOINTS = 10
MOST_CHARACTERS = 500
REPLAYS_PER_MINUTE = 10
SECRET_BYTES = 32
_LIMITS = Limits(connect_seconds=5, read_seconds=15, total_seconds=20, max_redirects=0)


@transaction.atomic
def webhook_add(*, actor: Actor, url: str, note: str = "") -> tuple[WebhookEndpoint, str]:
    """Name an address that is told of new versions of data which the department may get by batch exchange.

    The security administrator's list must have it now, and is asked again at each message.

    Returns:
        The endpoint and its signing secret, which is shown this once.

    Raises:
        NotAllowed: neither cataloguer nor head. RuleViolation: the address is none, is not listed, is named already,
            or there are too many.
    """
    after_policies.require_keep_webhooks(actor)
    assert actor.department_id is not None  # noqa: S101  the policy has just required it
    url = url.strip()
    target = _target(url)
    if not is_listed(target.host, target.port, DestinationPurpose.WEBHOOK):
        message = _(
            "%(host)s, port %(port)d, is not on the list of addresses that may be told. Ask the security administrator"
            " to list it, then name it again."
        )
        given = {"host": target.host, "port": target.port}
        raise RuleViolation([FieldError("url", "not_listed", message % given)])
    mine = WebhookEndpoint.objects.select_for_update().filter(department=actor.department_id, removed_at__isnull=True)
    if any(one.url == url for one in mine):
        raise RuleViolation([FieldError("url", "twice", _("This address is named already."))])
    if len(mine) >= MOST_ENDPOINTS:
        raise RuleViolation([FieldError("url", "too_many", _("A department names at most 10 addresses."))])
    endpoint = WebhookEndpoint(
        department_id=actor.department_id,
        url=url,
        note=note.strip()[:200],
        created_at=clock.now(),
        created_by_name=actor.name,
    )
    key = secrets.token_bytes(SECRET_BYTES)
    endpoint.secret = seal_text(key.hex(), context=_context(endpoint))
    endpoint.save(force_insert=True)
    audit.record(actor, "sharing.webhook.add", endpoint, after={"host": target.host})
    return endpoint, "whsec_" + base64.b64encode(key).decode()


def _target(url: str) -> Target:
    try:
        if len(url) <= MOST_CHARACTERS:
            return target_of(url)
    except Permanent:
        pass
    message = _("Write an address that begins with https:// or http:// and names a host.")
    raise RuleViolation([FieldError("url", "bad_address", message)])


@transaction.atomic
def webhook_remove(*, actor: Actor, endpoint_id: int) -> None:
    """Tell an address nothing any more.

    Raises:
        NotVisible, NotAllowed: not of the own department.
    """
    _remove(actor, _own(actor, endpoint_id))


@transaction.atomic
def webhook_replay(*, actor: Actor, message_id: int) -> WebhookMessage:
    """Send a message again, under the same id, so that whoever took it can tell.

    Raises:
        NotVisible, NotAllowed: not of the own department. InvalidTransition: it is on its way, or nothing may be read
            under its grant any more, so that nothing would be sent.
        LimitExceeded: the department sent too many again in this minute.
    """
    message = WebhookMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotVisible
    _own(actor, message.endpoint_id)
    if not message.can_be_sent_again(clock.now()):
        raise InvalidTransition(_("The message is on its way. Wait for what comes of it."))
    if not live_grants().filter(pk=message.grant_id).exists():
        raise InvalidTransition(
            _("Nothing may be read under the grant any more: nothing is sent."), code="no_longer_granted"
        )
    count_call("replays", f"replays:{actor.department_id}", REPLAYS_PER_MINUTE)
    message.state, message.attempts, message.last_tried_at = WebhookState.PENDING, 0, clock.now()
    message.save(update_fields=["state", "attempts", "last_tried_at"])
    audit.record(actor, "sharing.webhook.replay", message, after={"version": message.version})
    outbox.put(SEND_EVENT, message_id=message.pk)
    return message


@transaction.atomic
def webhooks_announce(*, dataset_id: int, version: int) -> int:
    """Write a message for each live grant that may be served by batch exchange and each endpoint of its department.

    Returns:
        How many messages there are.
    """
    told = 0
    grants = live_grants().filter(dataset=dataset_id, methods__contains=[ShareMethod.EXCHANGE.value])
    for grant in grants.order_by("pk"):
        endpoints = WebhookEndpoint.objects.filter(department=grant.department_id, removed_at__isnull=True)
        for endpoint in endpoints.order_by("pk"):
            message, is_new = WebhookMessage.objects.get_or_create(
                endpoint=endpoint, grant=grant, version=version, defaults={"occurred_at": clock.now()}
            )
            if is_new:
                outbox.put(SEND_EVENT, message_id=message.pk)
                told += 1
    return told


def webhook_send(*, message_id: int, attempt: int, pause_seconds: float = 0.0) -> None:
    """Send a message once; one that is taken, or that may not be sent, is done with.

    What the other side answers, if it is no success, may be its trouble of the hour: it is asked again. An answer of
    410 says that nobody listens there any more: the address is removed, as Standard Webhooks asks.

    Args:
        attempt: 1 on the first; with the last one the message is given up until somebody sends it again.
        pause_seconds: until the next attempt, should this one fail.

    Raises:
        OutgoingFailed: another attempt may succeed; the outbox makes it after a pause. So it does with what nobody
            expected, which is noted at the message besides.
    """
    message = WebhookMessage.objects.select_related("endpoint", "grant").filter(pk=message_id).first()
    if message is None or message.state != WebhookState.PENDING:
        return
    tried = WebhookAttempt(message=message, number=attempt, at=clock.now())
    if message.endpoint.removed_at is not None or not live_grants().filter(pk=message.grant_id).exists():
        _note(message, tried, WebhookState.DEAD, error=NO_LONGER_GRANTED)
        return
    begun = time.monotonic()
    try:
        body = body_of(message)
        allowed = destinations_allowed(DestinationPurpose.WEBHOOK)
        access = Access(allowed=allowed, limits=_LIMITS, closed=own_endpoints())
        headers = {"Content-Type": "application/json", **signed(message, body)}
        deadline = Deadline(_LIMITS.total_seconds)
        status = post(message.endpoint.url, body, access=access, deadline=deadline, headers=headers)
    except NotListed as failure:
        _note(message, tried, WebhookState.DEAD, error=failure.code, begun=begun)
        return
    except OutgoingFailed as failure:
        answered = failure.extra.get("status")
        if answered == GONE:
            _endpoint_gone(message.endpoint_id)
        is_last = attempt >= MOST_ATTEMPTS or answered == GONE
        state = WebhookState.DEAD if is_last else WebhookState.PENDING
        _note(message, tried, state, error=failure.code, status=answered, begun=begun, pause_seconds=pause_seconds)
        if not is_last:
            raise
        return
    except Exception:
        state = WebhookState.DEAD if attempt >= MOST_ATTEMPTS else WebhookState.PENDING
        _note(message, tried, state, error=UNEXPECTED, begun=begun, pause_seconds=pause_seconds)
        raise
    _note(message, tried, WebhookState.DELIVERED, status=status, begun=begun)


def webhook_attempts_purge() -> int:
    """Delete what came of attempts of long ago, and return how many; the messages stay with what came of them last."""
    return WebhookAttempt.objects.filter(at__lt=clock.now() - ATTEMPTS_KEPT).delete()[0]


@transaction.atomic
def _endpoint_gone(endpoint_id: int) -> None:
    """Remove an address at which nobody listens, and tell its department."""
    found = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id, removed_at__isnull=True).first()
    if found is None:
        return
    _remove(SENDER, found)
    workflow.notify(
        user_ids=role_holder_ids(found.department_id, [Role.CATALOGUER, Role.HEAD]),
        kind=notices.WEBHOOK,
        title=format_lazy(gettext_lazy("{host} takes no messages any more"), host=target_of(found.url).host),
        body=gettext_lazy("It answered that the address is gone (410). Name another one if systems are to be told."),
        url=reverse("sharing:webhooks"),
        dedupe_key=f"{notices.WEBHOOK}:{found.pk}",
    )


def _remove(actor: Actor, endpoint: WebhookEndpoint) -> None:
    endpoint.removed_at = clock.now()
    endpoint.save(update_fields=["removed_at"])
    audit.record(actor, "sharing.webhook.remove", endpoint, before={"host": target_of(endpoint.url).host})


def body_of(message: WebhookMessage) -> bytes:
    """Return what is sent: which data have which version; what changed is asked for under the grant."""
    content = {
        "type": "dataset.published",
        "timestamp": message.occurred_at.isoformat(),
        "data": {"dataset": message.grant.dataset_id, "grant": message.grant_id, "version": message.version},
    }
    return json.dumps(content, separators=(",", ":")).encode()


def signed(message: WebhookMessage, body: bytes) -> dict[str, str]:
    """Return the headers that prove where a body comes from and when."""
    stamp = str(int(clock.now().timestamp()))
    key = bytes.fromhex(open_text(message.endpoint.secret, context=_context(message.endpoint)))
    digest = hmac.digest(key, f"{message}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": str(message),
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


@transaction.atomic
def _note(
    message: WebhookMessage,
    tried: WebhookAttempt,
    state: WebhookState,
    *,
    error: str = "",
    status: int | None = None,
    begun: float | None = None,
    pause_seconds: float = 0.0,
) -> None:
    """Keep what came of an attempt; of messages given up a department is told once a day for each address.

    Args:
        begun: the monotonic second in which sending began; None where nothing was sent.
    """
    moment = clock.now()
    tried.status, tried.error = status, error
    tried.milliseconds = round((time.monotonic() - begun) * 1000) if begun is not None else 0
    if state == WebhookState.PENDING:
        tried.next_at = moment + timedelta(seconds=pause_seconds)
    tried.save(force_insert=True)
    message.state, message.attempts, message.last_tried_at = state, tried.number, moment
    message.last_error, message.last_status = error, status
    if state == WebhookState.DELIVERED:
        message.delivered_at = moment  # it stays on record whatever comes of sending it again
    message.save(update_fields=["state", "attempts", "last_tried_at", "last_error", "last_status", "delivered_at"])
    if state == WebhookState.DEAD and error != NO_LONGER_GRANTED and status != GONE:
        workflow.notify(
            user_ids=role_holder_ids(message.endpoint.department_id, [Role.CATALOGUER, Role.HEAD]),
            kind=notices.WEBHOOK,
            title=format_lazy(
                gettext_lazy("A message of new data was given up: {name}"), name=str(message.grant.dataset)
            ),
            body=trouble_of(message),
            url=reverse("sharing:webhooks"),
            dedupe_key=f"{notices.WEBHOOK}:{message.endpoint_id}:{clock.today():%F}",
        )


def _own(actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    endpoint = (
        WebhookEndpoint.objects.select_for_update()
        .filter(pk=endpoint_id, department=actor.department_id, removed_at__isnull=True)
        .first()
    )
    if endpoint is None or actor.department_id is None:
        raise NotVisible
    after_policies.require_keep_webhooks(actor)
    return endpoint


def _context(endpoint: WebhookEndpoint) -> str:
    return f"sharing.webhook.{endpoint.token}"
