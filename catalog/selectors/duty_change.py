"""Changes of law or duties, and how far the updates they oblige to have come (809 Art. 17)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.choices import Role
from accounts.models import Department
from catalog import contractors
from catalog.choices import LIVE_STATUSES
from catalog.models import DutyChange, DutyChangeEntry, Entry
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible
from workflow.choices import ClockState
from workflow.models import Clock

CONCERNED = "catalog.dutychangeentry"
STATES = ("open", "overdue", "done")


def _answers_or_watches(actor: Actor, prefix: str = "") -> Q:
    """Rows whose time limit is the actor's business: of his own department, or of his authority's region."""
    mine = Q(pk__in=[])
    if actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD):
        mine |= contractors.own_entries(actor, f"{prefix}entry__")
    if actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER):
        region = f"{prefix}entry__department__region__path"
        mine |= Q(**{region: actor.region_path}) | Q(**{f"{region}__startswith": f"{actor.region_path}/"})
    return mine


def concerns_of_actor(actor: Actor) -> QuerySet[DutyChangeEntry]:
    """Return the updates whose time limit the actor answers for or watches over."""
    return DutyChangeEntry.objects.filter(_answers_or_watches(actor))


def _clocks(**states: Any) -> Exists:
    return Exists(Clock.objects.filter(subject_label=CONCERNED, subject_pk=OuterRef("pk"), **states))


def _overdue() -> Exists:
    return _clocks(state=ClockState.RUNNING, due_at__lt=clock.now())


def _late() -> Exists:
    return _clocks(state=ClockState.FINISHED, finished_at__gt=F("due_at"))


def duty_change_list_for(actor: Actor, *, text: str = "", state: str = "", mine: bool = True) -> QuerySet[DutyChange]:
    """Return recorded changes, latest first.

    A change is a public act, open to everybody signed in; how late an update is, is not.

    Args:
        state: one of ``STATES``, judged by the updates that are the actor's business.
        mine: only changes that concern the actor, or that he recorded.
    """
    if not actor.is_person:
        return DutyChange.objects.none()
    changes = DutyChange.objects.select_related("recorded_by__department")
    business = concerns_of_actor(actor).filter(change=OuterRef("pk"))
    if mine:
        changes = changes.filter(Exists(business) | Q(recorded_by_id=actor.id))
    if text:
        changes = changes.filter(
            Q(document__icontains=text) | Q(document_number__icontains=text) | Q(gist__icontains=text)
        )
    if state == "open":
        changes = changes.filter(Exists(business.filter(filed_revision=None)))
    elif state == "overdue":
        changes = changes.filter(Exists(business.filter(_overdue())))
    elif state == "done":
        changes = changes.filter(Exists(business)).exclude(Exists(business.filter(filed_revision=None)))
    return changes.order_by("-changed_on", "-pk")


def duty_change_get_for(actor: Actor, pk: int) -> DutyChange:
    """Return one recorded change.

    Raises:
        NotVisible: there is none, or nobody is signed in.
    """
    change = DutyChange.objects.select_related("recorded_by__department").filter(pk=pk).first()
    if change is None or not actor.is_person:
        raise NotVisible
    return change


def concerned_get(change: DutyChange, key: str) -> DutyChangeEntry:
    """Return one entry's row of a change.

    Raises:
        NotVisible: the change has no such row.
    """
    row = None
    if key.isdecimal() and key.isascii() and len(key) < 19:
        row = DutyChangeEntry.objects.filter(change=change, pk=int(key)).select_related("entry").first()
    if row is None:
        raise NotVisible
    return row


@dataclass(frozen=True, slots=True)
class UpdateFigures:
    """How updates stand: ``total`` is the sum of the other four."""

    total: int = 0
    on_time: int = 0
    late: int = 0
    running: int = 0
    overdue: int = 0

    @property
    def filed(self) -> int:
        return self.on_time + self.late

    @property
    def timely_share(self) -> float | None:
        """The share filed in time of all that had to be filed by now (domain: 目录更新及时率)."""
        due = self.on_time + self.late + self.overdue
        return self.on_time / due if due else None


_FIGURES = {
    "total": Count("pk"),
    "late": Count("pk", filter=Q(filed_revision__isnull=False, is_late=True)),
    "on_time": Count("pk", filter=Q(filed_revision__isnull=False, is_late=False)),
    "overdue": Count("pk", filter=Q(filed_revision__isnull=True, is_overdue=True)),
    "running": Count("pk", filter=Q(filed_revision__isnull=True, is_overdue=False)),
}


def update_figures_for(actor: Actor) -> UpdateFigures:
    """Return how all updates that are the actor's business stand, in one query."""
    rows = concerns_of_actor(actor).annotate(is_late=_late(), is_overdue=_overdue())
    return UpdateFigures(**rows.aggregate(**_FIGURES))


