from django.contrib.auth.models import Group
from django.core.validators import validate_slug
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import AliasKind, AttachmentStatus, DepartmentEventKind


class Department(models.Model):
    """A body that files or uses data; one of each region is its authority (政务数据共享主管部门)."""

    code = models.CharField(_("Short code"), max_length=40, unique=True, validators=[validate_slug])
    name = models.CharField(_("Name"), max_length=120)
    short_name = models.CharField(_("Short name"), max_length=60, default="", blank=True)
    name_pinyin = models.CharField(max_length=480, default="", editable=False)
    region = models.ForeignKey(
        "accounts.Region", verbose_name=_("Region"), on_delete=models.PROTECT, related_name="departments"
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("Attached to"), on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )
    uscc = models.CharField(_("Unified social credit code"), max_length=18, default="", blank=True)
    is_authority = models.BooleanField(_("Authority of its region"), default=False)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="department", editable=False)
    """Carries per-row rights that higher apps grant; its members are the people of the department."""

    first_head_name = models.CharField(_("First responsible head"), max_length=60, default="", blank=True)
    first_head_title = models.CharField(_("Post of the head"), max_length=60, default="", blank=True)
    unit_name = models.CharField(_("Dedicated unit"), max_length=80, default="", blank=True)
    contact_name = models.CharField(_("Dedicated person"), max_length=60, default="", blank=True)
    contact_phone = models.CharField(_("Telephone"), max_length=40, default="", blank=True)
    contact_email = models.EmailField(_("E-mail"), default="", blank=True)
    address = models.CharField(pgettext_lazy("postal", "Address"), max_length=200, default="", blank=True)
    duties = models.TextField(_("Duties"), default="", blank=True)

    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_to = models.DateField(_("Valid to"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", verbose_name=_("Merged into"), on_delete=models.PROTECT, related_name="absorbed", null=True, blank=True
    )
    edit_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("Department")
        ordering = ["name_pinyin", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]*$"), name="department_code_form"),
            models.UniqueConstraint(
                "region", condition=Q(is_authority=True, valid_to__isnull=True), name="department_one_authority"
            ),
            models.UniqueConstraint(
                "uscc", condition=~Q(uscc="") & Q(valid_to__isnull=True), name="department_uscc_unique"
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="department_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | (Q(valid_to__isnull=False) & ~Q(merged_into=F("id"))),
                name="department_merged_is_ended",
            ),
            # The pair that the composite foreign key of the parent points to: both sit in one region.
            models.UniqueConstraint("id", "region", name="department_id_region"),
        ]
        indexes = [
            models.Index("region", "name_pinyin", name="department_region_name"),
            models.Index("name", name="department_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.valid_to is None


class DepartmentName(models.Model):
    """A name a department bore, and when."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(_("Name"), max_length=120)
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_to = models.DateField(_("Valid to"), null=True, blank=True)
    document = models.CharField(_("Document"), max_length=200, default="", blank=True)

    class Meta:
        verbose_name = _("Name of a department")
        ordering = [F("valid_from").desc(nulls_last=True), "-id"]
        constraints = [
            models.UniqueConstraint("department", condition=Q(valid_to__isnull=True), name="department_one_name_now"),
        ]
        indexes = [models.Index("name", name="departmentname_name")]

    def __str__(self) -> str:
        return self.name


class DepartmentAlias(models.Model):
    """Another name by which files and people call a department."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("Other name"), max_length=120)
    kind = models.CharField(_("Kind"), max_length=10, choices=AliasKind, default=AliasKind.OTHER)

    class Meta:
        verbose_name = _("Other name of a department")
        ordering = ["name"]
        constraints = [models.UniqueConstraint("department", "name", name="department_alias_unique")]
        indexes = [models.Index("name", name="departmentalias_name")]

    def __str__(self) -> str:
        return self.name


class DepartmentAttachment(models.Model):
    """A proposal to attach a department under another; it takes effect when both sides have consented."""

    child = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="attachments_upward")
    parent = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="attachments_downward")
    status = models.CharField(_("Status"), max_length=10, choices=AttachmentStatus, default=AttachmentStatus.PROPOSED)
    reason = models.CharField(_("Reason"), max_length=200, default="", blank=True)
    proposed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True)
    proposed_at = models.DateTimeField()
    child_agreed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True)
    child_agreed_at = models.DateTimeField(null=True)
    parent_agreed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True)
    parent_agreed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True)
    closing_note = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        verbose_name = _("Attachment of a department")
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.UniqueConstraint("child", condition=Q(status="proposed"), name="attachment_one_open"),
            models.UniqueConstraint("child", condition=Q(status="agreed"), name="attachment_one_in_force"),
            models.CheckConstraint(condition=~Q(child=F("parent")), name="attachment_two_departments"),
            models.CheckConstraint(
                condition=~Q(status__in=["agreed", "ended"])
                | Q(child_agreed_at__isnull=False, parent_agreed_at__isnull=False),
                name="attachment_both_consent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} → {self.parent_id}"


class DepartmentEvent(models.Model):
    """A line in the history of a department, shown on its page."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("Kind"), max_length=12, choices=DepartmentEventKind)
    happened_on = models.DateField(_("Date"))
    before = models.CharField(_("Before"), max_length=200, default="", blank=True)
    after = models.CharField(_("After"), max_length=200, default="", blank=True)
    document = models.CharField(_("Document"), max_length=200, default="", blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(_("Recorded by"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("Event of a department")
        ordering = ["-happened_on", "-id"]
        indexes = [models.Index("department", F("happened_on").desc(), name="departmentevent_timeline")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_on:%Y-%m-%d}"
