"""Erasures: asked by one, approved by another, carried out to the end whatever dies, and nothing of the person left."""

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connections

from audit.models import AuditEvent
from catalog.exceptions import OwnSubmission
from collection import evidence, services
from collection.choices import RunState
from collection.duty_choices import ErasureState
from collection.erasure_wording import report_lines
from collection.models import DatasetVersion, Erasure, PartialUpload, Run
from collection.profiles import profile_of
from collection.readers.changes import Resync, changes
from collection.readers.entitlement import Entitlement
from collection.readers.kept_profiles import profile_keep, profile_kept
from collection.selectors import erasure as selectors
from collection.selectors import pinned_version, version_get
from collection.services import erasure as asking
from collection.services import erasure_work as working
from collection.services import redaction
from collection.services.ingest import run_work
from collection.services.run import original_context
from collection.services.subject_key import subject_hash
from collection.services.sweep import job_name
from collection.store import erasing
from collection.subject_numbers import Subject, hashed
from collection.vault import open_text
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.collection.conftest import HEADER, ROWS, Town
from tests.factories.accounts import UserFactory, actor_of
from tests.unchanged import database_digest, nothing_changes
from workflow import outbox_delivery
from workflow.exceptions import LeaseLost
from workflow.models import JobSlot, Notification, OutboxMessage, Task
from workflow.services.job_slot import job_slot_claim, job_slot_finish, job_slots_sweep

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
        **given,
    }


def ask(town: Town, actor: Actor | None = None, **given: Any) -> Erasure:
    item = given.pop("item", None) or item_of(town)
    return asking.erasure_ask(actor=actor or town.cataloguer, dataset_id=town.dataset.pk, item=item, **demand(**given))


def approved(town: Town, **given: Any) -> Erasure:
    return approve(ask(town, **given), town.world.head)


def approve(erasure: Erasure, actor: Actor) -> Erasure:
    """Approve what would be removed now."""
    rows = selectors.erasure_concerns(erasure)
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


def files() -> set[str]:
    """Return the sealed files that lie in the storage."""

    def below(folder: str) -> Iterator[str]:
        try:
            folders, names = default_storage.listdir(folder)
        except FileNotFoundError:
            return
        for name in names:
            yield f"{folder}/{name}"
        for one in folders:
            yield from below(f"{folder}/{one}")

    return {*below("evidence"), *below("rejects")}


def referred() -> set[str]:
    found = {name for pair in Run.objects.values_list("original", "rejects") for name in pair}
    return found - {""}


# --- Carrying it out -------------------------------------------------------------------------------------------------


def test_the_rows_go_from_every_version_original_rejected_row_and_preview(three: Town) -> None:
    services.dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"reject_limit_percent": 90})
    changed = f"0002,李四,{NUMBER},930,2026-02-06\n"
    run = three.send(HEADER + ROWS[0] + changed + f"0009,李四,{NUMBER},很多,2026-03-01\n", mode="replace")
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 1)
    assert NUMBER in stored(three)
    assert NUMBER in everything_sealed(three)
    done = carry_out(approved(three))
    assert done.state == ErasureState.DONE
    assert NUMBER not in stored(three)
    sealed = everything_sealed(three)
    assert NUMBER not in sealed
    assert "王小明" in sealed
    assert files() == referred()
    assert done.rows_erased == 2
    assert done.sealed_value == ""
    assert version_get(three.dataset).removed == 1  # of the published version; the other row lay in an earlier one


def test_unfinished_uploads_are_thrown_away_counted_and_told_of(three: Town) -> None:
    content = f"{HEADER}0002,李四,{NUMBER},930,2026-02-06\n".encode()
    given = {"actor": three.cataloguer, "file_name": f"{NUMBER}.csv", "size_bytes": len(content) + 5}
    upload = services.upload_begin(dataset_id=three.dataset.pk, **given)
    services.upload_take(actor=three.cataloguer, token=upload.token, offset=0, content=content)
    other = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="另一份")
    kept = services.upload_begin(dataset_id=other.pk, **given)
    done = carry_out(approved(three))
    assert list(PartialUpload.objects.all()) == [kept]
    assert (done.report["uploads"], done.trash) == (1, [])
    assert default_storage.listdir("uploads")[1] == []
    assert "1 unfinished file was thrown away" in " ".join(report_lines(done))
    assert AuditEvent.objects.get(action="collection.erasure.finish").after["uploads"] == 1
    outbox_delivery.deliver()
    told = Notification.objects.get(kind="collection.run.failed", user=three.cataloguer.id)
    assert NUMBER not in f"{told.title} {told.body}"
    with pytest.raises(NotVisible):
        services.upload_take(actor=three.cataloguer, token=upload.token, offset=len(content), content=b"12345")


