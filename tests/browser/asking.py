"""Asking for data and answering, as people do it in a browser, on days that a test chooses."""

from dataclasses import dataclass
from datetime import date

from playwright.sync_api import Page, expect

from accounts.models import User
from core.actors import Actor
from core.testing import MovableClock
from sharing.services import filing
from sharing.services.policy import sharing_policy_set
from tests.browser.conftest import Open, session_of
from tests.browser.filing import pick
from tests.browser.visitor import Visitor
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, free_of, make_sharing_world, town_of

LAW = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}


@dataclass(frozen=True)
class Market:
    """A town with data of each sharing attribute, and a department that asks for them."""

    conditional: SharingTown
    free: SharingTown
    withheld: SharingTown

    @property
    def world(self) -> CatalogWorld:
        return self.conditional.world


def market_make() -> Market:
    """Make the town. Its authority checks conditional requests first; time stands still while material is missing."""
    world = make_sharing_world()
    sharing_policy_set(
        actor=world.reviewer,
        region_id=world.provider.region_id,
        checked=["conditional"],
        supplement_clock="pause",
        longest_days=1095,
    )
    law = {"sharing": "withheld", "sharing_reason": "涉及收养关系", "legal_basis": [LAW]}
    return Market(
        town_of(world),
        free_of(world, name="养老机构信息"),
        town_of(world, name="收养登记信息", **law, sharing_scope="", sharing_purpose=""),
    )


class Walk:
    """One window in which the people of the town take turns, and the clock of the town."""

    def __init__(self, open_browser: Open, market: Market, now: MovableClock) -> None:
        self.market = market
        self.now = now
        self.visitor: Visitor = open_browser()

    @property
    def page(self) -> Page:
        return self.visitor.page

    def on(self, moment: str) -> None:
        """Move the clock; whoever sat at the window has left it."""
        self.now.move_to(moment)

    def see(self, who: Actor, path: str) -> Page:
        """Let somebody sit down and open a page."""
        context = self.visitor.context
        context.clear_cookies()
        username = User.objects.get(pk=who.id).username
        context.add_cookies([{"name": "sessionid", "value": session_of(username), "url": self.visitor.base}])
        return self.visitor.go(path)

    def do(self, who: Actor, path: str, form: str, button: str = "button.btn-primary", **typed: str) -> Page:
        """Let somebody fill a form of a page and press a button of it."""
        page = self.see(who, path)
        fold = page.locator(f"details:has({form}):not([open]) > summary")
        if fold.count():
            fold.click()
        for name, value in typed.items():
            page.locator(form).locator(f"[name={name}]").fill(value)
        return self.press(f"{form} {button}")

    def press(self, button: str) -> Page:
        """Press a button, and agree to the question that may follow."""
        page = self.page
        asks = page.locator(button).evaluate(
            "one => 'confirm' in (one.dataset ?? {}) || !!one.closest('[data-confirm]')"
        )
        if asks:
            page.locator(button).click()
            button = "dialog#confirm [data-yes]"
        return self.visitor.follow(button)

    # --- The requester

    def ask(self, town: SharingTown, *, until: str = "2026-12-31") -> str:
        """Ask for the data of an entry, from its page to the agreement of the own head; return the request's page."""
        page = self.see(town.asker, f"/catalog/{town.entry.ref}/")
        self.visitor.follow("form[action*='/sharing/requests/new/'] button")
        pick(self.visitor, "legal_basis", "第二十条")
        page.fill("[name=scenario]", "核验就业援助对象的低保身份，用于就业困难人员认定。")
        page.locator("[data-items-all]").click()
        for method in ("api", "file"):
            page.check(f"[name=methods][value={method}]")
        page.select_option("[name=frequency]", "monthly")
        page.fill("[name=valid_until]", until)
        page.check(f"[name=systems][value='{town.system.pk}']")
        page.fill("[name=contact_name]", "王立")
        page.fill("[name=contact_phone]", "0990-1234567")
        return self._sent(town)

    def _sent(self, town: SharingTown) -> str:
        self.visitor.follow("button[name=go][value=submit]")
        path = self.visitor.path
        self.do(town.asker_head, path, "#decide", opinion="确因工作需要")
        return path

    def asked(self, town: SharingTown, *, until: date = date(2026, 12, 31)) -> str:
        """Let a request for conditional data come before the provider without a look at it; return its page."""
        request = town.agreed(valid_until=until)
        filing.request_pass(actor=town.world.reviewer, request_id=request.pk)
        return f"/sharing/requests/{request.pk}/"

    def renew(self, town: SharingTown, grant: str, *, until: str) -> str:
        """Ask for a renewal from the page of a grant; return the request's page."""
        page = self.see(town.asker, grant)
        self.visitor.follow("form[action$='/ask/renewal/'] button")
        page.fill("[name=valid_until]", until)
        return self._sent(town)

    # --- Those who decide

    def pass_check(self, path: str) -> None:
        """Let the authority find nothing amiss with the form: the provider's time begins."""
        self.do(self.market.world.reviewer, path, "#decide", opinion="材料齐全")

    # --- What is seen

    def state(self, words: str) -> None:
        """Look whether the head of the page names a state."""
        expect(self.page.locator(".stamps").first.get_by_text(words, exact=True)).to_be_visible()

    def due(self, day: str) -> None:
        """Look whether the large clock of the page names a due day, and its timeline the same."""
        expect(self.page.locator("section[aria-labelledby=limit-h]")).to_contain_text(day)
        expect(self.page.locator(".tl .box").last).to_contain_text(day)

    def grant(self) -> str:
        """Return the page of the grant that the page refers to."""
        link = self.page.locator("section[aria-labelledby=refs-h] a[href*='/sharing/grants/']").first
        return str(link.get_attribute("href"))
