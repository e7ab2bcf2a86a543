import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from sharing.choices import WebhookState

LONGEST_PAUSE = timedelta(hours=2)
"""Between two attempts lies an hour at most: a message that was not tried for longer is not tried any more."""
ATTEMPTS_KEPT = timedelta(days=183)
"""Six months, as network logs are kept at least (Cybersecurity Law of 2017, Art. 21 (3))."""


class WebhookEndpoint(models.Model):
    """Where a department wants to be told that data it may pull have changed (batch exchange).

    ``secret`` is the sealed signing secret; it is shown once. ``token`` binds it.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(max_length=500)
    secret = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=200)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "url"], condition=Q(removed_at__isnull=True), name="webhook_endpoint_once"
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookMessage(models.Model):
    """One message to one endpoint: written once, sent until it is taken or given up, and again by hand.

    It tells that there is a new version, never what is in it. ``delivered_at`` is when it was last taken; sending it
    again in vain leaves that standing.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="messages")
    grant = models.ForeignKey("Grant", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=WebhookState.choices, default=WebhookState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=50, blank=True, help_text="Code of the failure.")
    last_tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "grant", "version"], name="webhook_message_once"),
        ]
        indexes = [models.Index(fields=["endpoint", "-id"], name="webhook_message_endpoint")]

    def __str__(self) -> str:
        return f"msg_{self.key.hex}"

    def can_be_sent_again(self, moment: datetime) -> bool:
        """Say whether it is not on its way, or so long that whoever sent it must have died."""
        since = self.last_tried_at or self.occurred_at
        return self.state != WebhookState.PENDING or moment - since > LONGEST_PAUSE


class WebhookAttempt(models.Model):
    """One attempt to send a message, and what came of it. Kept for ``ATTEMPTS_KEPT``.

    ``status`` is what was answered, ``error`` the code of the failure; ``next_at`` is when the outbox tries again.
    """

    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="tried")
    number = models.PositiveIntegerField(help_text="1 on the first, and on the first after it was sent again by hand.")
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=50, blank=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["at"], name="webhook_attempt_at")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.number}"