def test_no_profile_that_was_told_of_the_rows_is_kept(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    version = three.dataset.published_version
    assert version is not None
    whole = Entitlement(three.dataset.pk, tuple(one.item for one in pinned_version(version).columns))
    profile_of(whole, version)
    assert profile_kept(whole, version.pk) is not None
    redact = working.run_redact

    def looked_at_meanwhile(*given: Any, **named: Any) -> None:
        assert profile_kept(whole, version.pk) is None
        profile_of(whole, version)
        redact(*given, **named)

    monkeypatch.setattr(working, "run_redact", looked_at_meanwhile)
    carry_out(approved(three))
    assert profile_kept(whole, version.pk) is None


def test_a_profile_that_was_begun_before_is_not_kept_after(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    whole = Entitlement(three.dataset.pk, tuple(one.item for one in pinned_version(version).columns))
    found = profile_of(whole, version)
    carry_out(approved(three))
    profile_keep(whole, version.pk, found)
    assert profile_kept(whole, version.pk) is None


def test_the_new_version_is_told_of_as_any_other(three: Town) -> None:
    carry_out(approved(three))
    message = OutboxMessage.objects.filter(event="collection.version.published").latest("pk")
    assert message.payload == {"dataset_id": three.dataset.pk, "version": 2}


def test_versions_stay_readable_and_their_counts_honest(three: Town) -> None:
    three.send(HEADER + ROWS[0] + ROWS[1])
    carry_out(approved(three))
    three.dataset.refresh_from_db()
    counts = dict(DatasetVersion.objects.filter(dataset=three.dataset).values_list("number", "row_count"))
    assert counts == {1: 2, 2: 1, 3: 1}
    for number, rows in counts.items():
        pinned = pinned_version(version_get(three.dataset, number))
        assert erasing.version_row_counts(three.dataset.pk, pinned.generation, [number]) == {number: rows}
    assert three.dataset.published_version.number == 3  # type: ignore[union-attr]


def test_who_holds_a_replica_is_told_to_take_a_snapshot(three: Town) -> None:
    three.send(HEADER + "".join(ROWS) + "0010,新人,,1,2026-01-01\n")
    before = pinned_version(version_get(three.dataset, 2))
    carry_out(approved(three))
    three.dataset.refresh_from_db()
    entitlement = Entitlement(three.dataset.pk, tuple(one.item for one in before.columns))
    now = pinned_version(version_get(three.dataset))
    for number in (1, 2):
        with pytest.raises(Resync):
            changes(entitlement, pinned_version(version_get(three.dataset, number)), now, limit=100)
    assert changes(entitlement, None, now, limit=100).count == 3
    three.send(HEADER + ROWS[0])
    three.dataset.refresh_from_db()
    later = pinned_version(version_get(three.dataset))
    assert changes(entitlement, now, later, limit=100).count == 2


def test_an_original_keeps_every_other_byte(town: Town) -> None:
    text = HEADER + ROWS[0] + '0002,"李\n四",' + NUMBER + ",920,2026/2/6\n" + ROWS[2]
    run = town.send(text, encoding="gb18030")
    assert run.state == RunState.SUCCEEDED
    carry_out(approved(town))
    left = (HEADER + ROWS[0] + ROWS[2]).encode("gb18030")
    kept = Run.objects.get(pk=run.pk)
    with evidence.opened(kept.original.name, original_context(town.dataset.pk)) as source:
        assert source.read() == left
    assert kept.sha256 == hashlib.sha256(left).hexdigest()
    sent = AuditEvent.objects.get(action="collection.run.send", object_pk=str(run.pk))
    assert sent.after["sha256"] == run.sha256


def test_an_original_without_lines_is_deleted_whole_and_so_noted(town: Town) -> None:
    book = openpyxl.Workbook()
    for line in (HEADER + ROWS[0] + ROWS[1]).splitlines():
        book.active.append(line.split(","))  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    run = services.run_upload(
        actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[out.getvalue()], file_name="rows.xlsx",
        is_confirmed=True,
    )  # fmt: skip
    assert town.work(run).state == RunState.SUCCEEDED
    done = carry_out(approved(town))
    run.refresh_from_db()
    assert run.original.name == ""
    assert files() == referred()
    assert [one["original"] for one in done.report["runs"]] == ["deleted"]
    assert NUMBER not in stored(town)


def test_a_first_row_that_was_taken_for_the_header_is_forgotten_too(town: Town) -> None:
    first = f"0002,李四,{NUMBER},920,2026-02-06\n0003,赵六,,1,2026-01-01\n"
    run = town.send(first, layout={"format": "csv", "header_rows": [1]})
    assert NUMBER in str(run.found["columns"])
    carry_out(approved(town))
    run.refresh_from_db()
    assert NUMBER not in str((run.found, run.mapping, run.layout))
    assert files() == referred()


def test_files_without_the_person_are_left_as_they_are(three: Town) -> None:
    clean = three.send(HEADER + ROWS[0])
    name = clean.original.name
    carry_out(approved(three))
    clean.refresh_from_db()
    assert clean.original.name == name


def test_rejected_rows_are_counted_anew(three: Town) -> None:
    run = three.send(HEADER + "".join(ROWS) + f"0009,李四,{NUMBER},很多,2026-03-01\n0011,赵六,,许多,2026-03-01\n",
                     mode="upsert")  # fmt: skip
    assert run.rows_rejected == 2
    carry_out(approved(three))
    run.refresh_from_db()
    assert run.rows_rejected == 1
    problem = run.problems.get()
    assert (problem.count, problem.first_rows) == (1, [6])


def test_a_key_is_compared_exactly_and_only_in_its_column(three: Town) -> None:
    run = three.send(HEADER + ROWS[0] + "0164A,欧阳锋,0002,1,2026-01-01\n" + "0002,李四,,1,2026-01-01\n")
    carry_out(approved(three, item=item_of(three, "对象编号"), value="0002"))
    assert original(run) == HEADER + ROWS[0] + "0164A,欧阳锋,0002,1,2026-01-01\n"
    assert "0164A" in stored(three)


def test_an_id_number_is_found_in_both_spellings_of_its_check_character(town: Town) -> None:
    number = "99010219850505432X"
    town.send(HEADER + f"1,甲,{number},1,2026-01-01\n2,乙,{number.lower()},1,2026-01-01\n3,丙,,1,2026-01-01\n")
    assert carry_out(approved(town, value=number.lower())).rows_erased == 2
    assert Subject("0164a").sought.texts == ("0164a",)


def test_nothing_is_published_where_nothing_was_stored(three: Town) -> None:
    done = carry_out(approved(three, value="990102199912319999"))
    assert done.state == ErasureState.DONE
    assert done.rows_erased == 0
    assert DatasetVersion.objects.count() == 1


def test_rows_of_unhooked_data_go_too(three: Town) -> None:
    services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason="并入")
    carry_out(approved(three))
    assert NUMBER not in stored(three)


# --- Runs under way --------------------------------------------------------------------------------------------------


def test_runs_under_way_are_cancelled_and_none_begins_meanwhile(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = services.run_upload(
        actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[(HEADER + ROWS[1]).encode()], file_name="a.csv"
    )
    erasure = approved(three)
    tried: list[type[BaseException]] = []
    delete = erasing.rows_delete

    def meanwhile(*args: Any, **given: Any) -> int:
        for attempt in (
            lambda: services.run_upload(
                actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[b"x"], file_name="a.csv"
            ),
            lambda: services.run_rollback(actor=three.cataloguer, dataset_id=three.dataset.pk, number=1),
        ):
            with pytest.raises(InvalidTransition) as refused:
                attempt()
            tried.append(refused.type)
        return delete(*args, **given)

    monkeypatch.setattr(erasing, "rows_delete", meanwhile)
    carry_out(erasure)
    assert len(tried) == 2
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert NUMBER not in everything_sealed(three)
    assert three.send(HEADER + ROWS[0]).state == RunState.SUCCEEDED


def test_a_worker_that_loads_is_shut_out(three: Town) -> None:
    run = services.run_upload(
        actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[(HEADER + ROWS[1]).encode()], file_name="a.csv"
    )
    loading = job_slot_claim(job_name(run.pk), run.slot)
    assert loading is not None
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    carry_out(approved(three))
    run_work(lease=loading, run_id=run.pk)
    assert NUMBER not in stored(three)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


# --- Workers that die ------------------------------------------------------------------------------------------------


PLACES = (
    (working, "_trash_empty"),
    (working.fence, "fence_take"),
    (working.erasing, "rows_delete"),
    (working, "run_redact"),
    (redaction, "_original"),
    (working, "_finish"),
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("module", "name"), PLACES, ids=[name for _module, name in PLACES])
def test_a_worker_that_dies_is_followed_by_one_that_finishes(
    three: Town, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: bool
) -> None:
    three.send(HEADER + "".join(ROWS) + f"0009,李四,{NUMBER},很多,2026-03-01\n", mode="upsert")
    erasure = approved(three)
    assert erasure.slot is not None
    first = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert first is not None
    do = getattr(module, name)

    def die(*args: Any, **given: Any) -> Any:
        if after:
            do(*args, **given)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, name, die)
        with pytest.raises(Killed):
            working.erasure_work(lease=first, erasure_id=erasure.pk)
    # Until another worker goes on, the number waits for it sealed and nowhere else.
    waiting = [str(list(model.objects.values())) for model in (AuditEvent, OutboxMessage, Task, Erasure, JobSlot)]
    assert not [one for one in waiting if NUMBER in one]
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        second = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
        assert second is not None
        working.erasure_work(lease=second, erasure_id=erasure.pk)
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.DONE
    assert erasure.rows_erased == 1
    assert NUMBER not in stored(three)
    assert NUMBER not in everything_sealed(three)
    assert erasure.trash == []
    three.dataset.refresh_from_db()
    version = three.dataset.published_version
    assert version is not None
    assert (version.number, version.lineage, version.row_count) == (2, 1, 2)
    assert Run.objects.filter(rows_rejected=0).count() == 2
    assert referred() <= files()
    for name_left in files() - referred():
        assert NUMBER not in default_storage.open(name_left).read().decode("latin-1")


def test_a_worker_that_was_taken_for_dead_changes_nothing_any_more(three: Town) -> None:
    erasure = approved(three)
    assert erasure.slot is not None
    first = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert first is not None
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        second = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
        assert second is not None
        with pytest.raises(LeaseLost):
            working.erasure_work(lease=first, erasure_id=erasure.pk)
    assert NUMBER in stored(three)


def test_an_erasure_whose_worker_never_came_back_is_asked_for_anew(three: Town) -> None:
    erasure = approved(three)
    assert working.erasures_sweep() == 0
    assert erasure.slot is not None
    held = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert held is not None
    job_slot_finish(held)
    asked = OutboxMessage.objects.filter(event=asking.EVENT).count()
    assert working.erasures_sweep() == 1
    assert OutboxMessage.objects.filter(event=asking.EVENT).count() == asked + 1
    carry_out(erasure)
    assert working.erasures_sweep() == 0


def test_the_command_carries_approved_ones_out_and_no_other(three: Town, capsys: pytest.CaptureFixture[str]) -> None:
    waiting = ask(three)
    with pytest.raises(SystemExit):
        call_command("erase", str(waiting.pk))
    assert NUMBER in stored(three)
    approve(waiting, three.world.head)
    call_command("erase")
    out = capsys.readouterr().out
    assert "1 stored row" in out
    assert "Backups" in out
    assert NUMBER not in out
    assert NUMBER not in stored(three)


# --- Asking and deciding ---------------------------------------------------------------------------------------------


def test_nobody_else_asks_decides_or_knows_of_it(three: Town) -> None:
    world = three.world
    erasure = ask(three)
    before = database_digest()
    for actor in (world.colleague, world.other_cataloguer, world.other_head, world.reviewer, world.sysadmin):
        with pytest.raises(NotVisible):
            ask(three, actor)
        for act in (
            lambda by: approve(erasure, by),
            lambda by: asking.erasure_refuse(actor=by, erasure_id=erasure.pk, opinion="不准"),
            lambda by: asking.erasure_withdraw(actor=by, erasure_id=erasure.pk),
            lambda by: asking.erasure_document_read(actor=by, erasure_id=erasure.pk),
        ):
            with pytest.raises(NotVisible):
                act(actor)
    with pytest.raises(NotAllowed):
        ask(three, world.head)
    with pytest.raises(NotAllowed):
        approve(erasure, world.cataloguer)
    with pytest.raises(NotAllowed):
        asking.erasure_withdraw(actor=world.head, erasure_id=erasure.pk)
    assert database_digest() == before


def test_who_asked_does_not_approve(three: Town) -> None:
    both = actor_of(UserFactory(department=three.world.provider, roles=["cataloguer", "head"]))
    erasure = ask(three, both)
    for act in (
        lambda: approve(erasure, both),
        lambda: asking.erasure_refuse(actor=both, erasure_id=erasure.pk, opinion="不准"),
    ):
        with pytest.raises(OwnSubmission):
            act()
    assert Erasure.objects.get().state == ErasureState.AWAITING_HEAD


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"value": " "}, "value"),
        ({"value": "9" * 201}, "value"),
        ({"ground": "because"}, "ground"),
        ({"document_number": ""}, "document_number"),
        ({"reason": ""}, "reason"),
        ({"reason": f"{NUMBER}本人要求"}, "reason"),
        ({"reason": f"{NUMBER[:6]} {NUMBER[6:]}本人要求"}, "reason"),
        ({"document_number": f"申请〔2026〕{NUMBER}"}, "document_number"),
        ({"document": None}, "document"),
        ({"document": ContentFile(b"", name="a.pdf")}, "document"),
        ({"item": "00000000-0000-0000-0000-000000000000"}, "item"),
    ],
)
def test_a_demand_is_whole_and_holds_no_number(three: Town, given: Any, field: str) -> None:
    before, kept = database_digest(), files()
    with pytest.raises(RuleViolation) as refused:
        ask(three, **given)
    assert [one.field for one in refused.value.errors] == [field]
    assert database_digest() == before
    assert files() == kept


