from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from catalog import services
from catalog.models import DutyChange, Entry, Revision
from core.actors import Actor
from tests.catalog.views.reader import HTMX, client_of, get, text_of
from tests.factories.catalog import ITEMS, CatalogWorld

TABS = ["metadata", "items", "versions", "decisions", "all"]


def page(actor: Actor, entry: Entry, **query: str):  # type: ignore[no-untyped-def]
    return get(actor, f"/catalog/{entry.ref}/", query)


def record_change(world: CatalogWorld, entry: Entry) -> DutyChange:
    return services.duty_change_record(
        actor=world.reviewer,
        document="社会救助条例",
        gist="口径调整",
        changed_on=date(2026, 1, 5),
        entry_refs=[entry.ref],
    )


def action_keys(actor: Actor, entry: Entry) -> dict[str, str]:
    """Return the buttons with the reason why each is closed."""
    return {action.key: action.reason for action in page(actor, entry).context["page"].actions}


def test_published_entry_shows_what_it_holds_to_another_department(world: CatalogWorld) -> None:
    entry = world.published(legal_basis=[{"document": "政务数据共享条例", "article": "第十五条"}])
    words = text_of(page(world.other_cataloguer, entry))
    for shown in ("最低生活保障对象信息", entry.code, "市民政局", "承担社会救助职责的市、区县部门", "民政", "第十五条"):
        assert shown in words


def test_draft_is_not_there_for_others(world: CatalogWorld) -> None:
    entry = world.entry()
    assert page(world.cataloguer, entry).status_code == 200
    for stranger in (world.other_cataloguer, world.reviewer, world.colleague, world.auditor):
        assert page(stranger, entry).status_code == 404


def test_items_tab_lists_items_with_the_attribute_they_inherit(world: CatalogWorld) -> None:
    entry = world.published(sharing_note="部分项目更严")
    response = page(world.other_cataloguer, entry, tab="items")
    words = text_of(response)
    for item in ITEMS:
        assert item["name"] in words
    assert response.content.decode().count("attr-conditional") == 1 + len(ITEMS)


def test_decisions_are_for_those_who_take_part_and_the_auditor(world: CatalogWorld) -> None:
    entry = services.entry_approve(actor=world.reviewer, ref=world.signed_off().pk, opinion="同意公布")
    for reader in (world.cataloguer, world.head, world.reviewer, world.auditor):
        assert "同意公布" in text_of(page(reader, entry, tab="decisions"))
    for stranger in (world.other_cataloguer, world.colleague, world.sysadmin, world.secadmin):
        response = page(stranger, entry, tab="decisions")
        assert "同意公布" not in text_of(response)
        assert response.context["page"].tab == "metadata"
        assert len(response.context["page"].tabs) == 3


def test_revision_in_work_shows_beside_the_published_one_to_its_own_people(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"summary": "改写的摘要"})
    assert "改写的摘要" not in text_of(page(world.cataloguer, entry))
    assert "?revision=working" in page(world.cataloguer, entry).content.decode()
    assert "改写的摘要" in text_of(page(world.cataloguer, entry, revision="working"))
    assert "?revision=working" not in page(world.other_cataloguer, entry).content.decode()
    assert page(world.other_cataloguer, entry, revision="working").status_code == 404
    assert page(world.other_cataloguer, entry, revision="2").status_code == 404


def test_authority_learns_of_a_revision_once_it_is_filed(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"name": "改写的名称"})
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    shown = page(world.reviewer, entry, tab="decisions").context["page"]
    assert [one.revision.number for one in shown.decisions] == [1, 1, 1]
    assert shown.clocks_open == []
    assert "改写的名称" not in text_of(get(world.reviewer, "/"))
    services.entry_approve(actor=world.head, ref=entry.pk)
    shown = page(world.reviewer, entry, tab="decisions").context["page"]
    assert shown.decisions[0].revision.number == 2
    assert len(shown.clocks_open) == 1


def test_past_revision_says_that_it_is_no_longer_in_force(world: CatalogWorld) -> None:
    entry = world.republished(world.published(summary="旧的摘要"), summary="新的摘要")
    response = page(world.other_cataloguer, entry, revision="1")
    assert "旧的摘要" in text_of(response)
    assert response.context["page"].is_past
    assert f"/catalog/{entry.ref}/revisions/1/2/" in response.content.decode()


@pytest.mark.parametrize("number", ["9", "0", "x", "-1", "99999999999"])
def test_revision_that_does_not_exist_is_not_found(world: CatalogWorld, number: str) -> None:
    assert page(world.cataloguer, world.published(), revision=number).status_code == 404


def test_number_of_a_draft_goes_on_leading_to_the_entry(world: CatalogWorld) -> None:
    entry = world.published()
    assert get(world.cataloguer, f"/catalog/{entry.pk}/").status_code == 200


