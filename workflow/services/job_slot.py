"""Once per slot: the row is claimed, kept alive, taken over when its worker is lost, and always ended."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import DatabaseError, connection, transaction

from core import clock
from core.faults import place_of, said_by, tells_cells
from workflow.choices import FINAL_JOB_STATES, JobState
from workflow.exceptions import LeaseLost
from workflow.models import JobSlot

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
DEADLINE = timedelta(hours=1)
MAX_ATTEMPTS = 3
KEEP_FINISHED = timedelta(days=90)


def worker_name() -> str:
    """Return a name that tells this thread of this process on this machine from all others."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


@dataclass(frozen=True, slots=True)
class JobLease:
    """The right to work on a slot, until the lease runs out.

    Attributes:
        token: fencing token; higher than that of everybody who held the slot before.
    """

    slot_id: int
    job: str
    slot: datetime
    token: int
    lease: timedelta = field(default=LEASE)

    def heartbeat(self) -> None:
        """Prolong the lease; call it oftener than the lease lasts.

        Raises:
            LeaseLost: somebody else holds the slot, or it was ended at its deadline.
        """
        moment = clock.now()
        kept = JobSlot.objects.filter(
            pk=self.slot_id, fencing_token=self.token, state=JobState.RUNNING, deadline_at__gt=moment
        ).update(heartbeat_at=moment, lease_until=moment + self.lease)
        if not kept:
            raise LeaseLost(self.job)

    def fence(self) -> None:
        """Lock the slot for the rest of the caller's transaction, so that what it commits was its to write.

        Raises:
            LeaseLost: the lease was lost.
        """
        if not connection.in_atomic_block:
            raise RuntimeError("a fence holds within a transaction only")
        held = (
            JobSlot.objects.select_for_update()
            .filter(pk=self.slot_id, fencing_token=self.token, state=JobState.RUNNING)
            .exists()
        )
        if not held:
            raise LeaseLost(self.job)


@transaction.atomic
def job_slot_claim(
    job: str,
    slot: datetime,
    *,
    lease: timedelta = LEASE,
    deadline: timedelta = DEADLINE,
    task_name: str = "",
    worker: str = "",
) -> JobLease | None:
    """Claim one due time of a job; None where another worker has it or it is done.

    A slot whose worker stopped giving signs of life is taken over under a higher token, a few times and not
    beyond its deadline.

    Args:
        slot: the due time, computed from the schedule.
        lease: how long the claim holds without a heartbeat.
        deadline: how long after this claim the whole run may take; it is ended then in any case.
        task_name: Celery task that the sweep sends again, with the slot, when the worker is lost.
    """
    moment = clock.now()
    token = _next_token()
    worker = worker or worker_name()
    created, is_new = JobSlot.objects.get_or_create(
        job=job,
        slot=slot,
        defaults={
            "task_name": task_name,
            "worker": worker,
            "fencing_token": token,
            "claimed_at": moment,
            "heartbeat_at": moment,
            "lease_until": moment + lease,
            "deadline_at": moment + deadline,
        },
    )
    if is_new:
        return JobLease(created.pk, job, slot, token, lease)
    row = JobSlot.objects.select_for_update().get(pk=created.pk)
    is_lost = row.state == JobState.LOST or (row.state == JobState.RUNNING and row.lease_until < moment)
    if not is_lost or row.attempts >= MAX_ATTEMPTS or row.deadline_at <= moment:
        return None
    row.state = JobState.RUNNING
    row.worker = worker
    row.fencing_token = _next_token()
    row.attempts += 1
    row.heartbeat_at = moment
    row.lease_until = moment + lease
    row.save(update_fields=["state", "worker", "fencing_token", "attempts", "heartbeat_at", "lease_until"])
    return JobLease(row.pk, job, slot, row.fencing_token, lease)


@transaction.atomic
def job_slot_finish(lease: JobLease, *, state: JobState = JobState.SUCCEEDED, result: str = "") -> None:
    """Bring a slot to its final state.

    Raises:
        LeaseLost: the lease was lost; what others wrote stays.
    """
    ended = JobSlot.objects.filter(pk=lease.slot_id, fencing_token=lease.token, state=JobState.RUNNING).update(
        state=state, finished_at=clock.now(), result=result[:2000]
    )
    if not ended:
        raise LeaseLost(lease.job)


