"""What the demo's departments collect: one duty and more in each state, filed through the same services as the pages."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import User
from accounts.selectors import actor_for_user
from catalog.models import Entry
from catalog.selectors import items_of
from collection.models import CollectionDuty, Dataset
from collection.readers import Entitlement, page
from collection.selectors import pinned_version, version_get
from collection.selectors.erasure import erasable_columns
from collection.selectors.lead import collected_items
from collection.services import consent as consents
from collection.services import duty as filing
from collection.services import duty_review as review
from collection.services import erasure as asking
from collection.services import lead as leading
from collection.services.erasure_work import erasure_job_name, erasure_work
from config.demo import people
from core import clock
from core.actors import Actor
from core.testing import MovableClock, clock_at
from workflow.models import LegalBasis
from workflow.selectors.calendar import calendar
from workflow.services.job_slot import job_slot_run


@dataclass(frozen=True, slots=True)
class DemoDuty:
    """One duty.

    Attributes:
        entry: name of the linked entry, whose items are taken over.
        items: further items as (name, data element, code list).
        state: how far it has come; ``ended`` and ``changing`` go on from registered.
        ago: working days since it was drafted.
    """

    department: str
    name: str
    purpose: str
    state: str
    ago: int
    subject: str = "natural_person"
    ground: str = "law"
    basis: tuple[tuple[str, str], ...] = (("政务数据共享条例", "第十九条"),)
    form: str = "counter"
    frequency: str = "irregular"
    manner: str = "digital"
    entry: str = ""
    items: tuple[tuple[str, str, str], ...] = ()
    why: str = ""
    remark: tuple[str, str] = ("", "")
    paper: tuple[int, int] | None = field(default=None)
    """Days that digitising takes, and records."""


PIPL = "中华人民共和国个人信息保护法"
DSL = "中华人民共和国数据安全法"

DUTIES: tuple[DemoDuty, ...] = (
    DemoDuty(
        "mzj", "最低生活保障对象信息", "审核确认最低生活保障，按月发放保障金。", "registered", 70,
        basis=((PIPL, "第十三条"), (PIPL, "第三十四条")), frequency="monthly", entry="最低生活保障对象信息",
    ),
    DemoDuty(
        "mzj", "婚姻登记当事人信息", "办理结婚登记和离婚登记。", "registered", 66,
        basis=((PIPL, "第十三条"),), frequency="daily", entry="婚姻登记信息",
    ),
    DemoDuty(
        "gaj", "户籍登记信息", "户口登记和居民身份证管理。", "registered", 64,
        basis=((PIPL, "第十三条"), (PIPL, "第三十四条")), frequency="realtime", entry="户籍人口基本信息",
        why="户口登记是法定职责，本局为人口数据的采集源头。",
    ),
    DemoDuty(
        "rsj", "养老保险参保人信息", "办理城乡居民基本养老保险参保登记。", "registered", 58,
        basis=((PIPL, "第十三条"),), frequency="daily", entry="城乡居民养老保险参保信息",
        why="缴费档次和缴费状态须由参保人选定，共享数据中没有。",
    ),
    DemoDuty(
        "scjgj", "企业设立登记信息", "办理企业设立、变更和注销登记。", "registered", 55, subject="legal_person",
        basis=((DSL, "第三十八条"),), form="online", frequency="daily", entry="企业登记基本信息",
    ),
    DemoDuty(
        "mzj", "社会救助历史档案", "核对历史救助情况，纠正重复救助。", "registered", 50,
        basis=((DSL, "第三十八条"),), manner="paper", paper=(265, 48_000),
        items=(("档案号", "DAH", ""), ("救助起止日期", "JZQZRQ", ""), ("救助类别", "JZLB", ""), ("核定金额", "HDJE", "")),
    ),
    DemoDuty(
        "zrzyj", "不动产登记纸质档案", "不动产登记资料查询。", "registered", 48, subject="other",
        basis=((DSL, "第三十八条"),), manner="paper", paper=(84, 126_000),
        items=(("不动产单元号", "BDCDYH", ""), ("坐落", "ZL", ""), ("权利类型", "QLLX", "")),
    ),
    DemoDuty(
        "mzj", "养老服务回访意愿和联系方式", "经本人同意，开展养老服务满意度回访。", "registered", 40, ground="consent", basis=(),
        form="counter", items=(("联系人姓名", "LXRXM", ""), ("回访电话", "HFDH", ""), ("方便回访的时段", "HFSD", "")),
    ),
    DemoDuty(
        "mzj", "临时救助申请人信息", "审核临时救助申请。", "draft", 2, form="counter",
        items=(("姓名", "XM", ""), ("公民身份号码", "GMSFHM", ""), ("缴费档次", "JFDC", ""), ("缴费状态", "JFZT", ""), ("困难情形", "KNQX", "")),
    ),
    DemoDuty(
        "mzj", "养老机构入住老人信息", "养老服务补贴核算。", "awaiting_head", 3, basis=((PIPL, "第十三条"),),
        frequency="monthly",
        items=(("姓名", "XM", ""), ("公民身份号码", "GMSFHM", ""), ("户籍地址", "HJDZ", ""), ("护理等级", "HLDJ", "")),
        why="入住时间和护理等级由机构评定，共享数据中没有；户籍地址今后改为申请共享。",
    ),
    DemoDuty(
        "rsj", "求职人员家庭经济状况", "认定就业困难人员。", "awaiting_authority", 5, basis=((PIPL, "第十三条"),),
        items=(
            ("姓名", "XM", ""), ("公民身份号码", "GMSFHM", ""), ("救助类别", "JZLB", ""), ("月保障金额", "YBZJE", ""),
            ("求职意向", "QZYX", "GB/T 6565-2015"),
        ),
        why="低保数据按月更新，认定须掌握申请当日情况。",
    ),
    DemoDuty(
        "mzj", "高龄津贴申领人信息", "核发高龄津贴。", "returned", 6, basis=((PIPL, "第十三条"),), frequency="monthly",
        items=(("姓名", "XM", ""), ("公民身份号码", "GMSFHM", ""), ("户籍地址", "HJDZ", ""), ("银行账号", "YHZH", "")),
        why="核对户籍。", remark=("items", "户籍地址可向市公安局申请共享，请删去或说明不能共享的理由。"),
    ),
    DemoDuty(
        "mzj", "福利企业残疾职工信息", "福利企业资格认定（该认定已取消）。", "ended", 45, basis=((PIPL, "第十三条"),),
        items=(("姓名", "XM", ""), ("残疾证号", "CJZH", ""), ("岗位", "GW", "")),
    ),
)  # fmt: skip


DIGITISED: dict[str, tuple[tuple[int, int], ...]] = {
    "社会救助历史档案": ((30, 9_600), (8, 17_300)),
    "不动产登记纸质档案": ((25, 71_000), (4, 98_400)),
}
"""Reports on paper records: working days ago, records done."""


@dataclass(slots=True)
class _Story:
    """Tells how each duty came to where it is."""

    actors: dict[str, Actor]
    staff: dict[str, people.DemoDepartment]
    bases: dict[tuple[str, str], int]
    entries: dict[str, Entry]

    def file(self, one: DemoDuty, at: int) -> CollectionDuty:
        """File one duty and take it to its state."""
        staff = self.staff[one.department]
        cataloguer, head = self.actors[staff.cataloguer[0]], self.actors[staff.head[0]]
        reviewer = self.actors["reviewer"]
        with clock_at(_moment(one.ago, at)) as moved:
            duty = filing.duty_create(actor=cataloguer, fields=self._fields(one), items=self._items(one))
            if one.ground == "consent":
                consents.consent_text_write(actor=cataloguer, duty_id=duty.pk, text=CONSENT, refusal_note=REFUSAL)
            review.duty_check(actor=cataloguer, duty_id=duty.pk)
            if one.state == "draft":
                return duty
            self._go_on(one, duty, cataloguer, head, reviewer, moved)
        if one.ground == "consent":
            _answers(cataloguer, duty)
        return duty

    def _go_on(
        self, one: DemoDuty, duty: CollectionDuty, cataloguer: Actor, head: Actor, reviewer: Actor, moved: MovableClock
    ) -> None:
        moved.advance(hours=1)
        review.duty_submit(
            actor=cataloguer, duty_id=duty.pk, justification=one.why or "收集的是本部门职责内的专门数据项。"
        )
        if one.state == "awaiting_head":
            return
        moved.advance(hours=2)
        review.duty_approve(actor=head, duty_id=duty.pk, opinion="情况属实，同意报送。")
        if one.state == "awaiting_authority":
            return
        moved.advance(hours=3)
        if one.state == "returned":
            comments = [{"field": one.remark[0], "text": one.remark[1]}]
            review.duty_return(actor=reviewer, duty_id=duty.pk, opinion="请按意见修改。", comments=comments)
            return
        review.duty_approve(actor=reviewer, duty_id=duty.pk, opinion="依据明确，准予登记。")
        if one.state == "ended":
            moved.advance(hours=40)
            filing.duty_end(actor=cataloguer, duty_id=duty.pk, reason="福利企业资格认定事项已取消。")

    def _fields(self, one: DemoDuty) -> dict[str, Any]:
        found: dict[str, Any] = {
            name: getattr(one, name) for name in ("name", "purpose", "subject", "ground", "form", "frequency", "manner")
        }
        found["legal_basis"] = [self.bases[key] for key in one.basis] if one.ground == "law" else []
        if one.entry:
            found["entry"] = self.entries[one.entry].ref
        if one.paper:
            found |= {"digitise_by": clock.today() + timedelta(days=one.paper[0]), "paper_records": one.paper[1]}
        return found

    def _items(self, one: DemoDuty) -> list[dict[str, str]]:
        rows = [{"name": name, "field_name": element, "code_list": codes} for name, element, codes in one.items]
        revision = self.entries[one.entry].published_revision if one.entry else None
        taken = items_of(revision) if revision else []
        return [{"id": str(item.item_id), "name": item.name, "field_name": item.field_name} for item in taken] + rows


CONSENT = (
    "本人同意云川市民政局收集本人的联系人姓名、回访电话和方便回访的时段，用于养老服务满意度回访，"
    "保存至回访结束后一年，不提供给其他单位。本人可以随时撤回同意。"
)
REFUSAL = "不同意的，不收集上述信息，也不影响办理养老服务补贴等任何事项。"


def _answers(cataloguer: Actor, duty: CollectionDuty) -> None:
    """Record what nobody in particular answered: numbers that begin with 99 belong to nobody."""
    channels = ("counter", "paper", "online", "phone")
    for at in range(12):
        with clock_at(_moment(30 - at, at)):
            answer = consents.Answer(
                f"9901021950010100{at:02d}", "refused" if at % 5 == 4 else "given", channels[at % 4], clock.now()
            )
            record = consents.consent_record(actor=cataloguer, duty_id=duty.pk, answer=answer)
            if at == 6:
                consents.consent_withdraw(actor=cataloguer, duty_id=duty.pk, record_id=record.pk, channel="phone")


def _moment(ago: int, number: int) -> Any:
    """Return a morning hour of the working day that lies ``ago`` working days back."""
    days, now = calendar(), clock.now()
    day = clock.today()
    while ago > 0:
        day = day.fromordinal(day.toordinal() - 1)
        ago -= days.is_working_day(day)
    return now.astimezone(clock.REGION_ZONE).replace(
        year=day.year, month=day.month, day=day.day, hour=9, minute=number % 50, second=0, microsecond=0
    )


def demo_duties_load() -> int:
    """File what the demo's departments collect; return how many duties there are."""
    users = User.objects.select_related("department__region")
    story = _Story(
        actors={user.username: actor_for_user(user) for user in users},
        staff={one.code: one for one in people.DEPARTMENTS},
        bases={(one.document, one.article): one.pk for one in LegalBasis.objects.filter(valid_to__isnull=True)},
        entries={str(one): one for one in Entry.objects.select_related("current_revision", "published_revision")},
    )
    filed = {one.name: story.file(one, at) for at, one in enumerate(DUTIES)}
    for name, reports in DIGITISED.items():
        cataloguer = story.actors[story.staff[filed[name].department.code].cataloguer[0]]
        for ago, done in reports:
            with clock_at(_moment(ago, 5)):
                leading.digitisation_report(
                    actor=cataloguer, duty_id=filed[name].pk, on=clock.today(), done=done, note="扫描并著录"
                )
    source = filed["户籍登记信息"].department_id
    with clock_at(_moment(15, 7)):
        for item in collected_items(story.actors["reviewer"], region_only=True):
            if source in [key for key, _name in item.departments]:
                leading.lead_appoint(
                    actor=story.actors["reviewer"],
                    folded=item.folded,
                    department_id=source,
                    note="人口基本信息以公安部门登记为准。",
                )
    return len(DUTIES)


