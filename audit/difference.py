"""A row's snapshots before and after, as people read them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit import actions
from audit.models import AuditEvent
from core.components.figures import joined, moment

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_WORDS = re.compile(r"[A-Za-z0-9_.@-]+|\s+|.", re.DOTALL)
_LONGEST_COMPARED = 4_000
"""Longer texts are shown whole, old and new: comparing them word by word would take too long."""
_LEAST_ALIKE = 0.4
"""Texts less alike than this are shown whole: scattered common characters only confuse."""


class Part(NamedTuple):
    """A piece of a text, and whether it is only on this side."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after. ``None`` means that this side says nothing about it."""

    label: str
    before: list[Part] | None
    after: list[Part] | None

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def values_of(event: AuditEvent, snapshot: Any) -> list[tuple[str, str]]:
    """Return the fields of one snapshot with their values, labelled."""
    return [(_label(event, path), _text(event, path, value)) for path, value in _leaves(snapshot)]


def differences_of(event: AuditEvent) -> list[Difference]:
    """Compare the snapshots field by field, in the order in which they were written."""
    before, after = dict(_leaves(event.before)), dict(_leaves(event.after))
    rows = []
    for path in dict.fromkeys([*before, *after]):
        old = _text(event, path, before[path]) if path in before else None
        new = _text(event, path, after[path]) if path in after else None
        rows.append(Difference(_label(event, path), *_parts(old, new)))
    return rows


Path = tuple[str, ...]


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _leaves(inner, (*path, str(number)))
    elif path or value is not None:
        yield path, value


def _label(event: AuditEvent, path: Path) -> str:
    return " › ".join(actions.field_label(event.object_label, part) for part in path) or pgettext("audit", "Value")


def _text(event: AuditEvent, path: Path, value: Any) -> str:
    if isinstance(value, list):
        return joined(_text(event, path, inner) for inner in value) or "—"
    if value is None or value == "" or value == {}:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = str(value)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return moment(datetime.fromisoformat(value))
    return actions.value_label(event.object_label, path[-1], text) if path else text


def _parts(old: str | None, new: str | None) -> tuple[list[Part] | None, list[Part] | None]:
    if old is None or new is None or old == new:
        whole = old != new
        return (
            None if old is None else [Part(old, whole)],
            None if new is None else [Part(new, whole)],
        )
    left, right = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(old), len(new)) > _LONGEST_COMPARED:
        return [Part(old, True)], [Part(new, True)]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < _LEAST_ALIKE:
        return [Part(old, True)], [Part(new, True)]
    before, after = [], []
    for kind, a, b, c, d in matcher.get_opcodes():
        if b > a:
            before.append(Part("".join(left[a:b]), kind != "equal"))
        if d > c:
            after.append(Part("".join(right[c:d]), kind != "equal"))
    return before, after
