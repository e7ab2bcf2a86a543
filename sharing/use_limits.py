"""Limits of use: how much a grant gives in a day, and how often it may be called in a minute; None sets none.

Files are not counted in rows, so a grant on files has no limit of these.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from core.exceptions import FieldError
from sharing.models import Grant

LIMITS = ("rows_per_day", "calls_per_minute")
_MOST = {"rows_per_day": 2**62, "calls_per_minute": 2**31 - 1}


def limits_of(grant: Grant) -> dict[str, int | None]:
    """Return the limits that hold for a grant."""
    return {name: getattr(grant, name) for name in LIMITS}


def strictest(grants: Iterable[Grant]) -> dict[str, int | None]:
    """Return the tightest limits that hold for any of some grants."""
    return tightest([limits_of(one) for one in grants])


def tightest(limits: Sequence[Mapping[str, int | None]]) -> dict[str, int | None]:
    """Return of several limits of use the tightest."""
    return {name: min((value for one in limits if (value := one[name]) is not None), default=None) for name in LIMITS}


def is_tighter(limit: int | None, held: int | None) -> bool:
    """Say whether a limit gives less than the one that holds."""
    return limit is not None and (held is None or limit < held)


def limit_errors(limits: Mapping[str, int | None], *, is_table: bool) -> list[FieldError]:
    """Return what is wrong with limits.

    Args:
        is_table: False for files.
    """
    errors = [
        FieldError(name, "range", _("Give a whole number from 1."))
        for name, value in limits.items()
        if value is not None and not 1 <= value <= _MOST[name]
    ]
    if not is_table and limits.get("rows_per_day") is not None:
        message = _("Files are not counted in rows: limit the calls in a minute.")
        errors.append(FieldError("rows_per_day", "files", message))
    return errors