@contextmanager
def job_slot_run(
    job: str,
    slot: datetime,
    *,
    lease: timedelta = LEASE,
    deadline: timedelta = DEADLINE,
    task_name: str = "",
    keep_alive: bool = False,
) -> Iterator[JobLease | None]:
    """Run the body under a claimed slot and end the slot with it; yields None where there is nothing to do.

    Args:
        keep_alive: let a thread give the heartbeats, for a body that cannot.

    Raises:
        RuntimeError: the body ended with an error of the database, whose message is told to nobody.
    """
    held = job_slot_claim(job, slot, lease=lease, deadline=deadline, task_name=task_name)
    if held is None:
        yield None
        return
    pulse = _Pulse(held) if keep_alive else None
    try:
        yield held
    except LeaseLost:
        raise
    except Exception as error:
        with _ignoring_lost_lease(held):
            job_slot_finish(held, state=JobState.FAILED, result=said_by(error))
        if not tells_cells(error):
            raise
        log.error("job_failed", job=job, slot=slot.isoformat(), **place_of(error))
        raise RuntimeError(f"{job}: {said_by(error)}") from None  # whoever runs it logs the chain
    else:
        with _ignoring_lost_lease(held):
            job_slot_finish(held)
    finally:
        if pulse:
            pulse.stop()


def job_slots_sweep() -> tuple[int, int]:
    """End or hand on every slot whose worker is lost; return (ended, handed on).

    A slot past its deadline, or lost for the last time, is ended. Otherwise its task is sent again.
    """
    moment = clock.now()
    ended = handed_on = 0
    with transaction.atomic():
        open_slots = (
            JobSlot.objects.select_for_update(skip_locked=True).exclude(state__in=FINAL_JOB_STATES).order_by("pk")
        )
        for row in open_slots:
            is_over = row.deadline_at <= moment
            is_lost = row.state == JobState.LOST or row.lease_until < moment
            if is_over or (is_lost and row.attempts >= MAX_ATTEMPTS):
                row.state = JobState.EXPIRED
                row.finished_at = moment
                row.result = "deadline passed" if is_over else "worker lost"
                row.save(update_fields=["state", "finished_at", "result"])
                log.error("job_slot_expired", job=row.job, slot=row.slot.isoformat(), worker=row.worker)
                ended += 1
            elif is_lost:
                row.state = JobState.LOST
                row.save(update_fields=["state"])
                handed_on += 1
                if row.task_name:
                    _send_after_commit(row.task_name, row.slot)
    return ended, handed_on


def job_slots_purge() -> int:
    """Delete slots that ended long ago; return how many."""
    return JobSlot.objects.filter(finished_at__lt=clock.now() - KEEP_FINISHED).delete()[0]


class _Pulse(threading.Thread):
    """Gives heartbeats from a thread with a database connection of its own."""

    def __init__(self, lease: JobLease) -> None:
        super().__init__(name=f"pulse-{lease.job}", daemon=True)
        self._lease = lease
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            while not self._stopped.wait(self._lease.lease.total_seconds() / 3):
                self._beat()
        except LeaseLost as error:
            log.warning("job_slot_pulse_stopped", job=self._lease.job, error=str(error))
        finally:
            connection.close()

    def _beat(self) -> None:
        """Prolong the lease; where the database is away for a moment, the next beat is still in time.

        Raises:
            LeaseLost: there is nothing to prolong any more.
        """
        try:
            self._lease.heartbeat()
        except DatabaseError as error:
            log.warning("job_slot_beat_missed", job=self._lease.job, error=type(error).__name__)
            connection.close()

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=5)


@contextmanager
def _ignoring_lost_lease(lease: JobLease) -> Iterator[None]:
    try:
        yield
    except LeaseLost:
        log.warning("job_slot_lease_lost", job=lease.job, slot=lease.slot.isoformat(), token=lease.token)


def _next_token() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('workflow_fencing_token')")
        return int(cursor.fetchone()[0])


def _send_after_commit(task_name: str, slot: datetime) -> None:
    def send() -> None:
        try:
            current_app.send_task(task_name, kwargs={"slot": slot.isoformat()}, retry=False, ignore_result=True)
        except Exception as error:
            log.warning("job_slot_not_sent", task=task_name, error=str(error))

    transaction.on_commit(send)
