"""How the slots of jobs stand."""

from datetime import datetime

from workflow.choices import FINAL_JOB_STATES
from workflow.models import JobSlot


def is_slot_over(job: str, slot: datetime) -> bool:
    """Say whether the slot was claimed and has ended, whatever became of it."""
    return JobSlot.objects.filter(job=job, slot=slot, state__in=FINAL_JOB_STATES).exists()
