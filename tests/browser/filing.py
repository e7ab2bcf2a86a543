"""The editor, as a person uses it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import APIResponse, Route

from tests.browser.visitor import Visitor

SHEET = """数据项名称\t英文名\t数据类型\t长度\t主键\t敏感\t脱敏\t说明
登记编号\tDJBH\t字符型(20)\t\t是\t\t\t本市唯一
当事人姓名\tXM\t字符型\t50\t\t是\t姓名\t
身份证号\tSFZH\t字符型\t18\t\t是\t身份证号\t
登记日期\tDJRQ\t日期型\t\t\t\t\t
登记机关\tDJJG\t字符型\t100\t\t\t\t
"""
"""Five items with a head, as a spreadsheet puts them on the clipboard."""

ITEM_NAMES = ["登记编号", "当事人姓名", "身份证号", "登记日期", "登记机关"]

_PASTE = """([selector, text]) => {
    const target = document.querySelector(selector);
    target.focus();
    const data = new DataTransfer();
    data.setData("text/plain", text);
    target.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""

_ROW = """number => Object.fromEntries(
    [...document.querySelectorAll(`#items-${number} td :is(input, select)`)].map(one =>
        [one.name.replace(/^items-\\d+-/, ""), one.type === "checkbox" ? (one.checked ? "1" : "") : one.value]))"""


def paste(visitor: Visitor, selector: str, text: str) -> None:
    visitor.value(_PASTE, [selector, text])


def pick(visitor: Visitor, name: str, text: str) -> None:
    """Choose in a list that has a search box: type a part of the option, then Enter."""
    control = visitor.page.locator(f"#id_{name}-ts-control")
    control.click()
    control.fill(text)
    visitor.page.locator(f"#id_{name}-ts-dropdown .option.active", has_text=text).wait_for()
    control.press("Enter")


def choose(visitor: Visitor, name: str, value: str) -> None:
    visitor.page.locator(f"[name={name}][value={value}]").check()


def fill(visitor: Visitor, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        visitor.page.locator(f"#entry [name={name}]").fill(value)


def go_on(visitor: Visitor) -> None:
    """Press the button that saves and goes on to the next step."""
    visitor.follow("button[name=go][value=next]")


@contextmanager
def saving(visitor: Visitor) -> Iterator[None]:
    """Wait until what is typed in the block has been saved by itself."""
    with visitor.page.expect_response(lambda answer: answer.request.headers.get("x-autosave") == "1"):
        yield
    visitor.page.locator("[data-autosave-status] [data-state=saved]").wait_for()


@contextmanager
def answer_held(visitor: Visitor) -> Iterator[Callable[[], None]]:
    """Let the server save what is typed in the block, and hold its answer back until the function is called."""
    held: list[tuple[Route, APIResponse]] = []

    def on_its_way(route: Route) -> None:
        if held or route.request.headers.get("x-autosave") != "1":
            route.fallback()
        else:
            held.append((route, route.fetch()))

    def let_go() -> None:
        route, answer = held[0]
        route.fulfill(response=answer)

    visitor.page.route("**/*", on_its_way)
    with visitor.page.expect_request(lambda request: request.headers.get("x-autosave") == "1"):
        yield let_go
    while not held:
        visitor.page.wait_for_timeout(50)


def press_and_let_go(visitor: Visitor, button: str, let_go: Callable[[], None]) -> None:
    """Press a button while the answer of a save is held back, and follow it to where it leads."""
    with visitor.page.expect_event("load"):
        # As a shortcut does it: the field keeps the focus, so that nothing counts as changed once more.
        visitor.page.locator(button).evaluate("one => one.click()")
        visitor.page.wait_for_timeout(300)
        let_go()
    visitor.settle()


def row(visitor: Visitor, number: int) -> dict[str, str]:
    """Return the texts of a row of the sheet, by field."""
    return visitor.value(_ROW, number)  # type: ignore[no-any-return]


def file_entry(visitor: Visitor, name: str, **sharing: str) -> str:
    """File an entry with five items from the first question to the check; return the draft's number in addresses."""
    page = visitor.page
    visitor.go("/catalog/new/")
    choose(visitor, "secrecy", "none")
    fill(visitor, {"name": name, "summary": "本市婚姻登记的当事人、日期和机关，来源于婚姻登记系统。"})
    go_on(visitor)
    pick(visitor, "category", "307013")
    page.select_option("[name=format_class]", "database")
    page.select_option("[name=format_type]", "postgresql")
    page.select_option("[name=cycle]", "daily")
    go_on(visitor)
    paste(visitor, "tr[data-ghost] input", SHEET)
    assert page.locator("tr[data-row]").count() == len(ITEM_NAMES)
    go_on(visitor)
    choose(visitor, "sharing", sharing.get("sharing", "conditional"))
    if sharing.get("sharing", "conditional") == "conditional":
        fill(
            visitor,
            {"sharing_scope": "承担人口、住房保障职责的市、区县部门", "sharing_purpose": "办理业务时核验婚姻状况"},
        )
    choose(visitor, "sharing_method", "platform_api")
    choose(visitor, "opening", sharing.get("opening", "closed"))
    go_on(visitor)
    page.select_option("[name=data_level]", "general_3")
    fill(
        visitor,
        {
            "secrecy_assessment": "不涉及国家秘密和工作秘密。",
            "personal_information_assessment": "含个人信息，已评估，按最小必要提供并脱敏。",
        },
    )
    go_on(visitor)
    return visitor.path.split("/")[2]
