import json
import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from catalog import services
from core.testing import clock_at
from tests.catalog.views.reader import HTMX, client_of, get, names_in, text_of
from tests.factories.catalog import CatalogWorld

MONDAY = "2026-11-23T09:00"


def figures(response) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return {figure.label: figure.value for figure in response.context["board"].figures}


def test_inbox_groups_what_waits_by_due_time(world: CatalogWorld) -> None:
    with clock_at(MONDAY) as time:
        world.submitted(name="先报送的")
        time.move_to("2026-11-30T09:00")
        world.submitted(name="后报送的")
        response = get(world.head, "/")
        assert [group.key for group in response.context["inbox"].groups] == ["overdue", "soon"]
        assert names_in(response) == ["先报送的", "后报送的"]


def test_inbox_filter_shows_one_group(world: CatalogWorld) -> None:
    with clock_at(MONDAY) as time:
        world.submitted(name="先报送的")
        time.move_to("2026-11-30T09:00")
        world.submitted(name="后报送的")
        assert names_in(get(world.head, "/", {"group": "overdue"})) == ["先报送的"]
        assert names_in(get(world.head, "/", {"group": "today"})) == []
        part = get(world.head, "/", {"group": "soon"}, **HTMX)
        assert names_in(part) == ["后报送的"]
        assert "<html" not in part.content.decode()


def test_cataloguer_finds_what_was_returned_to_him(world: CatalogWorld) -> None:
    entry = world.returned(name="退回的")
    response = get(world.cataloguer, "/")
    assert names_in(response) == ["退回的"]
    assert f"/catalog/{entry.ref}/edit/" in response.content.decode()


def test_nobody_finds_his_own_submission_in_the_inbox(world: CatalogWorld) -> None:
    world.submitted()
    assert names_in(get(world.cataloguer, "/")) == []


def test_figures_count_the_own_department(world: CatalogWorld) -> None:
    world.published(sharing="unconditional")
    world.published(opening="conditional", opening_condition="申请")
    world.entry()
    response = get(world.cataloguer, "/")
    board = response.context["board"]
    assert list(figures(response).values())[:3] == ["2", "1", "1"]
    assert {share.value: share.count for share in board.shares} == {"unconditional": 1, "conditional": 1, "withheld": 0}
    assert figures(get(world.other_cataloguer, "/")) != figures(response)


def test_every_figure_with_records_leads_to_as_many(world: CatalogWorld) -> None:
    world.published(sharing="unconditional")
    entry = world.published(opening="conditional", opening_condition="申请")
    services.entry_revise(actor=world.cataloguer, ref=entry.pk)
    world.entry()
    world.signed_off()
    for reader in (world.cataloguer, world.reviewer):
        client = client_of(reader)
        board = client.get("/").context["board"]
        lists = [figure for figure in board.figures if figure.url.startswith("/catalog/") and "more=" not in figure.url]
        assert lists
        for figure in lists:
            assert str(client.get(figure.url).context["results"].total) == figure.value, figure.label
        for share in board.shares:
            assert client.get(share.url).context["results"].total == share.count


def test_chart_of_due_days_leads_to_what_is_due(world: CatalogWorld) -> None:
    with clock_at(MONDAY):
        world.submitted()
        world.submitted()
        client = client_of(world.head)
        response = client.get("/")
        option = json.loads(re.search(r'id="c-due"[^>]*>(.*?)</script>', response.content.decode()).group(1))  # type: ignore[union-attr]
        bars = [bar for bar in option["series"][0]["data"] if bar]
        assert [bar["value"] for bar in bars] == [2]
        assert client.get(bars[0]["url"]).context["results"].total == 2


def test_chart_of_months_leads_to_what_was_published(world: CatalogWorld) -> None:
    with clock_at("2026-10-12T09:00"):
        world.published()
    with clock_at(MONDAY):
        client = client_of(world.cataloguer)
        months = client.get("/").context["board"].months
        assert months.total == 1
        bar = next(bar for bar in months.option["series"][0]["data"] if bar)
        assert bar["url"].endswith("published=2026-10")
        assert client.get(bar["url"]).context["results"].total == 1


def test_share_done_in_time_is_that_of_the_clocks(world: CatalogWorld) -> None:
    with clock_at(MONDAY) as time:
        services.entry_approve(actor=world.head, ref=world.submitted().pk)
        late = world.submitted()
        time.move_to("2026-12-07T09:00")
        services.entry_approve(actor=world.head, ref=late.pk)
        assert "50" in figures(get(world.head, "/")).values()


def test_happenings_of_others_are_not_shown(world: CatalogWorld) -> None:
    world.submitted(name="民政的草案")
    assert "民政的草案" in text_of(get(world.cataloguer, "/"))
    assert "民政的草案" not in text_of(get(world.other_cataloguer, "/"))
    assert "民政的草案" not in text_of(get(world.sysadmin, "/"))


@pytest.mark.parametrize("person", ["sysadmin", "secadmin", "auditor", "colleague"])
def test_work_page_serves_those_without_an_inbox(world: CatalogWorld, person: str) -> None:
    world.published(name="已发的目录")
    response = get(getattr(world, person), "/")
    assert response.status_code == 200
    assert response.context["inbox"].groups == []
    assert "已发的目录" in text_of(response)


def test_administrators_see_figures_of_what_they_look_after(world: CatalogWorld) -> None:
    assert len(figures(get(world.sysadmin, "/"))) == 3
    assert len(figures(get(world.secadmin, "/"))) == 3
    assert len(figures(get(world.auditor, "/"))) == 3
    assert len(figures(get(world.colleague, "/"))) == 1


@pytest.mark.parametrize("person", ["cataloguer", "head", "reviewer", "sysadmin", "secadmin", "auditor"])
def test_every_figure_leads_to_a_page_its_reader_may_open(world: CatalogWorld, person: str) -> None:
    world.published()
    client = client_of(getattr(world, person))
    for figure in client.get("/").context["board"].figures:
        assert figure.url, figure.label
        assert client.get(figure.url).status_code == 200, figure.url


def test_work_page_of_an_empty_installation(world: CatalogWorld) -> None:
    for reader in (world.cataloguer, world.head, world.reviewer, world.sysadmin):
        response = get(reader, "/")
        assert response.status_code == 200
        assert response.context["board"].months is None


def test_work_page_names_the_working_day_and_how_far_the_calendar_reaches(world: CatalogWorld) -> None:
    with clock_at(MONDAY):
        context = get(world.head, "/").context
        assert (context["working_day"], context["calendar_ends"]) == (16, date(2026, 12, 31))
    with clock_at("2026-11-22T09:00"):
        assert get(world.head, "/").context["working_day"] is None


def test_work_page_asks_the_public_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("person", ["cataloguer", "head", "reviewer", "sysadmin", "secadmin", "auditor"])
def test_work_page_takes_the_same_queries_however_much_waits(
    world: CatalogWorld, django_assert_num_queries: DjangoAssertNumQueries, person: str
) -> None:
    world.submitted()
    world.signed_off()
    world.returned()
    world.published()
    client = client_of(getattr(world, person))
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    assert len(few) <= 28
    for number in range(3):
        world.submitted(name=f"报送 {number}")
        world.signed_off(name=f"签发 {number}")
        world.returned(name=f"退回 {number}")
        world.published(name=f"发布 {number}")
    with django_assert_num_queries(len(few)):
        client.get("/")
