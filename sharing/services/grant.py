"""The life of a grant: made from a decision, suspended, narrowed, ended; the right follows in the same transaction."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, InformationSystem
from audit import services as audit
from catalog.choices import Mask
from collection.models import Dataset
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from core.reasons import Reason
from sharing import policies, signals, transitions
from sharing.choices import ENDS_WHAT_FOLLOWS, OPEN_GRANT_STATUSES, EndReason, GrantAction, GrantStatus
from sharing.entitlement import seal_hash_key
from sharing.models import (
    Grant,
    GrantNotice,
    GrantStep,
    GrantSuspension,
    Inspection,
    ShareRequest,
    TermsAcceptance,
)
from sharing.selectors import grant as selectors
from sharing.selectors.suspension import require_resume, suspended_by_own, suspensions_open
from sharing.services.right import grants_lock, right_refresh
from sharing.services.step import TASK_FILE_STOP
from sharing.use_limits import LIMITS, is_tighter, limit_errors, limits_of
from workflow import outbox
from workflow import services as workflow

CHANGED_EVENT = "sharing.grant.changed"
"""Tells both departments; the payload names the step."""


@transaction.atomic
def grant_create(
    *,
    actor: Actor,
    dataset: Dataset,
    department: Department,
    items: Sequence[str],
    row_filter: Sequence[Mapping[str, Any]],
    masks: Mapping[str, str],
    methods: Sequence[str],
    valid_from: datetime,
    valid_to: datetime,
    purpose: str,
    systems: Sequence[InformationSystem] = (),
    rows_per_day: int | None = None,
    calls_per_minute: int | None = None,
    request: ShareRequest | None = None,
    acceptance: TermsAcceptance | None = None,
    previous: Grant | None = None,
) -> Grant:
    """Make a grant; whoever calls this has decided that it may be made, under the lock of the entry."""
    grants_lock(dataset.pk, department.pk)
    grant = Grant(
        dataset=dataset,
        department=department,
        items=list(items),
        row_filter=list(row_filter),
        masks=dict(masks),
        methods=list(methods),
        valid_from=valid_from,
        valid_to=valid_to,
        purpose=purpose,
        rows_per_day=rows_per_day,
        calls_per_minute=calls_per_minute,
        request=request,
        acceptance=acceptance,
        previous=previous,
        created_at=clock.now(),
    )
    grant.hash_key = seal_hash_key(grant, secrets.token_bytes(32))
    grant.save(force_insert=True)
    grant.systems.set(systems)
    after = {
        "department": department.code,
        "items": len(grant.items),
        "filter": len(grant.row_filter),
        "masks": sorted(grant.masks.values()),
        "methods": grant.methods,
        "valid_from": valid_from,
        "valid_to": valid_to,
        **{
            name: value
            for name, value in (("rows_per_day", rows_per_day), ("calls_per_minute", calls_per_minute))
            if value
        },
    }
    stepped(actor, grant, GrantAction.CREATE, "sharing.grant.create", after=after)
    return grant


@transaction.atomic
def grant_suspend(*, actor: Actor, grant_id: int, reason: str) -> Grant:
    """Stop reading at once; pages and streams under way end with their next batch.

    Whoever suspended it besides, each side's word stands for itself.

    Raises:
        NotVisible, NotAllowed: see ``policies.can_suspend``. InvalidTransition: it has ended, or the actor's own side
            suspended it already. RuleViolation: no reason is given.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_suspend(actor, grant)
    step = transitions.GRANT.apply("suspend", grant.status)
    if suspended_by_own(actor, grant) is not None:
        raise InvalidTransition(_("The grant is suspended already."), code="suspended")
    require_text(reason, "reason", _("Say why the grant is suspended."))
    suspend(actor, grant, reason, step.basis)
    return grant


