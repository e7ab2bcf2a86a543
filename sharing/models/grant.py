import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from catalog.choices import LIVE_STATUSES
from core import clock
from core.reasons import Reason
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantAction, GrantStatus, Side

BY_ITSELF = Q(request__isnull=True) | Q(request__decided_by=None, request__replied_at=F("request__received_at"))
"""Grants that nobody decided on: taken under the terms, or given on request the moment it was received."""


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants by what may be done under them."""

    def live(self, at: datetime) -> Self:
        """Return those under which data may be read at an instant: in force, their data in use, their entry too."""
        return self.filter(
            status=GrantStatus.ACTIVE,
            valid_from__lte=at,
            valid_to__gt=at,
            dataset__retired_at__isnull=True,
            dataset__entry__status__in=LIVE_STATUSES,
        )


class Grant(models.Model):
    """The right of a department to read a dataset: which items, which rows, how masked, by which way, until when.

    It belongs to the department and the systems named, never to a person, and is never merged with another one.
    ``token`` names it where a number would tell how many there are, and binds its key. ``hash_key`` is the sealed key
    of its hash masks. ``edition`` grows when items, filter or masks change: whoever keeps a replica must begin anew.

    The right itself is a group permission on the dataset, written by ``services.right`` alone; to read takes both.
    ``status`` is what readers ask: it is suspended while one of its suspensions is open, and the services write both.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dataset = models.ForeignKey("collection.Dataset", on_delete=models.PROTECT, related_name="grants")
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="grants")
    request = models.ForeignKey("ShareRequest", null=True, on_delete=models.PROTECT, related_name="grants")
    acceptance = models.ForeignKey("TermsAcceptance", null=True, on_delete=models.PROTECT, related_name="grants")
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="later")
    systems = models.ManyToManyField("accounts.InformationSystem", blank=True, related_name="grants")
    purpose = models.TextField()
    items = models.JSONField()
    row_filter = models.JSONField(default=list, blank=True)
    masks = models.JSONField(default=dict, blank=True)
    hash_key = models.TextField()
    edition = models.PositiveIntegerField(default=1)
    methods = models.JSONField()
    rows_per_day = models.PositiveBigIntegerField(null=True, blank=True, help_text="None for no limit of its own.")
    calls_per_minute = models.PositiveIntegerField(null=True, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(help_text="The instant from which nothing is given any more.")

    status = models.CharField(max_length=10, choices=GrantStatus.choices, default=GrantStatus.ACTIVE)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=15, choices=EndReason.choices, blank=True)
    end_note = models.TextField(blank=True)
    disposal_demand = models.TextField(blank=True, help_text="How the provider wants the data disposed of at the end.")
    disposed_at = models.DateTimeField(null=True)
    disposal_note = models.TextField(blank=True)
    first_pulled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="grant_period"),
            models.CheckConstraint(
                condition=Q(request__isnull=False) | Q(acceptance__isnull=False), name="grant_has_a_ground"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_GRANT_STATUSES, ended_at__isnull=True)
                | (~Q(status__in=OPEN_GRANT_STATUSES) & Q(ended_at__isnull=False)),
                name="grant_ended_at",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "dataset", "status"], name="grant_department"),
            models.Index(fields=["valid_to"], name="grant_end", condition=Q(status__in=OPEN_GRANT_STATUSES)),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def last_moment(self) -> datetime:
        """The last instant of its last day, which reads better than the midnight that follows."""
        return self.valid_to - timedelta(microseconds=1)

    @property
    def state_label(self) -> str:
        """What people read of its state: its instants count at once, whenever the clockwork writes them down."""
        moment = clock.now()
        if self.status in OPEN_GRANT_STATUSES and moment >= self.valid_to:
            return str(GrantStatus.EXPIRED.label)
        if self.status == GrantStatus.ACTIVE and moment < self.valid_from:
            return _("Not in force yet")
        return str(self.get_status_display())

    @property
    def is_by_itself(self) -> bool:
        """Whether nobody decided on it: see ``BY_ITSELF``."""
        return self.request is None or self.request.is_by_itself

    @property
    def is_own(self) -> bool:
        """Whether the data are its department's own by now: there is nothing to dispose of."""
        return self.dataset.entry.department_id == self.department_id

    def is_live(self, at: datetime) -> bool:
        """Say whether its own state and instants allow reading; ``GrantQuerySet.live`` asks the rest too."""
        return self.status == GrantStatus.ACTIVE and self.valid_from <= at < self.valid_to


class GrantStep(models.Model):
    """A step in the life of a grant. Never changed."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="steps")
    action = models.CharField(max_length=10, choices=GrantAction.choices)
    note = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True)
    actor_name = models.CharField(max_length=200)
    department_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.action}"

    @property
    def words(self) -> str:
        """What was said to it; why it came by itself in the language of who reads it."""
        why = self.detail.get("why")
        return str(Reason.from_dict(why)) if why else self.note


class GrantSuspension(models.Model):
    """A side's word that nothing is given under a grant for now; each side's stands for itself until it is lifted.

    It outlives the grant. ``cause`` is the suspension of the grant before that this one follows from, and is lifted
    with. ``misuse`` is what its side found by an inspection while it stood: lifting it puts that in order too.
    ``department`` tells one authority from another; the other sides are whoever has the role.
    """

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="suspensions")
    side = models.CharField(max_length=10, choices=Side.choices)
    department = models.ForeignKey("accounts.Department", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    cause = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="following")
    misuse = models.ForeignKey("Inspection", null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=200, blank=True)
    closing_note = models.TextField(blank=True)

    class Meta:
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "side", "department", "cause"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="grant_suspension_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.side}"


class GrantNotice(models.Model):
    """A provider's announcement that it wants to stop or narrow a running service without misuse (809, Art. 27).

    It consults the requester and files it with the authority; before the day nothing may be done. ``filed_at`` may come
    later still: a step ``{"unfiled": pk}`` then says that the authority had been silent until the day.
    ``change`` is what is narrowed, ``{"masks": {item: mask}, "rows_per_day", "calls_per_minute"}``; None for a stop.
    ``stops_on`` is the day from which it holds. It is closed once it was carried out, taken back or objected to, or its
    grant ended; ``carried_out_at`` tells the first from the others.
    """

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="notices")
    reason = models.TextField()
    stops_on = models.DateField()
    change = models.JSONField(null=True)
    announced_at = models.DateTimeField()
    announced_by_name = models.CharField(max_length=200)
    answer = models.TextField(blank=True)
    is_agreed = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True, help_text="When the authority took note of it.")
    filing_note = models.TextField(blank=True)
    is_filing_accepted = models.BooleanField(null=True)
    closed_at = models.DateTimeField(null=True)
    carried_out_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["grant"], condition=Q(closed_at__isnull=True), name="grant_notice_one_open")
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} {self.stops_on}"


class RightsCheck(models.Model):
    """One comparison of the rights held with the grants in force.

    ``differences`` is a list of ``{"kind": "surplus" | "missing" | "unsuspended" | "suspended" | "person" | "generic" |
    "everywhere", "dataset", "holder"}``; with ``"grant"`` where it is the state of one that is not as it should be.
    """

    at = models.DateTimeField()
    differences = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
