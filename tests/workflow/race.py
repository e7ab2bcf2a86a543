"""Several threads at once, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def in_threads(act: Callable[[], object], count: int = 2) -> list[object]:
    """Run the same act in several threads at once, each with its own connection; return results or errors."""
    gate = threading.Barrier(count)
    results: list[object] = []

    def run() -> None:
        try:
            gate.wait(timeout=60)
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


class Beside:
    """Something done by another connection, begun now and waited for by ``end``."""

    def __init__(self, act: Callable[[], Any], milliseconds: int = 10_000) -> None:
        self.error: Exception | None = None
        self._act, self._milliseconds = act, milliseconds
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = {self._milliseconds}")
            self._act()
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def is_waiting(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return self._thread.is_alive()

    def end(self) -> None:
        self._thread.join(20)
        if self.error is not None:
            raise self.error
