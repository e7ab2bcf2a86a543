"""Servers that the operator named: can they be reached, and are they what we need?"""

from urllib.parse import urlsplit

import psycopg
import redis

from config.embedded.problems import StartError

MINIMUM_POSTGRES = 18


def check_postgres(url: str, variable: str = "DATABASE_URL") -> None:
    """Check that a PostgreSQL server answers under the URL and is new enough.

    Raises:
        StartError: one sentence, which never repeats the password.
    """
    place = _place(url)
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise StartError(f"Cannot connect to the database at {place} ({variable}): {_reason(error)}.") from None
    if version < MINIMUM_POSTGRES * 10000:
        raise StartError(
            f"The database at {place} ({variable}) is PostgreSQL {version // 10000}; version {MINIMUM_POSTGRES}"
            " or later is needed."
        )


def check_redis(url: str) -> None:
    """Check that a Redis server answers under the URL.

    Raises:
        StartError: one sentence, which never repeats the password.
    """
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=10, socket_timeout=10)
        client.ping()
        client.close()
    except (redis.RedisError, ValueError, OSError) as error:
        raise StartError(f"Cannot connect to Redis at {_place(url)} (REDIS_URL): {_reason(error)}.") from None


def _place(url: str) -> str:
    """Return host, port and path of a URL without its user and password."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{host}{port}{parts.path}" or "?"


def _reason(error: Exception) -> str:
    """Return what is at the end of the first line of a driver's message; the rest lists what it tried."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = lines[0] if lines else type(error).__name__
    for opening in ("FATAL:", "failed: "):
        reason = reason.rpartition(opening)[2].strip()
    return reason.rstrip(".")
