"""A person at a browser, and a watch over what must never happen on a page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response

from config.demo_accounts import PASSWORD

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
SIZES = {"desk": DESK, "phone": PHONE}

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but this machine can be reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"], preload: false}).then(found =>
    found.violations.map(({id, nodes}) =>
        `${id}: ${nodes.slice(0, 4).map(node => node.target.join(" ")).join(" | ")}`))"""
_SETTLED = """() => document.readyState === "complete" && "ready" in document.documentElement.dataset"""


def chromium_path() -> str | None:
    """Return the Chromium of this machine: the one that CHROMIUM names, else one on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Visitor:
    """One browser window of one person.

    Attributes:
        problems: what went wrong on the pages so far, beyond what a test looks for: script errors, refused
            scripts and styles, requests to another host, errors of the server.
    """

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context = context
        self.base = base
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        context.set_default_timeout(30_000)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._note(f"script error: {error.error}"))
        context.on("request", self._on_request)
        context.on("response", self._on_response)

    # --- Watching

    def _note(self, problem: str) -> None:
        self.problems.append(f"{self.page.url.removeprefix(self.base)}: {problem}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # A refusal by the server is the page's business, and a test looks at it; the browser merely mentions it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._note(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", "data:", "blob:", "about:")):
            self._note(f"asks another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self._note(f"{response.status} from {response.request.method} {response.url.removeprefix(self.base)}")
        elif response.status == 404 and response.request.resource_type not in ("document", "fetch", "xhr"):
            self._note(f"404 from {response.url.removeprefix(self.base)}")

    # --- Acting

    def visit(self, path: str) -> int:
        """Open an address, wait until the page stands still, and return its status."""
        response = self.page.goto(self.base + path)
        assert response is not None
        self.settle()
        return response.status

    def go(self, path: str) -> Page:
        """Open a page that is there."""
        status = self.visit(path)
        assert status == 200, f"{path} answers {status}"
        return self.page

    def settle(self) -> None:
        """Wait until the scripts have brought the page to life, with its pickers, charts and sheet."""
        if self.page.evaluate("document.documentElement.classList.contains('js')"):
            self.page.wait_for_function(_SETTLED)

    def follow(self, target: str | Locator) -> Page:
        """Click what leads to another page and wait until that stands still."""
        with self.page.expect_event("load"):
            (self.page.locator(target) if isinstance(target, str) else target).click()
        self.settle()
        return self.page

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """Sign in through the form."""
        self.go("/accounts/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.follow("form button.btn-primary")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.base)

    # --- Looking

    def accessibility(self) -> list[str]:
        """Return what axe-core finds on the page: WCAG 2.2 AA and best practice."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found: list[str] = self.page.evaluate(_RUN_AXE, _RULES)
        return found

    def sideways(self) -> str:
        """Say by how much the page is wider than the window; empty where it fits."""
        wide, window = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        return f"{wide - window} px wider than the window" if wide > window else ""

    def value(self, expression: str, argument: Any = None) -> Any:
        return self.page.evaluate(expression, argument)
