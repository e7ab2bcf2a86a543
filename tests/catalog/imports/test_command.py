import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from python_calamine import CalamineWorkbook

from catalog.imports.progress import ProgressBar
from catalog.models import Entry, ImportBatch
from tests.catalog.imports.conftest import Importer
from tests.catalog.imports.files import portal_record, write_xlsx
from tests.catalog.imports.test_services import CIVIL

ODD = CIVIL | {"标题": "奇怪的一条", "更新周期": "牲畜饲养", "提供方": "无此单位"}


def run(*arguments: Any) -> tuple[int, str, str]:
    """Return exit code, output and errors of the command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_catalog", *map(str, arguments), "--no-progress", stdout=out, stderr=err)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_all_in_is_zero_some_rejected_is_one_nothing_done_is_two(importer: Importer, tmp_path: Path) -> None:
    home = importer.world.authority.code
    report = ("--report", tmp_path / "report.xlsx")
    assert run(importer.file([CIVIL]), "--department", home, *report)[0] == 0
    assert run(importer.file([CIVIL, ODD]), "--department", home, *report)[0] == 1
    assert run(importer.file([ODD]), "--department", home, *report)[0] == 2
    assert run(tmp_path / "missing.json", "--department", home, *report)[0] == 2
    assert run(importer.file([CIVIL]), "--department", "nowhere", *report)[0] == 2
    assert run(importer.file([CIVIL]), *report)[0] == 2
    assert run("--undo", 999_999)[0] == 2


def test_a_dry_run_changes_nothing_and_leaves_report_and_mapping(importer: Importer, tmp_path: Path) -> None:
    path = importer.file([CIVIL, ODD, dict(CIVIL)])
    report = tmp_path / "report.csv"
    code, out, _err = run(path, "--department", importer.world.authority.code, "--dry-run", "--report", report)
    assert code == 1
    assert not Entry.objects.exists()
    assert not ImportBatch.objects.exists()
    lines = list(csv.reader(io.StringIO(report.read_text(encoding="utf-8-sig"))))
    unknown = next(line for line in lines if line[6] == "value_unknown")
    assert unknown[1:5] == ["2", "更新周期", "", "牲畜饲养"]
    assert all(unknown[7:9])
    assert any(line[6] == "repeated_same" and line[1] == "3" for line in lines)
    mapping = json.loads((tmp_path / "report.mapping.json").read_text(encoding="utf-8"))
    assert mapping["columns"]["name"] == ["标题"]
    assert mapping["values"]["cycle"] == {"牲畜饲养": ""}
    assert mapping["providers"] == {"无此单位": ""}
    assert mapping["left_out"] == {"联系电话": "contact"}
    assert "report.csv" in out


def test_the_guessed_mapping_can_be_corrected_and_used_again(importer: Importer, tmp_path: Path) -> None:
    path = importer.file([ODD])
    home = importer.world.authority.code
    run(path, "--department", home, "--dry-run", "--report", tmp_path / "report.xlsx")
    mapping = tmp_path / "report.mapping.json"
    data = json.loads(mapping.read_text(encoding="utf-8"))
    data["values"]["cycle"]["牲畜饲养"] = "monthly"
    data["providers"]["无此单位"] = importer.world.provider.code
    mapping.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    code, _out, err = run(path, "--department", home, "--mapping", mapping, "--report", tmp_path / "report.xlsx")
    assert (code, err) == (0, "")
    entry = Entry.objects.get()
    assert entry.department == importer.world.provider
    assert entry.current_revision is not None
    assert entry.current_revision.cycle == "monthly"


@pytest.mark.parametrize(
    "data",
    [
        {"columns": {"nonsense": "标题"}},
        {"columns": {"name": "没有的列"}},
        {"values": {"cycle": {"每年": "sometimes"}}},
        {"defaults": {"cycle": "sometimes"}},
        {"defaults": {"assumptions": "x"}},
        {"header_row": "one"},
        {"surprise": 1},
        ["a list"],
    ],
)
def test_a_mapping_that_names_nothing_is_refused_with_what_exists(
    importer: Importer, tmp_path: Path, data: Any
) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps(data), encoding="utf-8")
    code, _out, err = run(importer.file([CIVIL]), "--department", importer.world.authority.code, "--mapping", mapping)
    assert code == 2
    assert err.strip()
    assert not ImportBatch.objects.exists()


def test_the_report_of_an_import_names_row_column_cell_value_and_reason(importer: Importer, tmp_path: Path) -> None:
    rows = [
        ["标题", "提供方", "更新周期", "资源摘要"],
        ["甲信息", "市民政局", "牲畜饲养", "=1+1"],
        [None, "市民政局", "每年", None],
    ]
    path = write_xlsx(tmp_path / "list.xlsx", rows)
    report = tmp_path / "report.xlsx"
    code, out, _err = run(path, "--department", importer.world.authority.code, "--report", report)
    assert code == 1
    book = CalamineWorkbook.from_path(str(report))
    assert len(book.sheet_names) == 4
    lines = book.get_sheet_by_index(1).to_python()
    found = {line[6]: line for line in lines[1:]}
    assert found["value_unknown"][1:5] == [2.0, "更新周期", "C2", "牲畜饲养"]
    assert found["name_missing"][1:4] == [3.0, "标题", "A3"]
    assert all(line[7] and line[8] for line in lines[1:])
    assert "1" in out


def test_an_undo_by_command(importer: Importer) -> None:
    batch = importer.run([CIVIL])
    code, out, _err = run("--undo", batch.pk)
    assert code == 0
    assert "1" in out
    assert not Entry.objects.exists()


def test_a_report_of_another_ending_is_refused_before_anything_happens(importer: Importer, tmp_path: Path) -> None:
    path = importer.file([CIVIL])
    code, _out, err = run(path, "--department", importer.world.authority.code, "--report", tmp_path / "report.docx")
    assert code == 2
    assert ".docx" in err
    assert not ImportBatch.objects.exists()


def test_the_report_goes_beside_the_data_where_none_is_named(importer: Importer, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    run(importer.file([portal_record(提供方="市民政局")]), "--department", importer.world.authority.code)
    assert [one.suffix for one in (tmp_path / "var" / "reports").iterdir()] == [".xlsx"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_moves_on_a_terminal_and_is_plain_elsewhere() -> None:
    terminal, plain = Terminal(), io.StringIO()
    for stream in (terminal, plain):
        bar = ProgressBar(stream)
        for done in range(1, 101):
            bar("apply", done, 100)
        bar.close()
    assert "\r" in terminal.getvalue()
    assert "█" in terminal.getvalue()
    assert "\r" not in plain.getvalue()
    assert plain.getvalue().count("\n") == 1
    assert "100/100" in plain.getvalue()
