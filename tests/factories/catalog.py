"""A small town to file entries in, and entries brought to a state through the services.

world = make_world()
entry = world.entry()                       # a draft that can be submitted
entry = world.published(sharing="withheld", ...)
"""

from dataclasses import dataclass
from typing import Any

from accounts.models import Department
from catalog import services
from catalog.choices import CategoryLevel
from catalog.models import Category, Entry
from core.actors import Actor
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from workflow import reference as workflow_reference

ITEMS: list[dict[str, Any]] = [
    {"name": "对象编号", "field_name": "DXBH", "type": "C", "length": 20, "is_key": True, "nullable": False},
    {"name": "姓名", "field_name": "XM", "type": "C", "length": 50, "is_sensitive": True, "mask": "name"},
    {"name": "身份证号", "field_name": "SFZH", "type": "C", "length": 18, "is_sensitive": True, "mask": "id_number"},
    {"name": "月保障金额", "field_name": "YBZJE", "type": "Y", "length": 10, "decimals": 2},
    {"name": "纳入日期", "field_name": "NRRQ", "type": "D"},
]

FIELDS: dict[str, Any] = {
    "name": "最低生活保障对象信息",
    "summary": "城乡最低生活保障在享对象的身份、类别和保障金额。",
    "category": "307013",
    "format_class": "database",
    "format_type": "postgresql",
    "sharing": "conditional",
    "sharing_scope": "承担社会救助职责的市、区县部门",
    "sharing_purpose": "核验救助身份",
    "sharing_method": "platform_api",
    "opening": "closed",
    "cycle": "monthly",
    "data_level": "general_3",
    "secrecy_assessment": "不涉及国家秘密和工作秘密。",
    "personal_information_assessment": "已评估，按有条件共享并脱敏。",
}
"""What a draft needs to be submitted."""


def make_categories() -> Category:
    """Make the path 3 / 307 / 307013 and return its end."""
    top = Category.objects.get_or_create(code="3", defaults={"name": "部门信息资源", "level": CategoryLevel.CLASS})[0]
    group = Category.objects.get_or_create(
        code="307", defaults={"name": "各级政务部门", "level": CategoryLevel.GROUP, "parent": top}
    )[0]
    return Category.objects.get_or_create(
        code="307013", defaults={"name": "民政", "level": CategoryLevel.ORDER, "parent": group}
    )[0]


@dataclass(frozen=True)
class CatalogWorld:
    """One city with its authority, a provider and another department, and the people of each."""

    provider: Department
    authority: Department
    other: Department
    cataloguer: Actor
    head: Actor
    reviewer: Actor
    second_reviewer: Actor
    colleague: Actor
    other_cataloguer: Actor
    other_head: Actor
    sysadmin: Actor
    secadmin: Actor
    auditor: Actor

    def entry(self, *, items: Any = None, **fields: Any) -> Entry:
        """File a draft."""
        return services.entry_create(
            actor=self.cataloguer, fields=FIELDS | fields, items=ITEMS if items is None else items
        )

    def submitted(self, **fields: Any) -> Entry:
        return services.entry_submit(actor=self.cataloguer, ref=self.entry(**fields).pk)

    def signed_off(self, **fields: Any) -> Entry:
        return services.entry_approve(actor=self.head, ref=self.submitted(**fields).pk)

    def published(self, **fields: Any) -> Entry:
        return services.entry_approve(actor=self.reviewer, ref=self.signed_off(**fields).pk)

    def returned(self, **fields: Any) -> Entry:
        return services.entry_return(actor=self.reviewer, ref=self.signed_off(**fields).pk, opinion="请补充")

    def republished(self, entry: Entry, **fields: Any) -> Entry:
        """Take a revision of a published entry through sign-off and review."""
        services.entry_update(actor=self.cataloguer, ref=entry.pk, fields=fields)
        services.entry_submit(actor=self.cataloguer, ref=entry.pk)
        services.entry_approve(actor=self.head, ref=entry.pk)
        return services.entry_approve(actor=self.reviewer, ref=entry.pk)


def make_world() -> CatalogWorld:
    """Make the town, its people, the classification and the clock policies."""
    workflow_reference.load()
    make_categories()
    region = RegionFactory()
    provider = DepartmentFactory(region=region, name="市民政局")
    authority = DepartmentFactory(region=region, authority=True)
    other = DepartmentFactory(region=region, name="市人社局")

    def person(department: Department, *roles: str) -> Actor:
        return actor_of(UserFactory(department=department, roles=list(roles)))

    return CatalogWorld(
        provider=provider,
        authority=authority,
        other=other,
        cataloguer=person(provider, "cataloguer"),
        head=person(provider, "head"),
        reviewer=person(authority, "reviewer"),
        second_reviewer=person(authority, "reviewer"),
        colleague=person(provider),
        other_cataloguer=person(other, "cataloguer"),
        other_head=person(other, "head"),
        sysadmin=person(authority, "sysadmin"),
        secadmin=person(authority, "secadmin"),
        auditor=person(authority, "auditor"),
    )
