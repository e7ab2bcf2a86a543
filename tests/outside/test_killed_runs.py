"""A run under which something is killed in each of its phases: readers notice nothing, and the rows arrive once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import LazySettings

from collection.choices import RunPhase, RunState
from collection.models import Dataset, DatasetVersion, Run
from collection.services.ingest import run_work
from collection.services.work import Work
from config.embedded.redis import RedisServer
from core import clock
from core.testing import clock_at
from tests.collection.conftest import HEADER, ROWS, Town, make_three
from tests.collection.services.test_ingest import codes
from tests.collection.services.test_lost_workers import claim, sent, staging_tables, stored
from tests.killed import interrupted_at, killed_at
from tests.outside.postgresql import copied_to, kill, own_postgresql, started_again
from workflow.services.job_slot import job_slots_sweep

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "store"])

PHASES = [RunPhase.DETECT, RunPhase.STAGE, RunPhase.VALIDATE, RunPhase.COMPARE, RunPhase.PUBLISH]
ENTER = "collection.services.work.Work.enter"
AT_THE_END = "collection.services.quality_run.report_keep"
"""The new version is the published one within a transaction that is not committed."""


def entering(phase: RunPhase) -> Callable[..., bool]:
    return lambda _work, entered: entered == phase


@pytest.fixture
def three(transactional_db: None) -> Town:
    return make_three()


def next_rows(number: int) -> str:
    """Return rows of which the first stays, one is new, and those of the turn before go."""
    return HEADER + ROWS[0] + f"{1000 + number},赵六,,1,2026-04-01\n"


def worked(run: Run) -> None:
    lease = claim(run)
    assert lease is not None
    run_work(lease=lease, run_id=run.pk)


def nothing_happened(town: Town, before: list[object], run: Run) -> None:
    """See that readers have what they had, and that the run waits for another worker."""
    assert codes(town) == before
    assert Dataset.objects.get(pk=town.dataset.pk).published_version_id == town.dataset.published_version_id
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def goes_on(town: Town, run: Run, number: int) -> None:
    """Let another worker take over once the lease has run out, and see that it did all, once."""
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        worked(run)
    arrived(town, run, number)


def arrived(town: Town, run: Run, number: int) -> None:
    run.refresh_from_db()
    town.dataset.refresh_from_db()
    version = DatasetVersion.objects.filter(dataset=town.dataset).count()
    assert run.state == RunState.SUCCEEDED, run.message
    assert version == number + 2
    assert codes(town) == ["0001", str(1000 + number)]
    assert codes(town, 1) == ["0001", "0002", "0164A"]
    assert [row for row in stored(town) if row[2] is None] == [("0001", 1, None), (str(1000 + number), version, None)]
    assert staging_tables() == []


def everywhere() -> list[tuple[str, Callable[..., bool] | None]]:
    return [*((ENTER, entering(phase)) for phase in PHASES), (AT_THE_END, None)]


def test_a_worker_that_is_killed_is_replaced(three: Town) -> None:
    for number, (place, when) in enumerate(everywhere()):
        before, run = codes(three), sent(three, next_rows(number))
        killed_at(place, lambda run=run: worked(run), when=when)  # type: ignore[misc]
        nothing_happened(three, before, run)
        goes_on(three, run, number)


def test_postgresql_may_be_killed_under_a_run(three: Town) -> None:
    with own_postgresql() as server, copied_to(server):
        for number, (place, when) in enumerate(everywhere()):
            before, run = codes(three), sent(three, next_rows(number))
            interrupted_at(place, lambda run=run: worked(run), lambda: kill(server), when=when)  # type: ignore[misc]
            started_again(server)
            nothing_happened(three, before, run)
            goes_on(three, run, number)


def test_redis_may_be_killed_under_a_run(three: Town, settings: LazySettings, tmp_path: Path) -> None:
    """Nothing that must last is in Redis: the run that loses it ends as any other."""
    server = RedisServer(tmp_path)
    cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"unix://{server.socket}"}
    settings.CACHES = {**settings.CACHES, "default": cache}
    enter = Work.enter

    for number, phase in enumerate(PHASES):
        server.start()

        def entering(work: Work, entered: RunPhase, phase: RunPhase = phase) -> Any:
            if entered == phase:
                assert server.process is not None
                server.process.kill()
                server.process.wait()
            return enter(work, entered)

        try:
            run = sent(three, next_rows(number))
            with mock.patch(ENTER, entering):
                worked(run)
        finally:
            server.stop()
        arrived(three, run, number)
