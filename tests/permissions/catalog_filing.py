"""Who may file entries and import files."""

from typing import Any

from django.core.files.base import ContentFile

from catalog import services
from catalog.choices import UploadState
from catalog.models import ImportBatch, ImportUpload
from core import clock
from tests.factories.catalog import FIELDS, ITEMS, make_categories
from tests.permissions.table import Route, only
from tests.permissions.world import World
from workflow import reference as workflow_reference

FILERS = ("cataloguer", "other_department")
COLUMNS = {"columns": [{"label": "名称", "samples": ["甲"]}]}


def extend(world: World) -> None:
    """An entry in each state that a cataloguer moves on from, and an uploaded file in each."""
    workflow_reference.load()
    make_categories()
    cataloguer, head, reviewer = (world.actor(one) for one in ("cataloguer", "head", "reviewer"))

    def draft(name: str) -> Any:
        return services.entry_create(actor=cataloguer, fields=FIELDS | {"name": name}, items=ITEMS)

    world.things["file_draft"] = draft("填报中的目录")
    world.things["file_submitted"] = services.entry_submit(actor=cataloguer, ref=draft("已提交的目录").pk)
    published = services.entry_submit(actor=cataloguer, ref=draft("已发布的目录").pk)
    for person in (head, reviewer):
        published = services.entry_approve(actor=person, ref=published.pk)
    world.things["file_published"] = published
    for state in (UploadState.CHECKED, UploadState.CHECKING, UploadState.DONE):
        world.things[f"upload_{state}"] = upload(world, state)


def upload(world: World, state: UploadState) -> ImportUpload:
    """Make an uploaded file in a state, without a worker."""
    user, now = world.users["cataloguer"], clock.now()
    made = ImportUpload(
        department=world.department, file_name=f"{state}.xlsx", size_bytes=1, state=state, result=COLUMNS,
        uploaded_by=user, uploaded_at=now, asked_by=user, asked_at=now,
    )  # fmt: skip
    made.file.save("world.xlsx", ContentFile(b"x"), save=False)
    made.report.save("report.xlsx", ContentFile(b"x"), save=False)
    if state == UploadState.DONE:
        made.batch = ImportBatch.objects.create(
            department=world.department, file_name="done.xlsx", sha256="0" * 64, state="finished",
            started_by_name="world", started_at=now,
        )  # fmt: skip
    made.save()
    return made


def the(key: str, **others: Any) -> Any:
    """Return a function that names an entry of the world in an address."""
    return lambda world: {"ref": world.things[key].ref, **others}


def the_upload(state: UploadState) -> Any:
    return lambda world: {"pk": world.things[f"upload_{state}"].pk}


def own(status: int) -> dict[str, int]:
    """The cataloguer may, the head of his department only sees it; others do not know of it (``refused=404``)."""
    return {"cataloguer": status, "head": 403}


CHECKED, CHECKING, DONE = (the_upload(state) for state in (UploadState.CHECKED, UploadState.CHECKING, UploadState.DONE))
NEW = {"name": "新目录", "secrecy": "none"}

ROUTES = [
    # Filing
    Route("catalog:entry_create", get=only(200, *FILERS), post=only(302, *FILERS), data=lambda world: NEW),
    Route("catalog:entry_find", get=only(200, *FILERS), query=lambda world: {"q": "目录"}),
    Route("catalog:entry_edit", get=own(302), kwargs=the("file_draft"), refused=404),
    Route(
        "catalog:entry_edit_step",
        get=own(200),
        post=own(302),
        kwargs=the("file_draft", step="basic"),
        data=lambda world: {"name": "改名的目录", "summary": "摘要"},
        refused=404,
    ),
    Route("catalog:entry_submit", get=own(302), post=own(302), kwargs=the("file_draft"), refused=404),
    Route("catalog:entry_recall", get=own(200), post=own(302), kwargs=the("file_submitted"), refused=404),
    Route(
        "catalog:entry_discard",
        get=own(200),
        post=own(302),
        kwargs=the("file_draft"),
        data=lambda world: {"confirmed": "1"},
        refused=404,
    ),
    # A published entry is seen by everybody who is signed in, and revised by its own department alone.
    Route("catalog:entry_revise", get=own(200), post=own(302), kwargs=the("file_published")),
    Route(
        "catalog:entry_withdraw",
        get=own(200),
        post=own(302),
        kwargs=the("file_published"),
        data=lambda world: {"reason": "职责已划转"},
    ),
    # Importing
    Route("catalog:import_page", get=only(200, *FILERS), post=only(422, *FILERS)),
    Route("catalog:import_template", get=only(200, *FILERS)),
    Route("catalog:import_detail", get=only(200, "cataloguer", "head"), kwargs=CHECKED, refused=404),
    Route("catalog:import_report", get=only(200, "cataloguer", "head"), kwargs=CHECKED, refused=404),
    Route("catalog:import_check", post=own(302), kwargs=CHECKED, data=lambda world: {"column-0": "name"}, refused=404),
    Route("catalog:import_start", post=own(302), kwargs=CHECKED, refused=404),
    Route("catalog:import_continue", post=own(302), kwargs=CHECKING, refused=404),
    Route(
        "catalog:import_undo",
        get=own(200),
        post=own(302),
        kwargs=DONE,
        data=lambda world: {"confirmed": "1"},
        refused=404,
    ),
    Route("catalog:import_discard", post=own(302), kwargs=CHECKED, refused=404),
]
