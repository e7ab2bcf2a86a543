"""Files the demo's entries through the same services as the pages, with the clock moved to when it happened."""

import re
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from accounts.selectors import actor_for_user
from catalog import services
from catalog.models import Entry
from catalog.selectors import items_of
from catalog.services import library_create, library_lead_set
from config.demo import people
from config.demo.entries import ENTRIES, DemoEntry
from core import clock
from core.actors import Actor
from core.testing import MovableClock, clock_at
from workflow.models import OutboxDelivery
from workflow.selectors import calendar

_ITEM = re.compile(r"(?P<field>\w+) (?P<name>\S+) (?P<type>[A-Z])(?P<length>\d+)?(?:,(?P<decimals>\d+))?(?P<flags>.*)")

NEWS_DAYS = 10
"""Nobody is told on the first start what happened longer ago."""

THEME_LIBRARY = ("social-services", "社会服务机构主题库")
LIBRARY_LEADS = {"population": "gaj", "legal-entity": "scjgj", "geospatial": "zrzyj", THEME_LIBRARY[0]: "mzj"}


def item_values(line: str) -> dict[str, Any]:
    """Read one line of ``DemoEntry.items``."""
    match = _ITEM.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"not an item: {line!r}")
    flags = match["flags"].split()
    return {
        "name": match["name"],
        "field_name": match["field"],
        "type": match["type"],
        "length": int(match["length"]) if match["length"] else None,
        "decimals": int(match["decimals"]) if match["decimals"] else None,
        "is_key": "k" in flags,
        "nullable": not {"k", "r"} & set(flags),
        "is_sensitive": "s" in flags,
        "mask": next((flag.removeprefix("m=") for flag in flags if flag.startswith("m=")), "none"),
        "opening": "closed" if "c" in flags else "",
        "sharing": "withheld" if "w" in flags else "",
        "sharing_condition": "法律规定不得披露" if "w" in flags else "",
    }


def _items_again(one: DemoEntry, entry: Entry) -> list[dict[str, Any]]:
    """Return the items of a second revision; one keeps its identity by its field."""
    entry.refresh_from_db()
    assert entry.published_revision is not None  # noqa: S101  only such an entry has a second revision
    known = {item.field_name: str(item.item_id) for item in items_of(entry.published_revision)}
    lines = [item_values(line) for line in one.second_items.splitlines()]
    return [line | ({"id": known[line["field_name"]]} if line["field_name"] in known else {}) for line in lines]


def entry_fields(one: DemoEntry) -> dict[str, Any]:
    """Return the values of a demo entry as the services take them."""
    format_class, _slash, format_type = one.format.partition("/")
    personal = any(" s" in line for line in one.items.splitlines())
    assessment = "含个人信息，已开展个人信息保护影响评估，按最小必要提供并脱敏。" if personal else "不含个人信息。"
    return {
        "name": one.name,
        "summary": one.summary,
        "department_unit": one.unit,
        "category": one.category,
        "library": one.library,
        "source_system": one.system,
        "keywords": one.keywords,
        "format_class": format_class,
        "format_type": format_type,
        "sharing": one.sharing,
        "sharing_scope": one.scope,
        "sharing_purpose": one.purpose,
        "sharing_reason": one.reason,
        "legal_basis": [{"document": one.basis[0], "article": one.basis[1]}] if one.basis[0] else [],
        "opening": one.opening,
        "opening_condition": "实名登记，用于公共服务或研究。" if one.opening == "conditional" else "",
        "cycle": one.cycle,
        "data_level": one.level,
        "use_conditions": "仅限办理本部门职责内的事项，不得转交第三方。" if one.sharing == "conditional" else "",
        "secrecy_assessment": "不涉及国家秘密和工作秘密。",
        "personal_information_assessment": assessment,
    }


