"""Naming the entries on whose data somebody of a contractor works."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.selectors.entry import entry_get_for
from collection import policies
from collection.models import Assignment
from collection.selectors.assignment import assignment_get, contractors_for
from core import clock
from core.actors import Actor
from core.basis import CONTRACTORS
from core.exceptions import FieldError, RuleViolation


@transaction.atomic
def assignment_add(*, actor: Actor, entry_ref: str | int, user_id: int, until: date) -> Assignment:
    """Let somebody of a contractor work on the data of an entry until a day; who does already, does until that day.

    Args:
        until: the last day.

    Raises:
        NotVisible, NotAllowed: the actor is not the head of the providing department.
        RuleViolation: not a cataloguer of the department from a contractor, or a day that has passed.

    Basis:
        Regulation on Government Data Sharing, Art. 36; internal rule, docs/adr/0081.
    """
    entry = entry_get_for(actor, entry_ref, for_update=True)
    policies.require_name_contractors(actor, entry)
    errors = []
    if not contractors_for(entry).filter(pk=user_id).exists():
        message = _("Choose a cataloguer of your department who is contractor staff.")
        errors.append(FieldError("user", "unknown", message))
    if until < clock.today():
        errors.append(FieldError("until", "past", _("The last day has passed.")))
    if errors:
        raise RuleViolation(errors)
    present = Assignment.objects.filter(entry=entry, user=user_id, ended_at__isnull=True).first()
    before = {"until": present.until} if present is not None else None
    assignment = present or Assignment(entry=entry, user_id=user_id)
    assignment.until, assignment.assigned_by_name = until, actor.name
    if present is None:
        assignment.assigned_at = clock.now()
    assignment.save()
    after = {"entry": entry.ref, "user": assignment.user.username, "until": until}
    audit.record(actor, "collection.assignment.add", assignment, before=before, after=after, basis=CONTRACTORS)
    return assignment


@transaction.atomic
def assignment_end(*, actor: Actor, entry_ref: str | int, assignment_id: int) -> Assignment:
    """End somebody's work on the data of an entry at once.

    Raises:
        NotVisible: there is no such naming, or it was ended. NotAllowed: not the head of the providing department.
    """
    entry = entry_get_for(actor, entry_ref, for_update=True)
    policies.require_name_contractors(actor, entry)
    assignment = assignment_get(entry, assignment_id)
    assignment.ended_at, assignment.ended_by_name = clock.now(), actor.name
    assignment.save(update_fields=["ended_at", "ended_by_name"])
    before = {"entry": entry.ref, "user": assignment.user.username, "until": assignment.until}
    audit.record(actor, "collection.assignment.end", assignment, before=before)
    return assignment
