"""Output of several processes on one terminal: every line says whose it is."""

import os
import sys
import threading
from typing import IO

_COLOURS = {"web": 36, "worker": 35, "beat": 33, "postgres": 34, "redis": 31, "setup": 32, "run": 1}
# Said by Redis on every start, about things that do not concern a server that keeps nothing on disk.
_NOISE: tuple[str, ...] = ("overcommit", "oO0OoO0OoO0Oo", "Configuration loaded", "Redis version=")
# Said by PostgreSQL to every caller while it starts; the supervisor asks several times a second.
_NOISE += (
    "FATAL:  the database system is starting up",
    "FATAL:  the database system is not yet accepting connections",
    "DETAIL:  Consistent recovery state has not been yet reached",
)
_WIDTH = max(len(name) for name in _COLOURS)


class Console:
    """Writes whole lines, one at a time, with the name of the process before each."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self.stream = stream or sys.stdout
        self.coloured = self.stream.isatty() and "NO_COLOR" not in os.environ
        self._lock = threading.Lock()
        self._readers: list[threading.Thread] = []

    def line(self, name: str, text: str) -> None:
        label = f"{name:<{_WIDTH}} |"
        if self.coloured:
            label = f"\x1b[{_COLOURS.get(name, 0)}m{label}\x1b[0m"
        with self._lock:
            self.stream.write(f"{label} {text}\n")
            self.stream.flush()

    def follow(self, name: str, source: IO[str]) -> None:
        """Print what a process writes, until it closes its end."""

        def copy() -> None:
            with source:
                for text in source:
                    if not any(noise in text for noise in _NOISE):
                        self.line(name, text.rstrip())

        reader = threading.Thread(target=copy, name=f"output-{name}", daemon=True)
        reader.start()
        self._readers.append(reader)

    def drain(self, seconds: float = 2) -> None:
        """Wait for what the ended processes wrote last."""
        for reader in self._readers:
            reader.join(seconds)
