from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from collection.filetypes import BY_CONTENT_TYPE, FileKind


class DatasetFile(models.Model):
    """A file of a dataset that consists of files: as with rows, the version that brought it and the one that ended it.

    ``content`` is sealed under ``token``, so that no file can be put in another's place; size and checksum are those
    of what was sent. A file that returns from an earlier version shares both with the row that ended.
    """

    dataset = models.ForeignKey("Dataset", on_delete=models.CASCADE, related_name="files")
    token = models.UUIDField(default=uuid4, db_index=True, editable=False)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.FileField(upload_to="datasets/%Y/%m", max_length=200)
    since_version = models.PositiveIntegerField()
    until_version = models.PositiveIntegerField(null=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "name"], condition=Q(until_version__isnull=True), name="dataset_file_name_unique"
            ),
            models.CheckConstraint(
                condition=Q(until_version__isnull=True) | Q(until_version__gt=F("since_version")),
                name="dataset_file_versions",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> FileKind | None:
        return BY_CONTENT_TYPE.get(self.content_type)
