import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from accounts.models import Department, DepartmentAlias
from audit.models import AuditEvent
from catalog import services as catalog_services
from catalog.imports.exceptions import Unreadable
from catalog.imports.finishing import TASK_COMPLETE, completion_tasks_refresh
from catalog.models import Decision, Entry, EntryAlias, ImportBatch, ImportRow, Revision, RevisionItem
from catalog.models.imports import BatchState, RowState
from catalog.services import imports as services
from catalog.services.imports import import_resume
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from tests.catalog.imports.conftest import Importer, importer_of
from tests.catalog.imports.files import portal_record, write_xlsx
from tests.factories.accounts import DepartmentFactory, RegionFactory
from tests.factories.catalog import CatalogWorld, make_world
from workflow.models import Clock, Notification, OutboxMessage, Task

CIVIL = portal_record(标题="低保对象信息", 提供方="市民政局", 资源摘要="低保对象")


def codes(batch: ImportBatch) -> list[str]:
    rows = ImportRow.objects.filter(batch=batch).order_by("position").values_list("problems", flat=True)
    return [one["code"] for problems in rows for one in problems]


def outcome(batch: ImportBatch) -> dict[str, int]:
    counts = batch.counts
    names = ("created", "updated", "unchanged", "rejected")
    assert sum(counts[name] for name in names) == batch.rows_in
    assert counts["planned"] == 0
    return {name: counts[name] for name in names if counts[name]}


def test_entries_come_in_as_drafts_with_what_was_assumed(importer: Importer, world: CatalogWorld) -> None:
    batch = importer.run([CIVIL])
    assert outcome(batch) == {"created": 1}
    entry = Entry.objects.get()
    revision = entry.working_revision
    assert revision is not None
    assert (entry.status, entry.origin, entry.department) == ("draft", "imported", world.provider)
    assert (revision.cycle, revision.format_class, revision.format_type) == ("yearly", "service", "rest")
    assert (revision.opening, revision.sharing, revision.sharing_method) == ("open", "unconditional", "platform_api")
    assert revision.extra["source"] == {"theme": "教育文化", "published_on": "2023-06-16"}
    rules = {one["field"]: one["rule"] for one in revision.assumptions}
    assert rules == {
        "format_class": "format_word",
        "category": "category_from_provider",
        "sharing": "sharing_from_opening",
        "data_level": "level_default",
    }
    assert revision.secrecy_assessment == ""
    # Shorter pieces of the number stand by chance in moments, digests and keys.
    kept = str(ImportRow.objects.values())
    assert "0830-" not in kept
    assert "0000000" not in kept


def test_the_same_file_again_changes_nothing(importer: Importer) -> None:
    path = importer.file([CIVIL, portal_record(提供方="市人社局")])
    importer.run(path)
    before = list(Entry.objects.order_by("pk").values())
    events = AuditEvent.objects.filter(action__startswith="catalog.entry").count()
    batch = importer.run(path)
    assert outcome(batch) == {"unchanged": 2}
    assert list(Entry.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.filter(action__startswith="catalog.entry").count() == events


def test_what_people_changed_since_is_not_overwritten(importer: Importer, world: CatalogWorld) -> None:
    path = importer.file([CIVIL])
    importer.run(path)
    entry = Entry.objects.get()
    catalog_services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"summary": "改过了"})
    assert outcome(importer.run(path)) == {"unchanged": 1}
    changed = importer.run([CIVIL | {"资源摘要": "另一份摘要"}])
    assert outcome(changed) == {"rejected": 1}
    assert codes(changed) == ["exists_other"]
    assert "摘要" in ImportRow.objects.get(batch=changed).problems[0]["message"]
    entry.refresh_from_db()
    assert entry.working_revision is not None
    assert entry.working_revision.summary == "改过了"


def test_with_update_a_difference_is_taken_over(importer: Importer) -> None:
    importer.run([CIVIL])
    batch = importer.run([CIVIL | {"资源摘要": "另一份摘要", "更新周期": "每月"}], updates=True)
    assert outcome(batch) == {"updated": 1}
    revision = Entry.objects.get().working_revision
    assert revision is not None
    assert (revision.summary, revision.cycle) == ("另一份摘要", "monthly")


