"""Who may do what with drafts, grants, terms and records of use through the API: as on the pages (``sharing.py``)."""

from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile

from core import clock
from sharing.selectors.request import systems_for
from sharing.services import attaching
from tests.permissions.sharing import SIDES, UNTIL, WATCHING, the
from tests.permissions.sharing_clients import SEEING
from tests.permissions.table import Route, only, people
from tests.permissions.world import World


def extend(world: World) -> None:
    """A file that goes with a draft."""
    file = ContentFile("职责依据".encode(), name="依据.txt")
    draft = world.things["share_draft"]
    world.things["share_file"] = attaching.request_attach(
        actor=world.actor("cataloguer"), request_id=draft.pk, file=file
    )


def step(name: str, thing: str, *callers: str, status: int = 200, **given: Any) -> Route:
    """Return the row of a step: some may take it, the others who see the grant are refused, to the rest it is not
    there."""
    return Route(
        f"sharing_api:{name}",
        post=only(403, *WATCHING) | only(status, *callers),
        kwargs=the(thing),
        data=lambda world: given,
        as_json=True,
        refused=404,
    )


def on_notice(name: str, *callers: str, status: int = 200, **given: Any) -> Route:
    """Return the row of a step that names the announcement it is about."""
    return Route(
        f"sharing_api:{name}",
        post=only(403, *WATCHING) | only(status, *callers),
        kwargs=the("grant_stopping"),
        data=lambda world: {**given, "notice": world.things["grant_stopping"].notices.get(closed_at=None).pk},
        as_json=True,
        refused=404,
    )


def _draft_file(world: World) -> dict[str, Any]:
    return {"pk": world.things["share_draft"].pk, "attachment": world.things["share_file"].pk}


def _inspection(world: World) -> dict[str, Any]:
    return {"pk": world.things["machine_grant"].pk, "inspection": world.things["inspection"].pk}


def _use(world: World) -> dict[str, str]:
    today = clock.today().isoformat()
    return {
        "first_day": today,
        "last_day": today,
        **dict.fromkeys(("scenario", "process", "effect", "storage"), "核验"),
    }


def _take(world: World) -> dict[str, Any]:
    systems = [one.pk for one in systems_for(world.department.pk)]
    return {"purpose": "核对", "systems": systems, "until": UNTIL.isoformat()}


def _file(world: World) -> dict[str, Any]:
    return {"file": ContentFile("附件".encode(), name="附件.txt")}


ASKS = only(200, "cataloguer", "other_department")
SOON = (clock.today() + timedelta(days=20)).isoformat()

