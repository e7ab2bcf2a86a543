"""Who may review, record changes of law or duties, and keep the classification and the libraries."""

from typing import Any

from catalog import reference, services
from catalog.models import Category, DutyChangeEntry
from core import clock
from tests.factories.catalog import FIELDS, ITEMS
from tests.permissions.table import Route, only, people
from tests.permissions.world import World
from workflow import reference as workflow_reference


def extend(world: World) -> None:
    """A published entry whose revision waits for the authority with a comment; a change that concerns it."""
    workflow_reference.load()
    reference.load()
    cataloguer, head, reviewer = (world.actor(who) for who in ("cataloguer", "head", "reviewer"))
    entry = services.entry_create(actor=cataloguer, fields=FIELDS | {"name": "待审核目录"}, items=ITEMS)
    for actor, act in ((cataloguer, services.entry_submit), (head, services.entry_approve)):
        act(actor=actor, ref=entry.pk)
    services.entry_approve(actor=reviewer, ref=entry.pk)
    change = services.duty_change_record(
        actor=reviewer, document="机构改革方案", gist="职责调整", changed_on=clock.today(), entry_refs=[str(entry.pk)]
    )
    services.entry_revise(actor=cataloguer, ref=entry.pk)
    services.entry_submit(actor=cataloguer, ref=entry.pk)
    services.entry_approve(actor=head, ref=entry.pk)
    world.things["deciding_comment"] = services.comment_add(
        actor=reviewer, ref=entry.pk, field="summary", text="请写明来源", severity="suggested"
    )
    entry.refresh_from_db()
    world.things["deciding_entry"] = entry
    world.things["deciding_change"] = change
    world.things["deciding_concerned"] = DutyChangeEntry.objects.get(change=change)
    services.library_lead_set(actor=reviewer, code="population", department_code=world.department.code)


def _entry(world: World) -> dict[str, object]:
    return {"ref": world.things["deciding_entry"].ref}


def _comment(world: World) -> dict[str, object]:
    return {**_entry(world), "pk": world.things["deciding_comment"].pk}


def _change(world: World) -> dict[str, object]:
    return {"pk": world.things["deciding_change"].pk}


def _extension(world: World) -> dict[str, Any]:
    return {"concerned": world.things["deciding_concerned"].pk, "days": "3", "reason": "系统改造"}


def _recording(world: World) -> dict[str, Any]:
    return {
        "document": "机构改革方案",
        "gist": "职责调整",
        "changed_on": clock.today().isoformat(),
        "entries": [world.things["deciding_entry"].ref],
    }


def _many(world: World) -> dict[str, Any]:
    return {"pick": [world.things["deciding_entry"].ref], "confirmed": "1"}


def _free_digits(world: World) -> str:
    taken = set(Category.objects.filter(parent__code="307").values_list("code", flat=True))
    return next(f"{number:03d}" for number in range(900, 1000) if f"307{number:03d}" not in taken)


REVIEWING = ("head", "reviewer", "other_department")
"""Those for whom something can wait; ``other_department`` is a head elsewhere."""

ROUTES = [
    Route("catalog:review_list", get=only(200, *REVIEWING)),
    # What one of them may not decide is left as it is, entry by entry, and listed with its reason.
    Route("catalog:review_approve_many", post=only(302, *REVIEWING), data=_many),
    # The provider's head may look on while the authority decides.
    Route("catalog:review_detail", get=only(200, "head", "reviewer"), kwargs=_entry),
    Route(
        "catalog:review_comment",
        get=only(302, "head", "reviewer"),
        post=only(302, "reviewer"),
        kwargs=_entry,
        data=lambda world: {"on": "summary", "text": "请补充", "severity": "required"},
    ),
    Route("catalog:review_comment_delete", post=only(302, "reviewer"), kwargs=_comment),
    Route(
        "catalog:review_approve",
        get=only(302, "head", "reviewer"),
        post=only(302, "reviewer"),
        kwargs=_entry,
        data=lambda world: {"opinion": "同意"},
    ),
    Route(
        "catalog:review_return",
        get=only(302, "head", "reviewer"),
        post=only(302, "reviewer"),
        kwargs=_entry,
        data=lambda world: {"opinion": "请补充"},
    ),
    # A recorded change is a public act; whose clock is late stands on the page only for those it concerns.
    Route("catalog:duty_change_list", get=people(200)),
    Route("catalog:duty_change_detail", get=people(200), kwargs=_change),
    # One of another department may record changes, but not for this entry.
    Route(
        "catalog:duty_change_create",
        get=only(200, "cataloguer", "head", "reviewer", "other_department"),
        post=only(302, "cataloguer", "head", "reviewer"),
        data=_recording,
    ),
    Route("catalog:duty_change_extend", post=only(302, "reviewer"), kwargs=_change, data=_extension),
    Route(
        "catalog:category_list",
        get=people(200),
        post=only(302, "reviewer"),
        data=lambda world: {"parent": "307", "digits": _free_digits(world), "name": "新分类"},
    ),
    Route(
        "catalog:category_edit",
        get=people(200),
        post=only(302, "reviewer"),
        kwargs=lambda world: {"code": "307013"},
        data=lambda world: {"action": "rename", "name": "民政事务"},
    ),
    Route(
        "catalog:library_list",
        get=people(200),
        post=only(302, "reviewer"),
        data=lambda world: {"name": "社会救助主题库", "code": "social-relief"},
    ),
    # Only the lead department edits its library, the authority that named it does not.
    Route(
        "catalog:library_edit",
        get=people(200),
        post=only(302, "cataloguer", "head"),
        kwargs=lambda world: {"code": "population"},
        data=lambda world: {"name": "人口库", "description": ""},
    ),
    Route(
        "catalog:library_lead_set",
        post=only(302, "reviewer"),
        kwargs=lambda world: {"code": "population"},
        data=lambda world: {"department": world.other.code},
    ),
]
