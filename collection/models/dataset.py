from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase

from collection.choices import CoordinateSystem, DatasetKind, FreshnessState, LoadMode
from collection.models.source import Source


class Dataset(models.Model):
    """Data hooked (挂接) to an entry: a table whose columns are the entry's items, or a set of files.

    ``published_version`` is the one pointer that decides what readers see; publishing moves it in one update.
    ``layout`` and ``mapping`` are what was confirmed for the last file, so that the next one needs no question.
    """

    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=DatasetKind.choices, default=DatasetKind.TABLE)
    published_version = models.OneToOneField("DatasetVersion", null=True, on_delete=models.PROTECT, related_name="+")
    default_mode = models.CharField(max_length=10, choices=LoadMode.choices, default=LoadMode.REPLACE)
    layout = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    absent = models.JSONField(default=list, blank=True)
    reject_limit_count = models.PositiveIntegerField(null=True, blank=True)
    reject_limit_percent = models.PositiveSmallIntegerField(default=20)
    grace_days = models.PositiveSmallIntegerField(
        null=True, help_text="Working days after the due day; none for those of the cycle."
    )
    heartbeat_minutes = models.PositiveSmallIntegerField(
        null=True, help_text="The longest silence of data that come in real time; none for the usual one."
    )
    keep_version_hours = models.PositiveIntegerField(default=24)
    keep_original_days = models.PositiveIntegerField(default=365)
    coordinates = models.CharField(max_length=10, choices=CoordinateSystem.choices, default="", blank=True)
    filter_items = models.JSONField(default=list, blank=True, help_text="Items by which readers filter and sort.")
    time_item = models.CharField(
        max_length=36, default="", blank=True, help_text="Item whose newest value tells how current the rows are."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by_name = models.CharField(max_length=200, blank=True, default="")
    retired_reason = models.CharField(max_length=500, blank=True, default="")

    changed_at = models.DateTimeField(null=True, help_text="When the published rows last really changed.")
    confirmed_at = models.DateTimeField(null=True, help_text="When a run last showed that they are current.")
    due_at = models.DateTimeField(null=True)
    is_due_provisional = models.BooleanField(default=False)
    freshness = models.CharField(max_length=15, choices=FreshnessState.choices, default=FreshnessState.UNKNOWN)
    reminded = models.JSONField(default=dict, blank=True)

    quality_score = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    quality_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Score that the dataset asks of itself, beyond that of the installation."
    )

    class Meta:
        ordering = ["pk"]
        permissions = [("pull_dataset", "Can pull the dataset under a grant")]
        indexes = [
            models.Index(fields=["entry"], name="dataset_entry"),
            models.Index(fields=["due_at"], name="dataset_due", condition=Q(retired_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "name"], condition=Q(retired_at__isnull=True), name="dataset_name_unique"
            ),
            models.CheckConstraint(condition=Q(keep_version_hours__gte=24), name="dataset_versions_kept_a_day"),
            models.CheckConstraint(condition=Q(keep_original_days__gte=1), name="dataset_originals_kept_a_day"),
            models.CheckConstraint(condition=Q(reject_limit_percent__lte=100), name="dataset_reject_percent"),
            models.CheckConstraint(
                condition=Q(quality_limit__isnull=True) | Q(quality_limit__lte=100), name="dataset_quality_limit"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_table(self) -> bool:
        return self.kind == DatasetKind.TABLE

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    def refuses(self, rejected: int, read: int, source: Source | None = None) -> bool:
        """Say whether so many rows of a file were rejected that nothing is published.

        Args:
            source: that the file comes from; its own limits go before those of the dataset.
        """
        if not rejected:
            return False
        most, percent = self.reject_limit_count, self.reject_limit_percent
        if source is not None:
            most = most if source.reject_limit_count is None else source.reject_limit_count
            percent = percent if source.reject_limit_percent is None else source.reject_limit_percent
        return (most is not None and rejected > most) or rejected * 100 > read * percent


class DatasetGroupObjectPermission(GroupObjectPermissionBase):
    """Which department's group may pull which dataset. Written by the grants' service alone."""

    content_object = models.ForeignKey(Dataset, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class DatasetVersion(models.Model):
    """One published state of a dataset. Numbers grow by one; rows in the store carry them, and so do files.

    A version of files has no columns; its rows are files.

    ``columns`` says how this version is read: a list of ``{"item", "name", "field_name", "type", "column",
    "is_key", ...}``, as ``collection.store.columns`` makes it. It never changes.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    generation = models.PositiveIntegerField()
    columns = models.JSONField()
    row_count = models.PositiveBigIntegerField()
    added = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    published_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    time_item = models.CharField(
        max_length=36, default="", blank=True, help_text="By which item the newest value was looked for."
    )
    newest_on = models.DateField(null=True, help_text="The newest day that the item has; none where it has no value.")
    lineage = models.PositiveIntegerField(
        default=0, help_text="Changes are told between versions of one lineage; an erasure begins another."
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="dataset_version_unique"),
            models.CheckConstraint(condition=Q(changed__lte=F("row_count")), name="dataset_version_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.number}"

    @property
    def is_readable(self) -> bool:
        return self.purged_at is None

    @property
    def rows_before(self) -> int:
        """Rows of the version before."""
        return self.row_count - self.added + self.removed
