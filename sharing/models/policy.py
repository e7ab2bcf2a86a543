from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from catalog.choices import Sharing
from sharing.choices import SupplementClock


class SharingPolicy(models.Model):
    """How a region goes about requests, where the Regulation leaves it open.

    ``checked`` are the sharing attributes whose requests the authority checks for form before the provider's time
    begins; ``longest_days`` bounds how long a grant may run, which no law does; after ``usage_record_days`` without a
    record of use the holder of a grant is reminded.
    """

    region = models.OneToOneField("accounts.Region", on_delete=models.PROTECT, related_name="sharing_policy")
    checked = ArrayField(models.CharField(max_length=15, choices=Sharing.choices), default=list, blank=True)
    supplement_clock = models.CharField(max_length=10, choices=SupplementClock.choices, default=SupplementClock.RESTART)
    longest_days = models.PositiveIntegerField(default=1095)
    usage_record_days = models.PositiveIntegerField(default=180)
    edit_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(longest_days__gte=1), name="sharing_policy_longest_days"),
            models.CheckConstraint(condition=Q(usage_record_days__gte=1), name="sharing_policy_usage_record_days"),
        ]

    def __str__(self) -> str:
        return str(self.region_id)


class Terms(models.Model):
    """Terms of use for data that are shared unconditionally. A version is never changed; a new one supersedes it."""

    number = models.PositiveIntegerField(unique=True)
    text = models.TextField()
    valid_from = models.DateTimeField()
    created_by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "terms"

    def __str__(self) -> str:
        return f"v{self.number}"


class TermsAcceptance(models.Model):
    """A department's acceptance of the terms, by its sharing office head; once for each version."""

    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="acceptances")
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()
    accepted_by_name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["terms", "department"], name="terms_accepted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.terms_id}"


class ServiceLimits(models.Model):
    """Limits of use that a provider sets for all who get a dataset by themselves, under the terms or on request.

    They hold for grants that are made from then on; no row, or two times None, sets none.
    """

    dataset = models.OneToOneField("collection.Dataset", on_delete=models.CASCADE, related_name="service_limits")
    rows_per_day = models.PositiveBigIntegerField(null=True)
    calls_per_minute = models.PositiveIntegerField(null=True)
    set_at = models.DateTimeField()
    set_by_name = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "service limits"

    def __str__(self) -> str:
        return str(self.dataset_id)
