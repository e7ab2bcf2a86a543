"""Collection duties, as far as an actor may see them: what is registered is known to every department."""

import hashlib
import json
from collections.abc import Sequence

from django.db.models import Case, Count, IntegerField, Q, QuerySet, When

from accounts.choices import Role
from accounts.models import Department
from catalog.choices import EntryStatus
from catalog.models import Entry
from collection import duty_policies
from collection.duty_choices import (
    PUBLIC_DUTY_STATES,
    DutyState,
    DutyStatus,
    Ground,
    Manner,
    Subject,
)
from collection.duty_names import folded_code
from collection.models import CollectionDuty, DutyCheck, DutyDecision, DutyFinding, DutyItem, DutyRevision
from core.actors import Actor
from core.exceptions import NotVisible
from workflow.models import LegalBasis
from workflow.selectors.legal_basis import legal_bases_for

_SHOWN = (
    "department__region",
    "registered__entry__current_revision",
    "registered__authority",
    "registered__check_used",
    "working__entry__current_revision",
    "working__authority",
    "working__check_used",
)


def visible_duties(actor: Actor) -> Q:
    """Return the condition under which an actor sees a duty."""
    if actor.is_system:
        return Q()
    if not actor.is_person:
        return Q(pk__in=[])
    seen = Q(state__in=PUBLIC_DUTY_STATES)
    if actor.department_id is not None and duty_policies.is_own(actor, actor.department_id):
        seen |= Q(department_id=actor.department_id)
    if duty_policies.reviews(actor):
        seen |= within_region(actor) & Q(working__signed_at__isnull=False)
    return seen


def within_region(actor: Actor, path: str = "department__region__path") -> Q:
    """Return the condition that something lies in the actor's region or one below it."""
    return Q(**{path: actor.region_path}) | Q(**{f"{path}__startswith": f"{actor.region_path}/"})


def duty_list_for(actor: Actor) -> QuerySet[CollectionDuty]:
    """Return the duties that the actor sees, with what a list shows."""
    return CollectionDuty.objects.filter(visible_duties(actor)).select_related(
        "department", "current__entry__current_revision", "working"
    )


def duty_get_for(actor: Actor, duty_id: int, *, for_update: bool = False) -> CollectionDuty:
    """Return one duty with its revisions.

    Args:
        for_update: lock its row until the end of the transaction.

    Raises:
        NotVisible: there is none, or the actor does not see it.
    """
    found = CollectionDuty.objects.filter(pk=duty_id)
    if for_update:
        found = CollectionDuty.objects.filter(pk__in=[*found.select_for_update().values_list("pk", flat=True)])
    duty = found.filter(visible_duties(actor)).select_related(*_SHOWN).first()
    if duty is None:
        raise NotVisible
    duty.current = duty.registered or duty.working
    return duty


def duties_filtered(
    actor: Actor, *, q: str = "", state: str = "", department: str = "", subject: str = "", ground: str = "",
    manner: str = "",
) -> QuerySet[CollectionDuty]:  # fmt: skip
    """Return the duties that the actor sees and that fit.

    Args:
        q: part of the name of the duty or of one of its items.
        department: code of the collecting department.
    """
    found = duty_list_for(actor)
    if q:
        item = DutyItem.objects.filter(name__icontains=q).values("revision")
        found = found.filter(Q(current__name__icontains=q) | Q(current__in=item))
    if state in DutyState.values:
        found = found.filter(state=state)
    if department:
        found = found.filter(department__code=department)
    if subject in Subject.values:
        found = found.filter(current__subject=subject)
    if ground in Ground.values:
        found = found.filter(current__ground=ground)
    if manner in Manner.values:
        found = found.filter(current__manner=manner)
    return found


def duty_departments_for(actor: Actor) -> list[tuple[str, str]]:
    """Return (code, name) of the departments whose duties the actor sees."""
    seen = CollectionDuty.objects.filter(visible_duties(actor)).values("department")
    return list(Department.objects.filter(pk__in=seen).order_by("name_pinyin").values_list("code", "name"))


