"""Texts are found in the sources, kept, checked, derived and compiled without gettext."""

import gettext
import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation

from config import translations
from config.translations import Domain


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    (tmp_path / "shop").mkdir()
    (tmp_path / "templates" / "shop").mkdir(parents=True)
    return translations.domains(tmp_path, ["shop"])[0]


def write(domain: Domain, python: str = "", template: str = "") -> None:
    (domain.sources[0] / "views.py").write_text(python, encoding="utf-8")
    (domain.sources[1] / "page.html").write_text(template, encoding="utf-8")


def translate(domain: Domain, **texts: str) -> None:
    catalog = translations.load(domain.path())
    for english, chinese in texts.items():
        message = catalog.get(english.replace("_", " "))
        assert message is not None
        message.string = chinese
    domain.path().write_bytes(translations.dump(catalog, domain))


def base_of(domain: Domain) -> Path:
    return domain.locale.parent.parent


def test_texts_of_scripts_and_templates_are_found(domain: Domain) -> None:
    write(
        domain,
        'from x import gettext_lazy as _, ngettext, pgettext\n_("One")\nngettext("%(n)d day", "%(n)d days", 2)\n'
        'pgettext("state", "Open")\n',
        '{% load i18n %}\n  <p>{% translate "Two" %}</p>\n{% if a %}\n      {% blocktranslate trimmed with n=x %}\n'
        '  Three of\n  {{ n }}{% endblocktranslate %}\n{% endif %}{{ a|default:_("Four") }}'
        "{% blocktranslate count n=x %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
        '{% translate "Open" context "verb" %}',
    )

    found = {(message.context, message.id) for message in translations.collect(domain, base_of(domain)) if message.id}

    assert found == {
        (None, "One"),
        (None, ("%(n)d day", "%(n)d days")),
        ("state", "Open"),
        (None, "Two"),
        (None, "Three of %(n)s"),
        (None, "Four"),
        (None, ("%(n)s row", "%(n)s rows")),
        ("verb", "Open"),
    }


def test_an_update_keeps_what_is_translated_adds_what_is_new_and_drops_what_is_gone(domain: Domain) -> None:
    write(domain, '_("Old")\n_("Kept")\n')
    assert translations.update(domain, base_of(domain))
    translate(domain, Old="旧", Kept="留")

    write(domain, '_("Kept")\n_("New")\n')
    assert translations.update(domain, base_of(domain))

    catalog = translations.load(domain.path())
    assert {message.id: message.string for message in catalog if message.id} == {"Kept": "留", "New": ""}
    assert not translations.update(domain, base_of(domain))


@pytest.mark.parametrize(
    ("chinese", "complaint"),
    [("", "not translated"), ("共项", "placeholders differ"), ("共 %(count)s 项 %(more)s", "placeholders differ")],
)
def test_a_check_names_what_is_wrong(domain: Domain, chinese: str, complaint: str) -> None:
    write(domain, '_("%(count)s items")\n')
    translations.update(domain, base_of(domain))
    catalog = translations.load(domain.path())
    catalog.get("%(count)s items").string = chinese
    domain.path().write_bytes(translations.dump(catalog, domain))

    (problem,) = translations.problems(domain, base_of(domain))

    assert problem.startswith(f"shop/views.py: {complaint}")


def test_a_check_names_what_is_missing_and_what_is_left_over(domain: Domain) -> None:
    write(domain, '_("One")\n')
    translations.update(domain, base_of(domain))
    write(domain, '_("Two")\n')

    problems = translations.problems(domain, base_of(domain))

    assert ["not in" in problems[0], "no longer used" in problems[1]] == [True, True]


def two_apps(base: Path, first: str, second: str) -> list[Domain]:
    """Return two apps that use the same texts; what each says in Chinese is given by line."""
    found = translations.domains(base, ["shop", "bank"])[:2]
    for domain, chinese in zip(found, (first, second), strict=True):
        for source in domain.sources:
            source.mkdir(parents=True, exist_ok=True)
        write(domain, '_("Open")\npgettext("verb", "Open")\nngettext("%(n)d day", "%(n)d days", 2)\n')
        translations.update(domain, base)
        catalog = translations.load(domain.path())
        plain, verb, days = chinese.split("|")
        catalog.get("Open").string = plain
        catalog.get("Open", context="verb").string = verb
        catalog.get("%(n)d day").string = (days,)
        domain.path().write_bytes(translations.dump(catalog, domain))
    return found


@pytest.mark.parametrize(
    ("second", "named"),
    [
        ("开放|打开|%(n)d 天", []),
        ("公开|打开|%(n)d 天", ["'Open': 开放 (shop), 公开 (bank)"]),
        ("开放|开启|%(n)d 天", ["verb | 'Open': 打开 (shop), 开启 (bank)"]),
        ("开放|打开|%(n)d 日", ["'%(n)d day': %(n)d 天 (shop), %(n)d 日 (bank)"]),
    ],
)
def test_a_text_that_two_apps_translate_in_two_ways_is_named(tmp_path: Path, second: str, named: list[str]) -> None:
    found = translations.clashes(two_apps(tmp_path, "开放|打开|%(n)d 天", second))

    assert found == [f"translated in several ways: {name}" for name in named]


def test_the_check_fails_over_what_two_apps_translate_in_two_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_apps(tmp_path, "开放|打开|%(n)d 天", "开放|打开|%(n)d 天")
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    monkeypatch.setattr(settings, "OUR_APPS", ["shop", "bank"])
    call_command("messages", check=True, stdout=io.StringIO())
    two_apps(tmp_path, "开放|打开|%(n)d 天", "公开|打开|%(n)d 天")
    for names in ([], ["shop"]):
        told = io.StringIO()
        with pytest.raises(CommandError):
            call_command("messages", *names, check=True, stderr=told)
        assert "公开 (bank)" in told.getvalue()


def test_both_scripts_are_compiled_and_terms_stay_what_they_are(domain: Domain) -> None:
    write(domain, '_("Data and information are shared for")\n')
    translations.update(domain, base_of(domain))
    translate(domain, Data_and_information_are_shared_for="政务数据和信息为共享")

    assert translations.compile_domain(domain)
    assert not translations.compile_domain(domain)

    texts = {}
    for locale in (translations.BASE_LOCALE, translations.DERIVED_LOCALE):
        with domain.path(locale, "mo").open("rb") as file:
            texts[locale] = gettext.GNUTranslations(file).gettext("Data and information are shared for")
    assert texts == {"zh_Hans": "政务数据和信息为共享", "zh_Hant": "政務數據和信息為共享"}


def test_texts_that_were_just_compiled_are_used_by_the_same_process(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(domain, '_("A text that came in late")\n')
    translations.update(domain, base_of(domain))
    translate(domain, A_text_that_came_in_late="来得晚的文字")
    monkeypatch.setattr(settings, "LOCALE_PATHS", [domain.locale])
    translations.forget_loaded()
    with translation.override("zh-hans"):
        assert translation.gettext("A text that came in late") == "A text that came in late"

    translations.compile_domain(domain)
    translations.forget_loaded()

    with translation.override("zh-hans"):
        assert translation.gettext("A text that came in late") == "来得晚的文字"
    monkeypatch.undo()
    translations.forget_loaded()


def test_every_file_belongs_to_one_domain() -> None:
    seen: set[Path] = set()
    for domain in translations.domains(settings.BASE_DIR, settings.OUR_APPS):
        files = set(domain.files())
        assert not files & seen
        seen |= files
    assert {*(settings.BASE_DIR / "templates").rglob("*.html")} <= seen