def test_publishing_goes_through_submission_sign_off_and_approval(importer: Importer, world: CatalogWorld) -> None:
    batch = importer.run([CIVIL], publishes=True)
    assert outcome(batch) == {"created": 1}
    assert batch.counts["published"] == 1
    entry = Entry.objects.get()
    assert entry.status == "published"
    assert entry.code is not None
    assert entry.code.startswith("307013/")
    assert entry.published_revision is not None
    assert entry.published_revision.authority == world.authority
    steps = list(Decision.objects.filter(entry=entry).order_by("pk").values_list("action", "actor_name"))
    assert steps == [
        ("submit", "catalog-import-filing"),
        ("sign_off", "catalog-import-filing"),
        ("approve", "catalog-import-approval"),
    ]
    assessed = {one["field"] for one in entry.published_revision.assumptions}
    assert {"secrecy_assessment", "personal_information_assessment"} <= assessed
    assert not Clock.objects.exists()


def test_what_cannot_be_published_stays_a_draft_with_its_reason(importer: Importer) -> None:
    record = CIVIL | {"数据格式": "XLS"}
    preview = importer.preview([record], publishes=True)
    assert (preview.counts["create"], preview.counts["kept_back"]) == (1, 1)
    assert [one["code"] for one in importer.problems if one["severity"] == "not_published"] == ["required"]
    batch = importer.run([record], publishes=True)
    assert (batch.counts["created"], batch.counts["published"], batch.counts["drafts"]) == (1, 0, 1)
    entry = Entry.objects.get()
    assert (entry.status, entry.code) == ("draft", None)
    assert entry.current_revision is not None
    assert entry.current_revision.secrecy_assessment == ""
    version = entry.edit_version
    again = importer.run([record], publishes=True)
    assert outcome(again) == {"unchanged": 1}
    assert codes(again) == ["required"]
    entry.refresh_from_db()
    assert entry.edit_version == version


def test_drafts_of_an_earlier_import_are_published_later(importer: Importer) -> None:
    path = importer.file([CIVIL])
    importer.run(path)
    batch = importer.run(path, publishes=True)
    assert outcome(batch) == {"updated": 1}
    assert batch.counts["published"] == 1
    assert Entry.objects.get().status == "published"
    assert outcome(importer.run(path, publishes=True)) == {"unchanged": 1}


def test_repetitions_within_the_file_name_the_first_row(importer: Importer) -> None:
    records = [
        CIVIL,
        dict(CIVIL),
        CIVIL | {"标题": "低保 对象信息"},
        CIVIL | {"标题": "低保對象信息", "更新周期": "每月"},
        CIVIL | {"提供方": "市人社局"},
    ]
    batch = importer.run(records)
    assert outcome(batch) == {"created": 2, "rejected": 3}
    assert codes(batch) == ["repeated_same", "repeated_other", "repeated_other"]
    assert all("1" in row.problems[0]["message"] for row in ImportRow.objects.filter(batch=batch, state="rejected"))
    assert [line["count"] for line in batch.tally if line["rule"] == "same_name_elsewhere"] == [1]


def test_rows_without_a_name_are_rejected_and_the_rest_comes_in(importer: Importer) -> None:
    batch = importer.run([CIVIL | {"标题": ""}, CIVIL | {"标题": "暂无"}, CIVIL, CIVIL | {"标题": "长" * 201}])
    assert outcome(batch) == {"created": 1, "rejected": 3}
    assert codes(batch) == ["name_missing", "name_missing", "name_too_long"]


def test_a_secret_is_refused_and_leaves_no_trace(importer: Importer) -> None:
    batch = importer.run([CIVIL | {"标题": "绝不外传的名单", "涉密属性": "机密"}, CIVIL | {"涉密属性": "非涉密"}])
    assert outcome(batch) == {"created": 1, "rejected": 1}
    assert codes(batch) == ["secret"]
    assert "绝不外传" not in str([list(ImportRow.objects.values()), list(ImportBatch.objects.values())])
    assert "绝不外传" not in str(list(AuditEvent.objects.values()))


def test_providers_are_found_by_all_their_names(importer: Importer, world: CatalogWorld) -> None:
    DepartmentAlias.objects.create(department=world.provider, name="民政服务中心")
    names = [
        world.provider.code,
        "市民政局",
        "市民政局 ",
        "民政局",
        f"{world.provider.region.name}民政局",
        "民政服務中心",
    ]
    records = [CIVIL | {"标题": f"信息{number}", "提供方": name} for number, name in enumerate(names)]
    assert outcome(importer.run(records)) == {"created": len(names)}
    assert set(Entry.objects.values_list("department__code", flat=True)) == {world.provider.code}


def test_an_unknown_provider_is_rejected_or_created(importer: Importer, world: CatalogWorld) -> None:
    record = CIVIL | {"提供方": "380160000A 【地政局】"}
    rejected = importer.run([record])
    assert outcome(rejected) == {"rejected": 1}
    assert codes(rejected) == ["provider_unknown"]
    batch = importer.run([record, record | {"标题": "另一条"}], creates_departments=True)
    assert outcome(batch) == {"created": 2}
    department = Department.objects.get(name="地政局")
    assert department.region == world.authority.region
    assert department.aliases.filter(name="380160000A").exists()
    assert AuditEvent.objects.filter(action="accounts.department.create", actor_kind="system").count() == 1


