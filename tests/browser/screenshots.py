"""Take a picture of every page at both sizes, for looking at.

    python -m tests.browser.screenshots DIR [--url http://127.0.0.1:8000] [--role reviewer ...] [--language en]

The server runs already, on the demo city, and this process uses the same database (`make run`, the same DATA_DIR or
DATABASE_URL): the addresses of drafts, returned entries and so on are looked up there.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from playwright.sync_api import Page, sync_playwright


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--url", default=f"http://{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
    )
    parser.add_argument("--role", action="append", help="only these accounts; `public` is nobody")
    parser.add_argument("--page", action="append", help="only pages with this in their title")
    parser.add_argument("--language", choices=["zh-hans", "zh-hant", "en"], default="zh-hans")
    options = parser.parse_args()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    from tests.browser.pages import PLACES, PUBLIC
    from tests.browser.visitor import ARGUMENTS, SIZES, Visitor, chromium_path

    path = chromium_path()
    if path is None:
        sys.stderr.write("No Chromium on this machine: install one, or name it in CHROMIUM.\n")
        return 1
    problems = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for role, places in PLACES.items():
            name = role or "public"
            if options.role and name not in options.role:
                continue
            context = browser.new_context(viewport=SIZES["desk"], locale="zh-CN", reduced_motion="reduce")
            context.add_cookies([{"name": "django_language", "value": options.language, "url": options.url}])
            visitor = Visitor(context, options.url)
            if role != PUBLIC:
                visitor.sign_in(role)
            for place in places:
                if options.page and not any(part in place.title for part in options.page):
                    continue
                for size, viewport in SIZES.items():
                    visitor.page.set_viewport_size(viewport)
                    status = visitor.visit(place.path)
                    if status != place.status:
                        visitor.problems.append(f"{place.path}: answers {status}")
                    picture(visitor.page, options.folder / name / f"{place.title}-{size}.png")
            for problem in visitor.problems:
                sys.stderr.write(f"{name}: {problem}\n")
            problems += len(visitor.problems)
            context.close()
        browser.close()
    return 1 if problems else 0


def picture(page: Page, path: Path) -> None:
    """Save the page as it stands in the window, and below it whole if it is longer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    if page.evaluate("document.documentElement.scrollHeight > innerHeight * 1.2"):
        page.screenshot(path=path.with_name(f"{path.stem}-whole.png"), full_page=True)


if __name__ == "__main__":
    sys.exit(main())
