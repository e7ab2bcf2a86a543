import json
from datetime import date

import pytest

from accounts.models import Department
from audit.models import AuditEvent
from core.exceptions import NotAllowed, RuleViolation
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, RegionFactory, actor
from tests.factories.workflow import TESTER, ClockPolicyFactory, clock_running, values
from workflow import outbox_delivery, selectors, services
from workflow.models import CalendarOverride, CalendarYear, Clock, ClockPolicy, Notification, OutboxMessage
from workflow.services.calendar import NoticeDay, calendar_year_import, days_from_text, notice_from_json

# A notice such as that of 2027 could be: the public holidays of the year, with the days moved around them.
OFF_2027 = """01-01 元旦
01-02 ~ 01-03 元旦
02-05 ~ 02-11 春节
04-03 ~ 04-05 清明节
05-01 ~ 05-05 劳动节
06-09 端午节
09-15 ~ 09-17 中秋节
10-01 ~ 10-07 国庆节"""
WORKED_2027 = """02-20 春节
09-19 中秋节
10-09 国庆节"""


def notice_2027(off: str = OFF_2027, worked: str = WORKED_2027) -> list[NoticeDay]:
    return days_from_text(2027, off, is_working_day=False, field="days_off") + days_from_text(
        2027, worked, is_working_day=True, field="make_up_days"
    )


def test_a_typed_notice_is_read_line_by_line() -> None:
    days = days_from_text(
        2027, "10-01 ~ 10-03 国庆节\n\n2027-10-04\n10/5至10月6日 国庆", is_working_day=False, field="x"
    )
    assert [row.day.day for row in days] == [1, 2, 3, 4, 5, 6]
    assert days[0].name == "国庆节"


@pytest.mark.parametrize("line", ["国庆", "13-01", "10-05 ~ 10-01", "02-30", "2027"])
def test_a_line_that_is_no_day_is_named(line: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        days_from_text(2027, f"10-01\n{line}", is_working_day=False, field="days_off")
    assert caught.value.errors[0].field == "days_off"
    assert "2" in str(caught.value.errors[0].message)


def test_a_notice_file_is_read() -> None:
    days = [
        {"name": "元旦", "date": "2026-01-01", "isOffDay": True},
        {"name": "元旦", "date": "2026-01-04", "isOffDay": False},
    ]
    text = json.dumps({"year": 2026, "papers": ["https://example.gov/notice"], "days": days})
    year, read, url = notice_from_json(text)
    assert (year, url) == (2026, "https://example.gov/notice")
    assert read == [NoticeDay(date(2026, 1, 1), False, "元旦"), NoticeDay(date(2026, 1, 4), True, "元旦")]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"year": 2026}', '{"year": 2026, "days": [{"date": "2026-01-01", "isOffDay": "yes"}]}']
)
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(RuleViolation):
        notice_from_json(text)


def test_an_imported_year_is_published_and_its_days_win(db: None) -> None:
    assert not selectors.calendar().is_published(2027)
    calendar_year_import(actor=TESTER, year=2027, days=notice_2027(), notice="国办发明电〔2026〕1号")
    calendar = selectors.calendar()
    assert calendar.is_published(2027)
    assert not calendar.is_working_day(date(2027, 2, 11))
    assert calendar.is_working_day(date(2027, 2, 20))  # a Saturday
    assert calendar.is_working_day(date(2027, 9, 19))
    assert AuditEvent.objects.get(action="workflow.calendar.import").after["make_up_days"] == [
        "2027-02-20",
        "2027-09-19",
        "2027-10-09",
    ]


