"""The main job without a mouse."""

from playwright.sync_api import expect

from catalog.models import Entry
from tests.browser.conftest import Open
from tests.browser.filing import row
from tests.browser.pages import DRAFT, FIRST_FILING, WAITING_AUTHORITY
from tests.browser.visitor import Visitor


def focused(visitor: Visitor) -> str:
    """Return the name, the label or the text of what has the focus."""
    return visitor.value(  # type: ignore[no-any-return]
        "(one => one.name || one.getAttribute('aria-label') || one.textContent.trim())(document.activeElement)"
    )


def tab_to(visitor: Visitor, selector: str, at_most: int = 60) -> None:
    """Press Tab until something has the focus; that it can be reached at all is part of what is tested."""
    for _press in range(at_most):
        if visitor.value("selector => document.activeElement.matches(selector)", selector):
            return
        visitor.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def test_the_first_stop_leads_past_the_navigation(open_browser: Open):
    visitor = open_browser("cataloguer")
    page = visitor.go("/")
    visitor.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    visitor.press("Enter")
    assert visitor.value("document.activeElement.id") == "main"


def test_search_and_walk_through_the_results(open_browser: Open):
    visitor = open_browser("requester")
    page = visitor.go("/catalog/")
    visitor.press("/")
    expect(page.locator("main [data-search]")).to_be_focused()
    page.keyboard.type("信息")
    with page.expect_response("**/catalog/?**"):
        visitor.press("Enter")
    names = page.locator("[data-rows] a.name")
    expect(page.locator("main mark").first).to_be_visible()
    # Out of the field, then down the list and back.
    visitor.value("document.activeElement.blur()")
    visitor.press("j")
    expect(names.nth(0)).to_be_focused()
    visitor.press("j")
    expect(names.nth(1)).to_be_focused()
    visitor.press("k")
    expect(names.nth(0)).to_be_focused()
    visitor.press("x")
    expect(page.locator("[data-selected-count]")).to_have_text("1")
    name = names.nth(0).inner_text()
    with page.expect_event("load"):
        visitor.press("Enter")
    expect(page.locator("h1")).to_contain_text(name)


def test_places_are_two_keys_away_and_help_is_one(open_browser: Open):
    visitor = open_browser("reviewer")
    page = visitor.go("/")
    for keys, path in ((("g", "c"), "/catalog/"), (("g", "r"), "/review/"), (("g", "h"), "/")):
        with page.expect_event("load"):
            visitor.press(*keys)
        visitor.settle()
        assert visitor.path == path
    visitor.press("?")
    expect(page.locator("dialog#shortcuts")).to_be_visible()
    visitor.press("Escape")
    expect(page.locator("dialog#shortcuts")).to_be_hidden()


def test_letters_do_nothing_once_they_are_switched_off(open_browser: Open):
    visitor = open_browser("cataloguer")
    page = visitor.go("/accounts/profile/")
    box = page.locator("[name=shortcuts_enabled]")
    box.uncheck()
    form = page.locator("form", has=box)
    visitor.follow(form.locator("button[type=submit]"))
    visitor.go("/")
    visitor.press("?")
    expect(page.locator("dialog#shortcuts")).to_be_hidden()


def test_the_sheet_is_edited_like_a_spreadsheet(open_browser: Open):
    visitor = open_browser("cataloguer")
    draft = Entry.objects.get(**DRAFT)
    page = visitor.go(f"/catalog/{draft.ref}/edit/items/")
    count = page.locator("tr[data-row]").count()
    tab_to(visitor, "tr[data-ghost] input", 400)
    page.keyboard.type("监护人姓名")
    expect(page.locator("tr[data-row]")).to_have_count(count + 1)
    assert row(visitor, count)["name"] == "监护人姓名"
    visitor.press("Tab")
    page.keyboard.type("JHRXM")
    visitor.press("Tab")
    page.keyboard.type("C")
    visitor.press("Tab")
    page.keyboard.type("50")
    visitor.press("Enter", "ArrowUp")
    assert row(visitor, count) | {"field_name": "JHRXM", "type": "C", "length": "50"} == row(visitor, count)
    # Up one row, then back; the row's own text is untouched.
    tab_to(visitor, f"[name=items-{count}-length]", 400)
    above = row(visitor, count - 1)
    visitor.press("Alt+ArrowUp")
    assert row(visitor, count - 1)["name"] == "监护人姓名"
    visitor.press("Alt+ArrowDown")
    assert row(visitor, count - 1) == above
    # Fill down from the row above, and take it back.
    visitor.press("Control+d")
    assert row(visitor, count)["length"] == above["length"]
    visitor.press("Control+z")
    assert row(visitor, count)["length"] == "50"
    # Escape gives the old text back.
    page.keyboard.type("9")
    visitor.press("Escape")
    assert row(visitor, count)["length"] == "50"


def test_a_decision_is_taken_by_key(open_browser: Open):
    visitor = open_browser("reviewer")
    entry = Entry.objects.filter(**FIRST_FILING, department__region__code="990100").order_by("pk")[0]
    page = visitor.go("/review/")
    visitor.press("j")
    while entry.working_revision.name not in focused(visitor):
        before = focused(visitor)
        visitor.press("j")
        assert focused(visitor) != before, "the end of the list"
    with page.expect_event("load"):
        visitor.press("e")
    visitor.settle()
    assert entry.ref in visitor.path
    # A comment on the row at hand, given up first, then sent.
    visitor.press("c")
    text = page.locator("[data-say-form] textarea")
    expect(text).to_be_focused()
    visitor.press("Escape")
    expect(text).to_have_count(0)
    visitor.press("c")
    expect(text).to_be_focused()
    page.keyboard.type("请核对名称")
    visitor.press("Control+Enter")
    expect(page.locator(".cmt", has_text="请核对名称")).to_be_visible()
    visitor.value("document.activeElement.blur()")
    visitor.press("o")
    expect(page.locator("#opinion")).to_be_focused()
    page.keyboard.type("名称须修改")
    tab_to(visitor, "#bar-buttons .btn-return")
    with page.expect_event("load"):
        visitor.press("Enter")
    entry.refresh_from_db()
    assert entry.status == "returned"


def test_the_queue_is_walked_with_brackets(open_browser: Open):
    visitor = open_browser("reviewer")
    assert Entry.objects.filter(**WAITING_AUTHORITY).count() > 1
    page = visitor.go("/review/")
    visitor.press("j")
    with page.expect_event("load"):
        visitor.press("Enter")
    visitor.settle()
    first = visitor.path
    with page.expect_event("load"):
        visitor.press("]")
    visitor.settle()
    assert visitor.path != first
    with page.expect_event("load"):
        visitor.press("[")
    assert visitor.path == first
