"""Correction requests: raised, verified in time, marked meanwhile, linked with the version that corrects."""

import hashlib
from typing import Any

import pytest
from django.http import QueryDict

from audit.models import AuditEvent
from collection import services as collecting
from collection.models import Dataset, DatasetVersion
from collection.policies import preview_entitlement
from collection.preview import preview_of
from collection.selectors.dataset import columns_of_dataset, version_get
from collection.store.tables import TooSlow
from core.actors import Actor
from core.exceptions import InvalidTransition, LimitExceeded, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from sharing.api.representation import dataset_values
from sharing.choices import ObjectionState
from sharing.entitlement import open_hash_key
from sharing.models import Grant, Objection, RefusedCall
from sharing.objection_row import row_shown
from sharing.selectors.objection import (
    corrections_possible,
    disputed_items,
    objection_get_for,
    row_key_of,
    url_of,
)
from sharing.selectors.reading import reading_of
from sharing.services import grant, objection, telling
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import HEADER, ROWS
from tests.collection.worker import work
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.unchanged import database_digest
from workflow.models import Clock, Notification, OutboxMessage, Task


def raised(town: SharingTown, **given: object) -> Objection:
    fields = {"actor": town.asker, "entry_ref": town.entry.pk, "description": "保障金额与发放记录不符"} | given
    return objection.objection_raise(**fields)  # type: ignore[arg-type]


def loaded(town: SharingTown, content: str, dataset: Dataset | None = None) -> DatasetVersion:
    """Load a file and return the version that it became."""
    target = dataset or town.dataset
    run = collecting.run_upload(
        actor=town.world.cataloguer, dataset_id=target.pk, pieces=[content.encode()], file_name="b.csv"
    )
    work(run)
    return DatasetVersion.objects.filter(dataset=target).latest("number")


def confirmed(town: SharingTown, **given: object) -> Objection:
    one = raised(town, **given)
    return objection.objection_answer(
        actor=town.world.cataloguer, objection_id=one.pk, is_confirmed=True, answer="九月起为 900 元，下期更正"
    )


def correct(town: SharingTown, one: Objection, version: DatasetVersion | None = None) -> Objection:
    return objection.objection_correct(
        actor=town.world.cataloguer, objection_id=one.pk, version_id=version.pk if version else None
    )


@pytest.mark.parametrize(
    ("raised_on", "due_on"),
    [
        ("2025-09-26", "2025-10-16"),
        ("2026-02-13", "2026-03-05"),
        ("2026-04-30", "2026-05-18"),
        ("2026-09-18", "2026-10-09"),
    ],
)
def test_ten_working_days_end_as_the_calendar_says(town: SharingTown, raised_on: str, due_on: str) -> None:
    with clock_at(f"{raised_on} 10:00"):
        raised(town)
    assert str(Clock.objects.get(policy_key="correction").due_on) == due_on


def test_it_is_verified_within_ten_working_days_and_corrected_by_a_version_that_the_provider_names(
    town: SharingTown,
) -> None:
    with clock_at("2026-09-18 10:00") as now:
        made = town.granted()
        item = town.items("YBZJE")[0]
        one = raised(town, item_id=item, grant_id=made.pk, row_key="0001")
        assert (one.dataset, one.version) == (town.dataset, 1)
        assert "0001" not in one.row_key
        assert row_key_of(one) == "0001"
        running = Clock.objects.get(policy_key="correction")
        assert str(running.due_on) == "2026-10-09"
        assert disputed_items(town.entry.pk) == {item}
        now.move_to("2026-09-25 10:00")
        objection.objection_answer(
            actor=town.world.cataloguer, objection_id=one.pk, is_confirmed=True, answer="九月起为 900 元，下期更正"
        )
        running.refresh_from_db()
        assert running.state == "running"
        assert disputed_items(town.entry.pk) == {item}
        now.move_to("2026-09-28 10:00")
        version = loaded(town, HEADER + ROWS[0].replace("850.50", "900") + "".join(ROWS[1:]))
        running.refresh_from_db()
        assert running.state == "running"
        told = Notification.objects.filter(kind="sharing.objection", title__contains="Does version 2 correct")
        for _turn in range(2):
            assert telling.corrections_offer(dataset_id=town.dataset.pk, number=2) == 1
            assert set(told.values_list("user_id", flat=True)) == {town.world.cataloguer.id, town.world.head.id}
            assert told.count() == 2
        correct(town, one, version)
        one.refresh_from_db()
        running.refresh_from_db()
        assert running.state == "finished"
        assert one.state == ObjectionState.CORRECTED
        assert one.corrected_in is not None
        assert one.corrected_in.number == 2
        assert one.row_key == ""
        assert disputed_items(town.entry.pk) == set()
        assert not Task.objects.filter(subject_label="sharing.objection", closed_at=None).exists()


