"""Figures and charts of the work page, counted in SQL. Every figure says where its records are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User, UserSession
from audit.models import AuditEvent, Outcome
from catalog.choices import WORKING_STATUSES, EntryStatus, RevisionStatus, Sharing
from catalog.models import Decision, Entry, Revision
from catalog.selectors import LIVE_STATUSES, PUBLIC_OPENINGS, review_queue_for, visible
from core import clock
from core.actors import Actor
from core.components.figures import day as day_text
from core.components.figures import number
from workflow.choices import OPEN_CLOCK_STATES, ClockState
from workflow.models import Clock

DAYS_AHEAD = 10
MONTHS_BACK = 12
HAPPENINGS = 6
URGENT_DAYS = 2
"""Working days within which a due day is drawn in amber."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure.

    Attributes:
        unit: small text behind the value.
        url: where its records are; empty where no page lists them.
        note: small text at the right, with its tone ("ok", "bad" or "").
    """

    label: str
    value: str
    unit: str = ""
    url: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """One sharing attribute with its number, and where its bar begins and how long it is, in percent."""

    value: str
    label: str
    count: int
    url: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """An ECharts option with the sentence and the table that say the same."""

    option: dict[str, Any]
    summary: str
    head: list[str]
    rows: list[list[str]]
    total: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an entry: what, by whom, when."""

    at: Any
    entry: Entry
    name: str
    number: int | None
    what: str
    who: str


@dataclass(slots=True)
class Board:
    """What stands beside the inbox. ``scope`` names whose entries are counted."""

    scope: str
    list_url: str
    figures: list[Figure] = field(default_factory=list)
    due: Chart | None = None
    shares: list[Share] = field(default_factory=list)
    shares_total: int = 0
    months: Chart | None = None
    happenings: list[Happening] = field(default_factory=list)


def board_for(actor: Actor, working_days: Callable[[date, int], Sequence[date]]) -> Board:
    """Return the figures that concern the actor: of his department, of his region for a reviewer, else of the whole.

    Args:
        working_days: gives the next working days after a day, from the calendar in force.
    """
    seen = Entry.objects.filter(visible(actor))
    if actor.has_role(Role.REVIEWER) and actor.is_authority:
        within = Q(department__region__path=actor.region_path) | Q(
            department__region__path__startswith=f"{actor.region_path}/"
        )
        board = Board(pgettext("scope", "Region"), reverse("catalog:entry_list"))
        scope = seen.filter(within)
        counted = _count(scope)
        board.figures = [*_region_figures(actor, board, counted), *_clock_figures(actor)]
        board.happenings = _decisions(scope)
    elif actor.has_role(Role.CATALOGUER, Role.HEAD):
        board = Board(_("Own department"), reverse("catalog:entry_own_list"))
        scope = seen.filter(department_id=actor.department_id)
        counted = _count(scope)
        board.figures = [*_department_figures(board, counted), *_clock_figures(actor)]
        board.happenings = _decisions(scope)
    else:
        board = Board(_("Whole catalog"), reverse("catalog:entry_list"))
        scope = seen
        counted = _count(scope)
        board.figures = [*_catalog_figures(board, counted), *_administrator_figures(actor)]
        board.happenings = _publications(scope)
    if actor.has_role(Role.REVIEWER, Role.CATALOGUER, Role.HEAD):
        board.due = _due_chart(actor, board, working_days)
    board.shares, board.shares_total = _shares(board, counted)
    board.months = _month_chart(board, scope)
    return board


# Counting -------------------------------------------------------------------------------------------------------


def _count(scope: QuerySet[Entry]) -> dict[str, int]:
    """Count the entries of a scope in every way the figures need; one query."""
    live = Q(status__in=LIVE_STATUSES)
    month = clock.today().replace(day=1)
    attributes = {
        f"sharing_{value}": Count("pk", filter=live & Q(published_revision__sharing=value)) for value in Sharing.values
    }
    return scope.aggregate(
        published=Count("pk", filter=live),
        this_month=Count("pk", filter=live & Q(published_revision__published_at__gte=_midnight(month))),
        open=Count("pk", filter=live & Q(published_revision__opening__in=PUBLIC_OPENINGS)),
        in_work=Count("pk", filter=Q(working_revision__status__in=WORKING_STATUSES)),
        to_correct=Count("pk", filter=Q(working_revision__status=RevisionStatus.RETURNED)),
        providers=Count("department", filter=live, distinct=True),
        **attributes,
    )


