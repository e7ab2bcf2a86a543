"""A MariaDB of the tests: the real server, in a folder of its own, on a port of this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

STARTING_SECONDS = 60
_PLACES = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


def program(name: str) -> str | None:
    """Return where a program of the server is; Debian keeps the server itself where only root looks."""
    return shutil.which(name) or shutil.which(name, path=_PLACES)


class MariaDb:
    """The running server.

    Attributes:
        port: on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def execute(self, *statements: str) -> None:
        with (
            pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True) as owner,
            owner.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)

    def busy(self, username: str) -> int:
        """Return how many statements of somebody the server carries out."""
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root") as owner, owner.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM information_schema.processlist WHERE user = %s AND command <> 'Sleep'", [username]
            )
            found = cursor.fetchone()
        assert found is not None
        return int(found[0])

    def settings(self, username: str, **more: Any) -> dict[str, Any]:
        return {
            "engine": "mysql",
            "host": "127.0.0.1",
            "port": self.port,
            "database": "civil",
            "username": username,
            "tls": "off",
            **more,
        }


@contextmanager
def running_mariadb(folder: Path) -> Iterator[MariaDb]:
    """Run a server whose data lie in the folder; it ends with the block."""
    install, server = program("mariadb-install-db"), program("mariadbd")
    assert install
    assert server
    data = folder / "data"
    common = ["--no-defaults", f"--datadir={data}", f"--tmpdir={folder}", "--user=root"]
    made = subprocess.run(
        [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [
        server, *common, "--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder / 'sock'}",
        f"--pid-file={folder / 'pid'}", "--innodb-buffer-pool-size=16M", "--skip-name-resolve",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            found = MariaDb(port)
            _wait(found, process, folder / "log")
            yield found
        finally:
            process.terminate()
            process.wait(STARTING_SECONDS)


def _wait(server: MariaDb, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            return server.execute("SELECT 1")
        except pymysql.err.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text(errors="replace")[-2000:]) from None
            time.sleep(0.1)
