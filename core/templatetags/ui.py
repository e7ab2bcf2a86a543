"""Template tags of the product's components; docs/front-end.md shows each with an example."""

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, HiddenInput, RadioSelect, Select, Textarea
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import clock as core_clock

register = template.Library()


# Icons


class UnknownIcon(LookupError):
    """A template asks for an icon that Tabler does not have."""


_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BACKGROUND = re.compile(r'<path stroke="none"[^>]*/>\s*')
_NAME = re.compile(r"[a-z0-9-]+")


@lru_cache(maxsize=1024)
def _drawing(name: str) -> str:
    """Return the paths of a Tabler outline icon, without its invisible background."""
    folder = Path(settings.NODE_MODULES_DIR) / "@tabler" / "icons" / "icons" / "outline"
    path = folder / f"{name}.svg"
    if not _NAME.fullmatch(name) or (folder.is_dir() and not path.is_file()):
        raise UnknownIcon(name)
    if not folder.is_dir():
        return ""
    found = _DRAWING.search(path.read_text(encoding="utf-8"))
    return " ".join(_BACKGROUND.sub("", found.group(1)).split()) if found else ""


@register.simple_tag
def icon(name: str, cls: str = "", label: str = "") -> SafeString:
    """Inline a Tabler icon. It is decoration unless ``label`` says what it means."""
    role: SafeString = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i{}" viewBox="0 0 24 24" {} focusable="false">{}</svg>',
        f" {cls}" if cls else "",
        role,
        mark_safe(_drawing(name)),
    )


# Marks

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
_OTHER = {
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
    "mark": _OTHER,
}


