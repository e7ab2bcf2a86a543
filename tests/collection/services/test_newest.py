"""Declared against measured: the newest value of an item that tells the time, beside the declared cycle."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from catalog import services as catalog
from catalog.choices import Cycle
from collection import services
from collection.choices import FreshnessState
from collection.freshness import is_behind
from collection.measured import measured_of
from collection.models import Dataset, QualityReport
from collection.services import newest
from collection.services.newest import newest_catch_up, newest_measure
from core.clock import REGION_ZONE
from core.exceptions import RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_assignments import named, staff_of
from tests.factories.catalog import ITEMS
from tests.unchanged import nothing_changes
from workflow.models import OutboxMessage


def item_of(town: Town, field_name: str) -> str:
    revision = town.entry.published_revision
    assert revision is not None
    return str(revision.items.get(field_name=field_name).item_id)


def choose(town: Town, field_name: str) -> None:
    fields = {"time_item": item_of(town, field_name)}
    services.dataset_update(actor=town.cataloguer, dataset_id=town.dataset.pk, fields=fields)
    town.dataset.refresh_from_db()


def revise(town: Town, items: list[dict[str, Any]]) -> None:
    """Publish other items."""
    world, ref = town.world, town.entry.pk
    catalog.entry_update(actor=world.cataloguer, ref=ref, fields={"sharing_note": "逐项说明"}, items=items)
    catalog.entry_submit(actor=world.cataloguer, ref=ref)
    catalog.entry_approve(actor=world.head, ref=ref)
    catalog.entry_approve(actor=world.reviewer, ref=ref)


@pytest.mark.parametrize(
    ("cycle", "newest", "today", "behind"),
    [
        (Cycle.DAILY, date(2026, 3, 8), date(2026, 3, 10), False),
        (Cycle.DAILY, date(2026, 3, 7), date(2026, 3, 10), True),
        (Cycle.REALTIME, date(2026, 3, 7), date(2026, 3, 10), True),
        (Cycle.MONTHLY, date(2026, 1, 31), date(2026, 3, 28), False),
        (Cycle.MONTHLY, date(2026, 1, 31), date(2026, 3, 29), True),
        (Cycle.YEARLY, date(2024, 2, 29), date(2026, 2, 28), False),
        (Cycle.YEARLY, date(2024, 2, 29), date(2026, 3, 1), True),
        (Cycle.IRREGULAR, date(2000, 1, 1), date(2026, 3, 1), False),
        (Cycle.DAILY, date.max, date(2026, 3, 1), False),
    ],
)
def test_values_are_old_after_two_cycles(cycle: Cycle, newest: date, today: date, behind: bool) -> None:
    assert is_behind(cycle, newest, today=today) is behind


def test_the_newest_value_of_each_version_is_measured_and_told_beside_the_cycle(town: Town) -> None:
    with clock_at(datetime(2026, 3, 10, 9, tzinfo=REGION_ZONE)) as moved:
        town.send(HEADER + ROWS[0])
        choose(town, "NRRQ")
        assert OutboxMessage.objects.filter(event="collection.dataset.time_item").exists()
        assert measured_of(town.dataset).is_pending  # type: ignore[union-attr]
        assert newest_measure(dataset_id=town.dataset.pk)
        assert not newest_measure(dataset_id=town.dataset.pk)
        town.dataset.refresh_from_db()
        assert town.dataset.published_version.newest_on == date(2026, 1, 5)  # type: ignore[union-attr]
        shown = text_of(get(town.cataloguer, f"/collection/datasets/{town.dataset.pk}/"))
        assert "Newest value 2026-01-05 Declared fresh, newest value 64 days old" in shown
        assert "Rows before and now 0 → 1" in shown
        listed = text_of(get(town.cataloguer, "/collection/freshness/"))
        assert "Declared fresh, newest value 64 days old" in listed
        town.send(HEADER + "".join(ROWS))
        assert newest_catch_up() == 1
        town.dataset.refresh_from_db()
        measured = measured_of(town.dataset)
        assert measured is not None
        assert (measured.newest_on, measured.rows_before, measured.rows) == (date(2026, 3, 1), 1, 3)
        assert measured.label == ""
        moved.move_to(datetime(2026, 5, 20, 9, tzinfo=REGION_ZONE))
        Dataset.objects.update(freshness=FreshnessState.OVERDUE)
        town.dataset.refresh_from_db()
        late = measured_of(town.dataset)
        assert late is not None
        assert (late.is_behind, late.label) == (True, "")


def test_one_that_cannot_be_measured_keeps_no_other_from_it(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(three, dataset=services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="另一份"))
    other.send(HEADER + ROWS[0])
    for town in (three, other):
        choose(town, "NRRQ")
    look = newest.newest_day

    def looked(source: Any, column: Any) -> Any:
        if source.dataset_id == three.dataset.pk:
            raise ZeroDivisionError
        return look(source, column)

    monkeypatch.setattr(newest, "newest_day", looked)
    assert newest_catch_up() == 1
    assert measured_of(other.dataset).is_pending is False  # type: ignore[union-attr]
    assert measured_of(three.dataset).is_pending  # type: ignore[union-attr]


def test_whoever_sees_no_rows_is_told_no_value(three: Town) -> None:
    choose(three, "NRRQ")
    newest_measure(dataset_id=three.dataset.pk)
    assert "Newest value" in text_of(get(three.world.head, f"/collection/datasets/{three.dataset.pk}/"))
    assert "Newest value" not in text_of(get(three.world.other_head, f"/collection/datasets/{three.dataset.pk}/"))


@pytest.mark.parametrize("field_name", ["XM", "SFZH"])
def test_only_a_day_or_moment_that_is_no_matter_of_persons_tells_the_time(three: Town, field_name: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        choose(three, field_name)
    assert [one.field for one in refused.value.errors] == ["time_item"]


WITHHELD = {"sharing": "withheld", "sharing_condition": "《社会救助暂行办法》第六十一条"}


@pytest.mark.parametrize("closed", [{"is_sensitive": True}, {"mask": "month"}, WITHHELD, None])
def test_no_value_is_told_of_an_item_that_others_do_not_see_any_more(
    three: Town, closed: dict[str, Any] | None
) -> None:
    choose(three, "NRRQ")
    newest_measure(dataset_id=three.dataset.pk)
    page, told = f"/collection/datasets/{three.dataset.pk}/", "Newest value 2026-03-01"
    assert told in text_of(get(three.cataloguer, page))
    assert "2026-03-01" in text_of(get(three.cataloguer, "/collection/freshness/"))
    *items, last = [one | {"id": item_of(three, one["field_name"])} for one in ITEMS]
    revise(three, items + ([last | closed] if closed is not None else []))
    for actor in (three.cataloguer, three.world.head, three.world.reviewer):
        assert told not in text_of(get(actor, page))
        assert "2026-03-01" not in text_of(get(actor, "/collection/freshness/"))
    three.dataset.refresh_from_db()
    assert measured_of(three.dataset) is None
    given = {"actor": three.cataloguer, "dataset_id": three.dataset.pk, "fields": {"time_item": last["id"]}}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.dataset_update(**given)
    assert [one.field for one in refused.value.errors] == ["time_item"]
    settings = client_of(three.cataloguer).get(f"{page}?tab=settings").content.decode()
    assert last["id"] not in settings[settings.index('name="time_item"') :].split("</select>")[0]


def test_nor_is_the_age_that_a_rule_has_found_of_it(three: Town) -> None:
    fields = {"kind": "freshness", "severity": "note", "item": item_of(three, "NRRQ"), "days": 7}
    services.quality_rule_add(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)
    three.send(HEADER + "".join(ROWS[:2]))
    page = f"/collection/datasets/{three.dataset.pk}/quality/"
    report = QualityReport.objects.latest("pk")
    at = next(at for at, one in enumerate(report.findings) if one["kind"] == "freshness")
    pages = [page, f"/collection/quality/reports/{report.pk}/rows/{at}/"]
    assert all(re.search(r"\d{3,} days old", text_of(get(three.cataloguer, one))) for one in pages)
    *items, last = [one | {"id": item_of(three, one["field_name"])} for one in ITEMS]
    revise(three, [*items, last | {"mask": "month"}])
    assert not any(re.search(r"\d{3,} days old", text_of(get(three.cataloguer, one))) for one in pages)


def test_people_of_a_contractor_are_told_no_newest_value_in_the_list_either(three: Town) -> None:
    choose(three, "NRRQ")
    newest_measure(dataset_id=three.dataset.pk)
    staff = staff_of(three)
    named(three, staff)
    shown = text_of(get(staff, "/collection/freshness/"))
    assert three.dataset.name in shown
    assert "2026-03-01" not in shown
    assert "3 rows" not in shown
    assert "2026-03-01" in text_of(get(three.cataloguer, "/collection/freshness/"))


def test_a_time_item_is_chosen_among_the_settings_and_kept_in_the_trail(three: Town) -> None:
    page = f"/collection/datasets/{three.dataset.pk}/"
    client = client_of(three.cataloguer)
    form = client.get(f"{page}?tab=settings").content.decode()
    options = form[form.index('name="time_item"') :]
    options = options[: options.index("</select>")]
    assert item_of(three, "NRRQ") in options
    assert item_of(three, "XM") not in options
    choose(three, "NRRQ")
    kept = AuditEvent.objects.filter(action="collection.dataset.edit").latest("pk")
    assert kept.after == {"time_item": item_of(three, "NRRQ")}
    services.dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"time_item": ""})
    three.dataset.refresh_from_db()
    assert measured_of(three.dataset) is None


def test_more_measured_datasets_cost_the_list_no_more_queries(three: Town) -> None:
    choose(three, "NRRQ")
    client = client_of(three.cataloguer)
    client.get("/collection/freshness/")
    with CaptureQueriesContext(connection) as few:
        client.get("/collection/freshness/")
    for number in range(3):
        dataset = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name=f"数据 {number}")
        other = Town(three.world, three.entry, dataset)
        other.send(HEADER + "".join(ROWS))
        choose(other, "NRRQ")
        newest_measure(dataset_id=dataset.pk)
    with CaptureQueriesContext(connection) as many:
        client.get("/collection/freshness/")
    assert len(many) <= len(few)
