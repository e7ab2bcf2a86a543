"""Collection duties of a small town, brought to a state through the services."""

from typing import Any

from catalog import services as catalog
from catalog.models import Entry
from collection.models import CollectionDuty
from collection.services import duty as filing
from collection.services import duty_review as review
from core.actors import Actor
from tests.factories.catalog import FIELDS, CatalogWorld
from workflow.models import LegalBasis

ITEMS = [
    {"name": "姓名"},
    {"name": "身份证号"},
    {"name": "家庭月收入", "field_name": "JTYSR"},
    {"name": "致贫原因", "code_list": "GB/T 4657-2021"},
]


def basis() -> LegalBasis:
    return LegalBasis.objects.filter(may_justify__contains=["collection"]).order_by("pk")[0]


def fields(**given: Any) -> dict[str, Any]:
    """Return what a duty needs to be submitted."""
    return {
        "name": "低保申请人信息",
        "purpose": "审核最低生活保障申请。",
        "subject": "natural_person",
        "ground": "law",
        "legal_basis": [basis().pk],
        "manner": "digital",
        "form": "counter",
        "frequency": "irregular",
        **given,
    }


def draft(actor: Actor, *, items: Any = None, **given: Any) -> CollectionDuty:
    return filing.duty_create(actor=actor, fields=fields(**given), items=ITEMS if items is None else items)


def checked(actor: Actor, **given: Any) -> CollectionDuty:
    duty = draft(actor, **given)
    review.duty_check(actor=actor, duty_id=duty.pk)
    return duty


def submitted(world: CatalogWorld, **given: Any) -> CollectionDuty:
    duty = checked(world.cataloguer, **given)
    return review.duty_submit(actor=world.cataloguer, duty_id=duty.pk, justification="须现场核实")


def signed_off(world: CatalogWorld, **given: Any) -> CollectionDuty:
    return review.duty_approve(actor=world.head, duty_id=submitted(world, **given).pk)


def registered(world: CatalogWorld, **given: Any) -> CollectionDuty:
    return review.duty_approve(actor=world.reviewer, duty_id=signed_off(world, **given).pk)


def other_registered(world: CatalogWorld, **given: Any) -> CollectionDuty:
    """A duty of the other department."""
    duty = checked(world.other_cataloguer, **given)
    review.duty_submit(actor=world.other_cataloguer, duty_id=duty.pk, justification="须现场核实")
    review.duty_approve(actor=world.other_head, duty_id=duty.pk)
    return review.duty_approve(actor=world.reviewer, duty_id=duty.pk)


def other_entry(world: CatalogWorld, items: list[dict[str, Any]], **given: Any) -> Entry:
    """A published entry of the other department."""
    entry = catalog.entry_create(
        actor=world.other_cataloguer, fields=FIELDS | {"name": "居民家庭经济状况信息"} | given, items=items
    )
    catalog.entry_submit(actor=world.other_cataloguer, ref=entry.pk)
    catalog.entry_approve(actor=world.other_head, ref=entry.pk)
    return catalog.entry_approve(actor=world.reviewer, ref=entry.pk)
