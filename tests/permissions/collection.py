"""Who may do what in the collection app: the provider loads, its head and the authority look on."""

from typing import Any

from django.core.files.base import ContentFile

from collection import services
from collection.models import Erasure
from collection.selectors import columns_wanted
from collection.services import SourceFields
from collection.services import consent as consents
from collection.services import duty as filing
from collection.services import duty_review as review
from collection.services import erasure as erasures
from collection.services.assignment import assignment_add
from core import clock
from tests.collection.worker import run_of
from tests.factories.accounts import UserFactory
from tests.factories.workflow import LegalBasisFactory
from tests.permissions.table import Route, only, people
from tests.permissions.world import World

HEADER = "对象编号,姓名\n"
ANSWERING = ("cataloguer", "head", "reviewer")


def extend(world: World) -> None:
    """A dataset with a run that waits for a worker, and one without any."""
    entry = world.things["read_published"]
    cataloguer = world.actor("cataloguer")
    contractor = UserFactory(department=world.department, roles=["cataloguer"], contractor=True)
    world.things["contractor"] = contractor
    world.things["assignment"] = assignment_add(
        actor=world.actor("head"), entry_ref=entry.pk, user_id=contractor.pk, until=clock.today()
    )
    world.things["dataset"] = services.dataset_hook(actor=cataloguer, ref=entry.pk, name="在跑")
    world.things["idle_dataset"] = services.dataset_hook(actor=cataloguer, ref=entry.pk, name="空闲")
    loaded = services.dataset_hook(actor=cataloguer, ref=entry.pk, name="已有数据")
    run_of(loaded, cataloguer, HEADER + "0001,王小明\n")
    run_of(loaded, cataloguer, HEADER + "0001,王大明\n")
    world.things["loaded_dataset"] = loaded
    world.things["source"] = services.source_add(
        actor=cataloguer,
        dataset_id=world.things["idle_dataset"].pk,
        kind="http",
        fields=SourceFields(name="接口", settings={"url": "http://data.example/"}),
    )
    world.things["resting_source"] = services.source_add(
        actor=cataloguer,
        dataset_id=world.things["idle_dataset"].pk,
        kind="http",
        fields=SourceFields(name="停着", settings={"url": "http://data.example/"}),
    )
    services.source_pause(actor=cataloguer, source_id=world.things["resting_source"].pk)
    world.things["destination"] = services.destination_add(
        actor=world.actor("secadmin"), host="10.9.8.7", networks=["10.9.8.7"], ports=[443], reason="接口"
    )
    item = columns_wanted(entry)[0].item
    rule = {"kind": "regex", "severity": "warn", "item": item, "pattern": "[0-9]{5}"}
    world.things["rule"] = services.quality_rule_add(actor=cataloguer, dataset_id=loaded.pk, fields=rule)
    world.things["rule_fields"] = rule
    world.things["report"] = loaded.quality_reports.latest("pk")
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
    world.things["base_map"] = services.base_map_load(
        actor=world.actor("sysadmin"),
        content=b'{"type": "LineString", "coordinates": [[104, 30], [105, 31]]}',
        file_name="a.geojson",
        approval_number="GS0000",
    )
    extend_duties(world)
    extend_erasures(world)
    extend_consents(world)


def extend_duties(world: World) -> None:
    """Collection duties: a draft, one that waits for the head, one that is registered."""
    basis = LegalBasisFactory(may_justify=["collection"])
    cataloguer, head = world.actor("cataloguer"), world.actor("head")
    fields = {
        "name": "低保申请人信息",
        "purpose": "审核申请",
        "subject": "natural_person",
        "ground": "law",
        "legal_basis": [basis.pk],
        "manner": "digital",
        "form": "counter",
        "frequency": "irregular",
    }
    for name in ("duty_draft", "duty_waiting", "duty_registered"):
        duty = filing.duty_create(actor=cataloguer, fields=fields, items=[{"name": f"{name}项"}])
        world.things[name] = duty
        if name != "duty_draft":
            review.duty_check(actor=cataloguer, duty_id=duty.pk)
            review.duty_submit(actor=cataloguer, duty_id=duty.pk)
        if name == "duty_registered":
            review.duty_approve(actor=head, duty_id=duty.pk)
            review.duty_approve(actor=world.actor("reviewer"), duty_id=duty.pk)