def demo_erasures_load() -> int:
    """Have one person's rows erased, and let another demand wait for the head; return how many there are."""
    dataset = Dataset.objects.get(name="最低生活保障对象信息")
    actors = {one.username: actor_for_user(one) for one in User.objects.select_related("department__region")}
    item = next(one for one in erasable_columns(dataset) if "证" in one.name)
    numbers = json.loads(
        page(Entitlement(dataset.pk, (item.item,)), pinned_version(version_get(dataset)), limit=2).rows
    )
    for at, number in enumerate(numbers):
        with clock_at(_moment(2 - at, at)) as moved:
            erasure = asking.erasure_ask(
                actor=actors["cataloguer"],
                dataset_id=dataset.pk,
                item=item.item,
                value=str(next(iter(number.values()))),
                ground="purpose_met" if at else "service_ended",
                document_number=f"民函〔2026〕{31 + at}号",
                reason="当事人已迁出本市并停发待遇，书面请求删除其信息。",
                document=ContentFile(b"%PDF-1.4\n", name="个人信息删除请求书.pdf"),
            )
            if at:
                break
            moved.advance(hours=3)
            erasure = asking.erasure_approve(
                actor=actors["head"],
                erasure_id=erasure.pk,
                rows=erasure.rows_seen,
                opinion="核对无误，同意删除。",
            )
            assert erasure.slot is not None  # noqa: S101  approving sets it
            with job_slot_run(erasure_job_name(erasure.pk), erasure.slot) as held:
                if held is not None:
                    erasure_work(lease=held, erasure_id=erasure.pk)
    return len(numbers)
