"""A process that is killed in the middle of its work, as by ``kill -9``."""

import os
import pkgutil
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


def killed_at(place: str, act: Callable[[], object], *, when: Callable[..., bool] | None = None) -> None:
    """Run the act in a process of its own that is killed, without a chance to tidy up, when it reaches the place.

    Args:
        place: dotted name of the function that is never entered.
        when: tells from what the function is given whether it is the call to die at; else the first is.
    """
    status = interrupted_at(place, act, _die, when=when)
    assert os.WIFSIGNALED(status), f"the work never came to {place}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def interrupted_at(
    place: str, act: Callable[[], object], interrupt: Callable[[], None], *, when: Callable[..., bool] | None = None
) -> int:
    """Run the act in a process of its own, and do something to it when it reaches the place; return how it ended."""
    reached = pkgutil.resolve_name(place)
    child = fork()
    if child == 0:

        def interrupting(*arguments: Any, **named: Any) -> Any:
            if when is None or when(*arguments, **named):
                interrupt()
            return reached(*arguments, **named)

        try:
            with mock.patch(place, interrupting):
                act()
        except BaseException:
            traceback.print_exc()  # else nobody would learn why the work did not come so far
            raise
        finally:
            os._exit(0)  # nobody killed it
    return os.waitpid(child, 0)[1]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
