from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audit import services as audit
from core import clock
from core.actors import Actor
from core.clock import WorkdayCalendar
from core.exceptions import FieldError, RuleViolation
from core.json_text import read_json
from workflow import outbox, policies
from workflow.models import CalendarOverride, CalendarYear

CHANGED_EVENT = "workflow.calendar.changed"
FIRST_YEAR, LAST_YEAR = 2004, 2100
LOCK = 7_203_114
"""Advisory lock under which imports follow each other, so that revisions grow in the order of their commits."""


@dataclass(frozen=True, slots=True)
class NoticeDay:
    """A day that a holiday notice names."""

    day: date
    is_working_day: bool
    name: str = ""


@transaction.atomic
def calendar_year_import(
    *, actor: Actor, year: int, days: Iterable[NoticeDay], notice: str = "", notice_url: str = ""
) -> CalendarYear:
    """Enter the holiday notice of a year, or enter it again; the days of an earlier entry are replaced.

    Open clocks that cross the year are computed again after the commit.

    Raises:
        NotAllowed: the actor does not keep the calendar.
        RuleViolation: a day of another year or named twice, a make-up day that is no weekend, a statutory holiday
            that the notice leaves out.
    """
    policies.require_manage_calendar(actor)
    chosen = list(days)
    errors = _errors(year, chosen)
    if errors:
        raise RuleViolation(errors)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    revision = (CalendarYear.objects.aggregate(latest=Max("revision"))["latest"] or 0) + 1
    entry = CalendarYear.objects.filter(year=year).first() or CalendarYear(year=year)
    before = _snapshot(entry) if entry.pk else None
    entry.notice = notice.strip()
    entry.notice_url = notice_url.strip()
    entry.revision = revision
    entry.imported_at = clock.now()
    entry.imported_by = str(actor)
    entry.save()
    CalendarOverride.objects.filter(calendar_year=entry).delete()
    CalendarOverride.objects.bulk_create(
        CalendarOverride(calendar_year=entry, date=row.day, is_working_day=row.is_working_day, name=row.name[:50])
        for row in sorted(chosen, key=lambda row: row.day)
    )
    audit.record(actor, "workflow.calendar.import", entry, before=before, after=_snapshot(entry), note=notice)
    outbox.put(CHANGED_EVENT, year=year, revision=revision)
    return entry


def notice_from_json(text: str) -> tuple[int, list[NoticeDay], str]:
    """Read a notice file: ``{"year": 2027, "papers": [url], "days": [{"name", "date", "isOffDay"}]}``.

    Returns:
        The year, its days, and the address of the notice.
    Raises:
        RuleViolation: the file has another form.
    """
    try:
        content: Mapping[str, Any] = read_json(text)
        days = [
            NoticeDay(date.fromisoformat(row["date"]), not _boolean(row["isOffDay"]), str(row.get("name", "")))
            for row in content["days"]
        ]
        papers = content.get("papers") or [""]
        return int(content["year"]), days, str(papers[0])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = _("The file could not be read as a holiday notice: %(problem)s.") % {"problem": error}
        raise RuleViolation([FieldError("file", "format", message)]) from error


def days_from_text(year: int, text: str, *, is_working_day: bool, field: str) -> list[NoticeDay]:
    """Read days typed one a line: ``2027-10-01``, ``10-01`` or a stretch ``10-01 – 10-07``, a name may follow.

    Raises:
        RuleViolation: a line that is no day; the message names it.
    """
    days: list[NoticeDay] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            days += _days_of_line(year, line.strip(), is_working_day)
        except ValueError as error:
            message = _("Line %(number)s, “%(line)s”: write a day such as 10-01, or 10-01 ~ 10-07.")
            details = {"number": number, "line": line.strip()[:40]}
            raise RuleViolation([FieldError(field, "format", message % details)]) from error
    return days


def _days_of_line(year: int, line: str, is_working_day: bool) -> list[NoticeDay]:
    words = line.replace("—", "~").replace("–", "~").replace("～", "~").replace("至", "~").replace("~", " ~ ").split()
    first = _day(year, words[0])
    last, name = first, words[1:]
    if len(words) > 2 and words[1] == "~":
        last, name = _day(year, words[2]), words[3:]
    if last < first or (last - first).days > 31:
        raise ValueError(line)
    stretch = range((last - first).days + 1)
    return [NoticeDay(first + timedelta(days=offset), is_working_day, " ".join(name)) for offset in stretch]


def _day(year: int, text: str) -> date:
    plain = text.removesuffix("日")
    for mark in "年月/.":
        plain = plain.replace(mark, "-")
    parts = [int(part) for part in plain.split("-")]
    if len(parts) == 2:
        parts.insert(0, year)
    if len(parts) != 3:
        raise ValueError(text)
    return date(*parts)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"isOffDay must be true or false, not {value!r}")
    return value


def _errors(year: int, days: list[NoticeDay]) -> list[FieldError]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return [FieldError("year", "range", _("Enter a year between %(first)s and %(last)s.") % _YEARS)]
    errors = []
    seen: set[date] = set()
    for row in days:
        where = "make_up_days" if row.is_working_day else "days_off"
        if row.day.year != year:
            message = _("%(day)s does not lie in %(year)s.") % {"day": row.day, "year": year}
            errors.append(FieldError(where, "other_year", message))
        if row.day in seen:
            errors.append(FieldError(where, "twice", _("%(day)s is listed twice.") % {"day": row.day}))
        if row.is_working_day and row.day.weekday() < 5 and row.day not in _weekdays_off(year):
            message = _("%(day)s is no weekend: only weekends are worked to make up.") % {"day": row.day}
            errors.append(FieldError(where, "no_weekend", message))
        seen.add(row.day)
    missing = sorted(_weekdays_off(year) - seen)
    if missing:
        listed = ", ".join(day.isoformat() for day in missing)
        message = _("The notice leaves out public holidays: %(days)s.") % {"days": listed}
        errors.append(FieldError("days_off", "missing", message))
    return errors


_YEARS = {"first": FIRST_YEAR, "last": LAST_YEAR}


def _weekdays_off(year: int) -> set[date]:
    """Return the weekdays of a year that are off by law or by the notice the product already knows."""
    known = WorkdayCalendar()
    first = date(year, 1, 1)
    days = (first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days))
    return {day for day in days if day.weekday() < 5 and not known.is_working_day(day)}


def _snapshot(entry: CalendarYear) -> dict[str, object]:
    rows = entry.days.order_by("date").values_list("date", "is_working_day")
    return {
        "notice": entry.notice,
        "revision": entry.revision,
        "days_off": [day.isoformat() for day, works in rows if not works],
        "make_up_days": [day.isoformat() for day, works in rows if works],
    }
