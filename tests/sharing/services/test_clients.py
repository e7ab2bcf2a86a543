"""Machine clients: who registers, decides, binds, makes secrets and stops, and what must not happen besides."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from oauth2_provider.models import AccessToken

from audit.models import AuditEvent
from core import clock
from core.actors import Actor
from core.exceptions import DomainError, InvalidTransition, NotAllowed, NotVisible, RuleViolation, StaleEdit
from core.testing import clock_at
from sharing import client_transitions
from sharing.client_choices import ClientStatus, Scope
from sharing.models import Client, ClientGrant
from sharing.selectors.client import clients_waiting
from sharing.services import client as services
from sharing.services.client_edit import client_change_approve, client_change_refuse, client_edit
from sharing.services.client_secret import MOST_OVERLAP_HOURS, client_rotate_secret
from tests.catalog.views.reader import client_of, text_of
from tests.factories.accounts import InformationSystemFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make, grant_make, token_make
from tests.unchanged import database_digest
from workflow.models import Notification, Task

GOOD = {"name": "核验服务", "purpose": "核验低保身份", "networks": ["10.20.0.0/16"], "calls_per_minute": 60}


@pytest.fixture
def machine(world: CatalogWorld) -> Client:
    return client_make(world.other)


def register(world: CatalogWorld, actor: Actor | None = None, **values: Any) -> Client:
    system = InformationSystemFactory(department=world.other)
    return services.client_register(actor=actor or world.other_cataloguer, **{"system_id": system.pk, **GOOD, **values})


def refused(act: Callable[[], Any], error: type[DomainError]) -> DomainError:
    """Expect a refusal that changes nothing."""
    before = database_digest()
    with pytest.raises(error) as found:
        act()
    assert database_digest() == before
    return found.value


# --- Registering and deciding ---------------------------------------------------------------------------------------


def seen(client: Client) -> int:
    """Return which edit of a client somebody who looks now decides on."""
    return Client.objects.get(pk=client.pk).edit_version


def test_a_client_is_registered_and_waits_for_the_security_administrator(world: CatalogWorld) -> None:
    client = register(world)
    assert (client.status, client.department, client.networks) == ("awaiting", world.other, ["10.20.0.0/16"])
    task = Task.objects.get(kind=services.TASK_DECIDE, closed_at__isnull=True)
    assert (task.role, task.department_id, task.exclude_user_ids) == ("secadmin", None, [world.other_cataloguer.id])
    assert AuditEvent.objects.filter(action="sharing.client.register", object_pk=str(client.pk)).exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"purpose": ""}, "purpose"),
        ({"networks": []}, "networks"),
        ({"networks": ["10.20.0.1/16"]}, "networks"),
        ({"networks": ["nowhere"]}, "networks"),
        ({"networks": ["0.0.0.0/0"]}, "networks"),
        ({"networks": ["::/0"]}, "networks"),
        ({"networks": ["0.0.0.0/1", "128.0.0.0/1"]}, "networks"),
        ({"networks": ["10.0.0.0/7"]}, "networks"),
        ({"networks": ["2001::/31"]}, "networks"),
        ({"networks": [f"10.0.0.{n}" for n in range(51)]}, "networks"),
        ({"calls_per_minute": 0}, "calls_per_minute"),
        ({"calls_per_minute": 10**6}, "calls_per_minute"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"system_id": None}, "system"),
    ],
)
def test_what_is_missing_or_unusable_is_named(world: CatalogWorld, values: dict[str, Any], field: str) -> None:
    InformationSystemFactory(department=world.other)
    error = refused(lambda: register_with(world, values), RuleViolation)
    assert [one.field for one in error.errors] == [field]  # type: ignore[attr-defined]


def register_with(world: CatalogWorld, values: dict[str, Any]) -> Client:
    system = world.other.systems.first()
    return services.client_register(actor=world.other_cataloguer, **{"system_id": system.pk, **GOOD, **values})


def test_a_system_of_another_department_and_a_name_twice_are_refused(world: CatalogWorld) -> None:
    register(world)
    InformationSystemFactory(department=world.other)
    foreign = InformationSystemFactory(department=world.provider)
    refused(lambda: register_with(world, {"system_id": foreign.pk, "name": "另一个"}), RuleViolation)
    refused(lambda: register_with(world, {}), RuleViolation)
    Client.objects.update(status="revoked")
    register_with(world, {})


@pytest.mark.parametrize("who", ["secadmin", "sysadmin", "auditor", "reviewer"])
def test_who_is_of_no_sharing_office_registers_none(world: CatalogWorld, who: str) -> None:
    system = InformationSystemFactory(department=world.other)
    actor = getattr(world, who)
    refused(lambda: services.client_register(actor=actor, system_id=system.pk, **GOOD), NotAllowed)


def test_the_security_administrator_lets_it_in_and_the_department_hears_of_it(world: CatalogWorld) -> None:
    client = register(world)
    services.client_approve(actor=world.secadmin, client_id=client.pk, edit_version=seen(client))
    client.refresh_from_db()
    assert (client.status, client.decided_by_id) == ("active", world.secadmin.id)
    assert not Task.objects.filter(kind=services.TASK_DECIDE, closed_at__isnull=True).exists()
    told = set(Notification.objects.filter(kind="sharing.client").values_list("user_id", flat=True))
    assert {world.other_cataloguer.id, world.other_head.id} <= told


def test_a_refusal_has_a_reason(world: CatalogWorld) -> None:
    client = register(world)
    refused(
        lambda: services.client_refuse(actor=world.secadmin, client_id=client.pk, edit_version=seen(client), note=" "),
        RuleViolation,
    )
    services.client_refuse(actor=world.secadmin, client_id=client.pk, edit_version=seen(client), note="用途不明")
    client.refresh_from_db()
    assert (client.status, client.note) == ("refused", "用途不明")


def test_a_client_of_a_retired_system_is_neither_let_in_nor_bound(world: CatalogWorld, town: SharingTown) -> None:
    waiting = register(world)
    system = town.system
    active = client_make(world.other, system=system)
    grant = grant_make(town.dataset, world.other)
    grant.systems.add(system)
    type(system).objects.update(retired_on=clock.today())
    refused(
        lambda: services.client_approve(actor=world.secadmin, client_id=waiting.pk, edit_version=seen(waiting)),
        InvalidTransition,
    )
    refused(
        lambda: services.client_bind(actor=world.other_head, client_id=active.pk, grant_id=grant.pk), InvalidTransition
    )
    services.client_refuse(actor=world.secadmin, client_id=waiting.pk, edit_version=seen(waiting), note="系统已停用")


def test_the_widest_networks_are_taken(world: CatalogWorld) -> None:
    assert register(world, networks=["10.0.0.0/8", "2001:db8::/32"]).networks == ["10.0.0.0/8", "2001:db8::/32"]


def test_nobody_decides_on_a_client_that_he_registered(world: CatalogWorld) -> None:
    client = register(world)
    Client.objects.update(registered_by=world.secadmin.id)
    for act in (services.client_approve, lambda **given: services.client_refuse(note="x", **given)):
        refused(lambda act=act: act(actor=world.secadmin, client_id=client.pk, edit_version=seen(client)), NotAllowed)


# --- Who may do what ------------------------------------------------------------------------------------------------

ACTS: dict[str, Callable[[Actor, Client], Any]] = {
    "approve": lambda actor, one: services.client_approve(actor=actor, client_id=one.pk, edit_version=seen(one)),
    "refuse": lambda actor, one: services.client_refuse(
        actor=actor, client_id=one.pk, edit_version=seen(one), note="原因"
    ),
    "bind": lambda actor, one: services.client_bind(actor=actor, client_id=one.pk, grant_id=0),
    "unbind": lambda actor, one: services.client_unbind(actor=actor, client_id=one.pk, grant_id=0),
    "rotate": lambda actor, one: client_rotate_secret(actor=actor, client_id=one.pk),
    "suspend": lambda actor, one: services.client_suspend(actor=actor, client_id=one.pk, note="原因"),
    "resume": lambda actor, one: services.client_resume(actor=actor, client_id=one.pk),
    "revoke": lambda actor, one: services.client_revoke(actor=actor, client_id=one.pk, note="原因"),
}
ALLOWED = {
    "approve": {"secadmin"},
    "refuse": {"secadmin"},
    "bind": {"other_head"},
    "unbind": {"other_head"},
    "rotate": {"other_head"},
    "suspend": {"other_head", "secadmin"},
    "resume": {"other_head", "secadmin"},
    "revoke": {"other_head", "secadmin"},
}
BLIND = {"cataloguer", "head", "reviewer", "sysadmin"}
WATCHING = {"other_cataloguer", "auditor"}


@pytest.mark.parametrize("action", ACTS)
def test_everybody_else_is_refused(world: CatalogWorld, machine: Client, action: str) -> None:
    everybody = BLIND | WATCHING | {"other_head", "secadmin"}
    for who in sorted(everybody - ALLOWED[action]):
        error = NotVisible if who in BLIND else NotAllowed
        refused(lambda who=who: ACTS[action](getattr(world, who), machine), error)


@pytest.mark.parametrize("status", ClientStatus.values)
def test_every_act_fits_its_states(world: CatalogWorld, machine: Client, status: str) -> None:
    Client.objects.update(status=status)
    machine.refresh_from_db()
    for action, act in ACTS.items():
        who = world.secadmin if "secadmin" in ALLOWED[action] else world.other_head
        if not client_transitions.CLIENT.allows(action, status):
            refused(lambda act=act, who=who: act(who, machine), InvalidTransition)


# --- Changing -------------------------------------------------------------------------------------------------------

HELD: dict[str, Any] = {"networks": ["10.20.0.0/16"], "calls_per_minute": 60, "scopes": ["data:read"]}


def edit(actor: Actor, one: Client, **given: Any) -> Client:
    version = Client.objects.get(pk=one.pk).edit_version
    return client_edit(actor=actor, client_id=one.pk, **{"edit_version": version, **HELD, **given})


def values_of(one: Client) -> tuple[Any, ...]:
    one.refresh_from_db()
    return (one.networks, one.calls_per_minute, one.scopes, one.wanted)


def test_a_client_that_waits_changes_freely(world: CatalogWorld) -> None:
    client = register(world)
    edit(world.other_cataloguer, client, networks=["10.0.0.0/8"], calls_per_minute=900, scopes=["catalog:write"])
    assert values_of(client) == (["10.0.0.0/8"], 900, ["catalog:write"], None)


def test_what_is_narrowed_holds_at_once_and_tokens_end(world: CatalogWorld) -> None:
    client = client_make(world.other, **HELD | {"scopes": ["catalog:write", "data:read"]})
    token_make(client)
    edit(world.other_head, client, networks=["10.20.3.7"], calls_per_minute=10)
    assert values_of(client) == (["10.20.3.7/32"], 10, ["data:read"], None)
    assert not AccessToken.objects.exists()
    assert not Task.objects.filter(kind=services.TASK_DECIDE, closed_at__isnull=True).exists()


def test_what_is_widened_waits_for_the_security_administrator(world: CatalogWorld) -> None:
    client = client_make(world.other, **HELD)
    token_make(client)
    edit(world.other_cataloguer, client, networks=["10.0.0.0/8"], calls_per_minute=20)
    assert values_of(client) == (["10.20.0.0/16"], 20, ["data:read"], {"networks": ["10.0.0.0/8"]})
    assert AccessToken.objects.exists()
    task = Task.objects.get(kind=services.TASK_DECIDE, closed_at__isnull=True)
    assert (task.role, task.exclude_user_ids) == ("secadmin", [world.other_cataloguer.id])
    assert [*clients_waiting(world.secadmin)] == [client]
    for who in (world.other_head, world.auditor):
        refused(
            lambda who=who: client_change_approve(actor=who, client_id=client.pk, edit_version=seen(client)), NotAllowed
        )
    refused(
        lambda: client_change_refuse(actor=world.secadmin, client_id=client.pk, edit_version=seen(client), note=" "),
        RuleViolation,
    )
    client_change_approve(actor=world.secadmin, client_id=client.pk, edit_version=seen(client))
    assert values_of(client) == (["10.0.0.0/8"], 20, ["data:read"], None)
    assert not Task.objects.filter(kind=services.TASK_DECIDE, closed_at__isnull=True).exists()
    refused(
        lambda: client_change_approve(actor=world.secadmin, client_id=client.pk, edit_version=seen(client)),
        InvalidTransition,
    )
    edit(world.other_head, client, networks=["10.0.0.0/8"], calls_per_minute=20, scopes=[*Scope.values])
    client_change_refuse(actor=world.secadmin, client_id=client.pk, edit_version=seen(client), note="无需填报")
    assert values_of(client) == (["10.0.0.0/8"], 20, ["data:read"], None)


def test_who_asks_for_more_does_not_decide_on_it(world: CatalogWorld) -> None:
    client = client_make(world.other, **HELD)
    both = replace(world.other_head, roles=frozenset({"head", "secadmin"}))
    edit(both, client, calls_per_minute=61)
    refused(lambda: client_change_approve(actor=both, client_id=client.pk, edit_version=seen(client)), NotAllowed)


def test_a_change_fits_state_values_and_what_was_seen(world: CatalogWorld, machine: Client) -> None:
    refused(lambda: edit(world.secadmin, machine), NotAllowed)
    refused(lambda: edit(world.other_head, machine, edit_version=7), StaleEdit)
    for wrong in ({"networks": []}, {"calls_per_minute": 0}, {"scopes": ["everything"]}):
        refused(lambda wrong=wrong: edit(world.other_head, machine, **wrong), RuleViolation)
    for status in ("refused", "revoked"):
        Client.objects.update(status=status)
        refused(lambda: edit(world.other_head, machine), InvalidTransition)


# --- Secrets --------------------------------------------------------------------------------------------------------


def test_a_secret_is_returned_once_and_kept_as_a_hash(world: CatalogWorld, machine: Client) -> None:
    secret = client_rotate_secret(actor=world.other_head, client_id=machine.pk)
    kept = machine.secrets.get()
    assert len(secret) >= 43
    assert secret not in kept.digest
    assert check_password(secret, kept.digest)
    event = AuditEvent.objects.get(action="sharing.client.rotate")
    assert secret not in str(event.after)


def rotate(world: CatalogWorld, machine: Client, **given: Any) -> str:
    """Make another secret in the knowledge of the newest."""
    newest = machine.secrets.order_by("-pk").values_list("pk", flat=True).first()
    return client_rotate_secret(actor=world.other_head, client_id=machine.pk, newest_id=newest, **given)


def test_pressing_twice_does_not_end_the_secret_in_use(world: CatalogWorld, machine: Client) -> None:
    client_rotate_secret(actor=world.other_head, client_id=machine.pk)
    known = machine.secrets.get()
    given = {"actor": world.other_head, "client_id": machine.pk, "newest_id": known.pk, "overlap_hours": 24}
    client_rotate_secret(**given)
    refused(lambda: client_rotate_secret(**given), InvalidTransition)
    refused(lambda: client_rotate_secret(actor=world.other_head, client_id=machine.pk), InvalidTransition)
    assert machine.secrets.filter(pk=known.pk).exists()


def test_a_leaked_secret_is_replaced_while_the_client_is_suspended_and_its_tokens_end(
    world: CatalogWorld, machine: Client
) -> None:
    rotate(world, machine)
    token_make(machine)
    rotate(world, machine, overlap_hours=24)
    assert AccessToken.objects.exists()
    rotate(world, machine)
    assert not AccessToken.objects.exists()
    services.client_suspend(actor=world.secadmin, client_id=machine.pk, note="泄露")
    before = machine.secrets.get(valid_to__isnull=True).digest
    secret = rotate(world, machine)
    kept = machine.secrets.get(valid_to__isnull=True)
    assert kept.digest != before
    assert check_password(secret, kept.digest)
    machine.refresh_from_db()
    assert machine.status == "suspended"


def test_the_old_secret_overlaps_as_long_as_was_said(world: CatalogWorld, machine: Client) -> None:
    with clock_at("2026-05-01T10:00:00+08:00") as moved:
        client_rotate_secret(actor=world.other_head, client_id=machine.pk)
        rotate(world, machine, overlap_hours=24)
        ends = machine.secrets.get(valid_to__isnull=False).valid_to
        assert ends == clock.now() + timedelta(hours=24)
        moved.advance(hours=1)
        rotate(world, machine, overlap_hours=2)
        assert [one.valid_to for one in machine.secrets.all()] == [None, clock.now() + timedelta(hours=2)]


@pytest.mark.parametrize("hours", [-1, MOST_OVERLAP_HOURS + 1])
def test_an_overlap_is_a_week_at_the_most(world: CatalogWorld, machine: Client, hours: int) -> None:
    refused(
        lambda: client_rotate_secret(actor=world.other_head, client_id=machine.pk, overlap_hours=hours), RuleViolation
    )


# --- Grants ---------------------------------------------------------------------------------------------------------


def test_a_grant_is_bound_once_and_taken_away(town: SharingTown) -> None:
    head, grant = town.world.other_head, grant_make(town.dataset, town.world.other)
    machine = client_make(town.world.other)
    refused(lambda: services.client_bind(actor=head, client_id=machine.pk, grant_id=grant.pk), RuleViolation)
    grant.systems.add(machine.system)
    services.client_bind(actor=head, client_id=machine.pk, grant_id=grant.pk)
    refused(lambda: services.client_bind(actor=head, client_id=machine.pk, grant_id=grant.pk), RuleViolation)
    services.client_unbind(actor=head, client_id=machine.pk, grant_id=grant.pk)
    assert not ClientGrant.objects.exists()
    refused(lambda: services.client_unbind(actor=head, client_id=machine.pk, grant_id=grant.pk), RuleViolation)


def test_only_a_fitting_grant_is_bound(town: SharingTown) -> None:
    other, moment = town.world.other, clock.now()
    machine = client_make(other)
    elsewhere = grant_make(town.dataset, other)
    elsewhere.systems.add(InformationSystemFactory(department=other))
    for grant in (
        grant_make(town.dataset, town.world.provider),
        grant_make(town.dataset, other, methods=["file"]),
        grant_make(town.dataset, other, status="ended", ended_at=moment),
        grant_make(town.dataset, other, valid_from=moment - timedelta(days=2), valid_to=moment),
        elsewhere,
    ):
        refused(
            lambda grant=grant: services.client_bind(
                actor=town.world.other_head, client_id=machine.pk, grant_id=grant.pk
            ),
            RuleViolation,
        )
    named = grant_make(town.dataset, other)
    named.systems.add(machine.system)
    services.client_bind(actor=town.world.other_head, client_id=machine.pk, grant_id=named.pk)


# --- Stopping -------------------------------------------------------------------------------------------------------


def test_a_suspension_ends_tokens_and_is_lifted_by_its_side(world: CatalogWorld, machine: Client) -> None:
    token_make(machine)
    services.client_suspend(actor=world.secadmin, client_id=machine.pk, note="异常调用")
    assert not AccessToken.objects.exists()
    refused(lambda: services.client_resume(actor=world.other_head, client_id=machine.pk), NotAllowed)
    services.client_resume(actor=world.secadmin, client_id=machine.pk)
    services.client_suspend(actor=world.other_head, client_id=machine.pk, note="维护")
    refused(lambda: services.client_resume(actor=world.secadmin, client_id=machine.pk), NotAllowed)
    services.client_resume(actor=world.other_head, client_id=machine.pk)
    machine.refresh_from_db()
    assert machine.status == "active"


@pytest.mark.parametrize("place", [None, "other"])
def test_the_security_administrators_suspension_is_his_wherever_he_sits(
    world: CatalogWorld, machine: Client, place: str | None
) -> None:
    secadmin = replace(world.secadmin, department_id=getattr(world, place).pk if place else None)
    services.client_suspend(actor=secadmin, client_id=machine.pk, note="异常调用")
    refused(lambda: services.client_resume(actor=world.other_head, client_id=machine.pk), NotAllowed)
    refused(
        lambda: services.client_suspend(actor=world.other_head, client_id=machine.pk, note="维护"), InvalidTransition
    )
    services.client_resume(actor=secadmin, client_id=machine.pk)
    machine.refresh_from_db()
    assert machine.status == "active"


def test_the_security_administrator_takes_a_suspension_over(world: CatalogWorld, machine: Client) -> None:
    services.client_suspend(actor=world.other_head, client_id=machine.pk, note="维护")
    refused(
        lambda: services.client_suspend(actor=world.other_head, client_id=machine.pk, note="维护"), InvalidTransition
    )
    services.client_suspend(actor=world.secadmin, client_id=machine.pk, note="异常调用")
    refused(lambda: services.client_suspend(actor=world.secadmin, client_id=machine.pk, note="x"), InvalidTransition)
    refused(lambda: services.client_resume(actor=world.other_head, client_id=machine.pk), NotAllowed)
    machine.refresh_from_db()
    assert (machine.status, machine.note) == ("suspended", "异常调用")


def test_a_suspension_and_an_end_have_reasons(world: CatalogWorld, machine: Client) -> None:
    for act in (services.client_suspend, services.client_revoke):
        refused(lambda act=act: act(actor=world.other_head, client_id=machine.pk, note=""), RuleViolation)


def test_an_ended_client_keeps_nothing(town: SharingTown) -> None:
    grant = grant_make(town.dataset, town.world.other)
    machine = client_make(town.world.other, grants=[grant], secret="s")
    token_make(machine)
    services.client_revoke(actor=town.world.other_head, client_id=machine.pk, note="停用")
    assert not AccessToken.objects.exists()
    assert not machine.secrets.exists()
    assert not machine.bindings.exists()


def test_a_head_of_another_department_does_not_know_of_it(world: CatalogWorld, machine: Client) -> None:
    stranger = actor_of(UserFactory(department=world.provider, roles=["head", "cataloguer"]))
    refused(lambda: services.client_suspend(actor=stranger, client_id=machine.pk, note="x"), NotVisible)


def test_nobody_decides_on_what_he_has_not_seen(world: CatalogWorld) -> None:
    client = register(world)
    looked = seen(client)
    edit(world.other_cataloguer, client, calls_per_minute=60_000)
    for act in (services.client_approve, lambda **given: services.client_refuse(note="x", **given)):
        refused(lambda act=act: act(actor=world.secadmin, client_id=client.pk, edit_version=looked), StaleEdit)
    services.client_approve(actor=world.secadmin, client_id=client.pk, edit_version=seen(client))
    edit(world.other_head, client, networks=["10.1.2.3/32"], calls_per_minute=60_000)
    looked = seen(client)
    edit(world.other_head, client, networks=["10.0.0.0/8"], calls_per_minute=60_000)
    for act in (client_change_approve, lambda **given: client_change_refuse(note="x", **given)):
        refused(lambda act=act: act(actor=world.secadmin, client_id=client.pk, edit_version=looked), StaleEdit)
    page = f"/sharing/clients/{client.pk}/"
    browser = client_of(world.secadmin)
    assert browser.get(page).content.decode().count('name="edit_version"') == 2
    answer = browser.post(f"{page}change/approve/", {"edit_version": looked}, follow=True)
    assert "changed after you opened" in text_of(answer) or "打开此页之后" in text_of(answer)
