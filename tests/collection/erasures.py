"""Erasures as tests ask for them, approve them and carry them out, and what is left of a person afterwards."""

import json
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections

from collection import evidence, tasks
from collection.models import Erasure, Run
from collection.selectors import erasure as selectors
from collection.services import erasure as asking
from collection.services import erasure_work as working
from collection.services.run import original_context
from collection.vault import open_text
from core.actors import Actor
from tests.collection.conftest import Town
from workflow.services.job_slot import job_slot_claim, job_slot_finish

NUMBER = "990102198505054321"
"""Of 李四, row 0002."""


class Killed(BaseException):
    """What kill -9 looks like from inside: no code of ours runs any more."""


def item_of(town: Town, name: str = "身份证号") -> str:
    return str(town.entry.published_revision.items.get(name=name).item_id)  # type: ignore[union-attr]


def demand(**given: Any) -> dict[str, Any]:
    return {
        "value": NUMBER,
        "ground": "purpose_met",
        "document_number": "2026-11-20",
        "reason": "本人要求删除，处理目的已实现。",
        "document": ContentFile(b"%PDF-1.7 demand", name="申请书.pdf"),
        "without_rows": True,
        **given,
    }


def ask(town: Town, actor: Actor | None = None, **given: Any) -> Erasure:
    item = given.pop("item", None) or item_of(town)
    return asking.erasure_ask(actor=actor or town.cataloguer, dataset_id=town.dataset.pk, item=item, **demand(**given))


def approved(town: Town, **given: Any) -> Erasure:
    return approve(ask(town, **given), town.world.head)


def approve(erasure: Erasure, actor: Actor) -> Erasure:
    """Approve what would be removed now, once a worker has counted it."""
    tasks.erasure_count(erasure.dataset_id)
    rows = selectors.erasure_concerns(Erasure.objects.get(pk=erasure.pk))
    assert rows is not None
    return asking.erasure_approve(actor=actor, erasure_id=erasure.pk, rows=rows)


def carry_out(erasure: Erasure) -> Erasure:
    """Carry an erasure out as a worker would."""
    erasure.refresh_from_db()
    assert erasure.slot is not None
    held = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert held is not None
    working.erasure_work(lease=held, erasure_id=erasure.pk)
    job_slot_finish(held)
    erasure.refresh_from_db()
    return erasure


def stored(town: Town) -> str:
    """Return all that the store holds of the dataset, as text."""
    with connections["store"].cursor() as cursor:
        cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM store.d{town.dataset.pk}_g1 t")
        return str(cursor.fetchone()[0])


def original(run: Run) -> str:
    run.refresh_from_db()
    with evidence.opened(run.original.name, original_context(run.dataset_id)) as source:
        return source.read().decode()


def rejected(run: Run) -> list[dict[str, Any]]:
    run.refresh_from_db()
    return list(evidence.lines_of(run.rejects.name, evidence.context_of(run.pk, "rejects")))


def everything_sealed(town: Town) -> str:
    """Open every sealed file and preview of the dataset's runs that is still referred to."""
    found = []
    for run in Run.objects.filter(dataset=town.dataset):
        if run.original:
            found.append(original(run))
        if run.rejects:
            found.append(json.dumps(rejected(run), ensure_ascii=False))
        if run.found.get("preview"):
            found.append(open_text(run.found["preview"], context=evidence.context_of(run.pk, "preview")))
    return " ".join(found)


def files_below(folder: str) -> set[str]:
    """Return the files that lie in a folder of the storage, however deep."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return set()
    return {f"{folder}/{name}" for name in names}.union(*(files_below(f"{folder}/{one}") for one in folders))


def files() -> set[str]:
    """Return the sealed files of runs that lie in the storage."""
    return files_below("evidence") | files_below("rejects")


def referred() -> set[str]:
    found = {name for pair in Run.objects.values_list("original", "rejects") for name in pair}
    return found - {""}


# --- Carrying it out -------------------------------------------------------------------------------------------------
