"""Reading a department's addresses and the messages sent to them."""

from collections.abc import Iterable

from django.db.models import QuerySet

from collection.choices import DestinationPurpose
from collection.outgoing.destinations import target_of
from collection.selectors.destination import destinations_allowed
from core.actors import Actor
from sharing.models import WebhookEndpoint, WebhookMessage

SHOWN = 50


def endpoints_of(actor: Actor) -> QuerySet[WebhookEndpoint]:
    """Return the addresses in use of the actor's department."""
    return WebhookEndpoint.objects.filter(department=actor.department_id, removed_at__isnull=True).order_by("pk")


def unlisted_among(endpoints: Iterable[WebhookEndpoint]) -> set[int]:
    """Return those addresses that the security administrator's list does not allow: nothing reaches them."""
    allowed = destinations_allowed(DestinationPurpose.WEBHOOK)
    return {
        one.pk
        for one in endpoints
        if not any(rule.host == (to := target_of(one.url)).host and to.port in rule.ports for rule in allowed)
    }


def messages_of(actor: Actor) -> QuerySet[WebhookMessage]:
    """Return the latest messages to the department's addresses, with the attempts to send them that are kept."""
    found = WebhookMessage.objects.filter(endpoint__department=actor.department_id, endpoint__removed_at__isnull=True)
    found = found.select_related("endpoint", "grant__dataset__entry__current_revision").prefetch_related("tried")
    return found.order_by("-pk")[:SHOWN]
