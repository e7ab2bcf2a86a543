"""A process that is killed in the middle of its work, as by ``kill -9``."""

import os
import signal
from collections.abc import Callable
from typing import Any
from unittest import mock

from django.db import connection


def killed_at(place: str, act: Callable[[], object]) -> None:
    """Run the act in a process of its own that is killed, without a chance to tidy up, when it reaches the place.

    Args:
        place: dotted name of the function that is never entered.
    """
    connection.close()  # the two processes must not share one
    child = os.fork()
    if child == 0:
        try:
            with mock.patch(place, _die):
                act()
        finally:
            os._exit(0)  # not reached the place: the parent sees that nobody was killed
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the work never came to {place}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _die(*arguments: Any, **named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
