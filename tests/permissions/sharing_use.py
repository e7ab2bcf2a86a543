"""Who may raise and answer correction requests, record use, keep addresses, and file requests through the API."""

from datetime import timedelta
from typing import Any

from core import clock
from core.basis import REGULATION_809
from sharing.models import WebhookMessage
from sharing.services import drafting, objection, usage, webhook
from tests.factories.accounts import InformationSystemFactory
from tests.permissions.table import Route, only, people
from tests.permissions.world import World
from tests.sharing.factories import listed

WATCHING = ("cataloguer", "head", "other_department", "reviewer", "secadmin", "auditor")
PARTIES = ("cataloguer", "head", "other_department", "reviewer", "auditor")


def extend(world: World) -> None:
    """Correction requests about the other department's data, an address with a message, a complete draft."""
    cataloguer, other = world.actor("cataloguer"), world.actor("other_department")
    dataset = world.things["pulled"]
    for name in ("objection", "objection_confirmed"):
        world.things[name] = objection.objection_raise(
            actor=cataloguer, entry_ref=dataset.entry_id, description="金额不符"
        )
    confirmed = world.things["objection_confirmed"]
    objection.objection_answer(actor=other, objection_id=confirmed.pk, is_confirmed=True, answer="属实")
    listed("https://machine.example/")
    endpoint, _secret = webhook.webhook_add(actor=cataloguer, url="https://machine.example/hooks")
    world.things["endpoint"] = endpoint
    world.things["message"] = WebhookMessage.objects.create(
        endpoint=endpoint, grant=world.things["machine_grant"], version=1, occurred_at=clock.now()
    )
    world.things["inspection"] = usage.inspection_record(
        actor=other,
        grant_id=world.things["machine_grant"].pk,
        result="to_rectify",
        finding="台账不全",
        rectify_by=clock.today() + timedelta(days=10),
    )
    world.things["draft_request"] = drafting.request_create(
        actor=cataloguer,
        entry_ref=dataset.entry_id,
        fields={
            "legal_basis": [{"document": REGULATION_809, "article": "第二十条"}],
            "scenario": "核验",
            "items": ["DXBH"],
            "methods": ["api"],
            "frequency": "monthly",
            "valid_until": (clock.today() + timedelta(days=90)).isoformat(),
            "systems": [InformationSystemFactory(department=world.department).pk],
            "contact_name": "王立",
            "contact_phone": "0990-1234567",
        },
    )


def _thing(name: str, **more: Any) -> Any:
    return lambda world: {"pk": world.things[name].pk, **more}


def _entry(world: World) -> dict[str, Any]:
    return {"ref": world.things["pulled"].entry.ref}


def _sees(*callers: str) -> dict[str, int]:
    """Those who see the thing and are refused."""
    return dict.fromkeys(callers, 403)


def _use(world: World) -> dict[str, str]:
    today = clock.today().isoformat()
    texts = dict.fromkeys(("scenario", "process", "effect", "storage"), "每月核验")
    return {"first_day": today, "last_day": today, **texts}


