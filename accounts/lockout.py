"""The limits of failed sign-ins, as django-axes asks for them (``AXES_FAILURE_LIMIT``, ``AXES_COOLOFF_TIME``)."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from accounts.selectors.security import security_policy


def failure_limit(request: HttpRequest | None, credentials: dict[str, Any] | None) -> int:
    """Return after how many failed attempts an account name is locked, whether such an account exists or not."""
    return security_policy().lockout_failures


def lock_time(request: HttpRequest | None) -> timedelta:
    """Return how long a lock lasts."""
    return timedelta(minutes=security_policy().lockout_minutes)