def test_no_opinion_and_no_name_of_a_file_holds_the_value(three: Town) -> None:
    erasure = ask(three, document=ContentFile(b"%PDF-1.7", name=f"王小明{NUMBER}.PDF"))
    assert erasure.document_name == ".pdf"
    opinion = f"同意删除 {NUMBER}"
    for decide in (partial(asking.erasure_approve, rows=1), asking.erasure_refuse):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            decide(actor=three.world.head, erasure_id=erasure.pk, opinion=opinion)
        assert [(one.field, one.code) for one in refused.value.errors] == [("opinion", "holds_value")]


def test_the_same_is_asked_for_once(three: Town) -> None:
    erasure = ask(three)
    with pytest.raises(InvalidTransition):
        ask(three)
    asking.erasure_withdraw(actor=three.cataloguer, erasure_id=erasure.pk)
    ask(three)
    assert Erasure.objects.count() == 2


def test_a_refusal_says_why_and_forgets_the_value(three: Town) -> None:
    erasure = ask(three)
    assert Task.objects.filter(closed_at=None, kind=asking.TASK_DECIDE).count() == 1
    with pytest.raises(RuleViolation):
        asking.erasure_refuse(actor=three.world.head, erasure_id=erasure.pk, opinion=" ")
    asking.erasure_refuse(actor=three.world.head, erasure_id=erasure.pk, opinion="法定保存期限未满")
    erasure.refresh_from_db()
    assert (erasure.state, erasure.sealed_value) == (ErasureState.REFUSED, "")
    assert not Task.objects.filter(closed_at=None).exists()
    with pytest.raises(InvalidTransition):
        asking.erasure_approve(actor=three.world.head, erasure_id=erasure.pk, rows=1)
    assert NUMBER in stored(three)


