from django.db import models
from django.db.models import Q

from sharing.choices import PENDING_OBJECTION_STATES, ObjectionState


class Objection(models.Model):
    """A request to verify and correct data (校核, 809 Art. 26): about an entry, an item of it, or a row.

    ``row_key`` is the sealed key of the row as the grant's holder knows it, ``row_number`` the row's number in
    ``version``, by which the provider finds it where the key is hashed or masked. Both go once the matter is closed,
    and at ``row_gone_at``, when an erasure had removed the row: the key often is the person's number.
    """

    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="objections")
    dataset = models.ForeignKey(
        "collection.Dataset", null=True, blank=True, on_delete=models.PROTECT, related_name="objections"
    )
    grant = models.ForeignKey("Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="objections")
    item = models.ForeignKey("catalog.Item", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    row_key = models.TextField(blank=True)
    row_number = models.PositiveBigIntegerField(null=True)
    row_gone_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(null=True, help_text="Number of the version that was looked at.")
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="objections")
    description = models.TextField()
    state = models.CharField(max_length=12, choices=ObjectionState.choices, default=ObjectionState.OPEN)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=200, blank=True)
    corrected_in = models.ForeignKey(
        "collection.DatasetVersion", null=True, on_delete=models.SET_NULL, related_name="objections"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(row_key="") | Q(grant__isnull=False), name="objection_row_under_a_grant"
            ),
            models.CheckConstraint(
                condition=Q(state__in=PENDING_OBJECTION_STATES, closed_at__isnull=True)
                | (~Q(state__in=PENDING_OBJECTION_STATES) & Q(closed_at__isnull=False)),
                name="objection_closed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["entry", "state"], name="objection_entry"),
            models.Index(fields=["department", "-id"], name="objection_department"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
