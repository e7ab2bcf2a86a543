"""The main job: filed, signed off, returned, corrected, published, found."""

from playwright.sync_api import expect

from catalog.models import Entry
from tests.browser.conftest import Open
from tests.browser.database import deliver
from tests.browser.filing import ITEM_NAMES, choose, file_entry, fill, go_on, saving
from tests.browser.visitor import Visitor

NAME = "云川市婚姻登记办理信息"


def submit(visitor: Visitor) -> str:
    """Send the draft to the head from the last step; return its code."""
    visitor.follow("form[action$='/submit/'] button[type=submit]")
    return visitor.page.locator(".pagehead .code").first.inner_text()


def decide(visitor: Visitor, verdict: str, opinion: str = "") -> None:
    """Approve or return on the review page, agreeing to the question that follows."""
    page = visitor.page
    if opinion:
        page.fill("#opinion", opinion)
    button = page.locator(f"#bar-buttons button[formaction*='/{verdict}/']")
    if verdict == "approve":
        button.click()
        button = page.locator("dialog#confirm [data-yes]")
    visitor.follow(button)


def comment(visitor: Visitor, row: str, text: str) -> None:
    """Comment on one row of the review page as a must."""
    page = visitor.page
    line = page.locator(f"[data-row]:has(.lab:text-is('{row}'))").first
    if not line.is_visible():
        page.locator("details.dfold", has=line).locator("summary").click()
    line.hover()
    line.locator("[data-say]").click()
    form = line.locator("[data-say-form]")
    form.locator("textarea").fill(text)
    form.locator("input[value=required]").check()
    form.locator("button[type=submit]").click()
    line.locator(".cmt", has_text=text).wait_for()


def test_an_entry_is_filed_signed_off_returned_corrected_and_published(open_browser: Open):
    cataloguer = open_browser()
    cataloguer.sign_in("cataloguer")
    page = cataloguer.page
    draft = file_entry(cataloguer, NAME)
    code = submit(cataloguer)
    assert code.startswith("307013/")
    ref = code.replace("/", "-")
    # The draft's number goes on leading to the entry.
    cataloguer.go(f"/catalog/{draft}/")
    expect(page.locator("h1")).to_contain_text(NAME)

    head = open_browser("head")
    head.go("/review/")
    head.follow(head.page.get_by_role("link", name=NAME).first)
    decide(head, "approve", "同意报送")

    reviewer = open_browser("reviewer")
    reviewer.go(f"/review/{ref}/")
    comment(reviewer, "摘要", "请写明起始年份。")
    comment(reviewer, "当事人姓名", "请说明是否含曾用名。")
    expect(reviewer.page.locator("#toc-comments a")).to_have_count(2)
    # With a comment that must be met, it can only be returned.
    expect(reviewer.page.locator("#bar-buttons button[formaction*='/approve/']")).to_have_attribute(
        "aria-disabled", "true"
    )
    decide(reviewer, "return", "有两处须补充。")
    deliver()

    cataloguer.go("/")
    cataloguer.follow(page.get_by_role("link", name=NAME).first)
    expect(page.locator(".remark")).to_have_count(2)
    cataloguer.go(f"/catalog/{ref}/edit/basic/")
    expect(page.locator("#id_summary_field ~ *", has_text="请写明起始年份").first).to_be_visible()
    with saving(cataloguer):
        fill(cataloguer, {"summary": "2005年以来本市婚姻登记的当事人、日期和机关，来源于婚姻登记系统。"})
    cataloguer.go(f"/catalog/{ref}/edit/items/")
    page.fill("[name='items-1-description']", "不含曾用名")
    go_on(cataloguer)
    cataloguer.go(f"/catalog/{ref}/edit/check/")
    assert submit(cataloguer) == code
    head.go(f"/review/{ref}/")
    decide(head, "approve")
    reviewer.go(f"/review/{ref}/")
    decide(reviewer, "approve", "同意发布。")

    # Found by whoever may see it: another department, in the list and in the API.
    other = open_browser("requester")
    other.go("/catalog/?q=婚姻登记办理")
    found = other.page.locator("[data-rows] a.name", has_text=NAME)
    expect(found).to_have_count(1)
    other.follow(found)
    expect(other.page.locator("h1")).to_contain_text(NAME)
    answer = other.context.request.get(f"{other.base}/api/v1/entries/{ref}/").json()
    assert (answer["code"], answer["status"], answer["revision"]) == (code, "published", 1)
    assert [item["name"] for item in answer["items"]] == ITEM_NAMES
    assert "2005年以来" in answer["summary"]
    listed = other.context.request.get(f"{other.base}/api/v1/entries/?q=婚姻登记办理").json()
    assert [one["code"] for one in listed["results"]] == [code]

    # A revision is drafted; what is published stays as it is.
    cataloguer.go(f"/catalog/{ref}/revise/")
    cataloguer.follow("main form button.btn-primary")
    cataloguer.go(f"/catalog/{ref}/edit/basic/")
    with saving(cataloguer):
        fill(cataloguer, {"summary": "第二版正在起草的摘要，尚未发布。"})
    assert Entry.objects.get(code=code).working_revision.summary.startswith("第二版")
    other.go(f"/catalog/{ref}/")
    expect(other.page.locator("main")).to_contain_text("2005年以来")
    expect(other.page.locator("main")).not_to_contain_text("第二版正在起草")
    again = other.context.request.get(f"{other.base}/api/v1/entries/{ref}/").json()
    assert (again["revision"], again["summary"]) == (1, answer["summary"])


def test_an_open_entry_stands_on_the_public_pages(open_browser: Open):
    cataloguer = open_browser("cataloguer")
    file_entry(cataloguer, NAME, sharing="unconditional", opening="open")
    # Personal data that is not masked may not be opened: the sheet closes those items to the public.
    code = Entry.objects.get(working_revision__name=NAME).pk
    cataloguer.go(f"/catalog/{code}/edit/items/")
    for number in (1, 2):
        cataloguer.page.select_option(f"[name='items-{number}-opening']", "closed")
    go_on(cataloguer)
    choose(cataloguer, "opening", "open")
    cataloguer.go(f"/catalog/{code}/edit/check/")
    ref = submit(cataloguer).replace("/", "-")
    for person in ("head", "reviewer"):
        decider = open_browser(person)
        decider.go(f"/review/{ref}/")
        decide(decider, "approve", "同意")
    public = open_browser()
    public.go("/open/?q=婚姻登记办理")
    public.follow(public.page.get_by_role("link", name=NAME).first)
    expect(public.page.locator("main")).to_contain_text("登记机关")
    expect(public.page.locator("main")).not_to_contain_text("身份证号")