def extend_consents(world: World) -> None:
    """A duty that rests on consent, with one answer and its evidence."""
    cataloguer = world.actor("cataloguer")
    fields = {
        "name": "回访意愿",
        "purpose": "服务回访",
        "subject": "natural_person",
        "ground": "consent",
        "manner": "digital",
        "form": "counter",
        "frequency": "irregular",
    }
    duty = filing.duty_create(actor=cataloguer, fields=fields, items=[{"name": "回访时段"}])
    consents.consent_text_write(actor=cataloguer, duty_id=duty.pk, text="同意回访", refusal_note="不影响办理")
    review.duty_check(actor=cataloguer, duty_id=duty.pk)
    review.duty_submit(actor=cataloguer, duty_id=duty.pk)
    review.duty_approve(actor=world.actor("head"), duty_id=duty.pk)
    review.duty_approve(actor=world.actor("reviewer"), duty_id=duty.pk)
    world.things["duty_asking"] = duty
    answer = consents.Answer("990102198505054321", "given", "counter", clock.now())
    world.things["consent"] = consents.consent_record(
        actor=cataloguer, duty_id=duty.pk, answer=answer, file=ContentFile(b"signed", name="a.pdf")
    )


def consent(world: World) -> dict[str, Any]:
    return {"pk": world.things["duty_asking"].pk, "record": world.things["consent"].pk}


def extend_erasures(world: World) -> None:
    """An erasure that waits for the head, and one that failed."""
    dataset = world.things["loaded_dataset"]
    for name, value in (("erasure", "0001"), ("erasure_failed", "0002")):
        world.things[name] = erasures.erasure_ask(
            actor=world.actor("cataloguer"),
            dataset_id=dataset.pk,
            item=columns_wanted(dataset.entry)[0].item,
            value=value,
            ground="purpose_met",
            document_number="2026-11-20",
            reason="本人要求",
            document=ContentFile(b"%PDF-1.7", name="a.pdf"),
            without_rows=True,
        )
    failed = world.things["erasure_failed"]
    Erasure.objects.filter(pk=failed.pk).update(state="failed", failure="sealed", decided_by=world.actor("head").id)


def thing(name: str) -> Any:
    return lambda world: {"pk": world.things[name].pk}


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


def rule(world: World) -> dict[str, Any]:
    return {"pk": world.things["rule"].pk}


def rule_fields(world: World) -> dict[str, Any]:
    return dict(world.things["rule_fields"])


def run(world: World) -> dict[str, Any]:
    return {"pk": world.things["run"].pk}


def source(world: World) -> dict[str, Any]:
    return {"pk": world.things["source"].pk}


def resting(world: World) -> dict[str, Any]:
    return {"pk": world.things["resting_source"].pk}


SOURCE = {
    "name": "又一个",
    "url": "https://data.example/rows.csv",
    "shape": "file",
    "paging": "page_number",
    "sign_in": "none",
    "mode": "replace",
    "rhythm": "daily",
    "at": "03:00",
    "attempts": 3,
    "retry_minutes": 5,
    "deadline_minutes": 60,
    "edit_version": 1,
}
DESTINATION = {"host": "10.1.2.3", "networks": "10.1.2.0/24", "ports": "443, 8443", "purpose": "source",
               "reason": "接口"}  # fmt: skip
SETTINGS = {"name": "新名称", "default_mode": "replace", "reject_limit_percent": 5, "keep_version_hours": 48,
            "keep_original_days": 90}  # fmt: skip

