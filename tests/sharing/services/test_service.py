"""The end of a whole dataset, announced to all who get it in one act; the provider's page of who they are."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collection.models import Dataset
from core import clock
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import MovableClock, clock_at
from sharing.choices import EndReason, GrantStatus
from sharing.models import Grant, GrantNotice, GrantStep
from sharing.services import grant, service, stopping
from sharing.views import service as service_page
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.accounts import DepartmentFactory
from tests.factories.catalog import ITEMS, CatalogWorld
from tests.sharing.conftest import SharingTown, town_of
from tests.sharing.factories import grant_make
from tests.sharing.requests import codes
from tests.sharing.services.test_loopholes import _renewed
from tests.unchanged import nothing_changes
from workflow.models import Task

DAY = date(2026, 12, 31)


def page_of(town: SharingTown) -> str:
    return f"/sharing/datasets/{town.dataset.pk}/"


def announced(town: SharingTown, **given: object) -> service.StopOfAll:
    fields = {"actor": town.world.head, "dataset_id": town.dataset.pk, "reason": "系统下线", "stops_on": DAY}
    return service.service_stop_announce(**fields | given)  # type: ignore[arg-type]


def test_one_act_consults_every_department_that_has_the_data(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        held, narrowed, short, ended = (town.granted() for _turn in range(4))
        other = grant_make(town.dataset, DepartmentFactory(region=town.world.other.region), valid_to=held.valid_to)
        Grant.objects.filter(pk=short.pk).update(valid_to=clock.end_of_day(date(2026, 12, 10)))
        grant.grant_end(actor=town.asker_head, grant_id=ended.pk, reason=EndReason.NOT_NEEDED)
        stopping.narrow_announce(
            actor=town.world.head, grant_id=narrowed.pk, rows_per_day=9, reason="压力大", stops_on=DAY
        )
        done = announced(town)
        assert {one.grant_id for one in done.announced} == {held.pk, other.pk}
        assert {one.pk: why for one, why in done.left} == {
            narrowed.pk: "A change is announced for 2026-12-31: carry it out, or take it back, first.",
            short.pk: "It ends before that day by itself.",
        }
        tasks = Task.objects.filter(closed_at=None, subject_label="sharing.grant", subject_pk__in=(held.pk, other.pk))
        asked = {(one.subject_pk, one.kind, one.department_id) for one in tasks}
        authority = town.world.authority.pk
        assert asked == {
            *((one.pk, "sharing.grant.answer_stop", one.department_id) for one in (held, other)),
            *((one.pk, "sharing.grant.file_stop", authority) for one in (held, other)),
        }
        # Each goes on as one that was announced alone: answered, filed and carried out apart.
        stopping.stop_answer(actor=town.asker_head, grant_id=held.pk, is_agreed=True, answer="")
        with nothing_changes(), pytest.raises(InvalidTransition):
            announced(town)
        now.move_to("2026-12-31 09:00")
        stopping.stop_carry_out(actor=town.world.head, grant_id=held.pk)
        held.refresh_from_db()
        other.refresh_from_db()
        assert (held.end_reason, other.status) == (EndReason.STOPPED, GrantStatus.ACTIVE)


def test_nobody_else_announces_it_and_what_is_wrong_announces_nothing(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00"):
        town.granted()
        with nothing_changes():
            for who in (town.world.cataloguer, town.asker_head, town.world.reviewer, town.world.secadmin):
                with pytest.raises(NotAllowed):
                    announced(town, actor=who)
            with pytest.raises(RuleViolation) as refused:
                announced(town, reason=" ", stops_on=date(2026, 11, 27))
            assert codes(refused) == {("reason", "required"), ("stops_on", "too_early")}
        assert not GrantNotice.objects.exists()
        assert not GrantStep.objects.filter(action="consult").exists()


def test_the_provider_sees_who_gets_its_data_and_announces_on_the_page(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00"):
        made = town.granted()
        head = client_of(town.world.head)
        shown = text_of(head.get(page_of(town)))
        assert made.department.name in shown
        assert "The first day possible is 2026-12-04" in shown
        assert "Announce to all" not in text_of(get(town.world.cataloguer, page_of(town)))
        assert page_of(town) in head.get(f"/collection/datasets/{town.dataset.pk}/").content.decode()
        refused = head.post(f"{page_of(town)}stop/", {"reason": "系统下线", "stops_on": "2026-11-27"})
        assert refused.status_code == 422
        assert "系统下线" in refused.content.decode()
        sent = {"reason": "系统下线", "stops_on": DAY.isoformat()}
        assert head.post(f"{page_of(town)}stop/", sent).status_code == 302
        assert "to stop on 2026-12-31" in text_of(head.get(page_of(town)))
        late = head.post(f"{page_of(town)}stop/", sent | {"reason": "再次"})
        assert late.status_code == 409
        assert "再次" in late.content.decode()


def test_the_page_offers_the_announcement_while_any_grant_is_unannounced_however_many_there_are(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_page, "SHOWN", 1)
    with clock_at("2026-11-26 10:00"):
        first, second = town.granted(), town.granted()
        head = client_of(town.world.head)
        stopping.stop_announce(actor=town.world.head, grant_id=first.pk, reason="系统下线", stops_on=DAY)
        assert f"{page_of(town)}stop/" in head.get(page_of(town)).content.decode()
        stopping.stop_announce(actor=town.world.head, grant_id=second.pk, reason="系统下线", stops_on=DAY)
        assert f"{page_of(town)}stop/" not in head.get(page_of(town)).content.decode()


def test_what_holds_for_the_provider_is_read_once_for_all_whom_it_tells(town: SharingTown) -> None:
    def grants_make(count: int) -> None:
        region = town.world.other.region
        for _turn in range(count):
            grant_make(town.dataset, DepartmentFactory(region=region), valid_to=clock.end_of_day(date(2027, 6, 30)))

    with clock_at("2026-11-26 10:00"):
        grants_make(1)
        with CaptureQueriesContext(connection) as few:
            announced(town)
        grants_make(6)
        with CaptureQueriesContext(connection) as many:
            assert len(announced(town).announced) == 6
        statements = [one["sql"] for one in many]
        for table in ("workflow_clockpolicy", "workflow_calendaroverride"):
            assert sum(f'FROM "{table}"' in one for one in statements) == 1
        # Of each grant its two tasks alone are looked for: the holder's, and the authority's.
        read = [sum(one["sql"].startswith("SELECT") for one in told) for told in (few, many)]
        assert (read[1] - read[0]) / 5 == 2


def _announced_day_by_day(town: SharingTown, count: int, now: MovableClock) -> None:
    """Announce the stop of so many grants for one day, each on a day of its own."""
    region = town.world.other.region
    for _turn in range(count):
        made = grant_make(town.dataset, DepartmentFactory(region=region), valid_to=clock.end_of_day(date(2027, 6, 30)))
        stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="系统下线", stops_on=DAY)
        now.advance(days=1)


def _queries(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as told:
        act()
    return [one["sql"] for one in told]


def test_the_page_asks_as_much_however_many_stops_are_announced(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        asked = []
        for more in (2, 4):
            now.move_to("2026-11-26 10:00")
            _announced_day_by_day(town, more, now)
            now.move_to("2026-12-31 09:00")
            head = client_of(town.world.head)
            assert f"{page_of(town)}stop/carry-out/" in head.get(page_of(town)).content.decode()
            asked.append(len(_queries(partial(head.get, page_of(town)))))
        assert asked[0] == asked[1]


def _read_once(statements: list[str]) -> bool:
    tables = ("workflow_clockpolicy", "workflow_calendaroverride")
    return all(sum(f'FROM "{table}"' in one for one in statements) <= 1 for table in tables)


def test_carrying_the_end_out_asks_as_much_for_each_grant_and_once_for_all(town: SharingTown) -> None:
    asked = {}
    for count in (1, 2, 6):
        with clock_at("2026-11-26 10:00") as now:
            _announced_day_by_day(town, count, now)
            now.move_to("2026-12-31 09:00")
            stop = {"actor": town.world.head, "dataset_id": town.dataset.pk, "stops_on": DAY}
            statements = _queries(partial(service.service_stop_carry_out, **stop))
            asked[count] = len(statements)
            assert _read_once(statements)
    assert asked[6] - asked[2] == 4 * (asked[2] - asked[1])
    assert asked[2] - asked[1] <= 45


def test_limits_for_all_are_set_and_read_on_the_pages_and_through_the_api(free: SharingTown) -> None:
    head, asker = client_of(free.world.head), client_of(free.asker_head)
    address = f"/api/v1/datasets/{free.dataset.pk}/limits/"
    assert asker.get(address).json() == {"rows_per_day": None, "calls_per_minute": None}
    assert head.post(f"{page_of(free)}limits/", {"rows_per_day": "0"}).status_code == 422
    assert head.post(f"{page_of(free)}limits/", {"rows_per_day": "100"}).status_code == 302
    assert asker.get(address).json() == {"rows_per_day": 100, "calls_per_minute": None}
    for page in ("/sharing/terms/", f"/sharing/take/{free.dataset.pk}/"):
        assert "100 rows a day" in text_of(asker.get(page))
    put = {"path": address, "data": {"rows_per_day": 50, "calls_per_minute": 3}, "content_type": "application/json"}
    assert asker.put(**put).status_code == 403
    assert asker.get(address).json()["rows_per_day"] == 100
    assert head.put(**put).json() == {"rows_per_day": 50, "calls_per_minute": 3}
    accepted = {"path": "/api/v1/terms/accept/", "data": {"number": 1}, "content_type": "application/json"}
    assert asker.post(**accepted).status_code == 200
    taking = {"purpose": "核对", "until": (clock.today() + timedelta(days=9)).isoformat(), "systems": [free.system.pk]}
    taken = asker.post(f"/api/v1/datasets/{free.dataset.pk}/take/", taking, content_type="application/json")
    assert taken.json()["quota"] == {"rows_per_day": 50, "calls_per_minute": 3}


def test_limits_for_all_are_set_and_told_where_only_single_items_are_free(world: CatalogWorld) -> None:
    free = ("DXBH", "NRRQ")
    items = [{**one, "sharing": "unconditional"} if one["field_name"] in free else one for one in ITEMS]
    town = town_of(world, items=items)
    form = 'id="limits"'
    assert form in get(world.head, page_of(town)).content.decode()
    Dataset.objects.filter(pk=town.dataset.pk).update(kind="files")  # which are given whole: nothing goes by itself
    assert form not in get(world.head, page_of(town)).content.decode()
    Dataset.objects.filter(pk=town.dataset.pk).update(kind="table")
    service.service_limits_set(actor=world.head, dataset_id=town.dataset.pk, rows_per_day=5)
    assert "5 rows a day" in text_of(get(town.asker, "/sharing/terms/"))
    request = town.agreed(items=list(free))
    assert request.grants.get().rows_per_day == 5
    whole = town_of(world, name="另一目录")  # all of whose items are shared on request
    service.service_limits_set(actor=world.head, dataset_id=whole.dataset.pk, rows_per_day=7)
    assert "7 rows a day" not in text_of(get(town.asker, "/sharing/terms/"))


def test_the_end_of_a_dataset_is_announced_through_the_api(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00"):
        made = town.granted()
        address = f"/api/v1/datasets/{town.dataset.pk}/stop/"
        sent = {"reason": "系统下线", "stops_on": DAY.isoformat()}
        asker, head = client_of(town.asker_head), client_of(town.world.head)
        before = GrantNotice.objects.count()
        assert asker.post(address, sent, content_type="application/json").status_code == 403
        assert GrantNotice.objects.count() == before
        told = head.post(address, sent, content_type="application/json").json()
        assert told == {"announced": [made.pk], "left": []}
        assert head.post(address, sent, content_type="application/json").status_code == 409


def test_the_announced_end_is_carried_out_for_all_in_one_act(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        first, narrowed, later = (town.granted() for _turn in range(3))
        renewal = grant_make(town.dataset, town.world.other, valid_to=first.valid_to, previous=first)
        stopping.narrow_announce(
            actor=town.world.head, grant_id=narrowed.pk, rows_per_day=9, reason="压力大", stops_on=DAY
        )
        day = DAY + timedelta(days=9)
        stopping.stop_announce(actor=town.world.head, grant_id=later.pk, reason="系统下线", stops_on=day)
        announced(town)
        given = {"actor": town.world.head, "dataset_id": town.dataset.pk, "stops_on": DAY}
        with nothing_changes(), pytest.raises(InvalidTransition) as early:
            service.service_stop_carry_out(**given)
        assert early.value.code == "too_early"
        now.move_to("2026-12-31 09:00")
        with nothing_changes():
            for who in (town.world.cataloguer, town.asker_head, town.world.reviewer, town.world.secadmin):
                with pytest.raises(NotAllowed):
                    service.service_stop_carry_out(**given | {"actor": who})
            with pytest.raises(InvalidTransition):
                service.service_stop_carry_out(**given | {"stops_on": DAY + timedelta(days=1)})
        done = service.service_stop_carry_out(**given, disposal_demand="一个月内销毁")
        assert ({one.pk for one in done.stopped}, done.left) == ({first.pk, renewal.pk}, [])
        ended = Grant.objects.filter(end_reason=EndReason.STOPPED, disposal_demand="一个月内销毁")
        assert set(ended.values_list("pk", flat=True)) == {first.pk, renewal.pk}
        notices = GrantNotice.objects.filter(grant__in=(first, renewal), carried_out_at__isnull=False)
        assert notices.count() == 2
        assert GrantStep.objects.filter(detail__has_key="unfiled").count() == 2  # the authority had not spoken
        assert Grant.objects.filter(status=GrantStatus.ACTIVE).count() == 2
        with nothing_changes(), pytest.raises(InvalidTransition):
            service.service_stop_carry_out(**given)


def test_the_end_is_carried_out_on_the_page_and_through_the_api(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        made = town.granted()
        announced(town)
        assert "Stop it for all" not in text_of(get(town.world.head, page_of(town)))
        now.move_to("2026-12-31 09:00")
        head = client_of(town.world.head)
        assert "The stop of 1 grant was announced for 2026-12-31" in text_of(head.get(page_of(town)))
        assert "Stop it for all" not in text_of(get(town.world.cataloguer, page_of(town)))
        address, api = f"{page_of(town)}stop/carry-out/", f"/api/v1/datasets/{town.dataset.pk}/stop/carry-out/"
        late = head.post(address, {"stops_on": "2027-01-05", "disposal_demand": "一个月内销毁"})
        assert late.status_code == 409
        assert "一个月内销毁" in late.content.decode()
        sent = {"stops_on": DAY.isoformat()}
        other = town.granted()
        announced(town, stops_on=date(2027, 2, 1))
        assert client_of(town.asker_head).post(api, sent, content_type="application/json").status_code == 403
        assert Grant.objects.get(pk=made.pk).status == GrantStatus.ACTIVE
        told = head.post(api, sent, content_type="application/json").json()
        assert told == {"stopped": [made.pk], "left": []}
        now.move_to("2027-02-01 09:00")
        head = client_of(town.world.head)
        assert head.post(address, {"stops_on": "2027-02-01"}).status_code == 302
        assert Grant.objects.get(pk=other.pk).end_reason == EndReason.STOPPED


@pytest.mark.parametrize("is_early", [True, False])
def test_a_renewal_stops_with_the_grant_before_it_and_once(town: SharingTown, is_early: bool) -> None:
    with clock_at("2026-11-26 10:00") as now:
        first, later = _renewed(town)
        stopping.stop_announce(actor=town.world.head, grant_id=first.pk, reason="系统下线", stops_on=DAY)
        at = clock.now() + timedelta(days=34 if is_early else 0)
        GrantNotice.objects.create(
            grant=later, reason="系统下线", stops_on=DAY, announced_at=at, announced_by_name="负责人"
        )  # fmt: skip
        now.move_to("2026-12-31 09:00")
        done = service.service_stop_carry_out(actor=town.world.head, dataset_id=town.dataset.pk, stops_on=DAY)
        assert ({one.pk for one in done.stopped}, done.left) == ({first.pk, later.pk}, [])
        later.refresh_from_db()
        assert (later.status, later.end_reason) == (GrantStatus.ENDED, EndReason.STOPPED)
        assert GrantStep.objects.filter(grant=later, action="end").count() == 1
