"""Value domains of a catalog entry: the 2017 guide's, with those the Regulation on Government Data Sharing adds.

Keys are ours and stable; the guide's own numbers live beside them in ``catalog.layout`` for import and export.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RevisionStatus(models.TextChoices):
    """Where a revision stands in review."""

    DRAFT = "draft", _("Draft")
    AWAITING_HEAD = "awaiting_head", _("Awaiting sign-off")
    AWAITING_AUTHORITY = "awaiting_authority", _("Awaiting authority review")
    RETURNED = "returned", _("Returned")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")


WORKING_STATUSES = (
    RevisionStatus.DRAFT,
    RevisionStatus.AWAITING_HEAD,
    RevisionStatus.AWAITING_AUTHORITY,
    RevisionStatus.RETURNED,
)
"""An entry has at most one revision in one of these."""

EDITABLE_STATUSES = (RevisionStatus.DRAFT, RevisionStatus.RETURNED)


class WithdrawalStatus(models.TextChoices):
    """How far the withdrawal of a published entry has come."""

    NONE = "none", _("Not withdrawn")
    AWAITING_HEAD = "awaiting_head", _("Withdrawal awaiting sign-off")
    AWAITING_AUTHORITY = "awaiting_authority", _("Withdrawal awaiting authority review")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class EntryStatus(models.TextChoices):
    """The one state shown for an entry: that of its published revision, else of its working one."""

    DRAFT = "draft", _("Draft")
    AWAITING_HEAD = "awaiting_head", _("Awaiting sign-off")
    AWAITING_AUTHORITY = "awaiting_authority", _("Awaiting authority review")
    RETURNED = "returned", _("Returned")
    PUBLISHED = "published", _("Published")
    WITHDRAWAL_PENDING = "withdrawal_pending", _("Withdrawal pending")
    WITHDRAWN = "withdrawn", _("Withdrawn")


LIVE_STATUSES = (EntryStatus.PUBLISHED, EntryStatus.WITHDRAWAL_PENDING)
"""States in which the published revision is in force."""


class Sharing(models.TextChoices):
    """共享属性, Regulation on Government Data Sharing Art. 14, from loosest to strictest."""

    UNCONDITIONAL = "unconditional", _("Unconditional")
    CONDITIONAL = "conditional", _("Conditional")
    WITHHELD = "withheld", _("Withheld")


class SharingMethod(models.TextChoices):
    """共享方式 of the guide: on the platform as table, file or interface; else by mail or medium."""

    PLATFORM_TABLE = "platform_table", _("Platform, as a table")
    PLATFORM_FILE = "platform_file", _("Platform, as files")
    PLATFORM_API = "platform_api", _("Platform, through an interface")
    OFFLINE = "offline", _("By mail or medium")


class Opening(models.TextChoices):
    """开放属性: whether the public may have it."""

    OPEN = "open", pgettext_lazy("opening", "Open")
    CONDITIONAL = "conditional", _("Conditionally open")
    CLOSED = "closed", pgettext_lazy("opening", "Not open")


PUBLIC_OPENINGS = (Opening.OPEN, Opening.CONDITIONAL)
"""Openings of what the public may know of."""


def is_item_public(opening: str, of_entry: str) -> bool:
    """Say whether the public may know of an item: it is open, or says nothing and its entry is."""
    return (opening or of_entry) in PUBLIC_OPENINGS


class Cycle(models.TextChoices):
    """更新周期."""

    REALTIME = "realtime", _("Real time")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    TEN_DAYS = "ten_days", _("Every ten days")
    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    HALF_YEARLY = "half_yearly", _("Half-yearly")
    YEARLY = "yearly", _("Yearly")
    IRREGULAR = "irregular", _("Irregular")
    NEVER = "never", _("No longer updated")


class FormatClass(models.TextChoices):
    """信息资源格式分类: the guide's six, the local seventh, and paper still to be digitised."""

    DOCUMENT = "document", _("Electronic document")
    SPREADSHEET = "spreadsheet", _("Spreadsheet")
    DATABASE = "database", _("Database")
    IMAGE = "image", _("Image")
    MEDIA = "media", _("Audio or video")
    SELF_DESCRIBED = "self_described", _("Self-described format")
    SERVICE = "service", _("Service interface")
    PAPER = "paper", _("Paper")


STRUCTURED_FORMATS = (FormatClass.SPREADSHEET, FormatClass.DATABASE)
"""Formats whose entries must list their items."""

