"""Real workers, killed as by ``kill -9`` while they fetch: another takes over, nothing is done twice or left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connections

from collection import services
from collection.choices import RunPhase, RunState
from collection.models import DatasetVersion, Run, RunNote, Source, SourceSlot
from collection.services import sweep
from collection.services.ingest import run_work
from config import env
from config.embedded.throwaway import redis_url
from config.env import BASE_DIR
from config.processes import BEAT
from core import clock
from core.testing import clock_at
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.outgoing.conftest import Handler, Server
from tests.collection.services.test_ingest import codes
from tests.collection.services.test_lost_workers import claim, staging_tables
from tests.collection.sources import add, allow, fetched_files, url_of, web
from tests.killed import killed_at
from workflow.models import JobSlot
from workflow.services.job_slot import job_slots_sweep

__all__ = ["web"]
CSV = (HEADER + "".join(ROWS)).encode()

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "store"])


@pytest.fixture
def town(committed: Town) -> Town:
    return committed


def source_of(town: Town, web: Server) -> Source:
    allow(town.world.secadmin, web.server_address[1])
    return add(town, {"url": url_of(web, "/rows.csv")}, timetable={"rhythm": "hourly", "at": 0})


@pytest.mark.parametrize(
    "place", ["collection.services.fetch._Watch.__call__", "collection.services.fetch._original_keep"]
)
def test_a_worker_killed_while_it_fetches_is_replaced(
    transactional_db: None, town: Town, web: Server, place: str
) -> None:
    web.replies["/rows.csv"] = lambda handler: handler.give(200, CSV)
    asked = services.source_run(actor=town.cataloguer, source_id=source_of(town, web).pk)
    scratch = Path(tempfile.gettempdir())
    before = set(scratch.iterdir())

    def fetch() -> None:
        lease = claim(asked)
        assert lease is not None
        run_work(lease=lease, run_id=asked.pk)

    connections.close_all()
    killed_at(place, fetch)
    asked.refresh_from_db()
    assert (asked.state, asked.phase) == (RunState.RUNNING, RunPhase.FETCH if "Watch" in place else RunPhase.KEEP)
    assert not asked.original
    assert not {one for one in set(scratch.iterdir()) - before if one.name.startswith("collection-")}
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        lease = claim(asked)
        assert lease is not None
        run_work(lease=lease, run_id=asked.pk)
    asked.refresh_from_db()
    town.dataset.refresh_from_db()
    assert asked.state == RunState.SUCCEEDED, asked.message
    assert codes(town) == ["0001", "0002", "0164A"]
    assert fetched_files() == [f"{asked.pk}-{lease.token}"]
    assert staging_tables() == []
    _run, content = services.original_read(actor=town.cataloguer, run_id=asked.pk)
    assert b"".join(content) == CSV


class Workers:
    """Celery workers of their own, as ``make run`` starts them, and as many beats, which tick every second."""

    def __init__(self, folder: Path, files: Path, count: int) -> None:
        self._environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.collection.worker_settings",
            "WORKER_DATABASE": str(connections["default"].settings_dict["NAME"]),
            "WORKER_STORE": str(connections["store"].settings_dict["NAME"]),
            "WORKER_FILES": str(files),
        }
        broker = env.celery_broker_url(os.environ.get("REDIS_URL") or redis_url())
        self._broker = Celery("beat", broker=broker, set_as_current=False)
        self._broker.conf.broker_transport_options = {"global_keyprefix": f"{self._environment['WORKER_DATABASE']}:"}
        self._folder = folder
        self.processes = [self._worker(number) for number in range(count)]
        self._beats = [self._start(f"beat{number}", *BEAT) for number in range(count)]

    def _worker(self, number: int) -> subprocess.Popen[bytes]:
        command = ["-m", "celery", "-A", "config.celery", "worker", "--pool", "solo",
                   "--hostname", f"w{number}@{self._folder.name}", "--without-mingle", "--without-gossip"]  # fmt: skip
        return self._start(f"worker{number}", *command)

    def _start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, *command], cwd=BASE_DIR, env=self._environment, stdout=log, stderr=log
            )

    def ticks(self, task: str) -> list[int]:
        """Return how often each beat has sent a task."""
        return [log.read_text(errors="replace").count(f"({task})") for log in self._folder.glob("beat*.log")]

    def send(self, task: str) -> None:
        """Send a tick whose time has not come yet."""
        self._broker.send_task(task, ignore_result=True)

    def kill(self, pid: int) -> None:
        assert pid in [one.pid for one in self.processes]
        os.kill(pid, signal.SIGKILL)

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self._folder.glob("worker*.log")))

    def stop(self) -> None:
        started = (*self._beats, *self.processes)
        for one in started:
            one.terminate()
        for one in started:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Iterator[Callable[[int], Workers]]:
    started: list[Workers] = []

    def start(count: int) -> Workers:
        folder = tmp_path / "workers"
        folder.mkdir()
        files = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
        files.mkdir(exist_ok=True)
        started.append(Workers(folder, files, count))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def wait_for(what: Callable[[], Any], workers: Workers, seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(workers.log())


def test_two_beats_and_two_workers_bring_one_run_of_a_due_time_that_survives_a_kill(
    town: Town, web: Server, workers: Callable[[int], Workers]
) -> None:
    """Each tick comes twice, two workers take them; the one that fetches is killed and the other finishes the run."""
    tick = "collection.tasks.sources_check"
    held, arrived = threading.Event(), threading.Event()

    def reply(handler: Handler) -> None:
        arrived.set()
        if len(web.asked) == 1:
            held.wait(100)
        handler.give(200, CSV)

    web.replies["/rows.csv"] = reply
    source = source_of(town, web)
    Source.objects.filter(pk=source.pk).update(scheduled_from=clock.now() - timedelta(hours=1, minutes=1))
    two = workers(2)
    wait_for(arrived.is_set, two)
    # Both beats go on ticking while the run is under way.
    before = two.ticks(tick)
    wait_for(lambda: all(now > then + 1 for now, then in zip(two.ticks(tick), before, strict=True)), two)
    run = Run.objects.get(source=source)
    slot = wait_for(lambda: JobSlot.objects.filter(job=sweep.job_name(run.pk), state="running").first(), two)
    two.kill(int(slot.worker.split(":")[1]))
    held.set()
    JobSlot.objects.filter(pk=slot.pk).update(lease_until=clock.now() - timedelta(seconds=1))
    two.send("workflow.tasks.job_slots_sweep")
    wait_for(lambda: Run.objects.filter(pk=run.pk, state=RunState.SUCCEEDED).exists(), two)
    town.dataset.refresh_from_db()
    assert codes(town) == ["0001", "0002", "0164A"]
    assert Run.objects.count() == SourceSlot.objects.count() == DatasetVersion.objects.count() == 1
    assert len(web.asked) == 2
    assert RunNote.objects.filter(run=run, code="resumed").count() == 1
    run.refresh_from_db()
    assert fetched_files() == [Path(run.original.name).name]
    assert staging_tables() == []
