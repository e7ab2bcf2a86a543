"""What waits for a decision, what was decided, and everything the page of one decision shows."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.choices import Role
from accounts.models import Department
from accounts.selectors import users_with_role
from catalog import search
from catalog.choices import LIVE_STATUSES, DecisionAction, RevisionStatus, Severity, WithdrawalStatus
from catalog.models import Decision, Entry, ReviewComment, Revision
from catalog.selectors.entry import review_queue_for, visible
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation
from workflow.choices import OPEN_CLOCK_STATES
from workflow.models import Clock
from workflow.selectors import calendar

ENTRY = "catalog.entry"
SOON_WORKING_DAYS = 2


class Stage(models.TextChoices):
    """Whose decision it is."""

    HEAD = "head", gettext_lazy("Sign-off")
    AUTHORITY = "authority", gettext_lazy("Review")


class FilingKind(models.TextChoices):
    """What is asked for."""

    FIRST = "first", gettext_lazy("First filing")
    UPDATE = "update", gettext_lazy("Update")
    WITHDRAWAL = "withdrawal", gettext_lazy("Withdrawal")


class DueGroup(models.TextChoices):
    """How near the due time is."""

    OVERDUE = "overdue", pgettext_lazy("due", "Overdue")
    SOON = "soon", pgettext_lazy("due", "Within 2 working days")
    LATER = "later", pgettext_lazy("due", "Later")


class Look(models.TextChoices):
    """Whether it needs a look of its own (``catalog.contention``)."""

    CLEAR = "clear", gettext_lazy("Nothing contentious")
    ALONE = "alone", gettext_lazy("To be looked at alone")


QUEUE_FACETS = ("stage", "kind", "due", "look", "department")
QUEUE_ORDERINGS: dict[str, tuple[Any, ...]] = {
    "due": (F("due_at").asc(nulls_last=True), "pk"),
    "-due": (F("due_at").desc(nulls_last=True), "-pk"),
    "name": ("search__name_pinyin", "pk"),
    "-name": ("-search__name_pinyin", "-pk"),
    "filed": ("filed_at", "pk"),
    "-filed": ("-filed_at", "-pk"),
}
_CHOICES: dict[str, Any] = {"stage": Stage, "kind": FilingKind, "due": DueGroup, "look": Look}
_COLUMNS = {
    "stage": "stage",
    "kind": "filing_kind",
    "due": "due_group",
    "look": "look",
    "department": "department__code",
}


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What somebody narrowed the queue to. Several values of one filter are alternatives; filters add up."""

    q: str = ""
    stage: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    look: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    ordering: str = ""

    @classmethod
    def from_query(cls, query: Any) -> "QueueFilters":
        """Read the filters from a ``QueryDict``.

        Raises:
            RuleViolation: an ordering or a value of a closed list does not exist.
        """
        values: dict[str, Any] = {"q": query.get("q", "").replace("\x00", "").strip()}
        errors = []
        for name in QUEUE_FACETS:
            chosen = tuple(dict.fromkeys(one for one in query.getlist(name) if one and "\x00" not in one))
            known = _CHOICES.get(name)
            errors += [
                FieldError(name, "unknown", _("“%(value)s” is not a value of this filter.") % {"value": one})
                for one in chosen
                if known is not None and one not in known.values
            ]
            values[name] = chosen
        ordering = query.get("ordering", "")
        if ordering and ordering not in QUEUE_ORDERINGS:
            message = _("Order by one of: %(names)s.") % {"names": ", ".join(QUEUE_ORDERINGS)}
            errors.append(FieldError("ordering", "unknown", message))
        if errors:
            raise RuleViolation(errors)
        return cls(**values, ordering=ordering)

    def without(self, name: str) -> "QueueFilters":
        nothing: dict[str, Any] = {name: ()}
        return replace(self, **nothing)

    @property
    def effective_ordering(self) -> str:
        return self.ordering or "due"

    @property
    def active(self) -> list[tuple[str, str]]:
        """The chosen (filter, value) pairs, for chips."""
        names = [one.name for one in fields(self) if one.name in QUEUE_FACETS]
        return [(name, value) for name in names for value in getattr(self, name)]