@register.simple_tag
def stamp(family: str, value: str, label: Any = "", short: bool = False, url: str = "") -> SafeString:
    """Draw a mark.

    Args:
        family: ``sharing``, ``state``, ``opening``, ``freshness`` or ``mark``.
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
def seal(name: Any) -> SafeString:
    """Draw the square with the first character of a name that stands where others put an avatar."""
    first = str(name or "").strip()[:1].upper() or "·"
    return format_html('<span class="seal" aria-hidden="true">{}</span>', first)


# Clocks

_CLOCK = {
    "running": ("clock-ok", "clock"),
    "warn": ("clock-warn", "clock-exclamation"),
    "overdue": ("clock-bad", "alert-triangle"),
    "extended": ("clock-ok", "clock"),
    "paused": ("clock-paused", "clock-pause"),
    "provisional": ("clock-prov", "clock-question"),
    "done": ("clock-done", "clock-check"),
    "done_late": ("clock-bad", "alert-triangle"),
    "none": ("clock-none", "minus"),
}
_TICK = {"used": "", "left": "on", "over": "over", "extended": "ext", "provisional": "prov"}
_SMALL_FROM = 21


def _get(source: Any, name: str, default: Any = "") -> Any:
    if isinstance(source, Mapping):
        return source.get(name, default)
    return getattr(source, name, default)


@register.simple_tag
def clock(face: Any, size: str = "", full: bool = False) -> SafeString:
    """Draw a clock: days left in words and one tick per working day.

    Args:
        face: mapping or object with ``state`` (running, warn, overdue, extended, paused, provisional, done,
            done_late, none), ``words``, ``ticks`` (a list per calendar week of ``used``, ``left``, ``over``,
            ``extended``, ``provisional``), and, for ``full``, ``due`` (text), ``basis`` and ``basis_url``.
            ``label`` is the sentence read aloud for the ticks; ``words`` if absent.
        size: ``lg`` for the large ticks of a page head.
        full: due date and legal basis in a line below.
    """
    if not face:
        return mark_safe("")
    css, drawing = _CLOCK[str(_get(face, "state", "none"))]
    words = _get(face, "words")
    weeks = [[week] if isinstance(week, str) else list(week) for week in _get(face, "ticks", ()) or ()]
    if weeks and all(len(week) == 1 for week in weeks) and len(weeks) > 1 and isinstance(_get(face, "ticks")[0], str):
        weeks = [[tick for week in weeks for tick in week]]
    row: SafeString | str = ""
    if weeks:
        width = size or ("sm" if sum(map(len, weeks)) >= _SMALL_FROM else "")
        row = format_html(
            '<span class="wd{}" role="img" aria-label="{}">{}</span>',
            f" wd-{width}" if width else "",
            _get(face, "label") or words,
            format_html_join("", "<span>{}</span>", ((_ticks(week),) for week in weeks)),
        )
    foot: SafeString | str = ""
    if full and (_get(face, "due") or _get(face, "basis")):
        basis, url = _get(face, "basis"), _get(face, "basis_url")
        cited = format_html('<a href="{}">{}</a>', url, basis) if url else basis
        parts = [part for part in (_get(face, "due"), cited) if part]
        foot = format_html('<span class="sub">{}</span>', format_html_join(" · ", "{}", ((part,) for part in parts)))
    return format_html(
        '<span class="clock {}"><span class="left">{}{}</span>{}{}</span>', css, icon(drawing), words, row, foot
    )


def _ticks(week: Iterable[str]) -> SafeString:
    return mark_safe("".join(f'<i class="{_TICK[tick]}"></i>' if _TICK[tick] else "<i></i>" for tick in week))


# Forms


def _option_rows(bound: BoundField) -> list[dict[str, Any]]:
    """Return the options of a radio or checkbox group with their input drawn in our class."""
    helps = getattr(bound.field, "choice_help", {})
    icons = getattr(bound.field, "choice_icons", {})
    disabled = getattr(bound.field, "choice_disabled", {})
    kind = "checkbox" if isinstance(bound.field.widget, CheckboxSelectMultiple) else "radio"
    rows = []
    for part in bound.subwidgets:
        data = part.data
        value = str(data["value"])
        attributes = {**data["attrs"], "class": "form-check-input", "name": data["name"], "type": kind, "value": value}
        attributes["disabled"] = attributes.get("disabled") or value in disabled
        attributes.pop("aria-describedby", None)
        rows.append(
            {
                "input": format_html("<input{}>", flatatt(attributes)),
                "label": data["label"],
                "help": helps.get(value, ""),
                "icon": icons.get(value, ""),
                "disabled": disabled.get(value, "") if isinstance(disabled, Mapping) else "",
                "id": data["attrs"].get("id", ""),
            }
        )
    return rows


@register.inclusion_tag("partials/_field.html")
def field(
    bound: BoundField,
    required: bool | None = None,
    help: Any = "",
    hint: Any = "",
    cards: bool = False,
    stacked: bool = False,
    counter: bool = False,
    **attributes: Any,
) -> dict[str, Any]:
    """Draw a form field: label, control, help, errors, tied together for screen readers.

    Args:
        required: show or hide the word "required"; the field's own setting if not given.
        help: text in place of the field's ``help_text``.
        hint: an amber remark that does not block.
        cards: draw a radio group as cards with their consequence (``field.choice_help``, ``choice_icons``).
        stacked: label above the control, for narrow columns.
        counter: show how many characters are used of ``maxlength``.
        attributes: further attributes of the control; ``_`` in names becomes ``-``.
    """
    widget = bound.field.widget
    control = "input"
    if isinstance(widget, HiddenInput):
        return {"control": "hidden", "field": bound, "widget": bound.as_widget()}
    extra = {name.replace("_", "-"): value for name, value in attributes.items()}
    help_text = help or bound.help_text
    described = [f"{bound.auto_id}_helptext"] * bool(help_text)
    described += [f"{bound.auto_id}_hint"] * bool(hint) + [f"{bound.auto_id}_error"] * bool(bound.errors)
    if described:
        extra.setdefault("aria-describedby", " ".join(described))
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        control = "cards" if cards else "group"
        drawn: Any = ""
    else:
        if isinstance(widget, CheckboxInput):
            control, css = "checkbox", "form-check-input"
        else:
            css = "form-select" if isinstance(widget, Select) else "form-control"
            if isinstance(widget, Textarea):
                extra.setdefault("rows", widget.attrs.get("rows") if widget.attrs.get("rows") != "10" else "3")
        own = widget.attrs.get("class", "")
        drawn = bound.as_widget(attrs={**extra, "class": f"{css} {own}".strip()})
    return {
        "control": control,
        "field": bound,
        "widget": drawn,
        "options": _option_rows(bound) if control in ("cards", "group") else [],
        "described_by": " ".join(described),
        "is_required": bound.field.required if required is None else required,
        "help": help_text,
        "hint": hint,
        "stacked": stacked,
        "counter": getattr(bound.field, "max_length", None) if counter else None,
        "length": len(str(bound.value() or "")),
    }


@register.simple_tag
def form_problems(form: Any = None, errors: Any = None) -> list[dict[str, str]]:
    """List what is wrong in a form and in further rule errors, each with the place it links to."""
    problems = []
    for name, messages in getattr(form, "errors", {}).items():
        bound = form[name] if name in form.fields else None
        for message in messages:
            problems.append(
                {
                    "label": str(bound.label) if bound else "",
                    "target": f"#{bound.auto_id}_field" if bound else "",
                    "message": str(message),
                }
            )
    for error in errors or ():
        name = str(_get(error, "field"))
        bound = form[name] if form is not None and name in form.fields else None
        problems.append(
            {
                "label": str(bound.label) if bound else "",
                "target": f"#{bound.auto_id}_field" if bound else f"#f-{slugify(name)}" if name else "",
                "message": str(_get(error, "message")),
            }
        )
    return problems


# Links that keep the filters


def _query(context: Mapping[str, Any]) -> QueryDict:
    request = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def _as_link(query: QueryDict) -> str:
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else "."


def _set(query: QueryDict, changes: Mapping[str, Any]) -> QueryDict:
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        elif isinstance(value, list | tuple):
            query.setlist(name, [str(part) for part in value])
        else:
            query[name] = str(value)
    return query


@register.simple_tag(takes_context=True)
def query_string(context: Mapping[str, Any], **changes: Any) -> str:
    """Return the page's address with some parameters changed; None removes one. Goes back to page one."""
    query = _query(context)
    if "page" not in changes:
        query.pop("page", None)
        query.pop("cursor", None)
    return _as_link(_set(query, changes))