def test_progress_names_who_has_it_and_what_comes_next(world: CatalogWorld) -> None:
    entry = world.signed_off()
    steps = page(world.cataloguer, entry).context["page"].steps
    assert [step["state"] for step in steps] == ["past", "past", "now", "future"]
    assert world.authority.name in steps[2]["box"]


def test_returned_entry_shows_what_has_to_change(world: CatalogWorld) -> None:
    entry = services.entry_return(
        actor=world.reviewer,
        ref=world.signed_off().pk,
        opinion="请补充",
        comments=[{"field": "summary", "text": "写明来源"}, {"field": "items[1].length", "text": "太长"}],
    )
    lines = page(world.cataloguer, entry).context["page"].comment_lines
    assert [line["comment"].text for line in lines] == ["写明来源", "太长"]
    assert lines[1]["where"].startswith("姓名")


def test_withdrawal_in_progress_stays_in_use_and_says_so(world: CatalogWorld) -> None:
    entry = services.entry_withdraw(actor=world.cataloguer, ref=world.published().pk, reason="业务已取消")
    assert "业务已取消" in text_of(page(world.cataloguer, entry))
    assert "业务已取消" not in text_of(page(world.other_cataloguer, entry))
    assert [step["state"] for step in page(world.head, entry).context["page"].steps] == [
        "past",
        "now",
        "future",
        "future",
    ]


def test_recorded_change_runs_its_clock_beside_the_entry(world: CatalogWorld) -> None:
    entry = world.published()
    services.duty_change_record(
        actor=world.reviewer,
        document="社会救助条例",
        gist="口径调整",
        changed_on=date(2026, 1, 5),
        entry_refs=[entry.ref],
    )
    shown = page(world.cataloguer, entry).context["page"]
    assert [line.title for line in shown.clocks_open] == ["社会救助条例"]
    stranger = page(world.other_cataloguer, entry)
    assert stranger.context["page"].clocks_open == []
    assert "社会救助条例" in text_of(stranger)


def test_revision_that_answers_a_change_is_not_told_before_it_is_published(world: CatalogWorld) -> None:
    entry = world.published()
    change = record_change(world, entry)
    services.entry_revise(actor=world.cataloguer, ref=entry.pk, duty_change=change.pk)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    assert page(world.cataloguer, entry).context["page"].duty_changes[0].filed_revision.number == 2
    assert page(world.other_cataloguer, entry).context["page"].duty_changes[0].filed_revision is None


def test_values_assumed_on_import_are_shown_with_their_rule(world: CatalogWorld) -> None:
    assumed = [{"field": "cycle", "value": "monthly", "source": "", "rule": "cycle_default"}]
    entry = world.published(assumptions=assumed)
    shown = page(world.other_cataloguer, entry).context["page"].assumptions
    assert [one.value for one in shown] == [str(entry.published_revision.get_cycle_display())]
    assert shown[0].rule not in ("", "cycle_default")


def test_related_entry_that_the_reader_may_not_see_is_left_out(world: CatalogWorld) -> None:
    hidden = world.entry(name="尚未公开的目录")
    entry = world.published(related=[hidden.pk])
    assert "尚未公开的目录" in text_of(page(world.cataloguer, entry))
    assert "尚未公开的目录" not in text_of(page(world.other_cataloguer, entry))


# Actions


def test_buttons_follow_state_and_person(world: CatalogWorld) -> None:
    draft = world.entry()
    assert set(action_keys(world.cataloguer, draft)) == {"discard", "submit", "edit"}
    assert action_keys(world.head, draft) == {}
    submitted = world.submitted()
    assert set(action_keys(world.cataloguer, submitted)) == {"edit", "recall"}
    assert set(action_keys(world.head, submitted)) == {"sign_off"}
    signed = world.signed_off()
    assert set(action_keys(world.reviewer, signed)) == {"approve"}
    published = world.published()
    assert set(action_keys(world.cataloguer, published)) == {"withdraw", "revise"}
    for reader in (world.head, world.reviewer, world.other_cataloguer, world.colleague, world.sysadmin, world.auditor):
        assert action_keys(reader, published) == {}


def test_closed_button_stays_and_says_why(world: CatalogWorld) -> None:
    submitted = world.submitted()
    assert action_keys(world.cataloguer, submitted)["edit"]
    response = page(world.cataloguer, submitted)
    assert 'aria-disabled="true"' in response.content.decode()
    pending = services.entry_withdraw(actor=world.cataloguer, ref=world.published().pk, reason="停办")
    assert action_keys(world.cataloguer, pending)["revise"]
    assert action_keys(world.cataloguer, pending)["recall"] == ""


