"""Requests of the demo's departments, one and more in each state, and the grants that came of them.

Told through the same services as the pages, on the days on which they are said to have happened.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password

from accounts.models import Region, User
from accounts.selectors import actor_for_user
from catalog.models import Entry
from catalog.selectors import items_of
from collection.models import Dataset
from config.demo import people
from config.demo.pulls import CLIENT_ID, PULLED_FROM, demo_pulls_load
from core import clock
from core.actors import Actor, system_actor
from core.basis import REGULATION_809
from core.testing import MovableClock, clock_at
from sharing.client_choices import Scope
from sharing.models import Client, ClientSecret, Grant, ShareRequest
from sharing.policies import DEMO_JOB
from sharing.selectors.request import systems_for
from sharing.services import answer, delivery, dispute, drafting, filing, material, mediation, objection, terms
from sharing.services import client as clients
from sharing.services.policy import sharing_policy_set
from workflow.choices import ClockKey
from workflow.models import ClockPolicy
from workflow.selectors.calendar import calendar
from workflow.services import clock_policy_add_version

DEMO = system_actor(DEMO_JOB)
CITY = "990100"
CLIENT_SECRET = "demo-secret"  # noqa: S105  everybody knows it
CLIENT_NETWORKS = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """One request.

    Attributes:
        state: how far it has come; ``part``, ``extended``, ``settled`` and ``mediated`` are agreed or waiting ones with
            a story.
        ago: working days since it was drafted.
        items: field names; all where left out.
        rows: conditions as (field name, comparison, value).
        answered_after: working days that the provider took for the answer; 0 where it answered at once.
    """

    department: str
    entry: str
    scenario: str
    state: str
    ago: int
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()
    methods: tuple[str, ...] = ("api", "file")
    frequency: str = "monthly"
    months: int = 12
    article: str = "第二十条"
    given: dict[str, Any] = field(default_factory=dict)
    answered_after: int = 0


REQUESTS: tuple[DemoRequest, ...] = (
    DemoRequest(
        "rsj", PULLED_FROM, "核验城乡居民养老保险代缴对象的低保身份，按月比对后由财政代缴最低档次养老保险费。", "delivered", 38,
        items=("DXBH", "XM", "SFZH", "XB", "CSRQ", "XZQHDM", "JZLB", "BZLX", "YBZJE", "NRRQ"),
        rows=(("NRRQ", "gte", "2020-06-01"),), methods=("api", "exchange", "file"), months=24,
    ),
    DemoRequest(
        "rsj", "婚姻登记信息", "办理供养亲属抚恤金时核验配偶关系。", "part", 30, frequency="daily", answered_after=13,
        given={"items": ["DJBH", "DJLX", "NFXM", "NFSFZH", "DJRQ"], "methods": ["api"], "opinion": "只提供核验所需的数据项。"},
    ),
    DemoRequest(
        "rsj", "火化信息", "比对养老保险待遇领取人，防止死亡后继续发放。", "extended", 7, frequency="monthly",
    ),
    DemoRequest("rsj", "低保边缘家庭信息", "核验就业援助对象的家庭困难类型。", "awaiting_check", 1),
    DemoRequest("rsj", "特困人员救助供养信息", "落实特困人员养老保险代缴。", "awaiting_head", 1, frequency="quarterly"),
    DemoRequest("rsj", "户籍人口基本信息", "社会保险参保登记时核验身份和户籍。", "awaiting_material", 12, frequency="realtime"),
    DemoRequest(
        "rsj", "收养登记信息", "办理工伤职工供养亲属待遇时核验收养关系。", "awaiting_authority", 4, frequency="irregular",
    ),
    DemoRequest("rsj", "机动车登记信息", "核查失业保险金领取人财产状况。", "refused", 22, frequency="quarterly"),
    DemoRequest("rsj", "不动产登记信息", "核查失业保险金领取人财产状况。", "disputed", 20, frequency="quarterly"),
    DemoRequest("rsj", "居住证信息", "统计流动人口就业情况。", "returned", 6),
    DemoRequest("rsj", "养老机构基本信息", "核对养老护理员培训的定点机构。", "withdrawn", 15),
    DemoRequest("rsj", "社会组织登记信息", "核对民办职业培训机构的登记状态。", "draft", 0),
    DemoRequest(
        "gaj", PULLED_FROM, "办理户籍业务时核对救助家庭的人员变动。", "awaiting_provider", 3,
        items=("DXBH", "XM", "SFZH", "XZQHDM"), frequency="weekly",
    ),
    DemoRequest("scjgj", "失业登记信息", "开展个体工商户创业扶持时核验失业登记。", "agreed", 11, months=6),
    DemoRequest("zrzyj", "婚姻登记信息", "办理不动产登记时核验夫妻关系。", "settled", 45, frequency="daily"),
    DemoRequest("gaj", "城乡居民养老保险参保信息", "核查注销户口人员的参保状态。", "awaiting_provider", 9),
    DemoRequest(
        "rsj", "特困人员救助供养信息", "认定就业困难人员时核验本人是否由政府供养。", "mediated", 9, frequency="monthly",
        given={
            "items": ["GYBH", "XM", "SFZH", "GYFS", "NRRQ"], "masks": {"XM": "name", "SFZH": "id_number"},
            "row_filter": [{"item": "NRRQ", "operator": "gte", "values": ["2020-01-01"]}],
            "methods": ["api"], "limits": {"rows_per_day": 5000, "calls_per_minute": 60},
        },
    ),
)  # fmt: skip
FREE: tuple[tuple[str, str, str], ...] = (
    ("rsj", "企业登记基本信息", "核对用人单位的登记状态，维护社会保险参保单位名录。"),
    ("rsj", "低保金发放汇总信息", "测算养老保险代缴资金。"),
    ("gaj", "社会组织登记信息", "核对印章备案单位。"),
)
"""Grants taken on the spot: department, entry, purpose."""


@dataclass(slots=True)
class _Story:
    """Tells how each request came to where it is."""

    actors: dict[str, Actor]
    staff: dict[str, people.DemoDepartment]
    entries: dict[str, Entry]

    def cataloguer(self, code: str) -> Actor:
        return self.actors[self.staff[code].cataloguer[0]]

    def head(self, code: str) -> Actor:
        return self.actors[self.staff[code].head[0]]

    def file(self, one: DemoRequest, at: int) -> ShareRequest:
        """Draft one request and take it to its state."""
        asker = self.cataloguer(one.department)
        entry = self.entries[one.entry]
        answered_at = _moment(one.ago - one.answered_after, 30) if one.answered_after else None
        with clock_at(_moment(one.ago, at)) as moved:
            request = drafting.request_create(actor=asker, entry_ref=entry.pk, fields=self._fields(one, entry, asker))
            if one.state == "draft":
                return request
            moved.advance(minutes=40)
            filing.request_submit(actor=asker, request_id=request.pk)
            if one.state == "awaiting_head":
                return request
            moved.advance(hours=1)
            if one.state == "withdrawn":
                filing.request_withdraw(actor=asker, request_id=request.pk, reason="改用已公开的养老机构名录。")
                return request
            filing.request_agree(
                actor=self.head(one.department), request_id=request.pk, opinion="属职责所需，同意申请。"
            )
            moved.advance(hours=2)
            if one.state == "returned":
                comments = [{"field": "scenario", "text": "请写明具体业务事项和使用数据的环节。"}]
                filing.request_return(
                    actor=self.actors["reviewer"], request_id=request.pk, opinion="使用场景不明确。", comments=comments
                )
            elif one.state != "awaiting_check":
                self._answered(one, request, moved, answered_at)
        return request

    def _answered(
        self, one: DemoRequest, request: ShareRequest, moved: MovableClock, answered_at: datetime | None
    ) -> None:
        asker, provider = self.cataloguer(one.department), self.head(self.entries[one.entry].department.code)
        reviewer = self.actors["reviewer"]
        request.refresh_from_db()
        if request.status == "awaiting_check":
            filing.request_pass(actor=reviewer, request_id=request.pk, opinion="材料齐全，依据明确。")
        moved.advance(hours=2)
        if answered_at is not None:
            moved.move_to(answered_at)
        match one.state:
            case "awaiting_provider":
                return
            case "awaiting_authority":
                answer.request_advise(
                    actor=provider, request_id=request.pk, opinion="收养信息依法保密，建议仅就个案书面核验。"
                )
            case "awaiting_material":
                missing = "1. 信息系统等级保护证明；2. 数据安全管理责任人；3. 使用环节说明。"
                material.request_ask_material(actor=provider, request_id=request.pk, missing=missing)
            case "extended":
                reason = "殡葬管理系统正在迁移，核对口径需要时间。"
                answer.request_ask_extension(actor=provider, request_id=request.pk, days=5, reason=reason)
                moved.advance(hours=1)
                answer.request_extend(actor=reviewer, request_id=request.pk, opinion="情况属实，同意延长。")
            case "refused" | "disputed" | "settled" | "mediated":
                opinion = "申请的使用场景不在本目录载明的共享范围和使用用途内。"
                answer.request_refuse(actor=provider, request_id=request.pk, opinion=opinion)
                if one.state != "refused":
                    self._disputed(one, request, moved)
            case _:
                given = {"opinion": "同意共享。", **one.given}
                answer.request_approve(actor=provider, request_id=request.pk, **given)
                if one.state == "delivered":
                    moved.advance(hours=20)
                    delivery.delivery_confirm(actor=asker, request_id=request.pk, note="首批数据已核对。")

    def _disputed(self, one: DemoRequest, request: ShareRequest, moved: MovableClock) -> None:
        moved.advance(hours=24)
        reason = "核验是法定职责所需，与目录载明的用途一致。"
        dispute.request_dispute(actor=self.head(one.department), request_id=request.pk, reason=reason)
        moved.advance(hours=20)
        mediation.request_respond(
            actor=self.head(self.entries[one.entry].department.code),
            request_id=request.pk,
            statement="目录载明的使用条件不含批量核验，愿就核验所需数据项协商。",
        )
        if one.state == "mediated":
            moved.advance(hours=48)
            mediation.request_mediate(
                actor=self.actors["reviewer"],
                request_id=request.pk,
                held_on=clock.today(),
                text="召集双方协商：只提供核验身份和供养方式所需的数据项，不提供护理等级和供养标准，每日限量核验。",
                is_agreed=True,
                **one.given,
            )
        if one.state == "settled":
            moved.advance(hours=28)
            mediation.request_mediate(
                actor=self.actors["reviewer"],
                request_id=request.pk,
                held_on=clock.today(),
                text="召集双方协商，提供部门仍认为须报请决定。",
                is_agreed=False,
            )
            moved.advance(hours=2)
            dispute.request_settle(
                actor=self.actors["reviewer"],
                request_id=request.pk,
                is_granted=True,
                opinion="经协调，提供部门就业务核验所需数据项予以共享。",
            )

    def _fields(self, one: DemoRequest, entry: Entry, asker: Actor) -> dict[str, Any]:
        revision = entry.published_revision
        names = [item.field_name for item in items_of(revision)] if revision else []
        assert asker.department_id is not None  # noqa: S101  everybody of the demo has a department
        day = clock.today()
        return {
            "legal_basis": [{"document": REGULATION_809, "article": one.article}],
            "scenario": one.scenario,
            "items": [name for name in names if not one.items or name in one.items],
            "row_filter": [{"item": item, "operator": test, "values": [value]} for item, test, value in one.rows],
            "methods": list(one.methods),
            "frequency": one.frequency,
            "valid_until": (day + timedelta(days=30 * one.months)).isoformat(),
            "systems": list(systems_for(asker.department_id).order_by("pk").values_list("pk", flat=True)[:1]),
            "contact_name": asker.name,
            "contact_phone": "0990-8890123",
        }


def demo_sharing_load() -> int:
    """Set the city's policy, file the requests, take free data; return how many requests there are."""
    users = User.objects.select_related("department__region")
    story = _Story(
        actors={user.username: actor_for_user(user) for user in users},
        staff={one.code: one for one in people.DEPARTMENTS},
        entries={
            str(one): one
            for one in Entry.objects.select_related("current_revision", "published_revision", "department")
            if one.published_revision is not None
        },
    )
    with clock_at(_moment(60, 1)):
        _policy_set(story)
    made = {(one.department, one.entry): story.file(one, at) for at, one in enumerate(REQUESTS)}
    for code in ("rsj", "gaj"):
        with clock_at(_moment(40, 3)):
            terms.terms_accept(actor=story.head(code), number=1)
    free = []
    for at, (code, entry, purpose) in enumerate(FREE):
        with clock_at(_moment(35 - at, at)):
            free.append(_take(story, code, entry, purpose))
    with clock_at(_moment(30, 9)) as moved:
        _client_make(story, [made["rsj", PULLED_FROM].grants.get(), free[0]], moved)
    _object(story, made["rsj", PULLED_FROM])
    demo_pulls_load()
    return len(REQUESTS)


