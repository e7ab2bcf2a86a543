from datetime import date

import pytest

from core import clock
from core.clock import WorkdayCalendar
from core.testing import clock_at

VECTORS = [
    ("2025-09-26", 1, "2025-09-28"),
    ("2025-09-26", 10, "2025-10-16"),
    ("2025-09-26", 20, "2025-10-30"),
    ("2026-02-13", 1, "2026-02-14"),
    ("2026-02-13", 2, "2026-02-24"),
    ("2026-02-13", 10, "2026-03-05"),
    ("2026-02-13", 20, "2026-03-19"),
    ("2026-04-30", 1, "2026-05-06"),
    ("2026-04-30", 5, "2026-05-11"),
    ("2026-04-30", 10, "2026-05-18"),
    ("2026-09-18", 1, "2026-09-20"),
    ("2026-09-18", 10, "2026-10-09"),
    ("2026-09-18", 20, "2026-10-22"),
]


@pytest.mark.parametrize(("start", "days", "due"), VECTORS)
def test_due_day_follows_the_holiday_notice(start: str, days: int, due: str) -> None:
    result = WorkdayCalendar().add_working_days(date.fromisoformat(start), days)
    assert result.on == date.fromisoformat(due)
    assert not result.provisional


@pytest.mark.parametrize(("start", "days", "due"), VECTORS)
def test_counting_between_is_the_inverse_of_adding(start: str, days: int, due: str) -> None:
    calendar = WorkdayCalendar()
    assert calendar.working_days_between(date.fromisoformat(start), date.fromisoformat(due)) == days
    assert calendar.working_days_between(date.fromisoformat(due), date.fromisoformat(start)) == -days


def test_a_period_into_an_unpublished_year_is_provisional() -> None:
    due = WorkdayCalendar().add_working_days(date(2026, 12, 25), 10)
    assert due.provisional
    assert due.on.year == 2027


def test_an_imported_year_is_no_longer_provisional_and_its_days_win() -> None:
    calendar = WorkdayCalendar({date(2027, 1, 4): False}, published_years=[2027])
    due = calendar.add_working_days(date(2026, 12, 31), 1)
    assert due.on == date(2027, 1, 5)
    assert not due.provisional


def test_a_statutory_day_of_an_unpublished_year_is_no_working_day() -> None:
    assert not WorkdayCalendar().is_working_day(date(2027, 10, 1))


def test_a_period_has_at_least_one_day() -> None:
    with pytest.raises(ValueError, match="at least one"):
        WorkdayCalendar().add_working_days(date(2026, 1, 1), 0)


def test_the_day_ends_at_midnight_in_the_region() -> None:
    end = clock.end_of_day(date(2026, 10, 9))
    assert end.isoformat() == "2026-10-09T23:59:59.999999+08:00"


def test_a_test_can_move_the_clock() -> None:
    with clock_at("2026-09-18 09:00") as moved:
        assert clock.today() == date(2026, 9, 18)
        moved.advance(hours=16)
        assert clock.today() == date(2026, 9, 19)


def test_the_last_day_there_is_has_an_end() -> None:
    assert clock.end_of_day(date.max).date() == date.max
