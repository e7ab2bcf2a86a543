"""What a request pays for its database connection (docs/adr/0002)."""

import psycopg
from django.conf import settings
from django.db import close_old_connections, connection
from psycopg_pool import ConnectionPool

from bench.registry import Figures, benchmark, compare

_QUERY = "SELECT count(*) FROM accounts_user"
_BARE = "the same query on one open psycopg connection"


def _bare() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True)


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_QUERY)
        cursor.fetchone()


@benchmark("connection kept and tested before each request (ours)", baseline=_BARE)
def kept() -> Figures:
    def request() -> None:
        close_old_connections()
        connection.health_check_done = False
        _ask()

    with _bare() as bare:
        return compare(request, lambda: bare.execute(_QUERY).fetchone(), rounds=500, warm_up=20)


@benchmark("connection opened for each request", baseline=_BARE)
def opened() -> Figures:
    def request() -> None:
        connection.close()
        _ask()

    with _bare() as bare:
        return compare(request, lambda: bare.execute(_QUERY).fetchone(), rounds=100, warm_up=5)


@benchmark("connection borrowed from a psycopg pool", baseline=_BARE)
def pooled() -> Figures:
    url = settings.DATABASES["default"]
    conninfo = psycopg.conninfo.make_conninfo(
        dbname=url["NAME"], user=url["USER"], password=url["PASSWORD"], **url.get("OPTIONS", {})
    )
    with (
        ConnectionPool(conninfo, min_size=2, max_size=4, check=ConnectionPool.check_connection) as pool,
        _bare() as bare,
    ):

        def request() -> None:
            with pool.connection() as borrowed:
                borrowed.execute(_QUERY).fetchone()

        return compare(request, lambda: bare.execute(_QUERY).fetchone(), rounds=500, warm_up=20)
