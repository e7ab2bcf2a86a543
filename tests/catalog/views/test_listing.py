import csv
import io

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from catalog import services
from core.testing import clock_at
from tests.catalog.views.reader import HTMX, client_of, get, names_in, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import CatalogWorld

LIST = "/catalog/"
OWN = "/catalog/own/"
EXPORT = "/catalog/export/"


def test_list_shows_published_entries_of_everybody_but_no_drafts_of_others(world: CatalogWorld) -> None:
    world.published(name="养老机构名录")
    world.entry(name="尚未报送的目录")
    assert names_in(get(world.other_cataloguer, LIST)) == ["养老机构名录"]
    assert names_in(get(world.cataloguer, LIST)) == ["养老机构名录", "尚未报送的目录"]


def test_draft_in_the_list_says_its_state(world: CatalogWorld) -> None:
    world.entry(name="尚未报送的目录")
    response = get(world.cataloguer, LIST)
    assert "st-draft" in response.content.decode()


def test_search_marks_the_hit_in_the_name(world: CatalogWorld) -> None:
    world.published(name="最低生活保障对象信息")
    response = get(world.other_cataloguer, LIST, {"q": "生活保障"})
    assert "最低<mark>生活保障</mark>对象信息" in response.content.decode()


def test_traditional_query_marks_simplified_text(world: CatalogWorld) -> None:
    world.published(name="养老机构信息")
    assert "<mark>养老机构</mark>信息" in get(world.cataloguer, LIST, {"q": "養老機構"}).content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [("纳入日期", "<mark>纳入日期</mark>"), ("救济", "社会<mark>救济</mark>"), ("YBZJE", "<mark>YBZJE</mark>")],
    ids=["item", "summary", "field name"],
)
def test_hit_outside_the_name_says_where_it_is(world: CatalogWorld, query: str, shown: str) -> None:
    world.published(summary="用于社会救济的对象。")
    assert shown in get(world.cataloguer, LIST, {"q": query}).content.decode()


def test_facet_narrows_the_list_and_chips_lead_back(world: CatalogWorld) -> None:
    world.published(name="甲")
    world.published(name="乙", sharing="unconditional")
    response = get(world.cataloguer, LIST, {"sharing": "unconditional"})
    assert names_in(response) == ["乙"]
    results = response.context["results"]
    assert [chip["remove_url"] for chip in results.chips] == ["."]
    sharing = next(facet for facet in results.facets if facet["name"] == "sharing")
    assert {option["value"]: option["count"] for option in sharing["options"]} == {
        "unconditional": 1,
        "conditional": 1,
    }


def test_category_facet_sums_upwards_and_takes_what_is_below(world: CatalogWorld) -> None:
    world.published()
    response = get(world.cataloguer, LIST, {"category": "3"})
    category = next(facet for facet in response.context["results"].facets if facet["name"] == "category")
    assert [(one["value"], one["count"], one["depth"]) for one in category["options"]] == [
        ("3", 1, 0),
        ("307013", 1, 1),
    ]
    assert len(names_in(response)) == 1


def test_unknown_filter_value_is_refused_in_words(world: CatalogWorld) -> None:
    assert get(world.cataloguer, LIST, {"sharing": "sometimes"}).status_code == 422
    assert get(world.cataloguer, LIST, {"due": "tomorrow"}).status_code == 422


def test_list_without_hit_names_the_filter_in_the_way(world: CatalogWorld) -> None:
    world.published()
    response = get(world.cataloguer, LIST, {"q": "生活保障", "cycle": "never"})
    assert names_in(response) == []
    assert response.context["results"].nearest["count"] == 1
    assert response.context["results"].nearest["url"] == "?q=%E7%94%9F%E6%B4%BB%E4%BF%9D%E9%9A%9C"


def test_sorting_paging_and_columns_stand_in_the_address(world: CatalogWorld) -> None:
    for number in range(25):
        world.entry(name=f"目录{number:02d}")
    first = get(world.cataloguer, LIST, {"ordering": "name", "page_size": "20", "columns": ["items", "level"]})
    assert names_in(first)[:2] == ["目录00", "目录01"]
    assert [column.key for column in first.context["results"].columns] == ["level", "items"]
    second = get(world.cataloguer, LIST, {"ordering": "name", "page": "2"})
    assert names_in(second) == [f"目录{number}" for number in range(20, 25)]
    assert names_in(get(world.cataloguer, LIST, {"ordering": "name", "page": "99"})) == names_in(second)


def test_htmx_gets_the_part_that_changes(world: CatalogWorld) -> None:
    world.published()
    response = get(world.cataloguer, LIST, {"q": "生活"}, **HTMX)
    assert response.content.decode().lstrip().startswith('<div id="browse"')
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response.headers["Vary"]


def test_own_list_shows_every_state_with_a_tab_for_each(world: CatalogWorld) -> None:
    world.entry(name="草稿")
    world.submitted(name="待签")
    world.returned(name="退回")
    world.published(name="已发")
    response = get(world.cataloguer, OWN, {"ordering": "name"})
    assert sorted(names_in(response)) == sorted(["草稿", "待签", "退回", "已发"])
    assert [tab["count"] for tab in response.context["tabs"]] == [4, 1, 1, 1, 1]
    assert names_in(get(world.cataloguer, OWN, {"status": "returned"})) == ["退回"]


def test_own_list_is_held_to_the_own_department(world: CatalogWorld) -> None:
    world.published(name="民政的目录")
    response = get(world.other_cataloguer, OWN, {"department": world.provider.code, "region": "x"})
    assert names_in(response) == []