class Story:
    """Tells how each entry came to where it is."""

    def __init__(self, actors: dict[str, Actor]) -> None:
        self.actors = actors
        self.staff = {one.code: one for one in people.DEPARTMENTS}
        self.days = calendar()
        self.today = clock.today()

    def working_day(self, ago: int, hour: int = 9, minute: int = 0) -> datetime:
        """Return a moment on the working day that lies ``ago`` working days back."""
        day = self.today
        left = ago
        while left > 0 or not self.days.is_working_day(day):
            day -= timedelta(days=1)
            left -= self.days.is_working_day(day)
        return datetime.combine(day, time(hour, minute), clock.REGION_ZONE)

    def reviewer_of(self, department: str) -> Actor:
        return self.actors["990102-reviewer" if department.startswith("990102") else "reviewer"]

    def file(self, number: int, one: DemoEntry) -> Entry:
        """File one entry and take it to its state."""
        staff = self.staff[one.department]
        cataloguer, head = self.actors[staff.cataloguer[0]], self.actors[staff.head[0]]
        reviewer = self.reviewer_of(one.department)
        was_published = one.state in ("published", "withdrawal_pending", "withdrawn")
        ago = 230 - number * 3 if was_published else 2 + number % 4
        with clock_at(self.working_day(ago, 9, number % 50)) as moved:
            items = [item_values(line) for line in one.items.splitlines() if line.strip()]
            entry = services.entry_create(actor=cataloguer, fields=entry_fields(one), items=items)
            if one.state == "draft":
                return entry
            moved.advance(hours=2)
            services.entry_submit(actor=cataloguer, ref=entry.pk)
            if one.state == "awaiting_head":
                return entry
            moved.advance(hours=3)
            services.entry_approve(actor=head, ref=entry.pk, opinion="同意报送")
            if one.state == "awaiting_authority":
                return entry
            moved.advance(hours=20)
            if one.state == "returned":
                comments = [{"field": field, "text": text} for field, text in one.comments]
                services.entry_return(
                    actor=reviewer, ref=entry.pk, opinion="请按意见修改后重新报送。", comments=comments
                )
                return entry
            services.entry_approve(actor=reviewer, ref=entry.pk, opinion="要素齐全，同意发布。")
        if one.second:
            self.revise(one, entry, cataloguer, head, reviewer)
        if one.state.startswith("withdraw"):
            self.withdraw(one, entry, cataloguer, head, reviewer)
        return entry

    def revise(self, one: DemoEntry, entry: Entry, cataloguer: Actor, head: Actor, reviewer: Actor) -> None:
        """Open a second revision beside the published one."""
        with clock_at(self.working_day(4)) as moved:
            services.entry_revise(actor=cataloguer, ref=entry.pk)
            moved.advance(hours=1)
            summary = one.summary.replace("救助类别", "救助类别、停发原因").rstrip("。") + "，及时调整待遇使用。"
            services.entry_update(
                actor=cataloguer, ref=entry.pk, fields={"summary": summary, "cycle": _more_often(one.cycle)}
            )
            if one.second_items:
                services.entry_update(actor=cataloguer, ref=entry.pk, fields={}, items=_items_again(one, entry))
            if one.second == "draft":
                return
            services.entry_submit(actor=cataloguer, ref=entry.pk)
            if one.second == "awaiting_head":
                return
            self._later(moved, 1)
            services.entry_approve(actor=head, ref=entry.pk, opinion="同意报送")
            if one.second == "returned":
                moved.advance(hours=4)
                comments = [{"field": field, "text": text} for field, text in one.comments]
                services.entry_return(actor=reviewer, ref=entry.pk, opinion="请补充后重新报送。", comments=comments)

    def withdraw(self, one: DemoEntry, entry: Entry, cataloguer: Actor, head: Actor, reviewer: Actor) -> None:
        """Ask for the withdrawal of a published entry, and grant it where it is withdrawn."""
        with clock_at(self.working_day(3)) as moved:
            services.entry_withdraw(actor=cataloguer, ref=entry.pk, reason="内容已并入其他目录，不再单独更新。")
            moved.advance(hours=2)
            if one.state == "withdrawn":
                services.entry_approve(actor=head, ref=entry.pk, opinion="同意")
                moved.advance(hours=2)
                services.entry_approve(actor=reviewer, ref=entry.pk, opinion="同意撤销")

    def _later(self, moved: MovableClock, working_days_ago: int) -> None:
        moved.move_to(self.working_day(working_days_ago, 15))

    def record_changes(self, entries: dict[str, Entry]) -> None:
        """Record two changes of law and duties: one whose time has run out, one that still runs."""
        staff = self.actors["reviewer"]
        for ago, document, gist, names in (
            (12, "云川市民政局职能配置、内设机构和人员编制规定", "社会组织年度检查改由市级统一办理。", ["社会组织年度检查结果信息"]),
            (6, "关于调整城乡居民最低生活保障标准的通知", "保障标准和救助类别调整，数据项须相应更新。",
             ["最低生活保障对象信息", "城乡低保标准", "低保边缘家庭信息"]),
        ):  # fmt: skip
            with clock_at(self.working_day(ago)):
                services.duty_change_record(
                    actor=staff,
                    document=document,
                    gist=gist,
                    changed_on=clock.today(),
                    entry_refs=[entries[name].ref for name in names],
                )


def _more_often(cycle: str) -> str:
    return {"yearly": "half_yearly", "quarterly": "monthly", "monthly": "weekly"}.get(cycle, cycle)


@transaction.atomic
def demo_load() -> int:
    """Load regions, departments, people and entries of the fictional city; return the number of entries."""
    regions = people.regions_create()
    departments = people.departments_create(regions)
    accounts = people.people_create(departments)
    actors = {username: actor_for_user(user) for username, user in accounts.items()}
    library_create(actor=actors["reviewer"], code=THEME_LIBRARY[0], name=THEME_LIBRARY[1])
    for library, lead in LIBRARY_LEADS.items():
        library_lead_set(actor=actors["reviewer"], code=library, department_code=lead)
    story = Story(actors)
    entries = {one.name: story.file(number, one) for number, one in enumerate(ENTRIES)}
    story.record_changes(entries)
    old = clock.now() - timedelta(days=NEWS_DAYS)
    OutboxDelivery.objects.filter(message__created_at__lt=old).delete()
    return len(entries)
