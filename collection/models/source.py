from django.db import models
from django.db.models import Q

from collection.choices import DestinationPurpose, LoadMode, SlotOutcome, SourceKind
from core.reasons import Reason


class Source(models.Model):
    """A place from which a dataset's files are fetched, and when.

    ``settings`` are those of its kind (``collection.sources.settings``) and hold no secret; ``secret`` is sealed
    under the field key and bound to this row. ``host`` and ``port`` repeat where the settings lead.

    ``layout`` and ``mapping`` are what was confirmed for the last file of this source. ``seen`` is what it gave last,
    under which ``edit_version``, and what was published then, so that the same need not be loaded again. Slots up to
    ``scheduled_from`` are of no concern; ``slot_at`` is the latest that was dealt with.
    """

    dataset = models.ForeignKey("Dataset", on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    settings = models.JSONField(default=dict)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    secret = models.TextField(blank=True)
    secret_set_at = models.DateTimeField(null=True)
    mode = models.CharField(max_length=10, choices=LoadMode.choices)
    timetable = models.JSONField(default=dict)
    is_enabled = models.BooleanField(default=True)
    attempts = models.PositiveSmallIntegerField(default=4)
    retry_minutes = models.PositiveSmallIntegerField(default=5)
    deadline_minutes = models.PositiveSmallIntegerField(default=60)
    reject_limit_percent = models.PositiveSmallIntegerField(null=True, help_text="Empty for that of the dataset.")
    reject_limit_count = models.PositiveIntegerField(null=True, help_text="Empty for that of the dataset.")
    layout = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    absent = models.JSONField(default=list, blank=True)
    seen = models.JSONField(default=dict, blank=True)
    scheduled_from = models.DateTimeField()
    slot_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    edit_version = models.PositiveIntegerField(default=1)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["dataset"], name="source_dataset"),
            models.Index(fields=["host", "port"], name="source_endpoint", condition=Q(retired_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "name"], condition=Q(retired_at__isnull=True), name="source_name_unique"
            ),
            models.CheckConstraint(condition=Q(attempts__gte=1, attempts__lte=10), name="source_attempts"),
            models.CheckConstraint(condition=Q(reject_limit_percent__lte=100), name="source_reject_percent"),
            models.CheckConstraint(
                condition=Q(secret="", secret_set_at__isnull=True) | (~Q(secret="") & Q(secret_set_at__isnull=False)),
                name="source_secret_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    @property
    def endpoint(self) -> str:
        """Where it leads, without anything that may be secret."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class SourceSlot(models.Model):
    """One due time of one source. The unique row is what makes it happen once.

    ``missed`` counts the due times before it that passed while nothing ran; only the latest is made up for.
    ``busy_with`` is the run that was open when the slot was skipped, ``refusal`` why no run could be asked for, a
    ``core.reasons.Reason``.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="slots")
    slot = models.DateTimeField()
    taken_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=SlotOutcome.choices)
    run = models.OneToOneField("Run", null=True, on_delete=models.SET_NULL, related_name="source_slot")
    busy_with = models.ForeignKey("Run", null=True, on_delete=models.SET_NULL, related_name="+")
    missed = models.PositiveIntegerField(default=0)
    refusal = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-slot"]
        constraints = [models.UniqueConstraint(fields=["source", "slot"], name="source_slot_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.slot:%Y-%m-%d %H:%M}"

    @property
    def reason(self) -> str:
        """Why no run could be asked for, in the language of whoever reads it."""
        return str(Reason.from_dict(self.refusal))


class Destination(models.Model):
    """A host that requests may go to, for one purpose: which networks its name may lead to, and on which ports.

    Without a row nothing goes out, not even the question for the name's address (docs/adr/0052). A row is never
    changed: it is removed and another one added.
    """

    host = models.CharField(max_length=255)
    networks = models.JSONField()
    ports = models.JSONField()
    purpose = models.CharField(max_length=10, choices=DestinationPurpose.choices, default=DestinationPurpose.SOURCE)
    reason = models.CharField(max_length=500)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["host", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "networks", "ports", "purpose"],
                condition=Q(removed_at__isnull=True),
                name="destination_once",
            ),
        ]

    def __str__(self) -> str:
        return self.host

    @property
    def is_for_sources(self) -> bool:
        return self.purpose == DestinationPurpose.SOURCE
