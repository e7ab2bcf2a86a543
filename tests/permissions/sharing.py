"""Who may do what with requests and grants: one side asks, the other answers, the authority decides and watches."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from accounts.selectors import actor_for_user
from catalog import services as catalog
from catalog.models import Entry
from collection import services as collecting
from core import clock
from core.actors import Actor
from core.basis import REGULATION_809
from sharing import reference
from sharing.models import ShareRequest
from sharing.selectors.request import systems_for
from sharing.services import answer, dispute, drafting, filing, material, mediation, stopping
from sharing.services.grant import grant_end, grant_suspend
from sharing.services.policy import sharing_policy_set
from sharing.services.terms import terms_accept
from tests.collection.worker import run_of
from tests.factories.accounts import InformationSystemFactory, UserFactory
from tests.factories.catalog import FIELDS
from tests.permissions.table import Route, only
from tests.permissions.world import World

ITEM = {"name": "名称", "field_name": "MC", "type": "C", "length": 50, "is_key": True, "nullable": False}
UNTIL = date(2027, 6, 30)
FREE = {"sharing": "unconditional", "sharing_scope": "", "sharing_purpose": "", "data_level": "general_1"}
POLICY = {"checked": ["withheld"], "supplement_clock": "pause", "longest_days": "365", "usage_record_days": "90"}
WITHHELD = {
    "sharing": "withheld",
    "sharing_reason": "涉及个人隐私",
    "legal_basis": [{"document": REGULATION_809, "article": "第十四条"}],
}


def extend(world: World) -> None:
    """Requests of ``department`` for data of ``other``, each at a step of its way, and grants that came of such."""
    reference.load()
    second = actor_for_user(UserFactory(department=world.other, roles=["head"]))
    InformationSystemFactory(department=world.department)
    world.things["share_entry"] = _entry(world, second, "户籍信息")
    world.things["share_loaded"] = _loaded(world, _entry(world, second, "车辆信息"))
    world.things["share_free"] = _loaded(world, _entry(world, second, "公告信息", **FREE))
    secret = _entry(world, second, "线索信息", **WITHHELD)
    _checking(world, ["conditional"])
    world.things["share_check"] = _agreed(world)
    _checking(world, [])
    world.things["share_draft"] = _draft(world)
    world.things["share_submitted"] = _submitted(world)
    world.things["share_answer"] = _agreed(world)
    world.things["share_withheld"] = _agreed(world, secret)
    provider = world.actor("other_department")
    for name in ("share_material", "share_extension", "share_refused", "share_disputed", "share_mediated",
                 "share_agreed"):  # fmt: skip
        world.things[name] = _agreed(world)
    pk = {name: world.things[name].pk for name in world.things if name.startswith("share_")}
    material.request_ask_material(actor=provider, request_id=pk["share_material"], missing="承诺书")
    answer.request_ask_extension(actor=provider, request_id=pk["share_extension"], days=3, reason="核对")
    for name in ("share_refused", "share_disputed", "share_mediated"):
        answer.request_refuse(actor=provider, request_id=pk[name], opinion="不符")
    for name in ("share_disputed", "share_mediated"):
        dispute.request_dispute(actor=world.actor("head"), request_id=pk[name], reason="不服")
    mediation.request_mediate(
        actor=world.actor("reviewer"),
        request_id=pk["share_mediated"],
        held_on=clock.today(),
        text="已协调",
        is_agreed=True,
    )
    answer.request_approve(actor=provider, request_id=pk["share_agreed"])
    _loaded(world, world.things["share_entry"])
    terms_accept(actor=world.actor("head"), number=1)
    for name in ("grant", "grant_suspended", "grant_stopping", "grant_ended"):
        request = _agreed(world, world.things["share_loaded"].entry)
        answer.request_approve(actor=provider, request_id=request.pk)
        world.things[name], world.things[f"{name}_request"] = request.grants.get(), request
    grant_suspend(actor=provider, grant_id=world.things["grant_suspended"].pk, reason="异常")
    grant_end(actor=world.actor("head"), grant_id=world.things["grant_ended"].pk, reason="purpose_met")
    day = clock.today() + timedelta(days=20)
    announced = world.things["grant_stopping"]
    stopping.stop_announce(actor=provider, grant_id=announced.pk, reason="改造", stops_on=day)


def _entry(world: World, second: Actor, name: str, **fields: Any) -> Entry:
    provider = world.actor("other_department")
    entry = catalog.entry_create(actor=provider, fields=FIELDS | {"name": name} | fields, items=[ITEM])
    catalog.entry_submit(actor=provider, ref=entry.pk)
    catalog.entry_approve(actor=second, ref=entry.pk)
    return catalog.entry_approve(actor=world.actor("reviewer"), ref=entry.pk)


def _loaded(world: World, entry: Entry) -> Any:
    dataset = collecting.dataset_hook(actor=world.actor("other_department"), ref=entry.pk, name="数据")
    run_of(dataset, world.actor("other_department"), "名称\n甲\n")
    dataset.refresh_from_db()
    return dataset


def _checking(world: World, checked: list[str]) -> None:
    sharing_policy_set(
        actor=world.actor("reviewer"),
        region_id=world.region.pk,
        checked=checked,
        supplement_clock="restart",
        longest_days=1095,
    )


def _draft(world: World, entry: Entry | None = None) -> ShareRequest:
    return drafting.request_create(
        actor=world.actor("cataloguer"), entry_ref=(entry or world.things["share_entry"]).pk, fields=_fields(world)
    )


def _fields(world: World) -> dict[str, Any]:
    return {
        "legal_basis": [{"document": REGULATION_809, "article": "第二十条"}],
        "scenario": "核验身份",
        "items": ["MC"],
        "methods": ["api", "file"],
        "frequency": "monthly",
        "valid_until": UNTIL,
        "systems": [one.pk for one in systems_for(world.department.pk)],
        "contact_name": "王立",
        "contact_phone": "0990-1234567",
    }


def _submitted(world: World, entry: Entry | None = None) -> ShareRequest:
    return filing.request_submit(actor=world.actor("cataloguer"), request_id=_draft(world, entry).pk)


def _agreed(world: World, entry: Entry | None = None) -> ShareRequest:
    return filing.request_agree(actor=world.actor("head"), request_id=_submitted(world, entry).pk)


def the(name: str, **others: Any) -> Any:
    return lambda world: {"pk": world.things[name].pk, **others}


SIDES = ("cataloguer", "head", "other_department", "reviewer", "auditor")
"""Whoever sees a request that its own head agreed to."""
WATCHING = (*SIDES, "secadmin")
"""Whoever sees a grant."""
DESKS = ("cataloguer", "head", "other_department", "reviewer", "auditor")


def step(name: str, thing: str, *callers: str, status: int = 302, sees: tuple[str, ...] = SIDES, **given: Any) -> Route:
    """Return the row of an action: some may, the others who see it are refused, to the rest it is not there."""
    allowed = only(403, *sees) | only(status, *callers)
    return Route(f"sharing:{name}", post=allowed, kwargs=the(thing), refused=404, data=lambda world: given)


def grant_step(name: str, thing: str, *callers: str, **given: Any) -> Route:
    status = given.pop("status", 302)
    return step(name, thing, *callers, status=status, sees=WATCHING, **given)


def entry(world: World) -> dict[str, Any]:
    return {"ref": world.things["share_entry"].ref}


def given(world: World) -> dict[str, Any]:
    return {"items": world.things["share_answer"].items, "methods": ["api"], "until": "2027-06-30", "opinion": "同意"}


def said_yes(world: World) -> dict[str, Any]:
    return {"word": "yes", "notice": world.things["grant_stopping"].notices.get(closed_at=None).pk}


def on_notice(name: str, *callers: str, status: int = 302) -> Route:
    allowed = only(403, *WATCHING) | only(status, *callers)
    return Route(f"sharing:{name}", post=allowed, kwargs=the("grant_stopping"), refused=404, data=said_yes)


def answering(name: str, thing: str, *callers: str, held_on: Callable[[], date] | None = None, **more: str) -> Route:
    allowed = only(403, *SIDES) | only(302, *callers)

    def data(world: World) -> dict[str, Any]:
        return given(world) | more | ({"held_on": held_on().isoformat()} if held_on else {})

    return Route(f"sharing:{name}", post=allowed, kwargs=the(thing), refused=404, data=data)


def take(world: World) -> dict[str, Any]:
    systems = [one.pk for one in systems_for(world.department.pk)]
    return {"purpose": "核对", "systems": systems, "methods": ["file"], "until": "2027-06-30"}


ROUTES = [
    Route("sharing:figures", get=only(200, *DESKS, "secadmin")),
    Route("sharing:home", get=only(200, *DESKS, "secadmin")),
    Route("sharing:request_list", get=only(200, *DESKS)),
    Route("sharing:request_pass_many", post=only(302, *DESKS)),
    Route(
        "sharing:basket",
        get=only(200, "cataloguer", "other_department"),
        post=only(422, "cataloguer", "other_department"),
        data=lambda world: {"valid_until": "soon"},
    ),
    Route("sharing:basket_add", post=only(302, "cataloguer"), kwargs=entry),
    Route("sharing:basket_remove", post=only(302, "cataloguer", "other_department"), kwargs=entry),
    Route("sharing:request_create", post=only(302, "cataloguer"), kwargs=entry),
    # A draft is there for the requesting department alone; others see what its head agreed to.
    Route(
        "sharing:request_edit",
        get=only(200, "cataloguer") | only(403, "head"),
        post=only(302, "cataloguer") | only(403, "head"),
        kwargs=the("share_draft"),
        refused=404,
    ),
    step("request_discard", "share_draft", "cataloguer", sees=("head",)),
    step("request_recall", "share_submitted", "cataloguer", sees=("head",)),
    step("request_agree", "share_submitted", "head", sees=("cataloguer",)),
    Route("sharing:request_detail", get=only(200, *SIDES), kwargs=the("share_answer"), refused=404),
    Route("sharing:request_print", get=only(200, *SIDES), kwargs=the("share_answer"), refused=404),
    step("request_count", "share_answer", "cataloguer", "other_department", "reviewer"),
    step("request_pass", "share_check", "reviewer"),
    step("request_return", "share_check", "reviewer", opinion="请补充"),
    answering("request_approve", "share_answer", "other_department"),
    answering("request_refuse", "share_answer", "other_department"),
    step("request_respond", "share_disputed", "other_department", statement="用途不符"),
    answering("request_mediate", "share_disputed", "reviewer", held_on=clock.today, word="yes"),
    step("request_concur", "share_mediated", "head", "other_department", word="yes"),
    answering("request_settle", "share_disputed", "reviewer", without_provider="on"),
    answering("request_uphold", "share_disputed", "reviewer"),
    step("request_ask_material", "share_answer", "other_department", missing="承诺书"),
    step("request_ask_extension", "share_answer", "other_department", days="3", reason="核对"),
    step("request_extend", "share_extension", "reviewer", word="yes", days="2"),
    step("request_advise", "share_withheld", "other_department", opinion="不宜提供"),
    step("request_supplement", "share_material", "cataloguer", text="已补"),
    step("request_withdraw", "share_answer", "cataloguer", "head", reason="不需要"),
    step("request_dispute", "share_refused", "head", reason="不服"),
    Route(
        "sharing:request_deliver",
        post=only(403, *SIDES) | only(302, "other_department"),
        kwargs=the("share_agreed"),
        refused=404,
        data=lambda world: {"dataset": world.things["share_entry"].datasets.get().pk},
    ),
    step("request_confirm", "grant_request", "cataloguer", "head"),
    Route("sharing:service", get=only(200, "other_department"), kwargs=the("share_loaded")),
    Route(
        "sharing:service_limits",
        post=only(302, "other_department"),
        kwargs=the("share_free"),
        data=lambda world: {"rows_per_day": "100"},
    ),
    Route(
        "sharing:service_stop",
        post=only(302, "other_department"),
        kwargs=the("share_loaded"),
        data=lambda world: {"reason": "系统下线", "stops_on": (clock.today() + timedelta(days=20)).isoformat()},
    ),
    Route(
        "sharing:service_stop_carry_out",
        post=only(409, "other_department"),
        kwargs=the("share_loaded"),
        data=lambda world: {"stops_on": clock.today().isoformat()},
    ),
    Route(
        "sharing:grant_take",
        get=only(200, "cataloguer", "head"),
        post=only(302, "cataloguer", "head"),
        kwargs=the("share_free"),
        data=take,
    ),
    Route(
        "sharing:terms",
        get=only(200, *DESKS, "secadmin", "sysadmin", "no_role"),
        post=only(302, "reviewer"),
        data=lambda world: {"text": "新条款"},
    ),
    Route("sharing:terms_accept", post=only(302, "head", "other_department"), data=lambda world: {"number": "1"}),
    Route("sharing:grant_list", get=only(200, *DESKS, "secadmin")),
    Route("sharing:grant_detail", get=only(200, *WATCHING), kwargs=the("grant"), refused=404),
    Route(
        "sharing:grant_data",
        get=only(403, *WATCHING) | only(200, "cataloguer", "head"),
        kwargs=the("grant"),
        refused=404,
        get_writes=True,
    ),
    Route(
        "sharing:request_follow",
        post=only(403, *WATCHING) | only(302, "cataloguer"),
        kwargs=the("grant", kind="renewal"),
        refused=404,
    ),
    grant_step("grant_suspend", "grant", "other_department", "reviewer", "secadmin", reason="异常"),
    Route(
        "sharing:grant_resume",
        post=only(403, *WATCHING) | only(302, "other_department", "reviewer"),
        kwargs=the("grant_suspended"),
        refused=404,
        data=lambda world: {"suspension": world.things["grant_suspended"].suspensions.get().pk, "note": "已整改"},
    ),
    Route(
        "sharing:grant_narrow",
        post=only(403, *WATCHING) | only(302, "other_department"),
        kwargs=the("grant"),
        refused=404,
        data=lambda world: {
            "rows_per_day": "10",
            "reason": "最小必要",
            "stops_on": (clock.today() + timedelta(days=20)).isoformat(),
        },
    ),
    Route(
        "sharing:grant_loosen",
        post=only(403, *WATCHING) | only(422, "other_department"),
        kwargs=the("grant"),
        refused=404,
        data=lambda world: {"rows_per_day": "10"},
    ),
    Route(
        "sharing:disposal_demand",
        post=only(403, *WATCHING, "cataloguer", "head") | only(302, "other_department"),
        kwargs=the("grant"),
        refused=404,
        data=lambda world: {"demand": "删除全部数据"},
    ),
    grant_step("grant_dispose", "grant_ended", "cataloguer", "head", note="已删除"),
    Route(
        "sharing:grant_end",
        post=only(403, *WATCHING) | only(302, "head") | only(422, "other_department", "reviewer", "secadmin"),
        kwargs=the("grant"),
        refused=404,
        data=lambda world: {"reason": "purpose_met"},
    ),
    Route(
        "sharing:stop_announce",
        post=only(403, *WATCHING) | only(302, "other_department"),
        kwargs=the("grant"),
        refused=404,
        data=lambda world: {"reason": "改造", "stops_on": (clock.today() + timedelta(days=20)).isoformat()},
    ),
    on_notice("stop_answer", "head"),
    on_notice("stop_file", "reviewer"),
    on_notice("stop_carry_out", "other_department", status=409),
    on_notice("stop_take_back", "other_department"),
    Route("sharing:rights", get=only(200, "secadmin"), post=only(302, "secadmin")),
    Route("sharing:policy_list", get=only(200, "reviewer")),
    Route(
        "sharing:policy_edit",
        get=only(200, "reviewer"),
        post=only(302, "reviewer"),
        kwargs=lambda world: {"code": world.region.code},
        data=lambda world: POLICY,
    ),
]
