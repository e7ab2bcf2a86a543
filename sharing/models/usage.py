from django.db import models
from django.db.models import F, Q

from sharing.choices import InspectionResult, Side


class UsageRecord(models.Model):
    """What a department did with data it got (809, Art. 29): kept for three years at least, never changed.

    A correction is a further record.
    """

    grant = models.ForeignKey("Grant", on_delete=models.PROTECT, related_name="usage_records")
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    scenario = models.TextField()
    process = models.TextField()
    effect = models.TextField()
    storage = models.TextField()
    disposal = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="usage_record_period"),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.first_day}–{self.last_day}"


class Inspection(models.Model):
    """A look of the provider or the authority at how data are used (809, Art. 29). Never changed.

    ``side`` is for whom somebody looked: the department may be merged, and the data be another's by then. One that
    finds the use in order says what it clears: misuse that was found, and that for which the grant was ended.
    """

    grant = models.ForeignKey("Grant", on_delete=models.PROTECT, related_name="inspections")
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side.choices)
    result = models.CharField(max_length=12, choices=InspectionResult.choices)
    finding = models.TextField()
    rectify_by = models.DateField(null=True, blank=True)
    inspected_at = models.DateTimeField()
    inspected_by_name = models.CharField(max_length=200)
    clears = models.ManyToManyField("self", symmetrical=False, related_name="cleared_by")
    clears_end = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(result=InspectionResult.TO_RECTIFY) | Q(rectify_by__isnull=False),
                name="inspection_rectify_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.result}"


class Rectification(models.Model):
    """What the holder of a grant reports to have put right after an inspection. Never changed."""

    inspection = models.OneToOneField(Inspection, on_delete=models.PROTECT, related_name="rectification")
    report = models.TextField()
    reported_at = models.DateTimeField()
    reported_by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.inspection_id}"
