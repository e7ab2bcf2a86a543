from typing import Any

from django.db import models
from django.db.models import F, Q

from catalog.choices import Cycle, Sharing
from core.reasons import Reason
from sharing.choices import EDITABLE_STATUSES, OPEN_STATUSES, RequestAction, RequestKind, RequestStatus


class ShareRequest(models.Model):
    """A department's request for the data of one entry (809, Art. 20).

    What is asked stays as it was sent; the ``decided_*`` fields say what was agreed to. Requests made from one basket
    bear the same ``basket``.

    ``items`` are identities of the entry's items; ``row_filter`` is a list of ``{"item", "operator", "values",
    "type"}``, the last the letter of the type for which a condition was written; ``decided_masks`` is item → mask.
    ``attribute`` is the strictest sharing attribute among the items asked for, as it stood at submission, and from the
    own head's agreement on as it stood then: that decides the way. ``disputed_from`` is the answer that the dispute is
    about.
    """

    number = models.CharField(max_length=30, null=True, unique=True, help_text="Receipt: region, year, serial.")
    basket = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=RequestKind.choices, default=RequestKind.NEW)
    status = models.CharField(max_length=20, choices=RequestStatus.choices, default=RequestStatus.DRAFT)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="share_requests")
    revision = models.ForeignKey("catalog.Revision", null=True, on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(
        "collection.Dataset", null=True, blank=True, on_delete=models.PROTECT, related_name="share_requests"
    )
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="share_requests")
    previous_grant = models.ForeignKey(
        "Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="later_requests"
    )

    legal_basis = models.JSONField(default=list, blank=True)
    scenario = models.TextField(blank=True)
    items = models.JSONField(default=list, blank=True)
    row_filter = models.JSONField(default=list, blank=True)
    methods = models.JSONField(default=list, blank=True)
    frequency = models.CharField(max_length=15, choices=Cycle.choices, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text="Last day of use.")
    systems = models.ManyToManyField("accounts.InformationSystem", blank=True, related_name="+")
    contact_name = models.CharField(max_length=80, blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)

    attribute = models.CharField(max_length=15, choices=Sharing.choices, blank=True)
    authority = models.ForeignKey("accounts.Department", null=True, on_delete=models.PROTECT, related_name="+")
    decided_items = models.JSONField(default=list, blank=True)
    decided_filter = models.JSONField(default=list, blank=True)
    decided_masks = models.JSONField(default=dict, blank=True)
    decided_methods = models.JSONField(default=list, blank=True)
    decided_until = models.DateField(null=True, blank=True)
    decided_rows_per_day = models.PositiveBigIntegerField(null=True, blank=True, help_text="None for no limit.")
    decided_calls_per_minute = models.PositiveIntegerField(null=True, blank=True)
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    reply = models.TextField(blank=True, help_text="Opinion or reasons of whoever decided.")
    provider_opinion = models.TextField(blank=True)
    provider_speakers = models.ManyToManyField(
        "accounts.User",
        related_name="+",
        help_text="Who gave the provider's opinion, what it says to a dispute, or its word on an agreement.",
    )
    material_asked = models.TextField(blank=True)
    material_asked_at = models.DateTimeField(null=True)
    material_given = models.TextField(blank=True)
    extension_days = models.PositiveSmallIntegerField(null=True)
    extension_reason = models.TextField(blank=True)
    extension_asked_at = models.DateTimeField(null=True)
    extension_asked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    dispute_reason = models.TextField(blank=True)
    disputed_at = models.DateTimeField(null=True, help_text="When the dispute that runs, or was the last, began.")
    dispute_statement = models.TextField(blank=True, help_text="What the provider says to the dispute.")
    disputed_from = models.CharField(max_length=20, choices=RequestStatus.choices, blank=True)

    edit_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(null=True, help_text="When the own head agreed: from then on others see it.")
    filed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(null=True, help_text="When the provider received it, complete.")
    replied_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(submitted_by__isnull=True) | Q(filed_by__isnull=True) | ~Q(submitted_by=F("filed_by")),
                name="share_request_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(status__in=EDITABLE_STATUSES) | Q(number__isnull=False) | Q(status="withdrawn"),
                name="share_request_receipt",
            ),
            models.CheckConstraint(
                condition=Q(kind=RequestKind.NEW) | Q(previous_grant__isnull=False),
                name="share_request_follows_a_grant",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "status", "-updated_at"], name="share_request_department"),
            models.Index(fields=["entry", "status"], name="share_request_entry"),
            models.Index(fields=["authority", "status"], name="share_request_authority"),
        ]

    def __str__(self) -> str:
        return self.number or f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_by_itself(self) -> bool:
        """Whether nobody decided: unconditional data are agreed to the moment the request is received."""
        return self.decided_by_id is None and self.replied_at == self.received_at


class RequestStep(models.Model):
    """A step in the life of a request: who did what, when, with which words. Never changed.

    ``detail`` holds what the step set, e.g. ``{"days": 5}`` or ``{"fields": [{"field", "text"}]}``.
    """

    request = models.ForeignKey(ShareRequest, on_delete=models.CASCADE, related_name="steps")
    action = models.CharField(max_length=20, choices=RequestAction.choices)
    opinion = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True)
    actor_name = models.CharField(max_length=200)
    department_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, choices=RequestStatus.choices, help_text="What it led to.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.action}"

    @property
    def told(self) -> dict[str, Any]:
        """What the step set, for whoever reads it: why it came by itself is in the words."""
        return {name: value for name, value in self.detail.items() if name != "why"}

    @property
    def words(self) -> str:
        """What was said to it; why it came by itself in the language of who reads it."""
        why = self.detail.get("why")
        return str(Reason.from_dict(why)) if why else self.opinion


class ReceiptSerial(models.Model):
    """The last receipt number of a region and year; its row is locked while a number is taken."""

    region = models.ForeignKey("accounts.Region", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "year"], name="receipt_serial_once")]

    def __str__(self) -> str:
        return f"{self.region_id} {self.year}: {self.last}"


class CountsOfDay(models.Model):
    """How often a department had rows counted on a day; its row is locked while one is taken."""

    department = models.ForeignKey("accounts.Department", on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["department", "on"], name="counts_of_day_once")]

    def __str__(self) -> str:
        return f"{self.department_id} {self.on}: {self.used}"
