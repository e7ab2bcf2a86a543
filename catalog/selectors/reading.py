"""What the reading pages show around an entry: its way through review, its history, the clocks that run on it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.choices import Role
from catalog import contractors
from catalog.choices import PUBLIC_OPENINGS, WORKING_STATUSES, is_item_public
from catalog.models import (
    Category,
    Decision,
    DutyChangeEntry,
    Entry,
    EntryAlias,
    ReviewComment,
    Revision,
    RevisionItem,
)
from catalog.selectors.entry import can_see_working, revision_list_for, visible
from core import clock
from core.actors import Actor
from workflow.choices import OPEN_CLOCK_STATES
from workflow.models import Clock

ENTRY = "catalog.entry"
CONCERNED = "catalog.dutychangeentry"
"""Labels of what clocks of the catalog run on."""

HISTORY_LIMIT = 30
"""Revisions whose changes are worked out on one page."""


# --- Around one entry -------------------------------------------------------------------------------------------


def sees_process(actor: Actor, entry: Entry) -> bool:
    """Say whether the actor may see how an entry came about: decisions, opinions and running clocks.

    The provider's cataloguer and head, staff of a contractor where they are named for the entry, the reviewing
    authorities of the region and above, and the auditor do.
    """
    if actor.is_system:
        return True
    if not actor.is_person:
        return False
    if actor.has_role(Role.AUDITOR):
        return True
    if actor.has_role(Role.CATALOGUER, Role.HEAD) and contractors.is_own(actor, entry):
        return True
    return (
        actor.is_authority
        and actor.has_role(Role.REVIEWER)
        and entry.department.region.path.startswith(actor.region_path)
    )


def _is_provider(actor: Actor, entry: Entry) -> bool:
    return actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD) and contractors.is_own(actor, entry)


def decisions_shown(actor: Actor) -> Q:
    """Return the condition under which a decision on an entry whose process the actor sees is shown to him.

    What a department does with a revision before it files it stays its own.
    """
    filed = Q(revision__isnull=True) | ~Q(revision__status__in=WORKING_STATUSES) | Q(revision__signed_at__isnull=False)
    if actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD):
        return filed | contractors.own_entries(actor, "entry__")
    return filed


def decisions_for(actor: Actor, entry: Entry) -> QuerySet[Decision]:
    """Return the steps of an entry's review, latest first; nothing for whom they are not meant."""
    if not sees_process(actor, entry):
        return Decision.objects.none()
    decisions = Decision.objects.filter(decisions_shown(actor), entry=entry)
    return decisions.select_related("revision").order_by("-at", "-id")


def comments_open_for(actor: Actor, entry: Entry) -> QuerySet[ReviewComment]:
    """Return the reviewers' open comments on the working revision."""
    if not can_see_working(actor, entry):
        return ReviewComment.objects.none()
    return ReviewComment.objects.filter(Q(revision=entry.working_revision_id), resolved_at=None)


def duty_changes_of(actor: Actor, entry: Entry) -> list[DutyChangeEntry]:
    """Return the changes of law or duties that concern an entry, latest first; they are public acts.

    Which revision answers one is told to whoever may see that revision.
    """
    rows = list(
        DutyChangeEntry.objects.filter(entry=entry)
        .select_related("change", "filed_revision")
        .order_by("-change__changed_on", "-pk")
    )
    if not can_see_working(actor, entry):
        for row in rows:
            if row.filed_revision is not None and row.filed_revision.status in WORKING_STATUSES:
                row.filed_revision = None
    return rows


def aliases_of(entry: Entry) -> QuerySet[EntryAlias]:
    """Return the codes under which other systems know an entry."""
    return EntryAlias.objects.filter(entry=entry).order_by("source", "code")


def related_for(actor: Actor, revision: Revision) -> list[Entry]:
    """Return the related entries of a revision that the actor may see; one query."""
    wanted = [entry.pk for entry in revision.related.all()]
    return list(
        Entry.objects.filter(visible(actor), pk__in=wanted)
        .select_related("current_revision", "department")
        .order_by("code", "pk")
    )


def is_clock_shown(actor: Actor, entry: Entry, one: Clock) -> bool:
    """Say whether a clock on an entry is shown to the actor.

    The provider sees all of them, others who see the process only what the authority answers for and what is
    statutory: a department's internal limits stay its own.
    """
    if not sees_process(actor, entry):
        return False
    return _is_provider(actor, entry) or one.is_statutory or one.role == Role.REVIEWER


def clocks_for(actor: Actor, entry: Entry, concerned: Iterable[DutyChangeEntry]) -> list[Clock]:
    """Return the clocks that run, or ran, on an entry and on the changes it has to follow; open ones first."""
    wanted = Q(subject_label=ENTRY, subject_pk=entry.pk)
    keys = [row.pk for row in concerned]
    if keys:
        wanted |= Q(subject_label=CONCERNED, subject_pk__in=keys)
    found = Clock.objects.filter(wanted).select_related("policy", "department").prefetch_related("pauses")
    clocks = [one for one in found.order_by("due_at", "pk") if is_clock_shown(actor, entry, one)]
    return [one for one in clocks if one.is_open] + [one for one in reversed(clocks) if not one.is_open]


def working_with_people(entry: Entry) -> Revision | None:
    """Return the revision in work with those who had a hand in it."""
    return (
        Revision.objects.filter(Q(pk=entry.working_revision_id))
        .select_related("entry__department", "submitted_by", "signed_by", "created_by", "authority", "duty_change")
        .first()
    )


