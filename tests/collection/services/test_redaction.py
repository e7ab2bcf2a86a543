"""What an erasure reaches beside the plain case, and what it must not: others' records, and its own end."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from collection import evidence, services, tasks
from collection.choices import RunState
from collection.duty_choices import ErasureState
from collection.erasure_wording import report_lines
from collection.models import ConsentRecord, Dataset, Erasure, Run, RunNote, Source, SubjectRequest
from collection.services import consent as consents
from collection.services import erasure as asking
from collection.services import erasure_work as working
from collection.services.ingest import run_work
from collection.services.lines_apart import NAME as LINES_APART
from collection.services.lines_apart import lines_apart_open
from collection.services.opening import PRINT
from collection.services.rejects import rejects_keep
from collection.services.run import original_context
from collection.services.subject_key import subject_hash
from collection.services.sweep import job_name
from collection.vault import KeyMissing, open_text
from collection.vault.keys import field_keys
from core import clock
from core.exceptions import RuleViolation
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import (
    NUMBER,
    approve,
    approved,
    ask,
    carry_out,
    everything_sealed,
    files,
    item_of,
    original,
    referred,
    rejected,
    stored,
)
from tests.collection.services.test_consent import asked
from tests.unchanged import nothing_changes
from workflow.exceptions import LeaseLost
from workflow.services.job_slot import job_slot_claim, job_slot_finish

WIDE = "".join(chr(ord(one) + 0xFEE0) for one in NUMBER)


def tried(done: Erasure) -> list[str]:
    return [one["original"] for one in done.report["runs"] if "original" in one]


# --- Nobody else's ----------------------------------------------------------------------------------------------------


def test_a_text_that_reads_as_the_same_number_is_somebody_else(town: Town) -> None:
    other = "123,王五,,1,2026-01-01\n"
    run = town.send(HEADER + "000123,赵六,,1,2026-01-01\n" + other)
    done = carry_out(approved(town, item=item_of(town, "对象编号"), value="000123"))
    assert done.rows_erased == 1
    assert "王五" in stored(town)
    assert original(run) == HEADER + other


def test_a_number_is_the_same_however_it_is_written(three: Town) -> None:
    done = carry_out(approved(three, item=item_of(three, "月保障金额"), value="0920.00"))
    assert done.rows_erased == 1
    assert NUMBER not in stored(three)
    assert NUMBER not in everything_sealed(three)


def test_a_number_that_no_computer_number_holds_is_not_rounded(three: Town) -> None:
    assert ask(three, item=item_of(three, "月保障金额"), value="920.00000000000000000000000000000001").rows_seen == 0


# --- However it is written --------------------------------------------------------------------------------------------


def test_other_spellings_of_a_long_number_go_too(three: Town) -> None:
    run = three.send(HEADER + ROWS[0] + f"0005,李四,{WIDE},920,2026-02-06\n")
    assert WIDE in stored(three)
    done = carry_out(approved(three))
    assert done.rows_erased == 2
    assert WIDE not in stored(three)
    assert original(run) == HEADER + ROWS[0]


def test_blanks_within_a_telephone_number_hide_nobody(town: Town) -> None:
    run = town.send(HEADER + "1,甲,138 0013 8000,1,2026-01-01\n2,乙,13800138001,1,2026-01-01\n")
    assert run.state == RunState.SUCCEEDED
    assert carry_out(approved(town, value="13800138000")).rows_erased == 1
    assert "138 0013 8000" not in stored(town) + everything_sealed(town)
    assert "13800138001" in stored(town)


def test_rows_of_others_that_mention_the_number_are_counted(three: Town) -> None:
    three.send(HEADER + "".join(ROWS) + f"0007,监护人{WIDE[:6]} {WIDE[6:]},,1,2026-01-01\n")
    done = carry_out(approved(three))
    assert done.report["mentions"] == 1
    assert "1 stored row of others mentions the value" in " ".join(report_lines(done))


# --- What cannot be opened --------------------------------------------------------------------------------------------


def sealed_path(name: str) -> Path:
    return Path(default_storage.path(name))


def remove(run: Run) -> None:
    sealed_path(run.original.name).unlink()


def damage(run: Run) -> None:
    path = sealed_path(run.original.name)
    path.write_bytes(path.read_bytes()[:-3] + b"\0\0\0")


def truncate(run: Run) -> None:
    sealed_path(run.original.name).write_bytes(b"")


def lock(run: Run) -> None:
    path = sealed_path(run.original.name)
    content = bytearray(path.read_bytes())
    at = content.index(field_keys()[0].id)
    content[at : at + 6] = b"nobody"
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "code"), [(remove, "missing"), (damage, "damaged"), (truncate, "damaged"), (lock, "locked")]
)
def test_an_original_that_cannot_be_opened_holds_nothing_up(three: Town, spoil: Any, code: str) -> None:
    run = Run.objects.get()
    spoil(run)
    done = carry_out(approved(three))
    run.refresh_from_db()
    assert (done.state, run.original.name) == (ErasureState.DONE, "")
    assert tried(done) == [code]
    assert any(f"Run {run.pk}: the original" in line for line in report_lines(done))
    assert files() == referred()
    assert three.send(HEADER + ROWS[0]).state == RunState.SUCCEEDED


def test_an_original_that_breaks_its_parser_holds_nothing_up(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **given: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr("collection.redaction.open_intake", broken)
    assert tried(carry_out(approved(three))) == ["unreadable"]


def test_rejected_and_first_rows_that_cannot_be_opened_are_let_go(three: Town) -> None:
    services.dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"reject_limit_percent": 90})
    run = three.send(HEADER + ROWS[0] + f"0009,李四,{NUMBER},很多,2026-03-01\n")
    sealed_path(run.rejects.name).write_bytes(b"nonsense")
    Run.objects.filter(pk=run.pk).update(found={**run.found, "preview": "nonsense"})
    done = carry_out(approved(three))
    run.refresh_from_db()
    assert (run.rejects.name, "preview" in run.found, done.state) == ("", False, ErasureState.DONE)
    told = " ".join(report_lines(done))
    assert "rejected rows could not be opened" in told
    assert "first rows could not be opened" in told


def test_lines_that_are_no_rows_go_where_they_are_the_persons(town: Town) -> None:
    example = f"示例,李四,{NUMBER},920,2026-02-06\n"
    text = f"低保名册,,,,\n{example}" + HEADER + ROWS[0] + f"合计,,{NUMBER},1770,\n合计,,,1770,\n"
    run = town.send(text, layout={"format": "csv", "header_rows": [3]}, is_confirmed=True)
    apart = {cells[0] for _number, _why, cells in lines_apart_open(run)}
    assert {"低保名册", "示例", "对象编号"} <= apart
    preview = json.loads(open_text(run.found["preview"], context=evidence.context_of(run.pk, "preview")))
    done = carry_out(approved(town))
    run.refresh_from_db()
    left = lines_apart_open(run)
    assert NUMBER not in json.dumps(left, ensure_ascii=False)
    assert {"低保名册", "对象编号"} <= {cells[0] for _number, _why, cells in left}
    assert "示例" not in {cells[0] for _number, _why, cells in left}
    gone = len(apart) - len({cells[0] for _number, _why, cells in left})
    [line] = [one for one in done.report["runs"] if one["run"] == run.pk]
    assert line["preview"] >= gone > 0
    kept = json.loads(open_text(run.found["preview"], context=evidence.context_of(run.pk, "preview")))
    assert [row for row in preview if NUMBER not in row] == kept


def test_lines_that_are_no_rows_and_cannot_be_opened_are_let_go(three: Town) -> None:
    run = three.send(HEADER + ROWS[0])
    Run.objects.filter(pk=run.pk).update(found={**run.found, LINES_APART: "nonsense"})
    done = carry_out(approved(three))
    run.refresh_from_db()
    assert (LINES_APART in run.found, "preview" in run.found, done.state) == (False, True, ErasureState.DONE)


def test_a_disk_that_is_full_costs_no_original(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.objects.get()
    erasure = approved(three)
    with monkeypatch.context() as patched:

        def full(*args: Any, **given: Any) -> Any:
            raise OSError(28, "No space left on device")

        patched.setattr(evidence, "keep", full)
        assert erasure.slot is not None
        held = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
        assert held is not None
        with pytest.raises(OSError, match="No space"):
            working.erasure_work(lease=held, erasure_id=erasure.pk)
        job_slot_finish(held)
    assert NUMBER in original(run)


def test_what_the_storage_keeps_is_told_and_tried_again(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = approved(three)
    with monkeypatch.context() as patched:

        def refused(name: str) -> None:
            raise PermissionError(name)

        patched.setattr(default_storage, "delete", refused)
        done = carry_out(erasure)
    assert (done.state, len(done.trash)) == (ErasureState.DONE, 1)
    assert "could not be deleted from the storage yet" in " ".join(report_lines(done))
    working.erasures_sweep()
    done.refresh_from_db()
    assert done.trash == []
    assert files() == referred()


def test_a_value_that_cannot_be_opened_does_not_stop_loading(three: Town, settings: Any) -> None:
    erasure = approved(three)
    before = settings.FIELD_KEY
    settings.FIELD_KEY = "another-key-of-some-length-0123456789"
    with pytest.raises(KeyMissing):
        carry_out(erasure)
    settings.FIELD_KEY = before
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.APPROVED
    assert three.send(HEADER + ROWS[0]).state == RunState.SUCCEEDED


# --- Originals whose records are not certain --------------------------------------------------------------------------


def test_a_quotation_mark_within_a_cell_takes_no_other_record_along(town: Town) -> None:
    run = town.send(HEADER + '0001,王"小明,990102199001011234,1,2026-01-05\n' + ROWS[1] + '0003,赵"六,,1,2026-01-05\n')
    assert run.state == RunState.SUCCEEDED
    carry_out(approved(town))
    text = original(run)
    assert NUMBER not in text
    assert '王"小明' in text
    assert '赵"六' in text


def test_a_record_that_may_be_several_is_not_cut_out(town: Town) -> None:
    # Read as one record of two cells too few, it would take 甲 and 乙 along.
    doubtful = f'0001,"甲,,1,2026-01-05\n0002,李四,{NUMBER},1,2026-01-05\n0003,乙",x\n'
    run = town.send(HEADER + doubtful + ROWS[0], is_confirmed=True)
    done = carry_out(approved(town))
    run.refresh_from_db()
    assert run.original.name == ""
    assert tried(done) == ["uncertain"]
    assert files() == referred()


def test_the_mark_at_the_beginning_stays(town: Town) -> None:
    run = town.send((HEADER + ROWS[0] + ROWS[1]).encode("utf-8-sig"))
    carry_out(approved(town))
    with evidence.opened(Run.objects.get(pk=run.pk).original.name, original_context(town.dataset.pk)) as source_file:
        assert source_file.read() == (HEADER + ROWS[0]).encode("utf-8-sig")


# --- Headers and names ------------------------------------------------------------------------------------------------


def test_a_row_taken_for_the_header_is_remembered_nowhere(town: Town) -> None:
    first = f"0002,李四,{NUMBER},920,2026-02-06\n"
    columns = ["0002", "李四", NUMBER, "920", "2026-02-06"]
    names = ("对象编号", "姓名", "身份证号", "月保障金额", "纳入日期")
    mapping = dict(zip(columns, (item_of(town, name) for name in names), strict=True))
    services.dataset_update(actor=town.cataloguer, dataset_id=town.dataset.pk, fields={"reject_limit_percent": 90})
    run = town.send(
        first + "0003,赵六,,1,2026-01-01\n0004,孙七,,很多,2026-01-01\n",
        layout={"format": "csv", "header_rows": [1]},
        mapping=mapping,
        is_confirmed=True,
    )
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 1)
    remembered = Dataset.objects.get(pk=town.dataset.pk)
    assert NUMBER in remembered.mapping
    assert run.found[PRINT] == remembered.layout[PRINT]
    now = clock.now()
    fed = Source.objects.create(
        dataset=town.dataset, name="源", kind="http", host="10.0.0.1", port=80, mode="replace", mapping=mapping,
        scheduled_from=now, created_at=now,
    )  # fmt: skip
    carry_out(approved(town))
    run.refresh_from_db()
    kept = [run.found["columns"], run.found["doubts"], run.mapping, run.message, rejected(run), original(run)]
    kept += [Dataset.objects.get(pk=town.dataset.pk).mapping, Source.objects.get(pk=fed.pk).mapping]
    kept += RunNote.objects.values_list("values", flat=True)
    told = json.dumps(kept, ensure_ascii=False)
    assert NUMBER not in told
    assert "李四" not in told
    assert PRINT not in {*run.found, *Dataset.objects.get(pk=town.dataset.pk).layout}  # it could be guessed
    assert rejected(run)[0]["cells"]["#2"] == "孙七"
    assert files() == referred()


def test_names_of_files_and_notes_that_hold_the_number_are_forgotten(three: Town) -> None:
    run = services.run_upload(
        actor=three.cataloguer,
        dataset_id=three.dataset.pk,
        pieces=[(HEADER + ROWS[0]).encode()],
        file_name=f"李四{NUMBER}.csv",
    )
    three.work(run)
    duty = asked(three.world)
    kept = {"key": uuid4(), "evidence": "consents/none", "evidence_name": f"李四{NUMBER}.PDF"}
    record = ConsentRecord.objects.create(
        duty=duty, text=duty.consent_texts.get(), subject_hash=subject_hash(NUMBER), decision="given",
        channel="paper", at=clock.now(), recorded_at=clock.now(), recorded_by_name="某", **kept,
    )  # fmt: skip
    request, _found = consents.subject_export(
        actor=three.cataloguer, duty_id=duty.pk, number=NUMBER, asked_by="某", proof="own_id", proof_note="证"
    )
    SubjectRequest.objects.filter(pk=request.pk).update(proof_note=f"身份证{NUMBER}")
    done = carry_out(approved(three))
    run.refresh_from_db()
    request.refresh_from_db()
    assert run.file_name == f"#{run.pk}.csv"
    assert request.proof_note == ""
    record.refresh_from_db()
    assert record.evidence_name == ".pdf"
    assert NUMBER not in str(list(RunNote.objects.values()))
    assert "the name of the file held the value" in " ".join(report_lines(done))


# --- Deciding ---------------------------------------------------------------------------------------------------------


def test_who_approves_has_seen_how_much_goes(three: Town) -> None:
    erasure = ask(three)
    three.send(HEADER + "".join(ROWS) + f"0005,李四,{NUMBER},1,2026-01-01\n")
    tasks.erasure_count(three.dataset.pk)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        asking.erasure_approve(actor=three.world.head, erasure_id=erasure.pk, rows=erasure.rows_seen)
    assert [(one.field, one.code) for one in refused.value.errors] == [("rows", "changed")]
    assert carry_out(approve(erasure, three.world.head)).rows_erased == 2


# --- Runs that were cancelled -----------------------------------------------------------------------------------------


def test_a_cancelled_run_writes_no_rejected_rows_any_more(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    services.dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"reject_limit_percent": 90})
    run = services.run_upload(
        actor=three.cataloguer,
        dataset_id=three.dataset.pk,
        pieces=[(HEADER + ROWS[0] + f"0009,李四,{NUMBER},很多,2026-03-01\n").encode()],
        file_name="a.csv",
    )
    seen: list[type[BaseException]] = []

    def meanwhile(*args: Any, **given: Any) -> None:
        services.run_cancel(actor=three.cataloguer, run_id=run.pk)
        try:
            rejects_keep(*args, **given)
        except LeaseLost as lost:
            seen.append(type(lost))
            raise

    monkeypatch.setattr("collection.services.ingest.rejects_keep", meanwhile)
    held = job_slot_claim(job_name(run.pk), run.slot)
    assert held is not None
    with pytest.raises(LeaseLost):
        run_work(lease=held, run_id=run.pk)
    run.refresh_from_db()
    assert seen == [LeaseLost]
    assert (run.state, run.rejects.name) == (RunState.CANCELLED, "")
    assert not run.problems.exists()
    assert files() == referred()
