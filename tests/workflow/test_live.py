import time

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from workflow import live
from workflow.live import LiveProgress, live_of


def shown(job: str) -> str:
    with translation.override("en"):
        return render_to_string("catalog/partials/_import_progress.html", {"live": live_of(job)})


def test_progress_is_told_with_its_speed() -> None:
    progress = LiveProgress("catalog.import.7")
    progress("apply", 0, 100)
    progress("apply", 50, 100)
    progress("apply", 100, 100)

    found = live_of("catalog.import.7")

    assert found is not None
    assert (found.step, found.done, found.percent, found.is_still) == ("apply", 100, 100, False)
    assert "per second" in shown("catalog.import.7")
    progress.close()
    assert live_of("catalog.import.7") is None


def test_of_a_worker_that_was_killed_no_speed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = LiveProgress("catalog.import.7")
    progress("apply", 0, 100)
    progress("apply", 100, 100)
    later = time.time() + live.STILL_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)

    found = live_of("catalog.import.7")

    assert found is not None
    assert found.is_still
    assert "per second" not in shown("catalog.import.7")
    assert "No progress for the moment" in shown("catalog.import.7")
