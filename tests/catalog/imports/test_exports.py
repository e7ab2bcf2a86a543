import csv
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from python_calamine import CalamineWorkbook

from catalog import exports, services
from catalog.imports.reading import open_source
from catalog.models import Entry, ImportRow, Library
from catalog.result_list import COLUMNS as LIST_COLUMNS
from catalog.selectors import EntryFilters, entries_ordered
from core.actors import PUBLIC, system_actor
from tests.catalog.imports.conftest import Importer
from tests.catalog.imports.test_services import CIVIL, outcome
from tests.factories.accounts import InformationSystemFactory
from tests.factories.catalog import ITEMS, CatalogWorld


@pytest.fixture
def rich(world: CatalogWorld) -> list[Entry]:
    """Entries that use every field, of every attribute."""
    library = Library.objects.create(code="population", name="人口基础库", kind="base")
    system = InformationSystemFactory(department=world.provider, name="社会救助系统")
    items: list[dict[str, Any]] = [
        *ITEMS,
        {
            "name": "备注",
            "type": "M",
            "description": "=1+1",
            "sharing": "withheld",
            "sharing_condition": "《保密法》第二条",
        },
    ]  # fmt: skip
    first = world.published(
        items=items,
        name="低保对象信息",
        keywords="低保、救助",
        department_unit="救助处",
        library=library.code,
        source_system=system.name,
        use_conditions="仅限核验\n不得留存",
        sharing_note="个别信息项更严，另行说明",
        census={"storage_gb": 1.5, "records_10k": 12},
        extra={"source": {"url": "https://example.org/a", "theme": "民生"}, "cycle_note": "每两月"},
    )
    second = world.published(
        name="离婚登记信息",
        sharing="withheld",
        sharing_scope="",
        sharing_purpose="",
        sharing_reason="涉及个人隐私",
        legal_basis=[{"document": "中华人民共和国个人信息保护法", "article": "第二十八条"}],
    )
    third = world.published(
        items=[],
        name="+婚姻登记处名录",
        sharing="unconditional",
        opening="conditional",
        opening_condition="实名登录后下载",
        format_class="document",
        format_type="pdf",
        sharing_method="platform_file",
        related=[first.code],
        summary="=HYPERLINK(1)",
    )
    return [first, second, third]


