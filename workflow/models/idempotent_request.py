from django.db import models


class IdempotentRequest(models.Model):
    """A POST that was marked by an ``Idempotency-Key`` or is a form of a page, and the answer it got.

    The row is written in the transaction of the change: a repetition waits for the first to end and gets its answer.
    """

    caller = models.CharField(max_length=100, help_text="Kind and key of the actor, e.g. user:42.")
    key = models.CharField(max_length=255)
    path = models.CharField(max_length=500)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=b"")
    content_type = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="workflow_idempotent_once", fields=["caller", "key"])]
        indexes = [models.Index(fields=["created_at"], name="workflow_idempotent_age")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
