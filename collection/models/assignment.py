from django.db import models
from django.db.models import F, Q


class Assignment(models.Model):
    """The job of somebody of a contractor: an entry on whose data he works until a day, the last one included.

    It gives no right of its own: what a cataloguer of the department may do, he may do on these data alone.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="assignments")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="assignments")
    until = models.DateField()
    assigned_at = models.DateTimeField()
    assigned_by_name = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "entry"], condition=Q(ended_at__isnull=True), name="assignment_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("assigned_at")), name="assignment_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.user_id}"
