"""What an erasure takes out: rows of every version, originals, rejected rows, previews, uploads and profiles."""

import hashlib
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage

from audit.models import AuditEvent
from collection import evidence, services
from collection.choices import RunState
from collection.duty_choices import ErasureState
from collection.erasure_wording import report_lines
from collection.models import DatasetVersion, PartialUpload, Run
from collection.profiles import profile_of
from collection.readers.changes import Resync, changes
from collection.readers.entitlement import Entitlement
from collection.readers.kept_profiles import profile_keep, profile_kept
from collection.selectors import pinned_version, version_get
from collection.services import erasure_work as working
from collection.services.run import original_context
from collection.store import erasing
from collection.subject_numbers import Subject
from core.exceptions import NotVisible
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import (
    NUMBER,
    approved,
    carry_out,
    everything_sealed,
    files,
    item_of,
    original,
    referred,
    stored,
)
from tests.collection.services.test_reshaped import revise
from workflow import outbox_delivery
from workflow.models import Notification, OutboxMessage


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


def test_rows_of_an_earlier_version_are_found_by_an_item_that_was_dropped_since(three: Town) -> None:
    item = item_of(three)
    revise(three, without="SFZH")
    assert three.send("对象编号,姓名,月保障金额,纳入日期\n0001,王小明,850.50,2026-01-05\n").state == RunState.SUCCEEDED
    assert NUMBER in stored(three), "version 1 is still kept"
    done = carry_out(approved(three, item=item))
    assert (done.item_name, done.rows_erased) == ("身份证号", 1)
    assert NUMBER not in stored(three)