def test_importing_again_replaces_the_days(db: None) -> None:
    calendar_year_import(actor=TESTER, year=2027, days=notice_2027())
    again = calendar_year_import(actor=TESTER, year=2027, days=notice_2027(worked="02-14 春节"))
    assert CalendarYear.objects.count() == 1
    assert again.revision == 2
    assert list(CalendarOverride.objects.filter(is_working_day=True).values_list("date", flat=True)) == [
        date(2027, 2, 14)
    ]


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (notice_2027(off=OFF_2027.replace("06-09 端午节\n", "")), "missing"),
        ([*notice_2027(), NoticeDay(date(2028, 1, 1), False)], "other_year"),
        ([*notice_2027(), NoticeDay(date(2027, 10, 1), False)], "twice"),
        ([*notice_2027(), NoticeDay(date(2027, 11, 10), True)], "no_weekend"),
    ],
)
def test_a_wrong_notice_changes_nothing(db: None, days: list[NoticeDay], code: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        calendar_year_import(actor=TESTER, year=2027, days=days)
    assert code in {error.code for error in caught.value.errors}
    assert not CalendarYear.objects.exists()
    assert not CalendarOverride.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_only_the_leading_authority_imports(department: Department, authority: Department) -> None:
    reviewer = actor("reviewer", department=authority)
    county = DepartmentFactory(region=RegionFactory(level="county", parent=department.region), authority=True)
    county.region.path = f"{department.region.path}/{county.region.code}"
    county.region.save()
    for nobody in (
        actor("head", department=department),
        actor("sysadmin", department=authority),
        actor("reviewer", department=county),
    ):
        with pytest.raises(NotAllowed):
            calendar_year_import(actor=nobody, year=2027, days=notice_2027())
    assert not CalendarYear.objects.exists()
    calendar_year_import(actor=reviewer, year=2027, days=notice_2027())


def test_open_clocks_that_cross_the_year_move_and_the_others_stay(department: Department, policy: ClockPolicy) -> None:
    ClockPolicyFactory(key="other")
    with clock_at("2027-01-29 10:00"):
        moved = clock_running(policy.key, department, started_at="2027-01-29 10:00")
        kept = clock_running("other", department, started_at="2026-11-02 10:00")
        ended = clock_running(policy.key, DepartmentFactory(), started_at="2027-01-29 10:00")
        services.clock_stop(actor=TESTER, clock=ended)
        before = values(moved, "due_on", "is_provisional"), values(ended, "due_on")
        assert before[0]["is_provisional"]
        calendar_year_import(actor=TESTER, year=2027, days=notice_2027())
        assert services.clocks_recompute(actor=TESTER) == [moved.pk]
        # February: 1–4, then off to the 11th, 12, 15–19.
        assert values(moved, "due_on", "is_provisional") == {"due_on": date(2027, 2, 19), "is_provisional": False}
        assert values(kept, "due_on", "calendar_revision") == {"due_on": date(2026, 11, 16), "calendar_revision": 1}
        assert values(ended, "due_on") == before[1]
        assert services.clocks_recompute(actor=TESTER) == []
    event = AuditEvent.objects.get(action="workflow.clock.recompute")
    assert event.object_pk == str(moved.pk)


def test_a_clock_that_is_due_later_now_is_no_longer_overdue(department: Department, policy: ClockPolicy) -> None:
    with clock_at("2027-01-29 10:00") as now:
        clock = clock_running(policy.key, department)
        now.move_to(clock.due_at.isoformat())
        now.advance(hours=2)
        Clock.objects.filter(pk=clock.pk).update(overdue_at=now())
        calendar_year_import(actor=TESTER, year=2027, days=notice_2027())
        services.clocks_recompute(actor=TESTER)
        row = values(clock, "due_at", "overdue_at")
        assert row["due_at"] > now()
        assert row["overdue_at"] is None


def test_recomputing_in_small_batches_reaches_every_clock(db: None) -> None:
    ClockPolicyFactory(key="many")
    with clock_at("2027-01-29 10:00"):
        clocks = [clock_running("many", DepartmentFactory()) for _number in range(7)]
        calendar_year_import(actor=TESTER, year=2027, days=notice_2027())
        assert sorted(services.clocks_recompute(actor=TESTER, batch=3)) == [clock.pk for clock in clocks]


def test_the_import_recomputes_through_the_outbox_and_tells_those_on_duty(
    department: Department, policy: ClockPolicy
) -> None:
    person = actor("cataloguer", department=department)
    with clock_at("2027-01-29 10:00"):
        clock = clock_running(policy.key, department)
        calendar_year_import(actor=TESTER, year=2027, days=notice_2027())
        outbox_delivery.deliver()
        outbox_delivery.deliver()
    assert values(clock, "due_on") == {"due_on": date(2027, 2, 19)}
    news = Notification.objects.get()
    assert news.user_id == person.id
    assert "2027-02-19" in news.title


def test_a_clock_computed_while_an_import_commits_is_computed_again(
    department: Department, policy: ClockPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that read the calendar before an import committed carries the older revision and is found by it."""
    stale = selectors.calendar_state()
    with clock_at("2027-01-29 10:00"):
        calendar_year_import(actor=TESTER, year=2027, days=notice_2027())
        services.clocks_recompute(actor=TESTER)
        with monkeypatch.context() as patched:
            patched.setattr("workflow.services.clock.calendar_state", lambda: stale)
            clock = clock_running(policy.key, department)
        assert values(clock, "due_on")["due_on"] != date(2027, 2, 19)
        assert services.clocks_recompute(actor=TESTER) == [clock.pk]
        assert values(clock, "due_on")["due_on"] == date(2027, 2, 19)
