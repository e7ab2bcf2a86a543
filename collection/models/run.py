from django.db import models
from django.db.models import Q

from collection.choices import FINAL_RUN_STATES, OPEN_RUN_STATES, LoadMode, Rule, RunOrigin, RunPhase, RunState
from core.reasons import Reason


class Run(models.Model):
    """One attempt to bring a file into a dataset: what came, how it was read, what became of it.

    ``original`` and ``rejects`` are sealed with the field key; they are shown to the provider only. ``slot`` is the
    moment at which the work was last asked for: the job slot of that name is what one worker holds. ``sha256`` is of
    ``original`` as it lies in the storage, ``sent_sha256`` of what came: an erasure writes the original anew, and the
    same file that comes once more is known by what it was; ``upload_token`` is of the ``PartialUpload`` of which it
    was made. A run with a source and no original begins by fetching;
    ``attempts`` counts those that failed and may be tried again, ``fetched`` is what the source said of what it gave,
    or how current the data are from which a library was built. ``failure`` is a ``core.reasons.Reason``. ``answers``
    says of a correction which rejected rows of the run that it corrects it brings: ``taken``, numbers of rows there;
    ``again``, number of a row here that is wrong still → number there; ``mended`` and ``wrong``, (rule, label, rows) of
    both, but for rows that another had mended before.
    """

    dataset = models.ForeignKey("Dataset", on_delete=models.CASCADE, related_name="runs")
    origin = models.CharField(max_length=15, choices=RunOrigin.choices)
    mode = models.CharField(max_length=10, choices=LoadMode.choices)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    phase = models.CharField(max_length=10, choices=RunPhase.choices, blank=True)
    asked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    slot = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    source = models.ForeignKey("Source", null=True, on_delete=models.PROTECT, related_name="runs")
    attempts = models.PositiveSmallIntegerField(default=0)
    fetched = models.JSONField(default=dict, blank=True)

    original = models.FileField(upload_to="evidence/%Y/%m", max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    sent_sha256 = models.CharField(max_length=64, blank=True)
    layout = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    found = models.JSONField(default=dict, blank=True)
    is_confirmed = models.BooleanField(default=False)

    rows_read = models.PositiveBigIntegerField(default=0)
    rows_rejected = models.PositiveBigIntegerField(default=0)
    rejects = models.FileField(upload_to="rejects/%Y/%m", max_length=200, blank=True)
    upload_token = models.UUIDField(null=True, unique=True, editable=False)
    version = models.OneToOneField("DatasetVersion", null=True, on_delete=models.PROTECT, related_name="run")
    of_version = models.ForeignKey("DatasetVersion", null=True, on_delete=models.PROTECT, related_name="+")
    corrects = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="corrections")
    answers = models.JSONField(default=dict, blank=True)
    failure = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["dataset", "-id"], name="run_dataset"),
            models.Index(fields=["source", "-id"], name="run_source"),
            models.Index(fields=["slot"], name="run_open", condition=Q(finished_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["dataset"], condition=Q(state__in=OPEN_RUN_STATES), name="run_one_open"),
            models.CheckConstraint(
                name="run_final",
                condition=Q(state__in=FINAL_RUN_STATES, finished_at__isnull=False)
                | (~Q(state__in=FINAL_RUN_STATES) & Q(finished_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} #{self.pk}"

    @property
    def message(self) -> str:
        """Why it failed or was refused, in the language of whoever reads it."""
        return str(Reason.from_dict(self.failure))

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_RUN_STATES


class RunProblem(models.Model):
    """How often a rule rejected rows for one item, and the first rows; the rows themselves are sealed."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="problems")
    item = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)
    rule = models.CharField(max_length=15, choices=Rule.choices)
    count = models.PositiveBigIntegerField()
    first_rows = models.JSONField(default=list)

    class Meta:
        ordering = ["-count", "label"]
        constraints = [models.UniqueConstraint(fields=["run", "item", "rule"], name="run_problem_once")]

    def __str__(self) -> str:
        return f"{self.label} {self.rule}: {self.count}"


class RunNote(models.Model):
    """A line of a run's log: what happened, when. ``code`` names the sentence, ``values`` fill it in."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField()
    phase = models.CharField(max_length=10, choices=RunPhase.choices, blank=True)
    code = models.CharField(max_length=40)
    values = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.code
