"""How the slots of jobs stand."""

from datetime import datetime, timedelta

from core import clock
from workflow.choices import FINAL_JOB_STATES, JobState
from workflow.models import JobSlot

SILENCE = timedelta(minutes=1)
"""After so long without a sign of life a worker is said not to answer; signs come every forty seconds."""


def silent_until(job: str, slot: datetime) -> datetime | None:
    """Return when another worker takes a slot over whose worker gives no sign of life; None while it does."""
    row = JobSlot.objects.filter(job=job, slot=slot, state=JobState.RUNNING).first()
    if row is None or clock.now() - row.heartbeat_at < SILENCE:
        return None
    return row.lease_until


def is_slot_over(job: str, slot: datetime) -> bool:
    """Say whether the slot was claimed and has ended, whatever became of it."""
    return JobSlot.objects.filter(job=job, slot=slot, state__in=FINAL_JOB_STATES).exists()