def _midnight(day: date) -> Any:
    return clock.end_of_day(day - timedelta(days=1)) + timedelta(microseconds=1)


def _published(counted: dict[str, int], url: str) -> Figure:
    note = ""
    if counted["this_month"]:
        note = ngettext("%(count)s this month", "%(count)s this month", counted["this_month"]) % {
            "count": number(counted["this_month"])
        }
    return Figure(
        _("Published entries"),
        number(counted["published"]),
        pgettext("unit", "entries"),
        url,
        note,
        "ok" if note else "",
    )


def _list(board: Board, **query: Any) -> str:
    return f"{board.list_url}?{urlencode(query, doseq=True)}"


def _live(board: Board, **query: Any) -> str:
    return _list(board, status=[str(one) for one in LIVE_STATUSES], **query)


def _department_figures(board: Board, counted: dict[str, int]) -> list[Figure]:
    correct = counted["to_correct"]
    return [
        _published(counted, _list(board, status=EntryStatus.PUBLISHED)),
        Figure(
            _("In work"),
            number(counted["in_work"]),
            pgettext("unit", "entries"),
            _list(board, work="any"),
            ngettext("%(count)s returned", "%(count)s returned", correct) % {"count": correct} if correct else "",
            "bad" if correct else "",
        ),
        Figure(
            _("Open to the public"),
            number(counted["open"]),
            _share_of(counted["open"], counted["published"]),
            _list(board, opening=[str(one) for one in PUBLIC_OPENINGS]),
        ),
    ]


def _region_figures(actor: Actor, board: Board, counted: dict[str, int]) -> list[Figure]:
    waiting = review_queue_for(actor).order_by().count()
    return [
        _published(counted, _live(board)),
        Figure(_("Waiting for review"), number(waiting), pgettext("unit", "entries"), reverse("catalog:review_list")),
        Figure(
            _("Providers"),
            number(counted["providers"]),
            pgettext("unit", "departments"),
            _live(board, more="department"),
        ),
        Figure(
            _("Open to the public"),
            number(counted["open"]),
            _share_of(counted["open"], counted["published"]),
            _list(board, opening=[str(one) for one in PUBLIC_OPENINGS]),
        ),
    ]


def _catalog_figures(board: Board, counted: dict[str, int]) -> list[Figure]:
    return [_published(counted, board.list_url)]