@register.simple_tag(takes_context=True)
def query_toggle(context: Mapping[str, Any], name: str, value: Any) -> str:
    """Return the page's address with one value of a repeatable parameter added, or removed if it is there."""
    query = _query(context)
    query.pop("page", None)
    query.pop("cursor", None)
    values = query.getlist(name)
    text = str(value)
    kept = [present for present in values if present != text]
    if len(kept) == len(values):
        kept.append(text)
    if kept:
        query.setlist(name, kept)
    else:
        query.pop(name, None)
    return _as_link(query)


@register.inclusion_tag("partials/_hidden_query.html", takes_context=True)
def hidden_query(context: Mapping[str, Any], *drop: str) -> dict[str, Any]:
    """Repeat the page's parameters as hidden inputs of a GET form, except the named ones and the page."""
    query = _query(context)
    dropped = {*drop, "page", "cursor"}
    return {"pairs": [(name, value) for name, values in query.lists() if name not in dropped for value in values]}


@register.inclusion_tag("partials/_sort_header.html", takes_context=True)
def sort_header(
    context: Mapping[str, Any], name: str, label: Any, cls: str = "", first: str = "asc", target: str = ""
) -> dict[str, Any]:
    """Draw a sortable column head. The order in force is ``ordering`` of the context, else of the address.

    Args:
        first: direction of the first click, ``asc`` or ``desc``.
        target: selector of the element htmx replaces; a plain link if empty.
    """
    ordering = str(context.get("ordering") or _query(context).get("ordering") or "")
    direction = "desc" if ordering == f"-{name}" else "asc" if ordering == name else ""
    descending = direction == "asc" if direction else first == "desc"
    query = _query(context)
    query.pop("page", None)
    query.pop("cursor", None)
    return {
        "label": label,
        "cls": cls,
        "direction": {"asc": "ascending", "desc": "descending"}.get(direction, "none"),
        "url": _as_link(_set(query, {"ordering": f"-{name}" if descending else name})),
        "target": target,
    }


@register.inclusion_tag("partials/_pagination.html", takes_context=True)
def pagination(context: Mapping[str, Any], page: Any, target: str = "") -> dict[str, Any]:
    """Draw the pager of a ``Page``, or of anything with ``previous_url`` and ``next_url``.

    Args:
        target: selector of the element htmx replaces; plain links if empty.
    """

    def link(number: int) -> str:
        return _as_link(_set(_query(context), {"page": None if number == 1 else number}))

    if not isinstance(page, Page):
        return {
            "previous": _get(page, "previous_url"),
            "next": _get(page, "next_url"),
            "numbers": [],
            "target": target,
            "show": bool(_get(page, "previous_url") or _get(page, "next_url")),
        }
    numbers = [
        {"number": number, "url": link(number), "is_current": number == page.number}
        if isinstance(number, int)
        else {"number": None}
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]
    return {
        "previous": link(page.previous_page_number()) if page.has_previous() else "",
        "next": link(page.next_page_number()) if page.has_next() else "",
        "numbers": numbers,
        "target": target,
        "show": page.paginator.num_pages > 1,
    }