def _policy_set(story: _Story) -> None:
    """Let the city check the form of conditional and withheld requests first, within two working days."""
    region = Region.objects.get(code=CITY)
    sharing_policy_set(
        actor=DEMO,
        region_id=region.pk,
        checked=["conditional", "withheld"],
        supplement_clock="restart",
        longest_days=1095,
    )
    template = ClockPolicy.objects.filter(key=ClockKey.CONFORMITY_REVIEW).first()
    if template is not None:
        clock_policy_add_version(
            actor=story.actors["reviewer"],
            policy_id=template.pk,
            working_days=2,
            extension_working_days=0,
            valid_from=clock.today(),
            region_id=region.pk,
            document="云川市共享申请办理约定（演示）",
            article="示例",
            note="演示数据：不占用提供部门的答复期限。",
        )


def _take(story: _Story, code: str, entry: str, purpose: str) -> Grant:
    dataset = Dataset.objects.get(entry=story.entries[entry], retired_at__isnull=True)
    actor = story.cataloguer(code)
    assert actor.department_id is not None  # noqa: S101  everybody of the demo has a department
    return terms.grant_take(
        actor=actor,
        dataset_id=dataset.pk,
        purpose=purpose,
        until=clock.today() + timedelta(days=365),
        systems=list(systems_for(actor.department_id).order_by("pk").values_list("pk", flat=True)[:1]),
    )


