from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from audit import services as audit
from core import clock as time
from core.actors import Actor
from core.basis import INTERNAL_RULE, Citation
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation
from core.reasons import Reason
from workflow import outbox, policies
from workflow.choices import OPEN_CLOCK_STATES, ClockState
from workflow.clock_arithmetic import PauseSpan, due_for
from workflow.exceptions import ClockAlreadyRunning
from workflow.models import Clock, ClockPause
from workflow.selectors.calendar import CalendarState, calendar_state
from workflow.selectors.clock_policy import clock_policy_for
from workflow.subjects import subject_ref

RECOMPUTE_BATCH = 500
MOVED_EVENT = "workflow.clock.moved"


@transaction.atomic
def clock_start(
    *,
    actor: Actor,
    policy_key: str,
    subject: models.Model,
    department_id: int,
    region_id: int,
    started_at: datetime | None = None,
) -> Clock:
    """Start a clock on an object, under the rule in force on the day of the start.

    Args:
        department_id: whose duty it is.
        started_at: the event the rule counts from; now where left out.

    Raises:
        ClockAlreadyRunning: such a clock is open on the object.
        ClockPolicyMissing: no rule is in force for the key.
    Basis: the citation of the policy.
    """
    reference = subject_ref(subject)
    moment = started_at or time.now()
    started_on = moment.astimezone(time.REGION_ZONE).date()
    clock = Clock(
        policy_key=policy_key,
        subject_label=reference.label,
        subject_pk=reference.pk,
        subject_name=reference.name,
        department_id=department_id,
        region_id=region_id,
        started_at=moment,
        started_on=started_on,
    )
    policy = clock_policy_for(policy_key, region_path=clock.region.path, on=started_on)
    clock.policy = policy
    clock.working_days = policy.working_days
    clock.extension_limit_working_days = policy.extension_working_days
    clock.document = policy.document
    clock.article = policy.article
    clock.is_statutory = policy.is_statutory
    clock.role = policy.role
    _set_due(clock, calendar_state(), [])
    try:
        with transaction.atomic():
            clock.save(force_insert=True)
    except IntegrityError as error:
        if "workflow_clock_one_open" in str(error):
            raise ClockAlreadyRunning from error
        raise
    audit.record(actor, "workflow.clock.start", clock, after=_snapshot(clock), basis=_basis(clock))
    return clock


@transaction.atomic
def clock_stop(
    *,
    actor: Actor,
    clock: Clock | None = None,
    subject: models.Model | None = None,
    policy_key: str = "",
    finished_at: datetime | None = None,
) -> Clock | None:
    """End a clock because the work is done.

    Name the clock itself, or the object and the key; in the second form it is no error that none is open.

    Returns:
        The ended clock, or None where none was open on the object.
    Raises:
        InvalidTransition: the clock has already ended.
        RuleViolation: the end lies before the start.
    """
    return _end(ClockState.FINISHED, "workflow.clock.stop", actor, clock, subject, policy_key, finished_at)


@transaction.atomic
def clocks_stop(*, actor: Actor, subject: models.Model, policy_keys: Collection[str]) -> list[Clock]:
    """End whichever of several clocks are open on an object; one query where none is."""
    reference = subject_ref(subject)
    open_clocks = (
        Clock.objects.select_for_update()
        .filter(
            subject_label=reference.label,
            subject_pk=reference.pk,
            policy_key__in=policy_keys,
            state__in=OPEN_CLOCK_STATES,
        )
        .order_by("pk")
    )
    moment = time.now()
    return [_finish(clock, ClockState.FINISHED, "workflow.clock.stop", actor, moment) for clock in open_clocks]


@transaction.atomic
def clock_cancel(
    *,
    actor: Actor,
    clock: Clock | None = None,
    subject: models.Model | None = None,
    policy_key: str = "",
    reason: str = "",
) -> Clock | None:
    """End a clock whose work is no longer wanted; it counts neither as on time nor as late.

    One that is overdue is late all the same and ends as such: else whoever was late could get rid of it.

    Raises:
        InvalidTransition: the clock has already ended.
    """
    return _end(ClockState.CANCELLED, "workflow.clock.cancel", actor, clock, subject, policy_key, None, reason)


@transaction.atomic
def clock_reopen(*, actor: Actor, clock: Clock, reason: str) -> Clock:
    """Let a finished clock run on as if it had not been ended, since the work was taken back.

    The time between counts; start and extension stay.

    Raises:
        InvalidTransition: the clock has not finished.
        ClockAlreadyRunning: another such clock is open on the object by now.
    """
    locked = _lock(clock)
    if locked.state != ClockState.FINISHED:
        raise InvalidTransition(_("This time limit has not ended."), code="clock_not_ended")
    before = _snapshot(locked)
    locked.state = ClockState.RUNNING
    locked.finished_at = None
    _set_due(locked, calendar_state(), list(locked.pauses.all()))
    try:
        with transaction.atomic():
            locked.save(update_fields=["state", "finished_at", *_DUE_FIELDS])
    except IntegrityError as error:
        if "workflow_clock_one_open" in str(error):
            raise ClockAlreadyRunning from error
        raise
    audit.record(
        actor,
        "workflow.clock.reopen",
        locked,
        before=before,
        after=_snapshot(locked),
        basis=_basis(locked),
        note=reason,
    )
    return locked