def test_only_a_version_of_its_data_loaded_since_can_be_named_as_the_correction(town: SharingTown) -> None:
    with clock_at("2027-03-01 10:00") as now:
        other = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="历史对象")
        now.advance(hours=1)
        one = confirmed(town, dataset_id=town.dataset.pk)
        first = DatasetVersion.objects.get(dataset=town.dataset)
        now.advance(hours=1)
        elsewhere = loaded(town, HEADER + ROWS[0], other)
        changed = loaded(town, HEADER + ROWS[0].replace("850.50", "900") + "".join(ROWS[1:]))
        work(collecting.run_rollback(actor=town.world.cataloguer, dataset_id=town.dataset.pk, number=1))
        back = DatasetVersion.objects.filter(dataset=town.dataset).latest("number")
        assert back.number == 3
        assert list(corrections_possible(one)) == [changed]
        assert telling.corrections_offer(dataset_id=other.pk, number=elsewhere.number) == 0
        before = database_digest()
        for version in (first, elsewhere, back):
            with pytest.raises(RuleViolation):
                correct(town, one, version)
        assert database_digest() == before
        assert correct(town, one).corrected_in is None
        with pytest.raises(InvalidTransition):
            correct(town, one, changed)


def test_where_an_entry_has_several_datasets_one_is_named(town: SharingTown) -> None:
    made = town.granted()
    other = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="历史对象")
    with pytest.raises(RuleViolation) as refused:
        raised(town)
    assert [one.field for one in refused.value.errors] == ["dataset"]
    with pytest.raises(RuleViolation):
        raised(town, dataset_id=other.pk, grant_id=made.pk)
    assert raised(town, dataset_id=other.pk).dataset == other
    assert raised(town, grant_id=made.pk).dataset == town.dataset


def test_the_other_side_hears_of_an_objection_that_is_taken_back_or_falls_away(town: SharingTown) -> None:
    one, two = raised(town), raised(town)
    objection.objection_withdraw(actor=town.asker, objection_id=one.pk)
    objection.objections_drop(actor=town.world.reviewer, entry_id=town.entry.pk)
    for message in OutboxMessage.objects.filter(event=objection.EVENT).exclude(payload__action="raise"):
        telling.objection_tell(key=str(message.pk), **message.payload)
    told = Notification.objects.filter(kind="sharing.objection")
    back = told.filter(url=f"/sharing/objections/{one.pk}/").values_list("user_id", flat=True)
    assert set(back) == {town.world.cataloguer.id, town.world.head.id}
    gone = told.filter(url=f"/sharing/objections/{two.pk}/").values_list("user_id", flat=True)
    assert set(gone) == {town.asker.id, town.asker_head.id}


def test_data_that_are_right_are_told_so_with_reasons(town: SharingTown) -> None:
    one = raised(town)
    with pytest.raises(RuleViolation):
        objection.objection_answer(
            actor=town.world.cataloguer, objection_id=one.pk, is_confirmed=False, answer=""
        )  # fmt: skip
    objection.objection_answer(actor=town.world.head, objection_id=one.pk, is_confirmed=False, answer="与台账一致")
    one.refresh_from_db()
    assert one.state == ObjectionState.REJECTED
    with pytest.raises(InvalidTransition):
        objection.objection_withdraw(actor=town.asker, objection_id=one.pk)
    telling.objection_tell(objection_id=one.pk, action="reject", by=town.world.head.id, key="1")
    assert Notification.objects.filter(kind="sharing.objection", user=town.asker.id).exists()


