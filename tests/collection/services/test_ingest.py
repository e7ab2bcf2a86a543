"""A file becomes a version: what is loaded, what is rejected, what readers see meanwhile."""

import json
from typing import Any

import pytest
from django.db import connections

from audit.models import AuditEvent
from collection import notices, policies, services
from collection.choices import RunState
from collection.exceptions import RunOpen
from collection.models import Dataset, DatasetVersion, Run
from collection.readers import Entitlement, page
from collection.selectors import pinned_version, version_get
from collection.services.notice import failure_announce
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.unchanged import nothing_changes
from workflow.models import Notification


def rows_of(town: Town, number: int | None = None) -> list[dict[str, object]]:
    """Read a version whole, as the provider sees it."""
    version = pinned_version(version_get(town.dataset, number))
    everything = Entitlement(town.dataset.pk, tuple(one.item for one in version.columns))
    found: list[dict[str, object]] = json.loads(page(everything, version, limit=10_000).rows)
    return found


def codes(town: Town, number: int | None = None) -> list[object]:
    return sorted(str(row["DXBH"]) for row in rows_of(town, number))


def test_types_come_from_the_items_and_codes_stay_texts(three: Town) -> None:
    assert rows_of(three) == [
        {"DXBH": "0001", "XM": "王小明", "SFZH": "990102199001011234", "YBZJE": "850.50", "NRRQ": "2026-01-05"},
        {"DXBH": "0002", "XM": "李四", "SFZH": "990102198505054321", "YBZJE": "920", "NRRQ": "2026-02-06"},
        {"DXBH": "0164A", "XM": "欧阳锋", "SFZH": "990102197707077777", "YBZJE": "1020.00", "NRRQ": "2026-03-01"},
    ]
    version = DatasetVersion.objects.get()
    assert (version.number, version.row_count, version.added) == (1, 3, 3)


def test_the_same_file_again_publishes_nothing_and_counts_as_current(three: Town) -> None:
    run = three.send(HEADER + "".join(ROWS))
    assert run.state == RunState.UNCHANGED
    assert DatasetVersion.objects.count() == 1


def test_a_new_file_ends_changed_and_missing_rows_and_leaves_the_old_version_readable(three: Town) -> None:
    run = three.send(HEADER + ROWS[0].replace("850.50", "900") + ROWS[1] + "0003,赵六,,1,2026-04-01\n")
    assert run.state == RunState.SUCCEEDED
    version = run.version
    assert version is not None
    assert (version.added, version.changed, version.removed, version.row_count) == (1, 1, 1, 3)
    assert codes(three) == ["0001", "0002", "0003"]
    assert codes(three, 1) == ["0001", "0002", "0164A"]
    assert {row["YBZJE"] for row in rows_of(three, 1)} == {"850.50", "920", "1020.00"}


def test_appending_and_updating_remove_nothing(three: Town) -> None:
    assert three.send(HEADER + "0009,孙七,,5,2026-05-01\n", mode="append").state == RunState.SUCCEEDED
    assert three.send(HEADER + "0009,孙七,,6,2026-05-01\n", mode="upsert").state == RunState.SUCCEEDED
    assert codes(three) == ["0001", "0002", "0009", "0164A"]
    three.dataset.reject_limit_percent = 100
    three.dataset.save()
    clash = three.send(HEADER + "0009,孙七,,7,2026-05-01\n", mode="append")
    assert clash.state == RunState.UNCHANGED
    assert [(one.rule, one.count) for one in clash.problems.all()] == [("key_known", 1)]


CHANGES = HEADER.replace("\n", ",操作\n")


def test_a_file_of_changes_adds_changes_and_deletes(three: Town) -> None:
    run = three.send(
        CHANGES + "0001,,,,,删除\n0002,李四,9,930,2026-02-06,U\n0009,孙七,,6,2026-05-01,\n", mode="changes"
    )
    assert run.state == RunState.SUCCEEDED, run.message
    assert (run.version.added, run.version.changed, run.version.removed, run.version.row_count) == (1, 1, 1, 3)
    assert codes(three) == ["0002", "0009", "0164A"]


def test_the_last_change_of_a_row_counts(three: Town) -> None:
    run = three.send(CHANGES + "0009,孙七,,6,,新增\n0009,孙七,,7,,修改\n0001,,,,,D\n0001,王,,8,,I\n", mode="changes")
    assert run.state == RunState.SUCCEEDED, run.message
    assert {row["DXBH"]: row["YBZJE"] for row in rows_of(three)}.items() >= {"0009": "7", "0001": "8"}.items()
    gone = three.send(CHANGES + "0009,,,,,I\n0009,,,,,D\n", mode="changes")
    assert gone.state == RunState.SUCCEEDED
    assert codes(three) == ["0001", "0002", "0164A"]


