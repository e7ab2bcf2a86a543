"""Three languages: chosen in the menu, kept, and complete in both kinds of Chinese."""

import html
import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.models import User
from catalog.models import RevisionItem
from collection.models import Dataset
from tests.browser.conftest import Open
from tests.browser.language import foreign_words
from tests.browser.pages import PLACES
from tests.browser.test_pages import names_in_data
from tests.browser.visitor import PHONE

_APART = re.compile(
    r"<(script|style|template|noscript|code|kbd|textarea|option)\b.*?</\1>|<!--.*?-->"
    r"|<(\w+)[^>]*class=\"[^\"]*\b(?:code|raw|field-name)\b[^\"]*\"[^>]*>.*?</\2>|<[^>]*lang=\"en\"[^>]*>[^<]*",
    re.DOTALL,
)
_SAID = re.compile(r'(?:aria-label|placeholder|title|alt)="([^"]*)"')
_TAG = re.compile(r"<[^>]+>")


def texts_of(page: str) -> list[str]:
    """Return what a page says, in tags and in the attributes that are read aloud or shown."""
    shown = _APART.sub("\n", page)
    parts = [*_SAID.findall(shown), *_TAG.sub("\n", shown).split("\n")]
    return [html.unescape(part).strip() for part in parts if part.strip()]


@pytest.mark.parametrize("role", PLACES, ids=lambda role: role or "public")
def test_traditional_chinese_is_complete(transactional_db: None, role: str):
    client = Client()
    if role:
        client.force_login(User.objects.get(username=role), backend="accounts.backends.AccountBackend")
    client.cookies["django_language"] = "zh-hant"
    names = names_in_data()
    problems = []
    for place in PLACES[role]:
        response = client.get(place.path)
        page = response.content.decode()
        assert 'lang="zh-Hant"' in page, place.title
        problems += [f"{place.title}: {text}" for text in foreign_words(texts_of(page), names)]
    assert not problems, "\n".join(["", *problems])


def test_the_language_is_chosen_in_the_menu_and_kept(open_browser: Open):
    visitor = open_browser("cataloguer")
    page = visitor.go("/catalog/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    for code, lang in (("zh-hant", "zh-Hant"), ("en", "en")):
        page.locator("header details:has(button[value=en]) summary").click()
        visitor.follow(f"header button[value={code}]")
        expect(page.locator("html")).to_have_attribute("lang", lang)
        assert visitor.path == "/catalog/"
    expect(page.locator("h1")).to_have_text(re.compile("[A-Za-z]"))
    visitor.go("/accounts/profile/")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("role", ["cataloguer", "reviewer"])
def test_english_pages_have_english_headings_and_fit_a_phone(open_browser: Open, role: str):
    visitor = open_browser(role)
    visitor.context.add_cookies([{"name": "django_language", "value": "en", "url": visitor.base}])
    chinese = re.compile(r"[^A-Za-z]*[\u4e00-\u9fff][^A-Za-z]*")
    names = {*Dataset.objects.values_list("name", flat=True), *RevisionItem.objects.values_list("name", flat=True)}
    visitor.page.set_viewport_size(PHONE)
    problems = []
    for place in PLACES[role]:
        visitor.visit(place.path)
        if visitor.sideways():
            problems.append(f"{place.title}: {visitor.sideways()}")
        said = visitor.value(
            """() => [...document.querySelectorAll("main h2, main th, main label, .sidenav a, .tabs a, main .btn")]
                .filter(one => !one.closest(".dtable tbody, .facets, .diff, .chips, .rowhead, .choice, .citations"))
                .map(one => one.firstChild?.nodeType === 3 ? one.firstChild.textContent : "")"""
        )
        texts = [text.strip() for text in said]
        problems += [f"{place.title}: {text}" for text in texts if chinese.fullmatch(text) and text not in names]
    assert not problems, "\n".join(["", *problems])