# Figures and dates


@register.filter
def html_lang(code: Any) -> str:
    """Turn a language code of Django into one of HTML: ``zh-hans`` → ``zh-Hans``."""
    main, _sep, script = str(code or settings.LANGUAGE_CODE).partition("-")
    return f"{main}-{script.title()}" if script else main


def _is_chinese() -> bool:
    return (get_language() or settings.LANGUAGE_CODE).startswith("zh")


@register.filter
def number(value: Any, decimals: int = 0) -> str:
    """Write a number with grouped thousands; a missing one as a dash."""
    if value is None or value == "":
        return "—"
    return f"{Decimal(str(value)):,.{decimals}f}"


@register.filter
def compact(value: Any) -> str:
    """Write a large number in 万 and 亿, or in k and M: 128,460 → 12.8 万."""
    if value is None or value == "":
        return "—"
    figure = float(value)
    steps = ((1e8, " 亿"), (1e4, " 万")) if _is_chinese() else ((1e6, "M"), (1e3, "k"))
    for size, sign in steps:
        if abs(figure) >= size:
            text = f"{math.floor(figure / size * 10) / 10:.1f}".removesuffix(".0")
            if get_language() == "zh-hant":
                sign = sign.replace("亿", "億").replace("万", "萬")
            return f"{text}{sign}"
    return number(value)


@register.filter
def percent(value: Any, decimals: int = 1) -> str:
    """Write a share between 0 and 1 as a percentage."""
    return "—" if value is None or value == "" else f"{float(value) * 100:.{decimals}f}%"


def _as_date(value: datetime.date | datetime.datetime) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


def _weekday(value: datetime.date) -> str:
    return (
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    )[value.weekday()]


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@register.filter
def day(value: Any) -> str:
    """Write a day for lists: ``11-26 周四``, ``Thu 26 Nov``; with the year when it is not this one."""
    if not value:
        return "—"
    date = _as_date(value)
    if date.year != core_clock.today().year:
        return date.isoformat()
    if _is_chinese():
        return f"{date:%m-%d} {_weekday(date)}"
    return f"{_weekday(date)} {date.day} {_MONTHS[date.month - 1]}"


@register.filter
def short_day(value: Any) -> str:
    """Write a day as ``11-26`` or ``26 Nov``; with the year when it is not this one."""
    if not value:
        return "—"
    date = _as_date(value)
    if date.year != core_clock.today().year:
        return date.isoformat()
    return f"{date:%m-%d}" if _is_chinese() else f"{date.day} {_MONTHS[date.month - 1]}"


@register.filter
def iso_day(value: Any) -> str:
    """Write a day for records: ``2026-11-26``."""
    return _as_date(value).isoformat() if value else "—"


@register.filter
def moment(value: Any) -> str:
    """Write a moment for records: ``2026-11-26 09:42``."""
    if not value:
        return "—"
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{local:%Y-%m-%d %H:%M}"


@register.filter
def short_moment(value: Any) -> str:
    """Write a moment for lists: the time today, else the day: ``09:42``, ``11-23``, ``2025-11-23``."""
    if not value:
        return "—"
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{local:%H:%M}" if local.date() == core_clock.today() else short_day(local)


@register.filter
def long_day(value: Any) -> str:
    """Write a day in full: ``2026年11月24日 星期二``, ``Tuesday 24 November 2026``."""
    if not value:
        return "—"
    date = _as_date(value)
    if _is_chinese():
        return f"{date.year}年{date.month}月{date.day}日 星期{'一二三四五六日'[date.weekday()]}"
    return f"{date:%A} {date.day} {date:%B %Y}"


@register.filter
def in_quotes(value: Any) -> str:
    """Set a field's or item's name off in a sentence: 「名称」, "Name"."""
    return f"「{value}」" if _is_chinese() else f"“{value}”"


@register.simple_tag
def joined(values: Iterable[Any]) -> str:
    """Join names as the language does: 、 or comma."""
    return ("、" if _is_chinese() else ", ").join(str(value) for value in values)
