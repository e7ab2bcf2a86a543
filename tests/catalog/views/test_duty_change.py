"""The pages of changes of law and duties: list, record, one change with its clocks, a longer time."""

import re
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog import services
from catalog.models import DutyChange, DutyChangeEntry, Entry
from core import clock
from core.testing import clock_at
from tests.catalog.views.reader import HTMX, client_of, get, names_in, text_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow.models import LegalBasis

LIST = "/catalog/changes/"
NEW = "/catalog/changes/new/"


@pytest.fixture(autouse=True)
def english(settings: Any) -> None:
    """Read the pages in the language of the sources."""
    settings.LANGUAGE_CODE = "en"


def recorded(world: CatalogWorld, *entries: Entry, document: str = "机构改革方案") -> DutyChange:
    return services.duty_change_record(
        actor=world.reviewer,
        document=document,
        gist="低保审核权限下放",
        changed_on=clock.today(),
        entry_refs=[entry.ref for entry in entries],
    )


# --- The list ---------------------------------------------------------------------------------------------------------


def test_list_shows_figures_and_how_each_change_stands(world: CatalogWorld) -> None:
    first, second = world.published(name="甲"), world.published(name="乙")
    with clock_at("2026-03-02 09:00") as now:
        change = recorded(world, first, second)
        services.entry_revise(actor=world.cataloguer, ref=first.pk, duty_change=change.pk)
        services.entry_submit(actor=world.cataloguer, ref=first.pk)
        services.entry_approve(actor=world.head, ref=first.pk)
        now.move_to("2026-04-01 09:00")
        text = text_of(get(world.reviewer, LIST))
    assert "Updates due by law 2" in text
    assert "Filed in time 1 50.0%" in text
    assert "1 overdue 1 filed in time" in text


def test_list_is_filtered_and_searched(world: CatalogWorld) -> None:
    with clock_at("2026-03-02 09:00") as now:
        recorded(world, world.published(name="甲"), document="旧方案")
        now.move_to("2026-04-01 09:00")
        recorded(world, world.published(name="乙"), document="新方案")
        assert [name.strip() for name in names_in(get(world.reviewer, LIST))] == ["新方案", "旧方案"]
        assert [name.strip() for name in names_in(get(world.reviewer, LIST, {"state": "overdue"}))] == ["旧方案"]
        assert [name.strip() for name in names_in(get(world.reviewer, LIST, {"q": "新方"}, **HTMX))] == ["新方案"]


def test_other_departments_see_the_act_but_not_who_is_late(world: CatalogWorld) -> None:
    with clock_at("2026-03-02 09:00") as now:
        change = recorded(world, world.published(name="甲"))
        now.move_to("2026-04-01 09:00")
        assert names_in(get(world.other_head, LIST)) == []
        assert len(names_in(get(world.other_head, LIST, {"scope": "all"}))) == 1
        text = text_of(get(world.other_head, f"{LIST}{change.pk}/"))
    assert "低保审核权限下放" in text
    assert "甲" in text
    assert "verdue" not in text


