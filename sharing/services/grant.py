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
from catalog.selectors import items_of
from collection.models import Dataset
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from core.reasons import Reason
from sharing import policies, scope, signals, transitions
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantAction, GrantStatus, Side
from sharing.entitlement import seal_hash_key
from sharing.models import Grant, GrantNotice, GrantStep, ShareRequest, TermsAcceptance
from sharing.selectors import grant as selectors
from sharing.services.right import grants_lock, right_refresh
from sharing.services.step import TASK_FILE_STOP
from sharing.use_limits import LIMITS, is_tighter, limit_errors, limits_of
from workflow import outbox
from workflow import services as workflow

CHANGED_EVENT = "sharing.grant.changed"
"""Tells both departments; the payload names the step."""
_SUSPENSION = ("suspended_at", "suspended_by", "suspended_by_department", "suspend_reason", "suspended_before")


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

    Raises:
        NotVisible, NotAllowed: see ``policies.can_suspend``. InvalidTransition: it is not in force, or suspended
            already, and not by the provider alone while the actor stands above it.
        RuleViolation: no reason is given.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_suspend(actor, grant)
    step = transitions.GRANT.apply("suspend", grant.status)
    if grant.status == GrantStatus.SUSPENDED and not policies.can_take_over(actor, grant):
        raise InvalidTransition(_("The grant is suspended already."), code="suspended")
    require_text(reason, "reason", _("Say why the grant is suspended."))
    suspend(actor, grant, reason, clock.now(), step.basis)
    return grant


def suspend(actor: Actor, grant: Grant, reason: str, moment: datetime, basis: Any) -> None:
    """Suspend a locked grant and what goes on from it; whoever calls this has decided it.

    What the provider alone had suspended is taken over. Its own suspension, for a reason of its own, is kept beneath,
    and stands again once the other is lifted.
    """
    if grant.status == GrantStatus.SUSPENDED:
        grant.suspended_before = {
            "at": grant.suspended_at.isoformat() if grant.suspended_at else None,
            "department": grant.suspended_by_department_id,
            "reason": grant.suspend_reason,
        }
    grant.status = GrantStatus.SUSPENDED
    grant.suspended_at = moment
    grant.suspended_by = policies.side_suspending(actor, grant)
    grant.suspended_by_department_id = actor.department_id
    grant.suspend_reason = reason.strip()
    grant.save(update_fields=["status", *_SUSPENSION])
    stepped(actor, grant, GrantAction.SUSPEND, "sharing.grant.suspend", note=reason, basis=basis)
    for later in _later(grant, *OPEN_GRANT_STATUSES):
        if later.status == GrantStatus.ACTIVE or policies.can_take_over(actor, later):
            suspend(actor, later, reason, moment, basis)


