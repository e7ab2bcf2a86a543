from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import ProtectionGrade


class InformationSystem(models.Model):
    """An information system of a department; entries, sources, clients and grants refer to it."""

    department = models.ForeignKey(
        "accounts.Department", verbose_name=_("Department"), on_delete=models.PROTECT, related_name="systems"
    )
    name = models.CharField(_("Name"), max_length=120)
    name_pinyin = models.CharField(max_length=480, default="", editable=False)
    owner_name = models.CharField(pgettext_lazy("system", "Owner"), max_length=80, default="", blank=True)
    """The unit or person that answers for it."""
    owner_phone = models.CharField(_("Telephone"), max_length=40, default="", blank=True)
    is_interconnected = models.BooleanField(_("Connected to the platform"), default=False)
    protection_grade = models.PositiveSmallIntegerField(
        _("Protection grade"), choices=ProtectionGrade, null=True, blank=True
    )
    filing_number = models.CharField(_("Filing number of the grade"), max_length=60, default="", blank=True)
    description = models.TextField(_("Description"), default="", blank=True)
    retired_on = models.DateField(_("Retired on"), null=True, blank=True)
    edit_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("Information system")
        ordering = ["name_pinyin", "id"]
        constraints = [
            models.UniqueConstraint(
                "department", "name", condition=Q(retired_on__isnull=True), name="system_name_unique"
            ),
            models.CheckConstraint(
                condition=Q(protection_grade__isnull=True) | Q(protection_grade__range=(1, 5)),
                name="system_grade_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.retired_on is None
