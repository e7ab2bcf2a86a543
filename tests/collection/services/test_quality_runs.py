"""Rules at work: rows are rejected, versions are judged or refused, reports are kept."""

from typing import Any

import pytest
from django.db import OperationalError
from psycopg import sql

from accounts.models import Department
from catalog import services as catalog
from collection import services
from collection.choices import FindingState, RunState
from collection.models import Dataset, DatasetVersion, QualityReport, QualityRule, RunProblem
from collection.quality import measuring
from collection.quality.finding import Finding, findings_from
from collection.selectors import columns_wanted
from collection.services import quality_run
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_ingest import codes
from workflow.models import JobSlot


def item(town: Town, name: str) -> str:
    return next(one.item for one in columns_wanted(town.entry) if one.name == name)


def add(town: Town, kind: str, severity: str = "warn", **fields: Any) -> QualityRule:
    """Add a rule; items are named by their names."""
    for name in ("item", "other_item"):
        if name in fields:
            fields[name] = item(town, fields[name])
    wanted = {"kind": kind, "severity": severity, **fields}
    return services.quality_rule_add(actor=town.cataloguer, dataset_id=town.dataset.pk, fields=wanted)


def found(town: Town, rule: QualityRule) -> Finding:
    """Return what the last run found about a rule."""
    report = QualityReport.objects.filter(dataset=town.dataset).order_by("-pk")[0]
    return next(one for one in findings_from(report.findings) if one.rule == rule.pk)


@pytest.fixture(autouse=True)
def _lenient(db: None) -> None:
    Dataset.objects.update(reject_limit_percent=100)


def test_a_run_without_rules_is_judged_by_the_items_alone(three: Town) -> None:
    report = QualityReport.objects.get()
    assert report.score == 100
    assert report.rows == 3
    assert {one["name"]: one["filled"] for one in report.filled}["姓名"] == 3
    assert report.dimensions == {
        "normativity": 100, "completeness": 100, "accuracy": 100, "consistency": None, "timeliness": None,
        "accessibility": 100,
    }  # fmt: skip
    assert three.dataset.quality_score == 100


@pytest.mark.parametrize(("state", "points"), [("fresh", 100), ("overdue", 50), ("overdue_long", 0)])
def test_a_file_is_worth_in_time_where_the_data_stood_before_it(three: Town, state: str, points: int) -> None:
    Dataset.objects.filter(pk=three.dataset.pk).update(freshness=state)
    run = three.send(HEADER + "".join(ROWS) + "0009,孙七,,50,2026-01-01\n")
    assert QualityReport.objects.get(run=run).dimensions["timeliness"] == points
    assert three.dataset.freshness == "fresh", "with it they are in time"


def test_rows_that_break_a_rejecting_rule_are_rejected_with_rule_item_and_reason(three: Town) -> None:
    rule = add(three, "range", "reject", item="月保障金额", min="1", max="1000")
    run = three.send(HEADER + "".join(ROWS) + "0009,孙七,,5000,2026-01-01\n")
    assert run.state == RunState.SUCCEEDED
    assert (run.rows_read, run.rows_rejected) == (4, 2)
    assert codes(three) == ["0001", "0002"]
    problem = RunProblem.objects.get(run=run)
    assert (problem.rule, problem.label, problem.count, problem.first_rows) == (rule.code, "月保障金额", 2, [4, 5])
    _run, rejected = services.rejects_read(actor=three.cataloguer, run_id=run.pk)
    assert [one["problems"] for one in rejected] == [[[str(rule.item), rule.code]]] * 2
    finding = found(three, rule)
    assert (finding.checked, finding.broken, finding.rejected, finding.score) == (4, 2, 2, 50.0)


def test_a_row_that_a_rule_rejects_does_not_shut_out_a_good_one_of_the_same_key(three: Town) -> None:
    add(three, "range", "reject", item="月保障金额", max="1000")
    run = three.send(HEADER + "0007,甲,,5000,\n" + "0007,乙,,500,\n")
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 1)
    assert codes(three) == ["0007"]