def suspend(
    actor: Actor,
    grant: Grant,
    reason: str,
    basis: Any,
    *,
    misuse: Inspection | None = None,
) -> None:
    """Suspend a locked grant, and what goes on from it, for the actor's side; whoever calls this has decided it.

    A grant that is over stays so: there it stands against its holder.

    Args:
        misuse: what was found, where it is suspended for that.
    """
    held = _suspended(actor, grant, reason, basis, misuse=misuse)
    suspend_later(actor, held, grant, basis)


def _suspended(
    actor: Actor,
    grant: Grant,
    reason: str,
    basis: Any,
    *,
    cause: GrantSuspension | None = None,
    misuse: Inspection | None = None,
) -> GrantSuspension:
    held = GrantSuspension.objects.create(
        grant=grant,
        side=policies.side_suspending(actor, grant),
        department_id=actor.department_id,
        reason=reason.strip(),
        cause=cause,
        misuse=misuse,
        opened_at=cause.opened_at if cause is not None else clock.now(),
        opened_by_name=actor.name,
    )
    if grant.status in OPEN_GRANT_STATUSES:
        grant.status = GrantStatus.SUSPENDED
        grant.save(update_fields=["status"])
    detail = {"by_side": held.side}
    stepped(actor, grant, GrantAction.SUSPEND, "sharing.grant.suspend", note=reason, after=detail, basis=basis)
    return held


def suspend_later(actor: Actor, held: GrantSuspension, grant: Grant, basis: Any) -> None:
    """Suspend what goes on from a locked grant for what suspends it, and is not suspended for that as it is.

    What is over hands on what suspends the grant before it.
    """
    by_grant = {grant.pk: held}
    for former, later in selectors.grants_after(grant):
        causes = {one.pk for one in by_grant.values()}
        followed = next((one for one in suspensions_open(later) if one.cause_id in causes), None)
        if followed is None and later.status in OPEN_GRANT_STATUSES:
            followed = _suspended(actor, later, held.reason, basis, cause=by_grant[former])
        by_grant[later.pk] = followed or by_grant[former]


@transaction.atomic
def grant_resume(*, actor: Actor, grant_id: int, note: str = "", suspension_id: int | None = None) -> Grant:
    """Lift a suspension, and what followed from it; the grant runs again, with the end it had, once none is left.

    With what follows from the suspension of a grant that is over goes that one too: its use goes on here alone.

    Args:
        suspension_id: which; left out, all of the actor's own side. What outlived its grant, and what another side
            ordered, is lifted by name alone: meanwhile that may have become another than was read.

    Raises:
        NotVisible. NotAllowed: it is neither his side's nor is he the authority. InvalidTransition: it is not
            suspended, or this one was lifted. RuleViolation: it is of another grant, or not named though another's.
    """
    grant = grant_locked(actor, grant_id)
    held = suspensions_open(grant)
    require_resume(actor, grant, held)
    if suspension_id is None or grant.status in OPEN_GRANT_STATUSES:
        transitions.GRANT.apply("resume", grant.status)
    roots = dict.fromkeys(_root(actor, one) for one in _to_lift(actor, grant, held, suspension_id))
    for root in roots:
        if root.grant_id != grant.pk:
            lift(actor, root.grant, [root], note)
    if here := [one for one in roots if one.grant_id == grant.pk]:
        lift(actor, grant, here, note)
    grant.refresh_from_db(fields=["status"])
    return grant


def _to_lift(
    actor: Actor, grant: Grant, held: Sequence[GrantSuspension], suspension_id: int | None
) -> list[GrantSuspension]:
    """Return which suspensions are lifted, of those that are open.

    Raises:
        As ``grant_resume``.
    """
    if suspension_id is None:
        own = [one for one in held if policies.is_own_word(actor, one)]
        if not own:
            raise RuleViolation([FieldError("suspension", "required", _("Say which suspension is to be lifted."))])
        return own
    found = [one for one in held if one.pk == suspension_id]
    if not found:
        if GrantSuspension.objects.filter(grant=grant, pk=suspension_id).exists():
            raise InvalidTransition(_("This suspension was lifted already."), code="lifted")
        raise RuleViolation([FieldError("suspension", "unknown", _("Choose one of the suspensions of this grant."))])
    require_resume(actor, grant, found)
    return found