def test_nobody_is_led_to_decide_on_his_own_submission(world: CatalogWorld) -> None:
    submitted = world.submitted()
    Revision.objects.filter(entry=submitted).update(submitted_by_id=world.head.id)
    assert action_keys(world.head, submitted)["sign_off"]


def test_cataloguer_sees_what_is_missing_before_submission(world: CatalogWorld) -> None:
    entry = world.entry(summary="")
    assert [error.field for error in page(world.cataloguer, entry).context["page"].findings.errors] == ["summary"]
    assert page(world.head, entry).context["page"].findings is None


# Comparing


def test_any_two_revisions_are_compared_older_first(world: CatalogWorld) -> None:
    entry = world.published(summary="每月的名单")
    entry = world.republished(entry, summary="每周的名单")
    response = get(world.other_cataloguer, f"/catalog/{entry.ref}/revisions/2/1/")
    assert response.context["page"].before.number == 1
    assert "<del>每月</del>" in response.content.decode()
    assert "<ins>每周</ins>" in response.content.decode()


def test_comparison_marks_items_added_and_removed(world: CatalogWorld) -> None:
    entry = world.published()
    new = [*ITEMS[1:], {"name": "停发原因", "field_name": "TFYY", "type": "C", "length": 2}]
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={}, items=new)
    response = get(world.cataloguer, f"/catalog/{entry.ref}/revisions/published/working/")
    assert response.context["page"].item_counts == [("added", 1), ("removed", 1)]
    assert "<ins>停发原因</ins>" in response.content.decode()
    assert "<del>对象编号</del>" in response.content.decode()


def test_comparison_with_a_revision_in_work_is_not_there_for_others(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_revise(actor=world.cataloguer, ref=entry.pk)
    path = f"/catalog/{entry.ref}/revisions/1/2/"
    assert get(world.cataloguer, path).status_code == 200
    assert get(world.other_cataloguer, path).status_code == 404


def test_two_chosen_revisions_lead_to_their_comparison(world: CatalogWorld) -> None:
    entry = world.republished(world.published(), summary="新")
    response = get(world.cataloguer, f"/catalog/{entry.ref}/", {"tab": "versions", "compare": ["2", "1"]})
    assert response.headers["Location"] == f"/catalog/{entry.ref}/revisions/1/2/"
    one = get(world.cataloguer, f"/catalog/{entry.ref}/", {"tab": "versions", "compare": ["2"]})
    assert one.status_code == 200
    odd = get(world.cataloguer, f"/catalog/{entry.ref}/", {"compare": ["../..", "x"]})
    assert odd.status_code == 200


def test_history_says_what_each_revision_changed(world: CatalogWorld) -> None:
    entry = world.republished(world.published(), summary="新的摘要")
    versions = page(world.other_cataloguer, entry, tab="versions").context["page"].versions
    assert [version.revision.number for version in versions] == [2, 1]
    assert [change.field for change in versions[0].difference.fields] == ["summary"]


# Form and budget


def test_htmx_gets_the_tabs_alone(world: CatalogWorld) -> None:
    entry = world.published()
    response = get(world.cataloguer, f"/catalog/{entry.ref}/", {"tab": "items"}, **HTMX)
    assert response.content.decode().lstrip().startswith("<div")
    assert "<html" not in response.content.decode()


def test_everything_stands_on_one_page_for_printing(world: CatalogWorld) -> None:
    entry = world.published()
    words = text_of(page(world.cataloguer, entry, tab="all"))
    for shown in ("对象编号", "核验救助身份", world.reviewer.name):
        assert shown in words


def test_entry_asks_the_public_to_sign_in(client: Client, world: CatalogWorld) -> None:
    entry = world.published()
    assert client.get(f"/catalog/{entry.ref}/").status_code == 302


@pytest.mark.parametrize("tab", TABS)
def test_entry_takes_the_same_queries_whatever_it_holds(
    world: CatalogWorld, django_assert_num_queries: DjangoAssertNumQueries, tab: str
) -> None:
    client = client_of(world.cataloguer)
    other = world.published(name="相关")
    small = world.republished(world.published(name="小", related=[other.pk]), summary="新")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/catalog/{small.ref}/", {"tab": tab})
    assert len(few) <= 36
    others = [world.published(name=f"相关 {number}").pk for number in range(3)]
    items = [{"name": f"数据项 {number}", "type": "C", "length": 10} for number in range(40)]
    large = world.published(name="大", items=items, related=others)
    for text in ("二", "三", "四"):
        large = world.republished(large, summary=text)
    with django_assert_num_queries(len(few)):
        client.get(f"/catalog/{large.ref}/", {"tab": tab})


def test_comparison_stays_in_its_query_budget(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    entry = world.republished(world.published(), summary="新")
    client = client_of(world.cataloguer)
    with django_assert_max_num_queries(22):
        client.get(f"/catalog/{entry.ref}/revisions/1/2/")
