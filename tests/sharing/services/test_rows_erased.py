"""Of a row that was erased an open correction request keeps no key; of others it keeps theirs."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from catalog.models import Entry
from collection.models import Dataset, DatasetVersion, Erasure
from collection.services import sweep
from core import clock
from core.testing import clock_at
from sharing import tasks
from sharing.choices import ObjectionState
from sharing.models import Grant, Objection
from sharing.selectors.objection import disputed_items, disputed_names, disputed_wholes, is_disputed_whole, url_of
from sharing.services import objection
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import NUMBER, approved, carry_out
from tests.sharing.conftest import SharingTown
from tests.sharing.services.test_objections import hashed_key, loaded, raised
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.choices import ClockKey
from workflow.models import Notification
from workflow.selectors.of_subject import clock_open_of


def erased(town: SharingTown, **given: str) -> Erasure:
    provider = Town(town.world, Entry.objects.get(pk=town.entry.pk), Dataset.objects.get(pk=town.dataset.pk))
    erasure = carry_out(approved(provider, **given))
    assert erasure.state == "done"
    while outbox_delivery.deliver():
        pass
    return erasure


def purged(town: SharingTown) -> None:
    """Let the versions that were superseded go, as the night does."""
    with clock_at(clock.now() + timedelta(days=3)):
        sweep.versions_purge()
    assert DatasetVersion.objects.filter(dataset=town.dataset, purged_at__isnull=False).exists()


def keys(*given: Objection) -> list[bool]:
    found = Objection.objects.in_bulk([one.pk for one in given])
    return [bool(found[one.pk].row_key) for one in given]


def test_the_key_of_an_erased_row_goes_and_both_sides_hear_of_it(town: SharingTown) -> None:
    made, amount = town.granted(), town.items("YBZJE")[0]
    gone = raised(town, grant_id=made.pk, row_key="0002", item_id=amount)
    kept = raised(town, grant_id=made.pk, row_key="0001")
    erased(town)
    assert keys(gone, kept) == [False, True]
    gone.refresh_from_db()
    assert (gone.state, gone.row_number) == (ObjectionState.OPEN, None)
    assert gone.row_gone_at is not None
    told = Notification.objects.filter(title__contains="removed from the data for good", url=url_of(gone))
    sides = (town.world.cataloguer, town.world.head, town.asker, town.asker_head)
    assert set(told.values_list("user", flat=True)) == {one.id for one in sides}
    assert AuditEvent.objects.get(action="sharing.objection.forget_row").object_pk == str(gone.pk)
    assert clock_open_of(gone, ClockKey.CORRECTION) is not None
    for who in (town.world.head, town.asker):
        page = text_of(get(who, url_of(gone)))
        assert "Deleted: the row was removed from the data for good" in page
        assert "0002" not in page
    assert "0001" in text_of(get(town.asker, url_of(kept)))


def test_the_report_names_correction_requests(town: SharingTown) -> None:
    erasure = erased(town)
    page = text_of(get(town.world.head, f"/collection/duties/erasures/{erasure.pk}/"))
    assert "Correction requests keep what was written in them" in page


def test_of_a_row_that_is_no_more_nothing_is_doubted(town: SharingTown) -> None:
    made, amount = town.granted(), town.items("YBZJE")[0]
    raised(town, grant_id=made.pk, row_key="0002", item_id=amount)
    raised(town, grant_id=made.pk, row_key="0002")
    assert disputed_items(town.entry.pk) == {amount}
    assert disputed_wholes(town.entry.pk) != []
    erased(town)
    assert not is_disputed_whole(town.entry.pk, town.dataset.pk)
    assert disputed_wholes(town.entry.pk) == []
    assert (disputed_items(town.entry.pk), disputed_names(town.entry.pk)) == (set(), [])


def test_a_hashed_key_goes_with_its_row_also_where_the_version_that_was_looked_at_is_purged(
    town: SharingTown,
) -> None:
    made = town.granted()
    Grant.objects.filter(pk=made.pk).update(masks={**made.masks, town.items("DXBH")[0]: "hash"})
    made.refresh_from_db()
    gone = raised(town, grant_id=made.pk, row_key=hashed_key(town, made, "0002"))
    changed = raised(town, grant_id=made.pk, row_key=hashed_key(town, made, "0001"))
    loaded(town, HEADER + ROWS[0].replace("850.50", "900") + "".join(ROWS[1:]))
    purged(town)
    assert keys(gone, changed) == [True, True]
    erased(town)
    assert keys(gone, changed) == [False, True], "a row that the provider changed is still known by its key"


def test_a_row_that_the_provider_corrected_keeps_its_key_when_the_night_takes_the_wrong_one(town: SharingTown) -> None:
    one = raised(town, grant_id=town.granted().pk, row_key="0002")
    loaded(town, HEADER + "".join(ROWS).replace("920", "930"))
    purged(town)
    while outbox_delivery.deliver():
        pass
    assert keys(one) == [True]


@pytest.mark.parametrize(("key", "is_kept"), [(NUMBER, False), (" 990102-19850505-4321", False), ("9999", True)])
def test_a_key_that_was_not_looked_for_goes_where_it_is_the_value_itself(
    town: SharingTown, key: str, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where it would take too long to look for the row, the provider verifies by the key as it was given.
    monkeypatch.setattr(objection.selectors, "row_find", lambda grant, key: None)
    one = raised(town, grant_id=town.granted().pk, row_key=key)
    assert one.row_number is None
    erased(town)
    assert keys(one) == [is_kept]


def test_a_matter_that_is_closed_or_of_other_data_stays_as_it_is(town: SharingTown) -> None:
    made = town.granted()
    closed = raised(town, grant_id=made.pk, row_key="0002")
    objection.objection_withdraw(actor=town.asker, objection_id=closed.pk)
    raised(town)
    erasure = erased(town)
    assert not AuditEvent.objects.filter(action="sharing.objection.forget_row").exists()
    with nothing_changes():
        assert objection.objections_forget_rows(actor=tasks.ERASER, erasure_id=erasure.pk) == 0


def test_it_may_come_twice(town: SharingTown) -> None:
    gone = raised(town, grant_id=town.granted().pk, row_key="0002")
    erasure = erased(town)
    gone.refresh_from_db()
    with nothing_changes():
        assert objection.objections_forget_rows(actor=tasks.ERASER, erasure_id=erasure.pk) == 0
    objection.objection_answer(actor=town.world.head, objection_id=gone.pk, is_confirmed=False, answer="该行已删除")
    gone.refresh_from_db()
    assert gone.closed_at is not None
