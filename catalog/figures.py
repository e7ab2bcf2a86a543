"""Figures of the work page, counted in SQL. Every figure says where its records are."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.choices import Role
from accounts.models import Department, User, UserSession
from audit.models import AuditEvent, Outcome
from catalog import contractors
from catalog.charts import Chart, Share, WorkingDays, due_chart, live, midnight, month_chart, narrowed, sharing_shares
from catalog.choices import WORKING_STATUSES, EntryStatus, RevisionStatus, Sharing
from catalog.models import Decision, Entry, Revision
from catalog.selectors import LIVE_STATUSES, PUBLIC_OPENINGS, review_queue_for, visible
from catalog.selectors.reading import decisions_shown
from core import clock
from core.actors import Actor
from core.components.figures import number
from workflow.choices import ClockState
from workflow.selectors.clock import clocks_visible_to

HAPPENINGS = 6


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


def board_for(actor: Actor, working_days: WorkingDays) -> Board:
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
        board.happenings = _decisions(actor, scope)
    elif actor.has_role(Role.CATALOGUER, Role.HEAD):
        board = Board(_("Own department"), reverse("catalog:entry_own_list"))
        scope = seen.filter(contractors.own_entries(actor))
        counted = _count(scope)
        board.figures = [*_department_figures(board, counted), *_clock_figures(actor)]
        board.happenings = _decisions(actor, scope)
    else:
        board = Board(_("Whole catalog"), reverse("catalog:entry_list"))
        scope = seen
        counted = _count(scope)
        board.figures = [*_catalog_figures(board, counted), *_administrator_figures(actor)]
        board.happenings = _publications(scope)
    if actor.has_role(Role.REVIEWER, Role.CATALOGUER, Role.HEAD) and not actor.is_contractor:
        board.due = due_chart(actor, board.list_url, working_days)
    board.shares, board.shares_total = sharing_shares(board.list_url, counted)
    board.months = month_chart(board.list_url, scope)
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
        this_month=Count("pk", filter=live & Q(published_revision__published_at__gte=midnight(month))),
        open=Count("pk", filter=live & Q(published_revision__opening__in=PUBLIC_OPENINGS)),
        in_work=Count("pk", filter=Q(working_revision__status__in=WORKING_STATUSES)),
        to_correct=Count("pk", filter=Q(working_revision__status=RevisionStatus.RETURNED)),
        providers=Count("department", filter=live, distinct=True),
        **attributes,
    )


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


def _department_figures(board: Board, counted: dict[str, int]) -> list[Figure]:
    correct = counted["to_correct"]
    return [
        _published(counted, narrowed(board.list_url, status=EntryStatus.PUBLISHED)),
        Figure(
            _("In work"),
            number(counted["in_work"]),
            pgettext("unit", "entries"),
            narrowed(board.list_url, work="any"),
            ngettext("%(count)s returned", "%(count)s returned", correct) % {"count": correct} if correct else "",
            "bad" if correct else "",
        ),
        Figure(
            _("Open to the public"),
            number(counted["open"]),
            _share_of(counted["open"], counted["published"]),
            narrowed(board.list_url, opening=[str(one) for one in PUBLIC_OPENINGS]),
        ),
    ]


def _region_figures(actor: Actor, board: Board, counted: dict[str, int]) -> list[Figure]:
    waiting = review_queue_for(actor).order_by().count()
    return [
        _published(counted, live(board.list_url)),
        Figure(_("Waiting for review"), number(waiting), pgettext("unit", "entries"), reverse("catalog:review_list")),
        Figure(
            _("Providers"),
            number(counted["providers"]),
            pgettext("unit", "departments"),
            live(board.list_url, more="department"),
        ),
        Figure(
            _("Open to the public"),
            number(counted["open"]),
            _share_of(counted["open"], counted["published"]),
            narrowed(board.list_url, opening=[str(one) for one in PUBLIC_OPENINGS]),
        ),
    ]


def _catalog_figures(board: Board, counted: dict[str, int]) -> list[Figure]:
    return [_published(counted, board.list_url)]


def _share_of(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


def _clock_figures(actor: Actor) -> list[Figure]:
    """How much of this year's work was done in time, and what is overdue, as the page of time limits shows it."""
    first = date(clock.today().year, 1, 1)
    row = clocks_visible_to(actor).aggregate(
        done=Count("pk", filter=Q(state=ClockState.FINISHED, finished_at__gte=midnight(first))),
        in_time=Count(
            "pk", filter=Q(state=ClockState.FINISHED, finished_at__gte=midnight(first), finished_at__lte=F("due_at"))
        ),
        overdue=Count("pk", filter=Q(state=ClockState.RUNNING, due_at__lt=clock.now())),
    )
    done, in_time, overdue = row["done"], row["in_time"], row["overdue"]
    clocks = reverse("workflow:clock_list")
    result = [
        Figure(
            _("Done in time, this year"),
            f"{in_time / done * 100:.1f}".removesuffix(".0") if done else "—",
            f"% · {number(in_time)} / {number(done)}" if done else _("nothing finished yet"),
            narrowed(clocks, state="done"),
        )
    ]
    result.append(
        Figure(
            _("Overdue now"),
            number(overdue),
            pgettext("unit", "limits"),
            narrowed(clocks, state="overdue"),
            tone="bad" if overdue else "",
        )
    )
    return result


def _administrator_figures(actor: Actor) -> list[Figure]:
    """What the three administrators look after."""
    figures = []
    today = midnight(clock.today())
    if actor.has_role(Role.SYSADMIN):
        active = Department.objects.filter(valid_to__isnull=True).count()
        figures.append(
            Figure(_("Departments"), number(active), pgettext("unit", "in being"), reverse("accounts:department_list"))
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
                narrowed(reverse("accounts:user_list"), state="active"),
                held,
                "bad" if held else "",
            )
        )
    if actor.has_role(Role.SECADMIN):
        sessions = UserSession.objects.filter(ended_at__isnull=True, absolute_ends_at__gt=clock.now()).count()
        figures.append(
            Figure(_("Open sessions"), number(sessions), pgettext("unit", "sessions"), reverse("accounts:session_list"))
        )
    if actor.has_role(Role.AUDITOR):
        trail, since = reverse("audit:event_list"), clock.today().isoformat()
        row = AuditEvent.objects.filter(at__gte=today).aggregate(
            all=Count("pk"), denied=Count("pk", filter=Q(outcome=Outcome.DENIED))
        )
        figures += [
            Figure(_("Recorded today"), number(row["all"]), pgettext("unit", "events"), narrowed(trail, since=since)),
            Figure(
                _("Refused today"),
                number(row["denied"]),
                pgettext("unit", "attempts"),
                narrowed(trail, since=since, outcome=Outcome.DENIED),
                tone="bad" if row["denied"] else "",
            ),
        ]
    return figures


# Happenings -----------------------------------------------------------------------------------------------------


def _decisions(actor: Actor, scope: QuerySet[Entry]) -> list[Happening]:
    rows = (
        Decision.objects.filter(decisions_shown(actor), entry__in=scope.values("pk"))
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
