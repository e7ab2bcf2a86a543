"""From a wish for data to their end, in a browser, on days whose limits domain.md 1.2 gives."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import expect
from pytest_django.plugin import DjangoDbBlocker

from collection.services import dataset_hook
from core.actors import system_actor
from core.testing import MovableClock, clock_at
from sharing.choices import GrantStatus, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.services import telling
from tests.browser import database
from tests.browser.asking import Market, Walk, market_make
from tests.browser.conftest import Open
from tests.browser.filing import answer_held, press_and_let_go
from tests.collection.conftest import HEADER, ROWS
from tests.collection.worker import run_of

SPRING, MAY, AUTUMN, LAST_AUTUMN = "2026-02-13 10:00", "2026-04-30 10:00", "2026-09-18 10:00", "2025-09-26 10:00"
"""Days before the holidays, from which domain.md counts."""


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[str, Market]]:
    with django_db_blocker.unblock():
        empty = database.name_in_use()
        name = f"{empty}_market"
        database.copy(empty, name)
        with database.in_use(name), clock_at("2025-09-01 09:00"):
            market = market_make()
        yield name, market
        database.drop(name)


@pytest.fixture(scope="module")
def city(_made: tuple[str, Market]) -> str:
    """Put the town in the place of the demo city: its clock can be set to any day."""
    return _made[0]


@pytest.fixture
def now() -> Iterator[MovableClock]:
    with clock_at("2025-09-26 10:00") as moved:
        yield moved


@pytest.fixture
def walk(_made: tuple[str, Market], now: MovableClock, open_browser: Open) -> Walk:
    return Walk(open_browser, _made[1], now)


def asked_at(path: str) -> ShareRequest:
    return ShareRequest.objects.get(pk=int(path.rstrip("/").rsplit("/", 1)[1]))


# --- Unconditional --------------------------------------------------------------------------------------------------


def test_unconditional_data_are_granted_as_soon_as_the_own_head_agrees(walk: Walk) -> None:
    town = walk.market.free
    walk.on(SPRING)
    path = walk.ask(town)
    page = walk.see(town.asker, path)
    walk.state("已提供，待确认收到")
    grant = walk.grant()
    walk.press("form[action$='/confirm/'] button")
    walk.state("已提供")
    walk.see(town.asker, f"{grant}data/")
    expect(page.locator("table")).to_contain_text("第一养老院")


def test_unconditional_data_are_taken_on_the_spot_once_the_terms_are_accepted(walk: Walk) -> None:
    town = walk.market.free
    walk.on(SPRING)
    take = f"/sharing/take/{town.dataset.pk}/"
    page = walk.see(town.asker, take)
    expect(page.locator("#no-terms")).to_be_visible()
    walk.see(town.asker_head, take)
    walk.press("form[action$='/terms/accept/'] button")
    walk.see(town.asker, take)
    page.fill("[name=purpose]", "养老机构名录核对")
    page.check(f"[name=systems][value='{town.system.pk}']")
    page.check("[name=methods][value=file]")
    page.fill("[name=until]", "2026-12-31")
    walk.visitor.follow("form[aria-labelledby=take-h] button.btn-primary")
    walk.state("2026-02-13 – 2026-12-31")
    walk.see(town.asker, f"{walk.visitor.path}data/")
    expect(page.locator("table")).to_contain_text("第一养老院")


# --- Conditional ----------------------------------------------------------------------------------------------------


def test_a_provider_gets_more_time_and_then_gives_a_part_masked_more(walk: Walk) -> None:
    town, world = walk.market.conditional, walk.market.world
    walk.on(LAST_AUTUMN)
    path = walk.ask(town, until="2026-06-30")
    walk.pass_check(path)
    page = walk.see(world.head, path)
    walk.due("10-16 周四")

    walk.on("2025-10-09 09:00")
    walk.do(world.head, path, "form[action$='/ask-extension/']", "button", days="10", reason="须与公安核对口径")
    walk.due("10-16 周四")
    walk.do(world.reviewer, path, "#consent", opinion="情况属实")
    walk.see(town.asker, path)
    walk.due("10-30 周四")

    walk.on("2025-10-30 16:00")
    [id_number, name] = town.items("SFZH") + town.items("XM")
    walk.see(world.head, path)
    page.locator(f"#answer [name=items][value='{id_number}']").uncheck()
    page.select_option(f"#answer [name='mask-{name}']", "text")
    walk.visitor.follow("#answer footer .btn-primary")
    expect(page.locator("#answer .form-errors")).to_be_visible()
    assert not Grant.objects.exists()
    page.fill("#answer [name=opinion]", "身份证号非认定所必需")
    walk.press("#answer footer .btn-primary")
    walk.see(town.asker, path)
    walk.state("已提供，待确认收到")
    expect(page.locator("tr.off")).to_contain_text("身份证号")
    grant = Grant.objects.get()
    assert set(grant.items) == set(town.items()) - {id_number}
    walk.see(town.asker, f"{walk.grant()}data/")
    expect(page.locator("table")).to_contain_text("0164A")
    expect(page.locator("table")).not_to_contain_text("欧阳")
    expect(page.locator("table")).not_to_contain_text("990102197707077777")


def test_the_time_stands_still_while_material_is_missing_and_a_refusal_needs_a_reason(walk: Walk) -> None:
    town, world = walk.market.conditional, walk.market.world
    walk.on("2026-09-14 10:00")
    path = walk.asked(town)
    page = walk.do(
        world.head, path, "form[action$='/ask-material/']", "button", missing="一、职责依据；二、系统等级保护证明"
    )
    walk.see(town.asker, path)
    # Twenty days to supplement it, of which the provider's time uses none.
    walk.due("10-16 周五")

    walk.on(AUTUMN)
    walk.do(town.asker, path, "#supplement", text="职责依据和等级保护证明已补充")
    walk.see(world.head, path)
    walk.due("10-09 周五")
    expect(page.locator("form[action$='/ask-material/']")).to_have_count(0)

    walk.press("#answer footer .btn-return")
    expect(page.locator("#answer .form-errors")).to_be_visible()
    assert asked_at(path).status == RequestStatus.AWAITING_PROVIDER
    page.fill("#answer [name=opinion]", "所述场景可凭救助证办理，无须共享")
    walk.press("#answer footer .btn-return")
    walk.see(town.asker, path)
    walk.state("不同意")
    expect(page.locator(".tl")).to_contain_text("无须共享")
    assert not Grant.objects.exists()


def test_a_dispute_is_mediated_and_both_heads_confirm(walk: Walk) -> None:
    town, world = walk.market.conditional, walk.market.world
    walk.on("2026-04-20 10:00")
    path = walk.asked(town)
    walk.do(world.head, path, "#answer", "footer .btn-return", opinion="数据尚在清理")

    walk.on(MAY)
    page = walk.do(town.asker_head, path, "form[action$='/dispute/']", "button", reason="清理不是法定的不共享理由")
    walk.see(world.reviewer, path)
    walk.due("05-18 周一")
    walk.do(world.head, path, "#respond", statement="可先提供编号和姓名")

    walk.on("2026-05-07 15:00")
    walk.see(world.reviewer, path)
    for item in town.items("SFZH", "YBZJE", "NRRQ"):
        page.locator(f"#answer [name=items][value='{item}']").uncheck()
    page.fill("#answer [name=held_on]", "2026-05-07")
    page.fill("#answer [name=opinion]", "双方同意先提供编号和姓名")
    walk.press("#answer button[name=word][value=yes]")
    walk.do(town.asker_head, path, "#concur", "button[value=yes]")
    assert not Grant.objects.exists()
    walk.do(world.head, path, "#concur", "button[value=yes]")
    walk.see(town.asker, path)
    walk.state("已提供，待确认收到")
    assert set(Grant.objects.get().items) == set(town.items("DXBH", "XM"))


def test_a_provider_that_is_silent_is_overdue_and_the_authority_decides_in_its_place(walk: Walk) -> None:
    town, world = walk.market.conditional, walk.market.world
    walk.on(AUTUMN)
    path = walk.asked(town)
    walk.on("2026-10-09 18:00")
    page = walk.see(town.asker_head, path)
    walk.due("10-09 周五")
    expect(page.locator("form[action$='/dispute/']")).to_have_count(0)
    walk.on("2026-10-10 09:00")
    walk.do(town.asker_head, path, "form[action$='/dispute/']", "button", reason="逾期未答复")
    walk.see(world.reviewer, path)
    page.fill("#answer [name=opinion]", "提供部门逾期未答复，依据充分")
    page.check("#answer [name=without_provider]")
    walk.press("#answer footer .btn-primary")
    walk.see(town.asker, path)
    walk.state("已提供，待确认收到")
    assert set(Grant.objects.get().items) == set(town.items())


def test_what_was_agreed_to_before_there_are_data_is_made_available_within_its_time(walk: Walk) -> None:
    world = walk.market.world
    walk.on("2026-02-09 10:00")
    town = replace(walk.market.conditional, entry=world.published(name="临时救助对象信息"))
    path = walk.ask(town)
    walk.pass_check(path)
    walk.on(SPRING)
    walk.do(world.head, path, "#answer", "footer .btn-primary")
    page = walk.see(town.asker, path)
    walk.due("03-19 周四")
    assert not Grant.objects.exists()
    loaded = dataset_hook(actor=world.cataloguer, ref=town.entry.pk, name="临时救助对象")
    run_of(loaded, world.cataloguer, HEADER + "".join(ROWS))
    walk.see(world.cataloguer, path)
    page.check(f"#deliver [name=dataset][value='{loaded.pk}']")
    walk.press("#deliver button.btn-primary")
    assert Grant.objects.get().dataset_id == loaded.pk
    walk.see(town.asker, path)
    walk.press("form[action$='/confirm/'] button")
    walk.state("已提供")


# --- Withheld -------------------------------------------------------------------------------------------------------


def test_the_authority_decides_on_withheld_data_once_it_has_heard_the_provider(walk: Walk) -> None:
    town, world = walk.market.withheld, walk.market.world
    walk.on(MAY)
    path = walk.ask(town)
    page = walk.see(world.reviewer, path)
    walk.due("05-18 周一")
    page.fill("#answer [name=opinion]", "法定职责所需")
    walk.press("#answer footer .btn-primary")
    expect(page.locator("#answer .form-errors")).to_be_visible()
    expect(page.locator("#answer [name=opinion]")).to_have_value("法定职责所需")
    assert not Grant.objects.exists()

    walk.do(world.head, path, "#advise", opinion="建议只提供编号")
    walk.see(world.reviewer, path)
    expect(page.locator("main")).to_contain_text("建议只提供编号")
    for item in set(town.items()) - set(town.items("DXBH")):
        page.locator(f"#answer [name=items][value='{item}']").uncheck()
    page.fill("#answer [name=opinion]", "法定职责所需，仅提供编号")
    walk.press("#answer footer .btn-primary")
    assert Grant.objects.get().items == town.items("DXBH")
    walk.see(town.asker, f"/sharing/grants/{Grant.objects.get().pk}/data/")
    expect(page.locator("table")).to_contain_text("0164A")
    expect(page.locator("table")).not_to_contain_text("姓名")


# --- The end --------------------------------------------------------------------------------------------------------


def test_a_renewal_goes_on_at_the_midnight_at_which_the_grant_expires(walk: Walk) -> None:
    town, world = walk.market.conditional, walk.market.world
    walk.on(SPRING)
    path = walk.asked(town, until=date(2026, 6, 30))
    walk.see(world.head, path)
    walk.due("03-05 周四")
    walk.press("#answer footer .btn-primary")
    page = walk.see(town.asker, path)
    first = walk.grant()

    walk.on(MAY)
    path = walk.renew(town, first, until="2026-12-31")
    walk.pass_check(path)
    walk.see(world.head, path)
    walk.due("05-18 周一")
    walk.press("#answer footer .btn-primary")
    second = f"/sharing/grants/{Grant.objects.get(valid_to__date__gt=date(2026, 12, 1)).pk}/"

    walk.on("2026-06-30 23:59")
    walk.see(town.asker, f"{first}data/")
    expect(page.locator("table")).to_contain_text("0164A")
    assert walk.visitor.visit(f"{second}data/") in (403, 404)

    walk.on("2026-07-01 00:00")
    walk.see(town.asker, first)
    walk.state("已到期")
    assert walk.visitor.visit(f"{first}data/") in (403, 404)
    assert telling.grants_keep(actor=system_actor(CLOCK_JOB)) == 1
    walk.see(town.asker, second)
    walk.state("有效")
    walk.see(town.asker, f"{second}data/")
    expect(page.locator("table")).to_contain_text("0164A")
    assert list(Grant.objects.order_by("pk").values_list("status", flat=True)) == [
        GrantStatus.EXPIRED,
        GrantStatus.ACTIVE,
    ]


@pytest.mark.parametrize("goes_on_typing", [False, True])
def test_a_button_pressed_while_a_request_is_being_saved_waits_for_the_version(walk: Walk, *, goes_on_typing: bool):
    town, visitor = walk.market.conditional, walk.visitor
    draft = town.draft()
    page = walk.see(town.asker, f"/sharing/requests/{draft.pk}/edit/")
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status) if answer.request.method == "POST" else None)
    typed = "核验低保身份"
    with answer_held(visitor) as let_go:
        page.fill("[name=scenario]", typed)
    if goes_on_typing:
        typed = "核验低保身份，用于就业困难人员认定"
        page.fill("[name=scenario]", typed)
        page.wait_for_timeout(1500)
    press_and_let_go(visitor, ".formbar button[type=submit]:not([name])", let_go)
    # Nobody else was there: each save is taken, and then what the button asks for.
    assert answers == ([200, 200, 302] if goes_on_typing else [200, 302])
    expect(page.locator("[name=scenario]")).to_have_value(typed)
    draft.refresh_from_db()
    assert draft.scenario == typed
