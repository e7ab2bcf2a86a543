"""Machine clients: registered by their department, approved by the security administrator, stopped by either."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oauth2_provider.models import AccessToken

from accounts.choices import Role
from accounts.models import InformationSystem
from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from sharing import client_policies as policies
from sharing import client_transitions, notices
from sharing.client_choices import ClientStatus, Scope
from sharing.models import Client, ClientGrant
from sharing.selectors import client as selectors
from workflow import services as workflow
from workflow.selectors.people import role_holder_ids

TASK_DECIDE = "sharing.client"
MOST_NETWORKS = 50
SHORTEST_PREFIX = {4: 8, 6: 32}
"""By version of the protocol: a network that is wider restricts nothing worth the name (docs/adr/0074)."""
MOST_CALLS = 60_000
LONGEST_NAME = 120


@transaction.atomic
def client_register(
    *,
    actor: Actor,
    name: str,
    system_id: int | None,
    purpose: str,
    networks: Sequence[str],
    calls_per_minute: int = 600,
    scopes: Sequence[str] = (Scope.DATA_READ,),
) -> Client:
    """Register a client of the actor's department; the security administrator decides on it.

    Args:
        system_id: the department's system that will call.
        networks: addresses that it calls from, in CIDR form, none wider than ``SHORTEST_PREFIX``.

    Raises:
        NotAllowed: the actor is neither cataloguer nor head of a department.
        RuleViolation: name, system, purpose, networks, scopes or the number of calls are missing or unusable.
    """
    policies.require_register_client(actor)
    errors: list[FieldError] = []
    systems = InformationSystem.objects.filter(department=actor.department_id, retired_on__isnull=True)
    system = systems.filter(pk=system_id or 0).select_related("department").first()
    values = _checked(name, purpose, networks, calls_per_minute, scopes, errors)
    if system is None:
        errors.append(FieldError("system", "unknown", _("Choose one of your department's systems.")))
    taken = Client.objects.filter(department=actor.department_id, name=values["name"]).exclude(
        status__in=[ClientStatus.REFUSED, ClientStatus.REVOKED]
    )
    name_taken = FieldError("name", "taken", _("Your department has a client of this name."))
    if values["name"] and taken.exists():
        errors.append(name_taken)
    if errors or system is None:
        raise RuleViolation(errors)
    client = Client(
        **values,
        department=system.department,
        system=system,
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        registered_by_id=actor.id,
        registered_at=clock.now(),
    )
    try:
        with transaction.atomic():
            client.save(force_insert=True)
    except IntegrityError:  # another was registered at the same moment
        raise RuleViolation([name_taken]) from None
    audit.record(actor, "sharing.client.register", client, after={**_snapshot(client), "system": system.name})
    decision_ask(actor, client)
    return client


def decision_ask(actor: Actor, client: Client) -> None:
    """Put a client into the inbox of the security administrator, who must not be the actor."""
    workflow.task_open(
        kind=TASK_DECIDE,
        subject=client,
        title=client.name,
        detail=format_lazy("{} · {}", client.department.name, client.system.name),
        url=reverse("sharing_clients:client_detail", args=[client.pk]),
        department_id=None,
        role=Role.SECADMIN,
        exclude_user_ids=[actor.id],
    )


def _checked(
    name: str,
    purpose: str,
    networks: Sequence[str],
    calls_per_minute: int,
    scopes: Sequence[str],
    errors: list[FieldError],
) -> dict[str, Any]:
    """Return what was entered as it is kept; what is wrong is added to ``errors``."""
    name, purpose = name.strip(), purpose.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        message = _("Give the client a name of at most %(count)d characters.") % {"count": LONGEST_NAME}
        errors.append(FieldError("name", "required", message))
    if not purpose:
        errors.append(FieldError("purpose", "required", _("Say what the client is for.")))
    settings = settings_checked(networks, calls_per_minute, scopes, errors)
    return {"name": name, "purpose": purpose[:2000], **settings}


def settings_checked(
    networks: Sequence[str], calls_per_minute: int, scopes: Sequence[str], errors: list[FieldError]
) -> dict[str, Any]:
    """Return addresses, number of calls and scopes as they are kept; what is wrong is added to ``errors``."""
    if not 1 <= calls_per_minute <= MOST_CALLS:
        message = _("Give a number from 1 to %(count)d.") % {"count": MOST_CALLS}
        errors.append(FieldError("calls_per_minute", "out_of_range", message))
    if not scopes or set(scopes) - set(Scope.values):
        errors.append(FieldError("scopes", "unknown", _("Choose what the client may be used for.")))
    return {
        "networks": networks_checked(networks, errors),
        "calls_per_minute": calls_per_minute,
        "scopes": sorted(set(scopes)),
    }


def networks_checked(networks: Sequence[str], errors: list[FieldError]) -> list[str]:
    """Return networks as they are kept; what is wrong is added to ``errors``."""
    try:
        parsed = {ipaddress.ip_network(one.strip()) for one in networks if one.strip()}
    except ValueError:
        message = _("Write networks like 10.20.0.0/16 or 10.20.3.7, with the bits beyond the mask zero.")
        errors.append(FieldError("networks", "unusable", message))
        return []
    if not 0 < len(parsed) <= MOST_NETWORKS:
        errors.append(FieldError("networks", "required", _("Give the addresses that the client calls from.")))
    if any(one.prefixlen < SHORTEST_PREFIX[one.version] for one in parsed):
        message = _("Name smaller networks: /%(ipv4)d of IPv4 and /%(ipv6)d of IPv6 are the widest.")
        message %= {"ipv4": SHORTEST_PREFIX[4], "ipv6": SHORTEST_PREFIX[6]}
        errors.append(FieldError("networks", "too_wide", message))
    return sorted(str(one) for one in parsed)


@transaction.atomic
def client_approve(*, actor: Actor, client_id: int, edit_version: int) -> Client:
    """Let a client in: its head may now make its secret.

    Args:
        edit_version: of the client as it was seen.

    Raises:
        NotVisible, NotAllowed: no security administrator, or who registered it. InvalidTransition: it does not wait,
            or its system is out of use. StaleEdit: it was changed since.
    """
    return _decide(actor, client_id, edit_version, "approve", "")


@transaction.atomic
def client_refuse(*, actor: Actor, client_id: int, edit_version: int, note: str) -> Client:
    """Turn a client away.

    Args:
        edit_version: of the client as it was seen.

    Raises:
        NotVisible, NotAllowed: as for approving. InvalidTransition: it does not wait. RuleViolation: no reason.
        StaleEdit: it was changed since.
    """
    return _decide(actor, client_id, edit_version, "refuse", note)


def _decide(actor: Actor, client_id: int, edit_version: int, action: str, note: str) -> Client:
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_decide_client(actor, client)
    before = client.status
    client.status = client_transitions.CLIENT.apply(action, before).target
    require_as_seen(client, edit_version)
    if action == "approve":
        _require_system_in_use(client)
    client.note = reason_of(note) if action == "refuse" else ""
    client.decided_by_id, client.decided_at = actor.id, clock.now()
    client.edit_version += 1
    client.save(update_fields=["status", "note", "decided_by", "decided_at", "edit_version"])
    _trail(actor, client, action, before)
    workflow.task_close(actor=actor, subject=client, kind=TASK_DECIDE)
    words = {
        "approve": gettext_lazy("The client “{name}” was approved. Its secret can be made now."),
        "refuse": gettext_lazy("The client “{name}” was refused."),
    }
    people_tell(client, words[action], client.note, at=client.decided_at)
    return client


@transaction.atomic
def client_bind(*, actor: Actor, client_id: int, grant_id: int) -> Client:
    """Let a client pull under a grant of its department.

    Raises:
        NotVisible, NotAllowed: not the head of the client's department. InvalidTransition: the client or its system is
            not in use.
        RuleViolation: no grant of the department for this client's system and for machines, or bound already.
    """
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_manage_client(actor, client)
    client_transitions.CLIENT.apply("bind", client.status)
    _require_system_in_use(client)
    grant = selectors.grants_to_bind(client).filter(pk=grant_id).first()
    if grant is None:
        message = _("Choose a grant of your department that is given for the interface and for the client's system.")
        raise RuleViolation([FieldError("grant", "unusable", message)])
    ClientGrant.objects.create(client=client, grant=grant, bound_at=clock.now(), bound_by_name=actor.name)
    audit.record(actor, "sharing.client.bind", client, after={"grant": grant.pk})
    return client


@transaction.atomic
def client_unbind(*, actor: Actor, client_id: int, grant_id: int) -> Client:
    """Take a grant away from a client; what it is pulling ends at the next batch.

    Raises:
        NotVisible, NotAllowed: not the head of the client's department. InvalidTransition: the client is not in use.
        RuleViolation: the grant is not bound to it.
    """
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_manage_client(actor, client)
    client_transitions.CLIENT.apply("unbind", client.status)
    count, _kinds = ClientGrant.objects.filter(client=client, grant=grant_id).delete()
    if not count:
        raise RuleViolation([FieldError("grant", "unknown", _("This grant is not bound to the client."))])
    audit.record(actor, "sharing.client.unbind", client, before={"grant": grant_id})
    return client


@transaction.atomic
def client_suspend(*, actor: Actor, client_id: int, note: str) -> Client:
    """Stop a client for the time being; its tokens end at once.

    The side that suspends lifts it; what the head suspended, the security administrator may take over.

    Raises:
        NotVisible, NotAllowed: neither the head of its department nor the security administrator.
        InvalidTransition: it is not active, or suspended already by this side or the security administrator.
        RuleViolation: no reason.
    """
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_stop_client(actor, client)
    client_transitions.CLIENT.apply("suspend", client.status)
    if not policies.can_suspend_client(actor, client):
        raise InvalidTransition(_("The client is suspended already."))
    client.suspended_by_security = policies.is_secadmin(actor)
    return _move(actor, client, "suspend", reason_of(note))


@transaction.atomic
def client_resume(*, actor: Actor, client_id: int) -> Client:
    """Let a suspended client go on; it needs a new token.

    Raises:
        NotVisible, NotAllowed: the other side suspended it. InvalidTransition: it is not suspended.
    """
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_resume_client(actor, client)
    client.suspended_by_security = False
    return _move(actor, client, "resume", "")


@transaction.atomic
def client_revoke(*, actor: Actor, client_id: int, note: str) -> Client:
    """End a client for good: tokens, secrets and grants go.

    Raises:
        NotVisible, NotAllowed: neither the head of its department nor the security administrator.
        InvalidTransition: it has ended already. RuleViolation: no reason.
    """
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_stop_client(actor, client)
    client.wanted = client.wanted_by = None
    client = _move(actor, client, "revoke", reason_of(note))
    client.secrets.all().delete()
    client.bindings.all().delete()
    workflow.task_close(actor=actor, subject=client, kind=TASK_DECIDE)
    return client


def _move(actor: Actor, client: Client, action: str, note: str) -> Client:
    before = client.status
    client.status = client_transitions.CLIENT.apply(action, before).target
    client.note = note
    client.edit_version += 1
    client.save(update_fields=["status", "note", "suspended_by_security", "wanted", "wanted_by", "edit_version"])
    AccessToken.objects.filter(application=client).delete()
    _trail(actor, client, action, before)
    words = {
        "suspend": gettext_lazy("The client “{name}” was suspended."),
        "resume": gettext_lazy("The client “{name}” may call again."),
        "revoke": gettext_lazy("The client “{name}” was ended."),
    }
    people_tell(client, words[action], note, at=clock.now())
    return client


def _require_system_in_use(client: Client) -> None:
    if not client.system.is_active:
        raise InvalidTransition(_("The client's system is out of use. Register a client of another one."))


def require_as_seen(client: Client, edit_version: int) -> None:
    """Refuse a decision on what is not there any more.

    Raises:
        StaleEdit: the client was changed since it was seen.
    """
    if client.edit_version != edit_version:
        raise StaleEdit(_("The client was changed after you opened this page. Look at what it wants now, then decide."))


def reason_of(note: str) -> str:
    """Return a reason as it is kept.

    Raises:
        RuleViolation: there is none.
    """
    if not note.strip():
        raise RuleViolation([FieldError("note", "required", _("Give a reason."))])
    return note.strip()[:2000]


def _trail(actor: Actor, client: Client, action: str, before: str) -> None:
    audit.record(
        actor,
        f"sharing.client.{action}",
        client,
        before={"status": before},
        after={"status": client.status},
        note=client.note,
    )


def people_tell(client: Client, words: Any, note: str, *, at: datetime) -> None:
    """Tell the people of the client's department."""
    workflow.notify(
        user_ids=role_holder_ids(client.department_id, [Role.HEAD, Role.CATALOGUER]),
        kind=notices.CLIENT,
        title=format_lazy(words, name=client.name),
        body=note,
        url=reverse("sharing_clients:client_detail", args=[client.pk]),
        dedupe_key=f"{notices.CLIENT}:{client.pk}:{client.edit_version}:{at.timestamp()}",
    )


def _snapshot(client: Client) -> dict[str, object]:
    return {
        "name": client.name,
        "department": client.department.name,
        "purpose": client.purpose,
        "networks": client.networks,
        "calls_per_minute": client.calls_per_minute,
        "scopes": client.scopes,
    }
