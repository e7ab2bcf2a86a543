"""Texts of the product: found in the sources, kept per app, made into what Django loads.

English is written in the sources. Simplified Chinese is translated by hand, one file per app;
Traditional Chinese is derived from it, character by character, so that the terms of the law stay
what they are (docs/adr/0005).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import opencc
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.reloader import translation_file_changed
from django.utils.translation.template import templatize

BASE_LOCALE = "zh_Hans"
DERIVED_LOCALE = "zh_Hant"

_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sdif]|%[sdif]|\{(\w*)\}")
_THE_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # a date that changes would only make noise in the history


@dataclass(frozen=True)
class Domain:
    """The texts of one app, or of everything outside the apps."""

    name: str
    sources: tuple[Path, ...]
    locale: Path
    excluded: tuple[Path, ...] = ()

    def path(self, locale: str = BASE_LOCALE, suffix: str = "po") -> Path:
        return self.locale / locale / "LC_MESSAGES" / f"django.{suffix}"

    def files(self) -> Iterator[Path]:
        for source in self.sources:
            for path in sorted(source.rglob("*")):
                if path.suffix in {".py", ".html", ".txt"} and not any(path.is_relative_to(e) for e in self.excluded):
                    yield path


def domains(base: Path, apps: Iterable[str]) -> list[Domain]:
    """Return the domains: one per app that has a file or templates, and one for the rest."""
    with_own = [app for app in apps if app not in {"config", "core"}]
    templates = base / "templates"
    found = [Domain(app, (base / app, templates / app), base / app / "locale") for app in with_own]
    rest = Domain(
        "shared",
        (base / "config", base / "core", templates),
        base / "locale",
        excluded=tuple(templates / app for app in with_own),
    )
    return [*found, rest]


def collect(domain: Domain, base: Path) -> Catalog:
    """Read every text out of the sources of a domain."""
    template = Catalog(charset="utf-8")
    for path in domain.files():
        relative = path.relative_to(base).as_posix()
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # The template becomes something like Python; indentation would not add up, so it goes.
            text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).split("\n"))
        source = io.BytesIO(text.encode())
        options = {"encoding": "utf-8"}
        for _line, message, comments, context in extract(
            "python",
            source,
            keywords=_KEYWORDS,
            comment_tags=("Translators:",),
            options=options,
            strip_comment_tags=True,
        ):
            if message:
                template.add(message, locations=[(relative, 0)], auto_comments=comments, context=context)
    return template


def load(path: Path, locale: str = BASE_LOCALE) -> Catalog:
    """Read a file of translations, empty where there is none."""
    if not path.is_file():
        return Catalog(locale=locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale, charset="utf-8")


def updated(catalog: Catalog, template: Catalog) -> Catalog:
    """Bring translations up to the sources: new texts come in empty, texts that are gone go."""
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    return catalog


def dump(catalog: Catalog, domain: Domain) -> bytes:
    """Write translations so that the same texts always give the same bytes."""
    catalog.project, catalog.version = "government-data-catalog", "1"
    catalog.header_comment = f"# Texts of {domain.name}. Update with `manage.py messages {domain.name}`."
    catalog.creation_date = catalog.revision_date = _THE_EPOCH
    catalog.last_translator = catalog.language_team = "maintainers"
    catalog.fuzzy = False
    for message in catalog:
        message.locations = sorted({(file, 0) for file, _line in message.locations})
    out = io.BytesIO()
    write_po(out, catalog, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return b"\n".join(line for line in out.getvalue().split(b"\n") if not line.startswith(_CHANGING_HEADERS))


_CHANGING_HEADERS = (
    b'"Generated-By',
    b'"POT-Creation',
    b'"PO-Revision',
    b'"Report-Msgid',
    b'"Last-Translator',
    b'"Language-Team',
)


def update(domain: Domain, base: Path) -> bool:
    """Update the file of a domain; return whether it changed."""
    template = collect(domain, base)
    path = domain.path()
    if not len(template) and not path.is_file():
        return False
    content = dump(updated(load(path), template), domain)
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def problems(domain: Domain, base: Path) -> list[str]:
    """Say what is missing, unsure, left over or broken in the translations of a domain."""
    template, catalog = collect(domain, base), load(domain.path())
    found = []
    for message in template:
        if not message.id:
            continue
        translated = catalog.get(message.id, context=message.context)
        where = next((file for file, _line in message.locations), domain.name)
        if translated is None:
            found.append(f"{where}: not in {domain.path().relative_to(base)}: {_shown(message)}")
        elif not _strings(translated) or not all(_strings(translated)):
            found.append(f"{where}: not translated: {_shown(message)}")
        elif translated.fuzzy:
            found.append(f"{where}: marked fuzzy: {_shown(message)}")
        elif not _same_placeholders(translated):
            found.append(f"{where}: placeholders differ from the translation: {_shown(message)}")
    for message in catalog:
        if message.id and template.get(message.id, context=message.context) is None:
            found.append(f"{domain.path().relative_to(base)}: no longer used: {_shown(message)}")
    return found


def clashes(domains: Iterable[Domain]) -> list[str]:
    """Say which texts are translated in different ways by different domains.

    Django puts the texts of all apps into one: where they differ, one app shows the words of another. What has two
    meanings needs a context.
    """
    given: dict[tuple[str | None, bool, str], dict[tuple[str, ...], list[str]]] = {}
    for domain in domains:
        for message in load(domain.path()):
            if message.id:
                first, is_single = (message.id, True) if isinstance(message.id, str) else (message.id[0], False)
                key = (message.context, is_single, first)
                given.setdefault(key, {}).setdefault(_strings(message), []).append(domain.name)
    found = []
    for (context, _is_single, text), ways in given.items():
        if len(ways) > 1:
            told = ", ".join(f"{' / '.join(way)} ({', '.join(names)})" for way, names in ways.items())
            found.append(f"translated in several ways: {f'{context} | ' if context else ''}{text!r}: {told}")
    return sorted(found)


def compile_domain(domain: Domain, *, force: bool = False) -> bool:
    """Make what Django loads, in both Chinese scripts, where older than the translations; return whether it did."""
    source = domain.path()
    if not source.is_file():
        return False
    targets = {locale: domain.path(locale, "mo") for locale in (BASE_LOCALE, DERIVED_LOCALE)}
    newest = source.stat().st_mtime_ns
    if not force and all(target.is_file() and target.stat().st_mtime_ns > newest for target in targets.values()):
        return False
    catalog = load(source)
    for locale, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".mo.new")
        with draft.open("wb") as file:
            write_mo(file, catalog if locale == BASE_LOCALE else to_traditional(catalog))
        draft.rename(target)
    return True


def forget_loaded() -> None:
    """Have Django read the texts anew: what this process has loaded so far may be older than the files."""
    translation_file_changed(sender=None, file_path=Path("django.mo"))


def to_traditional(catalog: Catalog) -> Catalog:
    """Derive Traditional Chinese from Simplified Chinese."""
    convert = opencc.OpenCC("s2tw").convert
    derived = Catalog(locale=DERIVED_LOCALE, charset="utf-8")
    for message in catalog:
        if not message.id:
            continue
        string = message.string
        turned = tuple(convert(part) for part in string) if isinstance(string, tuple | list) else convert(string or "")
        derived.add(message.id, turned, context=message.context, flags=message.flags)
    return derived


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string or "",)


def _same_placeholders(message: Message) -> bool:
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    allowed = {match.group(0) for text in ids for match in _PLACEHOLDER.finditer(text)}
    needed = {match.group(0) for match in _PLACEHOLDER.finditer(ids[-1])}
    return all(
        needed <= (used := {match.group(0) for match in _PLACEHOLDER.finditer(text)}) and used <= allowed
        for text in _strings(message)
    )


def _shown(message: Message) -> str:
    text = message.id[0] if isinstance(message.id, tuple | list) else message.id
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
