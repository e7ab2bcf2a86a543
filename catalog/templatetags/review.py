"""The two sides of a difference for templates: words that went and came, and items."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.comparison import CAME, GONE, ItemFace, Span

register = template.Library()

_MARKED = {GONE: "<del>{}</del>", CAME: "<ins>{}</ins>"}


@register.simple_tag
def spans(parts: Iterable[Span] | None) -> SafeString:
    """Write a text with what went struck through and what came underlined."""
    written = [format_html(_MARKED[mark], text) if mark else text for text, mark in parts or ()]
    return format_html_join("", "{}", ((text,) for text in written))


@register.simple_tag
def item_face(face: ItemFace) -> SafeString:
    """Draw one side of an item: name, type and length, what else is said of it."""
    letter = format_html('<b class="{}">{}</b>' if face.type_mark else "<b{}>{}</b>", face.type_mark, face.type_letter)
    length = format_html(" {}", spans(face.length)) if face.length else ""
    kind = format_html('<span class="type">{}{}{}</span>', letter, spans(face.type_word), length)
    meta: SafeString = mark_safe("")
    if face.meta:
        joined = format_html_join(mark_safe(" · "), "{}", ((spans(part),) for part in face.meta))
        meta = format_html('<span class="meta">{}</span>', joined)
    return format_html('<div class="it"><b>{}</b>{}{}</div>', spans(face.name), kind, meta)
