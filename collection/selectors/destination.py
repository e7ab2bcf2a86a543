"""Where requests may go, and which sources lead there."""

import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from collection import policies
from collection.choices import DestinationPurpose
from collection.models import Destination, Source
from collection.outgoing import Allowed, is_guarded, is_of_this_machine, is_too_wide
from collection.outgoing.destinations import Network
from core.actors import Actor
from core.exceptions import NotVisible


def destination_list_for(actor: Actor) -> QuerySet[Destination]:
    """Return the destinations in force, for whoever keeps them.

    Raises:
        NotAllowed: the actor is no security administrator.
    """
    policies.require_keep_destinations(actor)
    return Destination.objects.filter(removed_at__isnull=True).select_related("added_by")


def destination_get_for(actor: Actor, destination_id: int, *, for_update: bool = False) -> Destination:
    """Return one destination in force.

    Raises:
        NotAllowed: the actor is no security administrator. NotVisible: there is none.
    """
    policies.require_keep_destinations(actor)
    found = Destination.objects.filter(pk=destination_id, removed_at__isnull=True)
    destination = (found.select_for_update(of=("self",)) if for_update else found).first()
    if destination is None:
        raise NotVisible
    return destination


def sources_by_endpoint(actor: Actor) -> dict[str, list[Source]]:
    """Return the sources in use by host, as far as whoever keeps the list must know them: whose they are.

    The data behind may belong to an entry that he does not see; pages name the department and the source alone.

    Raises:
        NotAllowed: the actor is no security administrator.
    """
    policies.require_keep_destinations(actor)
    found: dict[str, list[Source]] = {}
    sources = Source.objects.filter(retired_at__isnull=True, dataset__retired_at__isnull=True)
    wanted = sources.select_related("dataset__entry__department").defer(
        "settings", "secret", "layout", "mapping", "absent", "seen"
    )
    for source in wanted.order_by("host", "port", "pk"):
        found.setdefault(source.host, []).append(source)
    return found


def destinations_allowed(purpose: DestinationPurpose) -> list[Allowed]:
    """Return the list for a purpose as outgoing requests take it."""
    found = Destination.objects.filter(removed_at__isnull=True, purpose=purpose)
    rows = found.values_list("host", "networks", "ports")
    return [allowed_of(host, networks, ports) for host, networks, ports in rows]


def allowed_of(host: str, networks: Iterable[str], ports: Iterable[int]) -> Allowed:
    """Return a rule of the list as outgoing requests take it, without networks that may not be listed any more."""
    found = (ipaddress.ip_network(one) for one in networks)
    return Allowed(host, tuple(one for one in found if not network_problem(one)), frozenset(ports))


def network_problem(network: Network) -> str:
    """Return why a network is not opened, empty where it may be listed; private networks may.

    A rule that opens this machine would let a source read what is only told here. The suite's servers are here, so its
    settings alone open it.
    """
    if is_too_wide(network):
        return _("%(network)s is too wide: name a network of /8 or narrower, of IPv6 /32 or narrower.") % {
            "network": network
        }
    if is_of_this_machine(network) and settings.MAY_REACH_ITSELF:
        return ""
    if is_guarded(network):
        words = _("%(network)s is no place for a source: it is this machine itself, its own link, or nobody's.")
        return words % {"network": network}
    return ""


def is_listed(host: str, port: int, purpose: DestinationPurpose = DestinationPurpose.SOURCE) -> bool:
    """Say whether a rule names a host and port; where its name leads is only asked when it is used."""
    return any(rule.host == host and port in rule.ports for rule in destinations_allowed(purpose))
