from django.db import models
from django.db.models import Q

from collection.models import Dataset
from core.reasons import Reason
from libraries.choices import BuildReason, BuildState, PartConsent


class Composition(models.Model):
    """A dataset of a base or theme library that is built from the datasets of several departments.

    ``lineage_item`` is the identity of the item that keeps for every row which sources it came from; empty for none.
    """

    dataset = models.OneToOneField("collection.Dataset", on_delete=models.PROTECT, related_name="composition")
    lineage_item = models.CharField(max_length=36, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.dataset)


class Part(models.Model):
    """A source of a library dataset, and which of its items fills which of the library's.

    It is what one grant gives, or a dataset of the lead's own, on which it needs no grant and cannot have one. Where
    sources differ, the one of the lowest ``precedence`` counts. ``mapping`` is identity of the library's item →
    identity of the source's. A part that was removed stays as a record.

    ``consent`` is the word of a grant's provider, for the ``library`` that he was asked for; data of the lead's own
    need none. ``refused_at`` stays when the provider is asked anew: only his agreement ends a refusal.
    """

    composition = models.ForeignKey(Composition, on_delete=models.PROTECT, related_name="parts")
    grant = models.ForeignKey("sharing.Grant", null=True, on_delete=models.PROTECT, related_name="library_parts")
    own = models.ForeignKey("collection.Dataset", null=True, on_delete=models.PROTECT, related_name="+")
    precedence = models.PositiveSmallIntegerField()
    mapping = models.JSONField()
    library = models.ForeignKey("catalog.Library", null=True, on_delete=models.PROTECT, related_name="+")
    consent = models.CharField(max_length=8, choices=PartConsent.choices, default=PartConsent.AWAITING)
    consent_note = models.TextField(blank=True)
    consent_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    consent_by_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=200)
    removed_at = models.DateTimeField(null=True)
    removed_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["precedence", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["composition", "grant"], condition=Q(removed_at__isnull=True), name="library_part_once"
            ),
            models.UniqueConstraint(
                fields=["composition", "own"], condition=Q(removed_at__isnull=True), name="library_part_own_once"
            ),
            models.CheckConstraint(
                condition=Q(grant__isnull=False, own__isnull=True) | Q(grant__isnull=True, own__isnull=False),
                name="library_part_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.dataset)

    @property
    def dataset(self) -> Dataset:
        """The dataset that is read."""
        found = self.grant.dataset if self.grant is not None else self.own
        assert found is not None  # noqa: S101  a constraint of the table
        return found

    @property
    def is_agreed(self) -> bool:
        """Whether its rows may go into the library, as far as the provider's word goes."""
        return self.own_id is not None or self.consent == PartConsent.AGREED


class Build(models.Model):
    """One time that a library dataset is built: from what, when, why, and what came of it.

    ``parts`` is a list, by precedence, of ``{"part", "dataset", "name", "department", "grant", "edition",
    "version", "mapping", "rows"}``: what was read; ``left_out`` one of ``{"part", "why"}``: what could not be read,
    and was left out so that rows which no grant gives any more are published no longer; ``lineage_item`` is the
    composition's at that time. ``disagreements`` is identity of an item → rows in which its sources say different
    things. The run has the rows as its original; whether they were published, it says. ``failure`` is a
    ``core.reasons.Reason``.

    Which of the ``parts`` each row came from lies in the store (``collection.store.lineage``), by their numbers from 1,
    where the worker of ``lineage_token`` has put it; None where there is none. It ``is_settled`` once it was compared
    with the rows that were published: it tells of none that loading rejected from then on.
    """

    composition = models.ForeignKey(Composition, on_delete=models.PROTECT, related_name="builds")
    state = models.CharField(max_length=10, choices=BuildState.choices, default=BuildState.ASKED)
    reason = models.CharField(max_length=10, choices=BuildReason.choices)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    slot = models.DateTimeField(help_text="When the work was last asked for: the job slot that one worker holds.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    parts = models.JSONField(default=list, blank=True)
    left_out = models.JSONField(default=list, blank=True)
    lineage_item = models.CharField(max_length=36, blank=True)
    lineage_token = models.BigIntegerField(null=True)
    is_settled = models.BooleanField(default=False)
    rows = models.PositiveBigIntegerField(default=0)
    rows_in_several = models.PositiveBigIntegerField(default=0)
    disagreements = models.JSONField(default=dict, blank=True)
    failure = models.JSONField(default=dict, blank=True)
    run = models.OneToOneField("collection.Run", null=True, on_delete=models.SET_NULL, related_name="build")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["slot"], name="library_build_open", condition=Q(finished_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(
                fields=["composition"], condition=Q(state=BuildState.ASKED), name="library_build_one_asked"
            ),
            models.UniqueConstraint(
                fields=["composition"], condition=Q(state=BuildState.COMPOSING), name="library_build_one_composing"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(BuildState.SENT, BuildState.FAILED), finished_at__isnull=False)
                | Q(state__in=(BuildState.ASKED, BuildState.COMPOSING), finished_at__isnull=True),
                name="library_build_final",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.composition} #{self.pk}"

    @property
    def message(self) -> str:
        """Why it came to nothing, in the language of whoever reads it."""
        return str(Reason.from_dict(self.failure))

    @property
    def without(self) -> list[Reason]:
        """Why sources were left out of it; each names its source."""
        return [Reason.from_dict(one["why"]) for one in self.left_out]
