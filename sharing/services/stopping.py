"""A provider that wants to stop or narrow a running service without misuse (809, Art. 27): announced, answered, filed,
carried out.

It consults the requester and files it with the authority, which both have some working days to speak; before the day
nothing is stopped or narrowed, nor once the authority has objected. The article asks for filing, not for approval: an
authority that is silent until the day, or is not there, holds nothing up. What was carried out unfiled says so, and is
taken to the files afterwards. Misuse needs none of this: the grant is suspended at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from accounts.models import Department
from audit import services as audit
from catalog.choices import Mask
from catalog.selectors import authority_in_charge, items_of
from core import clock
from core.actors import Actor
from core.basis import SUSPENSION_OF_SHARING
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from sharing import policies, scope, transitions
from sharing.choices import EndReason, GrantAction
from sharing.models import Grant, GrantNotice
from sharing.selectors.grant import notice_unfiled_of, stop_first_day, stop_first_days
from sharing.services.grant import CHANGED_EVENT, end, grant_locked, narrow, step_record
from sharing.services.step import TASK_ANSWER_STOP, TASK_FILE_STOP, grant_task_for
from sharing.use_limits import is_tighter, limit_errors
from workflow import outbox
from workflow import services as workflow

_ANOTHER = gettext_lazy("What you read is announced no more. Read what stands there now, then answer.")


@transaction.atomic
def stop_announce(*, actor: Actor, grant_id: int, reason: str, stops_on: date) -> GrantNotice:
    """Announce that a service is to stop: the requester is asked, the authority gets it for its files.

    Args:
        stops_on: the day from which nothing is given any more.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: it has ended, or something was announced.
        RuleViolation: no reason, or the day does not lie ahead or lies after the grant's last one.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = _of_provider(actor, grant_id)
    return _announced(actor, grant, reason, stops_on, None)


@transaction.atomic
def narrow_announce(
    *,
    actor: Actor,
    grant_id: int,
    masks: Mapping[str, str] | None = None,
    rows_per_day: int | None = None,
    calls_per_minute: int | None = None,
    reason: str,
    stops_on: date,
) -> GrantNotice:
    """Announce that a service is to give less, within what was agreed to: the same way as its stop.

    Args:
        masks, rows_per_day, calls_per_minute: as ``_narrowing`` takes them.
        stops_on: the day from which this holds.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: it has ended, or something was announced.
        RuleViolation: no reason, the day does not lie ahead or lies after the grant's last one, or what is given is
            no narrowing.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = _of_provider(actor, grant_id)
    change = _narrowing(grant, masks or {}, rows_per_day, calls_per_minute)
    return _announced(actor, grant, reason, stops_on, change)


def _narrowing(
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
    if errors := limit_errors(asked, is_table=grant.dataset.is_table):
        raise RuleViolation(errors)
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


def _of_provider(actor: Actor, grant_id: int) -> Grant:
    """Return a locked grant of which nothing was announced.

    Raises:
        As ``stop_announce``.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    transitions.GRANT.apply("consult", grant.status)
    if GrantNotice.objects.filter(grant=grant, closed_at__isnull=True).exists():
        raise InvalidTransition(_("This was announced already."))
    return grant


def announcement_errors(grant: Grant, reason: str, stops_on: date, first_day: date) -> list[FieldError]:
    """Return what is wrong with an announcement: its reason, or the day from which it holds.

    Args:
        first_day: the first on which it may hold, see ``stop_first_day``.
    """
    errors = []
    if not reason.strip():
        errors.append(FieldError("reason", "required", _("Give the reasons.")))
    if stops_on <= clock.today():
        errors.append(FieldError("stops_on", "past", _("The day must lie ahead.")))
    elif stops_on > (last_day := grant.last_moment.astimezone(clock.REGION_ZONE).date()):
        message = _("The grant itself ends after %(day)s: choose a day until then, or let it end.")
        errors.append(FieldError("stops_on", "after_end", message % {"day": last_day.isoformat()}))
    elif stops_on < first_day:
        message = _("Requester and data authority need time to speak: the first day possible is %(day)s.")
        errors.append(FieldError("stops_on", "too_early", message % {"day": first_day.isoformat()}))
    return errors


def _announced(actor: Actor, grant: Grant, reason: str, stops_on: date, change: dict[str, Any] | None) -> GrantNotice:
    if errors := announcement_errors(grant, reason, stops_on, stop_first_day(grant, clock.now())):
        raise RuleViolation(errors)
    authority = authority_in_charge(grant.dataset.entry.department)
    return announce(actor, grant, reason, stops_on, change, authority)


