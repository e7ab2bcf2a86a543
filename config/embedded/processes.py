"""Child processes that never outlive us, and those that an earlier run left behind."""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child between fork and exec must not load libraries.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Return a hook for the child: the kernel sends it the signal when we vanish, even by kill -9."""
    parent = os.getpid()

    def hook() -> None:
        # An ignored interrupt is inherited by background jobs; children must not ignore it too.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        ask_for_signal_when_parent_dies(death_signal)
        if os.getppid() != parent:  # it vanished before the line above
            os._exit(1)

    return hook


def ask_for_signal_when_parent_dies(death_signal: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent vanishes (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))


def is_alive(pid: int) -> bool:
    """Say whether a process with this number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def command_of(pid: int) -> str:
    """Return the command line of a process, empty where it cannot be read."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def works_in(pid: int, folder: Path) -> bool:
    """Say whether the folder is the working directory of the process."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    return False


def started_at(pid: int) -> str:
    """Return a mark of when a process started: with the number it names one process for good."""
    with contextlib.suppress(OSError):
        # The name in brackets may hold spaces, so count from its end; field 22 of the line is the start time.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    return ""


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Wait for a process that is not our child; return whether it is gone."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end(pid: int, *, ask: signal.Signals = signal.SIGTERM, seconds: float = 15) -> None:
    """Ask a process that is not our child to end, and make it after a while."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, ask)
        if not wait_until_gone(pid, seconds):
            os.kill(pid, signal.SIGKILL)
            wait_until_gone(pid, seconds)


def own_folder(prefix: str) -> Path:
    """Return the path of a temporary folder that belongs to this process: its name ends with our number."""
    return Path(tempfile.gettempdir()) / f"{prefix}-{os.getuid()}-{os.getpid()}"


def remove_folders_of_the_dead(prefix: str) -> None:
    """Remove such folders of processes that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}-{os.getuid()}-*"):
        number = folder.name.rpartition("-")[2]
        if number.isdecimal() and not is_alive(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] == "Z"
    return False