FILE_FORMATS = (FormatClass.DOCUMENT, FormatClass.SPREADSHEET, FormatClass.IMAGE, FormatClass.MEDIA)
"""Formats that can only be shared as files."""


class DataLevel(models.TextChoices):
    """GB/T 43697-2024: core, important, general; general in four grades (annex H), 4 the highest."""

    CORE = "core", _("Core data")
    IMPORTANT = "important", _("Important data")
    GENERAL_4 = "general_4", _("General data, grade 4")
    GENERAL_3 = "general_3", _("General data, grade 3")
    GENERAL_2 = "general_2", _("General data, grade 2")
    GENERAL_1 = "general_1", _("General data, grade 1")


class Secrecy(models.TextChoices):
    """Secrets stay outside this platform (Regulation on Government Data Sharing Art. 3)."""

    NONE = "none", _("No secret")
    WORK = "work", _("Work secret")
    STATE = "state", _("State secret")


class ItemType(models.TextChoices):
    """数据类型 of an item, the guide's letters."""

    C = "C", _("C text")
    N = "N", _("N number")
    Y = "Y", _("Y money")
    D = "D", _("D date")
    T = "T", _("T date and time")
    L = "L", _("L yes or no")
    M = "M", _("M long text")
    G = "G", _("G general")
    B = "B", _("B double precision")
    I = "I", _("I whole number")  # noqa: E741
    F = "F", _("F floating point")


class Mask(models.TextChoices):
    """How an item is shown where it must not be shown whole."""

    NONE = "none", _("Not masked")
    NAME = "name", _("Name: keep the first character")
    ID_NUMBER = "id_number", _("ID number: first 1, last 2")
    MOBILE = "mobile", _("Mobile: first 3, last 4")
    PHONE = "phone", _("Landline: first 4, last 2")
    BANK_ACCOUNT = "bank_account", _("Bank account: last 4")
    ADDRESS = "address", _("Address: cut at the county")
    EMAIL = "email", _("E-mail: first character and domain")
    PLATE = "plate", _("Number plate: first 3, last 1")
    TEXT = "text", _("Text: hidden")
    HASH = "hash", _("Hash with a key of its own")
    MONTH = "month", _("Date: to the month")
    BAND = "band", _("Number: to the band of its first digit")

    def fits(self, item_type: str) -> bool:
        """Say whether an item of this type can be shown so; what cuts a date or a number says nothing of others."""
        return item_type in _MASKED_TYPES.get(self, (item_type,))


_MASKED_TYPES = {
    Mask.MONTH: (ItemType.D, ItemType.T),
    Mask.BAND: (ItemType.N, ItemType.Y, ItemType.B, ItemType.I, ItemType.F),
}


class CategoryLevel(models.TextChoices):
    """类、项、目、细目 of the guide's classification."""

    CLASS = "class", _("Class")
    GROUP = "group", _("Group")
    ORDER = "order", _("Order")
    SUBORDER = "suborder", _("Suborder")


class LibraryKind(models.TextChoices):
    BASE = "base", _("Base library")
    THEME = "theme", _("Theme library")


class Severity(models.TextChoices):
    """Weight of a reviewer's comment: a required one stands in the way of approval."""

    REQUIRED = "required", _("Must change")
    SUGGESTED = "suggested", _("Suggestion")


class DecisionAction(models.TextChoices):
    SUBMIT = "submit", _("Submitted")
    SIGN_OFF = "sign_off", _("Signed off")
    APPROVE = "approve", _("Approved and published")
    RETURN = "return", _("Returned")
    RECALL = "recall", _("Recalled")
    WITHDRAW = "withdraw", _("Withdrawal requested")
    WITHDRAW_SIGN_OFF = "withdraw_sign_off", _("Withdrawal signed off")
    WITHDRAW_APPROVE = "withdraw_approve", _("Withdrawn")
    WITHDRAW_RETURN = "withdraw_return", _("Withdrawal returned")


class Origin(models.TextChoices):
    """How an entry came into the catalog."""

    FILED = "filed", _("Filed")
    IMPORTED = "imported", _("Imported")


class UploadState(models.TextChoices):
    """How far an uploaded file has come; while it is being worked on, a worker holds it."""

    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, nothing imported yet")
    FAILED = "failed", _("Could not be used")
    APPLYING = "applying", _("Being imported")
    DONE = "done", _("Import finished")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


UPLOAD_WORKING_STATES = (UploadState.CHECKING, UploadState.APPLYING, UploadState.UNDOING)
"""States in which a worker is busy with the file."""
