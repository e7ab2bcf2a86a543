"""Connections that are kept: tested by a statement once a second, in between by a look at the socket."""

import pytest
from django.db import DataError, connection, connections, transaction
from django.db.backends.postgresql import base as postgresql

from config import env
from config.postgresql import base
from core.planned import planned_cursor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note how often the server is asked."""
    connection.close()
    connection.ensure_connection()
    noted, ask = [], postgresql.DatabaseWrapper.is_usable

    def noting(wrapper: postgresql.DatabaseWrapper) -> bool:
        noted.append(ask(wrapper))
        return noted[-1]

    monkeypatch.setattr(postgresql.DatabaseWrapper, "is_usable", noting)
    return noted


def end_our_connection() -> None:
    connection.ensure_connection()
    other = connection.copy()
    try:
        with other.cursor() as run:
            run.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    finally:
        other.close()


def test_a_connection_in_use_is_asked_once(asked: list[bool]) -> None:
    assert all(connection.is_usable() for _turn in range(5))
    assert asked == [True]


def test_one_that_the_server_ended_is_found_at_once(asked: list[bool]) -> None:
    assert connection.is_usable()
    end_our_connection()
    assert not connection.is_usable()
    connection.close()
    connection.ensure_connection()
    assert connection.is_usable()
    assert asked == [True, False, True]


def test_one_that_rested_is_asked_again(asked: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection.is_usable()
    monkeypatch.setattr(base, "TRUSTED_SECONDS", 0)
    assert connection.is_usable()
    assert asked == [True, True]


def test_one_whose_transaction_failed_is_of_no_use(asked: list[bool]) -> None:
    assert connection.is_usable()
    with transaction.atomic():
        with connection.cursor() as run, pytest.raises(DataError):
            run.execute("SELECT 1 / 0")
        assert not connection.is_usable()
        transaction.set_rollback(True)
    assert connection.is_usable()


def test_plans_are_kept_for_statements_that_come_again() -> None:
    connection.close()
    for number in range(10):
        with planned_cursor() as run:
            run.execute("SELECT %s::int + 1", [number])
            assert run.fetchone() == (number + 1,)
    with connection.cursor() as run:
        run.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int + 1'")
        assert run.fetchone() == (1,)
    connections.close_all()


def test_an_address_may_forbid_to_keep_plans() -> None:
    address = "postgres://user:word@db:5432/catalog"
    assert env.database_config(address)["OPTIONS"]["prepare_threshold"] == env.PREPARE_THRESHOLD
    assert env.database_config(f"{address}?prepare_threshold=off")["OPTIONS"]["prepare_threshold"] is None
