"""Closed lists of values. They import no model, so that every layer may use them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RegionLevel(models.TextChoices):
    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    COUNTY = "county", _("County")


class Role(models.TextChoices):
    """What a person may be in force. The last three are the separate administrators."""

    CATALOGUER = "cataloguer", _("Cataloguer")
    HEAD = "head", _("Sharing office head")
    REVIEWER = "reviewer", _("Authority reviewer")
    SYSADMIN = "sysadmin", _("System administrator")
    SECADMIN = "secadmin", _("Security administrator")
    AUDITOR = "auditor", _("Auditor")


ADMIN_ROLES = frozenset({Role.SYSADMIN.value, Role.SECADMIN.value, Role.AUDITOR.value})
"""One person holds at most one of these, and then nothing else."""

DEPARTMENT_ROLES = frozenset({Role.CATALOGUER.value, Role.HEAD.value})
"""Held in any department."""

AUTHORITY_ROLES = frozenset({Role.REVIEWER.value})
"""Held only in the authority of a region."""

BUSINESS_ROLES = DEPARTMENT_ROLES | AUTHORITY_ROLES

CONTRACTOR_ROLES = frozenset({Role.CATALOGUER.value})
"""All that contractor staff can be."""


class Language(models.TextChoices):
    SIMPLIFIED = "zh-hans", "简体中文"
    TRADITIONAL = "zh-hant", "繁體中文"
    ENGLISH = "en", "English"


class AliasKind(models.TextChoices):
    SHORT = "short", _("Short name")
    FORMER = "former", _("Former name")
    OTHER = "other", _("Other name")


class DepartmentEventKind(models.TextChoices):
    CREATED = "created", _("Created")
    RENAMED = "renamed", _("Renamed")
    EDITED = "edited", _("Edited")
    MOVED = "moved", _("Moved to another region")
    ATTACHED = "attached", _("Attached")
    DETACHED = "detached", _("Detached")
    MERGED = "merged", _("Merged into another department")
    ABSORBED = "absorbed", _("Took over another department")
    DISSOLVED = "dissolved", _("Dissolved")


class AttachmentStatus(models.TextChoices):
    PROPOSED = "proposed", _("Awaiting consent")
    AGREED = "agreed", _("Agreed")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("attachment", "Withdrawn")
    ENDED = "ended", _("Ended")


class ProtectionGrade(models.IntegerChoices):
    """Grade of an information system under the classified protection scheme (网络安全等级保护)."""

    ONE = 1, _("Grade 1")
    TWO = 2, _("Grade 2")
    THREE = 3, _("Grade 3")
    FOUR = 4, _("Grade 4")
    FIVE = 5, _("Grade 5")


class SessionEnd(models.TextChoices):
    SIGNED_OUT = "signed_out", _("Signed out")
    IDLE = "idle", _("Left idle")
    EXPIRED = "expired", _("Time limit reached")
    BY_OWNER = "by_owner", _("Ended by its owner from another session")
    BY_SECADMIN = "by_secadmin", _("Ended by the security administrator")
    ACCOUNT_CHANGED = "account_changed", _("Account, role or password changed")
