from django.db import models
from django.db.models import Q


class Attachment(models.Model):
    """An uploaded file that belongs to an object, and is read through that object's policy only."""

    subject_label = models.CharField(max_length=100)
    subject_pk = models.BigIntegerField()
    purpose = models.CharField(max_length=50, blank=True, help_text="What the owning app keeps it as.")
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="attachments/%Y/%m", max_length=200)
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.CharField(max_length=200)
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["uploaded_at", "id"]
        constraints = [models.CheckConstraint(name="workflow_attachment_size", condition=Q(size_bytes__gt=0))]
        indexes = [models.Index(fields=["subject_label", "subject_pk"], name="workflow_attachment_subject")]

    def __str__(self) -> str:
        return self.original_name