def written(form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    actor = PUBLIC if options.pop("as_public", False) else system_actor("catalog-export")
    entries = exports.published_entries(actor, **options)
    exports.write_entries(entries, form, stream)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_is_exported_comes_back_unchanged(importer: Importer, rich: list[Entry], form: str, tmp_path: Any) -> None:
    path = tmp_path / f"catalog.{form}"
    path.write_bytes(written(form))
    before = list(Entry.objects.order_by("pk").values())
    batch = importer.run(path, updates=True, publishes=True)
    problems = list(ImportRow.objects.filter(batch=batch).values_list("name", "problems"))
    assert outcome(batch) == {"unchanged": 3}, problems
    assert [one for _name, found in problems for one in found] == []
    assert list(Entry.objects.order_by("pk").values()) == before


def test_an_edited_export_updates_what_was_edited(importer: Importer, rich: list[Entry], tmp_path: Any) -> None:
    path = tmp_path / "catalog.csv"
    path.write_bytes(written("csv").replace("救助处".encode(), "救助科".encode()))
    batch = importer.run(path, updates=True)
    assert outcome(batch) == {"updated": 1, "unchanged": 2}
    entry = Entry.objects.get(pk=rich[0].pk)
    assert entry.published_revision is not None
    assert entry.working_revision is not None
    assert entry.published_revision.department_unit == "救助处"
    assert entry.working_revision.department_unit == "救助科"


def test_the_workbook_has_the_guides_columns_in_two_header_rows(rich: list[Entry], tmp_path: Any) -> None:
    path = tmp_path / "catalog.xlsx"
    path.write_bytes(written("xlsx"))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert rows[0][6:9] == ["信息资源提供方", "", ""]
    assert rows[1][:8] == ["类", "项", "目", "细目", "信息资源名称", "信息资源代码", "信息资源提供方", "提供方内部部门"]
    assert rows[1][30] == "关联及类目名称"
    assert len(rows) == 2 + 6 + 5 + 1
    assert [row[19] for row in rows[2:8]] == ["对象编号", "姓名", "身份证号", "月保障金额", "纳入日期", "备注"]
    assert {row[4] for row in rows[2:8]} == {"低保对象信息"}
    assert rows[2][0:3] == ["部门信息资源", "各级政务部门", "民政"]
    assert rows[-1][30] == rich[0].code


def test_csv_says_where_a_formula_was_defused(rich: list[Entry]) -> None:
    rows = list(csv.reader(io.StringIO(written("csv").decode("utf-8-sig"))))
    by_name = {row[4]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    row = by_name["'+婚姻登记处名录"]
    assert row["信息资源摘要"] == "'=HYPERLINK(1)"
    assert row[exports.APOSTROPHES] == "信息资源名称、信息资源摘要"
    plain = by_name["离婚登记信息"]
    assert plain[exports.APOSTROPHES] == ""


def test_dcat_is_valid_json_with_a_record_for_each_entry(rich: list[Entry]) -> None:
    data = json.loads(written("jsonld"))
    assert data["@type"] == "dcat:Catalog"
    records = {one["dct:title"]["@value"]: one for one in data["dcat:dataset"]}
    assert set(records) == {"低保对象信息", "离婚登记信息", "+婚姻登记处名录"}
    first = records["低保对象信息"]
    assert first["dct:identifier"] == rich[0].code
    assert first["dct:accrualPeriodicity"]["@id"].endswith("/frequency/MONTHLY")
    assert first["dct:accessRights"]["@id"].endswith("/access-right/NON_PUBLIC")
    assert first["dcat:keyword"] == ["低保", "救助"]
    assert first["dcat:landingPage"] == {"@id": "https://example.org/a"}
    assert records["+婚姻登记处名录"]["dct:accessRights"]["@id"].endswith("/RESTRICTED")
    assert records["+婚姻登记处名录"]["dcat:distribution"][0]["dct:format"] == "PDF"
    assert "隐私" not in json.dumps(data, ensure_ascii=False)


def test_only_published_content_leaves(world: CatalogWorld, rich: list[Entry]) -> None:
    world.entry(name="草稿")
    world.republished(rich[0], summary="新的摘要")
    services.entry_update(actor=world.cataloguer, ref=rich[0].pk, fields={"summary": "未批准的摘要"})
    text = written("csv").decode()
    assert "草稿" not in text
    assert "未批准的摘要" not in text
    assert "新的摘要" in text
    opened = written("csv", open_only=True).decode()
    assert "婚姻登记处名录" in opened
    assert "离婚登记信息" not in opened


def test_the_public_exports_only_what_it_sees(rich: list[Entry]) -> None:
    names = [one["dct:title"]["@value"] for one in json.loads(written("jsonld", as_public=True))["dcat:dataset"]]
    assert names == ["+婚姻登记处名录"]


def test_the_export_takes_a_fixed_number_of_queries(
    rich: list[Entry], world: CatalogWorld, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        world.published(name=f"信息{number}")
    with django_assert_max_num_queries(8):
        written("xlsx")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_is_exported_with_the_columns_it_shows(
    world: CatalogWorld, rich: list[Entry], form: str, tmp_path: Any
) -> None:
    keys = [
        "status",
        "sharing",
        "opening",
        "cycle",
        "format",
        "category",
        "level",
        "items",
        "revision",
        "due",
        "published",
    ]
    columns = [(key, str(LIST_COLUMNS[key].label)) for key in keys]
    entries = entries_ordered(world.cataloguer, EntryFilters(ordering="name"))
    path = tmp_path / f"list.{form}"
    with path.open("wb") as stream:
        assert exports.write_list(world.cataloguer, entries, columns, form, stream) == 3
    if form == "csv":
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    else:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert len(rows) == 4
    found = {str(row[1]).lstrip("'"): row for row in rows[1:]}
    assert set(found) == {"低保对象信息", "离婚登记信息", "+婚姻登记处名录"}
    assert int(found["低保对象信息"][rows[0].index(columns[7][1])]) == 6
    assert found["低保对象信息"][0] == rich[0].code


def test_a_list_shows_nobody_more_than_he_sees(world: CatalogWorld, rich: list[Entry]) -> None:
    stream = io.BytesIO()
    assert exports.write_list(PUBLIC, entries_ordered(PUBLIC, EntryFilters()), [("due", "期限")], "csv", stream) == 1
    assert "低保对象信息" not in stream.getvalue().decode()


def test_the_blank_template_is_read_as_one(importer: Importer, tmp_path: Any) -> None:
    path = tmp_path / "template.xlsx"
    with path.open("wb") as stream:
        exports.write_blank_template(stream)
    source = open_source(path)
    assert len(source.labels) == len(exports.COLUMNS)
    assert list(source.rows()) == []


def test_the_command_writes_a_file_or_standard_output(rich: list[Entry], tmp_path: Any, capfdbinary: Any) -> None:
    path = tmp_path / "catalog.jsonld"
    call_command("export_catalog", "--format", "jsonld", "-o", str(path), "--no-progress", stderr=io.StringIO())
    assert len(json.loads(path.read_text())["dcat:dataset"]) == 3
    assert list(tmp_path.iterdir()) == [path]
    call_command("export_catalog", "--format", "csv", "--no-progress", stderr=io.StringIO())
    out, _err = capfdbinary.readouterr()
    assert out.startswith(b"\xef\xbb\xbf")


def test_a_draft_export_of_imports_keeps_the_source(importer: Importer) -> None:
    importer.run([CIVIL], publishes=True)
    data = json.loads(written("jsonld"))
    assert len(data["dcat:dataset"]) == 1