def test_only_users_object_and_only_the_provider_answers(town: SharingTown) -> None:
    one = raised(town)
    stranger = actor_of(UserFactory(department=DepartmentFactory(), roles=["head"]))
    before = database_digest()
    for who in (town.world.cataloguer, town.world.colleague, town.world.auditor, town.world.reviewer):
        with pytest.raises(NotAllowed):
            raised(town, actor=who)
    for who in (town.asker, town.world.reviewer, town.world.auditor):
        with pytest.raises(NotAllowed):
            objection.objection_answer(actor=who, objection_id=one.pk, is_confirmed=True, answer="是")
    with pytest.raises(NotVisible):
        objection_get_for(stranger, one.pk)
    with pytest.raises(NotAllowed):
        objection.objection_withdraw(actor=town.world.head, objection_id=one.pk)
    assert database_digest() == before
    objection.objection_withdraw(actor=town.asker, objection_id=one.pk)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"description": " "}, "description"),
        ({"description": "字" * 5001}, "description"),
        ({"item_id": "nonsense"}, "item"),
        ({"item_id": "00000000-0000-0000-0000-000000000000"}, "item"),
        ({"dataset_id": 10**6}, "dataset"),
        ({"row_key": "0001"}, "grant"),
        ({"grant_id": 10**6}, "grant"),
    ],
)
def test_what_does_not_belong_to_the_entry_is_refused(town: SharingTown, given: dict[str, object], field: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        raised(town, **given)
    assert [one.field for one in refused.value.errors] == [field]


def test_a_row_is_objected_to_under_a_live_grant_only(town: SharingTown) -> None:
    made = town.granted(items=town.items("DXBH"))
    with pytest.raises(RuleViolation):
        raised(town, grant_id=made.pk, row_key="0001", item_id=town.items("XM")[0])
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="核查")
    with pytest.raises(RuleViolation):
        raised(town, grant_id=made.pk, row_key="0001")


# --- A single row ---------------------------------------------------------------------------------------------------


def shown_to(actor: Actor, one: Objection) -> dict[str, str | None]:
    row = row_shown(actor, objection_get_for(actor, one.pk))
    return {column.field_name: text for column, text in row.cells} if row else {}


def hashed_key(town: SharingTown, made: Grant, key: str) -> str:
    return hashlib.sha256(open_hash_key(made) + key.encode()).hexdigest()


def test_the_provider_sees_the_row_behind_a_hashed_key(town: SharingTown) -> None:
    made = town.granted()
    Grant.objects.filter(pk=made.pk).update(masks={**made.masks, town.items("DXBH")[0]: "hash"})
    made.refresh_from_db()
    one = raised(town, grant_id=made.pk, row_key=hashed_key(town, made, "0164A"), item_id=town.items("YBZJE")[0])
    assert one.version == 1
    for who in (town.world.cataloguer, town.world.head):
        found = shown_to(who, one)
        assert (found["DXBH"], found["YBZJE"]) == ("0164A", "1020.00")
    assert AuditEvent.objects.filter(action="collection.version.preview").exists()
    for who in (town.asker, town.world.reviewer, town.world.auditor):
        page = text_of(get(who, url_of(one)))
        assert "0164A" not in page
        assert "The row that is objected to" not in page
    assert "0164A" in text_of(get(town.world.head, url_of(one)))
    objection.objection_answer(actor=town.world.head, objection_id=one.pk, is_confirmed=False, answer="无误")
    one.refresh_from_db()
    assert (one.row_key, one.row_number) == ("", None)


def refused_row(town: SharingTown, made: Grant, key: str) -> None:
    """See that an objection to a row is refused with words at its field, and that nothing is kept of it."""
    before = database_digest()
    with pytest.raises(RuleViolation) as refused:
        raised(town, grant_id=made.pk, row_key=key)
    assert [(one.field, one.code) for one in refused.value.errors] == [("row_key", "unknown")]
    assert database_digest() == before


@pytest.mark.parametrize("key", ["9999", "\x00", "' OR 1=1"])
def test_a_key_that_fits_no_row_is_refused(town: SharingTown, key: str) -> None:
    refused_row(town, town.granted(), key)