def announce(
    actor: Actor,
    grant: Grant,
    reason: str,
    stops_on: date,
    change: dict[str, Any] | None,
    authority: Department | None,
) -> GrantNotice:
    """Announce something of a locked grant; whoever calls this has looked that it may be.

    Args:
        authority: the one in charge of the provider, which takes it to its files.
    """
    notice = GrantNotice.objects.create(
        grant=grant,
        reason=reason.strip(),
        stops_on=stops_on,
        change=change,
        announced_at=clock.now(),
        announced_by_name=actor.name,
    )
    detail: dict[str, Any] = {"stops_on": stops_on.isoformat()}
    if change is not None:
        detail |= {**change, "masks": sorted(change["masks"].values())}
    step_record(actor, grant, GrantAction.CONSULT, reason, detail)
    basis = SUSPENSION_OF_SHARING
    audit.record(actor, "sharing.grant.consult", grant, after=detail, note=reason.strip(), basis=basis)
    grant_task_for(grant, TASK_ANSWER_STOP, grant.department_id, Role.HEAD)
    if authority is not None:
        last_day = clock.end_of_day(stops_on - timedelta(days=1))
        grant_task_for(grant, TASK_FILE_STOP, authority.pk, Role.REVIEWER, due_at=last_day)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.CONSULT.value, by=actor.id)
    return notice


@transaction.atomic
def stop_answer(
    *, actor: Actor, grant_id: int, is_agreed: bool, answer: str, notice_id: int | None = None
) -> GrantNotice:
    """Answer for the requester whether it can do without the service.

    Args:
        notice_id: the announcement that was read; None where the caller read none before.

    Raises:
        NotVisible, NotAllowed: not the head of the department that holds the grant.
        InvalidTransition: nothing was announced, or it was answered. StaleEdit: another was announced since.
        RuleViolation: an objection without a word.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_use(actor, grant, Role.HEAD)
    notice = _open(grant, notice_id)
    if notice.answered_at is not None:
        raise InvalidTransition(_("This was answered already."))
    if not is_agreed and not answer.strip():
        raise RuleViolation([FieldError("answer", "required", _("Say why the service is still needed."))])
    notice.is_agreed, notice.answer, notice.answered_at = is_agreed, answer.strip(), clock.now()
    notice.save(update_fields=["is_agreed", "answer", "answered_at"])
    detail = {"agreed": is_agreed}
    step_record(actor, grant, GrantAction.OBJECT, answer, detail)
    audit.record(actor, "sharing.grant.answer", grant, after=detail, note=answer.strip())
    workflow.task_close(actor=actor, subject=grant, kind=TASK_ANSWER_STOP)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.OBJECT.value, by=actor.id)
    return notice


@transaction.atomic
def stop_file(
    *, actor: Actor, grant_id: int, is_accepted: bool, note: str = "", notice_id: int | None = None
) -> GrantNotice:
    """Take an announcement to the authority's files, or object to it: without good cause nothing may be altered.

    Args:
        notice_id: the announcement that was read; None for what was carried out unfiled, else the one under way.

    Raises:
        NotVisible, NotAllowed: no reviewer of the authority above the provider.
        InvalidTransition: nothing was announced, or the authority has spoken already.
        StaleEdit: what was read is under way no more.
        RuleViolation: an objection without reasons.

    What was carried out meanwhile is filed too; an objection then stands on record and undoes nothing.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_supervise(actor, grant)
    notice = _read(grant, notice_id) if notice_id is not None else notice_unfiled_of(grant) or _open(grant)
    if notice.filed_at is not None:
        raise InvalidTransition(_("This was taken to the files already."))
    if not is_accepted and not note.strip():
        raise RuleViolation([FieldError("note", "required", _("Give the reasons."))])
    notice.is_filing_accepted, notice.filing_note, notice.filed_at = is_accepted, note.strip(), clock.now()
    if not is_accepted:
        notice.closed_at = notice.closed_at or notice.filed_at
    notice.save(update_fields=["is_filing_accepted", "filing_note", "filed_at", "closed_at"])
    detail = {"accepted": is_accepted}
    step_record(actor, grant, GrantAction.CONSULT, note, detail)
    basis = SUSPENSION_OF_SHARING
    audit.record(actor, "sharing.grant.file_stop", grant, after=detail, note=note.strip(), basis=basis)
    if not is_accepted and not GrantNotice.objects.filter(grant=grant, closed_at__isnull=True).exists():
        workflow.task_close(actor=actor, subject=grant, kind=TASK_ANSWER_STOP)
    _filing_close(actor, grant)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.CONSULT.value, by=actor.id)
    return notice


