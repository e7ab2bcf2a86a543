"""Keeping count of how current data are, and reminding those who answer for them (``collection.freshness``)."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from catalog.choices import Cycle
from catalog.models import Entry
from catalog.selectors.entry import authority_in_charge
from collection import notices
from collection.choices import PROOFS, RunOrigin
from collection.freshness import (
    HEARTBEAT_MINUTES,
    Freshness,
    FreshnessDue,
    Reminder,
    ReminderStage,
    freshness,
    next_due,
    reminder_between,
    tolerance_of,
)
from collection.models import Dataset, Run
from collection.selectors.assignment import people_to_tell
from core import clock
from core.clock import WorkdayCalendar
from core.faults import held_apart
from workflow import services as workflow
from workflow.selectors.calendar import calendar
from workflow.selectors.people import role_holder_ids


def cycle_of(entry: Entry) -> Cycle:
    """Return the cycle that is in force: the published revision's, else the draft's."""
    revision = entry.published_revision or entry.working_revision
    return Cycle(revision.cycle) if revision is not None and revision.cycle else Cycle.IRREGULAR


def current_as_of(run: Run) -> datetime | None:
    """Return up to when a run that ends now shows its data to be current; None where it shows nothing.

    What is built from other data is as current as they were shown to be, which the app that builds it has said.
    """
    if run.origin not in PROOFS:
        return None
    if run.origin != RunOrigin.LIBRARY:
        return clock.now()
    told = run.fetched.get("confirmed_at")
    return datetime.fromisoformat(told) if told else None


def freshness_of(run: Run, dataset: Dataset) -> Freshness:
    """Return what the timeliness of a run's data is judged by.

    A file comes in time or late: what counts is where the dataset stood before it. What is built from other data
    comes when they do, never late by itself: what counts is where it stands with them.
    """
    if run.origin != RunOrigin.LIBRARY:
        return Freshness(dataset.freshness)
    due = _due_of(dataset, current_as_of(run) or dataset.confirmed_at, calendar())
    return freshness(cycle_of(dataset.entry), due, now=clock.now())


def dataset_confirm(dataset: Dataset, moment: datetime) -> None:
    """Note that data were shown to be current: they changed, or the source was found unchanged."""
    dataset.confirmed_at = moment
    dataset.save(update_fields=["confirmed_at"])
    dataset_judge(dataset, calendar())


def dataset_judge(dataset: Dataset, days: WorkdayCalendar) -> FreshnessDue | None:
    """Work out the due time and the state of a dataset and keep both; the calendar may have moved them."""
    due = _due_of(dataset, dataset.confirmed_at, days)
    state = freshness(cycle_of(dataset.entry), due, now=clock.now()).value
    found = (due.at if due else None, bool(due and due.provisional), state)
    if found != (dataset.due_at, dataset.is_due_provisional, dataset.freshness):
        dataset.due_at, dataset.is_due_provisional, dataset.freshness = found
        dataset.save(update_fields=["due_at", "is_due_provisional", "freshness"])
    return due


def _due_of(dataset: Dataset, current_at: datetime | None, days: WorkdayCalendar) -> FreshnessDue | None:
    """Work out when data that were known to be current at a moment must be so again."""
    cycle = cycle_of(dataset.entry)
    return next_due(
        cycle,
        current_at,
        calendar=days,
        tolerance=tolerance_of(cycle, dataset.grace_days),
        heartbeat_minutes=dataset.heartbeat_minutes or HEARTBEAT_MINUTES,
    )


def freshness_check() -> tuple[int, int]:
    """Judge every dataset and send the reminders that have come due; return (datasets, reminders).

    Run again at once it sends nothing twice: a dataset notes until when it was looked at.
    """
    days = calendar()
    judged = reminded = 0
    for dataset_id in Dataset.objects.filter(retired_at__isnull=True).order_by("pk").values_list("pk", flat=True):
        with held_apart("freshness_not_judged", dataset=dataset_id):
            reminded += _dataset_check(dataset_id, days)
            judged += 1
    return judged, reminded


@transaction.atomic
def _dataset_check(dataset_id: int, days: WorkdayCalendar) -> int:
    dataset = (
        Dataset.objects.select_for_update(of=("self",))
        .select_related("entry__published_revision", "entry__working_revision", "entry__department__region")
        .get(pk=dataset_id)
    )
    due = dataset_judge(dataset, days)
    if due is None:
        return 0
    now = clock.now()
    is_known = dataset.reminded.get("due") == due.at.isoformat()
    after = datetime.fromisoformat(dataset.reminded["checked"]) if is_known else None
    reminder = reminder_between(due, after=after, until=now)
    dataset.reminded = {"due": due.at.isoformat(), "checked": now.isoformat()}
    dataset.save(update_fields=["reminded"])
    if reminder is None:
        return 0
    _remind(dataset, due, reminder)
    return 1


def _remind(dataset: Dataset, due: FreshnessDue, reminder: Reminder) -> None:
    people: set[int] = set()
    for role in reminder.roles:
        if role == Role.REVIEWER:
            authority = authority_in_charge(dataset.entry.department)
            people |= set(role_holder_ids(authority.pk, [role])) if authority else set()
        else:
            people |= people_to_tell(dataset.entry, [role])
    patterns = {
        ReminderStage.BEFORE: _("{name}: to be updated by {due}"),
        ReminderStage.DUE: _("{name}: was due on {due}"),
        ReminderStage.OVERDUE: _("{name}: overdue since {due}"),
        ReminderStage.OVERDUE_LONG: _("{name}: long overdue, since {due}"),
    }
    workflow.notify(
        user_ids=people,
        kind=notices.FRESHNESS,
        title=format_lazy(patterns[reminder.stage], name=dataset.name, due=due.on.isoformat()),
        body=format_lazy(
            _("{department} · cycle: {cycle}"),
            department=dataset.entry.department.name,
            cycle=cycle_of(dataset.entry).label,
        ),
        url=reverse("collection:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.FRESHNESS}:{dataset.pk}:{due.at.isoformat()}:{reminder.stage}",
    )