def test_of_a_deleted_row_only_the_key_counts_and_unknown_marks_are_rejected(three: Town) -> None:
    three.dataset.reject_limit_percent = 100
    three.dataset.save()
    run = three.send(CHANGES + "0001,,,很多,没有,D\n0002,李四,9,930,,也许\n,,,,,D\n", mode="changes")
    assert {(one.rule, tuple(one.first_rows)) for one in run.problems.all()} == {
        ("operation", (3,)),
        ("key_empty", (4,)),
    }
    assert codes(three) == ["0002", "0164A"]


def test_a_file_of_changes_needs_marks_and_a_key(three: Town) -> None:
    three.dataset.mapping = {}
    three.dataset.save()
    asked = three.send(HEADER + ROWS[0], mode="changes")
    assert asked.state == RunState.WAITING
    with pytest.raises(RuleViolation) as refused:
        services.run_confirm(
            actor=three.cataloguer, run_id=asked.pk, layout=asked.layout, mapping=asked.mapping, mode="changes"
        )
    assert [one.code for one in refused.value.errors] == ["operation"]
    services.run_cancel(actor=three.cataloguer, run_id=asked.pk)
    entry = three.world.published(name="无主键", items=[{"name": "年份", "type": "I"}])
    keyless = Town(three.world, entry, services.dataset_hook(actor=three.cataloguer, ref=entry.pk))
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        keyless.send("年份,操作\n2020,D\n", mode="changes")
    assert [one.code for one in refused.value.errors] == ["no_key"]


def test_bad_rows_are_kept_with_their_reasons_and_good_ones_are_loaded(three: Town) -> None:
    three.dataset.reject_limit_percent = 80
    three.dataset.save()
    bad = "x,钱八,1,很多,2026-13-01\n" + ",无号,1,1,2026-01-01\n" + "0001,重复,1,1,2026-01-01\n" + "y,张,1,1e3,\n"
    run = three.send(HEADER + ROWS[0] + ROWS[1] + bad)
    assert run.state == RunState.SUCCEEDED
    assert (run.rows_read, run.rows_rejected) == (6, 4)
    assert {(one.label, one.rule, tuple(one.first_rows)) for one in run.problems.all()} == {
        ("月保障金额", "number", (4, 7)),
        ("纳入日期", "date", (4,)),
        ("对象编号", "key_empty", (5,)),
        ("", "key_twice", (6,)),
    }
    _run, rejected = services.rejects_read(actor=three.cataloguer, run_id=run.pk)
    lines = list(rejected)
    assert [one["row"] for one in lines] == [4, 5, 6, 7]
    assert lines[0]["cells"]["月保障金额"] == "很多"
    assert codes(three) == ["0001", "0002"]


def test_too_many_bad_rows_publish_nothing(three: Town) -> None:
    run = three.send(HEADER + ROWS[0] + "x,,,abc,\ny,,,abc,\n")
    assert run.state == RunState.REFUSED
    assert codes(three) == ["0001", "0002", "0164A"]
    assert run.problems.get().count == 2


def test_corrected_rows_are_sent_alone(three: Town) -> None:
    run = three.send(HEADER + "".join(ROWS) * 1 + "0005,周九,,三百,2026-01-01\n" + "0006,吴十,,3,2026-01-01\n")
    assert run.rows_rejected == 1
    fixed = services.run_resubmit(
        actor=three.cataloguer,
        run_id=run.pk,
        pieces=[(HEADER + "0005,周九,,300,2026-01-01\n").encode()],
        file_name="fixed.csv",
    )
    assert three.work(fixed).state == RunState.SUCCEEDED
    assert codes(three) == ["0001", "0002", "0005", "0006", "0164A"]
    with pytest.raises(InvalidTransition, match="corrected already"):
        services.run_resubmit(actor=three.cataloguer, run_id=run.pk, pieces=[b"x"], file_name="fixed.csv")


