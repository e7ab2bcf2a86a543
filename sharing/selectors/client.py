"""Reading machine clients and their secrets. ``visible`` is the one rule of who sees which."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.choices import Role
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible
from sharing.client_choices import ClientStatus
from sharing.models import Client, ClientSecret, Grant
from sharing.policies import is_own

_SHOWN = ("department__region", "system", "registered_by", "decided_by", "wanted_by")


def visible(actor: Actor) -> Q:
    """Return the condition under which a client is visible: to its department and to who watches over it."""
    if actor.is_system or (actor.is_person and actor.has_role(Role.SECADMIN, Role.AUDITOR)):
        return Q()
    if is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD):
        return Q(department=actor.department_id)
    return Q(pk__in=[])


def client_list_for(actor: Actor) -> QuerySet[Client]:
    """Return the clients that the actor sees, latest first."""
    return Client.objects.filter(visible(actor)).select_related(*_SHOWN).order_by("-pk")


def clients_filtered(actor: Actor, *, q: str = "", status: str = "") -> QuerySet[Client]:
    """Return the clients that the actor sees and that fit.

    Args:
        q: part of the name, the department's or the system's, or the beginning of the client's own id.
    """
    found = client_list_for(actor)
    if q:
        found = found.filter(
            Q(name__icontains=q)
            | Q(department__name__icontains=q)
            | Q(system__name__icontains=q)
            | Q(client_id__startswith=q)
        )
    return found.filter(status=status) if status else found


def client_get_for(actor: Actor, client_id: int, *, for_update: bool = False) -> Client:
    """Return one client.

    Args:
        for_update: lock its row until the end of the transaction; its key stays, so that the log of pulls goes on.

    Raises:
        NotVisible: there is none, or the actor may not know of it.
    """
    found = Client.objects.filter(pk=client_id)
    if for_update:
        found = Client.objects.filter(pk__in=[*found.select_for_update(no_key=True).values_list("pk", flat=True)])
    client = found.filter(visible(actor)).select_related(*_SHOWN).first()
    if client is None:
        raise NotVisible
    return client


def clients_waiting(actor: Actor) -> QuerySet[Client]:
    """Return the clients that wait for the actor's decision."""
    if not (actor.is_person and actor.has_role(Role.SECADMIN)):
        return Client.objects.none()
    in_use = Q(status__in=[ClientStatus.ACTIVE, ClientStatus.SUSPENDED])
    return Client.objects.filter(Q(status=ClientStatus.AWAITING) | (in_use & Q(wanted__isnull=False)))


def client_named(client_id: str) -> Client | None:
    """Return the client that calls itself so, whatever its state."""
    if "\x00" in client_id or len(client_id) > 255:
        return None
    return Client.objects.select_related("department__region", "system").filter(client_id=client_id).first()


def secrets_in_force(client: Client, at: datetime | None = None) -> list[ClientSecret]:
    """Return the secrets that are taken at an instant: one, or two while one replaces the other."""
    moment = at or clock.now()
    return list(client.secrets.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment)))


def grants_to_bind(client: Client) -> QuerySet[Grant]:
    """Return the grants for the client's system that are in force or will be, and are not bound to it yet."""
    from_machines = Q(methods__contains=["api"]) | Q(methods__contains=["exchange"])
    found = Grant.objects.filter(from_machines, department=client.department_id, ended_at__isnull=True)
    return found.filter(systems=client.system_id, valid_to__gt=clock.now()).exclude(bindings__client=client)
