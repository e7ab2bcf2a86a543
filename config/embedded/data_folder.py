"""The data folder: writable, ours alone, and used by one supervisor at a time."""

import fcntl
import os
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


def lock_data_folder(folder: Path) -> IO[str]:
    """Take the folder for this process; the lock goes when the process does, however it ends.

    Raises:
        StartError: another process holds it.
    """
    file = (folder / "run" / "supervisor.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StartError(
            f"The product already runs on {folder} (process {holder}); stop it first or set another DATA_DIR."
        ) from None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file
