"""A step whose end nobody knows still shows that it goes on: what it does, for how long, and that its worker lives."""

import io
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.utils import translation

from accounts.models import User
from collection.choices import RunPhase
from collection.management.commands.ingest import _Progress
from collection.models import Run
from collection.selectors.run import COMPARABLE
from collection.services import run_upload
from collection.services.ingest import run_work
from collection.services.sweep import job_name
from collection.services.work import live_key
from collection.store import casting, loading, staging
from core import clock
from core.testing import clock_at
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from workflow import live
from workflow.live import LiveProgress, live_of
from workflow.services.job_slot import job_slot_claim

NEXT = HEADER + ROWS[0] + "0003,赵六,,1,2026-04-01\n"


def test_while_rows_are_compared_the_page_says_which_since_when_and_that_the_worker_lives(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=three.cataloguer.id).update(language="en")
    seen: list[str] = []
    compare = loading._compare

    def slowly(*args: object) -> loading.Difference:
        with clock_at(clock.now() + timedelta(seconds=7)):
            seen.append(text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/")))
        return compare(*args)

    monkeypatch.setattr(loading, "_compare", slowly)
    run = run_upload(actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[NEXT.encode()], file_name="rows.csv")
    held = job_slot_claim(job_name(run.pk), run.slot)
    assert held is not None
    run_work(lease=held, run_id=run.pk)
    [page] = seen
    assert "Comparing 2 rows with the 3 that readers see." in page
    assert "for 7 s" in page
    assert "The worker's last sign of life came 7 s ago." in page
    told = list(Run.objects.get(pk=run.pk).notes.values_list("code", "values"))
    assert ("compared", {"added": 1, "changed": 0, "removed": 2}) in told
    assert [code for code, _values in told][-4:] == ["comparing", "compared", "judging", "published"]


@pytest.mark.parametrize("step", ["validate", "compare"])
def test_a_step_that_counts_nothing_is_judged_by_the_last_load(three: Town, step: str) -> None:
    User.objects.filter(pk=three.cataloguer.id).update(language="en")
    last = three.send(NEXT)
    begun = clock.now() - timedelta(days=1)
    for at, each in enumerate(("staged", "comparing", "published")):
        assert last.notes.filter(code=each).update(at=begun + timedelta(seconds=20 * at)) == 1
    run = run_upload(actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[NEXT.encode()], file_name="rows.csv")
    Run.objects.filter(pk=run.pk).update(state="running", phase=step)
    run.notes.create(at=clock.now(), phase=step, code="staged", values={"rows": 4, "skipped": 0})

    def page(seconds: int) -> str:
        with clock_at(started + timedelta(seconds=seconds)):
            return text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))

    started = clock.now()
    with clock_at(started):
        LiveProgress(live_key(run.pk))(step, 0, None)
    early, late = page(10), page(60)
    with translation.override("en"), clock_at(started + timedelta(seconds=10)):
        found = live_of(live_key(run.pk))
        assert found is not None
        told = list(_Progress(run, io.StringIO())._parts(found))
    assert told == ["4 rows", "about 40 s in all, judged by the last load", "10 s"]
    assert "4 rows about 25%" in early
    assert "about 30 seconds left, judged by the last load" in early
    assert "about 99%" in late
    assert "for 60 s, longer than the last load" in late
    run.notes.filter(code="staged").update(values={"rows": 4 * COMPARABLE + 1, "skipped": 0})
    larger = page(10)
    assert "41 rows" in larger
    assert "judged by" not in larger
    run.notes.filter(code="staged").update(values={"rows": 4, "skipped": 0})
    last.notes.all().delete()
    first = page(10)
    assert "4 rows" in first
    assert "for 10 s" in first
    assert "judged by" not in first


@translation.override("en")
def test_the_command_counts_the_seconds_of_a_step_without_an_end(town: Town) -> None:
    run = Run(pk=7)
    progress = LiveProgress(live_key(7))
    progress(RunPhase.COMPARE, 0, None)
    found = live_of(live_key(7))
    assert found is not None
    with clock_at(clock.now() + timedelta(seconds=41)):
        assert list(_Progress(run, io.StringIO())._parts(found)) == ["41 s"]
    progress(RunPhase.STAGE, 0, 4096)
    sleep(0.01)
    progress(RunPhase.STAGE, 4096, 4096, 100)
    found = live_of(live_key(7))
    assert found is not None
    amount, rows, speed, *_left = _Progress(run, io.StringIO())._parts(found)
    assert (amount, rows) == ("4.0 KB / 4.0 KB (100 %)", "100 rows")
    assert speed.endswith("B a second")
    progress.close()


def test_while_rows_are_read_in_the_page_says_how_many_and_how_fast(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=three.cataloguer.id).update(language="en")
    seen: list[str] = []
    copied = staging.bytes_copy

    def watched(*args: Any, **given: Any) -> int:
        sleep(0.01)
        found = copied(*args, **given)
        seen.append(text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/")))
        return found

    monkeypatch.setattr(casting, "bytes_copy", watched)
    monkeypatch.setattr(live, "EVERY_SECONDS", 0)
    run = run_upload(actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[NEXT.encode()], file_name="rows.csv")
    held = job_slot_claim(job_name(run.pk), run.slot)
    assert held is not None
    run_work(lease=held, run_id=run.pk)
    assert "2 rows" in seen[0]
    assert "a second" in seen[0]
