"""The data folder: writable, ours alone, and used by one supervisor at a time."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from config.embedded.problems import StartError


def open_data_folder(folder: Path) -> None:
    """Make the folder if it is missing and check that files can be made in it.

    Raises:
        StartError: they cannot.
    """
    probe = folder / f".writable.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_text("", encoding="ascii")
        probe.unlink()
        (folder / "run").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise StartError(f"Cannot write to {folder} ({reason}); set DATA_DIR to a folder that you own.") from None


def lock_data_folder(folder: Path, say: Callable[[str], None] = lambda sentence: None) -> IO[str]:
    """Take the folder for this process; the lock goes when the process does, however it ends.

    One that is just stopping is waited for: "stop, then start" in a script must work.

    Raises:
        StartError: another process holds it.
    """
    file = (folder / "run" / "supervisor.lock").open("a+", encoding="ascii")
    told = False
    while not _locked(file):
        file.seek(0)
        holder = file.read().strip() or "unknown"
        if not holder.endswith(_STOPPING):
            file.close()
            raise StartError(
                f"The product already runs on {folder} (process {holder}); stop it first or set another DATA_DIR."
            )
        if not told:
            say("Waiting for the earlier run to stop")
            told = True
        time.sleep(0.2)
    _write(file, str(os.getpid()))
    return file


def mark_stopping(file: IO[str]) -> None:
    """Tell whoever wants the folder next that it will be free soon."""
    _write(file, f"{os.getpid()} {_STOPPING}")


_STOPPING = "stopping"


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
