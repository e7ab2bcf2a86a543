"""Locks beyond single rows. The tree of departments and the account names are changed rarely, one at a time.

Order: departments, then accounts, then rows by key.
"""

from django.db import connection

_DEPARTMENTS = 809_001
_ACCOUNTS = 809_002


def lock_departments() -> None:
    """Wait until nobody else changes the tree of departments, or relies on it; held to the end of the transaction."""
    _lock(_DEPARTMENTS)


def lock_accounts() -> None:
    """Wait until nobody else creates accounts or ends an administrator's role; held to the end of the transaction."""
    _lock(_ACCOUNTS)


def _lock(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
