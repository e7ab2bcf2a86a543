from datetime import UTC, datetime

import pytest

from tests.factories.workflow import moment
from workflow.slots import Daily, Every


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-24 09:04:59", "2026-11-24 09:00"),
        ("2026-11-24 09:05:00", "2026-11-24 09:05"),
        ("2026-11-24 00:00:00", "2026-11-24 00:00"),
    ],
)
def test_a_job_every_few_minutes_is_due_at_round_times(now: str, slot: str) -> None:
    assert Every(300).slot(moment(now)) == moment(slot)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-24 08:29:59", "2026-11-23 08:30"),
        ("2026-11-24 08:30:00", "2026-11-24 08:30"),
        ("2026-11-24 23:59:59", "2026-11-24 08:30"),
    ],
)
def test_a_daily_job_is_due_at_its_time_in_the_region(now: str, slot: str) -> None:
    assert Daily(8, 30).slot(moment(now)) == moment(slot)


def test_the_zone_of_the_question_makes_no_difference() -> None:
    assert Daily(8, 30).slot(datetime(2026, 11, 24, 1, 0, tzinfo=UTC)) == moment("2026-11-24 08:30")
