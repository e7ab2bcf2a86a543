"""Beijing time as the store keeps and shows it: always eight hours ahead.

China had summer time from 1986 to 1991 and other local times before 1901. By the rules of Asia/Shanghai what a file
says of those years would be shown an hour off beside the offset +08:00; clerks never wrote it that way.
"""

from datetime import timedelta, timezone

from psycopg import sql

ZONE = timezone(timedelta(hours=8))
SETTING = "<+08>-08"
"""The same for PostgreSQL's ``TimeZone``, in POSIX form."""


def local(moment: sql.Composable) -> sql.Composable:
    """Return a timestamptz as the clock on the wall shows it."""
    return sql.SQL("({} AT TIME ZONE INTERVAL '08:00')").format(moment)
