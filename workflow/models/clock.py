from django.db import models
from django.db.models import F, Q

from workflow.choices import OPEN_CLOCK_STATES, ClockKey, ClockState, ReminderStage


class ClockPolicy(models.Model):
    """How long something may take, and by which rule. Never edited: a new version has a new ``valid_from``.

    A policy without a region holds everywhere; one with a region holds there and below.
    """

    key = models.SlugField(max_length=50)
    region = models.ForeignKey("accounts.Region", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    event = models.CharField(max_length=200, help_text="What starts the clock, in the words of the rule.")
    role = models.CharField(max_length=20, help_text="Role in the duty-bearing department that is reminded.")
    working_days = models.PositiveSmallIntegerField()
    extension_working_days = models.PositiveSmallIntegerField(default=0)
    document = models.CharField(max_length=200, blank=True)
    article = models.CharField(max_length=50, blank=True)
    is_statutory = models.BooleanField()
    is_active = models.BooleanField(default=True, help_text="An inactive policy is an example that nothing runs on.")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, help_text="Last day in force.")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["key", "region_id", "-valid_from", "-id"]
        verbose_name_plural = "clock policies"
        constraints = [
            models.CheckConstraint(name="workflow_clockpolicy_days", condition=Q(working_days__gte=1)),
            models.CheckConstraint(
                name="workflow_clockpolicy_validity",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="workflow_clockpolicy_statutory_cites",
                condition=Q(is_statutory=False) | (~Q(document="") & ~Q(article="")),
            ),
            models.UniqueConstraint(
                name="workflow_clockpolicy_version",
                fields=["key", "region", "valid_from"],
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                name="workflow_clockpolicy_one_open",
                fields=["key", "region"],
                condition=Q(valid_to__isnull=True, is_active=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.working_days}"

    @property
    def name(self) -> str:
        """The name of the clock in the reader's language."""
        return str(ClockKey(self.key).label) if self.key in ClockKey.values else self.event


class Clock(models.Model):
    """One running or ended time limit on one object, with the rule it was started under.

    The rule is copied, so that a later change of policy moves no clock. Due is the end of a day in the
    region's time zone.
    """

    policy = models.ForeignKey(ClockPolicy, on_delete=models.PROTECT, related_name="clocks")
    policy_key = models.SlugField(max_length=50)
    working_days = models.PositiveSmallIntegerField()
    extension_limit_working_days = models.PositiveSmallIntegerField()
    document = models.CharField(max_length=200, blank=True)
    article = models.CharField(max_length=50, blank=True)
    is_statutory = models.BooleanField()
    role = models.CharField(max_length=20)

    subject_label = models.CharField(max_length=100)
    subject_pk = models.BigIntegerField()
    subject_name = models.CharField(max_length=500, blank=True)
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey("accounts.Region", on_delete=models.PROTECT, related_name="+")

    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    started_at = models.DateTimeField()
    started_on = models.DateField(help_text="The day of the start in the region's time zone; it is not counted.")
    due_on = models.DateField()
    due_at = models.DateTimeField()
    is_provisional = models.BooleanField(help_text="The period crosses a year whose holiday notice is not out.")
    calendar_revision = models.PositiveBigIntegerField(default=0)
    extension_working_days = models.PositiveSmallIntegerField(default=0)
    extension_reason = models.TextField(blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True, help_text="When the clock was marked overdue.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="workflow_clock_one_open",
                fields=["policy_key", "subject_label", "subject_pk"],
                condition=Q(state__in=OPEN_CLOCK_STATES),
            ),
            models.CheckConstraint(
                name="workflow_clock_extension_limit",
                condition=Q(extension_working_days__lte=F("extension_limit_working_days")),
            ),
            models.CheckConstraint(
                name="workflow_clock_finished",
                condition=Q(state__in=OPEN_CLOCK_STATES, finished_at__isnull=True)
                | (~Q(state__in=OPEN_CLOCK_STATES) & Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="workflow_clock_open", condition=Q(state__in=OPEN_CLOCK_STATES)),
            models.Index(
                fields=["calendar_revision"], name="workflow_clock_revision", condition=Q(state__in=OPEN_CLOCK_STATES)
            ),
            models.Index(fields=["department", "state", "due_at"], name="workflow_clock_department"),
            models.Index(fields=["subject_label", "subject_pk"], name="workflow_clock_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.policy_key} {self.subject_name}".strip()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CLOCK_STATES

    @property
    def total_working_days(self) -> int:
        return self.working_days + self.extension_working_days

    @property
    def name(self) -> str:
        """The name of the clock in the reader's language."""
        return str(ClockKey(self.policy_key).label) if self.policy_key in ClockKey.values else self.policy_key

    @property
    def is_late(self) -> bool:
        """Say whether an ended clock ended after its due time."""
        return self.finished_at is not None and self.finished_at > self.due_at


class ClockPause(models.Model):
    """A span in which a clock stood still. Working days after ``paused_on`` up to ``resumed_on`` do not count."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pauses")
    paused_at = models.DateTimeField()
    paused_on = models.DateField()
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_on = models.DateField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["paused_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="workflow_clockpause_one_open", fields=["clock"], condition=Q(resumed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paused_on}–{self.resumed_on or ''}"


class ClockReminder(models.Model):
    """A reminder that was sent, once per clock, stage and due day; a moved due day is reminded of anew.

    ``people`` names who was told, as ``{"name", "department"}``; it is empty for reminders from before it was kept.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="reminders")
    stage = models.CharField(max_length=10, choices=ReminderStage.choices)
    due_on = models.DateField()
    sent_at = models.DateTimeField()
    recipients = models.PositiveIntegerField(default=0)
    people = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="workflow_clockreminder_once", fields=["clock", "stage", "due_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.due_on}"
