"""Marks and texts of entries for templates."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from catalog import diff, highlight, search
from catalog.choices import EntryStatus, ItemType, RevisionStatus
from catalog.models import Entry, Revision, RevisionItem
from core.components.marks import stamp
from workflow.citations import citation_text

register = template.Library()


# Search hits


@register.simple_tag
def hit_parts(parts: Sequence[highlight.Part]) -> SafeString:
    """Write a text that ``catalog.highlight`` has split, with its hits marked."""
    return format_html_join("", "{}", ((format_html("<mark>{}</mark>", text) if hit else text,) for text, hit in parts))


@register.filter
def highlighted(text: Any, query: str) -> SafeString:
    """Mark the hits of a query in a text."""
    return hit_parts(highlight.parts(str(text or ""), search.query_terms(query)))


# Marks of an entry


@register.filter
def revision_name(number: Any) -> str:
    """Name a revision: ``第 3 版``, ``Revision 3``."""
    return _("Revision %(number)s") % {"number": number}


@register.simple_tag
def entry_state(entry: Entry, url: str = "") -> SafeString:
    """Draw the state of an entry; a published one says which revision is in force."""
    label = ""
    if entry.status == EntryStatus.PUBLISHED and entry.published_revision_id and entry.current_revision:
        label = _("Published · revision %(number)s") % {"number": entry.current_revision.number}
    return stamp("state", entry.status, label=label, url=url)


@register.simple_tag
def revision_state(revision: Revision) -> SafeString:
    """Draw the state of a revision."""
    return stamp("state", revision.status)


_WORK = {
    RevisionStatus.DRAFT: lambda number: _("Revision %(number)s in draft") % {"number": number},
    RevisionStatus.RETURNED: lambda number: _("Revision %(number)s returned") % {"number": number},
    RevisionStatus.AWAITING_HEAD: lambda number: _("Revision %(number)s awaiting sign-off") % {"number": number},
    RevisionStatus.AWAITING_AUTHORITY: lambda number: _("Revision %(number)s under review") % {"number": number},
}


@register.simple_tag
def open_revision(revision: Revision, url: str = "") -> SafeString:
    """Draw the mark of a revision in work beside the published one."""
    named = _WORK.get(RevisionStatus(revision.status))
    return stamp("state", revision.status, label=named(revision.number) if named else "", url=url)


# Items


_TYPES = {
    ItemType.C: lambda: pgettext("item type", "text"),
    ItemType.N: lambda: pgettext("item type", "number"),
    ItemType.Y: lambda: pgettext("item type", "money"),
    ItemType.D: lambda: pgettext("item type", "date"),
    ItemType.T: lambda: pgettext("item type", "date and time"),
    ItemType.L: lambda: pgettext("item type", "yes or no"),
    ItemType.M: lambda: pgettext("item type", "long text"),
    ItemType.G: lambda: pgettext("item type", "general"),
    ItemType.B: lambda: pgettext("item type", "double precision"),
    ItemType.I: lambda: pgettext("item type", "whole number"),
    ItemType.F: lambda: pgettext("item type", "floating point"),
}


@register.filter
def type_words(item: RevisionItem) -> str:
    """Write type and length of an item: ``字符 18``, ``货币 10,2``."""
    words = _TYPES[ItemType(item.type)]() if item.type in ItemType.values else item.type
    length = "" if item.length is None else f" {item.length}"
    if item.length is not None and item.decimals:
        length += f",{item.decimals}"
    return f"{words}{length}"


@register.simple_tag
def item_type(item: RevisionItem) -> SafeString:
    """Draw type and length of an item with the guide's letter."""
    return format_html('<span class="type"><b>{}</b>{}</span>', item.type, type_words(item))


@register.simple_tag
def item_stamp(item: RevisionItem, revision: Revision, field: str = "sharing") -> SafeString:
    """Draw the sharing or opening attribute of an item; one that says nothing takes the entry's."""
    value = getattr(item, field) or getattr(revision, field)
    return stamp(field, value, short=True) if value else mark_safe('<span class="dim">—</span>')


# Differences


@register.simple_tag
def removed_words(change: diff.FieldChange) -> SafeString:
    """Write what a field said before, with what went struck through."""
    return _words(diff.word_spans(change.before_text, change.after_text)[0], "del")


@register.simple_tag
def added_words(change: diff.FieldChange) -> SafeString:
    """Write what a field says now, with what came underlined."""
    return _words(diff.word_spans(change.before_text, change.after_text)[1], "ins")


def _words(spans: Sequence[tuple[str, bool]], element: str) -> SafeString:
    opening, closing = mark_safe(f"<{element}>"), mark_safe(f"</{element}>")
    return format_html_join(
        "", "{}{}{}", ((opening if differs else "", text, closing if differs else "") for text, differs in spans)
    )


@register.filter
def change_words(difference: diff.RevisionDiff) -> str:
    """Sum a difference up in a line: the fields that changed, the items added, changed, moved, removed."""
    parts = []
    if difference.fields:
        named = [change.label for change in difference.fields[:3]]
        rest = len(difference.fields) - len(named)
        text = _("Changed: %(fields)s") % {"fields": pgettext("between names", ", ").join(named)}
        if rest:
            text += ngettext(" and %(count)s more field", " and %(count)s more fields", rest) % {"count": rest}
        parts.append(text)
    kinds = [item.kind for item in difference.items]
    for kind, words in (
        ("added", lambda n: ngettext("%(count)s item added", "%(count)s items added", n)),
        ("changed", lambda n: ngettext("%(count)s item changed", "%(count)s items changed", n)),
        ("removed", lambda n: ngettext("%(count)s item removed", "%(count)s items removed", n)),
        ("moved", lambda n: ngettext("%(count)s item moved", "%(count)s items moved", n)),
    ):
        count = kinds.count(kind)
        if count:
            parts.append(words(count) % {"count": count})
    return pgettext("between clauses", "; ").join(parts) if parts else _("No change")


# Texts


@register.filter
def cited(basis: Any) -> str:
    """Write a citation, given as ``{"document", "article"}``, for the reader."""
    if not isinstance(basis, dict):
        return str(basis)
    return citation_text(str(basis.get("document", "")).strip("《》"), str(basis.get("article", "")))


@register.filter
def cited_text(text: str) -> str:
    """Write a citation kept as one text, "document article", for the reader."""
    document, _space, article = text.rpartition(" ")
    return citation_text(document, article) if document else text