def test_list_of_any_length_costs_the_same(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    entry = world.published()
    for number in range(5):
        recorded(world, entry, document=f"方案{number}")
    client = client_of(world.reviewer)
    client.get(LIST)
    with django_assert_max_num_queries(14):
        client.get(LIST)


# --- Recording --------------------------------------------------------------------------------------------------------


def values(**others: Any) -> dict[str, Any]:
    return {"document": "机构改革方案", "gist": "职责调整", "changed_on": clock.today().isoformat()} | others


def test_a_change_is_recorded_and_shown(world: CatalogWorld) -> None:
    entry = world.published()
    client = client_of(world.reviewer)
    response = client.post(NEW, values(entries=[entry.ref], article="第六条"))
    change = DutyChange.objects.get()
    assert response.headers["Location"] == f"{LIST}{change.pk}/"
    assert (change.document, change.article) == ("机构改革方案", "第六条")
    assert "The time limit runs for 1 entry" in text_of(client.get(response.headers["Location"]))


def test_an_article_of_the_register_fills_in_what_was_not_typed(world: CatalogWorld) -> None:
    basis = LegalBasis.objects.get(document="政务数据共享条例", article="第十七条")
    client = client_of(world.reviewer)
    entries = [world.published().ref]
    client.post(NEW, values(document="", basis=str(basis.pk), entries=entries))
    change = DutyChange.objects.get()
    assert (change.document, change.article, change.document_number) == (
        "政务数据共享条例",
        "第十七条",
        "国务院令第809号",
    )


def test_what_was_typed_and_chosen_stays_when_something_is_missing(world: CatalogWorld) -> None:
    entry = world.published(name="低保对象信息")
    client = client_of(world.reviewer)
    with nothing_changes():
        response = client.post(NEW, values(gist="", document="某方案", entries=[entry.ref]))
    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="某方案"' in body
    assert re.search(rf'name="entries" value="{entry.ref}" checked', body)
    assert "Say what changed." in text_of(response)


def test_nul_in_any_field_is_refused(world: CatalogWorld) -> None:
    names = ("document", "article", "gist", "changed_on", "basis", "q", "department", "entries")
    client = client_of(world.reviewer)
    for name in names:
        with nothing_changes():
            assert client.post(NEW, values(gist="") | {name: "\x00"}).status_code == 422


@pytest.mark.parametrize("day", ["", "gestern", "2999-01-01"])
def test_a_day_that_is_none_or_lies_ahead_is_refused(world: CatalogWorld, day: str) -> None:
    client = client_of(world.reviewer)
    entries = [world.published().ref]
    with nothing_changes():
        assert client.post(NEW, values(changed_on=day, entries=entries)).status_code == 422


def test_entries_are_searched_by_word_and_department_and_chosen_ones_stay(world: CatalogWorld) -> None:
    chosen, other = world.published(name="低保对象信息"), world.published(name="养老机构名录")
    world.entry(name="养老草稿")
    query = {"q": "养老", "entries": chosen.ref, "document": "某方案"}
    fragment = get(world.reviewer, NEW, query, **HTMX).content.decode()
    assert fragment.lstrip().startswith('<div id="candidates"')
    assert re.search(rf'value="{chosen.ref}" checked', fragment)
    assert other.ref in fragment
    assert "养老草稿" not in fragment
    page = get(world.reviewer, NEW, query).content.decode()
    assert 'value="某方案"' in page
    nobody = get(world.reviewer, NEW, {"department": world.other.code}, **HTMX).content.decode()
    assert other.ref not in nobody


def test_a_department_chooses_among_its_own_entries(world: CatalogWorld) -> None:
    mine = world.published(name="低保对象信息")
    assert mine.ref in get(world.cataloguer, NEW).content.decode()
    body = get(world.other_cataloguer, NEW, {"department": world.provider.code}).content.decode()
    assert mine.ref not in body


# --- One change -------------------------------------------------------------------------------------------------------


def test_the_cataloguer_starts_the_revision_from_here(world: CatalogWorld) -> None:
    entry = world.published()
    change = recorded(world, entry)
    address = f"{LIST}{change.pk}/"
    body = get(world.cataloguer, address).content.decode()
    assert f'action="/catalog/{entry.ref}/revise/"' in body
    assert f'name="duty_change" value="{change.pk}"' in body
    assert "revise" not in get(world.head, address).content.decode()
    client = client_of(world.cataloguer)
    client.post(f"/catalog/{entry.ref}/revise/", {"duty_change": change.pk})
    entry.refresh_from_db()
    assert entry.working_revision is not None
    assert entry.working_revision.duty_change_id == change.pk
    assert "Continue" in text_of(client.get(address))


def test_an_open_draft_for_another_reason_is_pointed_at(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_revise(actor=world.cataloguer, ref=entry.pk)
    change = recorded(world, entry)
    assert "A draft is open; name this change in it" in text_of(get(world.cataloguer, f"{LIST}{change.pk}/"))


def test_filed_rows_say_with_which_revision(world: CatalogWorld) -> None:
    entry = world.published()
    change = recorded(world, entry)
    services.entry_revise(actor=world.cataloguer, ref=entry.pk, duty_change=change.pk)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    text = text_of(get(world.reviewer, f"{LIST}{change.pk}/"))
    assert "Filed as revision 2" in text
    assert "Done on time" in text
    assert "Extend" not in text


def test_the_authority_extends_in_the_row(world: CatalogWorld) -> None:
    change = recorded(world, world.published(name="甲"))
    row = DutyChangeEntry.objects.get()
    client = client_of(world.reviewer)
    address = f"{LIST}{change.pk}/"
    assert "Extend" in text_of(client.get(address))
    sent = {"concerned": row.pk, "days": "3", "reason": "系统改造"}
    response = client.post(f"{address}extend/", sent)
    assert response.headers["Location"] == f"{address}#c-{row.pk}"
    assert "Extended once already." in text_of(client.get(address))
    again = client.post(f"{address}extend/", sent)
    assert again.status_code == 422
    assert re.search(r'class="errline">.*?Extended once already\.', again.content.decode(), re.DOTALL)


def test_a_refused_extension_opens_its_row_again_with_what_was_typed(world: CatalogWorld) -> None:
    change = recorded(world, world.published(name="甲"), world.published(name="乙"))
    row = DutyChangeEntry.objects.order_by("pk")[0]
    client = client_of(world.reviewer)
    with nothing_changes():
        response = client.post(f"{LIST}{change.pk}/extend/", {"concerned": row.pk, "days": "2", "reason": ""})
    body = response.content.decode()
    assert response.status_code == 422
    assert body.count('<details class="extend" open>') == 1
    assert "Say why the time limit has to be extended." in body
    with nothing_changes():
        assert client.post(f"{LIST}{change.pk}/extend/", {"concerned": "0"}).status_code == 404


def test_page_of_a_change_costs_the_same_with_many_entries(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    change = recorded(world, *[world.published(name=f"目录{number}") for number in range(5)])
    client = client_of(world.reviewer)
    client.get(f"{LIST}{change.pk}/")
    with django_assert_max_num_queries(18):
        client.get(f"{LIST}{change.pk}/")
