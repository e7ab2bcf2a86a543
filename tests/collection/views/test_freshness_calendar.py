"""The month of due days: whose data stand on it, on which days, and what a day off looks like."""

from datetime import UTC, date, datetime

from pytest_django import DjangoAssertNumQueries

from collection import services
from collection.models import Dataset
from collection.selectors import freshness as reading
from collection.selectors.dataset import datasets_filtered
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import Town

ADDRESS = "/collection/freshness/calendar/"
NOON = datetime(2026, 10, 9, 4, tzinfo=UTC)


def due(dataset: Dataset, moment: datetime, state: str = "fresh") -> None:
    Dataset.objects.filter(pk=dataset.pk).update(due_at=moment, freshness=state)


def test_a_dataset_stands_on_its_due_day_in_the_zone_of_the_region(town: Town) -> None:
    # The end of the 9th in Beijing is the afternoon of the 9th in UTC; an hour later it is the 10th.
    due(town.dataset, datetime(2026, 10, 9, 15, 59, tzinfo=UTC))
    days = reading.freshness_due_days(town.cataloguer, date(2026, 10, 1), date(2026, 10, 31), each=3)
    assert list(days) == [date(2026, 10, 9)]
    due(town.dataset, datetime(2026, 10, 9, 16, 59, tzinfo=UTC), "due_soon")
    with clock_at(NOON):
        page = get(town.cataloguer, ADDRESS, {"month": "2026-10"}).content.decode()
    assert page.index(">10<") < page.index("低保对象") < page.index(">11<")
    assert "Due soon" in page
    with clock_at(datetime(2026, 10, 12, 4, tzinfo=UTC)):
        assert "Due, within its grace" in text_of(get(town.cataloguer, ADDRESS))


def test_each_sees_his_own_and_the_authority_all_or_one_department(town: Town) -> None:
    due(town.dataset, NOON)
    with clock_at(NOON):
        assert "低保对象" in text_of(get(town.world.reviewer, ADDRESS))
        assert "低保对象" in text_of(get(town.world.head, ADDRESS))
        code = town.world.provider.code
        assert "低保对象" in text_of(get(town.world.reviewer, ADDRESS, {"department": code}))
        assert "低保对象" not in text_of(get(town.world.reviewer, ADDRESS, {"department": "x"}))
        for stranger in (town.world.other_cataloguer, town.world.sysadmin, town.world.auditor):
            assert "低保对象" not in text_of(get(stranger, ADDRESS))


def test_days_off_and_worked_weekends_are_marked(town: Town) -> None:
    page = get(town.cataloguer, ADDRESS, {"month": "2026-10"}).content.decode()
    assert page.count("cal-day is-off") == 6  # five of the holiday in the week, and one in the key
    assert page.count("cal-day is-made_up") == 2
    assert "this year is not out yet" not in page
    assert "this year is not out yet" in get(town.cataloguer, ADDRESS, {"month": "2031-01"}).content.decode()


def test_what_is_overdue_since_before_this_month_is_counted(town: Town) -> None:
    due(town.dataset, datetime(2026, 9, 2, tzinfo=UTC), "overdue_long")
    with clock_at(NOON):
        assert "1 dataset is overdue since before this month" in text_of(get(town.cataloguer, ADDRESS))
        assert "overdue since before" not in text_of(get(town.cataloguer, ADDRESS, {"month": "2026-09"}))
        assert "Long overdue" in text_of(get(town.cataloguer, ADDRESS, {"month": "2026-09"}))


def test_a_full_day_shows_three_and_all_of_them_below(
    town: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        due(services.dataset_hook(actor=town.cataloguer, ref=town.entry.pk, name=f"数据{number}"), NOON)
    client = client_of(town.cataloguer)
    with clock_at(NOON):
        client.get(ADDRESS)
        with django_assert_max_num_queries(22):
            page = client.get(ADDRESS)
        assert "5 more" in text_of(page)
        assert "数据3" not in text_of(page)
        with django_assert_max_num_queries(26):
            assert "数据7" in text_of(client.get(ADDRESS, {"month": "2026-10", "day": "2026-10-09"}))
        assert "Nothing is due on this day" in text_of(client.get(ADDRESS, {"month": "2026-10", "day": "2026-10-08"}))


def test_whatever_the_address_says_there_is_a_month(town: Town) -> None:
    for value in ("\x00", "9" * 40, "0001-01", "9999-12", "-1", "🚗", "2026-13"):
        for name in ("month", "day", "department", "page"):
            assert get(town.cataloguer, ADDRESS, {name: value}).status_code == 200


def test_the_list_leads_to_the_calendar_and_back(town: Town) -> None:
    assert ADDRESS in get(town.cataloguer, "/collection/freshness/").content.decode()
    assert 'href="/collection/freshness/"' in get(town.cataloguer, ADDRESS).content.decode()


def test_what_is_late_by_days_of_grace_is_told_apart_from_what_comes_due(town: Town) -> None:
    due(town.dataset, datetime(2026, 10, 9, 15, 59, tzinfo=UTC), "due_soon")
    for day, coming, late in ((9, 1, 0), (12, 0, 1)):
        with clock_at(datetime(2026, 10, day, 4, tzinfo=UTC)):
            counts = reading.freshness_counts(town.cataloguer)
            lists = {
                state: datasets_filtered(town.cataloguer, freshness=state).exists()
                for state in ("due_soon", "in_grace")
            }
            assert "within its grace" in text_of(get(town.cataloguer, "/collection/freshness/"))
            assert get(town.cataloguer, "/collection/", {"freshness": "in_grace"}).status_code == 200
        assert (counts["due_soon"], counts["in_grace"]) == (coming, late)
        assert lists == {"due_soon": bool(coming), "in_grace": bool(late)}
