"""A running service that is to give less, or nothing: announced, answered, filed, and then only."""

from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason, GrantAction, GrantStatus
from sharing.models import Grant, GrantNotice, GrantStep
from sharing.policies import CLOCK_JOB
from sharing.selectors.grant import live_grants
from sharing.selectors.reading import is_still_readable
from sharing.services import disposal, grant, stopping, telling
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.unchanged import database_digest, nothing_changes
from workflow.models import CalendarOverride, CalendarYear, Task

CLOCK = system_actor(CLOCK_JOB)


def announced(town: SharingTown, made: Grant, **given: Any) -> GrantNotice:
    day = clock.today() + timedelta(days=12)
    values = {"actor": town.world.head, "grant_id": made.pk, "reason": "最小必要", "stops_on": day}
    return stopping.narrow_announce(**values | given)


def stop_announced(town: SharingTown, made: Grant, *, stops_on: date, **_limits: Any) -> GrantNotice:
    return stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="改造", stops_on=stops_on)


def open_kinds() -> set[str]:
    return set(Task.objects.filter(closed_at=None, subject_label="sharing.grant").values_list("kind", flat=True))


def test_a_running_grant_is_narrowed_once_both_had_time_to_speak(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        day = town.items("NRRQ")[0]
        notice = announced(town, made, masks={day: "month"}, rows_per_day=1000)
        made.refresh_from_db()
        assert (made.edition, made.rows_per_day, day in made.masks) == (1, None, False)
        assert open_kinds() == {"sharing.grant.answer_stop", "sharing.grant.file_stop"}
        stopping.stop_answer(actor=town.asker_head, grant_id=made.pk, is_agreed=True, answer="")
        with pytest.raises(InvalidTransition):
            stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)
        with pytest.raises(InvalidTransition):  # a second word does not overturn the first
            stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False, note="无正当理由")
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
    made.refresh_from_db()
    notice.refresh_from_db()
    assert (made.status, made.edition, made.rows_per_day, made.masks[day]) == (GrantStatus.ACTIVE, 2, 1000, "month")
    assert notice.closed_at is not None
    assert is_still_readable(town.asker, made)
    made.edition = 1
    assert not is_still_readable(town.asker, made)
    assert open_kinds() == set()
    assert GrantStep.objects.filter(grant=made, action=GrantAction.NARROW).exists()


def test_an_authority_that_objects_leaves_the_service_as_it_is(town: SharingTown) -> None:
    made = town.granted()
    announced(town, made, rows_per_day=10)
    stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False, note="无正当理由")
    with clock_at(clock.now() + timedelta(days=20)), pytest.raises(InvalidTransition):
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
    made.refresh_from_db()
    assert made.rows_per_day is None


def test_only_the_provider_announces_and_one_thing_at_a_time(town: SharingTown) -> None:
    made = town.granted()
    before = database_digest()
    for who in (town.asker_head, town.world.cataloguer, town.world.reviewer, town.world.secadmin):
        with pytest.raises(NotAllowed):
            announced(town, made, actor=who, rows_per_day=10)
    for wrong in ({"reason": " "}, {"stops_on": clock.today()}, {"rows_per_day": None}, {"rows_per_day": 0}):
        with pytest.raises(RuleViolation):
            announced(town, made, **{"rows_per_day": 10} | wrong)
    assert database_digest() == before
    announced(town, made, rows_per_day=10)
    with pytest.raises(InvalidTransition):
        announced(town, made, rows_per_day=5)
    day = clock.today() + timedelta(days=12)
    with pytest.raises(InvalidTransition):
        stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="x", stops_on=day)


@pytest.mark.parametrize(
    ("item", "now", "wanted", "is_stronger"),
    [
        ("NRRQ", "", "month", True),
        ("NRRQ", "", "text", True),
        ("NRRQ", "month", "text", True),
        ("NRRQ", "text", "month", False),
        ("NRRQ", "month", "none", False),
        ("XM", "name", "text", True),
        ("XM", "name", "hash", False),
        ("XM", "text", "name", False),
        ("XM", "name", "none", False),
    ],
)
def test_a_mask_gives_way_only_to_one_that_hides_all(
    town: SharingTown, item: str, now: str, wanted: str, is_stronger: bool
) -> None:
    made = town.granted()
    key = town.items(item)[0]
    Grant.objects.filter(pk=made.pk).update(masks={**made.masks, key: now} if now else made.masks)
    if is_stronger:
        assert announced(town, made, masks={key: wanted}).change["masks"] == {key: wanted}
        return
    with pytest.raises(RuleViolation) as refused:
        announced(town, made, masks={key: wanted})
    assert refused.value.errors[0].code == "weaker"