def _root(actor: Actor, held: GrantSuspension) -> GrantSuspension:
    """Return what is lifted with a suspension: what it follows from, as far as that outlived its grant and is the
    actor's to lift. Nobody would look for it there."""
    cause = held.cause
    is_left = cause is not None and cause.closed_at is None and cause.grant.status not in OPEN_GRANT_STATUSES
    return _root(actor, cause) if cause is not None and is_left and policies.can_lift(actor, cause) else held


def lift(actor: Actor, grant: Grant, held: Sequence[GrantSuspension], note: str) -> None:
    """Lift suspensions of a locked grant and what followed from them; whoever calls this has decided it.

    A grant that is over does not run again: there they only stand against its holder no more.
    """
    closed = {"closed_at": clock.now(), "closed_by_name": actor.name, "closing_note": note.strip()}
    GrantSuspension.objects.filter(pk__in=[one.pk for one in held]).update(**closed)
    detail: dict[str, Any] = {"by_side": held[0].side}
    if grant.status == GrantStatus.SUSPENDED:
        if suspensions_open(grant):
            detail["stays_suspended"] = True
        else:
            grant.status = GrantStatus.ACTIVE
            grant.save(update_fields=["status"])
    stepped(actor, grant, GrantAction.RESUME, "sharing.grant.resume", note=note, after=detail)
    # By the rows, not by what follows the grant: a suspension goes over to what takes a grant's place.
    followed = GrantSuspension.objects.filter(cause__in=held, closed_at__isnull=True)
    related = ("request", "dataset__entry__department__region", "department__group")
    for later in Grant.objects.filter(pk__in=followed.values("grant")).select_related(*related).order_by("pk"):
        lift(actor, later, list(followed.filter(grant=later)), note)


