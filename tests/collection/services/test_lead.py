"""Lead source departments and the digitisation of paper records."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEvent
from collection.models import CollectionDuty, DigitisationReport, LeadSource
from collection.selectors import lead as reading
from collection.services import duty as filing
from collection.services import lead as services
from core import clock
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection import duties
from tests.factories.catalog import CatalogWorld
from tests.unchanged import database_digest

INCOME = "家庭月收入"


def both(world: CatalogWorld) -> None:
    """Two departments collect the same items."""
    duties.registered(world)
    duties.other_registered(world)


def appoint(world: CatalogWorld, department: Any, folded: str = INCOME) -> LeadSource:
    return services.lead_appoint(actor=world.reviewer, folded=folded, department_id=department.pk)


def test_items_of_several_departments_are_listed_with_their_lead(world: CatalogWorld) -> None:
    duties.registered(world)
    assert reading.collected_items(world.cataloguer) == []
    duties.other_registered(world)
    items = {one.name: one for one in reading.collected_items(world.cataloguer)}
    assert set(items) == {"姓名", "身份证号", INCOME, "致贫原因"}
    appoint(world, world.provider)
    page = text_of(get(world.other_head, "/collection/duties/leads/", {"q": "月收入"}))
    assert "1 item, 1 with a lead" in page
    duty = CollectionDuty.objects.filter(department=world.other).get()
    assert world.provider.name in text_of(get(world.other_head, f"/collection/duties/{duty.pk}/"))


def test_another_lead_ends_the_first_and_both_stay_on_record(world: CatalogWorld) -> None:
    both(world)
    first = appoint(world, world.provider)
    assert appoint(world, world.provider).pk == first.pk
    appoint(world, world.other)
    first.refresh_from_db()
    assert first.ended_at is not None
    assert reading.leads_of([INCOME]) == {INCOME: [world.other.name]}
    events = AuditEvent.objects.filter(action="collection.lead.appoint").order_by("pk")
    assert [one.after["lead"] for one in events] == [world.provider.code, world.other.code]
    assert events[0].basis == "政务数据共享条例 第十九条"


def test_only_who_collects_it_leads_and_only_where_several_do(world: CatalogWorld) -> None:
    both(world)
    before = database_digest()
    for department, folded in ((world.authority, INCOME), (world.provider, "没有的项")):
        with pytest.raises(RuleViolation):
            appoint(world, department, folded)
    assert database_digest() == before
    for duty in CollectionDuty.objects.filter(department=world.other):
        filing.duty_end(actor=world.other_cataloguer, duty_id=duty.pk, reason="职责调整")
    with pytest.raises(RuleViolation):
        appoint(world, world.provider)


def test_only_the_authority_names_a_lead(world: CatalogWorld) -> None:
    both(world)
    before = database_digest()
    for actor in (world.cataloguer, world.head, world.other_head, world.auditor, world.sysadmin):
        with pytest.raises(NotAllowed):
            services.lead_appoint(actor=actor, folded=INCOME, department_id=world.provider.pk)
    assert database_digest() == before


def test_a_lead_is_named_on_its_page(world: CatalogWorld) -> None:
    both(world)
    client = client_of(world.reviewer)
    address = "/collection/duties/leads/appoint/"
    assert client.post(address, {"item": INCOME, "department": world.other.pk}).status_code == 302
    for sent in ({}, {"item": "\x00", "department": "9" * 40}, {"item": INCOME, "department": "²"}):
        assert client.post(address, sent).status_code == 422
    assert INCOME in client.get("/collection/duties/leads/", {"export": "csv"}).content.decode()


def test_names_of_one_meaning_are_one_item(world: CatalogWorld) -> None:
    duties.registered(world, items=[{"name": "身份证号"}])
    duties.other_registered(world, items=[{"name": "公民身份号码"}])
    item = reading.collected_items(world.reviewer)[0]
    assert len(item.departments) == 2
    appoint(world, world.other, item.folded)
    assert reading.leads_of(["身份证号", "姓名"]) == {"身份证号": [world.other.name]}


# --- Digitisation ----------------------------------------------------------------------------------------------------


def on_paper(world: CatalogWorld) -> CollectionDuty:
    due = clock.today() + timedelta(days=100)
    return duties.registered(world, manner="paper", digitise_by=due, paper_records=1000)


def report(world: CatalogWorld, duty: CollectionDuty, done: int, **given: Any) -> DigitisationReport:
    values = {"on": clock.today(), "done": done} | given
    return services.digitisation_report(actor=world.cataloguer, duty_id=duty.pk, **values)


def test_progress_is_the_last_report_and_late_after_its_day(world: CatalogWorld) -> None:
    duty = on_paper(world)
    report(world, duty, 100, on=clock.today() - timedelta(days=10))
    report(world, duty, 250)
    found = reading.digitisation_of(reading.paper_duties(world.other_head).get())
    assert (found.done, found.share, found.is_late) == (250, 0.25, False)
    with clock_at(clock.now() + timedelta(days=101)):
        assert found.is_late
        report(world, duty, 1000)
        done = reading.digitisation_of(reading.paper_duties(world.other_head).get())
        assert not done.is_late


def test_a_report_stays_within_what_there_is_and_behind_today(world: CatalogWorld) -> None:
    duty = on_paper(world)
    for given in ({"done": 1001}, {"done": -1}, {"done": 1, "on": clock.today() + timedelta(days=1)}):
        with pytest.raises(RuleViolation):
            report(world, duty, **given)
    with pytest.raises(InvalidTransition):
        report(world, duties.registered(world), 1)
    for actor in (world.head, world.other_cataloguer, world.reviewer):
        with pytest.raises(NotAllowed):
            services.digitisation_report(actor=actor, duty_id=duty.pk, on=clock.today(), done=1)
    with pytest.raises(NotVisible):
        services.digitisation_report(
            actor=world.other_cataloguer, duty_id=duties.draft(world.cataloguer).pk, on=clock.today(), done=1
        )
    assert not DigitisationReport.objects.exists()


def test_progress_is_reported_and_shown_on_the_pages(world: CatalogWorld) -> None:
    duty = on_paper(world)
    client = client_of(world.cataloguer)
    page = f"/collection/duties/{duty.pk}/"
    refused = client.post(f"{page}digitised/", {"done": "2000", "on": clock.today().isoformat()})
    assert refused.status_code == 422
    assert "2000" in refused.content.decode()
    assert client.post(f"{page}digitised/", {"done": "x" * 5000, "on": "\x00", "note": "🚗"}).status_code == 422
    done = {"done": "400", "on": clock.today().isoformat(), "csrfmiddlewaretoken": "drawn-once"}
    for _click in range(2):
        assert client.post(f"{page}digitised/", done).status_code == 302
    assert DigitisationReport.objects.count() == 1
    assert "400" in text_of(get(world.other_head, "/collection/duties/digitisation/"))
    assert "400" in client.get("/collection/duties/digitisation/", {"export": "csv"}).content.decode()


def test_lists_cost_the_same_whatever_they_hold(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    both(world)
    on_paper(world)
    client = client_of(world.cataloguer)
    for address in ("/collection/duties/leads/", "/collection/duties/digitisation/"):
        client.get(address)
        with django_assert_max_num_queries(20):
            assert client.get(address).status_code == 200
