"""Value domains of datasets and of the runs that fill them."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RunState(models.TextChoices):
    """How far a run has come."""

    QUEUED = "queued", _("Waiting for a worker")
    RUNNING = "running", pgettext_lazy("run", "Running")
    WAITING = "waiting", _("Waiting for the layout to be confirmed")
    SUCCEEDED = "succeeded", _("Published")
    UNCHANGED = "unchanged", _("Nothing changed")
    REFUSED = "refused", _("Refused: breaks a limit or a rule")
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
    COMPARE = "compare", pgettext_lazy("run", "Compare")
    PUBLISH = "publish", _("Publish")


MOST_REJECTED = 2**31 - 1
"""The highest limit of rejected rows in number: what its column holds."""


class LoadMode(models.TextChoices):
    """What the rows of a file mean for those that are there."""

    REPLACE = "replace", _("Replace: the file holds everything")
    APPEND = "append", _("Append: the file holds new rows")
    UPSERT = "upsert", _("Update by key: the file holds new and changed rows")
    CHANGES = "changes", _("Changes: each row says whether it is new, changed or deleted")


MODES_BY_KEY = (LoadMode.UPSERT, LoadMode.CHANGES)
"""Of use only where rows have a key."""


class DestinationPurpose(models.TextChoices):
    """What requests go to a destination for."""

    SOURCE = "source", _("Sources are read there")
    WEBHOOK = "webhook", _("Is told of new data")


class RunOrigin(models.TextChoices):
    """What set a run off."""

    UPLOAD = "upload", _("Upload")
    COMMAND = "command", _("Command")
    RESUBMISSION = "resubmission", _("Corrected rows")
    ROLLBACK = "rollback", _("Return to an earlier version")
    SOURCE = "source", _("Source, by hand")
    SCHEDULE = "schedule", _("Source, on schedule")
    LIBRARY = "library", _("Built from the sources of a library")
    DEMO = "demo", _("Demo")


PROOFS = frozenset(RunOrigin) - {RunOrigin.ROLLBACK, RunOrigin.RESUBMISSION}
"""Origins that show the data to be current, and how they come; what is put right afterwards does not."""


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
    KEY_LENGTH = "key_length", _("Key longer than 2,000 bytes")
    KEY_TWICE = "key_twice", _("Key occurs twice")
    KEY_KNOWN = "key_known", _("Key exists already")
    CELLS = "cells", _("Too many cells")
    OPERATION = "operation", _("Says neither that it is new or changed nor that it is deleted")


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


IN_GRACE = "in_grace"
"""Stands among the states for those of ``DUE_SOON`` whose due day is over: they are late, if by days of grace only."""

_EARLY = (FreshnessState.NONE, FreshnessState.UNKNOWN, FreshnessState.FRESH, FreshnessState.DUE_SOON)
FRESHNESS_SHOWN: list[tuple[str, Any]] = [
    *((one.value, one.label) for one in FreshnessState if one in _EARLY),
    (IN_GRACE, _("Due, within its grace")),
    *((one.value, one.label) for one in FreshnessState if one not in _EARLY),
]
"""The states as lists tell them apart."""


class SourceKind(models.TextChoices):
    """Where a source is read."""

    HTTP = "http", _("Web address (HTTP)")
    SQL = "sql", _("Database (SQL)")
    OBJECTS = "objects", _("Object store (S3)")
    SFTP = "sftp", _("File server (SFTP)")


class Rhythm(models.TextChoices):
    """How often a source is read."""

    CYCLE = "cycle", _("As often as the entry's update cycle")
    MINUTES = "minutes", _("Every so many minutes")
    HOURLY = "hourly", _("Every hour")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("On days of the week")
    MONTHLY = "monthly", _("On a day of the month")
    BY_HAND = "by_hand", _("By hand only")


class SlotOutcome(models.TextChoices):
    """What became of a due time."""

    STARTED = "started", pgettext_lazy("slot", "Run")
    SKIPPED = "skipped", pgettext_lazy("slot", "Skipped")
    REFUSED = "refused", pgettext_lazy("slot", "Not possible")


class RuleKind(models.TextChoices):
    """What a rule that was added to a dataset asks of its rows, or of the version as a whole."""

    CODE_LIST = "code_list", _("Code list")
    REGEX = "regex", _("Form of a text")
    RANGE = "range", _("Range")
    CHECKSUM = "checksum", _("Check character")
    DATE_ORDER = "date_order", _("Order of dates")
    COMPARISON = "comparison", _("Comparison of two items")
    REFERENCE = "reference", _("Reference to another dataset")
    UNIQUE = "unique", _("Values occur once")
    COMPLETENESS = "completeness", _("Completeness")
    ROW_COUNT = "row_count", _("Number of rows")
    FRESHNESS = "freshness", _("Newest date")


SET_KINDS = (RuleKind.UNIQUE, RuleKind.COMPLETENESS, RuleKind.ROW_COUNT, RuleKind.FRESHNESS)
"""Rules about a version as a whole: broken, they refuse the run instead of a row."""


class Severity(models.TextChoices):
    """What follows when a rule is broken."""

    REJECT = "reject", pgettext_lazy("severity", "Reject")
    WARN = "warn", pgettext_lazy("severity", "Warn")
    NOTE = "note", pgettext_lazy("severity", "Note")


class Dimension(models.TextChoices):
    """The six dimensions of data quality of GB/T 36344."""

    NORMATIVITY = "normativity", pgettext_lazy("dimension", "Conformity")
    COMPLETENESS = "completeness", pgettext_lazy("dimension", "Completeness")
    ACCURACY = "accuracy", pgettext_lazy("dimension", "Accuracy")
    CONSISTENCY = "consistency", pgettext_lazy("dimension", "Consistency")
    TIMELINESS = "timeliness", pgettext_lazy("dimension", "Timeliness")
    ACCESSIBILITY = "accessibility", pgettext_lazy("dimension", "Accessibility")


class Checksum(models.TextChoices):
    """Codes that can be told to be wrong by themselves."""

    ID_NUMBER = "id_number", _("Citizen identity number (GB 11643)")
    USCC = "uscc", _("Unified social credit code (GB 32100)")
    ORGANISATION_CODE = "organisation_code", _("Organisation code (GB 11714)")
    REGION_CODE = "region_code", _("Region code (GB/T 2260)")


class KnownList(models.TextChoices):
    """Code lists that the platform holds."""

    REGIONS = "regions", _("Region codes")
    CATEGORIES = "categories", _("Codes of the classification")
    DEPARTMENTS = "departments", _("Credit codes of departments")


class FindingState(models.TextChoices):
    """What a run found about a rule."""

    HELD = "held", pgettext_lazy("rule", "Kept")
    BROKEN = "broken", pgettext_lazy("rule", "Broken")
    IDLE = "idle", pgettext_lazy("rule", "Does not apply")
    FAILED = "failed", pgettext_lazy("rule", "Could not be computed")