def update_figures_by_change(actor: Actor, changes: Iterable[DutyChange]) -> dict[int, UpdateFigures]:
    """Return the same for each of many changes, in one query."""
    rows: Any = (
        concerns_of_actor(actor)
        .filter(change__in=[change.pk for change in changes])
        .annotate(is_late=_late(), is_overdue=_overdue())
        .values("change_id")
        .annotate(**_FIGURES)
    )
    return {row.pop("change_id"): UpdateFigures(**row) for row in rows}


def concerned_of(actor: Actor, change: DutyChange) -> list[Any]:
    """Return the entries a change concerns, as far as the actor sees them; ``is_business`` where the limit is his."""
    rows = (
        DutyChangeEntry.objects.filter(change=change)
        .filter(_answers_or_watches(actor) | Q(entry__status__in=LIVE_STATUSES))
        .annotate(is_business=Exists(concerns_of_actor(actor).filter(pk=OuterRef("pk"))))
        .select_related(
            "entry__department__region", "entry__current_revision", "entry__working_revision", "filed_revision"
        )
        .order_by("entry__department__name_pinyin", "entry__code")
    )
    return list(rows)


def clocks_of_concerned(rows: Iterable[DutyChangeEntry]) -> dict[int, Clock]:
    """Return the clock of each row, running or ended; the latest where there were several. Two queries."""
    found: dict[int, Clock] = {}
    clocks = Clock.objects.filter(subject_label=CONCERNED, subject_pk__in=[row.pk for row in rows])
    for one in clocks.prefetch_related("pauses").order_by("pk"):
        if one.state != ClockState.CANCELLED:
            found[one.subject_pk] = one
    return found


def authorities_in_charge(departments: Iterable[Department]) -> dict[int, int]:
    """Return the authority in charge of each department, in one query; see ``authority_in_charge``."""
    wanted = list(departments)
    codes = {code for department in wanted for code in department.region.path.split("/")}
    authorities = {
        one.region.code: one.pk
        for one in Department.objects.filter(
            is_authority=True, valid_to__isnull=True, region__code__in=codes
        ).select_related("region")
    }
    found = {}
    for department in wanted:
        path = reversed(department.region.path.split("/"))
        nearest = next((authorities[code] for code in path if code in authorities), None)
        if nearest is not None:
            found[department.pk] = nearest
    return found


# --- Choosing entries ----------------------------------------------------------------------------------------------


def within_region(entries: QuerySet[Entry], region_path: str) -> QuerySet[Entry]:
    """Keep the entries of a region and those below it."""
    path = "department__region__path"
    return entries.filter(Q(**{path: region_path}) | Q(**{f"{path}__startswith": f"{region_path}/"}))


def by_refs(entries: QuerySet[Entry], refs: Iterable[str]) -> QuerySet[Entry]:
    """Keep the entries that are named by code or number."""
    texts = [ref.replace("/", "-") for ref in refs if "\x00" not in ref]
    numbers = [int(text) for text in texts if text.isdecimal() and text.isascii() and len(text) < 19]
    return entries.filter(Q(slug__in=texts) | Q(pk__in=numbers)).order_by("pk")


def providers_within(region_path: str) -> list[tuple[str, str]]:
    """Return the departments of a region that have live entries, as code and name."""
    path = "region__path"
    return list(
        Department.objects.filter(Q(**{path: region_path}) | Q(**{f"{path}__startswith": f"{region_path}/"}))
        .filter(Exists(Entry.objects.filter(department=OuterRef("pk"), status__in=LIVE_STATUSES)))
        .order_by("name_pinyin", "code")
        .values_list("code", "name")
    )
