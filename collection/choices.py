"""Value domains of datasets and of the runs that fill them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    """How far a run has come."""

    QUEUED = "queued", _("Waiting for a worker")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting for the layout to be confirmed")
    SUCCEEDED = "succeeded", _("Published")
    UNCHANGED = "unchanged", _("Nothing changed")
    REFUSED = "refused", _("Too many rejected rows")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


FINAL_RUN_STATES = (
    RunState.SUCCEEDED,
    RunState.UNCHANGED,
    RunState.REFUSED,
    RunState.FAILED,
    RunState.CANCELLED,
)
OPEN_RUN_STATES = (RunState.QUEUED, RunState.RUNNING, RunState.WAITING)
"""A dataset has at most one run in one of these."""


class RunPhase(models.TextChoices):
    """The seven steps of a run, in their order."""

    FETCH = "fetch", _("Fetch")
    KEEP = "keep", _("Keep the original")
    DETECT = "detect", _("Detect")
    STAGE = "stage", _("Read in")
    VALIDATE = "validate", _("Validate")
    COMPARE = "compare", _("Compare")
    PUBLISH = "publish", _("Publish")


class LoadMode(models.TextChoices):
    """What the rows of a file mean for those that are there."""

    REPLACE = "replace", _("Replace: the file holds everything")
    APPEND = "append", _("Append: the file holds new rows")
    UPSERT = "upsert", _("Update by key: the file holds new and changed rows")


class RunOrigin(models.TextChoices):
    """What set a run off."""

    UPLOAD = "upload", _("Upload")
    COMMAND = "command", _("Command")
    RESUBMISSION = "resubmission", _("Corrected rows")
    ROLLBACK = "rollback", _("Return to an earlier version")
    DEMO = "demo", _("Demo")


class Rule(models.TextChoices):
    """Why a row was rejected."""

    MANDATORY = "mandatory", _("Must not be empty")
    KEY_EMPTY = "key_empty", _("Key must not be empty")
    NUMBER = "number", _("Not a number")
    WHOLE_NUMBER = "whole_number", _("Not a whole number")
    DATE = "date", _("Not a date")
    MOMENT = "moment", _("Not a date and time")
    YES_OR_NO = "yes_or_no", _("Neither yes nor no")
    LENGTH = "length", _("Too long")
    KEY_TWICE = "key_twice", _("Key occurs twice")
    KEY_KNOWN = "key_known", _("Key exists already")
    CELLS = "cells", _("Too many cells")


class DatasetKind(models.TextChoices):
    """What a dataset consists of."""

    TABLE = "table", _("A table: the entry's items are its columns")
    FILES = "files", _("Files: documents, images, audio, video")


class CoordinateSystem(models.TextChoices):
    """What the numbers of a place refer to, as the provider declares it; nothing is converted."""

    UNKNOWN = "", _("Not declared")
    CGCS2000 = "cgcs2000", "CGCS2000"
    WGS84 = "wgs84", "WGS 84"
    GCJ02 = "gcj02", "GCJ-02"


class FreshnessState(models.TextChoices):
    """Whether the data keep the cycle that the entry declares."""

    NONE = "none", _("No due time")
    UNKNOWN = "unknown", _("No data yet")
    FRESH = "fresh", _("Up to date")
    DUE_SOON = "due_soon", _("Due soon")
    OVERDUE = "overdue", _("Overdue")
    OVERDUE_LONG = "overdue_long", _("Long overdue")
