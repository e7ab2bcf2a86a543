"""What the tables of ``workflow`` hold about one object of another app."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Case, F, QuerySet, When

from workflow.choices import OPEN_CLOCK_STATES, ClockState
from workflow.models import Attachment, Clock, ClockReminder, Task

PAUSED_LAST = Case(When(state=ClockState.PAUSED, then=1), default=0)
"""The order among open clocks of an object: whoever has to act meanwhile looks at the one that runs."""


def clocks_of(subject: models.Model) -> QuerySet[Clock]:
    """Return all clocks of an object, running ones first, then paused ones, then the latest."""
    return (
        Clock.objects.filter(subject_label=subject._meta.label_lower, subject_pk=subject.pk)
        .select_related("policy", "department")
        .prefetch_related("pauses")
        .order_by(F("finished_at").desc(nulls_first=True), PAUSED_LAST, "due_at", "id")
    )


def reminders_of(subject: models.Model) -> QuerySet[ClockReminder]:
    """Return the reminders of the clocks of an object, first sent first."""
    found = ClockReminder.objects.filter(clock__subject_label=subject._meta.label_lower, clock__subject_pk=subject.pk)
    return found.select_related("clock").order_by("sent_at", "pk")


def clock_open_of(subject: models.Model, policy_key: str) -> Clock | None:
    """Return the open clock of an object under one policy, or None."""
    return clocks_of(subject).filter(policy_key=policy_key, state__in=OPEN_CLOCK_STATES).first()


def clock_next_of(subject: models.Model) -> Clock | None:
    """Return the open clock of an object that is due first, one that runs before a paused one, or None."""
    return clocks_of(subject).filter(state__in=OPEN_CLOCK_STATES).order_by(PAUSED_LAST, "due_at").first()


def clocks_open_by_subject(label: str, pks: Iterable[int]) -> dict[int, Clock]:
    """Return, for each of many objects of a kind, the open clock that is due first, one that runs before a paused one.

    Two queries for a whole list.

    Args:
        label: as in ``Model._meta.label_lower``.
    """
    found: dict[int, Clock] = {}
    clocks = Clock.objects.filter(subject_label=label, subject_pk__in=list(pks), state__in=OPEN_CLOCK_STATES)
    for clock in clocks.prefetch_related("pauses").order_by(PAUSED_LAST, "due_at", "pk"):
        found.setdefault(clock.subject_pk, clock)
    return found


def attachments_of(subject: models.Model) -> QuerySet[Attachment]:
    """Return the files kept with an object; what may be downloaded is decided by the owning app's policy."""
    return Attachment.objects.filter(
        subject_label=subject._meta.label_lower, subject_pk=subject.pk, removed_at__isnull=True
    )


def subjects_waiting(kind: str, *, until: datetime | None = None) -> set[int]:
    """Return the keys of the objects on which a task of a kind is open.

    Args:
        until: only tasks that were opened by then.
    """
    found = Task.objects.filter(kind=kind, closed_at__isnull=True)
    if until is not None:
        found = found.filter(opened_at__lte=until)
    return set(found.values_list("subject_pk", flat=True))


def waiting_since(subject: models.Model, kind: str) -> datetime | None:
    """Return when the open task of a kind on an object was opened; None where there is none."""
    found = Task.objects.filter(subject_label=subject._meta.label_lower, subject_pk=subject.pk, closed_at__isnull=True)
    return found.filter(kind=kind).order_by("opened_at").values_list("opened_at", flat=True).first()


def departments_waiting(subject: models.Model, kind: str) -> set[int | None]:
    """Return the departments in which a task of a kind is open on an object."""
    found = Task.objects.filter(subject_label=subject._meta.label_lower, subject_pk=subject.pk, closed_at__isnull=True)
    return set(found.filter(kind=kind).values_list("department", flat=True))