def test_warnings_are_counted_with_places_and_change_nothing(three: Town) -> None:
    rule = add(three, "regex", item="对象编号", pattern=r"\d{4}")
    run = three.send(HEADER + "".join(ROWS))
    assert run.state == RunState.UNCHANGED
    finding = found(three, rule)
    assert (finding.state, finding.checked, finding.broken, finding.score) == (FindingState.BROKEN, 3, 1, 66.6)
    assert len(finding.places) == 1
    assert codes(three) == ["0001", "0002", "0164A"]
    report = QualityReport.objects.latest("pk")
    assert report.version == three.dataset.published_version
    assert "0164A" not in str(report.findings)


ROW_RULES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("code_list", {"item": "姓名", "values": "王\n李"}, ["王", "李", ""], ["王 小", "赵"]),
    ("regex", {"item": "姓名", "pattern": "[一-龥]{2}|x"}, ["小明", "x", ""], ["小", "小明小", "xy"]),
    ("regex", {"item": "姓名", "pattern": r"\w+"}, ["小明", "x1", ""], ["小 明", "，"]),
    ("range", {"item": "月保障金额", "min": "10"}, ["10", "11.5", ""], ["9.99", "-1"]),
    ("range", {"item": "纳入日期", "min": "2026-01-01", "max": "2026-12-31"}, ["2026-12-31", ""], ["2027-01-01"]),
    ("range", {"item": "纳入日期", "max": "today"}, ["1999-01-01"], ["9999-12-31"]),
    ("checksum", {"item": "身份证号", "checksum": "id_number"}, ["11010519491231002X", ""], ["110105194912310021"]),
    ("checksum", {"item": "身份证号", "checksum": "uscc"}, ["91110000600037341L"], ["91110000600037341M", "x"]),
    ("checksum", {"item": "姓名", "checksum": "organisation_code"}, ["600037341", "60003734-1"], ["600037342"]),
    ("comparison", {"item": "姓名", "other_item": "对象编号", "operator": "<>"}, ["王", ""], []),
    ("comparison", {"item": "姓名", "other_item": "对象编号", "operator": "<"}, ["#"], ["王"]),
]
NAMES = ["对象编号", "姓名", "身份证号", "月保障金额", "纳入日期"]


@pytest.mark.parametrize(("kind", "fields", "good", "bad"), ROW_RULES)
@pytest.mark.parametrize("severity", ["warn", "reject"])
def test_each_kind_of_rule_about_rows_tells_good_from_bad(
    town: Town, kind: str, fields: dict[str, Any], good: list[str], bad: list[str], severity: str
) -> None:
    at = NAMES.index(fields["item"])
    rule = add(town, kind, severity, **fields)
    rows = []
    for number, value in enumerate([*good, *bad]):
        cells = [f"{number:04d}", "", "", "", ""]
        cells[at] = value
        rows.append(",".join(cells) + "\n")
    run = town.send(HEADER + "".join(rows))
    assert run.state == RunState.SUCCEEDED, run.message
    finding = found(town, rule)
    assert finding.broken == len(bad)
    assert finding.rejected == (len(bad) if severity == "reject" else 0)
    assert finding.checked == len([one for one in [*good, *bad] if one])
    kept = [f"{number:04d}" for number in range(len(good) + (0 if severity == "reject" else len(bad)))]
    assert codes(town) == kept


def test_values_that_occur_twice_are_counted_and_refuse_the_run_where_they_must_not(three: Town) -> None:
    rule = add(three, "unique", "note", item="姓名")
    twice = HEADER + "".join(ROWS) + "0009,李四,,5,\n0010,李四,,6,\n"
    assert three.send(twice).state == RunState.SUCCEEDED
    finding = found(three, rule)
    assert (finding.checked, finding.broken, len(finding.places)) == (5, 2, 1)
    services.quality_rule_remove(actor=three.cataloguer, rule_id=rule.pk)
    add(three, "unique", "reject", item="姓名")
    run = three.send(twice + "0011,李四,,7,\n")
    assert run.state == RunState.REFUSED
    assert "occurs twice" in run.message