ROUTES = [
    Route("sharing:objection_list", get=only(200, *WATCHING)),
    Route(
        "sharing:objection_new",
        get=only(200, "cataloguer", "head"),
        post=only(302, "cataloguer", "head"),
        kwargs=_entry,
        data=lambda world: {"description": "姓名有误"},
    ),
    Route("sharing:objection_detail", get=only(200, *PARTIES), kwargs=_thing("objection"), refused=404),
    Route(
        "sharing:objection_answer",
        post=_sees("cataloguer", "head", "reviewer", "auditor") | only(302, "other_department"),
        kwargs=_thing("objection"),
        data=lambda world: {"answer": "属实", "word": "yes"},
        refused=404,
    ),
    Route(
        "sharing:objection_correct",
        post=_sees("cataloguer", "head", "reviewer", "auditor") | only(302, "other_department"),
        kwargs=_thing("objection_confirmed"),
        refused=404,
    ),
    Route(
        "sharing:objection_withdraw",
        post=_sees("other_department", "reviewer", "auditor") | only(302, "cataloguer", "head"),
        kwargs=_thing("objection"),
        refused=404,
    ),
    Route("sharing:grant_use", get=only(200, *WATCHING), kwargs=_thing("machine_grant"), refused=404),
    Route(
        "sharing:usage_add",
        post=_sees("other_department", "reviewer", "secadmin", "auditor") | only(302, "cataloguer", "head"),
        kwargs=_thing("machine_grant"),
        data=_use,
        refused=404,
    ),
    Route(
        "sharing:inspection_add",
        post=_sees("cataloguer", "head", "secadmin", "auditor") | only(302, "other_department", "reviewer"),
        kwargs=_thing("machine_grant"),
        data=lambda world: {"result": "in_order", "finding": "记录完整"},
        refused=404,
    ),
    Route(
        "sharing:inspection_rectify",
        post=_sees("cataloguer", "other_department", "reviewer", "secadmin", "auditor") | only(302, "head"),
        kwargs=lambda world: {"pk": world.things["machine_grant"].pk, "inspection": world.things["inspection"].pk},
        data=lambda world: {"report": "台账已补齐"},
        refused=404,
    ),
    Route(
        "sharing:webhooks",
        get=only(200, "cataloguer", "head", "other_department"),
        post=only(200, "cataloguer", "head", "other_department"),
        data=lambda world: {"url": "https://machine.example/more"},
    ),
    Route(
        "sharing:webhook_remove",
        post=_sees("no_role") | only(302, "cataloguer", "head"),
        kwargs=_thing("endpoint"),
        refused=404,
    ),
    Route(
        "sharing:webhook_replay",
        post=_sees("no_role") | only(302, "cataloguer", "head"),
        kwargs=_thing("message"),
        refused=404,
    ),
    Route(
        "sharing_api:request_list",
        get=people(200),
        post=only(201, "cataloguer"),
        data=lambda world: {"entry": world.things["pulled"].entry.ref, "draft": True},
        as_json=True,
    ),
    Route(
        "sharing_api:request_detail",
        get=only(200, "cataloguer", "head"),
        patch=_sees("head") | only(200, "cataloguer"),
        delete=_sees("head") | only(204, "cataloguer"),
        kwargs=_thing("draft_request"),
        data=lambda world: {"scenario": "核验身份"},
        as_json=True,
        refused=404,
    ),
    Route(
        "sharing_api:correction_list",
        get=people(200),
        post=only(201, "cataloguer", "head"),
        data=lambda world: {"entry": world.things["pulled"].entry.ref, "description": "姓名有误"},
        as_json=True,
    ),
    Route("sharing_api:correction_detail", get=only(200, *PARTIES), kwargs=_thing("objection"), refused=404),
    Route(
        "sharing_api:correction_answer",
        post=_sees("cataloguer", "head", "reviewer", "auditor") | only(200, "other_department"),
        kwargs=_thing("objection"),
        data=lambda world: {"confirmed": True, "answer": "属实"},
        as_json=True,
        refused=404,
    ),
    Route(
        "sharing_api:correction_correct",
        post=_sees("cataloguer", "head", "reviewer", "auditor") | only(200, "other_department"),
        kwargs=_thing("objection_confirmed"),
        as_json=True,
        refused=404,
    ),
    Route(
        "sharing_api:correction_withdraw",
        post=_sees("other_department", "reviewer", "auditor") | only(200, "cataloguer", "head"),
        kwargs=_thing("objection"),
        as_json=True,
        refused=404,
    ),
    Route(
        "sharing_api:request_step",
        post=_sees("head") | only(200, "cataloguer"),
        kwargs=_thing("draft_request", action="submit"),
        data=lambda world: {},
        as_json=True,
        refused=404,
    ),
]
