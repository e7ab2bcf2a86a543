"""Who may see and keep machine clients, and what tokens, data and their addresses answer to whom."""

from datetime import timedelta
from typing import Any

from accounts.models import InformationSystem
from catalog import services as catalog
from collection import services as collecting
from core import clock
from sharing.models import Client
from tests.collection.worker import run_of
from tests.factories.accounts import InformationSystemFactory
from tests.factories.catalog import FIELDS, ITEMS
from tests.permissions.table import Route, everyone, only, people
from tests.permissions.world import World
from tests.sharing.factories import client_make, grant_make

_ROWS = "对象编号,姓名,身份证号,月保障金额,纳入日期\n0001,王小明,990102199001011234,850.50,2026-01-05\n"
_BLIND = dict.fromkeys(("other_department", "no_role", "reviewer", "sysadmin"), 404)
SEEING = ("cataloguer", "head", "secadmin", "auditor")


def extend(world: World) -> None:
    """Data of the other department that this one reads, by a client; another client waits, a third is suspended."""
    other = world.actor("other_department")
    head, reviewer = world.actor("head"), world.actor("reviewer")
    entry = catalog.entry_create(actor=other, fields=FIELDS | {"name": "供机器读取"}, items=ITEMS)
    catalog.entry_submit(actor=other, ref=entry.pk)
    signer = _signer(world)
    catalog.entry_approve(actor=signer, ref=entry.pk)
    catalog.entry_approve(actor=reviewer, ref=entry.pk)
    dataset = collecting.dataset_hook(actor=other, ref=entry.pk, name="机器数据")
    run_of(dataset, other, _ROWS)
    dataset.refresh_from_db()
    grant = grant_make(dataset, world.department, first_pulled_at=clock.now() - timedelta(days=1))
    world.things["pulled"] = dataset
    world.things["machine_grant"] = grant
    world.things["machine"] = client_make(world.department, grants=[grant])
    world.things["machine_unbound"] = client_make(world.department)
    world.things["machine_waiting"] = client_make(world.department, status="awaiting")
    world.things["machine_wanting"] = client_make(world.department, wanted={"calls_per_minute": 1000})
    world.things["machine_suspended"] = client_make(world.department, status="suspended")
    assert head.department_id == world.department.pk


def _signer(world: World) -> Any:
    from tests.factories.accounts import actor

    return actor("head", department=world.other)


def _client(name: str = "machine") -> Any:
    return lambda world: {"pk": world.things[name].pk}


def _grant(world: World) -> dict[str, Any]:
    return {"grant": world.things["machine_grant"].pk}


def _system(world: World) -> InformationSystem:
    found = InformationSystem.objects.filter(department=world.department).order_by("pk").first()
    return found or InformationSystemFactory(department=world.department)


def _new(world: World) -> dict[str, Any]:
    return {
        "name": "新客户端",
        "system": _system(world).pk,
        "purpose": "核验",
        "networks": "10.1.2.3",
        "calls_per_minute": "10",
        "scopes": "data:read",
    }


def _note(world: World) -> dict[str, str]:
    return {"note": "原因"}


def _data(**more: Any) -> Any:
    return lambda world: {"pk": world.things["pulled"].pk, **more}


def _seen(thing: str) -> Any:
    """Return a decision on a client as it is, with a reason."""
    return lambda world: {"note": "原因", "edit_version": Client.objects.get(pk=world.things[thing].pk).edit_version}


def _act(name: str, *callers: str, thing: str = "machine", data: Any = None, refused: int = 403) -> Route:
    """A button: whoever does not see the client hears that there is none."""
    rest = dict.fromkeys(SEEING, 403)
    return Route(
        f"sharing_clients:{name}",
        post=_BLIND | rest | only(302, *callers),
        kwargs=_client(thing),
        data=data or (lambda world: {}),
    )


_READS = only(200, "cataloguer", "head")

ROUTES = [
    Route("sharing_clients:client_list", get=only(200, *SEEING, "other_department")),
    Route(
        "sharing_clients:client_create",
        get=only(200, "cataloguer", "head", "other_department"),
        post=only(302, "cataloguer", "head") | {"other_department": 422},
        data=_new,
    ),
    Route(
        "sharing_clients:client_detail",
        get=only(200, *SEEING),
        kwargs=_client(),
        refused=404,
    ),
    Route(
        "sharing_clients:client_edit",
        get=_BLIND | only(403, "secadmin", "auditor") | only(200, "cataloguer", "head"),
        post=_BLIND | only(403, "secadmin", "auditor") | only(302, "cataloguer", "head"),
        kwargs=_client(),
        data=lambda world: {
            "networks": "127.0.0.1",
            "calls_per_minute": "10",
            "scopes": "data:read",
            "edit_version": world.things["machine"].edit_version,
        },
    ),
    _act("client_change_approve", "secadmin", thing="machine_wanting", data=_seen("machine_wanting")),
    _act("client_change_refuse", "secadmin", thing="machine_wanting", data=_seen("machine_wanting")),
    _act("client_approve", "secadmin", thing="machine_waiting", data=_seen("machine_waiting")),
    _act("client_refuse", "secadmin", thing="machine_waiting", data=_seen("machine_waiting")),
    _act("client_bind", "head", thing="machine_unbound", data=_grant),
    _act("client_unbind", "head", data=_grant),
    _act("client_suspend", "head", "secadmin", data=_note),
    _act("client_resume", "head", thing="machine_suspended"),
    _act("client_revoke", "head", "secadmin", data=_note),
    Route(
        "sharing_clients:client_rotate",
        post={
            "other_department": 404,
            "no_role": 404,
            "reviewer": 404,
            "sysadmin": 404,
            "cataloguer": 403,
            "secadmin": 403,
            "auditor": 403,
            "head": 200,
        },
        kwargs=_client(),
        data=lambda world: {"overlap_hours": "0"},
    ),
    # The data API: people of the department that holds the grant; machines are tried in tests/sharing/api.
    Route("sharing_api:dataset_detail", get=_READS, kwargs=_data()),
    Route("sharing_api:dataset_rows", get=_READS, kwargs=_data(), get_writes=True),
    Route(
        "sharing_api:dataset_changes", get=_READS, kwargs=_data(), query=lambda world: {"since": "0"}, get_writes=True
    ),
    Route("sharing_api:dataset_export", get=_READS, kwargs=_data(), get_writes=True),
    Route("sharing_api:file_list", get=dict.fromkeys(("cataloguer", "head"), 404), kwargs=_data()),
    Route(
        "sharing_api:file_detail",
        get=dict.fromkeys(("cataloguer", "head"), 404),
        kwargs=_data(file="7d0c0c9c-0000-4000-8000-000000000000"),
    ),
    Route("sharing_api:grant_list", get=people(200)),
    Route("oauth:token", post=everyone(400)),
    Route("oauth:revoke", post=everyone(400)),
    Route("oauth:introspect", post=everyone(400)),
    Route("oauth:metadata", get=everyone(200)),
]

__all__ = ["ROUTES", "Client", "extend"]
