from django.db import models
from django.db.models import Q


class RefusedCall(models.Model):
    """Calls of the data API that were refused alike within a minute: by whom, with which code, how often.

    Whoever calls with a token that is none is nobody known: neither client nor person. ``path`` and ``address`` are
    those of the first call. One row for each minute, caller and code, so that nobody can flood it; ``count`` stops at
    ``MOST_COUNTED``.
    """

    MOST_COUNTED = 10_000

    minute = models.DateTimeField()
    client = models.ForeignKey(
        "Client", null=True, on_delete=models.PROTECT, related_name="refused_calls", db_index=False
    )
    user = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=40)
    status = models.PositiveSmallIntegerField()
    path = models.CharField(max_length=200)
    address = models.GenericIPAddressField(null=True)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-minute", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "user", "code", "minute"], name="refused_call_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(client__isnull=True) | Q(user__isnull=True), name="refused_call_by_one"),
        ]
        indexes = [
            models.Index(fields=["client", "minute"], name="refused_call_client"),
            models.Index(fields=["minute"], name="refused_call_minute"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.minute:%Y-%m-%d %H:%M}"