def test_own_list_of_somebody_without_a_role_holds_the_published_ones(world: CatalogWorld) -> None:
    world.published(name="已发")
    world.entry(name="草稿")
    assert names_in(get(world.colleague, OWN)) == ["已发"]


def test_own_list_of_somebody_without_department_is_empty(world: CatalogWorld) -> None:
    world.published()
    nobody = actor_of(UserFactory(department=None))
    assert names_in(get(nobody, OWN)) == []


def test_own_list_marks_a_revision_in_work(world: CatalogWorld) -> None:
    entry = world.published(name="已发")
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"summary": "新"})
    assert get(world.cataloguer, OWN).context["results"].rows[0].open_revision.number == 2
    assert get(world.other_cataloguer, LIST).context["results"].rows[0].open_revision is None


def test_list_of_one_due_day_holds_what_is_due_then(world: CatalogWorld) -> None:
    with clock_at("2026-11-23T09:00"):
        world.submitted(name="待签")
        world.entry(name="草稿")
        rows = get(world.cataloguer, OWN).context["results"].rows
        due = next(row.clock.due_on for row in rows if row.clock)
        assert names_in(get(world.cataloguer, OWN, {"due": due.isoformat()})) == ["待签"]
        assert names_in(get(world.cataloguer, OWN, {"due": "2026-01-05"})) == []
        assert names_in(get(world.other_cataloguer, LIST, {"due": due.isoformat()})) == []


def test_list_of_one_month_holds_what_was_published_then(world: CatalogWorld) -> None:
    with clock_at("2026-10-15T09:00"):
        world.published(name="十月")
    with clock_at("2026-11-15T09:00"):
        world.published(name="十一月")
        assert names_in(get(world.other_cataloguer, LIST, {"published": "2026-10"})) == ["十月"]


def test_work_filter_shows_only_revisions_the_reader_may_see(world: CatalogWorld) -> None:
    entry = world.published(name="已发")
    services.entry_revise(actor=world.cataloguer, ref=entry.pk)
    assert names_in(get(world.cataloguer, OWN, {"work": "any"})) == ["已发"]
    assert names_in(get(world.cataloguer, OWN, {"work": "returned"})) == []
    assert names_in(get(world.other_cataloguer, LIST, {"work": "any"})) == []
    assert names_in(get(world.reviewer, LIST, {"work": "any"})) == []


@pytest.mark.parametrize("path", [LIST, OWN])
@pytest.mark.parametrize(
    "query", [{}, {"q": "信息"}, {"columns": ["due", "items", "status"]}], ids=["plain", "q", "columns"]
)
def test_list_takes_the_same_queries_however_long_it_is(
    world: CatalogWorld, django_assert_num_queries: DjangoAssertNumQueries, path: str, query: dict[str, str]
) -> None:
    client = client_of(world.cataloguer)
    world.published(name="信息 0")
    world.submitted(name="信息 1")
    with CaptureQueriesContext(connection) as few:
        client.get(path, query)
    for number in range(4):
        world.published(name=f"信息 {number + 2}")
        world.submitted(name=f"信息 {number + 12}")
    with django_assert_num_queries(len(few)):
        client.get(path, query)


def test_list_stays_in_its_query_budget(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Session and actor, shell, count of all facets, their names, rows, what is said of them and of their data."""
    world.published()
    client = client_of(world.cataloguer)
    with django_assert_max_num_queries(26):
        client.get(LIST, {"q": "信息"})


def test_export_gives_what_the_list_shows(world: CatalogWorld) -> None:
    world.published(name="甲", sharing="unconditional", summary="=1+1")
    world.published(name="乙")
    response = get(
        world.other_cataloguer, EXPORT, {"sharing": "unconditional", "as": "csv", "columns": ["sharing", "cycle"]}
    )
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == ["甲"]
    assert "'=1+1" in rows[1]
    assert len(rows[0]) == 9  # six that identify an entry, two columns, where apostrophes were put


def test_export_gives_the_picked_entries_as_a_workbook(world: CatalogWorld) -> None:
    first, second = world.published(name="甲"), world.published(name="乙")
    draft = world.entry(name="丙")
    query = {"as": "xlsx", "pick": [first.ref, draft.ref]}
    response = get(world.cataloguer, EXPORT, query)
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert {row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} == {"甲", "丙"}
    assert second.ref not in query["pick"]


def test_export_picks_nothing_the_reader_cannot_see(world: CatalogWorld) -> None:
    draft = world.entry(name="丙")
    response = get(world.other_cataloguer, EXPORT, {"as": "csv", "pick": [draft.ref, str(draft.pk)]})
    assert "丙" not in b"".join(response.streaming_content).decode()


def test_export_of_the_own_list_keeps_to_the_department(world: CatalogWorld) -> None:
    world.published(name="民政的目录")
    response = get(world.other_cataloguer, EXPORT, {"as": "csv", "list": "own"})
    assert "民政的目录" not in b"".join(response.streaming_content).decode()


def test_export_in_another_form_is_refused(world: CatalogWorld) -> None:
    assert get(world.cataloguer, EXPORT, {"as": "pdf"}).status_code == 422


@pytest.mark.parametrize("path", [LIST, OWN, EXPORT])
def test_lists_ask_the_public_to_sign_in(client: Client, db: None, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


def test_empty_catalog_says_so(world: CatalogWorld) -> None:
    assert text_of(get(world.cataloguer, OWN))
    assert get(world.cataloguer, OWN).context["results"].rows == []