def test_guessing_keys_is_counted_by_the_grant_and_kept(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00"):
        made = town.granted()
        Grant.objects.filter(pk=made.pk).update(calls_per_minute=2)
        with pytest.raises(RuleViolation) as refused:
            raised(town, grant_id=made.pk, row_key="9999", description="")
        assert [one.field for one in refused.value.errors] == ["description"]  # nothing was looked for
        assert not RefusedCall.objects.exists()
        for key in ("9998", "9999"):
            refused_row(town, made, key)
        before = database_digest()
        with pytest.raises(LimitExceeded):
            raised(town, grant_id=made.pk, row_key="0001")
        assert database_digest() == before
        page = f"/sharing/objections/new/{town.entry.ref}/"
        sent = client_of(town.asker).post(page, {"description": "金额不符", "grant": made.pk, "row_key": "0001"})
    assert (sent.status_code, "Wait a minute, then send this again." in text_of(sent)) == (422, True)
    assert "金额不符" in sent.content.decode()
    kept = RefusedCall.objects.get()
    assert (kept.user_id, kept.code, kept.count) == (town.asker.id, "row_unknown", 2)
    assert kept.path == f"/sharing/grants/{made.pk}/data/"
    assert AuditEvent.objects.get(outcome="denied").note == "row_unknown"


def test_guesses_are_limited_for_a_department_under_all_of_its_grants(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objection, "ROW_KEYS_PER_MINUTE", 2)
    page = f"/sharing/objections/new/{town.entry.ref}/"
    with clock_at("2026-09-18 10:00:20") as now:
        first, second = town.granted(), town.granted()
        assert first.calls_per_minute is None
        refused_row(town, first, "9998")
        refused_row(town, second, "9999")
        given = {"description": "金额不符", "grant": first.pk, "row_key": "0001"}
        sent = client_of(town.asker_head).post(page, given)
        assert (sent.status_code, "Wait a minute, then send this again." in text_of(sent)) == (422, True)
        assert "金额不符" in sent.content.decode()
        called = client_of(town.asker).post(
            "/api/v1/corrections/", given | {"entry": town.entry.ref}, content_type="application/json"
        )
        assert (called.status_code, called.headers["Retry-After"]) == (429, "40")
        assert not Objection.objects.exists()
        raised(town)  # what names no row looks for none
        now.advance(minutes=1)
        assert client_of(town.asker_head).post(page, given).status_code == 302
    assert Objection.objects.exclude(row_key="").count() == 1


def _objected(town: SharingTown, made: Grant, *, by_call: bool) -> Any:
    """Object to a row that the grant does not show."""
    given = {"description": "金额不符", "grant": made.pk, "row_key": "9999"}
    if not by_call:
        return client_of(town.asker).post(f"/sharing/objections/new/{town.entry.ref}/", given, REMOTE_ADDR="10.3.2.1")
    given |= {"entry": town.entry.ref}
    kind = "application/json"
    return client_of(town.asker).post("/api/v1/corrections/", given, content_type=kind, REMOTE_ADDR="10.3.2.1")


@pytest.mark.parametrize("by_call", [False, True])
def test_a_key_in_vain_is_kept_once_with_the_address(town: SharingTown, by_call: bool) -> None:
    assert _objected(town, town.granted(), by_call=by_call).status_code == 422
    kept = RefusedCall.objects.get()
    assert (kept.code, kept.count, kept.address) == ("row_unknown", 1, "10.3.2.1")


@pytest.mark.parametrize("by_call", [False, True])
def test_a_key_in_vain_is_refused_with_words_though_nothing_can_be_kept(
    town: SharingTown, by_call: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = town.granted()
    broken = f"INSERT INTO sharing_refusedcall (path) SELECT concat({', '.join(['%s::text'] * 8)})"
    monkeypatch.setattr("sharing.services.refused_call._COUNT", broken)
    answered = _objected(town, made, by_call=by_call)
    assert answered.status_code == 422
    assert "This grant shows no row with this key" in answered.content.decode()
    assert not RefusedCall.objects.exists()


def test_without_a_key_the_data_are_objected_to_as_a_whole(town: SharingTown) -> None:
    one = raised(town, grant_id=town.granted().pk, row_key="")
    assert one.row_number is None
    assert shown_to(town.world.head, one) == {}


def test_a_row_that_takes_too_long_to_find_is_verified_by_its_description(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_given: object) -> int:
        raise TooSlow

    monkeypatch.setattr("sharing.selectors.objection.row_known_as", too_slow)
    one = raised(town, grant_id=town.granted().pk, row_key="0001")
    assert (row_key_of(one), one.version, one.row_number) == ("0001", 1, None)


def test_a_row_beyond_the_grant_is_not_found_by_its_key(town: SharingTown) -> None:
    made = town.granted()
    beyond = [{"item": town.items("DXBH")[0], "operator": "eq", "values": ["0002"], "type": "C"}]
    Grant.objects.filter(pk=made.pk).update(row_filter=beyond)
    refused_row(town, made, "0001")
    assert raised(town, grant_id=made.pk, row_key="0002").row_number is not None


def test_a_mask_that_fits_several_rows_names_none(town: SharingTown) -> None:
    made = town.granted()
    Grant.objects.filter(pk=made.pk).update(masks={**made.masks, town.items("DXBH")[0]: "text"})
    refused_row(town, made, "***")


def test_pages_of_data_mark_what_is_being_verified_for_everybody(town: SharingTown) -> None:
    page = f"/collection/datasets/{town.dataset.pk}/"
    others = (town.world.cataloguer, town.world.reviewer, town.asker, town.world.other_head)
    assert "Being verified" not in text_of(get(town.world.cataloguer, page))
    one = raised(town, item_id=town.items("YBZJE")[0])
    for who in others:
        assert "Being verified" in text_of(get(who, page))
    for part in (f"{page}rows/", f"{page}?tab=profile"):
        assert "月保障金额" in text_of(get(town.world.head, part))
        assert "Being verified" in text_of(get(town.world.head, part))
    objection.objection_withdraw(actor=town.asker, objection_id=one.pk)
    assert "Being verified" not in text_of(get(town.world.head, page))


def marked_rows(town: SharingTown, actor: Actor, query: str = "") -> list[tuple[bool, list[bool]]]:
    """Return for each row on the page of the data whether it is marked, and which of its cells are."""
    entitlement = preview_entitlement(actor, town.dataset, columns_of_dataset(town.dataset))
    assert entitlement is not None
    version = version_get(town.dataset)
    found = preview_of(entitlement, version, QueryDict(query))
    return [(row.is_doubted, [cell.is_doubted for cell in row.cells]) for row in found.rows]


def test_a_doubted_row_and_cell_are_marked_where_they_are_seen(town: SharingTown) -> None:
    made = town.granted()
    plain = (False, [False] * 5)
    provider = town.world.cataloguer
    assert marked_rows(town, provider) == [plain] * 3
    raised(town, grant_id=made.pk, row_key="0002")
    one = confirmed(town, item_id=town.items("YBZJE")[0], grant_id=made.pk, row_key="0001")
    place = [each.item for each in columns_of_dataset(town.dataset)].index(town.items("YBZJE")[0])
    cell = (False, [at == place for at in range(5)])
    whole = (True, [False] * 5)
    assert marked_rows(town, provider) == [cell, whole, plain]
    # The authority looks at masked rows: it sees the doubt as well.
    assert marked_rows(town, town.world.reviewer) == [cell, whole, plain]
    assert marked_rows(town, provider, f"sort=-{town.items('DXBH')[0]}") == [plain, whole, cell]
    page = text_of(get(provider, f"/collection/datasets/{town.dataset.pk}/"))
    assert page.count("Row being verified") == 1
    # A row that came anew under the same key is still the doubted one; what is marked ends with the matter.
    loaded(town, HEADER + ROWS[0].replace("850.50", "900") + "".join(ROWS[1:]))
    town.dataset.refresh_from_db()
    assert sorted(marked_rows(town, provider)) == sorted([cell, whole, plain])
    correct(town, one)
    assert sorted(marked_rows(town, provider)) == sorted([plain, whole, plain])


def test_who_reads_under_a_grant_learns_of_doubts_about_the_whole_and_of_no_row(town: SharingTown) -> None:
    made = town.granted()
    few = town.granted(row_filter=[{"item": "DXBH", "operator": "eq", "values": ["0164A"]}])

    def schema(grant: Grant) -> dict[str, Any]:
        found = dataset_values(reading_of(grant, version_get(town.dataset)))["schema"]
        assert isinstance(found, dict)
        return found

    before = schema(few)
    assert before["disputed"] is False
    raised(town, grant_id=made.pk, row_key="0001")
    assert schema(few) == before
    other = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="历史对象")
    raised(town, dataset_id=other.pk)
    assert schema(few) == before
    one = raised(town, dataset_id=town.dataset.pk)
    assert schema(few) == {**before, "disputed": True}
    objection.objection_withdraw(actor=town.asker, objection_id=one.pk)
    assert schema(few) == before
