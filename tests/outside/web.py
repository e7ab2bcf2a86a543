"""The product's own web server on the databases of a test: gunicorn, with workers that can be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings
from django.db import connections

from config import processes
from config.env import BASE_DIR
from tests.flows.test_make_run import free_port


class Web:
    """One gunicorn with its workers."""

    def __init__(self, log: Path, **environment: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        files = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
        files.mkdir(exist_ok=True, parents=True)
        variables = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.outside.web_settings",
            "WORKER_DATABASE": str(connections["default"].settings_dict["NAME"]),
            "WORKER_STORE": str(connections["store"].settings_dict["NAME"]),
            "WORKER_FILES": str(files),
            "WEB_URL": self.url,
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *processes.WEB],
                cwd=BASE_DIR,
                env=variables | environment,
                stdout=output,
                stderr=output,
            )
        self.wait()

    def wait(self, seconds: float = 120) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                httpx.get(f"{self.url}/healthz", timeout=5)
                return
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError(self.log())

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill_workers(self) -> None:
        """Kill every worker, as by ``kill -9``; gunicorn starts others."""
        killed = self.workers()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and set(killed) & set(self.workers()):
            time.sleep(0.05)

    def peak_bytes(self) -> int:
        """Return the most memory that any of its workers ever held."""
        return max(_status(pid, "VmHWM") for pid in self.workers())

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


@contextmanager
def serving(log: Path, **environment: str) -> Iterator[Web]:
    """Run a web server for as long as the block lasts."""
    web = Web(log, **environment)
    try:
        yield web
    finally:
        web.stop()
