"""Several threads at once, each with a database connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection


def in_threads(act: Callable[[], object], count: int = 2) -> list[object]:
    """Run the same act in several threads at once, each with its own connection; return results or errors."""
    gate = threading.Barrier(count)
    results: list[object] = []

    def run() -> None:
        try:
            gate.wait(timeout=10)
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return results
