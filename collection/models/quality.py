from django.db import models
from django.db.models import Q

from collection.choices import RuleKind, Severity


class QualityRule(models.Model):
    """A rule that was added to a dataset. A row never changes but for its end: another rule takes its place.

    So whatever a run found about it can still be put into words. ``parameters`` are what its kind asks for
    (``collection.quality.definition``); the names of items are those of the day on which it was written.
    """

    dataset = models.ForeignKey("Dataset", on_delete=models.CASCADE, related_name="quality_rules")
    kind = models.CharField(max_length=15, choices=RuleKind.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    item = models.UUIDField(null=True, blank=True)
    item_name = models.CharField(max_length=200, blank=True)
    other_item = models.UUIDField(null=True, blank=True)
    other_name = models.CharField(max_length=200, blank=True)
    target = models.ForeignKey("Dataset", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    parameters = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["dataset"], name="quality_rule_live", condition=Q(retired_at__isnull=True))]
        constraints = [
            models.CheckConstraint(
                name="quality_rule_target",
                condition=Q(kind=RuleKind.REFERENCE, target__isnull=False)
                | (~Q(kind=RuleKind.REFERENCE) & Q(target__isnull=True)),
            ),
            models.CheckConstraint(
                name="quality_rule_item", condition=Q(kind=RuleKind.ROW_COUNT) | Q(item__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.item_name}".strip()

    @property
    def code(self) -> str:
        """The name under which rejected rows carry the rule."""
        return f"q{self.pk}"


class QualityReport(models.Model):
    """What a run found about the quality of a version; ``version`` is empty where the run was refused.

    ``dimensions`` maps each dimension to its score, None where nothing measured it. ``findings`` are dicts as
    ``collection.quality.finding.Finding`` makes them; ``filled`` lists {item, name, filled} of every item. Rows are
    named by their place in the store, never copied.
    """

    run = models.OneToOneField("Run", on_delete=models.CASCADE, related_name="quality_report")
    dataset = models.ForeignKey("Dataset", on_delete=models.CASCADE, related_name="quality_reports")
    version = models.ForeignKey("DatasetVersion", null=True, on_delete=models.CASCADE, related_name="quality_reports")
    at = models.DateTimeField()
    rows = models.PositiveBigIntegerField()
    score = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    limit = models.PositiveSmallIntegerField()
    dimensions = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    filled = models.JSONField(default=list)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["dataset", "-id"], name="quality_report_dataset")]
        constraints = [
            models.CheckConstraint(
                name="quality_report_score", condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100)
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.score}"


class RegionQualityLimit(models.Model):
    """The score that a region's authority asks of data there and below; without one the limit above holds."""

    region = models.OneToOneField("accounts.Region", on_delete=models.PROTECT, related_name="quality_limit")
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__lte=100), name="region_quality_limit_score"
            ),
        ]

    def __str__(self) -> str:
        return str(self.region)