def test_a_correction_is_measured_by_the_whole_that_was_sent(three: Town) -> None:
    three.dataset.reject_limit_percent = 20
    three.dataset.save()
    good = "".join(f"1{n:03d},王小明,,3,2026-01-01\n" for n in range(18))
    run = three.send(HEADER + "".join(ROWS) + good + "0005,周九,,三百,2026-01-01\n0006,吴十,,四百,2026-01-01\n")
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 2)

    def sent(text: str) -> Run:
        return three.work(
            services.run_resubmit(
                actor=three.cataloguer, run_id=run.pk, pieces=[(HEADER + text).encode()], file_name="fixed.csv"
            )
        )

    half = sent("0005,周九,,300,2026-01-01\n0006,吴十,,四百,2026-01-01\n")
    assert (half.state, half.rows_rejected) == (RunState.SUCCEEDED, 1), half.message
    assert "0005" in codes(three)
    worse = sent("".join(f"2{n:03d},王小明,,很多,2026-01-01\n" for n in range(12)))
    assert worse.state == RunState.REFUSED
    page = text_of(get(three.cataloguer, f"/collection/runs/{worse.pk}/"))
    assert f"send them again from run #{run.pk}" in page
    assert "13 of 35 rows were rejected" in page, "with those of the whole, as the log has it"
    failure_announce(run_id=worse.pk, key="1")
    told = Notification.objects.filter(kind=notices.FAILURE, user=three.cataloguer.id)
    assert str(told.get().body) == "13 rows were rejected, more than the limit allows."
    assert sent("0006,吴十,,400,2026-01-01\n").state == RunState.SUCCEEDED
    assert "13 of 35 rows were rejected" in text_of(get(three.cataloguer, f"/collection/runs/{worse.pk}/"))
    assert {"0005", "0006"} <= set(codes(three))


def test_a_correction_without_a_wrong_row_is_taken_whatever_is_left(three: Town) -> None:
    three.dataset.reject_limit_percent = 50
    three.dataset.save()
    wrong = "".join(f"3{n:03d},周九,,三百,2026-01-01\n" for n in range(3))
    run = three.send(HEADER + "".join(ROWS) + "3100,吴十,,4,2026-01-01\n" + wrong)
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 3)
    Dataset.objects.filter(pk=three.dataset.pk).update(reject_limit_percent=0)

    def sent(text: str) -> Run:
        fixed = services.run_resubmit(
            actor=three.cataloguer, run_id=run.pk, pieces=[(HEADER + text).encode()], file_name="fixed.csv"
        )
        return three.work(fixed)

    assert sent("3000,周九,,300,2026-01-01\n3001,周九,,很多,2026-01-01\n").state == RunState.REFUSED
    assert sent("3000,周九,,300,2026-01-01\n").state == RunState.SUCCEEDED
    assert "3000" in codes(three)


def test_an_earlier_version_is_published_again_as_a_new_one(three: Town) -> None:
    three.send(HEADER + ROWS[0])
    assert codes(three) == ["0001"]
    back = services.run_rollback(actor=three.cataloguer, dataset_id=three.dataset.pk, number=1)
    assert three.work(back).state == RunState.SUCCEEDED
    assert codes(three) == ["0001", "0002", "0164A"]
    assert three.dataset.published_version is not None
    assert three.dataset.published_version.number == 3
    assert codes(three, 2) == ["0001"]


def test_rows_without_a_key_are_told_apart_by_content_and_number(three: Town) -> None:
    entry = three.world.published(
        name="无主键", items=[{"name": "年份", "type": "I"}, {"name": "值", "type": "N"}, {"name": "备注", "type": "C"}]
    )
    other = Town(three.world, entry, services.dataset_hook(actor=three.cataloguer, ref=entry.pk))
    assert other.send("年份,值,备注\n2020,1,甲\n2020,1,甲\n2021,2,\n").state == RunState.SUCCEEDED
    run = other.send("年份,值,备注\n2020,1,甲\n2021,2,\n2020,1,甲\n2020,1,甲\n")
    assert run.version is not None
    assert (run.version.added, run.version.removed, run.version.row_count) == (1, 0, 4)
    more = other.send("年份,值,备注\n2020,1,甲\n", mode="append")
    assert more.version is not None
    assert more.version.row_count == 5


def test_a_missing_mandatory_column_is_asked_about(town: Town) -> None:
    run = town.send("姓名,月保障金额\n王小明,1\n")
    assert run.state == RunState.WAITING
    assert run.found["missing"] == ["对象编号"]
    items = {one["name"]: one["id"] for one in _items(town)}
    with nothing_changes(), pytest.raises(RuleViolation):
        services.run_confirm(actor=town.cataloguer, run_id=run.pk, layout=run.layout, mapping={"姓名": items["姓名"]})
    services.run_cancel(actor=town.cataloguer, run_id=run.pk)
    run = town.send("编码,姓名\n0007,王小明\n")
    assert run.state == RunState.WAITING
    services.run_confirm(
        actor=town.cataloguer,
        run_id=run.pk,
        layout=run.layout,
        mapping={"编码": items["对象编号"], "姓名": items["姓名"]},
    )
    assert town.work(run).state == RunState.SUCCEEDED
    assert town.send("编码,姓名\n0008,王小明\n").state == RunState.SUCCEEDED