def test_no_number_stands_in_the_trail_in_news_in_tasks_or_in_the_row(three: Town) -> None:
    erasure = carry_out(approved(three))
    trail = AuditEvent.objects.filter(action__startswith="collection.erasure").order_by("pk")
    assert [one.action.rpartition(".")[2] for one in trail] == ["ask", "approve", "finish"]
    told = [str(list(model.objects.values())) for model in (AuditEvent, OutboxMessage, Task, Erasure)]
    assert not [one for one in told if NUMBER in one]
    assert trail[0].after["value_hash"] == subject_hash(NUMBER) == erasure.value_hash


def test_a_look_at_the_demand_is_recorded(three: Town) -> None:
    erasure = ask(three)
    _erasure, pieces = asking.erasure_document_read(actor=three.world.head, erasure_id=erasure.pk)
    assert AuditEvent.objects.filter(action="collection.erasure.read_document").count() == 1
    assert b"".join(pieces) == b"%PDF-1.7 demand"
    assert b"demand" not in default_storage.open(erasure.document.name).read()


# --- The keyed hash --------------------------------------------------------------------------------------------------


def test_the_hash_is_keyed_and_outlives_a_change_of_the_field_key(world: Any, settings: Any) -> None:
    number = subject_hash("99010219850505432x")
    assert number == subject_hash(" 990102 19850505432X ")
    assert number != hashed(b"", "99010219850505432X")
    settings.FIELD_KEY = "a-new-key-of-some-length-0123456789," + str(settings.FIELD_KEY)
    assert subject_hash("99010219850505432X") == number
    settings.FIELD_KEY = "a-new-key-of-some-length-0123456789"
    assert subject_hash("99010219850505432X") == number


def test_a_long_value_is_found_in_a_remark_and_a_short_one_is_not() -> None:
    long, short = Subject(NUMBER), Subject("0002")
    assert long.is_mentioned(f"监护人{NUMBER}。")
    assert not long.is_mentioned(f"1{NUMBER}")
    assert not short.is_mentioned("见0002")
    assert short.is_value(" 0002　")
