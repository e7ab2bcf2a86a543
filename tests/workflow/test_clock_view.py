"""The clock as people see it: words, ticks, due day and basis agree with each other in every state."""

from datetime import date

import pytest
from django.utils import translation

from accounts.models import Department
from core.clock import WorkdayCalendar
from core.components.clocks import clock as draw
from core.testing import clock_at
from tests.core.test_clock import VECTORS
from tests.factories.workflow import TESTER, ClockPolicyFactory, clock_running, moment
from workflow import services
from workflow.clock_view import ClockView, clock_view
from workflow.models import Clock

CALENDAR = WorkdayCalendar()


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


def seen(clock: Clock, at: str, calendar: WorkdayCalendar = CALENDAR) -> ClockView:
    clock.refresh_from_db()
    return clock_view(clock, calendar, moment(at))


def ticks(view: ClockView) -> str:
    """Return the ticks as letters: used, left, extended, provisional, over; weeks apart."""
    letters = {"used": "u", "left": "L", "extended": "e", "provisional": "p", "over": "O"}
    return " ".join("".join(letters[tick] for tick in week) for week in view.ticks)


@pytest.fixture
def clock(department: Department) -> Clock:
    """Ten working days from Monday the 2nd, due on Monday the 16th; five more on consent."""
    ClockPolicyFactory(key="catalog_update")
    return clock_running("catalog_update", department, started_at="2026-11-02 10:00")


@pytest.mark.parametrize(
    ("at", "state", "words", "drawn"),
    [
        ("2026-11-02 18:00", "running", "10 working days left", "LLLL LLLLL L"),
        ("2026-11-04 09:00", "running", "8 working days left", "uuLL LLLLL L"),
        ("2026-11-07 09:00", "running", "6 working days left", "uuuu LLLLL L"),
        ("2026-11-12 09:00", "warn", "2 working days left", "uuuu uuuuL L"),
        ("2026-11-13 09:00", "warn", "1 working day left", "uuuu uuuuu L"),
        ("2026-11-15 09:00", "warn", "1 working day left", "uuuu uuuuu L"),
        ("2026-11-16 23:59", "warn", "Due today", "uuuu uuuuu L"),
        ("2026-11-17 00:01", "overdue", "Overdue by 1 working day", "uuuu uuuuu uO"),
        ("2026-11-18 09:00", "overdue", "Overdue by 2 working days", "uuuu uuuuu uOO"),
        ("2026-11-22 09:00", "overdue", "Overdue by 4 working days", "uuuu uuuuu uOOOO"),
    ],
)
def test_a_running_clock(clock: Clock, at: str, state: str, words: str, drawn: str) -> None:
    view = seen(clock, at)
    assert (view.state, view.words, ticks(view)) == (state, words, drawn)


@pytest.mark.parametrize(("start", "days", "due"), VECTORS)
def test_filled_ticks_equal_the_number_in_words(department: Department, start: str, days: int, due: str) -> None:
    ClockPolicyFactory(key="vector", working_days=days)
    clock = clock_running("vector", department, started_at=f"{start} 09:30")
    first = seen(clock, f"{start} 12:00")
    assert (first.days, ticks(first).count("L")) == (days, days)
    assert first.due_on == date.fromisoformat(due)
    last = seen(clock, f"{due} 12:00")
    assert (last.words, ticks(last).count("L"), ticks(last).count("u")) == ("Due today", 1, days - 1)


def test_worked_weekends_belong_to_the_week_before(department: Department) -> None:
    ClockPolicyFactory(key="holiday", working_days=10)
    clock = clock_running("holiday", department, started_at="2026-09-18 10:00")
    # Sunday the 20th is worked; then 21–24, 28–30, and 10-08, 09 after the holiday.
    assert ticks(seen(clock, "2026-09-18 12:00")) == "L LLLL LLL LL"


def test_an_overdue_clock_on_the_weekend_after_its_day(department: Department) -> None:
    ClockPolicyFactory(key="friday", working_days=4)
    clock = clock_running("friday", department, started_at="2026-11-02 10:00")
    view = seen(clock, "2026-11-07 10:00")
    assert (view.state, view.words, ticks(view)) == ("overdue", "Overdue, less than a working day", "uuuu")


def test_long_lateness_is_told_in_words_only(clock: Clock) -> None:
    view = seen(clock, "2027-06-01 09:00")
    assert ticks(view).count("O") == 10
    assert view.days > 100


