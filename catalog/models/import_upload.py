from django.db import models

from catalog.choices import UPLOAD_WORKING_STATES, UploadState


class ImportUpload(models.Model):
    """A file that somebody uploaded to import it: how it is to be read, what a dry run found, which batch it became.

    ``mapping`` is what a person laid down; ``result`` what the last dry run or import said, for its page. The file
    is deleted as soon as its rows are in a batch, and at once when one of them is declared secret.
    """

    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="imports/%Y/%m", max_length=200, blank=True)
    file_name = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField()
    mapping = models.JSONField(default=dict)
    updates = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.CHECKING)
    message = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    report = models.FileField(upload_to="imports/%Y/%m", max_length=200, blank=True)
    batch = models.ForeignKey("ImportBatch", null=True, on_delete=models.PROTECT, related_name="uploads")
    uploaded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(help_text="When the work under way, or the last, was asked for.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [
            models.Index(fields=["department", "-uploaded_at"], name="import_upload_department"),
            models.Index(fields=["asked_at"], name="import_upload_asked"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        return self.state in UPLOAD_WORKING_STATES