@transaction.atomic
def clock_extend(*, actor: Actor, clock: Clock, days: int, reason: str) -> Clock:
    """Extend a clock once, before it is overdue, within what its rule allows.

    Args:
        actor: who consents: a reviewer of the authority in charge.
        days: working days to add.

    Raises:
        NotAllowed: the actor is not the authority in charge.
        InvalidTransition: the clock has ended, is overdue, or was extended before.
        RuleViolation: more days than the rule allows, or no reason.
    Basis: 政务数据共享条例 第十七条, 第二十一条.
    """
    locked = _lock(clock)
    policies.require_extend_clock(actor, locked)
    _require_open(locked)
    if locked.extension_working_days:
        raise InvalidTransition(_("This time limit was already extended once."), code="clock_extended")
    if locked.state == ClockState.RUNNING and time.now() > locked.due_at:
        raise InvalidTransition(_("This time limit is overdue and can no longer be extended."), code="clock_overdue")
    errors = []
    if not 1 <= days <= locked.extension_limit_working_days:
        message = _("The rule allows an extension of at most %(limit)s working days.") % {
            "limit": locked.extension_limit_working_days
        }
        errors.append(FieldError("days", "extension_limit", message))
    if not reason.strip():
        errors.append(FieldError("reason", "required", str(_("Say why the time limit has to be extended."))))
    if errors:
        raise RuleViolation(errors)
    before = _snapshot(locked)
    locked.extension_working_days = days
    locked.extension_reason = reason.strip()
    locked.extended_at = time.now()
    _set_due(locked, calendar_state(), list(locked.pauses.all()))
    locked.save(update_fields=["extension_working_days", "extension_reason", "extended_at", *_DUE_FIELDS])
    audit.record(
        actor,
        "workflow.clock.extend",
        locked,
        before=before,
        after=_snapshot(locked),
        basis=_basis(locked),
        note=reason,
    )
    return locked


@transaction.atomic
def clock_pause(*, actor: Actor, clock: Clock, reason: str | Reason = "", basis: Citation | str | None = None) -> Clock:
    """Let a clock stand still, e.g. while the other side completes its materials.

    Args:
        reason: what somebody wrote, or why it came by itself.
        basis: what lets it stand still, where that is another rule than the one it runs under.

    Raises:
        InvalidTransition: the clock does not run, or is overdue: a pause must not hide that it is late.
    """
    locked = _lock(clock)
    if locked.state != ClockState.RUNNING:
        raise InvalidTransition(_("This time limit is not running."), code="clock_not_running")
    moment = time.now()
    if moment > locked.due_at:
        raise InvalidTransition(_("This time limit is overdue and can no longer be paused."), code="clock_overdue")
    code = reason.code if isinstance(reason, Reason) else ""
    note = "" if isinstance(reason, Reason) else reason
    ClockPause.objects.create(clock=locked, paused_at=moment, paused_on=time.today(), reason=code or note)
    locked.state = ClockState.PAUSED
    locked.save(update_fields=["state"])
    audit.record(
        actor,
        "workflow.clock.pause",
        locked,
        before={"state": ClockState.RUNNING.value},
        after={"state": ClockState.PAUSED.value, **({"why": code} if code else {})},
        basis=basis or _basis(locked),
        note=note,
    )
    return locked


@transaction.atomic
def clock_resume(*, actor: Actor, clock: Clock, basis: Citation | str | None = None) -> Clock:
    """Let a paused clock run again; the working days it stood still are not counted.

    Args:
        basis: as ``clock_pause``.

    Raises:
        InvalidTransition: the clock is not paused.
    """
    locked = _lock(clock)
    if locked.state != ClockState.PAUSED:
        raise InvalidTransition(_("This time limit is not paused."), code="clock_not_paused")
    before = _snapshot(locked)
    _close_pause(locked, time.now())
    locked.state = ClockState.RUNNING
    _set_due(locked, calendar_state(), list(locked.pauses.all()))
    locked.save(update_fields=["state", *_DUE_FIELDS])
    audit.record(
        actor,
        "workflow.clock.resume",
        locked,
        before=before,
        after=_snapshot(locked),
        basis=basis or _basis(locked),
    )
    return locked


def clocks_recompute(*, actor: Actor, batch: int = RECOMPUTE_BATCH) -> list[int]:
    """Compute again every open clock that is older than the calendar; return the ids of those that moved.

    Each batch is a transaction of its own, so an interrupted run goes on where it stopped, and two runs at once
    share the work.
    """
    moved: list[int] = []
    while True:
        with transaction.atomic():
            state = calendar_state()
            clocks = list(
                Clock.objects.select_for_update(skip_locked=True)
                .filter(state__in=OPEN_CLOCK_STATES, calendar_revision__lt=state.revision)
                .prefetch_related(Prefetch("pauses"))
                .order_by("pk")[:batch]
            )
            moved += _recompute(actor, clocks, state)
        if len(clocks) < batch:
            return moved


