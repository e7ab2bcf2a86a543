from django.db import models
from django.db.models import Q

from collection.duty_choices import ConsentChannel, ConsentDecision, ProofKind


class SubjectKey(models.Model):
    """The installation's key for hashing the numbers of people: one row, sealed with the field key.

    It outlives a change of ``FIELD_KEY``, so that what was recorded years ago is still found.
    """

    sealed = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="subject_key_one")]

    def __str__(self) -> str:
        return "subject key"


class ConsentText(models.Model):
    """The words that people consent to. Once somebody has answered them they never change (a trigger holds that)."""

    duty = models.ForeignKey("CollectionDuty", on_delete=models.PROTECT, related_name="consent_texts")
    number = models.PositiveIntegerField()
    text = models.TextField()
    refusal_note = models.TextField()
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=200)
    first_used_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["duty", "number"], name="consent_text_number"),
            models.UniqueConstraint(
                fields=["duty"], condition=Q(retired_at__isnull=True), name="consent_text_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class ConsentRecord(models.Model):
    """One person's answer. The number is kept as a keyed hash only: it can be looked up, not read.

    An answer is neither changed nor removed (a trigger holds that): a consent is withdrawn, once, and an erasure may
    cut the name of its evidence down to the ending. ``evidence`` is sealed under ``key`` and belongs to no other
    answer; where there is no key it was sealed under that of the duty.
    """

    key = models.UUIDField(null=True, unique=True, editable=False)
    duty = models.ForeignKey("CollectionDuty", on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="records")
    subject_hash = models.CharField(max_length=64)
    decision = models.CharField(max_length=10, choices=ConsentDecision.choices)
    channel = models.CharField(max_length=10, choices=ConsentChannel.choices)
    at = models.DateTimeField()
    evidence = models.FileField(upload_to="consents/%Y/%m", max_length=200, blank=True)
    evidence_name = models.CharField(max_length=200, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by_name = models.CharField(max_length=200)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_channel = models.CharField(max_length=10, choices=ConsentChannel.choices, blank=True)
    withdrawal_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["subject_hash"], name="consent_subject"),
            models.Index(fields=["duty", "-at", "-id"], name="consent_duty"),
        ]
        constraints = [
            models.CheckConstraint(
                name="consent_only_given_is_withdrawn",
                condition=Q(withdrawn_at__isnull=True) | Q(decision=ConsentDecision.GIVEN),
            ),
            models.UniqueConstraint(
                fields=["evidence"], condition=~Q(evidence=""), name="consent_evidence_of_one_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def evidence_context(self) -> str:
        """What the sealed evidence is bound to."""
        return f"collection.consent.{self.key}" if self.key else f"collection.duty.{self.duty_id}.consent"


class SubjectRequest(models.Model):
    """Somebody asked for what is recorded of a person: who, on what proof. The name of who asked is sealed."""

    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    subject_hash = models.CharField(max_length=64)
    asked_by = models.TextField()
    proof = models.CharField(max_length=10, choices=ProofKind.choices)
    proof_note = models.CharField(max_length=200, blank=True)
    records = models.PositiveIntegerField()
    at = models.DateTimeField()
    by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"