def _items(town: Town) -> list[dict[str, str]]:
    from collection.selectors import columns_wanted

    return [{"name": one.name, "id": one.item} for one in columns_wanted(town.entry)]


def test_one_run_at_a_time(town: Town) -> None:
    services.run_upload(actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[HEADER.encode()], file_name="a.csv")
    with nothing_changes(), pytest.raises(RunOpen):
        services.run_upload(
            actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[HEADER.encode()], file_name="b.csv"
        )


def test_only_the_providers_cataloguer_loads_and_only_the_provider_sees_originals(three: Town) -> None:
    world = three.world
    run = Run.objects.get()
    for stranger in (world.head, world.reviewer, world.other_cataloguer, world.sysadmin, world.auditor):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.run_upload(
                actor=stranger, dataset_id=three.dataset.pk, pieces=[HEADER.encode()], file_name="a.csv"
            )
    for stranger in (world.reviewer, world.other_head, world.secadmin, world.auditor):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.original_read(actor=stranger, run_id=run.pk)
    _run, content = services.original_read(actor=world.head, run_id=run.pk)
    assert b"".join(content).decode().startswith(HEADER)


def test_reading_a_file_another_way_asks_again_about_columns_it_did_not_know(town: Town) -> None:
    run = town.send("说明行,请勿删除\n编码,姓名\n0007,王小明\n")
    assert run.state == RunState.WAITING
    assert run.layout["header_rows"] == [1, 2]
    again = run.layout | {"header_rows": [2]}
    services.run_confirm(actor=town.cataloguer, run_id=run.pk, layout=again, mapping={})
    town.work(run)
    run.refresh_from_db()
    assert run.state == RunState.WAITING
    assert run.found["columns"] == ["编码", "姓名"]
    items = {one["name"]: one["id"] for one in _items(town)}
    mapping = {"编码": items["对象编号"], "姓名": items["姓名"]}
    services.run_confirm(actor=town.cataloguer, run_id=run.pk, layout=run.layout, mapping=mapping)
    assert town.work(run).state == RunState.SUCCEEDED


def test_the_next_file_may_come_in_another_encoding(town: Town) -> None:
    town.send(HEADER + ROWS[0], encoding="gb18030")
    run = town.send(HEADER + "".join(ROWS), encoding="utf-8")
    assert run.state == RunState.SUCCEEDED
    assert rows_of(town)[1]["XM"] == "李四"


def test_every_look_at_what_was_sent_is_in_the_trail(three: Town) -> None:
    run = three.send(HEADER + "".join(ROWS) + "0009,孙七,,很多,\n")
    assert run.rows_rejected == 1
    looks = [
        lambda: services.original_read(actor=three.cataloguer, run_id=run.pk),
        lambda: services.rejects_read(actor=three.cataloguer, run_id=run.pk),
        lambda: services.preview_read(actor=three.cataloguer, run_id=run.pk),
    ]
    for look in looks:
        before = AuditEvent.objects.filter(action__startswith="collection.run.read").count()
        look()
        assert AuditEvent.objects.filter(action__startswith="collection.run.read").count() == before + 1
    with nothing_changes(), pytest.raises(NotAllowed):
        services.preview_read(actor=three.world.reviewer, run_id=run.pk)


def test_data_that_were_unhooked_are_neither_loaded_nor_read(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    columns = list(pinned_version(version).columns)
    services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason="并入其他目录")
    three.dataset.refresh_from_db()
    for reader in (three.cataloguer, three.world.head, three.world.reviewer):
        assert policies.preview_entitlement(reader, three.dataset, columns) is None
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.run_upload(
            actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[HEADER.encode()], file_name="a.csv"
        )


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("0009,张,990102199001011234,1,2026-02-30\n", id="no such day"),
        pytest.param("0009,张,990102199001011234,1.2.3,2026-02-03\n", id="no number"),
        pytest.param("0009,张,990102199001011234,1,2026-02-03,多\n0010,李,9,2\n", id="cells moved"),
        pytest.param(f"0009,{'长' * 60},9,1,2026-02-03\n", id="too long"),
        pytest.param("0001,张,9,1,2026-02-03\n0001,李,9,1,2026-02-03\n", id="key twice"),
    ],
)
def test_no_bad_cell_fails_a_statement_that_the_server_would_log(three: Town, rows: str) -> None:
    failed = []

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            failed.append(type(error).__name__)
            raise

    three.dataset.reject_limit_percent = 100
    three.dataset.save()
    with connections["store"].execute_wrapper(watch):
        run = three.send(HEADER + rows + "".join(f"1{n:03d},王,9,1,2026-02-03\n" for n in range(40)))
    assert run.rows_rejected
    assert failed == []
    assert run.notes.filter(code="not_plain").count() == 0