def test_a_version_that_breaks_a_rule_about_it_is_refused_and_leaves_no_trace(three: Town) -> None:
    add(three, "completeness", "reject", item="身份证号", percent=90)
    before = three.dataset.published_version
    run = three.send(HEADER + ROWS[0] + "0003,赵六,,1,\n")
    assert run.state == RunState.REFUSED
    assert "“身份证号” is filled in at least 90 % of the rows – found: filled in 50.0 % of the rows" in run.message
    assert three.dataset.published_version == before
    assert codes(three) == ["0001", "0002", "0164A"]
    assert DatasetVersion.objects.count() == 1
    report = QualityReport.objects.latest("pk")
    assert (report.run_id, report.version) == (run.pk, None)
    assert three.dataset.quality_score == 100
    again = three.send(HEADER + "".join(ROWS).replace("850.50", "1"))
    assert again.state == RunState.SUCCEEDED
    assert (again.version.changed, again.version.added, again.version.removed) == (1, 0, 0)  # type: ignore[union-attr]


def test_a_share_is_judged_over_the_whole_version_not_over_the_rows_of_a_file(three: Town) -> None:
    rule = add(three, "completeness", "reject", item="身份证号", percent=70)
    run = three.send(HEADER + "0003,赵六,,1,\n", mode="append")
    assert run.state == RunState.SUCCEEDED
    assert found(three, rule).figure == 75


def test_the_number_of_rows_stays_within_its_band(three: Town) -> None:
    rule = add(three, "row_count", "reject", less=40, more=0)
    assert three.send(HEADER + ROWS[0] + ROWS[1]).state == RunState.SUCCEEDED
    assert found(three, rule).figure == 2
    fewer = three.send(HEADER + ROWS[0])
    assert fewer.state == RunState.REFUSED
    assert "1 rows, 2 before" in fewer.message
    more = three.send(HEADER + "".join(ROWS))
    assert more.state == RunState.REFUSED


def test_the_newest_date_must_not_be_too_old(three: Town) -> None:
    from core import clock
    from core.testing import clock_at

    working = add(three, "freshness", "warn", item="纳入日期", days=3, working=True)
    plain = add(three, "freshness", "reject", item="纳入日期", days=5)
    with clock_at(clock.end_of_day(clock.today().replace(year=2026, month=3, day=5))):
        run = three.send(HEADER + "".join(ROWS).replace("920", "921"))
        assert run.state == RunState.SUCCEEDED, run.message
        # 1 March 2026 is a Sunday: four days and four working days ago.
        assert (found(three, plain).figure, found(three, plain).state) == (4, "held")
        assert (found(three, working).figure, found(three, working).score) == (4, 75)
    with clock_at(clock.end_of_day(clock.today().replace(year=2026, month=3, day=9))):
        run = three.send(HEADER + "".join(ROWS).replace("920", "922"))
        assert run.state == RunState.REFUSED
        assert "8 days old" in run.message


def test_dates_are_compared_within_a_row(town: Town) -> None:
    entry = town.world.published(
        name="许可", items=[{"name": "编号", "type": "C", "is_key": True, "nullable": False},
                          {"name": "受理", "type": "T"}, {"name": "办结", "type": "D"}],
    )  # fmt: skip
    other = Town(town.world, entry, services.dataset_hook(actor=town.cataloguer, ref=entry.pk))
    order = add(other, "date_order", item="受理", other_item="办结")
    assert other.send(
        "编号,受理,办结\n1,2026-01-02 23:00:00,2026-01-02\n2,2026-01-03 00:10:00,2026-01-02\n3,,2026-01-02\n"
    )
    finding = found(other, order)
    assert (finding.checked, finding.broken) == (2, 1)