def test_what_the_entry_masked_meanwhile_is_not_weakened_by_what_was_announced(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        day, amount = town.items("NRRQ")[0], town.items("YBZJE")[0]
        announced(town, made, masks={day: "month", amount: "text"})
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)
        items = [one for one in made.items if one != amount]
        Grant.objects.filter(pk=made.pk).update(items=items, masks={**made.masks, day: "text"})
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
    made.refresh_from_db()
    assert (made.masks[day], amount in made.masks) == ("text", False)


@pytest.mark.parametrize("how", ["ended", "expired"])
def test_an_announcement_ends_with_its_grant(town: SharingTown, how: str) -> None:
    with clock_at("2026-11-26 10:00") as now:
        made = town.granted()
        notice = announced(town, made, rows_per_day=10)
        if how == "ended":
            grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.NOT_NEEDED)
        else:
            now.move_to("2027-07-01 00:00")
            telling.grants_keep(actor=CLOCK)
        made.refresh_from_db()
        notice.refresh_from_db()
    assert made.status == how
    assert notice.closed_at is not None
    with pytest.raises(InvalidTransition):
        stopping.stop_answer(actor=town.asker_head, grant_id=made.pk, is_agreed=True, answer="")


def test_an_announcement_that_is_taken_back_leaves_other_work_on_the_grant(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00"):
        made = town.granted()
        announced(town, made, rows_per_day=10)
        task = Task.objects.filter(subject_label="sharing.grant").first()
        assert task is not None
        Task.objects.filter(pk=task.pk).update(kind="sharing.grant.record_use")
        stopping.stop_take_back(actor=town.world.head, grant_id=made.pk)
        assert open_kinds() == {"sharing.grant.record_use"}
        assert live_grants().filter(pk=made.pk).exists()


def test_an_authority_that_says_nothing_until_the_day_holds_nothing_up(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        notice = announced(town, made, rows_per_day=10)
        due = Task.objects.get(kind="sharing.grant.file_stop").due_at
        assert due == clock.end_of_day(notice.stops_on - timedelta(days=1))
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        made.refresh_from_db()
        assert made.rows_per_day == 10
        # It is on record, and the authority has the work still.
        last = GrantStep.objects.filter(grant=made).last()
        assert last is not None
        assert last.detail == {"unfiled": notice.pk}
        assert open_kinds() == {"sharing.grant.file_stop"}
        assert AuditEvent.objects.filter(action="sharing.grant.stop_unfiled", object_pk=str(made.pk)).count() == 1
        page = text_of(get(town.world.reviewer, f"/sharing/grants/{made.pk}/"))
        assert "Take to the files" in page
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False, note="未说明理由")
    notice.refresh_from_db()
    assert (notice.is_filing_accepted, notice.filing_note) == (False, "未说明理由")
    assert open_kinds() == set()


def test_filing_what_was_carried_out_leaves_the_work_on_what_is_announced(town: SharingTown) -> None:
    with clock_at("2026-08-03 10:00") as now:
        made = town.granted()
        announced(town, made, rows_per_day=1000)
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        second = announced(town, made, rows_per_day=500)
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False, note="无正当理由")
        second.refresh_from_db()
        assert (second.filed_at, second.closed_at) == (None, None)
        assert open_kinds() == {"sharing.grant.answer_stop", "sharing.grant.file_stop"}
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)
        assert open_kinds() == {"sharing.grant.answer_stop"}


def test_a_stopped_service_waits_for_the_files_of_an_authority_that_was_silent(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        day = clock.today() + timedelta(days=12)
        stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="系统下线", stops_on=day)
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        assert "sharing.grant.file_stop" in open_kinds()
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)
    assert "sharing.grant.file_stop" not in open_kinds()
    with pytest.raises(InvalidTransition):
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)


@pytest.mark.parametrize(
    ("announced_on", "fifth"),
    [("2026-04-30", "2026-05-11"), ("2026-02-13", "2026-02-27"), ("2026-09-18", "2026-09-24")],
)
def test_a_service_gives_less_on_the_day_after_the_fifth_working_day_at_the_earliest(
    town: SharingTown, announced_on: str, fifth: str
) -> None:
    with clock_at(f"{announced_on} 10:00"):
        made, last = town.granted(), date.fromisoformat(fifth)
        with pytest.raises(RuleViolation) as refused:
            announced(town, made, rows_per_day=10, stops_on=last)
        assert [one.code for one in refused.value.errors] == ["too_early"]
        assert announced(town, made, rows_per_day=10, stops_on=last + timedelta(days=1)).stops_on > last


