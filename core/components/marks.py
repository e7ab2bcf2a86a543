"""Marks (legal class, workflow state, opening, freshness) and the seal of a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.components.icons import icon

register = template.Library()


_SHARING = {
    "unconditional": (
        "attr-unconditional",
        "circle",
        _("Unconditional sharing"),
        pgettext_lazy("sharing", "Unconditional"),
    ),
    "conditional": (
        "attr-conditional",
        "circle-half-2",
        _("Conditional sharing"),
        pgettext_lazy("sharing", "Conditional"),
    ),
    "withheld": ("attr-withheld", "ban", _("Withheld from sharing"), pgettext_lazy("sharing", "Withheld")),
}
_STATE = {
    "draft": ("st st-draft", "file-pencil", _("Draft")),
    "awaiting_head": ("st st-wait", "signature", _("Awaiting sign-off")),
    "awaiting_authority": ("st st-wait", "hourglass", _("Awaiting review")),
    "in_progress": ("st st-wait", "hourglass", _("In progress")),
    "returned": ("st st-returned", "arrow-back-up", _("Returned")),
    "published": ("st st-published", "circle-check", _("Published")),
    "withdrawal_pending": ("st st-wait", "hourglass", _("Withdrawal under review")),
    "withdrawn": ("st st-withdrawn", "circle-minus", _("Withdrawn")),
    "superseded": ("st", "history", _("Superseded")),
    "registered": ("st st-published", "circle-check", pgettext_lazy("collection duty", "Registered")),
    "discarded": ("st st-withdrawn", "circle-minus", pgettext_lazy("collection duty", "Discarded")),
    "ended": ("st st-withdrawn", "circle-minus", pgettext_lazy("collection duty", "Ended")),
    "approved": ("st st-wait", "hourglass", pgettext_lazy("erasure", "Approved")),
    "done": ("st st-published", "circle-check", pgettext_lazy("erasure", "Done")),
    "queued": ("st st-wait", "hourglass", pgettext_lazy("run", "Waiting")),
    "running": ("st st-wait", "loader-2", pgettext_lazy("run", "Running")),
    "waiting": ("st st-wait", "help", pgettext_lazy("run", "To be confirmed")),
    "succeeded": ("st st-published", "circle-check", pgettext_lazy("run", "Published")),
    "unchanged": ("st", "equal", pgettext_lazy("run", "Unchanged")),
    "refused": ("st st-returned", "ban", pgettext_lazy("run", "Refused")),
    "failed": ("st st-returned", "alert-triangle", pgettext_lazy("run", "Failed")),
    "cancelled": ("st st-withdrawn", "circle-minus", pgettext_lazy("run", "Cancelled")),
    # States whose words the caller gives.
    "awaiting_check": ("st st-wait", "checks", ""),
    "awaiting_provider": ("st st-wait", "hourglass", ""),
    "awaiting_material": ("st st-returned", "paperclip", ""),
    "agreed": ("st st-wait", "truck-delivery", ""),
    "delivered": ("st st-published", "circle-check", ""),
    "disputed": ("st st-returned", "scale", ""),
    "active": ("st st-published", "key", ""),
    "suspended": ("st st-returned", "player-pause", ""),
    "expired": ("st st-withdrawn", "calendar-off", ""),
}
_OPENING = {
    "open": ("opening", "world", pgettext_lazy("opening", "Open"), pgettext_lazy("opening", "Open")),
    "conditional": (
        "opening",
        "world-question",
        pgettext_lazy("opening", "Open on conditions"),
        pgettext_lazy("opening", "Conditional"),
    ),
    "closed": ("opening", "world-off", pgettext_lazy("opening", "Not open"), pgettext_lazy("opening", "Not open")),
}
_FRESHNESS = {
    "ok": ("fresh fresh-ok", "clock-check", _("Up to date")),
    "soon": ("fresh fresh-soon", "clock-exclamation", _("Due soon")),
    "late": ("fresh fresh-late", "alert-triangle", _("Overdue")),
    "realtime": ("fresh fresh-ok", "heartbeat", _("Real time, running")),
    "irregular": ("fresh", "minus", _("Irregular")),
    "never": ("fresh", "refresh-off", _("No longer updated")),
    "none": ("fresh", "minus", _("No data yet")),
}
_QUALITY = {
    "good": ("fresh fresh-ok", "rosette-discount-check", ""),
    "short": ("fresh fresh-late", "alert-triangle", ""),
    "held": ("fresh fresh-ok", "circle-check", pgettext_lazy("rule", "Kept")),
    "broken": ("fresh fresh-late", "alert-triangle", pgettext_lazy("rule", "Broken")),
    "idle": ("fresh", "minus", pgettext_lazy("rule", "Does not apply")),
    "failed": ("fresh fresh-soon", "clock-exclamation", pgettext_lazy("rule", "Could not be computed")),
}
_OTHER = {
    "reject": ("must plain", "", pgettext_lazy("severity", "Reject")),
    "warn": ("hint plain", "", pgettext_lazy("severity", "Warn")),
    "note": ("soft", "", pgettext_lazy("severity", "Note")),
    "must": ("must plain", "", _("Must change")),
    "suggestion": ("hint plain", "", _("Suggestion")),
    "rejected": ("must plain", "", _("Rejected")),
    "hint": ("hint plain", "", _("Hint")),
    "provisional": ("provisional", "calendar-question", _("Provisional")),
    "sensitive": ("soft", "shield-lock", pgettext_lazy("sensitivity", "High")),
    "role": ("soft", "", ""),
}
_FAMILIES: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "sharing": _SHARING,
    "state": _STATE,
    "opening": _OPENING,
    "freshness": _FRESHNESS,
    "quality": _QUALITY,
    "mark": _OTHER,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that one app hands to another's page: the arguments of ``stamp``."""

    family: str
    value: str
    label: Any = ""


@register.simple_tag
def stamp(family: str, value: str, label: Any = "", short: bool = False, url: str = "") -> SafeString:
    """Draw a mark.

    Args:
        family: ``sharing``, ``state``, ``opening``, ``freshness``, ``quality`` or ``mark``.
        value: the code, e.g. ``conditional``; an unknown one is shown as it is, outlined.
        label: words in place of the usual ones, e.g. "Published · revision 3".
        short: the short word, for table cells.
        url: makes the mark a link.
    """
    value = str(value or "")
    css, drawing, *words = _FAMILIES[family].get(value, ("st", "", value))
    text = label or words[-1 if short else 0]
    css = css if css.split()[0] in ("fresh", "opening") else f"stamp {css}" if drawing else f"stamp plain {css}"
    content = format_html("{}{}", icon(drawing) if drawing else "", text)
    if url:
        return format_html('<a class="{}" href="{}">{}</a>', css, url, content)
    return format_html('<span class="{}">{}</span>', css, content)


@register.simple_tag
def stamps(marks: Mapping[Any, Sequence[Mark]], key: Any) -> SafeString:
    """Draw the marks of one of the things that a list names; nothing of what has none.

    Args:
        marks: key of a thing → its marks.
    """
    drawn = [(stamp(one.family, one.value, one.label),) for one in marks.get(key, ())]
    return format_html('<div class="stamps">{}</div>', format_html_join("", "{}", drawn)) if drawn else SafeString("")


@register.simple_tag
def seal(name: Any) -> SafeString:
    """Draw the square with the first character of a name that stands where others put an avatar."""
    first = str(name or "").strip()[:1].upper() or "·"
    return format_html('<span class="seal" aria-hidden="true">{}</span>', first)
