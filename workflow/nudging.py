"""Waking a worker after a commit, without keeping the request waiting for the broker.

A broker that is away lets its client try for seconds. So one thread per process does the talking: commits only
ring its bell, and many rings in a row make one message. What it misses, the sweep of the outbox delivers.
"""

import os
import threading
import time

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

PAUSE_AFTER_FAILURE_SECONDS = 30.0


class Nudger:
    """Sends one task whenever it was rung since the last sending."""

    def __init__(self, task_name: str) -> None:
        self._task_name = task_name
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._rung = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Ask for the task to be sent soon; returns at once and never fails."""
        self._rung.set()
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="nudger", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._rung.wait()
            self._rung.clear()
            if not self.send():
                time.sleep(PAUSE_AFTER_FAILURE_SECONDS)

    def send(self) -> bool:
        """Send the task now; say whether the broker took it."""
        try:
            current_app.send_task(self._task_name, retry=False, ignore_result=True)
        except Exception as error:
            log.warning("nudge_lost", task=self._task_name, error=str(error))
            return False
        return True