def _share_of(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


def _clock_figures(actor: Actor) -> list[Figure]:
    """How much of this year's work of the department was done in time, and what is overdue; one query."""
    first = date(clock.today().year, 1, 1)
    row = Clock.objects.filter(department_id=actor.department_id).aggregate(
        done=Count("pk", filter=Q(state=ClockState.FINISHED, finished_at__gte=_midnight(first))),
        in_time=Count(
            "pk", filter=Q(state=ClockState.FINISHED, finished_at__gte=_midnight(first), finished_at__lte=F("due_at"))
        ),
        overdue=Count("pk", filter=Q(state=ClockState.RUNNING, due_at__lt=clock.now())),
    )
    done, in_time, overdue = row["done"], row["in_time"], row["overdue"]
    board_url = _address_of("workflow:clock_list")
    result = [
        Figure(
            _("Done in time, this year"),
            f"{in_time / done * 100:.1f}".removesuffix(".0") if done else "—",
            f"% · {number(in_time)} / {number(done)}" if done else _("nothing finished yet"),
            f"{board_url}?state=done" if board_url else "",
        )
    ]
    result.append(
        Figure(
            _("Overdue now"),
            number(overdue),
            pgettext("unit", "limits"),
            f"{board_url}?state=overdue" if board_url else "",
            tone="bad" if overdue else "",
        )
    )
    return result


def _administrator_figures(actor: Actor) -> list[Figure]:
    """What the three administrators look after."""
    figures = []
    today = _midnight(clock.today())
    if actor.has_role(Role.SYSADMIN):
        active = Department.objects.filter(valid_to__isnull=True).count()
        figures.append(
            Figure(
                _("Departments"), number(active), pgettext("unit", "in being"), _address_of("accounts:department_list")
            )
        )
    if actor.has_role(Role.SYSADMIN, Role.SECADMIN):
        row = User.objects.aggregate(
            active=Count("pk", filter=Q(is_active=True, is_held=False)), held=Count("pk", filter=Q(is_held=True))
        )
        held = ngettext("%(count)s held", "%(count)s held", row["held"]) % {"count": row["held"]} if row["held"] else ""
        figures.append(
            Figure(
                _("Accounts"),
                number(row["active"]),
                pgettext("unit", "active"),
                _address_of("accounts:user_list"),
                held,
                "bad" if held else "",
            )
        )
    if actor.has_role(Role.SECADMIN):
        sessions = UserSession.objects.filter(ended_at__isnull=True, absolute_ends_at__gt=clock.now()).count()
        figures.append(
            Figure(
                _("Open sessions"), number(sessions), pgettext("unit", "sessions"), _address_of("accounts:session_list")
            )
        )
    if actor.has_role(Role.AUDITOR):
        row = AuditEvent.objects.filter(at__gte=today).aggregate(
            all=Count("pk"), denied=Count("pk", filter=Q(outcome=Outcome.DENIED))
        )
        figures += [
            Figure(
                _("Recorded today"), number(row["all"]), pgettext("unit", "events"), _address_of("audit:event_list")
            ),
            Figure(
                _("Refused today"),
                number(row["denied"]),
                pgettext("unit", "attempts"),
                _address_of("audit:event_list"),
                tone="bad" if row["denied"] else "",
            ),
        ]
    return figures


def _address_of(url_name: str) -> str:
    """Return the address of a page that another app may have; empty where it has none."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


# Charts ---------------------------------------------------------------------------------------------------------


def _due_chart(actor: Actor, board: Board, working_days: Callable[[date, int], Sequence[date]]) -> Chart | None:
    """What falls due on each of the next working days, of all the department answers for; one query."""
    today = clock.today()
    days = [today, *working_days(today, DAYS_AHEAD)]
    counts = dict(
        Clock.objects.filter(
            department_id=actor.department_id, state__in=OPEN_CLOCK_STATES, due_on__gte=today, due_on__lte=days[-1]
        )
        .order_by()
        .values("due_on")
        .annotate(count=Count("pk"))
        .values_list("due_on", "count")
    )
    total = sum(counts.values())
    bars: list[Any] = []
    for at, one in enumerate(days):
        count = counts.get(one, 0)
        if not count:
            bars.append(None)
            continue
        bar: dict[str, Any] = {"value": count, "url": _list(board, due=one.isoformat())}
        if at <= URGENT_DAYS:
            bar["itemStyle"] = {"color": "--warn-solid"}
        bars.append(bar)
    labels = [pgettext("axis", "Now"), *(_axis_day(one, before) for before, one in pairwise(days))]
    rows = [[day_text(one), number(counts[one])] for one in days if counts.get(one)]
    named = pgettext("between names", ", ").join(f"{when} {count}" for when, count in rows)
    if total:
        summary = _("Due in the next %(days)s working days: %(named)s") % {"days": DAYS_AHEAD, "named": named}
    else:
        summary = _("Nothing is due in the next %(days)s working days.") % {"days": DAYS_AHEAD}
    option = {
        "grid": {"left": 2, "right": 2, "top": 20, "bottom": 22, "containLabel": False},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "none"}},
        "xAxis": {"type": "category", "data": labels, "axisLabel": {"interval": 0, "fontSize": 11}},
        "yAxis": {"show": False, "min": 0},
        "series": [
            {
                "name": _("Due"),
                "type": "bar",
                "barWidth": 14,
                "label": {"show": True, "position": "top", "color": "--ink-800", "fontSize": 12},
                "itemStyle": {"color": "--accent-500"},
                "data": bars,
            }
        ],
    }
    return Chart(option, summary, [_("Day"), _("Due")], rows, total)


def _axis_day(day: date, before: date) -> str:
    """Write the day of the month, with the month where it changes."""
    return f"{day.month}/{day.day}" if day.month != before.month else str(day.day)


def _shares(board: Board, counted: dict[str, int]) -> tuple[list[Share], int]:
    """Split the published entries by sharing attribute, with the places of the bars in a row of 100 percent."""
    counts = {value: counted[f"sharing_{value}"] for value in Sharing.values}
    total = sum(counts.values())
    if not total:
        return [], 0
    start, result = 0.0, []
    for value, label in Sharing.choices:
        width = counts[value] / total * 100
        url = _live(board, sharing=value)
        result.append(Share(value, str(label), counts[value], url, round(start, 2), round(max(width - 0.5, 0), 2)))
        start += width
    return result, total


def _month_chart(board: Board, scope: QuerySet[Entry]) -> Chart | None:
    """How many entries were published, first or anew, in each of the last months; one query."""
    this = clock.today().replace(day=1)
    months = [this]
    while len(months) < MONTHS_BACK:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    months.reverse()
    counts = {
        month.date(): count
        for month, count in Revision.objects.filter(
            entry__in=scope.values("pk"), published_at__gte=_midnight(months[0])
        )
        .order_by()
        .annotate(month=TruncMonth("published_at", tzinfo=clock.REGION_ZONE))
        .values("month")
        .annotate(count=Count("entry", distinct=True))
        .values_list("month", "count")
    }
    total = sum(counts.values())
    if not total:
        return None
    rows = [[f"{month:%Y-%m}", number(counts.get(month, 0))] for month in months]
    summary = _("Entries published in each of the last %(months)s months; %(count)s this month.") % {
        "months": MONTHS_BACK,
        "count": number(counts.get(this, 0)),
    }
    bars = [
        {"value": counts[month], "url": _list(board, published=f"{month:%Y-%m}")} if counts.get(month) else 0
        for month in months
    ]
    option = {
        "grid": {"left": 2, "right": 2, "top": 18, "bottom": 22, "containLabel": False},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "none"}},
        "xAxis": {
            "type": "category",
            "data": [_month_name(month) for month in months],
            "axisLabel": {"interval": 0, "fontSize": 11, "hideOverlap": True},
        },
        "yAxis": {"show": False, "min": 0},
        "series": [
            {
                "name": pgettext("column", "Published"),
                "type": "bar",
                "barWidth": 12,
                "label": {"show": True, "position": "top", "color": "--ink-600", "fontSize": 11},
                "itemStyle": {"color": "--accent-500"},
                "data": bars,
            }
        ],
    }
    return Chart(option, summary, [_("Month"), pgettext("column", "Published")], rows, total)


def _month_name(month: date) -> str:
    return f"{month.month}月" if (get_language() or "").startswith("zh") else f"{month:%b}"


# Happenings -----------------------------------------------------------------------------------------------------


def _decisions(scope: QuerySet[Entry]) -> list[Happening]:
    rows = (
        Decision.objects.filter(entry__in=scope.values("pk"))
        .select_related("entry__current_revision", "revision")
        .order_by("-at", "-id")[:HAPPENINGS]
    )
    return [
        Happening(
            row.at,
            row.entry,
            row.revision.name if row.revision else str(row.entry),
            row.revision.number if row.revision else None,
            row.get_action_display(),
            row.actor_name,
        )
        for row in rows
    ]


def _publications(scope: QuerySet[Entry]) -> list[Happening]:
    rows = (
        Revision.objects.filter(entry__in=scope.values("pk"), status=RevisionStatus.PUBLISHED)
        .select_related("entry__department")
        .order_by("-published_at", "-id")[:HAPPENINGS]
    )
    return [
        Happening(
            row.published_at,
            row.entry,
            row.name,
            row.number,
            row.get_status_display(),
            row.entry.department.name,
        )
        for row in rows
    ]
