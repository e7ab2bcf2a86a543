from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from workflow.models.clock import Clock
from workflow.wording import in_readers_language


class Task(models.Model):
    """A piece of work that waits for somebody: a role in a department, or one person of it.

    A task without a department waits for any holder of the role in the installation.
    """

    kind = models.CharField(max_length=80)
    subject_label = models.CharField(max_length=100)
    subject_pk = models.BigIntegerField()
    titles = models.JSONField(default=dict, help_text="Language → text.")
    details = models.JSONField(default=dict, help_text="Language → text.")
    url = models.CharField(max_length=500, blank=True)
    department = models.ForeignKey(
        "accounts.Department", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    role = models.CharField(max_length=20)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    exclude_user_ids = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text="Who may not do it, having taken part: nobody approves what he submitted himself.",
    )
    clock = models.ForeignKey(Clock, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks")
    due_at = models.DateTimeField(null=True, blank=True, help_text="For work that no clock runs on.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="workflow_task_one_open",
                fields=["kind", "subject_label", "subject_pk", "department", "role"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="workflow_task_not_the_excluded",
                condition=Q(user__isnull=True) | ~Q(exclude_user_ids__contains=[F("user")]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["department", "role"], name="workflow_task_inbox", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["subject_label", "subject_pk"], name="workflow_task_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it is about, in the reader's language."""
        return in_readers_language(self.titles)

    @property
    def detail(self) -> str:
        """Who wants what of whom, in the reader's language; may be empty."""
        return in_readers_language(self.details)