def test_a_rule_applies_from_the_next_run_on_and_a_rollback_is_not_stopped_by_it(three: Town) -> None:
    three.send(HEADER + ROWS[0])
    rule = add(three, "range", "reject", item="月保障金额", max="900")
    share = add(three, "unique", "reject", item="姓名")
    assert codes(three) == ["0001"]
    back = services.run_rollback(actor=three.cataloguer, dataset_id=three.dataset.pk, number=1)
    assert three.work(back).state == RunState.SUCCEEDED
    assert codes(three) == ["0001", "0002", "0164A"]
    assert (found(three, rule).broken, found(three, rule).rejected) == (2, 0)
    assert found(three, share).state == "held"


def test_a_rule_on_an_item_that_was_removed_or_retyped_does_not_apply_and_says_so(three: Town) -> None:
    amount = add(three, "range", "reject", item="月保障金额", max="900")
    date = add(three, "freshness", "reject", item="纳入日期", days=1)
    items = [
        {
            "id": item(three, "对象编号"),
            "name": "对象编号",
            "type": "C",
            "length": 20,
            "is_key": True,
            "nullable": False,
        },
        {"id": item(three, "月保障金额"), "name": "月保障金额", "type": "C"},
    ]
    catalog.entry_update(actor=three.cataloguer, ref=three.entry.pk, fields={}, items=items)
    three.world.republished(three.entry)
    run = three.send("对象编号,月保障金额\n0001,很多\n")
    assert run.state == RunState.SUCCEEDED, run.message
    assert found(three, amount).state == FindingState.IDLE
    assert found(three, date).state == FindingState.IDLE
    assert run.notes.filter(code="rules_idle", values={"count": 2}).exists()


def broken_in_the_store(town: Town, severity: str) -> QualityRule:
    """Keep a pattern that the server once took and takes no longer."""
    rule = add(town, "regex", severity, item="姓名", pattern=".*")
    QualityRule.objects.filter(pk=rule.pk).update(parameters={"pattern": "("})
    return rule


def test_a_warning_that_cannot_be_computed_stops_neither_the_others_nor_the_run(three: Town) -> None:
    lost = broken_in_the_store(three, "warn")
    kept = add(three, "regex", item="对象编号", pattern="[0-9]{4}")
    assert three.send(HEADER + ROWS[0]).state == RunState.SUCCEEDED
    assert (found(three, lost).state, found(three, lost).score) == (FindingState.FAILED, None)
    assert found(three, kept).state == FindingState.HELD


def test_a_rejecting_rule_that_cannot_be_computed_fails_the_run_by_its_name(three: Town) -> None:
    add(three, "range", "reject", item="月保障金额", max="10000")
    broken_in_the_store(three, "reject")
    run = three.send(HEADER + ROWS[0])
    assert run.state == RunState.FAILED
    assert "“姓名” fits (" in run.message
    assert codes(three) == ["0001", "0002", "0164A"]


