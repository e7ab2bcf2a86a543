"""Reading entries. ``visible`` is the one rule of who sees which entry; every door goes through it."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from accounts.choices import Role
from accounts.models import Department, InformationSystem
from catalog import contractors
from catalog.choices import LIVE_STATUSES, PUBLIC_OPENINGS, WORKING_STATUSES, EntryStatus, RevisionStatus
from catalog.models import CompilationStandard, Entry, Revision, RevisionItem
from catalog.policies import files_by_token
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible


def _sees_own_in_every_state(actor: Actor) -> bool:
    answers = actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD)
    return actor.department_id is not None and (answers or files_by_token(actor))


def _reviews(actor: Actor) -> bool:
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)


def _filed_in_region(actor: Actor, filed: Q) -> Q:
    """Entries of the authority's region and those below of which a head has signed off a revision."""
    return Q(department__in=Department.objects.filter(region__path__startswith=actor.region_path).values("pk")) & filed


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a table of entries keeps what visibility depends on; status and department are named alike in both."""

    open: Q
    filed: Q


ENTRIES = Subject(
    open=Q(published_revision__opening__in=PUBLIC_OPENINGS),
    filed=Q(working_revision__signed_at__isnull=False) | Q(published_revision__isnull=False),
)
LISTED = Subject(open=Q(opening__in=PUBLIC_OPENINGS), filed=Q(is_filed=True))
"""The rows of ``EntrySearch``; those of an entry in force repeat its published revision."""


def visible(actor: Actor, subject: Subject = ENTRIES) -> Q:
    """Return the condition under which an entry is visible to the actor (design: who sees what)."""
    live = Q(status__in=LIVE_STATUSES)
    if actor.is_system:
        return Q()
    if actor.is_public:
        return live & subject.open
    condition = live
    if _sees_own_in_every_state(actor):
        condition |= contractors.own_entries(actor)
    if _reviews(actor):
        condition |= _filed_in_region(actor, subject.filed)
    return condition


def can_see_working(actor: Actor, entry: Entry) -> bool:
    """Say whether the actor may see the revision that is being drafted or reviewed.

    The provider's cataloguer and head see it in every state, staff of a contractor where they are named for the entry,
    the reviewing authorities once it was signed off.
    """
    if entry.working_revision is None:
        return False
    if actor.is_system:
        return True
    if _sees_own_in_every_state(actor) and contractors.is_own(actor, entry):
        return True
    return (
        _reviews(actor)
        and entry.department.region.path.startswith(actor.region_path)
        and entry.working_revision.signed_at is not None
    )


def entry_list_for(actor: Actor) -> QuerySet[Entry]:
    """Return the entries the actor may see, with what a list row shows."""
    return Entry.objects.filter(visible(actor)).select_related(
        "department__region", "current_revision__category", "current_revision__library", "working_revision"
    )


def entry_get_for(actor: Actor, ref: str | int, *, for_update: bool = False) -> Entry:
    """Return one entry by its reference: the code's URL form, or the number it had as a draft.

    Args:
        for_update: lock the entry's row until the end of the transaction.

    Raises:
        NotVisible: there is none, or the actor may not see it.
    """
    text = str(ref).replace("\x00", "").strip()
    if text.isdecimal() and text.isascii() and len(text) < 19:
        wanted = Q(pk=int(text))
    else:
        wanted = Q(slug=text.replace("/", "-"))
    entries = Entry.objects.filter(wanted)
    if for_update:
        # Lock the bare row first: FOR UPDATE and the joins of the visibility rule do not go together.
        locked = entries.select_for_update().values_list("pk", flat=True).first()
        entries = Entry.objects.filter(Q(pk=locked))
    entry = (
        entries.filter(visible(actor))
        .select_related("department__region", "published_revision__category", "working_revision__category")
        .first()
    )
    if entry is None:
        raise NotVisible
    entry.current_revision = entry.published_revision or entry.working_revision  # loaded already: no further join
    return entry


def revision_content(revision: Revision) -> Revision:
    """Return the revision with its items, relations and comments loaded, in a fixed number of queries."""
    return (
        Revision.objects.filter(pk=revision.pk)
        .select_related(
            "entry__department__region", "category__parent__parent", "library", "source_system", "standard",
            "duty_change", "submitted_by", "signed_by", "authority",
        )
        .prefetch_related(
            Prefetch("items", RevisionItem.objects.order_by("position")),
            Prefetch("related", Entry.objects.select_related("current_revision")),
        )
        .get()
    )  # fmt: skip


def shown_revision(actor: Actor, entry: Entry, which: str = "") -> Revision:
    """Return the revision to show: the published one, or the working one if asked for or if there is no other.

    Raises:
        NotVisible: the actor may not see the one asked for, or it does not exist.
    """
    if which == "working" or entry.published_revision is None:
        if not can_see_working(actor, entry) or entry.working_revision is None:
            raise NotVisible
        return revision_content(entry.working_revision)
    if which and which != "published":
        return revision_get_for(actor, entry, which)
    return revision_content(entry.published_revision)


def revision_list_for(actor: Actor, entry: Entry) -> QuerySet[Revision]:
    """Return the revisions the actor may see, newest first; the public sees only the one in force."""
    revisions = Revision.objects.filter(entry=entry)
    if actor.is_public:
        return revisions.filter(Q(pk=entry.published_revision_id))
    if not can_see_working(actor, entry):
        revisions = revisions.exclude(status__in=WORKING_STATUSES)
    return revisions.select_related("submitted_by", "signed_by", "duty_change")


def revision_get_for(actor: Actor, entry: Entry, number: int | str) -> Revision:
    """Return one revision by number, with its content.

    Raises:
        NotVisible: no such number, or the actor may not see it.
    """
    if not str(number).isdecimal() or len(str(number)) > 9:
        raise NotVisible
    revision = revision_list_for(actor, entry).filter(number=int(number)).first()
    if revision is None:
        raise NotVisible
    return revision_content(revision)


def standard_in_force() -> CompilationStandard | None:
    """Return the compilation standard that applies today."""
    return CompilationStandard.objects.filter(valid_from__lte=clock.today()).order_by("-valid_from").first()


def authority_in_charge(department: Department) -> Department | None:
    """Return the authority that reviews a department's entries: its region's, else that of the nearest region above."""
    codes = department.region.path.split("/")
    authorities = {
        one.region.code: one
        for one in Department.objects.filter(
            is_authority=True, valid_to__isnull=True, region__code__in=codes
        ).select_related("region")
    }
    return next((authorities[code] for code in reversed(codes) if code in authorities), None)


def same_name_entries(entry_id: int | None, department_id: int, name: str) -> QuerySet[Entry]:
    """Return other live entries of the department that bear the same name."""
    return (
        Entry.objects.filter(department_id=department_id, current_revision__name=name.strip())
        .exclude(Q(pk=entry_id))
        .exclude(status=EntryStatus.WITHDRAWN)
    )


def systems_of(department_id: int) -> QuerySet[InformationSystem]:
    """Return the information systems that an entry of the department may name as its source."""
    return InformationSystem.objects.filter(department_id=department_id).order_by("name")


def review_queue_for(actor: Actor) -> QuerySet[Entry]:
    """Return what waits for the actor's decision: for a head the sign-offs, for a reviewer the reviews."""
    waiting = Q(pk__in=[])
    if actor.is_person and actor.has_role(Role.HEAD):
        waiting |= contractors.own_entries(actor) & (
            Q(working_revision__status=RevisionStatus.AWAITING_HEAD) | Q(withdrawal="awaiting_head")
        )
    if _reviews(actor):
        waiting |= Q(
            working_revision__status=RevisionStatus.AWAITING_AUTHORITY,
            working_revision__authority_id=actor.department_id,
        ) | Q(withdrawal="awaiting_authority", withdrawal_authority_id=actor.department_id)
    return (
        Entry.objects.filter(waiting)
        .select_related(
            "department__region", "working_revision__submitted_by", "working_revision__category",
            "published_revision__category", "current_revision__category",
        )
        .order_by("updated_at", "pk")
    )  # fmt: skip


def items_of(revision: Revision) -> list[RevisionItem]:
    """Return the items of a revision in their order."""
    return (
        list(revision.items.all())
        if "items" in getattr(revision, "_prefetched_objects_cache", {})
        else list(RevisionItem.objects.filter(revision=revision).order_by("position"))
    )
