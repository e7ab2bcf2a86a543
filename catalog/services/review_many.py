"""Deciding on many submissions at once, where nothing about them is contentious."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalog import policies
from catalog.contention import Contention, reasons_of
from catalog.models import Entry
from catalog.selectors import entry as selectors
from catalog.services import withdrawal
from catalog.services.check import WAITING_STATUSES, concerns_for
from catalog.services.review import entry_approve, working_revision
from core.actors import Actor
from core.exceptions import DomainError, FieldError, NotVisible, RuleViolation

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """One that was left as it was, and why; without a name where the actor may not see it."""

    ref: str
    name: str
    reasons: list[str]


@dataclass(slots=True)
class ManyApproved:
    """What came of a decision on many."""

    approved: list[Entry] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def review_approve_many(
    *, actor: Actor, refs: Sequence[str], opinion: str = "", versions: Mapping[str, int] | None = None
) -> ManyApproved:
    """Sign off or approve several submissions with one opinion, each in a transaction of its own.

    One that is contentious (``catalog.contention``), or may not be decided by the actor, is left as it was and
    listed with its reason; the others go through.

    Args:
        versions: the ``edit_version`` under which the actor saw each, by reference.

    Raises:
        RuleViolation: none is named, or more than ``MOST_AT_ONCE``.

    Basis:
        as ``entry_approve``; that contentious ones are looked at alone is a rule of our own (ADR 0041).
    """
    wanted = list(dict.fromkeys(str(ref) for ref in refs))
    if not wanted:
        raise RuleViolation([FieldError("pick", "required", _("Choose at least one entry."))])
    if len(wanted) > MOST_AT_ONCE:
        message = _("At most %(count)d entries can be decided at once.") % {"count": MOST_AT_ONCE}
        raise RuleViolation([FieldError("pick", "too_many", message)])
    done = ManyApproved()
    for ref in wanted:
        try:
            done.approved.append(_approve_one(actor, ref, opinion, (versions or {}).get(ref)))
        except DomainError as error:
            done.refused.append(Refused(ref, _name_of(actor, ref), _reasons(error)))
    return done


@transaction.atomic
def _approve_one(actor: Actor, ref: str, opinion: str, edit_version: int | None) -> Entry:
    """Ask the rule of contention under the same lock under which the decision falls."""
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_decide_entry(actor, entry)
    if withdrawal.is_pending(entry):
        raise _contentious([Contention.WITHDRAWAL])
    revision = working_revision(entry)
    if revision.status in WAITING_STATUSES:
        reasons = reasons_of(concerns_for(revision))
        if reasons:
            raise _contentious(reasons)
    return entry_approve(actor=actor, ref=ref, opinion=opinion, edit_version=edit_version)


def _contentious(reasons: Sequence[Contention]) -> RuleViolation:
    return RuleViolation([FieldError("contention", reason.value, str(reason.label)) for reason in reasons])


def _reasons(error: DomainError) -> list[str]:
    errors: list[Any] = getattr(error, "errors", [])
    return [str(one.message) for one in errors] or [str(error)]


def _name_of(actor: Actor, ref: str) -> str:
    try:
        return str(selectors.entry_get_for(actor, ref))
    except NotVisible:
        return ""