def test_a_department_of_another_region_is_not_taken_for_ones_own(importer: Importer) -> None:
    DepartmentFactory(region=RegionFactory(), name="市档案局")
    batch = importer.run([CIVIL | {"提供方": "市档案局"}])
    assert codes(batch) == ["provider_unknown"]


def test_two_departments_of_one_name_are_ambiguous_unless_the_mapping_says_which(
    importer: Importer, world: CatalogWorld
) -> None:
    for number in (1, 2):
        county = RegionFactory(level="county", parent=world.authority.region)
        DepartmentFactory(region=county, name="档案局", code=f"county-{number}")
    assert codes(importer.run([CIVIL | {"提供方": "档案局"}])) == ["provider_ambiguous"]
    batch = importer.run([CIVIL | {"提供方": "档案局"}], mapping={"providers": {"档案局": "county-2"}})
    assert outcome(batch) == {"created": 1}
    assert Entry.objects.get().department.code == "county-2"


def test_rows_without_a_provider_are_filed_under_the_importing_department(
    importer: Importer, world: CatalogWorld
) -> None:
    importer.run([CIVIL | {"提供方": ""}])
    entry = Entry.objects.get()
    assert entry.department == world.authority
    assert entry.working_revision is not None
    assert "provider_missing" in {one["rule"] for one in entry.working_revision.assumptions}


def test_the_code_of_the_file_is_kept_and_finds_the_entry_under_a_new_name(
    importer: Importer, world: CatalogWorld
) -> None:
    importer.run([CIVIL | {"信息资源代码": "RES-7"}])
    alias = EntryAlias.objects.get()
    assert (alias.source, alias.code) == (f"import:{world.provider.code}", "RES-7")
    batch = importer.run([CIVIL | {"信息资源代码": "RES-7", "标题": "低保对象名录"}], updates=True)
    assert outcome(batch) == {"updated": 1}
    assert Entry.objects.count() == 1


def test_one_task_and_one_notice_for_each_department(importer: Importer, world: CatalogWorld) -> None:
    records = [CIVIL | {"标题": f"信息{number}"} for number in range(4)] + [portal_record(提供方="市人社局")]
    batch = importer.run(records)
    tasks = Task.objects.filter(kind="catalog.complete_import", closed_at=None)
    assert {task.department_id for task in tasks} == {world.provider.pk, world.other.pk}
    assert "4" in tasks.get(department=world.provider).title
    told = Notification.objects.filter(kind="catalog.imported")
    people = {world.cataloguer.id, world.head.id, world.other_cataloguer.id, world.other_head.id}
    assert {one.user_id for one in told} == people
    assert told.count() == len(people)
    assert batch.file_name in told.first().title  # type: ignore[union-attr]
    importer.run([CIVIL | {"标题": "信息9"}])
    assert tasks.count() == 2


def test_publishing_sends_no_message_for_each_entry(importer: Importer) -> None:
    importer.run([CIVIL | {"标题": f"信息{number}"} for number in range(3)], publishes=True)
    assert not OutboxMessage.objects.filter(event__startswith="catalog.entry").exists()