@transaction.atomic
def stop_carry_out(*, actor: Actor, grant_id: int, disposal_demand: str = "", notice_id: int | None = None) -> Grant:
    """Stop or narrow a service as was announced, once its day has come.

    The requester is heard until that day: one that objects or keeps silent does not hold it up. The authority's
    objection does, and closed the announcement; its silence does not, and is on record then.

    Args:
        disposal_demand: how the data are to be disposed of, where the service stops.
        notice_id: the announcement that was read; None where the caller read none before.

    Raises:
        NotVisible, NotAllowed: not the provider's head.
        InvalidTransition: nothing was announced, or its day has not come. StaleEdit: another was announced since.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    notice = _open(grant, notice_id)
    if too_early := hindrance(grant, notice):
        raise too_early
    carry_out(actor, grant, notice, disposal_demand, authority_in_charge(grant.dataset.entry.department))
    return grant


def hindrance(grant: Grant, notice: GrantNotice) -> InvalidTransition | None:
    """Return why what was announced cannot be carried out yet."""
    return _too_early(notice, stop_first_day(grant, notice.announced_at))


def _too_early(notice: GrantNotice, first_day: date) -> InvalidTransition | None:
    if clock.today() < max(notice.stops_on, first_day):
        return InvalidTransition(_("The day that was announced has not come."), code="too_early")
    return None


def hindrances(notices: Iterable[GrantNotice]) -> Iterator[tuple[GrantNotice, InvalidTransition | None]]:
    """Return announcements of one provider, each with why it cannot be carried out yet.

    From which day each may hold is read at once, on however many days they were announced.
    """
    announced = {one: one.announced_at.astimezone(clock.REGION_ZONE).date() for one in notices}
    if not announced:
        return
    path = next(iter(announced)).grant.dataset.entry.department.region.path
    first_days = stop_first_days(path, set(announced.values()))
    for notice, announced_on in announced.items():
        yield notice, _too_early(notice, first_days[announced_on])


def carry_out(
    actor: Actor, grant: Grant, notice: GrantNotice, disposal_demand: str, authority: Department | None
) -> None:
    """Carry out what was announced of a locked grant; whoever calls this has looked that it may be.

    Args:
        authority: the provider's, which may have it to file still; the same for all of its grants.
    """
    notice.closed_at = notice.carried_out_at = clock.now()
    notice.save(update_fields=["closed_at", "carried_out_at"])
    _tasks_close(actor, grant)
    if notice.change is None:
        end(actor, grant, EndReason.STOPPED, notice.reason, disposal_demand)
    else:
        narrow(actor, grant, notice.change, notice.reason)
    if notice.filed_at is None:
        _unfiled(actor, grant, notice, authority)


def _unfiled(actor: Actor, grant: Grant, notice: GrantNotice, authority: Department | None) -> None:
    """Put on record that the authority had not taken it to its files, and leave it the work."""
    step_record(actor, grant, GrantAction.CONSULT, "", {"unfiled": notice.pk})
    audit.record(actor, "sharing.grant.stop_unfiled", grant, after={"unfiled": True}, basis=SUSPENSION_OF_SHARING)
    if authority is not None:
        grant_task_for(grant, TASK_FILE_STOP, authority.pk, Role.REVIEWER)


@transaction.atomic
def stop_take_back(*, actor: Actor, grant_id: int, notice_id: int | None = None) -> GrantNotice:
    """Take an announcement back.

    Args:
        notice_id: the announcement that was read; None where the caller read none before.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: nothing was announced.
        StaleEdit: another was announced since.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    notice = _open(grant, notice_id)
    notice.closed_at = clock.now()
    notice.save(update_fields=["closed_at"])
    step_record(actor, grant, GrantAction.CONSULT, "", {"taken_back": True})
    audit.record(actor, "sharing.grant.take_back_stop", grant, after={"taken_back": True})
    _tasks_close(actor, grant)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.CONSULT.value, by=actor.id)
    return notice


def _tasks_close(actor: Actor, grant: Grant) -> None:
    workflow.task_close(actor=actor, subject=grant, kind=TASK_ANSWER_STOP)
    _filing_close(actor, grant)


def _filing_close(actor: Actor, grant: Grant) -> None:
    """Close the authority's task, unless another announcement, or a change carried out before, waits for its files."""
    is_waiting = GrantNotice.objects.filter(grant=grant, closed_at__isnull=True, filed_at__isnull=True).exists()
    if not is_waiting and notice_unfiled_of(grant) is None:
        workflow.task_close(actor=actor, subject=grant, kind=TASK_FILE_STOP)


def _read(grant: Grant, notice_id: int) -> GrantNotice:
    """Return the announcement that somebody read, while the authority may speak to it, or has spoken.

    Raises:
        StaleEdit: it was taken back, or ended with its grant.
    """
    notice = GrantNotice.objects.select_for_update().filter(grant=grant, pk=notice_id).first()
    if notice is None or (notice.closed_at and not notice.filed_at and notice.carried_out_at is None):
        raise StaleEdit(_ANOTHER)
    return notice


def _open(grant: Grant, notice_id: int | None = None) -> GrantNotice:
    """Return the announcement under way.

    Raises:
        InvalidTransition: there is none. StaleEdit: it is another than the one that was read.
    """
    notice = GrantNotice.objects.select_for_update().filter(grant=grant, closed_at__isnull=True).first()
    if notice is None:
        raise InvalidTransition(_("Nothing was announced."))
    if notice_id not in (None, notice.pk):
        raise StaleEdit(_ANOTHER)
    return notice
