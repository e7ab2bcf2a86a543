"""A database system that a package of the operator adds: only over a socket that leads to an address of the list."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from collection import services
from collection.choices import RunState
from collection.outgoing import OutgoingFailed, Permanent
from collection.source_forms import SqlForm
from collection.sources import engines as systems
from collection.sources.engines import Engine, engine_of, engines, over_socket
from core.exceptions import RuleViolation
from tests.catalog.views.reader import client_of
from tests.collection.conftest import Town
from tests.collection.services.test_ingest import codes
from tests.collection.sources import add, allow, run
from tests.unchanged import nothing_changes

SIGNED_IN: list[tuple[Any, ...]] = []


def sign_in(sock: socket.socket, settings: Any, secret: str, seconds: float) -> sqlite3.Connection:
    SIGNED_IN.append((sock.getpeername(), settings.username, secret, seconds > 0))
    if secret != "right":
        raise sqlite3.OperationalError("somebody's text")
    sock.close()
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute('CREATE TABLE "低保" ("对象编号" text)')
    database.executemany('INSERT INTO "低保" VALUES (?)', [("0001",), ("0164A",)])
    database.commit()
    return database


def failure(host: str, error: BaseException | None) -> OutgoingFailed:
    return Permanent("database_refused", host=host)


ADDED = Engine("某数据库", 5236, "sqlite", sqlite3.Error, over_socket(sign_in), failure)


class Package:
    def __init__(self, name: str, load: Callable[[], Any]) -> None:
        self.name, self.load = name, load


def broken() -> Engine:
    raise ImportError


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Say which packages are installed."""

    def installed(*packages: Package) -> None:
        monkeypatch.setattr(systems, "entry_points", lambda group: packages)
        engines.cache_clear()

    SIGNED_IN.clear()
    yield installed
    monkeypatch.undo()
    engines.cache_clear()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def settings_at(listener: socket.socket, **more: Any) -> dict[str, Any]:
    return {
        "engine": "added",
        "host": "127.0.0.1",
        "port": listener.getsockname()[1],
        "database": "civil",
        "username": "reader",
        "table": "低保",
        **more,
    }


def test_what_a_package_adds_is_read_over_a_checked_socket(
    town: Town, install: Callable[..., None], listener: socket.socket
) -> None:
    install(Package("added", lambda: ADDED))
    assert ("added", "某数据库") in list(SqlForm().fields["engine"].choices)  # type: ignore[attr-defined]
    source = add(town, settings_at(listener), kind="sql", secret="right")
    refused = run(town, source)
    assert "is not on the list of destinations" in refused.message
    assert SIGNED_IN == []
    allow(town.world.secadmin, listener.getsockname()[1])
    done = run(town, source)
    assert done.state == RunState.SUCCEEDED, done.message
    assert codes(town) == ["0001", "0164A"]
    assert [(listener.getsockname(), "reader", "right", True)] == SIGNED_IN


def test_its_errors_are_told_in_our_words(town: Town, install: Callable[..., None], listener: socket.socket) -> None:
    install(Package("added", lambda: ADDED))
    allow(town.world.secadmin, listener.getsockname()[1])
    done = run(town, add(town, settings_at(listener), kind="sql", secret="wrong"))
    assert done.state == RunState.FAILED
    assert "does not let us in" in done.message
    assert "somebody" not in done.message


def awkward(sock: socket.socket, settings: Any, secret: str, seconds: float) -> sqlite3.Connection:
    raise ValueError(f"cannot use {secret}")


@pytest.mark.parametrize(
    "added",
    [
        Engine("某数据库", 5236, "sqlite", sqlite3.Error, over_socket(awkward), failure),
        Engine("某数据库", 5236, "no-such-dialect", sqlite3.Error, over_socket(sign_in), failure),
    ],
    ids=["sign-in", "dialect"],
)
def test_whatever_a_driver_raises_is_a_failure_without_the_credential(
    town: Town, install: Callable[..., None], listener: socket.socket, added: Engine
) -> None:
    install(Package("added", lambda: added))
    allow(town.world.secadmin, listener.getsockname()[1])
    source = add(town, settings_at(listener), kind="sql", secret="hush-hush")
    with capture_logs() as logged:
        tried = services.source_try(actor=town.cataloguer, source_id=source.pk)
        done = run(town, source)
    assert tried is not None
    assert tried.code in ("driver_failed", "query_failed")
    assert tried.__cause__ is None
    assert tried.__suppress_context__
    assert done.state == RunState.FAILED
    assert done.message
    assert "hush-hush" not in f"{logged}{done.message}{tried}"


def test_a_source_outlives_its_package_and_says_so(
    town: Town, install: Callable[..., None], listener: socket.socket
) -> None:
    install(Package("added", lambda: ADDED))
    allow(town.world.secadmin, listener.getsockname()[1])
    source = add(town, settings_at(listener), kind="sql", secret="right")
    install()
    done = run(town, source)
    assert done.state == RunState.FAILED
    assert "“added” is not installed any more" in done.message
    for page in (f"/collection/sources/{source.pk}/", f"/collection/runs/{done.pk}/"):
        assert client_of(town.cataloguer).get(page).status_code == 200


@pytest.mark.parametrize("engine", ["sqlite", "added", "sqlite+pysqlite", "duckdb", ""])
def test_what_is_not_installed_is_refused(
    town: Town, install: Callable[..., None], listener: socket.socket, engine: str
) -> None:
    """SQLite among them: it would read files of this machine."""
    install()
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, settings_at(listener, engine=engine), kind="sql", secret="right")
    assert {error.field for error in refused.value.errors} == {"engine"}


def test_a_package_takes_nothing_over_and_keeps_nothing_from_working(install: Callable[..., None]) -> None:
    install(Package("mysql", lambda: ADDED), Package("broken", broken), Package("odd", lambda: "no engine"))
    assert list(engines()) == ["postgresql", "mysql"]
    assert engine_of("mysql").label == "MySQL / MariaDB"
