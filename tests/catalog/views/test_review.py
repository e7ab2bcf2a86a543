"""The review pages: the queue, one decision, comments, many at once."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog import services
from catalog.models import Entry, ReviewComment
from core.testing import clock_at
from tests.catalog.views.reader import HTMX, client_of, get, names_in, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes

QUEUE = "/review/"
PLAIN = [{"name": "机构名称", "field_name": "JGMC", "type": "C", "length": 100, "is_key": True}]
OPEN = {"items": PLAIN, "sharing": "unconditional", "data_level": "general_1"}


@pytest.fixture(autouse=True)
def english(settings: Any) -> None:
    """Read the pages in the language of the sources."""
    settings.LANGUAGE_CODE = "en"


def page(entry: Entry) -> str:
    return f"/review/{entry.ref}/"


def revised(world: CatalogWorld, **fields: Any) -> Entry:
    """Bring an update with every kind of change to the authority."""
    entry = world.published(summary="城乡低保对象的身份信息。")
    items: list[dict[str, Any]] = [
        {"field_name": "DXBH"},
        {"field_name": "NRRQ"},
        {"field_name": "SFZH", "length": 20},
        {"field_name": "XM"},
        {"name": "停发日期", "field_name": "TFRQ", "type": "D"},
    ]
    values = {"summary": "城乡低保对象的身份和保障信息。", "cycle": "weekly"} | fields
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields=values, items=items)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    return services.entry_approve(actor=world.head, ref=entry.pk)


# --- The queue -----------------------------------------------------------------------------------------------------


def test_queue_lists_what_waits_with_its_clock_and_pre_check(world: CatalogWorld) -> None:
    with clock_at("2026-03-02 09:00"):
        world.signed_off(name="低保对象信息")
    with clock_at("2026-03-03 09:00"):
        world.signed_off(name="机构名录", **OPEN)
        response = get(world.reviewer, QUEUE)
        text = text_of(response)
    assert names_in(response) == ["低保对象信息", "机构名录"]
    assert "4 working days left" in text
    assert "First filing of personal information" in text
    assert "Nothing contentious" in text
    assert response.content.decode().count('name="pick"') == 1


def test_queue_is_filtered_in_place(world: CatalogWorld) -> None:
    world.signed_off(name="低保对象信息")
    world.signed_off(name="机构名录", **OPEN)
    response = get(world.reviewer, QUEUE, {"look": "clear"}, **HTMX)
    assert names_in(response) == ["机构名录"]
    assert response.content.decode().lstrip().startswith('<div id="queue"')
    assert "HX-Request" in response.headers["Vary"]


def test_empty_queue_says_so_and_leads_to_what_was_decided(world: CatalogWorld) -> None:
    text = text_of(get(world.reviewer, QUEUE))
    assert "Nothing waits for you" in text
    world.signed_off()
    assert "Nothing that waits fits these filters" in text_of(get(world.reviewer, QUEUE, {"kind": "withdrawal"}))


def test_decided_ones_are_kept_on_a_tab_of_their_own(world: CatalogWorld) -> None:
    world.published(name="机构名录")
    world.returned(name="低保对象信息")
    response = get(world.reviewer, QUEUE, {"view": "decided"})
    assert names_in(response) == ["低保对象信息", "机构名录"]
    assert names_in(get(world.reviewer, QUEUE, {"view": "decided", "action": "approve"})) == ["机构名录"]
    assert names_in(get(world.reviewer, QUEUE, {"view": "decided", "q": "低保"})) == ["低保对象信息"]


def test_own_submission_cannot_be_picked(world: CatalogWorld) -> None:
    both = actor_of(UserFactory(department=world.provider, roles=["cataloguer", "head"]))
    entry = world.entry(name="机构名录", **OPEN)
    services.entry_submit(actor=both, ref=entry.pk)
    response = get(both, QUEUE)
    assert "Your own submission" in text_of(response)
    assert 'name="pick"' not in response.content.decode()
    assert 'name="pick"' in get(world.head, QUEUE).content.decode()


def test_queue_of_any_length_costs_the_same(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(world.reviewer)
    for number in range(4):
        world.signed_off(name=f"低保对象信息{number}")
    client.get(QUEUE)
    with django_assert_max_num_queries(26):
        client.get(QUEUE)
    with django_assert_max_num_queries(13):
        client.get(QUEUE, {"view": "decided"})


# --- One decision --------------------------------------------------------------------------------------------------


def test_update_is_set_side_by_side_word_by_word(world: CatalogWorld) -> None:
    body = get(world.reviewer, page(revised(world))).content.decode()
    assert re.search(r"身份<ins>和保障</ins>信息", body)
    assert "<del>Monthly</del>" in body
    assert "<ins>Weekly</ins>" in body
    assert "Compared with revision 1 in force" in body


def test_items_are_marked_as_added_changed_removed_and_moved(world: CatalogWorld) -> None:
    entry = revised(world)
    text = text_of(get(world.reviewer, page(entry)))
    assert "1 added · 1 changed · 1 removed · 1 moved · 2 unchanged" in text
    body = get(world.reviewer, page(entry)).content.decode()
    assert "<del>18</del>" in body
    assert "<ins>20</ins>" in body
    assert "<ins>停发日期</ins>" in body
    assert "<del>月保障金额</del>" in body
    assert "from place 5 to place 2" in text


def test_first_filing_is_one_column(world: CatalogWorld) -> None:
    body = get(world.reviewer, page(world.signed_off())).content.decode()
    assert "First filing, nothing to compare with" in body
    assert 'class="diff is-single"' in body
    assert '<div class="old' not in body
    assert "<ins>" not in body


def test_pre_check_names_findings_and_concerns_with_their_place(world: CatalogWorld) -> None:
    entry = revised(world, opening="conditional", opening_condition="经审批")
    body = get(world.reviewer, page(entry)).content.decode()
    assert '<a href="#f-opening">Opened wider to the public</a>' in body
    text = text_of(get(world.reviewer, page(entry)))
    assert "“月保障金额” An item was removed" in text
    assert "Required fields complete, all assessments given" in text


def test_a_likely_duplicate_is_named(world: CatalogWorld) -> None:
    world.published(name="低保对象信息")
    text = text_of(get(world.reviewer, page(world.signed_off(name="最低生活保障对象"))))
    assert "100% of the items (5 of 5) also stand in “低保对象信息”: a duplicate?" in text


def test_side_column_tells_effect_attribute_and_course(world: CatalogWorld) -> None:
    with clock_at("2026-03-02 09:00"):
        entry = revised(world, sharing="unconditional")
    text = text_of(get(world.reviewer, page(entry)))
    assert "Revision 1 stays in force until approval, then revision 2 replaces it." in text
    assert "to loosen it: from “Conditional” to “Unconditional”" in text
    assert "Updates are judged by the new cycle: Weekly." in text
    assert f"Last decided on 2026-03-02 by {world.reviewer.name}." in text
    assert "Publication of revision 2" in text


def test_review_page_costs_the_same_with_many_items_and_comments(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many = [{"name": f"数据项{number}", "field_name": f"F{number}", "length": 10} for number in range(60)]
    entry = world.published(items=many)
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"cycle": "weekly"}, items=many[5:])
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    for number in range(5):
        services.comment_add(actor=world.reviewer, ref=entry.pk, field=f"items[{number}]", text="?")
    client = client_of(world.reviewer)
    client.get(page(entry))
    with django_assert_max_num_queries(33):
        client.get(page(entry))


def test_own_submission_shows_the_closed_buttons_with_their_reason(world: CatalogWorld) -> None:
    both = actor_of(UserFactory(department=world.provider, roles=["cataloguer", "head"]))
    entry = world.entry()
    services.entry_submit(actor=both, ref=entry.pk)
    entry.refresh_from_db()
    response = get(both, page(entry))
    text = text_of(response)
    assert "You cannot decide on your own submission" in text
    assert "You submitted revision 1" in text
    assert f"{world.head.name} can decide." in text
    assert response.content.decode().count('aria-disabled="true" aria-describedby="bar-note"') == 2


def test_head_looks_on_while_the_authority_decides(world: CatalogWorld) -> None:
    text = text_of(get(world.head, page(world.signed_off())))
    assert "Not yours to decide now" in text
    assert world.reviewer.name in text


def test_page_of_something_decided_leads_to_the_entry(world: CatalogWorld) -> None:
    entry = world.published()
    response = client_of(world.reviewer).get(page(entry))
    assert response.status_code == 302
    assert response.headers["Location"] == f"/catalog/{entry.ref}/"


def test_a_reviewer_does_not_see_a_revision_before_it_is_signed_off(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"summary": "尚未签发的内容"})
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    response = client_of(world.reviewer).get(page(entry), follow=True)
    assert "尚未签发的内容" not in text_of(response)


# --- Comments ------------------------------------------------------------------------------------------------------


def test_comment_form_opens_in_its_row_with_and_without_scripts(world: CatalogWorld) -> None:
    entry = world.signed_off()
    client = client_of(world.reviewer)
    fragment = client.get(f"{page(entry)}comment/", {"on": "summary"}, headers=HTMX).content.decode()
    assert 'id="t-f-summary"' in fragment
    assert 'name="text"' in fragment
    plain = client.get(f"{page(entry)}comment/", {"on": "summary"})
    assert plain.headers["Location"] == f"{page(entry)}?say=summary#f-summary"
    assert 'id="x-f-summary"' in client.get(plain.headers["Location"]).content.decode()


def test_comment_is_added_in_place_and_closes_the_approval(world: CatalogWorld) -> None:
    entry = world.signed_off()
    client = client_of(world.reviewer)
    values = {"on": "summary", "text": "请写明来源系统", "severity": "required"}
    body = client.post(f"{page(entry)}comment/", values, headers=HTMX).content.decode()
    assert "请写明来源系统" in body
    assert 'id="toc-comments" hx-swap-oob="true"' in body
    assert "1 must change" in body
    assert re.search(r'approve/"[^>]*aria-disabled="true"', body)
    assert ReviewComment.objects.get().field == "summary"


def test_comment_without_scripts_leads_back_to_its_row(world: CatalogWorld) -> None:
    entry = world.signed_off()
    assert entry.working_revision is not None
    item = entry.working_revision.items.get(field_name="SFZH")
    key = f"items.{item.item_id}"
    client = client_of(world.reviewer)
    values = {"on": key, "part": "length", "text": "?", "severity": "suggested"}
    response = client.post(f"{page(entry)}comment/", values)
    assert response.headers["Location"] == f"{page(entry)}#f-items-{item.item_id}"
    comment = ReviewComment.objects.get()
    assert (comment.item_id, comment.field, comment.severity) == (item.item_id, "length", "suggested")
    assert "on: Length" in text_of(client.get(page(entry)))


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
def test_refused_comment_keeps_what_was_typed(world: CatalogWorld, headers: dict[str, str]) -> None:
    entry = world.signed_off()
    client = client_of(world.reviewer)
    values = {"on": "summary", "text": "", "severity": "suggested"}
    with nothing_changes():
        response = client.post(f"{page(entry)}comment/", values, headers=headers)
    body = response.content.decode()
    assert response.status_code == 422
    assert "Write what should change." in body
    assert re.search(r'value="suggested" checked', body)


def test_comment_on_a_row_that_is_not_there_is_not_found(world: CatalogWorld) -> None:
    response = client_of(world.reviewer).get(f"{page(world.signed_off())}comment/", {"on": "nonsense"}, headers=HTMX)
    assert response.status_code == 404


def test_own_comment_is_taken_back(world: CatalogWorld) -> None:
    entry = world.signed_off()
    comment = services.comment_add(actor=world.reviewer, ref=entry.pk, field="summary", text="?")
    body = get(world.reviewer, page(entry)).content.decode()
    assert f"comment/{comment.pk}/delete/" in body
    assert f"comment/{comment.pk}/delete/" not in get(world.second_reviewer, page(entry)).content.decode()
    client = client_of(world.reviewer)
    body = client.post(f"{page(entry)}comment/{comment.pk}/delete/", {"on": "summary"}, headers=HTMX).content.decode()
    assert "No comments yet" in body
    assert not ReviewComment.objects.exists()


def test_comments_of_the_round_before_stay_readable(world: CatalogWorld) -> None:
    entry = world.signed_off()
    services.comment_add(actor=world.reviewer, ref=entry.pk, field="summary", text="请写明来源系统")
    services.entry_return(actor=world.reviewer, ref=entry.pk)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    text = text_of(get(world.reviewer, page(entry)))
    assert "请写明来源系统" in text
    assert "Earlier round" in text
    assert "No comments yet" in text


# --- Deciding ------------------------------------------------------------------------------------------------------


def decide(client: Client, entry: Entry, action: str, query: str = "", **values: Any) -> Any:
    values.setdefault("edit_version", Entry.objects.get(pk=entry.pk).edit_version)
    return client.post(f"{page(entry)}{action}/{query}", values)


def test_after_a_decision_the_next_in_the_queue_is_up(world: CatalogWorld) -> None:
    with clock_at("2026-03-02 09:00"):
        first = world.signed_off(name="甲")
    with clock_at("2026-03-03 09:00"):
        second = world.signed_off(name="乙")
        client = client_of(world.reviewer)
        response = decide(client, first, "approve", "?kind=first", opinion="同意")
        assert response.headers["Location"] == f"{page(second)}?kind=first"
        body = client.get(response.headers["Location"]).content.decode()
        assert "data-toast" in body
        assert f"Published: 甲, {first.code}" in body
        response = decide(client, second, "return", opinion="请补充")
        assert response.headers["Location"] == QUEUE


def test_refused_decision_keeps_the_opinion(world: CatalogWorld) -> None:
    entry = world.signed_off()
    services.comment_add(actor=world.second_reviewer, ref=entry.pk, field="summary", text="?")
    client = client_of(world.reviewer)
    with nothing_changes():
        response = decide(client, entry, "approve", opinion="同意发布")
    assert response.status_code == 422
    assert 'value="同意发布"' in response.content.decode()
    # Reloading that page leads back to the matter.
    again = client.get(f"{page(entry)}approve/")
    assert again.headers["Location"] == page(entry)


def test_a_return_says_what_has_to_change(world: CatalogWorld) -> None:
    entry, client = world.submitted(), client_of(world.head)
    with nothing_changes():
        response = decide(client, entry, "return", opinion="")
    assert response.status_code == 422
    assert "Say what has to change" in text_of(response)


def test_nobody_approves_what_he_has_not_seen(world: CatalogWorld) -> None:
    entry = world.signed_off()
    seen = Entry.objects.get(pk=entry.pk).edit_version
    services.entry_recall(actor=world.cataloguer, ref=entry.pk)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    client = client_of(world.reviewer)
    with nothing_changes():
        response = decide(client, entry, "approve", edit_version=seen)
    assert response.status_code == 409
    assert "recalled, or decided, after you opened it" in text_of(response)


def test_withdrawal_is_reviewed_on_the_same_page(world: CatalogWorld) -> None:
    entry = world.published(name="社会组织信息")
    services.entry_withdraw(actor=world.cataloguer, ref=entry.pk, reason="职责已划出")
    text = text_of(get(world.head, page(entry)))
    assert "asks for this entry to be withdrawn" in text
    assert "职责已划出" in text
    assert "Comment on" not in text
    decide(client_of(world.head), entry, "approve")
    response = decide(client_of(world.reviewer), entry, "approve", opinion="同意")
    entry.refresh_from_db()
    assert entry.status == "withdrawn"
    assert response.headers["Location"] == QUEUE


# --- Many at once --------------------------------------------------------------------------------------------------


def test_many_are_asked_for_once_and_then_approved(world: CatalogWorld) -> None:
    entries = [world.signed_off(name=f"机构名录{number}", **OPEN) for number in range(2)]
    picks = re.findall(r'name="pick" value="([^"]+)"', get(world.reviewer, QUEUE).content.decode())
    assert len(picks) == 2
    client = client_of(world.reviewer)
    with nothing_changes():
        asked = client.post("/review/approve/", {"pick": picks, "opinion": "同意"})
    assert "Approve 2 entries?" in text_of(asked)
    done = client.post("/review/approve/", {"pick": picks, "opinion": "同意", "confirmed": "1", "queue": "look=clear"})
    assert done.headers["Location"] == "/review/?look=clear"
    assert "2 entries approved" in text_of(client.get("/review/"))
    assert set(Entry.objects.filter(pk__in=[one.pk for one in entries]).values_list("status", flat=True)) == {
        "published"
    }


def test_those_left_as_they_were_are_listed_once_with_the_reason(world: CatalogWorld) -> None:
    entry = world.signed_off(name="低保对象信息")
    client = client_of(world.reviewer)
    client.post("/review/approve/", {"pick": [entry.ref], "confirmed": "1"})
    text = text_of(client.get(QUEUE))
    assert "1 entry was left as it was" in text
    assert "低保对象信息 : First filing of personal information" in text
    assert "left as it was" not in text_of(client.get(QUEUE))


def test_nothing_picked_leads_back_with_a_word(world: CatalogWorld) -> None:
    client = client_of(world.reviewer)
    assert client.post("/review/approve/", {}).headers["Location"] == QUEUE
    assert "Choose at least one entry." in text_of(client.get(QUEUE))
