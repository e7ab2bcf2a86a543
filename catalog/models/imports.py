from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BatchState(models.TextChoices):
    OPEN = "open", _("Being applied")
    FINISHED = "finished", _("Finished")
    UNDONE = "undone", _("Undone")


class RowState(models.TextChoices):
    """What became of a row; every row of a finished batch is in one of the last five."""

    PLANNED = "planned", _("Planned")
    CREATED = "created", _("Created")
    UPDATED = "updated", pgettext_lazy("import", "Updated")
    UNCHANGED = "unchanged", _("Unchanged")
    REJECTED = "rejected", _("Rejected")
    UNDONE = "undone", _("Undone")


class ImportBatch(models.Model):
    """One file brought into the catalog: how it was read, what was asked for, and what became of it.

    ``mapping`` is the reading in force, ``counts`` the rows by outcome once it has finished, ``tally`` what was
    assumed and cleaned. While it is open, the same file for the same department goes on where it stopped.
    """

    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    publishes = models.BooleanField(default=False)
    updates = models.BooleanField(default=False)
    creates_departments = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.OPEN)
    rows_in = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    tally = models.JSONField(default=list)
    remarks = models.JSONField(default=list)
    started_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    started_by_name = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        verbose_name_plural = "import batches"
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "department"], condition=Q(state=BatchState.OPEN), name="import_batch_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} #{self.pk}"


class ImportRow(models.Model):
    """One entry of a batch: what the file says of it, and what became of it.

    ``payload`` is what remains to be done and is emptied when it is done. ``digest`` stands for the content, so
    that the same file changes nothing the next time. ``entry_version`` is the entry's version right after; an
    entry with another one has been touched since, and an undo leaves it alone.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    row = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    department = models.ForeignKey("accounts.Department", null=True, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("Entry", null=True, on_delete=models.SET_NULL, related_name="import_rows")
    state = models.CharField(max_length=10, choices=RowState.choices, default=RowState.PLANNED)
    action = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, blank=True)
    payload = models.JSONField(null=True)
    problems = models.JSONField(default=list)
    assumption_count = models.PositiveIntegerField(default=0)
    is_published = models.BooleanField(default=False)
    entry_version = models.PositiveIntegerField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="import_row_position")]
        indexes = [models.Index(fields=["batch", "state", "position"], name="import_row_state")]

    def __str__(self) -> str:
        return f"{self.row}: {self.name}"