def duty_counts(actor: Actor) -> dict[str, int]:
    """Return how many of the duties that the actor sees are in each state."""
    seen = CollectionDuty.objects.filter(visible_duties(actor))
    return dict(seen.order_by().values_list("state").annotate(Count("pk")))


def duties_waiting(actor: Actor) -> QuerySet[CollectionDuty]:
    """Return what waits for the actor's decision."""
    waiting = Q(pk__in=[])
    if actor.is_person and actor.has_role(Role.HEAD):
        waiting |= Q(department_id=actor.department_id, working__status=DutyStatus.AWAITING_HEAD)
    if duty_policies.reviews(actor):
        waiting |= Q(working__status=DutyStatus.AWAITING_AUTHORITY, working__authority_id=actor.department_id)
    return CollectionDuty.objects.filter(waiting)


def items_of_revision(revision: DutyRevision) -> list[DutyItem]:
    """Return the items of a revision in their order."""
    return list(DutyItem.objects.filter(revision=revision).select_related("item").order_by("position"))


def decisions_of(duty: CollectionDuty) -> QuerySet[DutyDecision]:
    """Return the steps of a duty, latest first."""
    return DutyDecision.objects.filter(duty=duty).select_related("revision").order_by("-at", "-pk")


def last_return(duty: CollectionDuty) -> DutyDecision | None:
    """Return the return that the open revision still has to answer."""
    if duty.working is None or duty.working.status != DutyStatus.RETURNED:
        return None
    return DutyDecision.objects.filter(revision=duty.working, action="return").order_by("-at", "-pk").first()


def fingerprint_of(revision: DutyRevision, items: Sequence[DutyItem]) -> str:
    """Return what a check of these items is known by: another item, or another entry, needs another check."""
    told = [
        [one.folded, folded_code(one.field_name), folded_code(one.code_list), str(one.item_id or "")] for one in items
    ]
    return hashlib.sha256(json.dumps([revision.entry_id, told], ensure_ascii=False).encode()).hexdigest()


def last_check(revision: DutyRevision) -> DutyCheck | None:
    """Return the latest check of a revision."""
    return DutyCheck.objects.filter(revision=revision).order_by("-pk").first()


def findings_of(check: DutyCheck) -> QuerySet[DutyFinding]:
    """Return what a check found, most matches first."""
    order = Case(When(kind="shared", then=0), default=1, output_field=IntegerField())
    return (
        DutyFinding.objects.filter(check_made=check)
        .select_related("entry__department", "entry__current_revision", "duty__department", "duty__current")
        .order_by(order, "pk")
    )


def check_counts() -> dict[str, int]:
    """Return how many checks were made for what is registered, and how many of them found something."""
    made = DutyCheck.objects.filter(revision__status__in=(DutyStatus.REGISTERED, DutyStatus.SUPERSEDED))
    made = made.filter(pk__in=DutyRevision.objects.filter(check_used__isnull=False).values("check_used"))
    found = made.filter(Q(shared_count__gt=0) | Q(collected_count__gt=0))
    return {"made": made.count(), "found": found.count()}


def linkable_entries(actor: Actor) -> QuerySet[Entry]:
    """Return the entries that a duty of the actor's department may be linked to."""
    return (
        Entry.objects.filter(department=actor.department_id)
        .exclude(status=EntryStatus.WITHDRAWN)
        .select_related("current_revision", "published_revision", "working_revision")
        .order_by("current_revision__name", "pk")
    )


def citable_bases(cited: Sequence[str] = ()) -> QuerySet[LegalBasis]:
    """Return the articles that may be cited for the collection of data today, and those that are cited already."""
    kept = [int(one) for one in cited if one.isdecimal()]
    today = legal_bases_for("collection").values("pk")
    return LegalBasis.objects.filter(Q(pk__in=today) | Q(pk__in=kept)).order_by("document", "article_position", "pk")
