from uuid import uuid4

from django.db import models


class PartialUpload(models.Model):
    """A large file on its way in, part by part: it goes on where it stopped, for the person who began it."""

    token = models.UUIDField(default=uuid4, unique=True, editable=False)
    dataset = models.ForeignKey("Dataset", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    size_bytes = models.PositiveBigIntegerField()
    received_bytes = models.PositiveBigIntegerField(default=0)
    touched_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "user", "file_name", "size_bytes"], name="partial_upload_once"),
            models.CheckConstraint(
                condition=models.Q(received_bytes__lte=models.F("size_bytes")), name="partial_upload_bytes"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class UploadPart(models.Model):
    """A part of a file on its way in, sealed under the upload and its place."""

    upload = models.ForeignKey(PartialUpload, on_delete=models.CASCADE, related_name="parts")
    offset = models.PositiveBigIntegerField()
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.FileField(upload_to="uploads", max_length=200)

    class Meta:
        ordering = ["offset"]
        constraints = [models.UniqueConstraint(fields=["upload", "offset"], name="upload_part_once")]

    def __str__(self) -> str:
        return f"{self.upload} @{self.offset}"
