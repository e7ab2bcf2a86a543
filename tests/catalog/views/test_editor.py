import json
import re
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from catalog import services
from catalog.models import Entry, Revision, RevisionItem
from core.actors import Actor
from core.exceptions import NotVisible
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.catalog import FIELDS, ITEMS, CatalogWorld
from workflow.models import OutboxMessage

AUTOSAVE = {"X-Autosave": "1"}


def address(entry: Entry, step: str = "basic") -> str:
    return f"/catalog/{entry.ref}/edit/{step}/"


def working(entry: Entry) -> Revision:
    return Revision.objects.get(pk=Entry.objects.get(pk=entry.pk).working_revision_id)


def hidden(response: Any, name: str) -> str:
    """Return a hidden field of a page, as a browser would send it back."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found, f"no hidden field {name}"
    return found[1].replace("&quot;", '"').replace("&#x27;", "'")


def opened(client: Client, entry: Entry, step: str = "basic") -> dict[str, str]:
    """Open a step; return what its form carries besides the fields."""
    page = client.get(address(entry, step))
    return {"edit_version": hidden(page, "edit_version"), "base": hidden(page, "base")}


def basic(**fields: str) -> dict[str, str]:
    return {"name": FIELDS["name"], "summary": FIELDS["summary"], **fields}


def sheet(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {"items_json": json.dumps(rows)}


def rows_of(entry: Entry) -> list[dict[str, Any]]:
    """Return the rows as the sheet would send them back."""
    found = RevisionItem.objects.filter(revision=working(entry)).order_by("position")
    return [
        {
            "id": str(one.item_id), "key": str(one.item_id), "name": one.name, "field_name": one.field_name,
            "type": one.type, "length": str(one.length or ""), "is_key": "1" if one.is_key else "",
            "nullable": "1" if one.nullable else "", "is_sensitive": "1" if one.is_sensitive else "",
            "mask": one.mask, "sharing": one.sharing, "opening": one.opening,
            "sharing_condition": one.sharing_condition, "description": one.description,
        }
        for one in found
    ]  # fmt: skip


# A new entry


def test_a_new_entry_begins_with_its_name_and_the_question_of_secrecy(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    response = client.post("/catalog/new/", {"name": "临时救助信息", "secrecy": "none", "go": "next"})
    entry = Entry.objects.get()
    assert response.headers["Location"] == address(entry, "format")
    assert (working(entry).name, entry.status) == ("临时救助信息", "draft")


@pytest.mark.parametrize("secrecy", ["work", "state"])
def test_a_declared_secret_is_refused_and_nothing_is_stored(world: CatalogWorld, secrecy: str) -> None:
    response = client_of(world.cataloguer).post("/catalog/new/", {"name": "不得入库的名称", "secrecy": secrecy})
    assert response.status_code == 422
    assert "第三条" in text_of(response)
    assert "不得入库的名称" in response.content.decode()  # what was typed is given back, not kept
    assert not Entry.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="catalog.").exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("missing", ["name", "secrecy"])
def test_without_name_or_answer_there_is_no_draft(world: CatalogWorld, missing: str) -> None:
    sent = {"name": "临时救助信息", "secrecy": "none"} | {missing: ""}
    response = client_of(world.cataloguer).post("/catalog/new/", sent)
    assert response.status_code == 422
    assert not Entry.objects.exists()


def test_a_page_that_saves_twice_makes_one_draft(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    sent = {"name": "临时救助信息", "secrecy": "none", "draft_key": hidden(client.get("/catalog/new/"), "draft_key")}
    first = client.post("/catalog/new/", sent, headers=AUTOSAVE).json()
    second = client.post("/catalog/new/", {**sent, "name": "临时救助对象信息"}, headers=AUTOSAVE).json()
    entry = Entry.objects.get()
    assert first["url"] == address(entry)
    assert second["edit_version"] == first["edit_version"] + 1
    assert working(entry).name == "临时救助对象信息"


def test_another_persons_draft_key_is_of_no_use(world: CatalogWorld) -> None:
    key = "0d7f4d4c-6f57-4f4a-9d0a-0d5f0f4f3c11"
    sent = {"name": "甲", "secrecy": "none", "draft_key": key}
    client_of(world.cataloguer).post("/catalog/new/", sent)
    client_of(world.other_cataloguer).post("/catalog/new/", sent)
    assert sorted(Entry.objects.values_list("department__name", flat=True)) == ["市人社局", "市民政局"]


# Steps


@pytest.mark.parametrize("step", ["basic", "format", "items", "sharing", "grading", "check"])
def test_every_step_shows_what_is_there(world: CatalogWorld, step: str) -> None:
    entry = world.entry()
    response = get(world.cataloguer, address(entry, step))
    assert response.status_code == 200
    shown = {
        "basic": FIELDS["summary"], "format": "307013 民政", "items": "身份证号", "sharing": FIELDS["sharing_scope"],
        "grading": FIELDS["secrecy_assessment"], "check": FIELDS["sharing_purpose"],
    }[step]  # fmt: skip
    assert shown in response.content.decode()


def test_the_editor_opens_where_work_is_left(world: CatalogWorld) -> None:
    unfinished = services.entry_create(actor=world.cataloguer, fields={"name": "甲", "summary": "乙"})
    assert get(world.cataloguer, f"/catalog/{unfinished.ref}/edit/").headers["Location"] == address(
        unfinished, "format"
    )
    whole = world.entry()
    assert get(world.cataloguer, f"/catalog/{whole.ref}/edit/").headers["Location"] == address(whole, "check")


def test_a_returned_entry_opens_at_the_first_comment_and_shows_it_in_place(world: CatalogWorld) -> None:
    entry = world.signed_off()
    comments = [
        {"field": "sharing_scope", "text": "请列明科室", "severity": "required"},
        {"field": "items[2].length", "text": "请核对位数", "severity": "suggested"},
    ]
    entry = services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="两处须改", comments=comments)
    client = client_of(world.cataloguer)
    assert client.get(f"/catalog/{entry.ref}/edit/").headers["Location"] == address(entry, "items")
    items = client.get(address(entry, "items")).content.decode()
    assert re.search(r'is-comment".*?建议.*?请核对位数', items, re.DOTALL)
    sharing = client.get(address(entry, "sharing"))
    assert (
        "请列明科室" in sharing.content.decode().split('id="id_sharing_scope_field"')[1].split("id_sharing_purpose")[0]
    )
    assert "两处须改" in text_of(sharing)


def test_an_unknown_step_is_not_there(world: CatalogWorld) -> None:
    assert get(world.cataloguer, address(world.entry(), "nowhere")).status_code == 404


def test_a_step_saves_and_goes_on(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    sent = opened(client, entry) | basic(summary="改过的摘要", go="next")
    response = client.post(address(entry), sent)
    assert response.headers["Location"] == address(entry, "format")
    assert working(entry).summary == "改过的摘要"


@pytest.mark.parametrize(
    ("go", "step"), [("previous", "basic"), ("next", "items"), ("step-grading", "grading"), ("submit", "check")]
)
def test_the_buttons_lead_where_they_say(world: CatalogWorld, go: str, step: str) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    sent = {"category": "307013", "format_class": "database", "format_type": "postgresql", "cycle": "monthly", "go": go}
    response = client.post(address(entry, "format"), opened(client, entry, "format") | sent)
    assert response.headers["Location"] == address(entry, step)


def test_what_was_not_touched_is_not_written(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    sent = opened(client, entry) | basic()
    before = AuditEvent.objects.count()
    client.post(address(entry), sent)
    assert AuditEvent.objects.count() == before
    assert Entry.objects.get().edit_version == entry.edit_version


def test_a_value_that_cannot_be_read_is_given_back_with_the_reason(world: CatalogWorld) -> None:
    entry = world.entry()
    response = client_of(world.cataloguer).post(address(entry, "format"), {"census-storage_gb": "很多"})
    assert response.status_code == 422
    assert "很多" in response.content.decode()
    assert working(entry).census == {}


def test_citations_come_as_rows_and_from_the_register(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    sent = {
        "sharing": "withheld",
        "legal_basis-0-document": "中华人民共和国保守国家秘密法",
        "legal_basis-0-article": "第九条",
        "legal_basis-register": "政务数据共享条例|第十四条",
    }
    client.post(address(entry, "sharing"), opened(client, entry, "sharing") | sent)
    assert working(entry).legal_basis == [
        {"document": "中华人民共和国保守国家秘密法", "article": "第九条"},
        {"document": "政务数据共享条例", "article": "第十四条"},
    ]


def test_ways_of_sharing_that_do_not_fit_the_format_are_closed_with_the_reason(world: CatalogWorld) -> None:
    body = get(world.cataloguer, address(world.entry(), "sharing")).content.decode()
    assert re.search(r'value="platform_file"[^>]*disabled', body)
    assert re.search(r'value="platform_file".*?<small class="why">仅限文件类', body, re.DOTALL)


def test_errors_of_the_rules_stand_at_their_fields_and_lead_there(world: CatalogWorld) -> None:
    entry = world.entry(sharing_scope="")
    response = get(world.cataloguer, address(entry, "sharing"))
    body = response.content.decode()
    assert 'class="field has-err" id="id_sharing_scope_field"' in body
    assert f'href="{address(entry, "sharing")}?check=1#id_sharing_scope_field"' in body
    assert 'aria-disabled="true"' in body.split("data-submits")[1][:80]


def test_a_step_nobody_has_begun_is_not_scolded(world: CatalogWorld) -> None:
    entry = services.entry_create(actor=world.cataloguer, fields={"name": "甲"})
    assert "has-err" not in get(world.cataloguer, address(entry, "format")).content.decode()
    assert "has-err" in get(world.cataloguer, f"{address(entry, 'format')}?check=1").content.decode()


def test_a_change_of_law_can_be_answered_by_the_revision(world: CatalogWorld) -> None:
    entry = world.published()
    change = services.duty_change_record(
        actor=world.reviewer,
        document="社会救助条例",
        gist="口径调整",
        changed_on=date(2026, 1, 5),
        entry_refs=[entry.ref],
    )
    client = client_of(world.cataloguer)
    assert "社会救助条例" in text_of(client.get(f"/catalog/{entry.ref}/revise/"))
    client.post(f"/catalog/{entry.ref}/revise/", {"duty_change": str(change.pk)})
    assert working(entry).duty_change == change
    page = client.get(address(entry))
    assert f'<option value="{change.pk}" selected>' in page.content.decode()
    assert "第 1 版仍为已发布" in text_of(page)


# The sheet of items


def test_the_sheet_comes_as_one_field_and_keeps_identities_over_a_rename(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    rows = rows_of(entry)
    ids = [row["id"] for row in rows]
    rows[1] |= {"name": "户主姓名", "field_name": "HZXM", "length": "10,2"}
    rows.append({"name": "备注", "key": "new1", "type": "M"})
    answer = client.post(address(entry, "items"), opened(client, entry, "items") | sheet(rows), headers=AUTOSAVE).json()
    found = list(RevisionItem.objects.filter(revision=working(entry)).order_by("position"))
    assert [str(one.item_id) for one in found][:5] == ids
    assert (found[1].name, found[1].length, found[1].decimals) == ("户主姓名", 10, 2)
    assert answer["ids"]["new1"] == str(found[5].item_id)


def test_a_renamed_new_row_stays_the_same_item(world: CatalogWorld) -> None:
    entry = world.entry(items=[])
    client = client_of(world.cataloguer)
    carried = opened(client, entry, "items")
    first = client.post(address(entry, "items"), carried | sheet([{"name": "姓", "key": "k"}]), headers=AUTOSAVE).json()
    carried = {"edit_version": str(first["edit_version"]), "base": json.dumps({"items": first["items_base"]})}
    renamed = [{"id": first["ids"]["k"], "name": "姓名", "key": "k"}]
    client.post(address(entry, "items"), carried | sheet(renamed), headers=AUTOSAVE)
    item = RevisionItem.objects.get(revision=working(entry))
    assert (str(item.item_id), item.name) == (first["ids"]["k"], "姓名")


def test_without_scripts_the_sheet_posts_cell_by_cell_and_empty_rows_are_left_out(world: CatalogWorld) -> None:
    entry = world.entry(items=[])
    client = client_of(world.cataloguer)
    cells = {
        "items-0-name": "姓名", "items-0-type": "C", "items-0-length": "50", "items-0-is_sensitive": "1",
        "items-1-name": "", "items-1-type": "C", "items-1-mask": "none",
    }  # fmt: skip
    client.post(address(entry, "items"), opened(client, entry, "items") | cells)
    assert [(one.name, one.is_sensitive) for one in RevisionItem.objects.filter(revision=working(entry))] == [
        ("姓名", True)
    ]


def test_rows_can_be_added_as_text(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    cells = {f"items-{at}-{name}": str(cell) for at, row in enumerate(rows_of(entry)) for name, cell in row.items()}
    text = "名称\t类型\t长度\n开户行\t字符型\t100\n账号\tvarchar(30)\t\n"
    client.post(address(entry, "items"), opened(client, entry, "items") | cells | {"items_text": text})
    found = list(RevisionItem.objects.filter(revision=working(entry)).order_by("position"))
    assert [one.name for one in found][5:] == ["开户行", "账号"]
    assert found[6].length == 30


def test_a_cell_that_cannot_be_read_holds_a_plain_save_up_but_not_the_autosave(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    rows = rows_of(entry)
    rows[0] |= {"name": "编号", "length": "二十"}
    carried = opened(client, entry, "items") | sheet(rows)
    answer = client.post(address(entry, "items"), carried, headers=AUTOSAVE).json()
    assert answer["is_whole"] is False
    assert answer["rows"][0]["message"].startswith("“二十”")
    item = RevisionItem.objects.get(revision=working(entry), position=1)
    assert (item.name, item.length) == ("编号", 20)
    response = client.post(address(entry, "items"), carried)
    assert response.status_code == 422
    assert 'value="二十"' in response.content.decode()


def test_remarks_of_a_save_bring_their_remedy(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    rows = rows_of(entry)
    rows[2]["length"] = "15"
    answer = client.post(address(entry, "items"), opened(client, entry, "items") | sheet(rows), headers=AUTOSAVE).json()
    remark = next(one for one in answer["rows"] if one["level"] == "error")
    assert (remark["key"], remark["field"], remark["fix"]["value"]) == (rows[2]["key"], "length", "18")


# Two people at once


def test_two_people_at_different_fields_are_both_saved(world: CatalogWorld) -> None:
    entry = world.entry()
    mine, theirs = client_of(world.cataloguer), client_of(_colleague(world))
    carried = opened(mine, entry)
    theirs.post(address(entry), opened(theirs, entry) | basic(keywords="低保"))
    response = mine.post(address(entry), carried | basic(summary="我的摘要", go="next"), follow=True)
    assert "其间他人修改了" in text_of(response)
    assert (working(entry).keywords, working(entry).summary) == ("低保", "我的摘要")


def _colleague(world: CatalogWorld) -> Actor:
    from tests.factories.accounts import UserFactory, actor_of

    return actor_of(UserFactory(department=world.provider, roles=["cataloguer"], full_name="王立"))


def test_two_people_at_the_same_field_see_both_texts_and_choose(world: CatalogWorld) -> None:
    entry = world.entry()
    mine, theirs = client_of(world.cataloguer), client_of(_colleague(world))
    carried = opened(mine, entry)
    theirs.post(address(entry), opened(theirs, entry) | basic(summary="王立的摘要"))
    clash = mine.post(address(entry), carried | basic(summary="我的摘要"))
    assert clash.status_code == 409
    words = text_of(clash)
    assert "王立" in words
    assert "王立的摘要" in words
    assert "我的摘要" in clash.content.decode()
    assert working(entry).summary == "王立的摘要"
    again = {"edit_version": hidden(clash, "edit_version"), "base": hidden(clash, "base")}
    mine.post(address(entry), again | basic(summary="我的摘要", **{"take-summary": "theirs"}))
    assert working(entry).summary == "王立的摘要"
    mine.post(address(entry), again | basic(summary="合并的摘要", **{"take-summary": "mine"}))
    assert working(entry).summary == "合并的摘要"


def test_an_autosave_that_clashes_saves_nothing_and_says_who_it_was(world: CatalogWorld) -> None:
    entry = world.entry()
    mine, theirs = client_of(world.cataloguer), client_of(_colleague(world))
    carried = opened(mine, entry)
    theirs.post(address(entry), opened(theirs, entry) | basic(summary="王立的摘要"))
    answer = mine.post(address(entry), carried | basic(summary="我的摘要"), headers=AUTOSAVE)
    assert answer.status_code == 409
    assert "王立" in answer.json()["notice"]
    assert working(entry).summary == "王立的摘要"


def test_rows_that_different_people_change_are_merged(world: CatalogWorld) -> None:
    entry = world.entry()
    mine, theirs = client_of(world.cataloguer), client_of(_colleague(world))
    carried, rows = opened(mine, entry, "items"), rows_of(entry)
    other = opened(theirs, entry, "items")
    theirs.post(address(entry, "items"), other | sheet([rows[0] | {"name": "王立改的"}, *rows[1:]]))
    mine.post(address(entry, "items"), carried | sheet([rows[0], rows[1] | {"name": "我改的"}, *rows[2:]]))
    names = list(
        RevisionItem.objects.filter(revision=working(entry)).order_by("position").values_list("name", flat=True)
    )
    assert names[:2] == ["王立改的", "我改的"]


def test_who_else_has_the_entry_open_is_said(world: CatalogWorld) -> None:
    cache.clear()
    entry = world.entry()
    get(_colleague(world), address(entry))
    assert "王立也在编辑" in text_of(get(world.cataloguer, address(entry)))


# What an import assumed


def test_what_an_import_assumed_is_confirmed_or_overtaken_by_typing(world: CatalogWorld) -> None:
    assumed = [
        {"field": "cycle", "value": "monthly", "source": "", "rule": "cycle_default"},
        {"field": "summary", "value": FIELDS["summary"], "source": "", "rule": "summary_from_name"},
        {"field": "sharing", "value": "conditional", "source": "", "rule": "sharing_default"},
    ]
    entry = world.entry(assumptions=assumed)
    client = client_of(world.cataloguer)
    assert "没有摘要" in text_of(client.get(address(entry)))
    client.post(address(entry), opened(client, entry) | basic(summary="人写的摘要"))
    assert [one["field"] for one in working(entry).assumptions] == ["cycle", "sharing"]
    client.post(address(entry), opened(client, entry) | basic(summary="人写的摘要", confirm="cycle"))
    assert [one["field"] for one in working(entry).assumptions] == ["sharing"]
    client.post(address(entry, "check"), {"confirm": "all"})
    assert working(entry).assumptions == []


# Moving on


def test_submitting_hands_over_and_leads_to_the_entry(world: CatalogWorld) -> None:
    entry = world.entry()
    response = client_of(world.cataloguer).post(f"/catalog/{entry.ref}/submit/", follow=True)
    entry = Entry.objects.get()
    assert (entry.status, response.status_code) == ("awaiting_head", 200)
    assert entry.code
    assert entry.code in text_of(response)


def test_a_submission_with_errors_says_each_of_them(world: CatalogWorld) -> None:
    entry = world.entry(sharing_scope="", cycle="")
    response = client_of(world.cataloguer).post(f"/catalog/{entry.ref}/submit/")
    assert response.status_code == 422
    assert "共享范围" in text_of(response)
    assert "请选择更新周期" in text_of(response)
    assert Entry.objects.get().status == "draft"


def test_what_lies_with_others_is_recalled_before_it_is_edited(world: CatalogWorld) -> None:
    entry = world.submitted()
    client = client_of(world.cataloguer)
    assert client.get(f"/catalog/{entry.ref}/edit/").headers["Location"] == f"/catalog/{entry.ref}/recall/"
    response = client.post(f"/catalog/{entry.ref}/recall/")
    assert response.headers["Location"] == f"/catalog/{entry.ref}/edit/"
    assert Entry.objects.get().status == "draft"


def test_a_form_that_was_open_while_the_entry_was_submitted_changes_nothing(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    sent = opened(client, entry) | basic(summary="迟到的摘要")
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    assert client.post(address(entry), sent).status_code == 409
    assert working(entry).summary == FIELDS["summary"]


def test_discarding_asks_first(world: CatalogWorld) -> None:
    entry = world.entry()
    client = client_of(world.cataloguer)
    assert client.post(f"/catalog/{entry.ref}/discard/").status_code == 200
    assert Entry.objects.exists()
    client.post(f"/catalog/{entry.ref}/discard/", {"confirmed": "1"})
    assert not Entry.objects.exists()


def test_an_entry_with_a_code_is_not_discarded_and_the_reason_is_said(world: CatalogWorld) -> None:
    entry = services.entry_recall(actor=world.cataloguer, ref=world.submitted().pk)
    response = get(world.cataloguer, f"/catalog/{entry.ref}/discard/")
    assert response.status_code == 409
    assert "保留资源代码" in text_of(response)


def test_withdrawing_needs_a_reason_and_keeps_what_was_typed(world: CatalogWorld) -> None:
    entry = world.published()
    client = client_of(world.cataloguer)
    assert client.post(f"/catalog/{entry.ref}/withdraw/", {"reason": " "}).status_code == 422
    client.post(f"/catalog/{entry.ref}/withdraw/", {"reason": "职责已划转"})
    assert Entry.objects.get().status == "withdrawal_pending"


def test_htmx_is_led_on_by_a_header(world: CatalogWorld) -> None:
    entry = world.submitted()
    response = client_of(world.cataloguer).post(f"/catalog/{entry.ref}/recall/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == f"/catalog/{entry.ref}/edit/"


# Rights and cost


def test_an_ended_session_is_led_to_the_sign_in_page_and_told_apart_from_nothing_there(world: CatalogWorld) -> None:
    entry = world.entry()
    response = Client().post(address(entry), basic(), headers=AUTOSAVE)
    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_search_as_you_type_finds_names_and_codes_of_what_is_live(world: CatalogWorld) -> None:
    published = world.published()
    world.entry(name="最低生活保障草稿")
    found = get(world.other_cataloguer, "/catalog/find/", {"q": "最低生活"}).json()["results"]
    assert [one["value"] for one in found] == [published.ref]
    found = get(world.other_cataloguer, "/catalog/find/", {"q": str(published.code)}).json()["results"]
    assert [one["text"] for one in found] == [FIELDS["name"]]
    assert get(world.other_cataloguer, "/catalog/find/", {"q": "最"}).json()["results"] == []


def test_a_draft_of_another_department_is_not_there(world: CatalogWorld) -> None:
    entry = world.entry()
    for actor in (world.other_cataloguer, world.reviewer, world.colleague):
        assert get(actor, address(entry)).status_code == 404
    with pytest.raises(NotVisible):
        services.entry_update(actor=world.other_cataloguer, ref=entry.pk, fields={"name": "改"})


@pytest.mark.parametrize("step", ["basic", "format", "items", "sharing", "grading", "check"])
def test_a_step_costs_the_same_whatever_the_number_of_items(world: CatalogWorld, step: str) -> None:
    many = [{**ITEMS[0], "name": f"项{at}", "field_name": f"F{at}"} for at in range(60)]
    few, lots = world.entry(), world.entry(items=many, name="多项目录")
    client = client_of(world.cataloguer)
    counts = []
    for entry in (few, few, lots):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address(entry, step))
        counts.append(len(queries))
    assert counts[2] <= counts[1] <= 40
