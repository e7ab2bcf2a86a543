"""What the role for everyday work may do to tables that another role owns."""

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import sql

# Rows of these tables can be added and read, never changed: the trail must survive whoever holds the password.
APPEND_ONLY = ("audit_event%",)


def grant_everyday_rights(role: str) -> None:
    """Let the role read and write every table, but change neither their shape nor what is append-only.

    The row store's schema is the exception: its tables belong to the role.
    """
    everyday = sql.Identifier(role)
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            # The row store makes and drops its own tables while it works.
            "CREATE SCHEMA IF NOT EXISTS store",
            "GRANT USAGE, CREATE ON SCHEMA store TO {}",
        ):
            cursor.execute(sql.SQL(statement).format(everyday))
        for pattern in APPEND_ONLY:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p') AND relname LIKE %s",
                [pattern],
            )
            for (table,) in cursor.fetchall():
                cursor.execute(
                    sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), everyday)
                )