def _recompute(actor: Actor, clocks: Iterable[Clock], state: CalendarState) -> list[int]:
    """Set the due days of locked clocks under a newer calendar; audit and announce those that changed."""
    moved, untouched = [], []
    for clock in clocks:
        before = _due_snapshot(clock)
        _set_due(clock, state, list(clock.pauses.all()))
        if _due_snapshot(clock) == before:
            untouched.append(clock.pk)
            continue
        if clock.overdue_at and clock.due_at > time.now():
            clock.overdue_at = None
        clock.save(update_fields=[*_DUE_FIELDS, "overdue_at"])
        audit.record(actor, "workflow.clock.recompute", clock, before=before, after=_due_snapshot(clock))
        if before["due_on"] != clock.due_on:
            outbox.put(MOVED_EVENT, clock_id=clock.pk, due_before=before["due_on"])
        moved.append(clock.pk)
    Clock.objects.filter(pk__in=untouched).update(calendar_revision=state.revision)
    return moved


_DUE_FIELDS = ("due_on", "due_at", "is_provisional", "calendar_revision")


def _set_due(clock: Clock, state: CalendarState, pauses: list[ClockPause]) -> None:
    spans = [PauseSpan(pause.paused_on, pause.resumed_on) for pause in pauses]
    due = due_for(state.calendar, clock.started_on, clock.total_working_days, spans)
    clock.due_on = due.on
    clock.due_at = time.end_of_day(due.on)
    clock.is_provisional = due.provisional
    clock.calendar_revision = state.revision


def _end(
    state: ClockState,
    action: str,
    actor: Actor,
    clock: Clock | None,
    subject: models.Model | None,
    policy_key: str,
    finished_at: datetime | None,
    note: str = "",
) -> Clock | None:
    locked = _lock(clock) if clock is not None else _lock_open(subject, policy_key)
    if locked is None:
        return None
    _require_open(locked)
    moment = finished_at or time.now()
    if state == ClockState.FINISHED and moment < locked.started_at:
        message = str(_("The end cannot lie before the start."))
        raise RuleViolation([FieldError("finished_at", "before_start", message)])
    return _finish(locked, state, action, actor, moment, note)


def _finish(locked: Clock, state: ClockState, action: str, actor: Actor, moment: datetime, note: str = "") -> Clock:
    before: dict[str, object] = {"state": locked.state}
    due: dict[str, object] = {}
    if locked.state == ClockState.PAUSED:
        # The days it stood still do not count, whether it ran again before its end or not.
        before |= _due_snapshot(locked)
        _close_pause(locked, moment)
        _set_due(locked, calendar_state(), list(locked.pauses.all()))
        due = _due_snapshot(locked)
    is_overdue = moment > locked.due_at
    locked.state = ClockState.FINISHED if is_overdue else state
    locked.finished_at = moment
    locked.save(update_fields=["state", "finished_at", *_DUE_FIELDS])
    after = {"state": str(locked.state), "finished_at": moment, "is_late": is_overdue, **due}
    audit.record(actor, action, locked, before=before, after=after, basis=_basis(locked), note=note)
    return locked


def _lock(clock: Clock) -> Clock:
    """Lock the row and read it again: the caller's copy may be old."""
    locked = Clock.objects.select_for_update(of=("self",)).select_related("region").filter(pk=clock.pk).first()
    if locked is None:
        raise NotVisible
    return locked


def _lock_open(subject: models.Model | None, policy_key: str) -> Clock | None:
    if subject is None or not policy_key:
        raise TypeError("name the clock, or the subject and the policy key")
    reference = subject_ref(subject)
    return (
        Clock.objects.select_for_update()
        .filter(
            Q(subject_label=reference.label, subject_pk=reference.pk),
            policy_key=policy_key,
            state__in=OPEN_CLOCK_STATES,
        )
        .first()
    )


def _require_open(clock: Clock) -> None:
    if not clock.is_open:
        raise InvalidTransition(_("This time limit has already ended."), code="clock_ended")


def _close_pause(clock: Clock, moment: datetime) -> None:
    clock.pauses.filter(resumed_at__isnull=True).update(
        resumed_at=moment, resumed_on=moment.astimezone(time.REGION_ZONE).date()
    )


def _basis(clock: Clock) -> Citation | str:
    return Citation(clock.document, clock.article) if clock.document else INTERNAL_RULE


def _snapshot(clock: Clock) -> dict[str, object]:
    return {
        "state": str(clock.state),
        "policy": clock.policy_id,
        "working_days": clock.working_days,
        "extension_working_days": clock.extension_working_days,
        "started_on": clock.started_on,
        **_due_snapshot(clock),
    }


def _due_snapshot(clock: Clock) -> dict[str, object]:
    return {"due_on": clock.due_on, "is_provisional": clock.is_provisional}