@transaction.atomic
def grant_end(
    *, actor: Actor, grant_id: int, reason: str, note: str = "", disposal_demand: str = ""
) -> Grant:  # fmt: skip
    """End a grant before its day: the requester because it needs it no longer, the provider because of misuse.

    A provider that wants to stop without misuse announces it first: see ``services.stopping``.

    Args:
        reason: a value of ``EndReason``.
        disposal_demand: how the provider wants the data disposed of: its own word alone, with misuse.

    Raises:
        NotVisible, NotAllowed: neither; or the reason is not the actor's to give. InvalidTransition: it has ended.
        RuleViolation: misuse is not described, or something is demanded by another than the provider.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = grant_locked(actor, grant_id)
    if reason in (EndReason.PURPOSE_MET, EndReason.NOT_NEEDED):
        policies.require_use(actor, grant, Role.HEAD)
    elif reason == EndReason.MISUSE:
        policies.require_suspend(actor, grant)
        require_text(note, "note", _("Describe the misuse."))
    else:
        raise RuleViolation([FieldError("reason", "unknown", _("Choose one of the reasons."))])
    if disposal_demand.strip() and (reason != EndReason.MISUSE or not policies.provides(actor, grant)):
        message = _("How the data are disposed of is the provider's to say.")
        raise RuleViolation([FieldError("disposal_demand", "not_yours", message)])
    return end(actor, grant, EndReason(reason), note, disposal_demand)


def end(
    actor: Actor,
    grant: Grant,
    reason: EndReason | Literal[""],
    note: str | Reason = "",
    disposal_demand: str = "",
    **detail: Any,
) -> Grant:
    """End a locked grant; whoever calls this has decided that it ends.

    Args:
        reason: empty where it ends for none of those of the Regulation; the note says why.
        detail: what its step tells besides.
    """
    _ended(actor, grant, reason, note, disposal_demand, **detail)
    if reason in ENDS_WHAT_FOLLOWS:
        for later in _open_after(grant):
            _ended(actor, later, reason, note, disposal_demand, **detail | {"follows": grant.pk})
    return grant


def _ended(actor: Actor, grant: Grant, reason: str, note: str | Reason, disposal_demand: str, **detail: Any) -> None:
    grant.status = transitions.GRANT.apply("end", grant.status).target
    grant.ended_at = clock.now()
    grant.end_reason = reason
    grant.end_note = note.strip() if isinstance(note, str) else ""
    grant.disposal_demand = disposal_demand.strip() or grant.disposal_demand
    grant.save(update_fields=["status", "ended_at", "end_reason", "end_note", "disposal_demand"])
    if reason == EndReason.MISUSE:
        detail = {"side": str(policies.side_suspending(actor, grant)), "department": actor.department_code} | detail
    detail = {"reason": str(reason), **detail}
    stepped(actor, grant, GrantAction.END, "sharing.grant.end", note=note, after=detail)


def narrow(actor: Actor, grant: Grant, change: Mapping[str, Any], note: str) -> None:
    """Narrow a locked grant as was announced, and what goes on from it; whoever calls this has decided it.

    Who keeps a replica begins anew. What the entry changed meanwhile stays: an item that is given no more, a mask that
    is stronger by now.

    Args:
        change: as ``services.stopping`` keeps it.
    """
    for one in (grant, *_open_after(grant)):
        _narrowed(actor, one, change, note)


def _narrowed(actor: Actor, grant: Grant, change: Mapping[str, Any], note: str) -> None:
    row = transitions.GRANT.apply("narrow", grant.status)
    chosen = dict(grant.masks)
    for item, mask in change["masks"].items():
        if item in grant.items and (item not in chosen or mask == Mask.TEXT):
            chosen[item] = mask
    if chosen != grant.masks:
        grant.masks = chosen
        grant.edition += 1
    for name in LIMITS:
        if is_tighter(change.get(name), getattr(grant, name)):
            setattr(grant, name, change[name])
    grant.save(update_fields=["masks", "edition", "rows_per_day", "calls_per_minute"])
    detail = {
        "rows_per_day": grant.rows_per_day,
        "calls_per_minute": grant.calls_per_minute,
        "masks": sorted(grant.masks.values()),
    }
    recorded = "sharing.grant.narrow"
    stepped(actor, grant, GrantAction.NARROW, recorded, note=note, after=detail, basis=row.basis)


@transaction.atomic
def grant_loosen(
    *,
    actor: Actor,
    grant_id: int,
    limits: Mapping[str, int | None],
    read: Mapping[str, int | None] | None = None,
    note: str = "",
) -> Grant:
    """Let a service give more in a day or a minute, at once: what is agreed to stays as it is, so nobody is asked.

    Args:
        limits: some of ``LIMITS`` as they hold from now on, None for none of its own; what is left out stays.
        read: the limits as they were read; None where the caller read none before.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: it has ended.
        StaleEdit: other limits hold than were read.
        RuleViolation: a limit is no number or tighter than now, or nothing changes.

    Basis:
        Internal rule, docs/adr/0071: the Regulation (809, Art. 27) guards against giving less.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    transitions.GRANT.apply("loosen", grant.status)
    before = limits_of(grant)
    if any(before[name] != limit for name, limit in (read or {}).items()):
        message = _("The limits changed after you opened this. Look at them as they are now, then loosen them.")
        raise StaleEdit(message, extra={"limits": before})
    asked = {**before, **limits}
    if errors := limit_errors(asked, is_table=grant.dataset.is_table):
        raise RuleViolation(errors)
    message = _("This is tighter than now: announce a change instead.")
    tighter = [FieldError(name, "tighter", message) for name, value in asked.items() if is_tighter(value, before[name])]
    if tighter:
        raise RuleViolation(tighter)
    if asked == before:
        raise RuleViolation([FieldError("rows_per_day", "nothing", _("Nothing would change: loosen a limit."))])
    grant.rows_per_day, grant.calls_per_minute = asked["rows_per_day"], asked["calls_per_minute"]
    grant.save(update_fields=list(asked))
    stepped(actor, grant, GrantAction.LOOSEN, "sharing.grant.loosen", note=note, before=before, after=asked)
    return grant


