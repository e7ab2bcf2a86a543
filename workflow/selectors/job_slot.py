"""How the slots of jobs stand."""

from datetime import datetime, timedelta

from core import clock
from workflow.choices import FINAL_JOB_STATES, JobState
from workflow.models import JobSlot

SILENCE = timedelta(minutes=1)
"""After so long without a sign of life a worker is said not to answer; signs come every forty seconds."""


def slot_running(job: str, slot: datetime) -> JobSlot | None:
    """Return the slot that a worker holds; None where none does."""
    return JobSlot.objects.filter(job=job, slot=slot, state=JobState.RUNNING).first()


def silent_until(row: JobSlot) -> datetime | None:
    """Return when another worker takes a slot over whose worker gives no sign of life; None while it does."""
    return None if clock.now() - row.heartbeat_at < SILENCE else row.lease_until


def is_slot_claimed(job: str, slot: datetime) -> bool:
    """Say whether a worker ever took the slot."""
    return JobSlot.objects.filter(job=job, slot=slot).exists()


def slot_ended_last(job: str) -> JobSlot | None:
    """Return the slot of a job that ended last; None where none has, or none is kept."""
    return JobSlot.objects.filter(job=job, finished_at__isnull=False).order_by("-finished_at", "-pk").first()


def is_slot_over(job: str, slot: datetime) -> bool:
    """Say whether the slot was claimed and has ended, whatever became of it."""
    return JobSlot.objects.filter(job=job, slot=slot, state__in=FINAL_JOB_STATES).exists()
