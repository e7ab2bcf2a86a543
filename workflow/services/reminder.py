"""Marking clocks overdue and reminding people, once per clock, stage and due day."""

from collections.abc import Iterable, Sequence

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from audit import services as audit
from core import clock as time
from core.actors import Actor
from core.clock import WorkdayCalendar
from workflow.choices import ClockKey, ClockState, ReminderStage
from workflow.models import Clock, ClockReminder, Task
from workflow.selectors.calendar import calendar
from workflow.selectors.people import reviewer_ids_of, role_holder_ids
from workflow.services.notification import notify

BATCH = 200
DAYS_BEFORE = 2
KIND_REMINDER = "workflow.clock.reminder"
KIND_OVERDUE = "workflow.clock.overdue"


def clocks_mark_overdue(*, actor: Actor) -> int:
    """Mark every running clock whose due time has passed; return how many. The mark is set once."""
    marked = 0
    while True:
        with transaction.atomic():
            moment = time.now()
            late = list(
                Clock.objects.select_for_update(skip_locked=True)
                .filter(state=ClockState.RUNNING, due_at__lt=moment, overdue_at__isnull=True)
                .order_by("pk")[:BATCH]
            )
            for clock in late:
                clock.overdue_at = moment
                clock.save(update_fields=["overdue_at"])
                after = {"overdue_at": moment, "due_on": clock.due_on}
                audit.record(actor, "workflow.clock.overdue", clock, before={"overdue_at": None}, after=after)
        marked += len(late)
        if len(late) < BATCH:
            return marked


def reminders_send() -> int:
    """Send the reminders of today, if it is a working day; return how many clocks were reminded of.

    Two working days before the due day the holders of the role are told, on the day their head too, after it
    also the reviewers of the authority, unless it is an internal limit of the department. What an earlier run
    missed is not made up for: only the stage a clock is in now is reminded of.
    """
    days = calendar()
    today = time.today()
    if not days.is_working_day(today):
        return 0
    horizon = days.add_working_days(today, DAYS_BEFORE).on
    settled = ClockReminder.objects.filter(clock=OuterRef("pk"), stage=ReminderStage.OVERDUE, due_on=OuterRef("due_on"))
    sent, last_pk = 0, 0
    while True:
        ids = list(
            Clock.objects.filter(~Exists(settled), state=ClockState.RUNNING, due_on__lte=horizon, pk__gt=last_pk)
            .order_by("pk")
            .values_list("pk", flat=True)[:BATCH]
        )
        if not ids:
            return sent
        last_pk = ids[-1]
        sent += sum(_remind(pk, days) for pk in ids)


@transaction.atomic
def _remind(clock_id: int, days: WorkdayCalendar) -> bool:
    clock = (
        Clock.objects.select_for_update(of=("self",))
        .select_related("department", "region")
        .filter(pk=clock_id, state=ClockState.RUNNING)
        .first()
    )
    stage = _stage(clock, days) if clock else None
    if clock is None or stage is None:
        return False
    reminder, is_new = ClockReminder.objects.get_or_create(
        clock=clock, stage=stage, due_on=clock.due_on, defaults={"sent_at": time.now()}
    )
    if not is_new:
        return False
    task = Task.objects.filter(clock=clock, closed_at__isnull=True).order_by("pk").first()
    title, body = _words(clock, stage, task, days)
    told = notify(
        user_ids=_recipients(clock, stage, task),
        kind=KIND_OVERDUE if stage == ReminderStage.OVERDUE else KIND_REMINDER,
        title=title,
        body=body,
        url=task.url if task else "",
        dedupe_key=f"clock:{clock.pk}:{stage}:{clock.due_on}",
    )
    reminder.recipients = len(told)
    reminder.people = _named(one.user_id for one in told)
    reminder.save(update_fields=["recipients", "people"])
    return True


def _named(user_ids: Iterable[int]) -> list[dict[str, str]]:
    """Return who was told, as they are called today."""
    people = get_user_model().objects.filter(pk__in=list(user_ids)).select_related("department")
    return [
        {"name": str(one), "department": one.department.name if one.department else ""}
        for one in people.order_by("department", "pk")
    ]


@transaction.atomic
def clock_moved_notify(*, clock_id: int, due_before: str, key: str) -> int:
    """Tell those on duty that a holiday notice moved their due day; return how many were told.

    Args:
        key: keeps a second run from telling anybody twice.
    """
    clock = Clock.objects.select_related("department", "region").filter(pk=clock_id, state=ClockState.RUNNING).first()
    if clock is None:
        return 0
    task = Task.objects.filter(clock=clock, closed_at__isnull=True).order_by("pk").first()
    title = format_lazy(
        _("{name}: now due on {due} instead of {before}"),
        name=_name(clock),
        due=clock.due_on.isoformat(),
        before=due_before,
    )
    told = notify(
        user_ids=_recipients(clock, ReminderStage.BEFORE, task),
        kind=KIND_REMINDER,
        title=title,
        body=format_lazy(_("{matter} · the holiday notice changed"), matter=_matter(clock, task)),
        url=task.url if task else "",
        dedupe_key=f"moved:{key}",
    )
    return len(told)


def _stage(clock: Clock, days: WorkdayCalendar) -> ReminderStage | None:
    """Return which reminder a clock is ripe for. A short one is not reminded of before its due day."""
    today = time.today()
    if clock.due_on < today:
        return ReminderStage.OVERDUE
    if clock.due_on == today:
        return ReminderStage.DUE
    is_long = clock.total_working_days > DAYS_BEFORE
    return ReminderStage.BEFORE if is_long and days.working_days_between(today, clock.due_on) <= DAYS_BEFORE else None


def _recipients(clock: Clock, stage: ReminderStage, task: Task | None) -> Sequence[int]:
    if task is not None and task.user_id:
        people = {task.user_id}
    elif task is not None:
        people = set(role_holder_ids(task.department_id, [task.role]))
    else:
        people = set(role_holder_ids(clock.department_id, [clock.role]))
    if stage != ReminderStage.BEFORE:
        people |= set(role_holder_ids(clock.department_id, [Role.HEAD]))
    # What a department has not filed yet is its own: its internal limits are no business of the authority.
    if stage == ReminderStage.OVERDUE and (clock.is_statutory or clock.role == Role.REVIEWER):
        people |= set(reviewer_ids_of(clock))
    return sorted(people.difference(task.exclude_user_ids if task is not None else ()))


def _words(
    clock: Clock, stage: ReminderStage, task: Task | None, days: WorkdayCalendar
) -> tuple[str | Promise, str | Promise]:
    """Word a reminder; lazily, since every reader has his own language."""
    patterns = {
        ReminderStage.BEFORE: _("{name}: due on {due}, {days} working days left"),
        ReminderStage.DUE: _("{name}: due today"),
        ReminderStage.OVERDUE: _("{name}: overdue since {due}"),
    }
    left = abs(days.working_days_between(time.today(), clock.due_on))
    title = format_lazy(patterns[stage], name=_name(clock), due=clock.due_on.isoformat(), days=left)
    basis = f"{clock.document} {clock.article}" if clock.document else _("internal rule")
    body = format_lazy(
        "{matter} · {department} · {basis}", matter=_matter(clock, task), department=clock.department, basis=basis
    )
    return title, body


def _matter(clock: Clock, task: Task | None) -> str | Promise:
    return lazy(lambda: task.title, str)() if task else clock.subject_name


def _name(clock: Clock) -> str | Promise:
    return ClockKey(clock.policy_key).label if clock.policy_key in ClockKey.values else clock.policy_key
