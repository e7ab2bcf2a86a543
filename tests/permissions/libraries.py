"""Who chooses the sources of a library's data: cataloguer and head of its lead, which is ``department``."""

from typing import Any

from accounts.selectors import actor_for_user
from catalog import services as catalog
from catalog.choices import LibraryKind
from catalog.models import Entry, Library
from collection import services as collecting
from collection.models import Dataset
from core.actors import Actor
from libraries import services
from libraries.digests import asked_of
from tests.collection.worker import run_of
from tests.factories.accounts import UserFactory
from tests.factories.catalog import FIELDS
from tests.permissions.table import Route, only
from tests.permissions.world import World
from tests.sharing.factories import grant_make, items_named

ITEM = {"name": "编号", "field_name": "BH", "type": "C", "length": 50, "is_key": True, "nullable": False}
KEEPERS = ("cataloguer", "head")


def extend(world: World) -> None:
    """A library dataset of ``department`` with two sources of ``other``, and a grant that is none yet."""
    library = Library.objects.create(code="theme-world", name="主题库", kind=LibraryKind.THEME)
    catalog.library_lead_set(actor=world.actor("reviewer"), code=library.code, department_code=world.department.code)
    second = actor_for_user(UserFactory(department=world.other, roles=["head"]))
    own = _dataset(world, world.actor("cataloguer"), world.actor("head"), "主题数据", library=library.code)
    sources = [_dataset(world, world.actor("other_department"), second, f"来源{number}") for number in range(3)]
    for one in sources:
        run_of(one, world.actor("other_department"), "编号\n1\n")
    grants = [grant_make(one, world.department, methods=["exchange"]) for one in sources]
    world.things["library_dataset"], world.things["library_grant"] = own, grants[2]
    world.things["library_parts"] = [
        services.part_add(
            actor=world.actor("cataloguer"), dataset_id=own.pk, grant_id=grant.pk, mapping=_mapping(own, source)
        )
        for grant, source in zip(grants[:2], sources, strict=False)
    ]
    world.things["library_mapping"] = _mapping(own, sources[2])


def _dataset(world: World, cataloguer: Actor, head: Actor, name: str, **fields: Any) -> Dataset:
    entry: Entry = catalog.entry_create(actor=cataloguer, fields=FIELDS | {"name": name} | fields, items=[ITEM])
    catalog.entry_submit(actor=cataloguer, ref=entry.pk)
    catalog.entry_approve(actor=head, ref=entry.pk)
    catalog.entry_approve(actor=world.actor("reviewer"), ref=entry.pk)
    return collecting.dataset_hook(actor=cataloguer, ref=entry.pk, name=name)


def _mapping(own: Dataset, source: Dataset) -> dict[str, str]:
    return dict(zip(items_named(own, ["BH"]), items_named(source, ["BH"]), strict=True))


def _of_dataset(world: World) -> dict[str, Any]:
    return {"pk": world.things["library_dataset"].pk}


def _of_part(world: World) -> dict[str, Any]:
    return {"pk": world.things["library_parts"][0].pk}


def _first_mapping(world: World) -> dict[str, str]:
    return dict(world.things["library_parts"][0].mapping)


ROUTES = [
    Route("libraries:dataset_list", get=only(200, *KEEPERS, "reviewer")),
    Route("libraries:dataset_detail", get=only(200, *KEEPERS), kwargs=_of_dataset),
    Route(
        "libraries:lineage_set",
        post=only(302, *KEEPERS),
        kwargs=_of_dataset,
        data=lambda world: {"lineage_item": ""},
    ),
    Route("libraries:build_ask", post=only(302, *KEEPERS), kwargs=_of_dataset),
    Route(
        "libraries:part_add",
        get=only(200, *KEEPERS),
        # Without a grant in the address there is nothing to save.
        post=only(422, *KEEPERS),
        kwargs=_of_dataset,
        query=lambda world: {"grant": world.things["library_grant"].pk},
        data=lambda world: world.things["library_mapping"],
    ),
    Route(
        "libraries:part_edit",
        get=only(200, *KEEPERS),
        post=only(302, *KEEPERS),
        kwargs=_of_part,
        data=_first_mapping,
    ),
    # The provider's head alone: the lead sees the grant, and does not answer for the data.
    Route(
        "libraries:part_answer",
        get=only(200, "other_department") | dict.fromkeys(("no_role", "sysadmin"), 404),
        post=only(302, "other_department") | dict.fromkeys(("no_role", "sysadmin"), 404),
        kwargs=_of_part,
        data=lambda world: {"word": "yes", "edit_version": asked_of(world.things["library_parts"][0])},
    ),
    Route(
        "libraries:part_move",
        post=only(302, *KEEPERS),
        kwargs=lambda world: {**_of_part(world), "way": "down"},
        data=lambda world: {"place": "1"},
    ),
    Route("libraries:part_remove", post=only(302, *KEEPERS), kwargs=_of_part),
]
