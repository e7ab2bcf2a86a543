"""Turns a function into a Celery task that runs once per due time of its schedule."""

from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task

from core import clock
from workflow.services.job_slot import DEADLINE, LEASE, JobLease, job_slot_run
from workflow.slots import Schedule


def once_per_slot(
    schedule: Schedule,
    *,
    lease: timedelta = LEASE,
    deadline: timedelta = DEADLINE,
    keep_alive: bool = False,
) -> Callable[[Callable[[JobLease], object]], Callable[..., None]]:
    """Make a task of a function that takes the lease.

    Beat may send the task as often as it likes, from two places at once: each due time is worked on by one
    worker, and by another if that one is lost.
    """

    def decorate(function: Callable[[JobLease], object]) -> Callable[..., None]:
        name = f"{function.__module__}.{function.__name__}"

        def run(slot: str | None = None) -> None:
            due = datetime.fromisoformat(slot) if slot else schedule.slot(clock.now())
            with job_slot_run(name, due, lease=lease, deadline=deadline, task_name=name, keep_alive=keep_alive) as held:
                if held is not None:
                    function(held)

        run.__name__ = function.__name__
        run.__module__ = function.__module__
        run.__doc__ = function.__doc__
        return shared_task(name=name, ignore_result=True)(run)

    return decorate
