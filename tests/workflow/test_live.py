from datetime import timedelta

from django.template.loader import render_to_string
from django.utils import translation

from core import clock
from core.testing import clock_at
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


def test_of_a_worker_that_was_killed_no_speed_is_told() -> None:
    progress = LiveProgress("catalog.import.7")
    progress("apply", 0, 100)
    progress("apply", 100, 100)
    with clock_at(clock.now() + timedelta(seconds=live.STILL_SECONDS + 1)):
        found = live_of("catalog.import.7")

        assert found is not None
        assert found.is_still
        assert "per second" not in shown("catalog.import.7")
        assert "No progress for the moment" in shown("catalog.import.7")


def test_a_worker_that_lost_its_job_leaves_the_progress_of_whoever_took_it_over() -> None:
    lost, successor = LiveProgress("catalog.import.7"), LiveProgress("catalog.import.7")
    lost("apply", 0, 100)
    successor("apply", 100, 100)
    lost.close()
    found = live_of("catalog.import.7")
    assert found is not None
    assert found.done == 100
    successor.close()
    assert live_of("catalog.import.7") is None
