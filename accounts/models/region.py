from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import RegionLevel


class Region(models.Model):
    """A province, city or county with its GB/T 2260 code, kept by us so that nothing depends on a package."""

    code = models.CharField(_("Code"), max_length=6, unique=True)
    name = models.CharField(_("Name"), max_length=60)
    level = models.CharField(_("Level"), max_length=10, choices=RegionLevel)
    parent = models.ForeignKey(
        "self", verbose_name=_("Region above"), on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )
    path = models.CharField(_("Path"), max_length=20)
    """Codes from the province down, joined by "/": a region and those below it share a prefix."""
    name_pinyin = models.CharField(max_length=240, default="", editable=False)
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_to = models.DateField(_("Valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("Region")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{6}$"), name="region_code_form"),
            models.CheckConstraint(condition=Q(path__endswith=F("code")), name="region_path_ends_with_code"),
            models.CheckConstraint(
                condition=Q(level=RegionLevel.PROVINCE, parent__isnull=True)
                | (~Q(level=RegionLevel.PROVINCE) & Q(parent__isnull=False)),
                name="region_province_is_root",
            ),
            models.UniqueConstraint("path", name="region_path_unique"),
        ]
        indexes = [models.Index(OpClass(F("path"), name="text_pattern_ops"), name="region_path_prefix")]

    def __str__(self) -> str:
        return self.name