def test_a_killed_run_goes_on_where_it_stopped(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = importer.file([CIVIL | {"标题": f"信息{number}"} for number in range(5)])
    batch = importer.start(path)
    apply, done = services.row_apply, []

    def killed(*arguments: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return apply(*arguments)

    monkeypatch.setattr(services, "row_apply", killed)
    with pytest.raises(KeyboardInterrupt):
        import_resume(actor=importer.actor, batch_id=batch.pk)
    assert Entry.objects.count() == 2
    monkeypatch.setattr(services, "row_apply", apply)
    again = importer.start(path)
    assert again.pk == batch.pk
    finished = import_resume(actor=importer.actor, batch_id=again.pk)
    assert outcome(finished) == {"created": 5}
    assert Entry.objects.count() == 5
    with pytest.raises(InvalidTransition):
        import_resume(actor=importer.actor, batch_id=batch.pk)


def test_entry_and_row_are_written_together(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = importer.start([CIVIL])

    def fail(*_arguments: Any, **_values: Any) -> None:
        raise RuntimeError("the machine dies")

    monkeypatch.setattr(ImportRow, "save", fail)
    with pytest.raises(RuntimeError):
        import_resume(actor=importer.actor, batch_id=batch.pk)
    assert not Entry.objects.exists()
    assert ImportRow.objects.get(batch=batch).state == RowState.PLANNED


def test_a_row_that_fails_is_rejected_and_the_next_goes_on(importer: Importer) -> None:
    batch = importer.start([CIVIL, CIVIL | {"标题": "第二条"}])
    row = ImportRow.objects.filter(batch=batch).first()
    assert row is not None
    assert row.payload is not None
    row.payload["fields"]["category"] = "999999"
    row.save(update_fields=["payload"])
    batch = import_resume(actor=importer.actor, batch_id=batch.pk)
    assert outcome(batch) == {"created": 1, "rejected": 1}


def test_the_batch_tells_the_trail_where_it_began_and_ended(importer: Importer) -> None:
    importer.run([CIVIL])
    actions = list(
        AuditEvent.objects.filter(action__startswith="catalog.import").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["catalog.import.start", "catalog.import.finish"]


def test_the_guide_layout_makes_one_entry_of_many_rows(importer: Importer, tmp_path: Any) -> None:
    head = [
        "信息资源名称",
        "信息资源提供方",
        "信息资源摘要",
        "信息资源格式分类",
        "信息资源格式类型",
        "信息项名称",
        "数据类型",
        "数据长度",
        "共享类型",
        "共享条件",
        "是否向社会开放",
        "更新周期",
    ]
    rows: list[list[Any]] = [
        head,
        [
            "低保对象信息",
            "市民政局",
            "摘要",
            "数据库",
            "mysql",
            "姓名",
            "字符型C",
            "50字节",
            "无条件共享",
            None,
            "否",
            "每月",
        ],
        [None, None, None, None, None, "身份证号", "C", 18, "有条件共享", "承担救助职责的部门", "否", None],
        [None, None, None, None, None, "姓名", "C", 50, "无条件共享", None, "否", None],
        [
            "殡葬机构信息",
            "市民政局",
            None,
            "电子表格",
            "xlsx",
            "名称",
            "怪类型",
            "五十",
            "有条件共享",
            "按职责",
            "是",
            "每周",
        ],
        ["殡葬机构信息", "市民政局", None, None, None, "地址", None, None, "有条件共享", "按职责", "是", "每年"],
    ]
    batch = importer.run(write_xlsx(tmp_path / "list.xlsx", rows))
    assert (batch.rows_in, outcome(batch)) == (2, {"created": 2})
    first, second = (
        Entry.objects.get(current_revision__name=name).current_revision for name in ("低保对象信息", "殡葬机构信息")
    )
    assert first is not None
    assert second is not None
    assert [(one.name, one.type, one.length) for one in RevisionItem.objects.filter(revision=first)] == [
        ("姓名", "C", 50),
        ("身份证号", "C", 18),
    ]
    assert [one.sharing for one in RevisionItem.objects.filter(revision=first)] == ["unconditional", "conditional"]
    assert (first.sharing, first.opening, first.cycle) == ("conditional", "closed", "monthly")
    assert (second.sharing, second.sharing_scope, second.opening) == ("conditional", "按职责", "open")
    assert set(codes(batch)) == {"item_twice", "type_unknown", "not_a_number", "rows_differ"}
    cells = {one["code"]: one["cell"] for row in ImportRow.objects.filter(batch=batch) for one in row.problems}
    assert cells == {"item_twice": "F4", "type_unknown": "G5", "not_a_number": "H5", "rows_differ": "L6"}


def test_a_person_imports_drafts_of_his_own_department_only(importer: Importer, world: CatalogWorld) -> None:
    path = importer.file([CIVIL, portal_record(提供方="市人社局")])
    options = services.PlanOptions(publishes=True)
    with pytest.raises(NotAllowed):
        services.import_start(actor=world.cataloguer, path=path, department_code=world.provider.code, options=options)
    with pytest.raises(NotAllowed):
        services.import_start(actor=world.cataloguer, path=path, department_code=world.other.code)
    with pytest.raises(NotAllowed):
        services.import_start(actor=world.head, path=path, department_code=world.provider.code)
    assert not ImportBatch.objects.exists()
    batch, _open = services.import_start(actor=world.cataloguer, path=path, department_code=world.provider.code)
    batch = import_resume(actor=world.cataloguer, batch_id=batch.pk)
    assert outcome(batch) == {"created": 1, "rejected": 1}
    assert codes(batch) == ["other_department"]
    assert Entry.objects.get().working_revision.created_by_id == world.cataloguer.id  # type: ignore[union-attr]


def test_an_unknown_department_is_told(importer: Importer) -> None:
    with pytest.raises(RuleViolation, match="nowhere"):
        services.import_start(actor=importer.actor, path=importer.file([CIVIL]), department_code="nowhere")


def test_a_preview_writes_nothing(importer: Importer) -> None:
    preview = importer.preview([CIVIL, CIVIL | {"提供方": "新单位"}], creates_departments=True, publishes=True)
    assert preview.counts["create"] == 2
    assert dict(preview.new_departments) == {"新单位": 1}
    assert not Entry.objects.exists()
    assert not ImportBatch.objects.exists()
    assert not Department.objects.filter(name="新单位").exists()


def nested_file(path: Path, depth: int) -> Path:
    record = json.dumps(portal_record(提供方="市民政局"), ensure_ascii=False)
    deep = '{"a":' * depth + "1" + "}" * depth
    path.write_text(f'[{record[:-1]}, "其他": {deep}}}]', encoding="utf-8")
    return path


def test_of_deeply_nested_json_the_upper_part_is_read(importer: Importer, tmp_path: Path) -> None:
    assert importer.run(nested_file(tmp_path / "deep.json", 400)).counts["created"] == 1


def test_json_nested_too_deeply_is_refused_with_the_reason(importer: Importer, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="嵌套过深"):
        importer.preview(nested_file(tmp_path / "deep.json", 50_000))


def test_a_number_of_too_many_digits_is_not_called_nesting(importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_text(f'{{"total": {"9" * 5000}, "records": []}}', encoding="utf-8")
    with pytest.raises(Unreadable, match="位数") as refused:
        importer.preview(path)
    assert "嵌套" not in str(refused.value)


def test_signs_that_no_text_can_hold_are_left_out(importer: Importer, tmp_path: Any) -> None:
    path = tmp_path / "signs.json"
    record = portal_record(
        标题="\ud83d停车\x00场", 提供方="市民政局", extra={"a\x00": "\ud800b"}, **{"备\x00注": "\udfff"}
    )
    path.write_text(json.dumps([record]), encoding="utf-8")

    batch = importer.run(path)

    assert batch.counts["created"] == 1
    assert Revision.objects.get().name == "停车场"


def test_a_mapping_lays_down_columns_values_and_defaults(importer: Importer) -> None:
    records = [{"表名": "甲表", "单位": "市民政局", "频次": "看情况", "级别": "x"}]
    mapping = {
        "columns": {"name": "表名", "provider": ["单位"], "cycle": "频次"},
        "values": {"cycle": {"看情况": "monthly"}},
        "defaults": {"sharing": "withheld", "category": "307013", "data_level": "general_3"},
    }
    importer.run(records, mapping=mapping)
    revision = Entry.objects.get().current_revision
    assert revision is not None
    assert revision.category is not None
    assert (revision.cycle, revision.sharing, revision.category.code) == ("monthly", "withheld", "307013")
    assumed = {one["field"] for one in revision.assumptions}
    assert not {"cycle", "sharing", "category", "data_level"} & assumed


def test_a_finished_batch_does_not_stand_in_the_way_of_the_next(importer: Importer) -> None:
    path = importer.file([CIVIL])
    first, second = importer.run(path), importer.run(path)
    assert first.pk != second.pk
    assert {first.state, second.state} == {BatchState.FINISHED}


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_batch_and_do_nothing_twice(tmp_path: Path, filing: Actor) -> None:
    importer = importer_of(make_world(), tmp_path, filing)
    batch = importer.start([CIVIL | {"标题": f"信息{number}"} for number in range(12)], publishes=True)
    finished: list[ImportBatch] = []

    def work() -> None:
        try:
            finished.append(import_resume(actor=importer.actor, batch_id=batch.pk))
        except InvalidTransition:
            finished.append(batch)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    batch.refresh_from_db()
    assert outcome(batch) == {"created": 12}
    assert batch.state == BatchState.FINISHED
    assert Entry.objects.filter(status="published").count() == 12
    assert Entry.objects.values("code").distinct().count() == 12
    assert Notification.objects.filter(kind="catalog.imported").count() == 2
    assert AuditEvent.objects.filter(action="catalog.import.finish").count() == 1


def test_work_that_an_import_leaves_is_named_in_the_language_of_the_platform(world: CatalogWorld) -> None:
    assumed = [{"field": "cycle", "value": "monthly", "source": "", "rule": "cycle_default"}]
    world.entry(assumptions=assumed)
    with translation.override("en"):
        completion_tasks_refresh(world.cataloguer, [world.provider.pk])
    assert Task.objects.get(kind=TASK_COMPLETE).title == "1 条导入的目录待补全"
