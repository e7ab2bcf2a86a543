"""The main job in a browser that runs no scripts: plain forms all the way."""

from playwright.sync_api import expect

from catalog.models import Entry
from tests.browser.conftest import Open
from tests.browser.filing import ITEM_NAMES, SHEET, choose, fill
from tests.browser.visitor import Visitor

NAME = "云川市收养登记信息"


def next_step(visitor: Visitor) -> None:
    visitor.follow("button[name=go][value=next]")


def test_an_entry_is_filed_and_published(open_browser: Open):
    cataloguer = open_browser(java_script_enabled=False)
    cataloguer.sign_in("cataloguer")
    page = cataloguer.go("/catalog/new/")
    choose(cataloguer, "secrecy", "none")
    fill(cataloguer, {"name": NAME, "summary": "本市收养登记的当事人和日期。"})
    next_step(cataloguer)
    page.select_option("[name=category]", "307013")
    page.select_option("[name=format_class]", "database")
    page.select_option("[name=format_type]", "mysql")
    page.select_option("[name=cycle]", "monthly")
    next_step(cataloguer)
    # Three rows to type into, and a field that takes what a spreadsheet has copied.
    page.fill("[name='items-0-name']", "备注")
    page.select_option("[name='items-0-type']", "M")
    page.locator("details:has([name=items_text]) summary").click()
    page.fill("[name=items_text]", SHEET)
    next_step(cataloguer)
    choose(cataloguer, "sharing", "withheld")
    fill(cataloguer, {"sharing_reason": "收养登记涉及未成年人隐私。"})
    page.fill("[name='legal_basis-0-document']", "中华人民共和国民法典")
    page.fill("[name='legal_basis-0-article']", "第一千一百一十条")
    choose(cataloguer, "opening", "closed")
    next_step(cataloguer)
    page.select_option("[name=data_level]", "general_4")
    fill(cataloguer, {"secrecy_assessment": "不涉密。", "personal_information_assessment": "已评估。"})
    next_step(cataloguer)
    cataloguer.follow("form[action$='/submit/'] button[type=submit]")
    entry = Entry.objects.get(working_revision__name=NAME)
    assert entry.status == "awaiting_head"
    names = list(entry.working_revision.items.order_by("position").values_list("name", flat=True))
    assert names == ["备注", *ITEM_NAMES]

    for person, status in (("head", "awaiting_authority"), ("reviewer", "published")):
        decider = open_browser(person, java_script_enabled=False)
        decider.go("/review/")
        decider.follow(decider.page.get_by_role("link", name=NAME).first)
        decider.page.fill("#opinion", "同意")
        decider.follow("#bar-buttons button[formaction*='/approve/']")
        entry.refresh_from_db()
        assert entry.status == status

    other = open_browser("requester", java_script_enabled=False)
    other.go("/catalog/?q=收养登记")
    other.follow(other.page.locator("[data-rows] a.name", has_text=NAME))
    expect(other.page.locator("h1")).to_contain_text(NAME)


def test_a_comment_and_a_return_need_no_scripts(open_browser: Open):
    reviewer = open_browser("reviewer", java_script_enabled=False)
    entry = Entry.objects.filter(working_revision__status="awaiting_authority", published_revision=None)[0]
    page = reviewer.go(f"/review/{entry.ref}/")
    reviewer.follow(page.locator("[data-row]", has_text="摘要").first.locator("[data-say]"))
    page.locator("[data-say-form] textarea").fill("请写明数据起始年份。")
    reviewer.follow("[data-say-form] button[type=submit]")
    expect(page.locator(".cmt", has_text="请写明数据起始年份。")).to_be_visible()
    page.fill("#opinion", "请补充")
    reviewer.follow("#bar-buttons button[formaction*='/return/']")
    entry.refresh_from_db()
    assert entry.status == "returned"


def test_filters_and_many_decisions_need_no_scripts(open_browser: Open):
    reader = open_browser("requester", java_script_enabled=False)
    page = reader.go("/catalog/")
    page.locator("input[name=sharing][value=withheld]").check()
    reader.follow(".facets .apply button")
    assert "sharing=withheld" in reader.path
    expect(page.locator("[data-rows] tbody tr").first).to_be_visible()

    head = open_browser("head", java_script_enabled=False)
    page = head.go("/review/")
    box = page.locator("[data-pick]").first
    if box.count():
        box.check()
        head.follow("#many button.btn-primary")
        head.follow("main form button.btn-primary")
        assert head.path.startswith("/review/")
