"""Lock files: made from the lists of what we need, with hashes and without the address of any registry."""

import hashlib
import subprocess
import sys
from pathlib import Path

from config.env import BASE_DIR

LOCKS = {"requirements.in": "requirements.lock", "requirements-dev.in": "requirements-dev.lock"}
_MARK = "# Made by `make lock` from {source}, sha256 {digest}\n"


def mark(source: Path) -> str:
    """Return the first line of the lock made from a list."""
    return _MARK.format(source=source.name, digest=hashlib.sha256(source.read_bytes()).hexdigest())


def is_current(source: Path, lock: Path) -> bool:
    """Say whether the lock was made from the list as it is now."""
    return lock.is_file() and lock.read_text(encoding="utf-8").startswith(mark(source))


def renew() -> None:
    """Make every lock anew, keeping versions that still fit; ``--upgrade`` takes the newest."""
    for source, lock in ((BASE_DIR / source, BASE_DIR / lock) for source, lock in LOCKS.items()):
        command = [sys.executable, "-m", "uv", "pip", "compile", "--universal", "--generate-hashes", "--no-header"]
        command += ["--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
        command += [*sys.argv[1:], "--output-file", lock.name, source.name]
        subprocess.run(command, cwd=BASE_DIR, check=True)  # noqa: S603
        lock.write_text(mark(source) + lock.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    renew()
