"""Clocks: time left in words and one tick per working day."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.components.icons import icon
from core.components.lookup import look_up

register = template.Library()


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
    css, drawing = _CLOCK[str(look_up(face, "state", "none"))]
    words = look_up(face, "words")
    weeks = [[week] if isinstance(week, str) else list(week) for week in look_up(face, "ticks", ()) or ()]
    if (
        weeks
        and all(len(week) == 1 for week in weeks)
        and len(weeks) > 1
        and isinstance(look_up(face, "ticks")[0], str)
    ):
        weeks = [[tick for week in weeks for tick in week]]
    row: SafeString | str = ""
    if weeks:
        width = size or ("sm" if sum(map(len, weeks)) >= _SMALL_FROM else "")
        row = format_html(
            '<span class="wd{}" role="img" aria-label="{}">{}</span>',
            f" wd-{width}" if width else "",
            look_up(face, "label") or words,
            format_html_join("", "<span>{}</span>", ((_ticks(week),) for week in weeks)),
        )
    foot: SafeString | str = ""
    if full and (look_up(face, "due") or look_up(face, "basis")):
        basis, url = look_up(face, "basis"), look_up(face, "basis_url")
        cited = format_html('<a href="{}">{}</a>', url, basis) if url else basis
        parts = [part for part in (look_up(face, "due"), cited) if part]
        foot = format_html('<span class="sub">{}</span>', format_html_join(" · ", "{}", ((part,) for part in parts)))
    return format_html(
        '<span class="clock {}"><span class="left">{}{}</span>{}{}</span>', css, icon(drawing), words, row, foot
    )


def _ticks(week: Iterable[str]) -> SafeString:
    return mark_safe("".join(f'<i class="{_TICK[tick]}"></i>' if _TICK[tick] else "<i></i>" for tick in week))
