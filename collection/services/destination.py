"""The list of destinations: where requests may go, and for what. The security administrator keeps it."""

import ipaddress

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from collection import policies
from collection.choices import DestinationPurpose
from collection.models import Destination
from collection.outgoing import OutgoingFailed
from collection.selectors.destination import destination_get_for, network_problem
from collection.sources.endpoint import endpoint_of
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation

MOST_NETWORKS = 50
MOST_PORTS = 50


@transaction.atomic
def destination_add(
    *,
    actor: Actor,
    host: str,
    networks: list[str],
    ports: list[int],
    reason: str,
    purpose: str = DestinationPurpose.SOURCE,
) -> Destination:
    """Allow requests to a host, at addresses in some networks, on some ports, for one purpose.

    What is listed for sources takes no messages, and the other way round: every department names addresses to be told.

    Args:
        networks: in CIDR form; private ones may be listed, this machine itself and the whole internet may not.

    Raises:
        NotAllowed: the actor is no security administrator.
        RuleViolation: host, network, port or purpose is none, a network may not be opened, the same is there already,
            or no reason is given.
    """
    policies.require_keep_destinations(actor)
    errors: list[FieldError] = []
    name = _host(host, errors)
    wanted = _networks(networks, errors)
    numbers = sorted(set(ports))
    if not numbers or len(numbers) > MOST_PORTS or not all(1 <= port <= 65535 for port in numbers):
        errors.append(FieldError("ports", "out_of_range", _("Give at least one port between 1 and 65535.")))
    if purpose not in DestinationPurpose.values:
        errors.append(FieldError("purpose", "unknown", _("Choose one of the values.")))
    if not reason.strip():
        errors.append(FieldError("reason", "required", _("Say for what, and who asked for it.")))
    if errors:
        raise RuleViolation(errors)
    # Two that add the same at once must not both find nothing: the second waits for the first, and is told.
    added, is_new = Destination.objects.get_or_create(
        host=name,
        networks=wanted,
        ports=numbers,
        purpose=purpose,
        removed_at=None,
        defaults={
            "reason": reason.strip()[:500],
            "added_at": clock.now(),
            "added_by_id": actor.id if actor.is_person else None,
        },
    )
    if not is_new:
        raise RuleViolation([FieldError("host", "exists", _("This is on the list already."))])
    audit.record(actor, "collection.destination.add", added, after=_snapshot(added))
    return added


def _host(host: str, errors: list[FieldError]) -> str:
    try:
        return endpoint_of(host.strip(), 443)[0]
    except OutgoingFailed:
        message = _("Enter one host, by its exact name or its address, without http:// and without a port.")
        errors.append(FieldError("host", "unusable", message))
        return ""


def _networks(networks: list[str], errors: list[FieldError]) -> list[str]:
    try:
        given = {ipaddress.ip_network(one.strip()) for one in networks if one.strip()}
    except ValueError:
        message = _("Write networks like 10.20.0.0/16 or 10.20.3.7, with the bits beyond the mask zero.")
        errors.append(FieldError("networks", "unusable", message))
        return []
    found = sorted(str(one) for one in given)
    for network in sorted(given, key=str):
        if problem := network_problem(network):
            errors.append(FieldError("networks", "not_opened", problem))
    if not 0 < len(found) <= MOST_NETWORKS:
        errors.append(FieldError("networks", "required", _("Give the networks to which the name may lead.")))
    return found


@transaction.atomic
def destination_remove(*, actor: Actor, destination_id: int) -> Destination:
    """Take a destination off the list; sources that lead there fail from now on.

    Raises:
        NotAllowed: the actor is no security administrator. NotVisible: it is not on the list.
    """
    destination = destination_get_for(actor, destination_id, for_update=True)
    destination.removed_at = clock.now()
    destination.removed_by_id = actor.id if actor.is_person else None
    destination.save(update_fields=["removed_at", "removed_by"])
    audit.record(actor, "collection.destination.remove", destination, before=_snapshot(destination))
    return destination


def _snapshot(destination: Destination) -> dict[str, object]:
    return {
        "host": destination.host,
        "networks": destination.networks,
        "ports": destination.ports,
        "purpose": destination.purpose,
        "reason": destination.reason,
    }