def test_an_extended_clock_shows_the_added_days_hollow(clock: Clock) -> None:
    with clock_at("2026-11-10 10:00"):
        services.clock_extend(actor=TESTER, clock=clock, days=5, reason="理由")
    view = seen(clock, "2026-11-12 09:00")
    assert (view.state, view.words) == ("extended", "Extended · 7 working days left")
    assert ticks(view) == "uuuu uuuuL Leeee e"
    late = seen(clock, "2026-11-20 09:00")
    assert (late.state, late.words) == ("warn", "Extended · 1 working day left")


def test_a_paused_clock_stands_still(clock: Clock) -> None:
    with clock_at("2026-11-04 10:00"):
        services.clock_pause(actor=TESTER, clock=clock)
    for at in ("2026-11-04 12:00", "2026-11-12 12:00", "2026-12-30 12:00"):
        view = seen(clock, at)
        assert (view.state, view.words, ticks(view)) == ("paused", "Paused · 8 working days left", "uuLL LLLLL L")


def test_a_resumed_clock_leaves_the_days_of_the_pause_out(clock: Clock) -> None:
    with clock_at("2026-11-04 10:00") as now:
        services.clock_pause(actor=TESTER, clock=clock)
        now.move_to("2026-11-09 10:00")
        services.clock_resume(actor=TESTER, clock=clock)
    view = seen(clock, "2026-11-10 12:00")
    assert (view.words, ticks(view)) == ("7 working days left", "uu uLLL LLLL")


def test_days_of_an_unpublished_year_are_drawn_as_such(department: Department) -> None:
    ClockPolicyFactory(key="catalog_update", working_days=20)
    clock = clock_running("catalog_update", department, started_at="2026-12-14 10:00")
    view = seen(clock, "2026-12-14 12:00")
    assert (view.state, view.is_provisional, view.words) == ("provisional", True, "20 working days left")
    assert ticks(view) == "LLLL LLLLL LLLL ppppp pp"
    assert "provisional" in view.label


@pytest.mark.parametrize(
    ("finished", "state", "words", "drawn"),
    [
        ("2026-11-02 18:00", "done", "Done on time, the same day", "LLLL LLLLL L"),
        ("2026-11-10 18:00", "done", "Done on time, took 6 working days", "uuuu uuLLL L"),
        ("2026-11-16 23:00", "done", "Done on time, took 10 working days", "uuuu uuuuu u"),
        ("2026-11-18 09:00", "done_late", "Ended late by 2 working days", "uuuu uuuuu u"),
    ],
)
def test_a_finished_clock(clock: Clock, finished: str, state: str, words: str, drawn: str) -> None:
    services.clock_stop(actor=TESTER, clock=clock, finished_at=moment(finished))
    view = seen(clock, "2026-12-24 09:00")
    assert (view.state, view.words, ticks(view)) == (state, words, drawn)


def test_a_cancelled_clock_and_none_at_all(clock: Clock) -> None:
    with clock_at("2026-11-10 09:00"):
        services.clock_cancel(actor=TESTER, clock=clock)
    assert seen(clock, "2026-11-10 09:00").state == "none"
    assert clock_view(None, CALENDAR, moment("2026-11-10 09:00")).words == "No statutory limit"


def test_a_clock_that_starts_later_has_all_its_days(clock: Clock) -> None:
    assert seen(clock, "2026-10-28 09:00").days == 10


def test_the_basis_is_cited_in_the_readers_language(clock: Clock) -> None:
    with clock_at("2026-11-04 09:00"):
        assert seen(clock, "2026-11-04 09:00").basis == "Regulation on Government Data Sharing, Art. 17"
        with translation.override("zh-hans"):
            assert seen(clock, "2026-11-04 09:00").basis == "政务数据共享条例 第十七条"


def test_an_internal_limit_says_that_it_is_none_of_the_law(department: Department) -> None:
    ClockPolicyFactory(key="internal", is_statutory=False, document="", article="")
    clock = clock_running("internal", department, started_at="2026-11-02 10:00")
    assert seen(clock, "2026-11-04 09:00").basis == "Internal limit, not statutory"


def test_the_tag_draws_what_the_view_says(clock: Clock) -> None:
    html = draw(seen(clock, "2026-11-12 09:00"), full=True)
    assert html.count('<i class="on">') == 2
    assert "2 working days left" in html
    assert "Art. 17" in html
