"""Figures and dates as people write them in each language."""

import datetime
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext

from core import clock as core_clock

register = template.Library()

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")


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
def whole_days(text: Any) -> SafeString:
    """Keep each day that stands in a text, ``2026-11-26``, on one line: a narrow column would break it at a hyphen."""
    return mark_safe(_DAY.sub(r'<span class="nowrap">\1</span>', conditional_escape(text)))


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


@register.filter
def listed(values: Iterable[Any]) -> str:
    """Join names as the language does, for texts that take them as one."""
    return joined(values)


@register.simple_tag
def joined(values: Iterable[Any]) -> str:
    """Join names as the language does: 、 or comma."""
    return ("、" if _is_chinese() else ", ").join(str(value) for value in values)
