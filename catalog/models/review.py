from django.contrib.postgres.fields import ArrayField
from django.db import models

from catalog.choices import DecisionAction, Severity


class Decision(models.Model):
    """One step of an entry's way through sign-off and review, kept for good. Who, when, with which opinion."""

    entry = models.ForeignKey("Entry", on_delete=models.CASCADE, related_name="decisions")
    revision = models.ForeignKey("Revision", null=True, on_delete=models.CASCADE, related_name="decisions")
    action = models.CharField(max_length=20, choices=DecisionAction.choices)
    opinion = models.TextField(blank=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    department_name = models.CharField(max_length=200, blank=True)
    sharing = models.CharField(max_length=15, blank=True)
    basis = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["entry", "at"], name="decision_entry_at"),
            models.Index(fields=["actor_id", "-at"], name="decision_actor_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at:%Y-%m-%d}"


class ReviewComment(models.Model):
    """A remark on one field, or on one item, of a revision under review.

    ``field`` is the field's name in the API; with ``item`` it names a field of that item, or is empty for the whole.
    """

    revision = models.ForeignKey("Revision", on_delete=models.CASCADE, related_name="comments")
    field = models.CharField(max_length=60, blank=True)
    item = models.ForeignKey("Item", null=True, on_delete=models.CASCADE, related_name="comments")
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.REQUIRED)
    text = models.TextField()
    author = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    department_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.field}: {self.text[:40]}"


class ReviewCheck(models.Model):
    """What the pre-check found when a revision was handed on, so that the queue can be filtered by it.

    A decision on many asks the rules again; this row decides nothing.
    """

    revision = models.OneToOneField("Revision", primary_key=True, on_delete=models.CASCADE, related_name="review_check")
    reasons = ArrayField(models.CharField(max_length=30), help_text="Values of ``contention.Contention``.")
    errors = models.PositiveIntegerField()
    hints = models.PositiveIntegerField()
    changes = models.JSONField(help_text="How many fields changed and items were added, changed, removed, moved.")
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.revision_id}: {', '.join(self.reasons) or 'clear'}"


class DutyChange(models.Model):
    """A change of law or of duties that obliges departments to update entries.

    It starts the clock of the Regulation on Government Data Sharing, Art. 17, for each entry concerned.
    """

    document = models.CharField(max_length=200)
    document_number = models.CharField(max_length=100, blank=True)
    article = models.CharField(max_length=100, blank=True)
    gist = models.TextField()
    changed_on = models.DateField()
    recorded_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_on", "-id"]

    def __str__(self) -> str:
        return f"{self.document} {self.article}".strip()


class DutyChangeEntry(models.Model):
    """One entry that a change of law or duties concerns; the statutory clock hangs on this row."""

    change = models.ForeignKey(DutyChange, on_delete=models.CASCADE, related_name="concerned")
    entry = models.ForeignKey("Entry", on_delete=models.CASCADE, related_name="duty_changes")
    filed_revision = models.ForeignKey("Revision", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "entry"], name="duty_change_entry_once")]

    def __str__(self) -> str:
        return f"{self.change} · {self.entry_id}"
