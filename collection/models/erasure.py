import uuid

from django.db import models
from django.db.models import F, Q

from collection.duty_choices import OPEN_ERASURE_STATES, ErasureFailure, ErasureGround, ErasureState


class Erasure(models.Model):
    """A lawful demand that a person's rows be removed, and what became of it.

    Rows are found by the value of an item, ``sealed_value``; it is wiped when the erasure ends, ``value_hash`` stays.
    Of data that consist of files the demand names the ``files`` themselves, by key; there is neither item nor value.
    ``rows_seen`` is how many there are, counted when ``counted_version`` was published (0 for none; None while it is
    not counted). ``rows_erased`` is how many went; one that has failed may have removed some. ``slot`` is the moment at
    which a worker was last asked for; an approved one without any waits for another erasure of the dataset.
    ``attempts`` counts the workers that did not come to the end. ``opinion`` goes with the decision, ``end_reason``
    with the end of one that was approved and could not be carried out. ``report`` holds figures and codes only: what
    was removed, what could not be and why. ``trash`` names sealed files that were replaced and are still to be deleted.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dataset = models.ForeignKey("Dataset", on_delete=models.PROTECT, related_name="erasures")
    item = models.UUIDField(null=True)
    item_name = models.CharField(max_length=200, blank=True)
    files = models.JSONField(default=list, blank=True)
    sealed_value = models.TextField(blank=True)
    value_hash = models.CharField(max_length=64, blank=True)
    ground = models.CharField(max_length=20, choices=ErasureGround.choices)
    document_number = models.CharField(max_length=100)
    reason = models.TextField()
    document = models.FileField(upload_to="erasures/%Y/%m", max_length=200, blank=True)
    document_name = models.CharField(max_length=200, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=15, choices=ErasureState.choices, default=ErasureState.AWAITING_HEAD)
    rows_seen = models.PositiveBigIntegerField(default=0)
    counted_version = models.PositiveIntegerField(null=True)
    rows_erased = models.PositiveBigIntegerField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    opinion = models.TextField(blank=True)
    end_reason = models.TextField(blank=True)
    slot = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=10, choices=ErasureFailure.choices, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict, blank=True)
    trash = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "item", "value_hash"],
                condition=Q(state__in=OPEN_ERASURE_STATES),
                name="erasure_one_open",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")), name="erasure_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_ERASURE_STATES) | Q(sealed_value=""), name="erasure_forgets_the_value"
            ),
            models.CheckConstraint(
                condition=(Q(item__isnull=False) & ~Q(value_hash="") & Q(files=[]))
                | (Q(item__isnull=True, value_hash="") & ~Q(files=[])),
                name="erasure_of_rows_or_files",
            ),
        ]
        indexes = [models.Index(fields=["slot"], name="erasure_slot", condition=Q(finished_at__isnull=True))]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def value_context(self) -> str:
        """What the sealed value is bound to."""
        return f"collection.erasure.{self.key}.value"

    @property
    def is_of_files(self) -> bool:
        return self.item is None

    @property
    def waits_for_another(self) -> bool:
        """Whether another erasure of the dataset is carried out first; its end asks for a worker."""
        return self.state == ErasureState.APPROVED and self.slot is None
