from django.db import models
from django.db.models import Q

from workflow.choices import EmailState


class Notification(models.Model):
    """News for one person, worded in his language when it was written.

    One that the person wants by e-mail only has ``is_in_app`` off and carries the mail's state.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    dedupe_key = models.CharField(max_length=200, null=True, blank=True)
    is_in_app = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    email_state = models.CharField(max_length=10, choices=EmailState.choices, default=EmailState.NONE)
    email_claimed_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(name="workflow_notification_dedupe", fields=["user", "dedupe_key"]),
        ]
        indexes = [
            models.Index(
                fields=["user", "-created_at", "-id"], name="workflow_notification_list", condition=Q(is_in_app=True)
            ),
            models.Index(
                fields=["user"], name="workflow_notification_unread", condition=Q(is_in_app=True, read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class NotificationPreference(models.Model):
    """Where one person wants one kind of news; without a row the kind's defaults hold."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=80)
    in_app = models.BooleanField()
    email = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="workflow_notificationpreference_one", fields=["user", "kind"]),
        ]

    def __str__(self) -> str:
        return self.kind
