"""Finding rows of the trail."""

from datetime import date

import pytest

from audit import selectors, services
from audit.selectors import TrailFilters
from audit.services import Subject
from core.actors import PUBLIC
from core.exceptions import NotAllowed, NotVisible, SignInRequired
from core.testing import clock_at
from tests.factories.accounts import actor

pytestmark = pytest.mark.django_db


def found(auditor, **filters):
    return [event.action for event in selectors.event_list_for(auditor, TrailFilters(**filters)).rows]


@pytest.fixture
def trail(cataloguer):
    """Three rows on two days."""
    with clock_at("2026-03-01 23:30") as time:
        services.record(cataloguer, "catalog.entry.create", Subject("catalog.entry", "7", "低保对象信息"))
        time.move_to("2026-03-02 00:10")
        services.record(cataloguer, "catalog.entry.submit", Subject("catalog.entry", "7", "低保对象信息"))
        services.record_denial(actor("head", full_name="周建平"), method="POST", path="/x/", reason="")


@pytest.mark.usefixtures("trail")
def test_each_filter_finds_its_rows(auditor, cataloguer):
    create, submit, denied = "catalog.entry.create", "catalog.entry.submit", "access.denied"
    assert found(auditor) == [denied, submit, create]
    assert found(auditor, since=date(2026, 3, 2)) == [denied, submit]
    assert found(auditor, until=date(2026, 3, 1)) == [create]
    assert found(auditor, since=date(2026, 3, 1), until=date(2026, 3, 2)) == [denied, submit, create]
    assert found(auditor, action=submit) == [submit]
    assert found(auditor, actor="建平") == [denied]
    assert found(auditor, actor=f"user:{cataloguer.id}") == [submit, create]
    assert found(auditor, department="mzj") == [submit, create]
    assert found(auditor, department="民政") == [submit, create]
    assert found(auditor, object="低保") == [submit, create]
    assert found(auditor, object="catalog.entry:7") == [submit, create]
    assert found(auditor, object="catalog.entry:70") == []
    assert found(auditor, outcome="denied") == [denied]
    assert found(auditor, request="none") == []


def test_pages_are_found_by_key_in_both_directions(auditor, cataloguer, monkeypatch):
    monkeypatch.setattr(selectors, "PAGE_SIZE", 2)
    keys = [services.record(cataloguer, "test.thing.make", None).pk for _number in range(5)][::-1]

    def page(**where):
        stretch = selectors.event_list_for(auditor, TrailFilters(action="test.thing.make"), **where)
        return [event.pk for event in stretch.rows], stretch.newer, stretch.older

    assert page() == (keys[:2], None, keys[1])
    assert page(older_than=keys[1]) == (keys[2:4], keys[2], keys[3])
    assert page(older_than=keys[3]) == (keys[4:], keys[4], None)
    assert page(newer_than=keys[4]) == (keys[2:4], keys[2], keys[3])
    assert page(newer_than=keys[2]) == (keys[:2], None, keys[1])


def test_counting_stops_at_its_limit(auditor, cataloguer, monkeypatch):
    monkeypatch.setattr(selectors, "COUNTED_UP_TO", 3)
    for _number in range(6):
        services.record(cataloguer, "test.thing.make", None)
    assert selectors.event_count_for(auditor, TrailFilters()) == 4


def test_an_export_runs_through_all_batches(cataloguer, monkeypatch):
    monkeypatch.setattr(selectors, "EXPORT_BATCH", 2)
    keys = [services.record(cataloguer, "test.thing.make", None).pk for _number in range(5)]
    batches = list(selectors.event_batches(TrailFilters(), keys[-1]))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert [event.pk for batch in batches for event in batch] == keys[::-1]


def test_only_the_auditor_reads(cataloguer):
    event = services.record(cataloguer, "test.thing.make", None)
    readers = (
        lambda who: selectors.event_list_for(who, TrailFilters()),
        lambda who: selectors.event_count_for(who, TrailFilters()),
        lambda who: selectors.event_get_for(who, event.pk),
        lambda who: selectors.events_of_request(who, event),
    )
    for read in readers:
        with pytest.raises(NotAllowed):
            read(cataloguer)
        with pytest.raises(SignInRequired):
            read(PUBLIC)


def test_a_row_that_is_not_there_is_not_visible(auditor):
    with pytest.raises(NotVisible):
        selectors.event_get_for(auditor, 404)