def _client_make(story: _Story, grants: list[Grant], moved: MovableClock) -> None:
    """Make the demo's machine client, with an id and a secret that everybody knows."""
    registrant = story.cataloguer("rsj")
    assert registrant.department_id is not None  # noqa: S101  everybody of the demo has a department
    system = systems_for(registrant.department_id).order_by("pk")[0]
    client = clients.client_register(
        actor=registrant,
        name="社会保险信息系统数据接口",
        system_id=system.pk,
        purpose="每日获取低保对象变动，核对代缴名单。",
        networks=CLIENT_NETWORKS,
        scopes=list(Scope.values),
    )
    moved.advance(hours=3)
    clients.client_approve(actor=story.actors["secadmin"], client_id=client.pk, edit_version=client.edit_version)
    for grant in grants:
        clients.client_bind(actor=story.head("rsj"), client_id=client.pk, grant_id=grant.pk)
    Client.objects.filter(pk=client.pk).update(client_id=CLIENT_ID)
    ClientSecret.objects.create(
        client=client, digest=make_password(CLIENT_SECRET), made_at=clock.now(), made_by_name=story.head("rsj").name
    )


def _object(story: _Story, request: ShareRequest) -> None:
    """Let the requester doubt an item, and the provider verify another."""
    grant = request.grants.get()
    entry = story.entries[PULLED_FROM]
    revision = entry.published_revision
    items = {one.field_name: str(one.item_id) for one in (items_of(revision) if revision else [])}
    with clock_at(_moment(6, 11)) as moved:
        first = objection.objection_raise(
            actor=story.cataloguer("rsj"),
            entry_ref=entry.pk,
            description="部分对象的出生月份与身份证号载明的不一致。",
            item_id=items["CSRQ"],
            grant_id=grant.pk,
        )
        moved.advance(hours=26)
        objection.objection_answer(
            actor=story.cataloguer("mzj"), objection_id=first.pk, is_confirmed=False, answer="经核对台账，两者一致。"
        )
    with clock_at(_moment(2, 17)):
        objection.objection_raise(
            actor=story.cataloguer("rsj"),
            entry_ref=entry.pk,
            description="停发对象的月保障金额仍大于零，请核实。",
            item_id=items["YBZJE"],
            grant_id=grant.pk,
        )


def _moment(ago: int, number: int) -> datetime:
    """Return a morning hour of the working day that lies ``ago`` working days back."""
    days, day = calendar(), clock.today()
    while ago > 0:
        day -= timedelta(days=1)
        ago -= days.is_working_day(day)
    morning = clock.now().astimezone(clock.REGION_ZONE).replace(hour=9, minute=number % 50, second=0, microsecond=0)
    return morning.replace(year=day.year, month=day.month, day=day.day)
