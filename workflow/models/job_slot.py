from django.db import models
from django.db.models import Q

from workflow.choices import FINAL_JOB_STATES, JobState


class JobSlot(models.Model):
    """One due time of one scheduled job. The unique row is what makes it happen once.

    ``fencing_token`` comes from a sequence and grows with every claim: a worker that lost its lease holds a
    lower one and can finish nothing.
    """

    job = models.CharField(max_length=150)
    slot = models.DateTimeField(help_text="The due time, computed from the schedule.")
    task_name = models.CharField(max_length=200, blank=True, help_text="Task to send again when the worker is lost.")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.RUNNING)
    worker = models.CharField(max_length=200)
    fencing_token = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=1)
    claimed_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    lease_until = models.DateTimeField()
    deadline_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.TextField(blank=True)

    class Meta:
        ordering = ["-slot", "job"]
        constraints = [
            models.UniqueConstraint(name="workflow_jobslot_once", fields=["job", "slot"]),
            models.CheckConstraint(
                name="workflow_jobslot_final",
                condition=Q(state__in=FINAL_JOB_STATES, finished_at__isnull=False)
                | (~Q(state__in=FINAL_JOB_STATES) & Q(finished_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["lease_until"], name="workflow_jobslot_open", condition=Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M}"