def revisions_with_content(actor: Actor, entry: Entry) -> list[Revision]:
    """Return the revisions the actor may see, newest first, with what a comparison needs; five queries."""
    return list(
        revision_list_for(actor, entry)
        .select_related("entry", "category", "library", "source_system", "submitted_by", "signed_by", "created_by")
        .prefetch_related(
            Prefetch("items", RevisionItem.objects.order_by("position")),
            Prefetch("related", Entry.objects.select_related("current_revision")),
        )
        .order_by("-number")[:HISTORY_LIMIT]
    )


def is_public_item(revision: Revision, item: RevisionItem) -> bool:
    """Say whether the public may know of an item: it is open, or says nothing and its entry is."""
    return is_item_public(item.opening, revision.opening)


def public_items_of(revision: Revision) -> list[RevisionItem]:
    """Return the items of a revision that the public sees."""
    return [item for item in revision.items.all() if is_public_item(revision, item)]


# --- Around a list ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemName:
    """The two names of an item, for saying where a search hit is."""

    name: str
    field_name: str


def item_names_by_revision(revision_ids: Sequence[int], *, public_only: bool = False) -> dict[int, list[ItemName]]:
    """Return the items' names of many revisions, in one query."""
    rows = RevisionItem.objects.filter(revision_id__in=revision_ids)
    if public_only:
        rows = rows.filter(Q(opening__in=PUBLIC_OPENINGS) | Q(opening="", revision__opening__in=PUBLIC_OPENINGS))
    found: dict[int, list[ItemName]] = defaultdict(list)
    for revision_id, name, field_name in rows.order_by("position").values_list("revision_id", "name", "field_name"):
        found[revision_id].append(ItemName(name, field_name))
    return found


def item_counts_by_revision(revision_ids: Sequence[int]) -> dict[int, int]:
    """Return how many items many revisions have, in one query."""
    counted = (
        RevisionItem.objects.filter(revision_id__in=revision_ids)
        .order_by()
        .values("revision_id")
        .annotate(count=Count("pk"))
        .values_list("revision_id", "count")
    )
    return dict(counted)


def clocks_open_by_entry(actor: Actor, entries: Sequence[Entry]) -> dict[int, Clock]:
    """Return, for each of many entries, the open clock shown to the actor that is due first; three queries.

    Args:
        entries: with department and region loaded.
    """
    by_key = {entry.pk: entry for entry in entries if sees_process(actor, entry)}
    concerned = dict(DutyChangeEntry.objects.filter(entry_id__in=by_key).values_list("pk", "entry_id"))
    wanted = Q(subject_label=ENTRY, subject_pk__in=by_key) | Q(subject_label=CONCERNED, subject_pk__in=list(concerned))
    found: dict[int, Clock] = {}
    clocks = Clock.objects.filter(wanted, state__in=OPEN_CLOCK_STATES).prefetch_related("pauses")
    for one in clocks.order_by("due_at", "pk"):
        entry_id = one.subject_pk if one.subject_label == ENTRY else concerned[one.subject_pk]
        if is_clock_shown(actor, by_key[entry_id], one):
            found.setdefault(entry_id, one)
    return found


def due_on(entries: QuerySet[Entry], day: date, actor: Actor) -> QuerySet[Entry]:
    """Keep the entries on which a clock of the actor's department is due on a day."""
    if actor.is_contractor:
        entries = entries.filter(contractors.own_entries(actor))
    due = Clock.objects.filter(Q(department=actor.department_id), due_on=day, state__in=OPEN_CLOCK_STATES)
    of_entry = due.filter(subject_label=ENTRY).values("subject_pk")
    of_change = due.filter(subject_label=CONCERNED).values("subject_pk")
    return entries.filter(
        Q(pk__in=of_entry) | Q(pk__in=DutyChangeEntry.objects.filter(pk__in=of_change).values("entry_id"))
    )


def in_work(entries: QuerySet[Entry], actor: Actor, status: str = "") -> QuerySet[Entry]:
    """Keep the entries with a revision in work that the actor may see.

    Args:
        status: only where that revision is in this state.
    """
    may_see = Q(pk__in=[])
    if actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD):
        may_see |= contractors.own_entries(actor)
    if actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER):
        may_see |= Q(department__region__path__startswith=actor.region_path, working_revision__signed_at__isnull=False)
    entries = entries.filter(may_see, working_revision__isnull=False)
    return entries.filter(working_revision__status=status) if status else entries


def published_between(entries: QuerySet[Entry], first: date, end: date) -> QuerySet[Entry]:
    """Keep the entries of which a revision was published from a day on and before another, in the region's zone."""
    published = Revision.objects.filter(published_at__gte=_start(first), published_at__lt=_start(end))
    return entries.filter(pk__in=published.values("entry_id"))


def picked(entries: QuerySet[Entry], refs: Sequence[str]) -> QuerySet[Entry]:
    """Keep the entries that somebody picked from a list by their references."""
    numbers = [int(ref) for ref in refs if ref.isdecimal() and ref.isascii() and len(ref) < 19]
    return entries.filter(Q(slug__in=refs) | Q(pk__in=numbers, slug__isnull=True))


def category_names(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of categories by code, in one query."""
    return dict(Category.objects.filter(code__in=list(codes)).values_list("code", "name"))


def own_count(actor: Actor) -> int:
    """Return how many entries the actor's department has, as far as he sees them."""
    return Entry.objects.filter(visible(actor), Q(department=actor.department_id)).count()


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.REGION_ZONE)
