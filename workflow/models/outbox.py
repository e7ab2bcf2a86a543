import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from workflow.choices import DeliveryState


class OutboxMessage(models.Model):
    """Something that happened, written in the transaction in which it happened."""

    event = models.CharField(max_length=100)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    order_key = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["event", "id"], name="workflow_outboxmessage_event")]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class OutboxDelivery(models.Model):
    """One handler's copy of a message: handlers succeed, wait and fail independently of each other."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=200)
    order_key = models.CharField(max_length=200, blank=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The same on every attempt.")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField(help_text="Not before: backoff, or the lease of the worker that has it.")
    lease = models.UUIDField(null=True, blank=True, help_text="Changes with every claim; a stale holder cannot finish.")
    last_error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "outbox deliveries"
        constraints = [
            models.UniqueConstraint(name="workflow_outboxdelivery_once", fields=["message", "handler"]),
        ]
        indexes = [
            models.Index(
                fields=["available_at", "id"], name="workflow_outboxdelivery_due", condition=Q(state="pending")
            ),
            models.Index(
                fields=["handler", "order_key", "id"],
                name="workflow_outboxdelivery_order",
                condition=Q(state="pending") & ~Q(order_key=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler} {self.state}"