def shorten(actor: Actor, grant: Grant, valid_to: datetime, note: Reason, reason: EndReason) -> None:
    """Let a locked grant end earlier than agreed, since its ground falls away.

    Args:
        reason: why it ends at once where it would not have begun by then.
    """
    if valid_to <= grant.valid_from:
        end(actor, grant, reason, note)
        return
    before = {"valid_to": grant.valid_to}
    grant.valid_to = valid_to
    grant.save(update_fields=["valid_to"])
    after = {"valid_to": valid_to}
    stepped(actor, grant, GrantAction.ADAPT, "sharing.grant.adapt", note=note, before=before, after=after)


def _open_after(grant: Grant) -> list[Grant]:
    """Return what goes on from a grant and is not over: what stops that must not come alive again by itself."""
    return [one for _former, one in selectors.grants_after(grant) if one.status in OPEN_GRANT_STATUSES]


def step_record(
    actor: Actor, grant: Grant, action: GrantAction, note: str | Reason = "", detail: Any = None
) -> GrantStep:
    """Keep a step for the page of a grant, and return it.

    Args:
        note: what somebody wrote, or why it came by itself.
    """
    kept = {name: str(value) if isinstance(value, datetime) else value for name, value in (detail or {}).items()}
    return GrantStep.objects.create(
        grant=grant,
        action=action,
        note=note.strip() if isinstance(note, str) else "",
        detail=kept if isinstance(note, str) else {**kept, "why": note.as_dict()},
        actor_name=actor.name,
        department_name=actor.department_name,
        at=clock.now(),
    )


def grant_locked(actor: Actor, grant_id: int) -> Grant:
    """Return a visible grant with all grants of its department on its dataset locked."""
    seen = selectors.grant_get_for(actor, grant_id)
    grants_lock(seen.dataset_id, seen.department_id)
    return selectors.grant_get_for(actor, grant_id)


def stepped(
    actor: Actor,
    grant: Grant,
    action: GrantAction,
    recorded: str,
    *,
    note: str | Reason = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    basis: Any = None,
) -> None:
    """Keep step and trail, let the right follow, tell both departments."""
    if action in (GrantAction.END, GrantAction.EXPIRE, GrantAction.DISPOSE):
        GrantNotice.objects.filter(grant=grant, closed_at__isnull=True).update(closed_at=clock.now())
        # What was carried out before the authority took it to its files stays its work, whatever becomes of the grant.
        kept = [TASK_FILE_STOP] if selectors.notice_unfiled_of(grant) is not None else []
        workflow.task_close(actor=actor, subject=grant, but=kept)
    taken = step_record(actor, grant, action, note, after)
    trail = {"status": grant.status, **(after or {})}
    said = note.strip() if isinstance(note, str) else ""
    if isinstance(note, Reason):
        trail["why"] = note.code
    audit.record(actor, recorded, grant, before=before, after=trail, note=said, basis=basis)
    right_refresh(actor=actor, dataset=grant.dataset, department=grant.department)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=action.value, by=actor.id, step_id=taken.pk)
    if action in (GrantAction.SUSPEND, GrantAction.END, GrantAction.EXPIRE):
        signals.grant_stopped.send(Grant, grant=grant, actor=actor)


def require_text(text: str, field: str, message: str) -> None:
    """Refuse to do what needs a word without one.

    Raises:
        RuleViolation: nothing is said.
    """
    if not text.strip():
        raise RuleViolation([FieldError(field, "required", message)])
