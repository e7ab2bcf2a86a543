"""Proof that a refused act left no trace: the same rows, the same values, nothing queued."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.apps import apps
from django.conf import settings
from django.db import connection

Digest = dict[str, tuple[int, str]]
"""Table → how many rows it has, and a sum over their values."""

_KEPT_APART = {
    "django_session", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog", "sharing_refusedcall",
}  # fmt: skip
"""What the browser's session, failed sign-ins and refused calls of the data API leave behind in any case."""

_OF_LIBRARIES = {"auth", "guardian", "otp_totp", "otp_static"}


@lru_cache(maxsize=1)
def _statement() -> str:
    labels = {app.label for app in apps.get_app_configs() if app.name in settings.OUR_APPS} | _OF_LIBRARIES
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in labels and model._meta.managed
    }
    parts = []
    for table in sorted((tables & set(connection.introspection.table_names())) - _KEPT_APART):
        # Refused attempts are themselves recorded; nothing else may be.
        condition = " WHERE outcome <> 'denied'" if table == "audit_event" else ""
        columns = "t::text"
        if table == "accounts_usersession":
            columns = "(id, user_id, session_key, ended_at, end_reason, must_enrol, second_factor_at)::text"
        parts.append(
            f"SELECT '{table}', count(*), coalesce(sum(hashtextextended({columns}, 0)), 0)::text "
            f'FROM "{table}" t{condition}'
        )
    return " UNION ALL ".join(parts)


def database_digest() -> Digest:
    """Return what the tables of the product hold."""
    with connection.cursor() as cursor:
        cursor.execute(_statement())
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Assert that the block changes no row of any table of the product, the trail and the outbox among them."""
    before = database_digest()
    yield
    after = database_digest()
    changed = sorted(table for table in after if before[table] != after[table])
    assert not changed, f"changed although refused: {', '.join(changed)}"
