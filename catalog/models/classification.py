from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase

from catalog.choices import CategoryLevel, LibraryKind


class Category(models.Model):
    """A node of the classification tree 类/项/目/细目; its code is the front part of a resource code.

    ``last_serial`` is the last serial drawn in this category. It only grows, so that a code is never used twice;
    whoever draws one locks the row.
    """

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    level = models.CharField(max_length=10, choices=CategoryLevel.choices)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    is_active = models.BooleanField(default=True)
    last_serial = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[1-9][0-9A-Za-z]*$"), name="category_code_form"),
            models.CheckConstraint(
                condition=Q(level=CategoryLevel.CLASS, parent__isnull=True)
                | (~Q(level=CategoryLevel.CLASS) & Q(parent__isnull=False)),
                name="category_parent_by_level",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def takes_entries(self) -> bool:
        """Whether entries may be filed here: at the order or below."""
        return self.is_active and self.level in (CategoryLevel.ORDER, CategoryLevel.SUBORDER)


class Library(models.Model):
    """A base or theme library: a selection of entries that one lead department looks after."""

    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=LibraryKind.choices)
    description = models.TextField(blank=True)
    lead_department = models.ForeignKey(
        "accounts.Department", null=True, blank=True, on_delete=models.PROTECT, related_name="led_libraries"
    )

    class Meta:
        ordering = ["kind", "code"]
        permissions = [("edit_library", "Can edit the library")]

    def __str__(self) -> str:
        return self.name


class LibraryGroupObjectPermission(GroupObjectPermissionBase):
    """Which department's group may edit which library."""

    content_object = models.ForeignKey(Library, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
