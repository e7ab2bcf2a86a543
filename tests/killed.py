"""A process that is killed in the middle of its work, as by ``kill -9``."""

import os
import signal
import traceback
from collections.abc import Callable
from typing import Any
from unittest import mock

from django.db import connections


def fork() -> int:
    """Fork; return the child's id, 0 in the child. Neither process has a connection of the other's.

    Where a browser is driven from this process its loop counts as running in the parent and not in the child, which
    then finds what connections were kept before the browser: they are long dead.
    """
    connections.close_all()
    child = os.fork()
    if child == 0:
        connections.close_all()
    return child


def killed_at(place: str, act: Callable[[], object]) -> None:
    """Run the act in a process of its own that is killed, without a chance to tidy up, when it reaches the place.

    Args:
        place: dotted name of the function that is never entered.
    """
    child = fork()
    if child == 0:
        try:
            with mock.patch(place, _die):
                act()
        except BaseException:
            traceback.print_exc()  # else nobody would learn why the work did not come so far
            raise
        finally:
            os._exit(0)  # not reached the place: the parent sees that nobody was killed
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the work never came to {place}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _die(*arguments: Any, **named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
