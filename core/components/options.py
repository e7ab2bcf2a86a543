"""The options of a choice that stands on a page many times: written once, and the chosen one marked in each copy.

Django draws each option with a template of its own: a choice among 200 in each of 200 rows takes it seconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django import forms, template
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class Options(BaseChoiceIterator):
    """The choices of many fields, as they are chosen among and as they are drawn.

    Args:
        rows: value, label and perhaps a list of other words that a pasted cell may use. No value stands twice.
    """

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = [(str(value), label, *words) for value, label, *words in rows]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for value, label, *_words in self._rows:
            yield value, label

    def drawn(self, chosen: Any) -> SafeString:
        """Return the elements, the chosen one marked; none where the value is not among them."""
        at = self._places.get("" if chosen is None else str(chosen))
        elements = self._elements
        if at is not None:
            elements = [*elements[:at], _element(*self._rows[at], is_chosen=True), *elements[at + 1 :]]
        return mark_safe("".join(elements))

    @cached_property
    def _elements(self) -> list[SafeString]:
        return [_element(*row) for row in self._rows]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {value: at for at, (value, *_rest) in enumerate(self._rows)}


def _element(value: str, label: Any, words: Sequence[str] = (), *, is_chosen: bool = False) -> SafeString:
    attributes: dict[str, Any] = {"value": value, "selected": is_chosen}
    if words:
        attributes["data-aliases"] = "|".join(words)
    return format_html("<option{}>{}</option>", flatatt(attributes), label)


class OptionsSelect(forms.Select):
    """A select whose field has ``Options`` for its choices."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html("<select{}>{}</select>", attributes, self.choices.drawn(value))  # type: ignore[attr-defined]


@register.simple_tag
def options(choices: Options, chosen: Any) -> SafeString:
    """Draw the options of a select that is written by hand."""
    return choices.drawn(chosen)