# --- The queue -----------------------------------------------------------------------------------------------------


def review_list_for(actor: Actor, filters: QueueFilters | None = None) -> QuerySet[Entry]:
    """Return what waits for the actor's decision, as the queue shows it.

    Each entry carries ``due_at``, ``stage``, ``filing_kind``, ``due_group``, ``look``, ``filed_at`` and ``is_own``:
    whether four eyes keep the actor from it, since he did an earlier step himself.
    """
    entries = _described(actor, review_queue_for(actor)).select_related("working_revision__review_check")
    if filters is None:
        return entries.order_by(*QUEUE_ORDERINGS["due"])
    return _narrowed(actor, entries, filters).order_by(*QUEUE_ORDERINGS[filters.effective_ordering])


def _narrowed(actor: Actor, entries: QuerySet[Entry], filters: QueueFilters) -> QuerySet[Entry]:
    entries = search.entries_matching(actor, entries, filters.q) if filters.q else entries
    for name in QUEUE_FACETS:
        chosen = getattr(filters, name)
        if chosen:
            entries = entries.filter(**{f"{_COLUMNS[name]}__in": chosen})
    return entries


def _described(actor: Actor, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    moment = clock.now()
    soon = clock.end_of_day(calendar().add_working_days(clock.today(), SOON_WORKING_DAYS).on)
    due = (
        Clock.objects.filter(subject_label=ENTRY, subject_pk=OuterRef("pk"), state__in=OPEN_CLOCK_STATES)
        .order_by()
        .values("subject_pk")
        .annotate(first=Min("due_at"))
        .values("first")
    )
    open_comment = ReviewComment.objects.filter(
        revision_id=OuterRef("working_revision_id"), resolved_at=None, severity=Severity.REQUIRED
    )
    is_withdrawal = ~Q(withdrawal=WithdrawalStatus.NONE)
    at_head = Q(working_revision__status=RevisionStatus.AWAITING_HEAD) | Q(withdrawal=WithdrawalStatus.AWAITING_HEAD)
    return entries.annotate(
        due_at=Subquery(due),
        stage=_case((at_head, Stage.HEAD), default=Stage.AUTHORITY),
        filing_kind=_case(
            (is_withdrawal, FilingKind.WITHDRAWAL),
            (Q(published_revision__isnull=False), FilingKind.UPDATE),
            default=FilingKind.FIRST,
        ),
        due_group=_case(
            (Q(due_at__lt=moment), DueGroup.OVERDUE), (Q(due_at__lte=soon), DueGroup.SOON), default=DueGroup.LATER
        ),
        look=_case(
            (is_withdrawal, Look.ALONE),
            (Exists(open_comment), Look.ALONE),
            (Q(working_revision__review_check__reasons=[]), Look.CLEAR),
            default=Look.ALONE,
        ),
        filed_at=Coalesce("working_revision__signed_at", "working_revision__submitted_at", "updated_at"),
        is_own=Case(When(_done_before(actor), then=Value(True)), default=Value(False), output_field=BooleanField()),
    )


def _done_before(actor: Actor) -> Q:
    """What the actor handed in or signed off himself, and so may not decide now."""
    if not actor.is_person:
        return Q(pk__in=[])
    return (
        Q(working_revision__submitted_by_id=actor.id)
        | Q(working_revision__signed_by_id=actor.id)
        | Q(withdrawal_by_id=actor.id)
        | Q(withdrawal_head_id=actor.id)
    )


def _case(*branches: tuple[Any, Any], default: Any) -> Case:
    whens = [When(condition, then=Value(value.value)) for condition, value in branches]
    return Case(*whens, default=Value(default.value), output_field=CharField())


@dataclass(frozen=True, slots=True)
class QueueFacetValue:
    value: str
    label: str
    count: int
    is_chosen: bool


def review_facets_for(actor: Actor, filters: QueueFilters) -> dict[str, list[QueueFacetValue]]:
    """Count the queue per value of each filter, one query each; a filter ignores its own choice."""
    queue = _described(actor, review_queue_for(actor)).order_by()
    result = {}
    for name in QUEUE_FACETS:
        column = _COLUMNS[name]
        rows = _narrowed(actor, queue, filters.without(name)).values(column).annotate(count=Count("pk"))
        counts = dict(rows.values_list(column, "count"))
        chosen = getattr(filters, name)
        for value in chosen:
            counts.setdefault(value, 0)
        labels = _labels(name, counts)
        values = [
            QueueFacetValue(value or "", labels.get(value or "", value or ""), counts[value], value in chosen)
            for value in counts
        ]
        result[name] = sorted(values, key=_by_count) if name == "department" else _in_order(values, list(labels))
    return result


def _by_count(one: QueueFacetValue) -> tuple[int, str]:
    return (-one.count, one.label)


def _in_order(values: list[QueueFacetValue], scale: list[str]) -> list[QueueFacetValue]:
    return sorted(values, key=lambda one: scale.index(one.value))


def _labels(name: str, values: Iterable[str]) -> dict[str, str]:
    if name in _CHOICES:
        return {value: str(label) for value, label in _CHOICES[name].choices}
    return dict(Department.objects.filter(code__in=list(values)).values_list("code", "name"))


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """How much waits for a person; what he may not decide himself is left out."""

    waiting: int = 0
    overdue: int = 0


def review_counts_for(actor: Actor) -> ReviewCounts:
    """Return the numbers beside "Review" in the navigation, in one query; none for whom nothing can wait."""
    if not (actor.is_person and actor.has_role(Role.HEAD, Role.REVIEWER)):
        return ReviewCounts()
    late = Clock.objects.filter(
        subject_label=ENTRY, subject_pk=OuterRef("pk"), state__in=OPEN_CLOCK_STATES, due_at__lt=clock.now()
    )
    counts = (
        review_queue_for(actor)
        .order_by()
        .exclude(_done_before(actor))
        .aggregate(waiting=Count("pk"), overdue=Count("pk", filter=Exists(late)))
    )
    return ReviewCounts(**counts)


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where an entry stands in the queue, and what is beside it."""

    position: int = 0
    total: int = 0
    previous_ref: str = ""
    next_ref: str = ""


def review_place_for(actor: Actor, filters: QueueFilters, entry: Entry) -> QueuePlace:
    """Return the neighbours of an entry in the actor's queue, in one query.

    For one that is not in it (any more), the next is the first of the queue.
    """
    queue = review_list_for(actor, filters).values_list("pk", "slug")
    refs = [(pk, slug or str(pk)) for pk, slug in queue]
    at = next((index for index, (pk, _ref) in enumerate(refs) if pk == entry.pk), None)
    if at is None:
        return QueuePlace(total=len(refs), next_ref=refs[0][1] if refs else "")
    return QueuePlace(
        position=at + 1,
        total=len(refs),
        previous_ref=refs[at - 1][1] if at else "",
        next_ref=refs[at + 1][1] if at + 1 < len(refs) else "",
    )


# --- What was decided ----------------------------------------------------------------------------------------------

DECIDING_ACTIONS = (
    DecisionAction.SIGN_OFF,
    DecisionAction.APPROVE,
    DecisionAction.RETURN,
    DecisionAction.WITHDRAW_SIGN_OFF,
    DecisionAction.WITHDRAW_APPROVE,
    DecisionAction.WITHDRAW_RETURN,
)


def decisions_by(actor: Actor, *, text: str = "", action: str = "") -> QuerySet[Decision]:
    """Return what the actor has decided himself, latest first, as far as he still sees the entries."""
    if not actor.is_person:
        return Decision.objects.none()
    entries = Entry.objects.filter(visible(actor))
    if text:
        entries = search.entries_matching(actor, entries, text)
    decisions = Decision.objects.filter(
        actor_id=actor.id, action__in=DECIDING_ACTIONS, entry__in=entries.order_by().values("pk")
    )
    if action in DECIDING_ACTIONS:
        decisions = decisions.filter(action=action)
    return decisions.select_related("entry__current_revision", "entry__department", "revision").order_by("-at", "-pk")


def decision_counts_by(actor: Actor) -> dict[str, int]:
    """Return how often the actor decided which way."""
    counted = decisions_by(actor).order_by().values("action").annotate(count=Count("pk"))
    return dict(counted.values_list("action", "count"))


# --- One decision --------------------------------------------------------------------------------------------------


def stage_of(entry: Entry) -> str:
    """Return whose decision an entry waits for, or "" where it waits for none."""
    if entry.withdrawal in (WithdrawalStatus.AWAITING_HEAD, WithdrawalStatus.AWAITING_AUTHORITY):
        return Stage.HEAD if entry.withdrawal == WithdrawalStatus.AWAITING_HEAD else Stage.AUTHORITY
    working = entry.working_revision
    if working is None or working.status not in (RevisionStatus.AWAITING_HEAD, RevisionStatus.AWAITING_AUTHORITY):
        return ""
    return Stage.HEAD if working.status == RevisionStatus.AWAITING_HEAD else Stage.AUTHORITY


def kind_of(entry: Entry) -> str:
    """Return what is asked for: a first filing, an update or a withdrawal."""
    if entry.withdrawal != WithdrawalStatus.NONE:
        return FilingKind.WITHDRAWAL
    return FilingKind.UPDATE if entry.published_revision_id else FilingKind.FIRST


def comments_of(revision: Revision) -> list[ReviewComment]:
    """Return all comments on a revision in the order they were made, settled ones too."""
    return list(ReviewComment.objects.filter(revision=revision).order_by("at", "pk"))


def decisions_of(entry: Entry) -> list[Decision]:
    """Return the steps of an entry's way in their order."""
    return list(Decision.objects.filter(entry=entry).select_related("revision").order_by("at", "pk"))


@dataclass(frozen=True, slots=True)
class Overlap:
    """The live entry that shares most items with a submission, and how many."""

    entry: Entry
    shared: int
    of: int

    @property
    def share(self) -> float:
        return self.shared / self.of


def overlap_of(revision: Revision, names: Iterable[str]) -> Overlap | None:
    """Return the live entry with the most items of the same names, or None where no other has any; one query."""
    wanted = {name.strip() for name in names if name.strip()}
    if not wanted:
        return None
    found = (
        Entry.objects.filter(status__in=LIVE_STATUSES, published_revision__items__name__in=wanted)
        .exclude(pk=revision.entry_id)
        .annotate(shared=Count("published_revision__items__name", distinct=True))
        .select_related("current_revision", "department")
        .order_by("-shared", "pk")
        .first()
    )
    return Overlap(found, found.shared, len(wanted)) if found else None


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody who can decide at the present stage."""

    id: int
    name: str


def deciders_of(entry: Entry) -> list[Decider]:
    """Return who can decide at the present stage: the role's holders, less those who did an earlier step."""
    stage = stage_of(entry)
    if not stage:
        return []
    working = entry.working_revision
    if entry.withdrawal != WithdrawalStatus.NONE:
        authority_id = entry.withdrawal_authority_id
        involved = {entry.withdrawal_by_id, entry.withdrawal_head_id}
    else:
        authority_id = working.authority_id if working else None
        involved = {working.submitted_by_id, working.signed_by_id} if working else set()
    department_id = entry.department_id if stage == Stage.HEAD else authority_id
    if department_id is None:
        return []
    role = Role.HEAD if stage == Stage.HEAD else Role.REVIEWER
    people = users_with_role(department_id, role).order_by("full_name_pinyin", "pk").values_list("pk", "full_name")
    return [Decider(pk, name) for pk, name in people if pk not in involved]


def waiting_since(entry: Entry) -> datetime:
    """Return when the present stage began."""
    working = entry.working_revision
    if working is None:
        return entry.updated_at
    return working.signed_at or working.submitted_at or entry.updated_at
