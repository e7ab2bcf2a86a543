"""The product as a person starts it: from nothing, after a kill, and to its orderly end."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import processes
from config.embedded import locations
from config.embedded.processes import is_alive
from config.env import BASE_DIR

_VARIABLES = ("DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "DATA_DIR", "HOST", "PORT", "DJANGO_SETTINGS_MODULE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_dir: Path, port: int, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    return inherited | {"DATA_DIR": str(data_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1"} | more


def ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


class Run:
    """One `make run`, its output in a file."""

    started: list["Run"] = []

    def __init__(self, data_dir: Path, port: int) -> None:
        self.log = data_dir.parent / "run.log"
        with self.log.open("w") as log:
            # As a shell script starts a background job: with interrupts ignored.
            command = ["sh", "-c", 'trap "" INT; exec "$0" -m config.embedded', sys.executable]
            self.process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=environment(data_dir, port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.started.append(self)

    def wait_until_ready(self, seconds: float = 240) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            text = self.log.read_text()
            if "Ready after" in text:
                return text
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        pytest.fail(f"not ready:\n{self.log.read_text()}")


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="catalog-run-"))
    yield folder
    while Run.started:
        process = Run.started.pop().process
        process.terminate()
        process.wait(60)
    shutil.rmtree(folder, ignore_errors=True)


def wait_for_worker(port: int) -> dict[str, object]:
    for _attempt in range(150):
        status, body = ask(port, "/readyz")
        if status == 200:
            break
        time.sleep(0.2)
    found: dict[str, object] = json.loads(body)
    return found


def test_from_an_empty_folder_through_a_kill_to_an_orderly_end(place: Path) -> None:
    data_dir, port = place / "data", free_port()

    # From nothing: servers, tables, demo, three processes.
    first = Run(data_dir, port)
    text = first.wait_until_ready()
    assert f"http://127.0.0.1:{port}/" in text
    assert "The database is empty: loading the demo" in text
    assert "Demo-pass-2026" in text
    assert wait_for_worker(port)["ready"] is True
    assert ask(port, "/open/")[0] == 200
    for command in (processes.READY, processes.HEARTBEAT):
        done = subprocess.run([sys.executable, *command], cwd=BASE_DIR, env=environment(data_dir, port), check=False)
        assert done.returncode == 0
    assert {path.name: path.stat().st_mode & 0o777 for path in (data_dir / "secrets").iterdir()} == dict.fromkeys(
        [
            *("secret_key", "field_key", "audit_key"),
            *("postgres_admin_password", "postgres_owner_password", "postgres_password"),
        ],
        0o600,
    )

    # The everyday role reads and adds to the trail, and can do nothing else to it.
    with psycopg.connect(locations.database_url(data_dir)) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM audit_event").fetchone() == (True,)
        for statement in ("DELETE FROM audit_event", "TRUNCATE audit_event", "DROP TABLE audit_event"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)

    # A second one on the same folder says so and disturbs nothing.
    second = subprocess.run(
        [sys.executable, "-m", "config.embedded"],
        cwd=BASE_DIR,
        env=environment(data_dir, free_port()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr == (
        f"The product already runs on {data_dir} (process {first.process.pid});"
        " stop it first or set another DATA_DIR.\n"
    )

    # kill -9, and at once again.
    first.process.kill()
    first.process.wait()
    again = Run(data_dir, port)
    text = again.wait_until_ready()
    assert "loading the demo" not in text
    assert wait_for_worker(port)["ready"] is True

    # An interrupt ends it in order, though it was started with interrupts ignored.
    children = [pid for pid, _mark in json.loads((data_dir / "run" / "children.json").read_text())]
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(60) == 0
    text = again.log.read_text()
    assert text.rstrip().endswith("Stopped")
    assert "database system is shut down" in text
    assert not any(is_alive(pid) for pid in children)
    assert list((data_dir / "run" / "sockets").iterdir()) == []
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "http"}, r"PORT must be a whole number, not 'http'\."),
        (
            {"DATA_DIR": "/proc/nowhere"},
            r"Cannot write to /proc/nowhere \(.+\); set DATA_DIR to a folder that you own\.",
        ),
        ({"DATABASE_URL": "mysql://h/d"}, r"DATABASE_URL must begin with postgres://, not mysql\."),
        (
            {"DATABASE_URL": "postgres://me:hidden@127.0.0.1:1/x"},
            r"Cannot connect to the database at 127\.0\.0\.1:1/x \(DATABASE_URL\): Connection refused\.",
        ),
    ],
)
def test_what_prevents_a_start_is_one_sentence(place: Path, variables: dict[str, str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.embedded"],
        cwd=BASE_DIR,
        env=environment(place / "data", free_port()) | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert re.fullmatch(sentence, done.stderr.strip())


def test_a_busy_port_is_one_sentence(place: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "config.embedded"],
            cwd=BASE_DIR,
            env=environment(place / "data", port),
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == f"Port {port} on 127.0.0.1 is already in use; stop the other program or set PORT.\n"


def test_production_says_what_it_lacks(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=BASE_DIR,
        env=environment(place / "data", free_port(), DJANGO_SETTINGS_MODULE="config.settings.prod"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Production cannot start. DATABASE_URL is not set.")
    assert "Traceback" not in done.stderr