def test_nothing_stops_before_requester_and_authority_had_working_days_to_speak(town: SharingTown) -> None:
    with clock_at("2026-11-20 18:00") as now:  # a Friday
        made = town.granted()
        for soon in (date(2026, 11, 21), date(2026, 11, 27)):
            with pytest.raises(RuleViolation) as refused:
                announced(town, made, rows_per_day=10, stops_on=soon)
            assert [(one.field, one.code) for one in refused.value.errors] == [("stops_on", "too_early")]
            assert "2026-11-28" in str(refused.value.errors[0].message)
        assert "The first day possible is 2026-11-28." in text_of(get(town.world.head, f"/sharing/grants/{made.pk}/"))
        announced(town, made, rows_per_day=10, stops_on=date(2026, 11, 28))
        # Two of the days become holidays: there is as much time as before, later.
        year = CalendarYear.objects.create(year=2026, revision=1, imported_at=clock.now(), imported_by="数据局")
        for day in (26, 27):
            CalendarOverride.objects.create(calendar_year=year, date=date(2026, 11, day), is_working_day=False)
        now.move_to("2026-11-28 09:00")
        with pytest.raises(InvalidTransition):
            stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        now.move_to("2026-12-02 09:00")
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)


def test_what_is_announced_as_narrowing_loosens_nothing(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        day = town.items("NRRQ")[0]
        Grant.objects.filter(pk=made.pk).update(rows_per_day=100, calls_per_minute=10)
        for looser in ({"rows_per_day": 101}, {"rows_per_day": 50, "calls_per_minute": 11}):
            with pytest.raises(RuleViolation) as refused:
                announced(town, made, **looser)
            assert [one.code for one in refused.value.errors] == ["looser"]
        notice = announced(town, made, masks={day: "month"}, rows_per_day=None)
        assert notice.change == {"masks": {day: "month"}}
        Grant.objects.filter(pk=made.pk).update(rows_per_day=20)
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
    made.refresh_from_db()
    assert (made.rows_per_day, made.calls_per_minute) == (20, 10)


def test_nothing_is_announced_for_a_day_after_the_last_one_of_the_grant(town: SharingTown) -> None:
    made = town.granted()
    last = made.last_moment.astimezone(clock.REGION_ZONE).date()
    with nothing_changes():
        for announce in (announced, stop_announced):
            with pytest.raises(RuleViolation) as refused:
                announce(town, made, rows_per_day=10, stops_on=last + timedelta(days=1))
            [error] = refused.value.errors
            assert (error.field, error.code) == ("stops_on", "after_end")
            assert last.isoformat() in str(error.message)
    assert stop_announced(town, made, stops_on=last).stops_on == last


def test_a_provider_loosens_limits_at_once_and_tightens_none_by_it(town: SharingTown) -> None:
    made = town.granted()
    Grant.objects.filter(pk=made.pk).update(rows_per_day=100, calls_per_minute=10)

    def loosen(actor: Actor, rows: int | None, calls: int | None) -> Grant:
        return grant.grant_loosen(
            actor=actor, grant_id=made.pk, limits={"rows_per_day": rows, "calls_per_minute": calls}
        )

    with nothing_changes():
        for actor in (town.asker_head, town.world.cataloguer, town.world.reviewer):
            with pytest.raises(NotAllowed):
                loosen(actor, None, None)
        for rows, calls, code in ((99, None, "tighter"), (200, 9, "tighter"), (100, 10, "nothing"), (0, 10, "range")):
            with pytest.raises(RuleViolation) as refused:
                loosen(town.world.head, rows, calls)
            assert [one.code for one in refused.value.errors] == [code]
    done = loosen(town.world.head, 200, None)
    assert (done.rows_per_day, done.calls_per_minute, done.edition) == (200, None, made.edition)
    recorded = AuditEvent.objects.get(action="sharing.grant.loosen")
    assert recorded.before == {"rows_per_day": 100, "calls_per_minute": 10}
    grant.end(CLOCK, done, EndReason.NOT_NEEDED)
    with pytest.raises(InvalidTransition):
        loosen(town.world.head, None, None)


@pytest.mark.parametrize("how", ["disposed", "ended", "expired"])
def test_the_authority_keeps_its_work_whatever_becomes_of_the_grant(town: SharingTown, how: str) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted(valid_until=date(2026, 12, 31))
        if how == "disposed":
            day = clock.today() + timedelta(days=12)
            stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="系统下线", stops_on=day)
        else:
            announced(town, made, rows_per_day=10)
        now.advance(days=12)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        if how == "disposed":
            disposal.grant_dispose(actor=town.asker_head, grant_id=made.pk, note="已删除")
        elif how == "ended":
            grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.NOT_NEEDED)
        else:
            now.move_to("2027-01-01 00:00")
            telling.grants_keep(actor=CLOCK)
        assert "sharing.grant.file_stop" in open_kinds()
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)
        assert "sharing.grant.file_stop" not in open_kinds()
