from django.db import models
from django.db.models import F, Q

from catalog.choices import Cycle
from collection.duty_choices import (
    OPEN_DUTY_STATUSES,
    CollectionForm,
    DutyAction,
    DutyState,
    DutyStatus,
    FindingKind,
    Ground,
    Manner,
    Subject,
)


class CollectionDuty(models.Model):
    """What a department collects (收集事项): its identity, and which of its revisions counts.

    ``registered`` is what everybody sees; ``working`` is the one being drafted or reviewed. ``current`` is the
    registered one, else the working one, so that lists need one join. ``state`` repeats what both say.
    """

    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="collection_duties")
    state = models.CharField(max_length=20, choices=DutyState.choices, default=DutyState.DRAFT)
    registered = models.OneToOneField("DutyRevision", null=True, on_delete=models.PROTECT, related_name="+")
    working = models.OneToOneField("DutyRevision", null=True, on_delete=models.PROTECT, related_name="+")
    current = models.OneToOneField("DutyRevision", null=True, on_delete=models.PROTECT, related_name="+")
    edit_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name_plural = "collection duties"
        indexes = [models.Index(fields=["department", "state"], name="duty_department_state")]
        constraints = [
            models.CheckConstraint(
                name="duty_ended",
                condition=Q(state=DutyState.ENDED, ended_at__isnull=False, working__isnull=True)
                | (~Q(state=DutyState.ENDED) & Q(ended_at__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return self.current.name if self.current and self.current.name else f"#{self.pk}"

    @property
    def is_changing(self) -> bool:
        """Whether a change of what is registered is under way."""
        return self.registered_id is not None and self.working_id is not None


class DutyRevision(models.Model):
    """One wording of a duty. ``legal_basis`` holds citations as they stood in the register."""

    duty = models.ForeignKey(CollectionDuty, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=DutyStatus.choices, default=DutyStatus.DRAFT)

    name = models.CharField(max_length=200, blank=True)
    purpose = models.TextField(blank=True)
    subject = models.CharField(max_length=15, choices=Subject.choices, blank=True)
    ground = models.CharField(max_length=10, choices=Ground.choices, blank=True)
    legal_basis = models.JSONField(default=list, blank=True)
    manner = models.CharField(max_length=10, choices=Manner.choices, blank=True)
    form = models.CharField(max_length=10, choices=CollectionForm.choices, blank=True)
    frequency = models.CharField(max_length=15, choices=Cycle.choices, blank=True)
    entry = models.ForeignKey("catalog.Entry", null=True, on_delete=models.PROTECT, related_name="collection_duties")
    digitise_by = models.DateField(null=True, blank=True)
    paper_records = models.PositiveIntegerField(null=True, blank=True)

    justification = models.TextField(blank=True)
    check_used = models.OneToOneField("DutyCheck", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey("accounts.Department", null=True, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["duty", "number"], name="duty_revision_number"),
            models.UniqueConstraint(
                fields=["duty"], condition=Q(status__in=OPEN_DUTY_STATUSES), name="duty_revision_one_open"
            ),
            models.UniqueConstraint(
                fields=["duty"], condition=Q(status=DutyStatus.REGISTERED), name="duty_revision_one_registered"
            ),
            models.CheckConstraint(
                condition=Q(submitted_by__isnull=True) | Q(signed_by__isnull=True) | ~Q(submitted_by=F("signed_by")),
                name="duty_revision_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(status__in=(DutyStatus.DRAFT, DutyStatus.RETURNED, DutyStatus.DISCARDED))
                | Q(check_used__isnull=False),
                name="duty_revision_checked",
            ),
        ]
        indexes = [models.Index(fields=["status", "authority"], name="duty_revision_review")]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"


class DutyItem(models.Model):
    """An item that is collected, typed freely or taken from the linked entry (``item``).

    ``folded`` is the name as it is compared: half-width, lower case, simplified, without signs.
    """

    revision = models.ForeignKey(DutyRevision, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    folded = models.CharField(max_length=200)
    field_name = models.CharField(max_length=100, blank=True)
    code_list = models.CharField(max_length=100, blank=True)
    item = models.ForeignKey("catalog.Item", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["revision", "position"], name="duty_item_position")]
        indexes = [models.Index(fields=["folded"], name="duty_item_folded")]

    def __str__(self) -> str:
        return self.name


class DutyDecision(models.Model):
    """A step in the life of a duty: who did what, when, with which words.

    ``comments`` is a list of ``{"field", "text"}``, given with a return.
    """

    duty = models.ForeignKey(CollectionDuty, on_delete=models.CASCADE, related_name="decisions")
    revision = models.ForeignKey(DutyRevision, on_delete=models.CASCADE, related_name="decisions")
    action = models.CharField(max_length=10, choices=DutyAction.choices)
    opinion = models.TextField(blank=True)
    comments = models.JSONField(default=list, blank=True)
    actor_name = models.CharField(max_length=200)
    department_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.revision_id}"


class DutyCheck(models.Model):
    """One check whether somebody shares or collects the same already: what was looked at, how much was found.

    ``fingerprint`` tells what was checked, so that a check of other items does not count.
    """

    revision = models.ForeignKey(DutyRevision, on_delete=models.CASCADE, related_name="checks")
    fingerprint = models.CharField(max_length=64)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=200)
    items = models.PositiveIntegerField()
    shared_count = models.PositiveIntegerField(default=0)
    collected_count = models.PositiveIntegerField(default=0)
    datasets_compared = models.PositiveIntegerField(default=0)
    datasets_left = models.PositiveIntegerField(default=0)
    is_compared = models.BooleanField(default=False, help_text="Whether there were own rows to compare.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.revision_id} {self.at:%Y-%m-%d}"

    @property
    def found_count(self) -> int:
        return self.shared_count + self.collected_count


class DutyFinding(models.Model):
    """An entry that shares, or a duty that collects, items of the duty that was checked.

    ``matches`` is a list of ``{"own", "theirs", "kind"}``; of values only a band is kept, never a figure or a value.
    """

    check_made = models.ForeignKey(DutyCheck, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=10, choices=FindingKind.choices)
    entry = models.ForeignKey("catalog.Entry", null=True, on_delete=models.PROTECT, related_name="+")
    duty = models.ForeignKey(CollectionDuty, null=True, on_delete=models.PROTECT, related_name="+")
    matches = models.JSONField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="duty_finding_of_one_thing",
                condition=Q(kind=FindingKind.SHARED, entry__isnull=False, duty__isnull=True)
                | Q(kind=FindingKind.COLLECTED, entry__isnull=True, duty__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.entry_id or self.duty_id}"


class DigitisationReport(models.Model):
    """How many paper records of a duty are digitised by a day; the last report counts."""

    duty = models.ForeignKey(CollectionDuty, on_delete=models.CASCADE, related_name="digitisation")
    on = models.DateField()
    done = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True)
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.duty_id} {self.on}: {self.done}"


class LeadSource(models.Model):
    """The department that leads the collection of an item (数源部门), as the authority appointed it."""

    folded = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="lead_sources")
    authority = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    appointed_at = models.DateTimeField()
    appointed_by_name = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "folded"], condition=Q(ended_at__isnull=True), name="lead_source_one"
            )
        ]

    def __str__(self) -> str:
        return self.name
