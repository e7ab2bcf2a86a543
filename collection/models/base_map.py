from django.db import models
from django.db.models import Q

from collection.choices import CoordinateSystem


class BaseMap(models.Model):
    """Lines that lie under maps of data: boundaries, rivers, roads, as an operator loaded them. One is in use.

    ``lines`` is JSON: a list of lines, each a list of [longitude, latitude].
    """

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    approval_number = models.CharField(max_length=100)
    coordinates = models.CharField(max_length=10, choices=CoordinateSystem.choices, default="", blank=True)
    lines = models.TextField()
    line_count = models.PositiveIntegerField()
    point_count = models.PositiveIntegerField()
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(removed_at__isnull=True), name="base_map_one"),
            models.CheckConstraint(condition=~Q(approval_number=""), name="base_map_approved"),
        ]

    def __str__(self) -> str:
        return self.approval_number