def test_a_rule_that_takes_too_long_ends_the_run_by_its_name(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    add(three, "regex", "reject", item="姓名", pattern=".*")
    limits: list[int] = []

    def hurried(stage: Any, checks: Any, *, timeout: int = measuring.TOGETHER) -> None:
        limits.append(timeout)
        measuring.rows_reject(stage, checks, timeout=50)

    monkeypatch.setattr(measuring, "broken", lambda check, parameters: sql.SQL("pg_sleep(1) IS NULL"))
    monkeypatch.setattr("collection.services.quality_run.rows_reject", hurried)
    run = three.send(HEADER + ROWS[0])
    assert run.state == RunState.FAILED
    assert "could not be computed in time: “姓名” fits .*" in run.message
    assert limits == [measuring.TOGETHER, measuring.ALONE]


def test_a_version_that_cannot_be_counted_is_published_without_a_report(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_arguments: object) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(measuring, "_count", too_slow)
    run = three.send(HEADER + ROWS[0])
    assert run.state == RunState.SUCCEEDED
    assert run.notes.filter(code="not_judged").exists()
    assert QualityReport.objects.count() == 1


def test_codes_of_the_platform_are_a_list_and_region_codes_go_by_its_register(town: Town) -> None:
    region = town.world.provider.region
    listed = add(town, "code_list", item="姓名", list="regions")
    sound = add(town, "checksum", item="姓名", checksum="region_code")
    texts = [region.code, f"{region.code}001", f"{region.code}001002", f"{region.code}0", "000000", "王"]
    rows = "".join(f"{number:04d},{text},,,\n" for number, text in enumerate(texts))
    assert town.send(HEADER + rows).state == RunState.SUCCEEDED
    assert (found(town, listed).checked, found(town, listed).broken) == (6, 5)
    assert found(town, sound).broken == 3
    departments = add(town, "code_list", item="姓名", list="departments")
    categories = add(town, "code_list", item="姓名", list="categories")
    Department.objects.filter(pk=town.world.provider.pk).update(uscc="12320100000000035W")
    town.send(HEADER + "0001,12320100000000035W,,,\n" + "0002,307013,,,\n")
    assert (found(town, departments).broken, found(town, categories).broken) == (1, 1)


def test_old_rows_that_break_a_new_rule_stay_and_are_counted_when_only_some_rows_come(three: Town) -> None:
    rule = add(three, "range", "reject", item="月保障金额", max="900")
    run = three.send(HEADER + "0001,王小明,,5000,\n" + "0002,李四,,100,\n", mode="upsert")
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 1)
    finding = found(three, rule)
    # The new 0001 was rejected and the old one stays; 0164A stands with 1,020.
    assert (finding.checked, finding.broken, finding.rejected) == (4, 2, 1)


def test_a_killed_run_is_judged_once_when_it_is_taken_up_again(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    add(three, "unique", item="姓名")

    def killed(*_arguments: object, **_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(quality_run, "version_judge", killed)
        with pytest.raises(KeyboardInterrupt):
            three.send(HEADER + ROWS[0])
    run = three.dataset.runs.latest("pk")
    assert run.state == RunState.RUNNING
    assert codes(three) == ["0001", "0002", "0164A"]
    JobSlot.objects.all().delete()
    assert three.work(run).state == RunState.SUCCEEDED
    assert QualityReport.objects.filter(run=run).count() == 1


def test_tries_that_bring_no_data_do_not_lower_the_score(three: Town) -> None:
    for _try in range(3):
        assert three.send(b"%PDF-1.4").state == RunState.FAILED
    assert three.send(HEADER + ROWS[0]).state == RunState.SUCCEEDED
    assert three.dataset.quality_score == 100
    Dataset.objects.filter(pk=three.dataset.pk).update(reject_limit_percent=0)
    assert three.send(HEADER + ROWS[0] + "0009,x,,y,2026-01-01\n").state == RunState.REFUSED
    assert three.send(HEADER + ROWS[1]).state == RunState.SUCCEEDED
    assert QualityReport.objects.latest("pk").dimensions["accessibility"] == 75


def test_correcting_rejected_rows_never_lowers_the_score(three: Town) -> None:
    good = "".join(f"1{number:03},甲,,1,2026-01-01\n" for number in range(20))
    bad = [f"2{number:03},乙,,viel,2026-01-01\n" for number in range(4)]
    run = three.send(HEADER + good + "".join(bad))
    assert (run.rows_read, run.rows_rejected) == (24, 4)
    scores = [three.dataset.quality_score]
    mended = [line.replace("viel", "1") for line in bad]
    for lines in (mended[:2] + bad[2:3], mended[2:3], mended[3:]):
        fixed = services.run_resubmit(
            actor=three.cataloguer, run_id=run.pk, pieces=[(HEADER + "".join(lines)).encode()], file_name="fixed.csv"
        )
        assert three.work(fixed).state == RunState.SUCCEEDED
        scores.append(three.dataset.quality_score)
    assert scores == sorted(scores)
    assert len(set(scores)) == 4
    assert scores[-1] == 100