@transaction.atomic
def grant_resume(*, actor: Actor, grant_id: int, note: str = "") -> Grant:
    """Let a suspended grant run again, with the end it had, and what was suspended with it.

    What the provider had suspended itself before somebody above it did is the provider's to let run again.

    Raises:
        NotVisible, NotAllowed: neither who suspended it nor the authority. InvalidTransition: it is not suspended.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_resume(actor, grant)
    transitions.GRANT.apply("resume", grant.status)
    _resume(actor, grant, note)
    return grant


def _resume(actor: Actor, grant: Grant, note: str) -> None:
    moment, before = grant.suspended_at, grant.suspended_before
    grant.suspended_at = grant.suspended_by_department_id = grant.suspended_before = None
    grant.suspended_by = grant.suspend_reason = ""
    if before is None:
        grant.status = GrantStatus.ACTIVE
    else:
        grant.suspended_at = datetime.fromisoformat(before["at"])
        grant.suspended_by, grant.suspend_reason = Side.PROVIDER, before["reason"]
        grant.suspended_by_department_id = before["department"]
    grant.save(update_fields=["status", *_SUSPENSION])
    detail = {"stays_suspended": True} if before is not None else {}
    stepped(actor, grant, GrantAction.RESUME, "sharing.grant.resume", note=note, after=detail)
    for later in _later(grant, GrantStatus.SUSPENDED):
        if later.suspended_at == moment:
            _resume(actor, later, note)


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
    actor: Actor, grant: Grant, reason: EndReason | Literal[""], note: str | Reason = "", disposal_demand: str = ""
) -> Grant:
    """End a locked grant; whoever calls this has decided that it ends.

    Args:
        reason: empty where it ends for none of those of the Regulation; the note says why.
    """
    grant.status = transitions.GRANT.apply("end", grant.status).target
    grant.ended_at = clock.now()
    grant.end_reason = reason
    grant.end_note = note.strip() if isinstance(note, str) else ""
    grant.disposal_demand = disposal_demand.strip() or grant.disposal_demand
    grant.save(update_fields=["status", "ended_at", "end_reason", "end_note", "disposal_demand"])
    detail = {"reason": str(reason)}
    if reason == EndReason.MISUSE:
        detail["side"] = str(policies.side_suspending(actor, grant))
    stepped(actor, grant, GrantAction.END, "sharing.grant.end", note=note, after=detail)
    if reason in _ENDS_WHAT_FOLLOWS:
        for later in _later(grant, *OPEN_GRANT_STATUSES):
            end(actor, later, reason, note, disposal_demand)
    return grant


@transaction.atomic
def grant_expire(*, actor: Actor, grant_id: int) -> Grant | None:
    """Note that a grant's time is over. Nothing was given any more since that instant, whenever this runs.

    Returns:
        The grant, None where it has ended meanwhile or its time is not over.
    """
    grant = grant_locked(actor, grant_id)
    if not transitions.GRANT.allows("expire", grant.status) or grant.valid_to > clock.now():
        return None
    grant.status = GrantStatus.EXPIRED
    grant.ended_at = grant.valid_to
    grant.save(update_fields=["status", "ended_at"])
    stepped(actor, grant, GrantAction.EXPIRE, "sharing.grant.expire")
    return grant


def narrowing(
    grant: Grant, masks: Mapping[str, str], rows_per_day: int | None, calls_per_minute: int | None
) -> dict[str, Any]:
    """Return stronger masks and limits of use as an announcement keeps them.

    Args:
        masks: item → mask, added to those there are; none can be taken away.
        rows_per_day, calls_per_minute: None for the limit that there is, or none.

    Returns:
        The masks, and of the limits those that become tighter.

    Raises:
        RuleViolation: an item is not granted, a mask would show more than now, a limit is no number or looser than
            now, or one of rows for files, or nothing changes.
    """
    asked = {"rows_per_day": rows_per_day, "calls_per_minute": calls_per_minute}
    _require_limits(grant, asked)
    stronger = _stronger(grant, masks)
    limits = {name: value for name, value in asked.items() if value not in (None, getattr(grant, name))}
    message = _("A running service can only be limited more.")
    looser = [
        FieldError(name, "looser", message)
        for name, value in limits.items()
        if not is_tighter(value, getattr(grant, name))
    ]
    if looser:
        raise RuleViolation(looser)
    if not stronger and not limits:
        raise RuleViolation([FieldError("masks", "nothing", _("Nothing would change: choose a mask or a limit."))])
    return {"masks": stronger, **limits}


def _require_limits(grant: Grant, limits: Mapping[str, int | None]) -> None:
    if errors := limit_errors(limits, is_table=grant.dataset.is_table):
        raise RuleViolation(errors)


def narrow(actor: Actor, grant: Grant, change: Mapping[str, Any], note: str) -> None:
    """Narrow a locked grant as was announced; whoever calls this has decided it. Who keeps a replica begins anew.

    What goes on from it, a renewal that is agreed to already, is narrowed with it.

    What the entry changed meanwhile stays: an item that is given no more, a mask that is stronger by now.

    Args:
        change: as ``narrowing`` returned it.
    """
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
    for later in _later(grant, *OPEN_GRANT_STATUSES):
        narrow(actor, later, change, note)


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
    _require_limits(grant, asked)
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


def _stronger(grant: Grant, masks: Mapping[str, str]) -> dict[str, str]:
    """Return those masks that are stronger than a grant's: any where there was none, else the one that hides all.

    Raises:
        RuleViolation: an item is not granted, a mask does not fit, or it would show more than now.
    """
    revision = grant.dataset.entry.published_revision
    items = items_of(revision) if revision is not None else []
    asked = scope.read_masks(masks, items, grant.items)
    stronger = {}
    for name, mask in masks.items():
        item = scope.read_items([name], items)[0]
        if mask == grant.masks.get(item, Mask.NONE):
            continue
        if item in grant.masks and mask != Mask.TEXT:
            raise RuleViolation([FieldError("masks", "weaker", _("A running grant can only be masked more."))])
        stronger[item] = asked[item]
    return stronger


def adapt(actor: Actor, grant: Grant, *, items: list[str], masks: dict[str, str], note: Reason) -> None:
    """Bring a locked grant in line with its entry: fewer items, stronger masks."""
    before = {"items": len(grant.items), "masks": sorted(grant.masks.values())}
    grant.items, grant.masks = items, masks
    grant.edition += 1
    grant.save(update_fields=["items", "masks", "edition"])
    after = {"items": len(items), "masks": sorted(masks.values())}
    stepped(actor, grant, GrantAction.ADAPT, "sharing.grant.adapt", note=note, before=before, after=after)


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


_ENDS_WHAT_FOLLOWS = (
    EndReason.PURPOSE_MET, EndReason.NOT_NEEDED, EndReason.MISUSE, EndReason.STOPPED, EndReason.ENTRY,
)  # fmt: skip
"""Reasons that end the renewal of a grant too; its use did not begin yet, or goes on from it."""


def _later(grant: Grant, *statuses: str) -> list[Grant]:
    """Return the grants that go on from one: what stops it must not come alive again by itself."""
    found = grant.later.filter(status__in=statuses, dataset=grant.dataset_id, department=grant.department_id)
    return list(
        found.select_related("request", "dataset__entry__department__region", "department__group").order_by("pk")
    )


def step_record(actor: Actor, grant: Grant, action: GrantAction, note: str | Reason = "", detail: Any = None) -> None:
    """Keep a step for the page of a grant.

    Args:
        note: what somebody wrote, or why it came by itself.
    """
    kept = {name: str(value) if isinstance(value, datetime) else value for name, value in (detail or {}).items()}
    GrantStep.objects.create(
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
    step_record(actor, grant, action, note, after)
    trail = {"status": grant.status, **(after or {})}
    said = note.strip() if isinstance(note, str) else ""
    if isinstance(note, Reason):
        trail["why"] = note.code
    audit.record(actor, recorded, grant, before=before, after=trail, note=said, basis=basis)
    right_refresh(actor=actor, dataset=grant.dataset, department=grant.department)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=action.value, by=actor.id)
    if action in (GrantAction.SUSPEND, GrantAction.END, GrantAction.EXPIRE):
        signals.grant_stopped.send(Grant, grant=grant, actor=actor)


def require_text(text: str, field: str, message: str) -> None:
    """Refuse to do what needs a word without one.

    Raises:
        RuleViolation: nothing is said.
    """
    if not text.strip():
        raise RuleViolation([FieldError(field, "required", message)])
