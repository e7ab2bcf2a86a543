import uuid

from django.db import models
from django.db.models import F, Q

from catalog.choices import (
    WORKING_STATUSES,
    Cycle,
    DataLevel,
    EntryStatus,
    FormatClass,
    ItemType,
    Mask,
    Opening,
    Origin,
    RevisionStatus,
    Secrecy,
    Sharing,
    SharingMethod,
    WithdrawalStatus,
)


class Entry(models.Model):
    """One record of the catalog (信息资源): its identity, and which of its revisions count.

    ``published_revision`` is what everyone sees; ``working_revision`` is the one being drafted or reviewed.
    ``current_revision`` is the published one, else the working one, so that lists need one join.
    ``withdrawal_authority`` is the authority before which a signed-off withdrawal lies.
    """

    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="entries")
    code = models.CharField(max_length=64, null=True, unique=True)
    slug = models.CharField(max_length=64, null=True, unique=True)
    status = models.CharField(max_length=20, choices=EntryStatus.choices, default=EntryStatus.DRAFT)
    withdrawal = models.CharField(max_length=20, choices=WithdrawalStatus.choices, default=WithdrawalStatus.NONE)
    withdrawal_reason = models.TextField(blank=True)
    withdrawal_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawal_head = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    withdrawal_authority = models.ForeignKey(
        "accounts.Department", null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_revision = models.OneToOneField("Revision", null=True, on_delete=models.PROTECT, related_name="+")
    working_revision = models.OneToOneField("Revision", null=True, on_delete=models.PROTECT, related_name="+")
    current_revision = models.OneToOneField("Revision", null=True, on_delete=models.PROTECT, related_name="+")
    edit_version = models.PositiveIntegerField(default=1)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.FILED)
    created_at = models.DateTimeField()
    first_published_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["status", "-updated_at", "-id"], name="entry_status_updated"),
            models.Index(fields=["department", "status", "-updated_at"], name="entry_department_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__isnull=True, slug__isnull=True) | Q(code__isnull=False, slug__isnull=False),
                name="entry_code_and_slug_together",
            ),
            models.CheckConstraint(
                condition=Q(withdrawal=WithdrawalStatus.NONE) | Q(published_revision__isnull=False),
                name="entry_withdrawal_of_published_only",
            ),
            models.CheckConstraint(
                condition=~Q(withdrawal=WithdrawalStatus.AWAITING_AUTHORITY) | Q(withdrawal_authority__isnull=False),
                name="entry_withdrawal_with_an_authority",
            ),
        ]

    def __str__(self) -> str:
        return self.current_revision.name if self.current_revision else f"#{self.pk}"

    @property
    def ref(self) -> str:
        """The stable form used in addresses: the code with "/" written "-", a draft's its number."""
        return self.slug or str(self.pk)


class EntryAlias(models.Model):
    """A code under which another system knows an entry; kept from imports and mergers, never handed out."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="aliases")
    source = models.CharField(max_length=100)
    code = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "code"], name="entry_alias_unique")]

    def __str__(self) -> str:
        return f"{self.source}: {self.code}"


class Revision(models.Model):
    """One version of an entry's content. Once published it never changes (a trigger holds that)."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=RevisionStatus.choices, default=RevisionStatus.DRAFT)
    standard = models.ForeignKey("CompilationStandard", null=True, on_delete=models.PROTECT, related_name="+")
    duty_change = models.ForeignKey(
        "DutyChange", null=True, blank=True, on_delete=models.SET_NULL, related_name="revisions"
    )

    name = models.CharField(max_length=200, blank=True)
    summary = models.TextField(blank=True)
    department_unit = models.CharField(max_length=100, blank=True)
    category = models.ForeignKey("Category", null=True, blank=True, on_delete=models.PROTECT, related_name="revisions")
    library = models.ForeignKey("Library", null=True, blank=True, on_delete=models.PROTECT, related_name="revisions")
    source_system = models.ForeignKey(
        "accounts.InformationSystem", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    related = models.ManyToManyField(Entry, blank=True, related_name="related_from")
    keywords = models.CharField(max_length=300, blank=True)

    format_class = models.CharField(max_length=20, choices=FormatClass.choices, blank=True)
    format_type = models.CharField(max_length=30, blank=True)
    format_note = models.CharField(max_length=300, blank=True)

    sharing = models.CharField(max_length=15, choices=Sharing.choices, blank=True)
    sharing_scope = models.TextField(blank=True)
    sharing_purpose = models.TextField(blank=True)
    sharing_reason = models.TextField(blank=True)
    sharing_note = models.TextField(blank=True)
    legal_basis = models.JSONField(default=list, blank=True)
    sharing_method = models.CharField(max_length=20, choices=SharingMethod.choices, blank=True)
    use_conditions = models.TextField(blank=True)

    opening = models.CharField(max_length=15, choices=Opening.choices, blank=True)
    opening_condition = models.TextField(blank=True)
    cycle = models.CharField(max_length=15, choices=Cycle.choices, blank=True)

    data_level = models.CharField(max_length=12, choices=DataLevel.choices, blank=True)
    secrecy = models.CharField(max_length=6, choices=Secrecy.choices, default=Secrecy.NONE)
    secrecy_assessment = models.TextField(blank=True)
    personal_information_assessment = models.TextField(blank=True)

    census = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    assumptions = models.JSONField(default=list, blank=True)

    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey("accounts.Department", null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="revision_number_unique"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status=RevisionStatus.PUBLISHED), name="revision_one_published"
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status__in=WORKING_STATUSES), name="revision_one_working"
            ),
            models.CheckConstraint(condition=Q(secrecy=Secrecy.NONE), name="revision_holds_no_secret"),
            models.CheckConstraint(
                condition=~Q(status=RevisionStatus.PUBLISHED) | Q(published_at__isnull=False),
                name="revision_published_at_set",
            ),
            models.CheckConstraint(
                condition=Q(submitted_by__isnull=True) | Q(signed_by__isnull=True) | ~Q(submitted_by=F("signed_by")),
                name="revision_four_eyes",
            ),
        ]
        indexes = [models.Index(fields=["status", "authority"], name="revision_status_authority")]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    @property
    def is_first_filing(self) -> bool:
        return self.number == 1


class Item(models.Model):
    """The identity of an item (信息项), which survives revisions and renames; columns, masks and grants hang on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="item_identities")

    def __str__(self) -> str:
        return str(self.pk)


class RevisionItem(models.Model):
    """An item as one revision describes it."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="versions")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    field_name = models.CharField(max_length=100, blank=True)
    type = models.CharField(max_length=1, choices=ItemType.choices, default=ItemType.C)
    length = models.PositiveIntegerField(null=True, blank=True)
    decimals = models.PositiveSmallIntegerField(null=True, blank=True)
    is_key = models.BooleanField(default=False)
    nullable = models.BooleanField(default=True)
    sharing = models.CharField(max_length=15, choices=Sharing.choices, blank=True)
    sharing_condition = models.TextField(blank=True)
    opening = models.CharField(max_length=15, choices=Opening.choices, blank=True)
    is_sensitive = models.BooleanField(default=False)
    mask = models.CharField(max_length=15, choices=Mask.choices, default=Mask.NONE)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "item"], name="revision_item_once"),
            models.UniqueConstraint(fields=["revision", "position"], name="revision_item_position"),
        ]
        indexes = [models.Index(fields=["name"], name="revision_item_name")]

    def __str__(self) -> str:
        return self.name