ROUTES = [
    Route("collection:dataset_list", get=people(200)),
    Route(
        "collection:dataset_hook",
        get=only(200, "cataloguer"),
        post=only(302, "cataloguer"),
        kwargs=lambda world: {"ref": world.things["read_published"].ref},
        data=lambda world: {"name": "又一个"},
    ),
    Route(
        "collection:assignment_list",
        get=only(200, "head"),
        post=only(302, "head"),
        kwargs=lambda world: {"ref": world.things["read_published"].ref},
        data=lambda world: {"user": world.things["contractor"].pk, "until": "2099-01-01"},
    ),
    Route(
        "collection:assignment_end",
        post=only(302, "head"),
        kwargs=lambda world: {"ref": world.things["read_published"].ref, "pk": world.things["assignment"].pk},
    ),
    Route("collection:dataset_detail", get=people(200), kwargs=dataset, get_writes=True),
    Route("collection:dataset_edit", post=only(302, "cataloguer"), kwargs=idle, data=lambda world: SETTINGS),
    Route(
        "collection:dataset_retire", post=only(302, "cataloguer"), kwargs=idle, data=lambda world: {"reason": "并入"}
    ),
    Route("collection:rows", get=people(200), kwargs=loaded, get_writes=True),
    Route("collection:compare", get=only(200, *ANSWERING), kwargs=loaded, get_writes=True),
    Route("collection:export", get=only(200, "cataloguer", "head"), kwargs=loaded, get_writes=True),
    Route("collection:files_add", post=only(422, "cataloguer"), kwargs=shelf),
    Route("collection:files_remove", post=only(422, "cataloguer"), kwargs=shelf),
    Route("collection:files_return", post=only(409, "cataloguer"), kwargs=shelf, data=lambda world: {"version": 1}),
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
    Route(
        "collection:upload_discard",
        post=only(302, "cataloguer"),
        kwargs=lambda world: upload(world) | loaded(world),
        refused=404,
    ),
    Route("collection:upload_finish", post=only(409, "cataloguer"), kwargs=upload, refused=404),
    Route("collection:upload_publish", post=only(409, "cataloguer"), kwargs=upload, refused=404),
    Route("collection:run_rollback", post=only(409, "cataloguer"), kwargs=loaded, data=lambda world: {"version": 2}),
    Route("collection:run_list", get=people(200)),
    Route("collection:run_detail", get=only(200, *ANSWERING), kwargs=run),
    Route("collection:run_confirm", post=only(422, "cataloguer"), kwargs=run),
    Route("collection:run_cancel", post=only(302, "cataloguer"), kwargs=run),
    Route("collection:run_resubmit", post=only(422, "cataloguer"), kwargs=run),
    Route("collection:run_original", get=only(200, "cataloguer", "head"), kwargs=run, get_writes=True),
    Route("collection:run_rejects", get=only(200, "cataloguer", "head"), kwargs=run, get_writes=True),
    Route("collection:source_list", get=people(200)),
    Route(
        "collection:source_add",
        get=only(200, "cataloguer"),
        post=only(302, "cataloguer"),
        kwargs=lambda world: {"pk": world.things["idle_dataset"].pk, "kind": "http"},
        data=lambda world: SOURCE,
    ),
    Route("collection:source_detail", get=only(200, "cataloguer", "head"), kwargs=source),
    Route(
        "collection:source_edit",
        get=only(200, "cataloguer"),
        post=only(302, "cataloguer"),
        kwargs=source,
        data=lambda world: SOURCE,
    ),
    Route("collection:source_run", post=only(302, "cataloguer"), kwargs=source),
    Route("collection:source_try", post=only(302, "cataloguer"), kwargs=source),
    Route("collection:source_pause", post=only(302, "cataloguer"), kwargs=source),
    Route("collection:source_resume", post=only(302, "cataloguer"), kwargs=resting),
    Route("collection:source_retire", post=only(302, "cataloguer"), kwargs=source),
    Route(
        "collection:destination_list",
        get=only(200, "secadmin"),
        post=only(302, "secadmin"),
        data=lambda world: DESTINATION,
    ),
    Route(
        "collection:destination_remove",
        post=only(302, "secadmin"),
        kwargs=lambda world: {"pk": world.things["destination"].pk},
    ),
    Route("collection:base_map", get=only(200, "sysadmin"), post=only(422, "sysadmin")),
    Route("collection:base_map_remove", post=only(302, "sysadmin")),
    Route("collection:base_map_show", get=people(200), kwargs=thing("base_map")),
    Route("collection:freshness_list", get=people(200)),
    Route("collection:freshness_calendar", get=people(200)),
    Route("collection:pool_list", get=people(200)),
    Route(
        "collection:pool_detail",
        get=only(200, *ANSWERING),
        kwargs=lambda world: {"code": world.things["dataset"].entry.department.code},
        refused=404,
    ),
    Route("collection:quality_list", get=people(200)),
    Route("collection:region_limit_list", get=people(200)),
    Route("collection:region_limit_set", post=only(302, "reviewer"), data=lambda world: {"score": 85}),
    Route("collection:quality_dataset", get=only(200, *ANSWERING), kwargs=loaded),
    Route("collection:quality_limit", post=only(302, "cataloguer"), kwargs=loaded, data=lambda world: {"limit": 90}),
    Route(
        "collection:quality_rule_add",
        get=only(200, "cataloguer"),
        post=only(302, "cataloguer"),
        kwargs=loaded,
        query=lambda world: {"kind": "regex"},
        data=lambda world: rule_fields(world) | {"pattern": "[0-9]{6}"},
    ),
    Route("collection:quality_rule_try", post=only(200, "cataloguer"), kwargs=loaded, data=rule_fields),
    Route(
        "collection:quality_rule_edit",
        get=only(200, "cataloguer"),
        post=only(302, "cataloguer"),
        kwargs=rule,
        data=rule_fields,
    ),
    Route("collection:quality_rule_remove", post=only(302, "cataloguer"), kwargs=rule),
    Route(
        "collection:quality_samples",
        get=only(200, *ANSWERING),
        kwargs=lambda world: {"pk": world.things["report"].pk, "at": 0},
    ),
    Route("collection:duty_list", get=people(200)),
    Route(
        "collection:duty_create",
        get=only(200, "cataloguer", "other_department"),
        post=only(302, "cataloguer", "other_department"),
        data=lambda world: {"name": "新事项"},
    ),
    Route("collection:duty_detail", get=only(200, "cataloguer", "head"), kwargs=thing("duty_draft"), refused=404),
    Route(
        "collection:duty_edit",
        get=only(200, "cataloguer") | {"head": 403},
        post=only(302, "cataloguer") | {"head": 403},
        kwargs=thing("duty_draft"),
        data=lambda world: {"name": "新名称"},
        refused=404,
    ),
    Route(
        "collection:duty_check",
        post=only(302, "cataloguer") | {"head": 403},
        kwargs=thing("duty_draft"),
        refused=404,
    ),
    Route(
        "collection:duty_submit",
        post=only(422, "cataloguer") | {"head": 403},
        kwargs=thing("duty_draft"),
        refused=404,
    ),
    Route(
        "collection:duty_discard",
        post=only(302, "cataloguer") | {"head": 403},
        kwargs=thing("duty_draft"),
        refused=404,
    ),
    Route(
        "collection:duty_recall",
        post=only(302, "cataloguer") | {"head": 403},
        kwargs=thing("duty_waiting"),
        refused=404,
    ),
    Route(
        "collection:duty_approve",
        post=only(302, "head") | {"cataloguer": 403},
        kwargs=thing("duty_waiting"),
        refused=404,
    ),
    Route(
        "collection:duty_return",
        post=only(302, "head") | {"cataloguer": 403},
        kwargs=thing("duty_waiting"),
        data=lambda world: {"opinion": "请补充"},
        refused=404,
    ),
    Route("collection:duty_revise", post=only(302, "cataloguer"), kwargs=thing("duty_registered")),
    Route(
        "collection:duty_end",
        post=only(302, "cataloguer"),
        kwargs=thing("duty_registered"),
        data=lambda world: {"reason": "职责调整"},
    ),
    Route("collection:erasure_list", get=only(200, "cataloguer", "head", "other_department")),
    Route(
        "collection:erasure_create",
        get=only(200, "cataloguer", "other_department"),
        post=only(422, "cataloguer", "other_department"),
    ),
    Route("collection:erasure_detail", get=only(200, "cataloguer", "head"), kwargs=thing("erasure"), refused=404),
    Route(
        "collection:erasure_approve",
        post=only(302, "head") | {"cataloguer": 403},
        kwargs=thing("erasure"),
        data=lambda world: {"rows": str(world.things["erasure"].rows_seen)},
        refused=404,
    ),
    Route(
        "collection:erasure_refuse",
        post=only(302, "head") | {"cataloguer": 403},
        kwargs=thing("erasure"),
        data=lambda world: {"opinion": "保存期限未满"},
        refused=404,
    ),
    Route(
        "collection:erasure_withdraw",
        post=only(302, "cataloguer") | {"head": 403},
        kwargs=thing("erasure"),
        refused=404,
    ),
    Route(
        "collection:erasure_retry",
        post=only(302, "cataloguer", "head"),
        kwargs=thing("erasure_failed"),
        refused=404,
    ),
    Route(
        "collection:erasure_document",
        get=only(200, "cataloguer", "head"),
        kwargs=thing("erasure"),
        refused=404,
        get_writes=True,
    ),
    Route("collection:consent_list", get=only(200, "cataloguer", "head"), kwargs=thing("duty_asking"), refused=404),
    Route(
        "collection:consent_text",
        post=only(302, "cataloguer") | {"head": 403},
        kwargs=thing("duty_asking"),
        data=lambda world: {"text": "同意", "refusal_note": "不影响办理"},
        refused=404,
    ),
    Route(
        "collection:consent_record",
        post=only(422, "cataloguer") | {"head": 403},
        kwargs=thing("duty_asking"),
        refused=404,
    ),
    Route(
        "collection:consent_import",
        post=only(422, "cataloguer") | {"head": 403},
        kwargs=thing("duty_asking"),
        refused=404,
    ),
    Route(
        "collection:consent_find",
        post=only(200, "cataloguer", "head"),
        kwargs=thing("duty_asking"),
        data=lambda world: {"number": "990102198505054321"},
        refused=404,
    ),
    Route(
        "collection:subject_export",
        post=only(422, "cataloguer") | {"head": 403},
        kwargs=thing("duty_asking"),
        refused=404,
    ),
    Route(
        "collection:consent_withdraw",
        post=only(302, "cataloguer") | {"head": 403},
        kwargs=consent,
        data=lambda world: {"channel": "phone"},
        refused=404,
    ),
    Route(
        "collection:consent_evidence",
        get=only(200, "cataloguer", "head"),
        kwargs=consent,
        refused=404,
        get_writes=True,
    ),
    Route("collection:lead_list", get=people(200)),
    Route("collection:lead_appoint", post=only(422, "reviewer")),
    Route("collection:digitisation_list", get=people(200)),
    Route("collection:digitisation_report", post=only(422, "cataloguer"), kwargs=thing("duty_registered")),
]
