"""Who may do what in the collection app: the provider loads, its head and the authority look on."""

from typing import Any

from django.core.files.base import ContentFile

from collection import services
from tests.collection.worker import run_of
from tests.permissions.table import Route, only, people
from tests.permissions.world import World

HEADER = "对象编号,姓名\n"
ANSWERING = ("cataloguer", "head", "reviewer")


def extend(world: World) -> None:
    """A dataset with a run that waits for a worker, and one without any."""
    entry = world.things["read_published"]
    cataloguer = world.actor("cataloguer")
    world.things["dataset"] = services.dataset_hook(actor=cataloguer, ref=entry.pk, name="在跑")
    world.things["idle_dataset"] = services.dataset_hook(actor=cataloguer, ref=entry.pk, name="空闲")
    loaded = services.dataset_hook(actor=cataloguer, ref=entry.pk, name="已有数据")
    run_of(loaded, cataloguer, HEADER + "0001,王小明\n")
    run_of(loaded, cataloguer, HEADER + "0001,王大明\n")
    world.things["loaded_dataset"] = loaded
    shelf = services.dataset_hook(actor=cataloguer, ref=entry.pk, name="文件", kind="files")
    picture = ContentFile(b"\x89PNG\r\n\x1a\n", name="a.png")
    services.files_add(actor=cataloguer, dataset_id=shelf.pk, files=[picture])
    world.things["shelf"], world.things["file"] = shelf, shelf.files.get()
    world.things["upload"] = services.upload_begin(
        actor=cataloguer, dataset_id=loaded.pk, file_name="b.csv", size_bytes=10
    )
    world.things["run"] = services.run_upload(
        actor=cataloguer, dataset_id=world.things["dataset"].pk, pieces=[HEADER.encode()], file_name="a.csv"
    )


def loaded(world: World) -> dict[str, Any]:
    return {"pk": world.things["loaded_dataset"].pk}


def shelf(world: World) -> dict[str, Any]:
    return {"pk": world.things["shelf"].pk}


def upload(world: World) -> dict[str, Any]:
    return {"token": world.things["upload"].token}


def file(world: World) -> dict[str, Any]:
    return {"pk": world.things["file"].pk}


def dataset(world: World) -> dict[str, Any]:
    return {"pk": world.things["dataset"].pk}


def idle(world: World) -> dict[str, Any]:
    return {"pk": world.things["idle_dataset"].pk}


def run(world: World) -> dict[str, Any]:
    return {"pk": world.things["run"].pk}


SETTINGS = {"name": "新名称", "default_mode": "replace", "reject_limit_percent": 5, "keep_version_hours": 48}

ROUTES = [
    Route("collection:dataset_list", get=people(200)),
    Route(
        "collection:dataset_hook",
        get=only(200, "cataloguer"),
        post=only(302, "cataloguer"),
        kwargs=lambda world: {"ref": world.things["read_published"].ref},
        data=lambda world: {"name": "又一个"},
    ),
    Route("collection:dataset_detail", get=people(200), kwargs=dataset),
    Route("collection:dataset_edit", post=only(302, "cataloguer"), kwargs=idle, data=lambda world: SETTINGS),
    Route(
        "collection:dataset_retire", post=only(302, "cataloguer"), kwargs=idle, data=lambda world: {"reason": "并入"}
    ),
    Route("collection:rows", get=people(200), kwargs=loaded),
    Route("collection:compare", get=only(200, *ANSWERING), kwargs=loaded),
    Route("collection:export", get=only(200, *ANSWERING), kwargs=loaded, get_writes=True),
    Route("collection:files_add", post=only(422, "cataloguer"), kwargs=shelf),
    Route("collection:files_remove", post=only(422, "cataloguer"), kwargs=shelf),
    Route("collection:file_detail", get=only(200, "cataloguer", "head"), kwargs=file),
    Route("collection:file_show", get=only(200, "cataloguer", "head"), kwargs=file, get_writes=True),
    Route("collection:file_download", get=only(200, "cataloguer", "head"), kwargs=file, get_writes=True),
    Route("collection:run_upload", post=only(422, "cataloguer"), kwargs=idle),
    Route(
        "collection:upload_begin",
        post=only(200, "cataloguer"),
        kwargs=idle,
        data=lambda world: {"name": "a.csv", "size": 10},
    ),
    Route(
        "collection:upload_take",
        post=only(422, "cataloguer"),
        kwargs=lambda world: upload(world) | {"offset": 0},
        refused=404,
    ),
    Route("collection:upload_finish", post=only(409, "cataloguer"), kwargs=upload, refused=404),
    Route("collection:run_rollback", post=only(409, "cataloguer"), kwargs=idle, data=lambda world: {"version": 1}),
    Route("collection:run_list", get=people(200)),
    Route("collection:run_detail", get=only(200, *ANSWERING), kwargs=run),
    Route("collection:run_confirm", post=only(422, "cataloguer"), kwargs=run),
    Route("collection:run_cancel", post=only(302, "cataloguer"), kwargs=run),
    Route("collection:run_resubmit", post=only(422, "cataloguer"), kwargs=run),
    Route("collection:run_original", get=only(200, "cataloguer", "head"), kwargs=run, get_writes=True),
    Route("collection:run_rejects", get=only(200, "cataloguer", "head"), kwargs=run, get_writes=True),
    Route("collection:freshness_list", get=people(200)),
]
