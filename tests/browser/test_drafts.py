"""Nothing typed is lost: closed tabs, lost connections, two people at once."""

from playwright.sync_api import expect

from accounts.models import Department
from catalog.models import Entry
from tests.browser.conftest import Open
from tests.browser.filing import answer_held, choose, fill, go_on, press_and_let_go, saving
from tests.browser.pages import DRAFT
from tests.factories.accounts import UserFactory


def test_a_draft_saved_by_itself_is_there_after_the_tab_was_closed(open_browser: Open):
    visitor = open_browser("cataloguer")
    visitor.go("/catalog/new/")
    choose(visitor, "secrecy", "none")
    with saving(visitor):
        fill(visitor, {"name": "儿童福利机构信息", "summary": "全市儿童福利机构的名称、地址和床位。"})
    visitor.page.close()

    visitor.page = visitor.context.new_page()
    visitor.go("/catalog/own/?status=draft")
    visitor.follow(visitor.page.get_by_role("link", name="儿童福利机构信息"))
    draft = Entry.objects.get(working_revision__name="儿童福利机构信息")
    visitor.go(f"/catalog/{draft.ref}/edit/basic/")
    expect(visitor.page.locator("[name=summary]")).to_have_value("全市儿童福利机构的名称、地址和床位。")


def test_what_could_not_be_sent_is_offered_on_the_next_visit(open_browser: Open):
    visitor = open_browser("cataloguer")
    draft = Entry.objects.get(**DRAFT)
    page = visitor.go(f"/catalog/{draft.ref}/edit/basic/")
    visitor.context.set_offline(True)
    fill(visitor, {"summary": "断网时写下的摘要。"})
    expect(page.locator("[data-autosave-status] [data-state=offline]")).to_be_visible()
    page.close()
    visitor.context.set_offline(False)
    # What the browser says about the lost connection is not the page's fault.
    visitor.problems.clear()

    visitor.page = visitor.context.new_page()
    page = visitor.go(f"/catalog/{draft.ref}/edit/basic/")
    expect(page.locator("[data-autosave-restore]")).to_be_visible()
    with saving(visitor):
        page.locator("[data-restore]").click()
    expect(page.locator("[name=summary]")).to_have_value("断网时写下的摘要。")
    draft.refresh_from_db()
    assert draft.working_revision.summary == "断网时写下的摘要。"


def test_secrets_are_refused_before_anything_is_stored(open_browser: Open):
    visitor = open_browser("cataloguer")
    page = visitor.go("/catalog/new/")
    count = Entry.objects.count()
    fill(visitor, {"name": "某涉密信息"})
    choose(visitor, "secrecy", "state")
    page.locator("button[name=go][value=next]").click()
    expect(page.locator(".err, .note-bad, .errline").first).to_be_visible()
    page.wait_for_timeout(1600)
    assert Entry.objects.count() == count
    assert visitor.value("Object.keys(localStorage).filter(key => key.startsWith('draft:')).length") == 0


def test_two_people_edit_different_places_and_both_are_kept(open_browser: Open):
    UserFactory(
        username="second", full_name="秦岚", department=Department.objects.get(code="mzj"), roles=["cataloguer"]
    )
    draft = Entry.objects.get(**DRAFT)
    address = f"/catalog/{draft.ref}/edit/basic/"
    one, other = open_browser("cataloguer"), open_browser("second")
    one.go(address)
    other.go(address)
    # Who comes second is told that somebody else has it open.
    expect(other.page.locator("#edit-side")).to_contain_text("林晓岚")
    with saving(one):
        fill(one, {"summary": "第一个人写的摘要。"})
    with saving(other):
        fill(other, {"keywords": "困境儿童 留守儿童"})
    expect(other.page.locator("#edit-side .note-warn")).to_be_visible()
    draft.refresh_from_db()
    revision = draft.working_revision
    assert revision.summary == "第一个人写的摘要。"
    assert "留守儿童" in revision.keywords


def test_two_people_edit_the_same_place_and_one_chooses(open_browser: Open):
    UserFactory(
        username="second", full_name="秦岚", department=Department.objects.get(code="mzj"), roles=["cataloguer"]
    )
    draft = Entry.objects.get(**DRAFT)
    address = f"/catalog/{draft.ref}/edit/basic/"
    one, other = open_browser("cataloguer"), open_browser("second")
    one.go(address)
    other.go(address)
    with saving(one):
        fill(one, {"summary": "第一个人写的摘要。"})
    with other.page.expect_response(lambda answer: answer.request.headers.get("x-autosave") == "1") as answer:
        fill(other, {"summary": "第二个人写的摘要。"})
    assert answer.value.status == 409
    expect(other.page.locator("[data-autosave-status] [data-state=conflict]")).to_be_visible()
    draft.refresh_from_db()
    assert draft.working_revision.summary == "第一个人写的摘要。"
    # Both versions side by side; hers is still in the form.
    go_on(other)
    clash = other.page.locator(".clash")
    expect(clash).to_contain_text("第一个人写的摘要。")
    expect(clash).to_contain_text("第二个人写的摘要。")
    expect(other.page.locator("[name=summary]")).to_have_value("第二个人写的摘要。")
    clash.locator("input[name=take-summary][value=mine]").check()
    go_on(other)
    draft.refresh_from_db()
    assert draft.working_revision.summary == "第二个人写的摘要。"


def test_the_first_save_of_a_new_entry_is_waited_for_so_that_there_is_one_draft(open_browser: Open):
    visitor = open_browser("cataloguer")
    visitor.go("/catalog/new/")
    count = Entry.objects.count()
    choose(visitor, "secrecy", "none")
    with answer_held(visitor) as let_go:
        fill(visitor, {"name": "儿童福利机构信息", "summary": "全市儿童福利机构的名称、地址和床位。"})
    press_and_let_go(visitor, "button[name=go][value=next]", let_go)
    assert Entry.objects.count() == count + 1
