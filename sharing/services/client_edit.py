"""Changing a machine client: less holds at once, more waits for the security administrator."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oauth2_provider.models import AccessToken

from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from sharing import client_policies as policies
from sharing import client_transitions
from sharing.client_choices import ClientStatus
from sharing.models import Client
from sharing.selectors import client as selectors
from sharing.services.client import TASK_DECIDE, decision_ask, people_tell, reason_of, require_as_seen, settings_checked
from workflow import services as workflow


@transaction.atomic
def client_edit(
    *,
    actor: Actor,
    client_id: int,
    edit_version: int,
    networks: Sequence[str],
    calls_per_minute: int,
    scopes: Sequence[str],
) -> Client:
    """Change the addresses, the number of calls and the scopes of a client.

    Before it is approved all of it changes. Afterwards each of the three that lies within what holds now changes at
    once, and tokens end where it did; what goes beyond waits in ``wanted`` for the security administrator, and what
    holds now holds until then. An earlier wish is replaced.

    Raises:
        NotVisible, NotAllowed: not of the sharing office of its department. InvalidTransition: it was refused or ended.
        StaleEdit: somebody else changed it. RuleViolation: a value is missing or unusable.
    """
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_edit_client(actor, client)
    client_transitions.CLIENT.apply("edit", client.status)
    if client.edit_version != edit_version:
        raise StaleEdit
    errors: list[FieldError] = []
    given = settings_checked(networks, calls_per_minute, scopes, errors)
    if errors:
        raise RuleViolation(errors)
    before = {name: getattr(client, name) for name in given}
    changed = {name: value for name, value in given.items() if value != before[name]}
    is_free = client.status == ClientStatus.AWAITING
    wanted = {name: value for name, value in changed.items() if not (is_free or _is_within(client, name, value))}
    at_once = {name: value for name, value in changed.items() if name not in wanted}
    _set(client, at_once)
    client.wanted, client.wanted_by_id = wanted or None, actor.id if wanted else None
    _save(client, at_once)
    if not is_free and {"networks", "scopes"} & set(at_once):
        AccessToken.objects.filter(application=client).delete()
    audit.record(
        actor,
        "sharing.client.edit",
        client,
        before={name: before[name] for name in changed},
        after={**at_once, **{f"wanted_{name}": value for name, value in wanted.items()}},
    )
    if wanted:
        decision_ask(actor, client)
    elif not is_free:
        workflow.task_close(actor=actor, subject=client, kind=TASK_DECIDE)
    return client


@transaction.atomic
def client_change_approve(*, actor: Actor, client_id: int, edit_version: int) -> Client:
    """Let a client have what it wants beyond what holds now.

    Args:
        edit_version: of the client as it was seen.

    Raises:
        NotVisible, NotAllowed: no security administrator, or who asked for it. InvalidTransition: nothing is wanted.
        StaleEdit: it was changed since.
    """
    client = _wanting(actor, client_id, edit_version)
    wanted = client.wanted or {}
    before = {name: getattr(client, name) for name in wanted}
    _set(client, wanted)
    client.wanted = client.wanted_by_id = None
    _save(client, wanted)
    audit.record(actor, "sharing.client.change_approve", client, before=before, after=wanted)
    _decided(actor, client, gettext_lazy("The change of the client “{name}” was approved."), "")
    return client


@transaction.atomic
def client_change_refuse(*, actor: Actor, client_id: int, edit_version: int, note: str) -> Client:
    """Leave a client as it is, with a reason.

    Args:
        edit_version: of the client as it was seen.

    Raises:
        NotVisible, NotAllowed: as for approving. InvalidTransition: nothing is wanted. RuleViolation: no reason.
        StaleEdit: it was changed since.
    """
    client = _wanting(actor, client_id, edit_version)
    reason = reason_of(note)
    refused = {f"wanted_{name}": value for name, value in (client.wanted or {}).items()}
    client.wanted = client.wanted_by_id = None
    _save(client, [])
    audit.record(actor, "sharing.client.change_refuse", client, before=refused, note=reason)
    _decided(actor, client, gettext_lazy("The change of the client “{name}” was refused."), reason)
    return client


def _wanting(actor: Actor, client_id: int, edit_version: int) -> Client:
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_decide_change(actor, client)
    client_transitions.CLIENT.apply("decide_change", client.status)
    if client.wanted is None:
        raise InvalidTransition(_("No change of this client waits for a decision."))
    require_as_seen(client, edit_version)
    return client


def _decided(actor: Actor, client: Client, words: Any, note: str) -> None:
    workflow.task_close(actor=actor, subject=client, kind=TASK_DECIDE)
    people_tell(client, words, note, at=clock.now())


def _set(client: Client, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(client, name, value)


def _save(client: Client, names: Any) -> None:
    client.edit_version += 1
    client.save(update_fields=[*names, "wanted", "wanted_by", "edit_version"])


def _is_within(client: Client, name: str, value: Any) -> bool:
    """Say whether a new value gives no more than the one that holds."""
    if name == "networks":
        return all(_lies_in_one(one, client.networks) for one in value)
    if name == "calls_per_minute":
        return bool(value <= client.calls_per_minute)
    return set(value) <= set(client.scopes)


def _lies_in_one(network: str, networks: Sequence[str]) -> bool:
    inner = ipaddress.ip_network(network)
    outer = [ipaddress.ip_network(one) for one in networks]
    return any(inner.version == one.version and inner.subnet_of(one) for one in outer)  # type: ignore[arg-type]