ROUTES = [
    Route(
        "sharing_api:request_count",
        post=only(403, *SIDES) | only(200, "cataloguer", "other_department", "reviewer"),
        kwargs=the("grant_request"),
        as_json=True,
        refused=404,
    ),
    Route(
        "sharing_api:attachment_list",
        get=only(200, "cataloguer", "head"),
        post=only(403, "head") | only(201, "cataloguer"),
        kwargs=the("share_draft"),
        data=_file,
        refused=404,
    ),
    Route(
        "sharing_api:attachment_detail",
        get=only(200, "cataloguer", "head"),
        delete=only(403, "head") | only(204, "cataloguer"),
        kwargs=_draft_file,
        refused=404,
    ),
    Route("sharing_api:grant_detail", get=only(200, *WATCHING), kwargs=the("grant"), refused=404),
    step("grant_request", "grant", "cataloguer", status=201, kind="renewal"),
    step("grant_suspend", "grant", "other_department", "reviewer", "secadmin", reason="异常"),
    Route(
        "sharing_api:grant_resume",
        post=only(403, *WATCHING) | only(200, "other_department", "reviewer"),
        kwargs=the("grant_suspended"),
        data=lambda world: {"suspension": world.things["grant_suspended"].suspensions.get().pk, "note": "已整改"},
        as_json=True,
        refused=404,
    ),
    step("grant_narrow", "grant", "other_department", rows_per_day=10, reason="最小必要", stops_on=SOON),
    step("grant_loosen", "grant", "other_department", status=422, rows_per_day=10),
    step("grant_end", "grant", "head", reason="purpose_met"),
    step("disposal_demand", "grant", "other_department", demand="删除全部数据"),
    step("grant_dispose", "grant_ended", "cataloguer", "head", note="已删除"),
    step("stop_announce", "grant", "other_department", reason="改造", stops_on=SOON),
    on_notice("stop_answer", "head", agreed=True),
    on_notice("stop_file", "reviewer", accepted=True),
    on_notice("stop_carry_out", "other_department", status=409),
    on_notice("stop_take_back", "other_department"),
    Route(
        "sharing_api:usage_list",
        get=only(200, *WATCHING),
        post=only(403, *WATCHING) | only(201, "cataloguer", "head"),
        kwargs=the("machine_grant"),
        data=_use,
        as_json=True,
        refused=404,
    ),
    Route(
        "sharing_api:inspection_list",
        get=only(200, *WATCHING),
        post=only(403, *WATCHING) | only(201, "other_department", "reviewer"),
        kwargs=the("machine_grant"),
        data=lambda world: {"result": "in_order", "finding": "记录完整"},
        as_json=True,
        refused=404,
    ),
    Route(
        "sharing_api:inspection_rectify",
        post=only(403, *WATCHING) | only(201, "head"),
        kwargs=_inspection,
        data=lambda world: {"report": "台账已补齐"},
        as_json=True,
        refused=404,
    ),
    Route("sharing_api:basket", get=ASKS, delete=only(204, "cataloguer", "other_department")),
    Route(
        "sharing_api:basket_item",
        put=only(200, "cataloguer"),
        delete=only(204, "cataloguer", "other_department"),
        kwargs=lambda world: {"ref": world.things["share_entry"].ref},
        as_json=True,
    ),
    Route(
        "sharing_api:basket_requests",
        post=only(422, "cataloguer", "other_department"),
        data=lambda world: {"scenario": "核验"},
        as_json=True,
    ),
    Route(
        "sharing_api:request_pass_many",
        post=only(200, *SIDES),
        data=lambda world: {"requests": [{"id": world.things["share_submitted"].pk, "edit_version": 0}]},
        as_json=True,
    ),
    Route("sharing_api:in_time_figures", get=only(200, "cataloguer", "head", "other_department", "reviewer")),
    Route("sharing_api:use_figures", get=only(200, *WATCHING)),
    Route("sharing_api:grant_figures", get=only(200, *WATCHING), kwargs=the("grant"), refused=404),
    Route(
        "sharing_api:client_figures",
        get=only(200, *SEEING),
        kwargs=the("machine"),
        refused=404,
    ),
    Route("sharing_api:terms", get=people(200)),
    Route(
        "sharing_api:terms_accept",
        post=only(200, "head", "other_department"),
        data=lambda world: {"number": 1},
        as_json=True,
    ),
    Route(
        "sharing_api:service_limits",
        get=only(200, *WATCHING),
        put=only(200, "other_department"),
        kwargs=the("share_free"),
        data=lambda world: {"rows_per_day": 100, "calls_per_minute": None},
        as_json=True,
    ),
    Route(
        "sharing_api:service_stop",
        post=only(200, "other_department"),
        kwargs=the("share_loaded"),
        data=lambda world: {"reason": "系统下线", "stops_on": SOON},
        as_json=True,
    ),
    Route(
        "sharing_api:service_stop_carry_out",
        post=only(409, "other_department"),
        kwargs=the("share_loaded"),
        data=lambda world: {"stops_on": clock.today().isoformat()},
        as_json=True,
    ),
    Route(
        "sharing_api:dataset_take",
        post=only(201, "cataloguer", "head"),
        kwargs=the("share_free"),
        data=_take,
        as_json=True,
    ),
]
