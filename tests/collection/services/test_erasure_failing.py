"""An erasure that nobody can carry out ends, is told of and tried again; its rows are counted by a worker."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connections

from audit.models import AuditEvent
from catalog.exceptions import OwnSubmission
from collection import tasks
from collection.duty_choices import ErasureState
from collection.erasure_wording import removed_lines
from collection.models import DatasetVersion, Erasure
from collection.selectors import erasure as selectors
from collection.selectors.erasure import erasure_concerns
from collection.services import erasure as asking
from collection.services import erasure_count as counting
from collection.services import erasure_work as working
from collection.services import sweep
from collection.store import erasing
from collection.vault import KeyMissing
from core import clock
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import NUMBER, approve, approved, ask, carry_out, stored
from tests.factories.accounts import UserFactory, actor_of
from tests.unchanged import nothing_changes
from workflow.choices import JobState
from workflow.exceptions import LeaseLost
from workflow.models import JobSlot, Notification, OutboxMessage
from workflow.outbox import OutboxEvent
from workflow.services.job_slot import job_slot_claim, job_slot_finish, job_slots_sweep

OTHER_KEY = "another-key-of-some-length-0123456789"


def lost(erasure: Erasure) -> None:
    """Let a worker take an erasure up, break off, and the sweep find that."""
    erasure.refresh_from_db()
    assert erasure.slot is not None
    held = job_slot_claim(working.erasure_job_name(erasure.pk), erasure.slot)
    assert held is not None
    with pytest.raises((KeyMissing, ZeroDivisionError)):
        working.erasure_work(lease=held, erasure_id=erasure.pk)
    job_slot_finish(held, state=JobState.FAILED)
    working.erasures_sweep()
    erasure.refresh_from_db()


def given_up(erasure: Erasure) -> Erasure:
    for _attempt in range(working.MOST_ATTEMPTS):
        assert erasure.state in (ErasureState.APPROVED, ErasureState.RUNNING)
        lost(erasure)
    return erasure


def told(erasure: Erasure) -> set[int]:
    message = OutboxMessage.objects.filter(event=working.FAILED_EVENT).latest("pk")
    tasks.announce_failed_erasure(OutboxEvent(message.event, message.payload, "key", message.pk, 1, message.created_at))
    return set(Notification.objects.filter(kind="collection.erasure.failed").values_list("user", flat=True))


def page_of(erasure: Erasure) -> str:
    return f"/collection/duties/erasures/{erasure.pk}/"


def breaks_after(real: Callable[..., Any]) -> Callable[..., None]:
    """Return what does its work and breaks off before anybody notes it."""

    def act(*args: Any, **given: Any) -> None:
        real(*args, **given)
        raise ZeroDivisionError

    return act


def test_one_that_cannot_be_opened_ends_is_told_and_can_be_tried_again(three: Town, settings: Any) -> None:
    erasure, before = approved(three), settings.FIELD_KEY
    Erasure.objects.filter(pk=erasure.pk).update(state=ErasureState.RUNNING)  # its first worker died
    erasure.refresh_from_db()
    with pytest.raises(InvalidTransition):
        three.send(HEADER + ROWS[0])
    settings.FIELD_KEY = OTHER_KEY
    given_up(erasure)
    assert (erasure.state, erasure.failure) == ("failed", "sealed")
    assert erasure.sealed_value, "the value waits for another attempt"
    assert told(erasure) == {three.cataloguer.id, three.world.head.id}
    assert working.erasures_sweep() == 0
    settings.FIELD_KEY = before
    assert three.send(HEADER + "".join(ROWS)).state in ("succeeded", "unchanged"), "loading goes on"
    head = client_of(three.world.head)
    shown = text_of(head.get(page_of(erasure)))
    assert "It could not be carried out" in shown
    assert "cannot be opened" in shown
    assert NUMBER not in shown
    for actor, refusal in ((three.world.reviewer, NotVisible), (three.world.other_head, NotVisible)):
        with nothing_changes(), pytest.raises(refusal):
            asking.erasure_retry(actor=actor, erasure_id=erasure.pk)
    assert head.post(f"{page_of(erasure)}retry/").status_code == 302
    assert carry_out(erasure).state == ErasureState.DONE
    assert NUMBER not in stored(three)
    with nothing_changes(), pytest.raises(InvalidTransition):
        asking.erasure_retry(actor=three.world.head, erasure_id=erasure.pk)


def test_one_that_breaks_off_half_way_leaves_counts_that_are_right(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = approved(three)
    with monkeypatch.context() as broken:
        broken.setattr(working, "run_redact", lambda *args, **given: 1 / 0)
        given_up(erasure)
    assert (erasure.state, erasure.failure) == ("failed", "error")
    assert NUMBER not in stored(three), "the rows were removed before it broke off"
    three.dataset.refresh_from_db()
    version = three.dataset.published_version
    assert version is not None
    assert (version.number, version.row_count, version.lineage) == (2, 2, 1)
    assert OutboxMessage.objects.filter(event="collection.version.published", payload__version=2).exists()
    three.send(HEADER + f"0005,李四,{NUMBER},1,2026-01-01\n", mode="upsert")
    asking.erasure_retry(actor=three.cataloguer, erasure_id=erasure.pk)
    done = carry_out(erasure)
    assert (done.state, done.rows_erased) == (ErasureState.DONE, 2), "a file brought one back meanwhile"
    assert done.report["versions"][0] == {"version": 1, "before": 3, "after": 2}
    assert NUMBER not in stored(three)


def test_one_that_removed_nothing_publishes_nothing(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = approved(three)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", lambda *args, **given: 1 / 0)
        given_up(erasure)
    assert (erasure.state, erasure.rows_erased) == ("failed", None)
    assert NUMBER in stored(three)
    three.dataset.refresh_from_db()
    version = three.dataset.published_version
    assert version is not None
    assert (version.number, version.row_count, version.lineage) == (1, 3, 0)
    assert "Removed so far" not in text_of(client_of(three.world.head).get(page_of(erasure)))
    asking.erasure_retry(actor=three.cataloguer, erasure_id=erasure.pk)
    done = carry_out(erasure)
    assert (done.state, done.rows_erased, done.report["version"]) == (ErasureState.DONE, 1, 2)


def test_what_went_before_the_worker_could_note_it_is_published(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = approved(three)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", breaks_after(erasing.rows_delete))
        given_up(erasure)
    assert (erasure.state, erasure.rows_erased) == ("failed", 1)
    three.dataset.refresh_from_db()
    version = three.dataset.published_version
    assert version is not None
    assert (version.number, version.row_count, version.lineage) == (2, 2, 1)
    shown = text_of(client_of(three.world.head).get(page_of(erasure)))
    assert "Removed so far" in shown
    assert "1 stored row" in shown


def test_what_went_otherwise_after_a_failure_is_not_counted_as_removed(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = approved(three)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", lambda *args, **given: 1 / 0)
        given_up(erasure)
    three.send(HEADER + ROWS[0], is_confirmed=True)
    DatasetVersion.objects.filter(dataset=three.dataset, number=1).update(purged_at=clock.now())
    sweep.versions_purge()
    assert NUMBER not in stored(three)
    asking.erasure_retry(actor=three.cataloguer, erasure_id=erasure.pk)
    done = carry_out(erasure)
    assert (done.state, done.rows_erased, done.report["version"]) == (ErasureState.DONE, 0, None)
    assert removed_lines(done)[:2] == [
        "0 stored rows",
        "1 more that had been found was gone before: its version's time was over, or another erasure took it",
    ]
    three.dataset.refresh_from_db()
    version = three.dataset.published_version
    assert version is not None
    assert (version.number, version.lineage) == (2, 0), "nothing is published for what was not removed"


def test_what_was_purged_between_two_workers_is_told_apart_from_what_was_removed(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    three.send(HEADER + ROWS[1].replace("920", "930"), mode="upsert", is_confirmed=True)
    erasure = approved(three)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", lambda *args, **given: 1 / 0)
        lost(erasure)
    assert erasure.report["found"] == 2
    DatasetVersion.objects.filter(dataset=three.dataset, number=1).update(purged_at=clock.now())
    sweep.versions_purge()
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "rows_delete", breaks_after(erasing.rows_delete))
        lost(erasure)
    done = carry_out(erasure)
    assert (done.rows_erased, done.report["rows"], done.report["otherwise"]) == (1, 1, 1)
    shown = text_of(client_of(three.world.head).get(page_of(erasure)))
    assert "1 stored row" in shown
    assert "1 more that had been found was gone before" in shown
    trail = AuditEvent.objects.get(action="collection.erasure.finish")
    assert trail.after is not None
    assert (trail.after["rows"], trail.after["otherwise"]) == (1, 1)


def test_originals_that_one_that_failed_replaced_are_deleted(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = approved(three)
    with monkeypatch.context() as broken:

        def refused(name: str) -> None:
            raise PermissionError(name)

        broken.setattr(default_storage, "delete", refused)
        broken.setattr(erasing, "mentions_count", lambda *args, **given: 1 / 0)
        given_up(erasure)
    assert erasure.state == ErasureState.FAILED
    (name,) = erasure.trash
    assert default_storage.exists(name)
    working.erasures_sweep()
    erasure.refresh_from_db()
    assert (erasure.trash, default_storage.exists(name)) == ([], False)


def test_files_that_a_worker_names_while_the_sweep_deletes_others_stay_named(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = approved(three)
    Erasure.objects.filter(pk=erasure.pk).update(state=ErasureState.FAILED, failure="error", trash=["a"])

    def meanwhile(name: str) -> None:
        Erasure.objects.filter(pk=erasure.pk).update(trash=["a", "b"])

    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "delete", meanwhile)
        working.erasures_sweep()
    erasure.refresh_from_db()
    assert erasure.trash == ["b"]


def test_one_that_fails_again_publishes_once_what_went(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = approved(three)
    with monkeypatch.context() as broken:
        broken.setattr(working, "run_redact", lambda *args, **given: 1 / 0)
        given_up(erasure)
        asking.erasure_retry(actor=three.world.head, erasure_id=erasure.pk)
        erasure.refresh_from_db()
        given_up(erasure)
    three.dataset.refresh_from_db()
    version = three.dataset.published_version
    assert version is not None
    assert (version.number, erasure.report["version"], erasure.rows_erased) == (2, 2, 1)
    returned = three.send(HEADER + f"0005,李四,{NUMBER},1,2026-01-01\n", mode="upsert")
    assert returned.notes.filter(code="returned").exists(), "whose rows went is told of when they come back"


def test_one_whose_value_is_lost_is_taken_back_and_asked_for_anew(three: Town, settings: Any) -> None:
    erasure, before = approved(three), settings.FIELD_KEY
    settings.FIELD_KEY = OTHER_KEY
    given_up(erasure)
    settings.FIELD_KEY = before
    assert "End it" not in text_of(client_of(three.cataloguer).get(page_of(erasure)))
    for actor, refusal in ((three.cataloguer, NotAllowed), (three.world.other_head, NotVisible)):
        with nothing_changes(), pytest.raises(refusal):
            asking.erasure_withdraw(actor=actor, erasure_id=erasure.pk)
    head = client_of(three.world.head)
    assert "End it" in text_of(head.get(page_of(erasure)))
    with nothing_changes():
        assert head.post(f"{page_of(erasure)}withdraw/", {"opinion": " "}).status_code == 422
    assert head.post(f"{page_of(erasure)}withdraw/", {"opinion": "密钥丢失，请重新提出"}).status_code == 302
    erasure.refresh_from_db()
    assert (erasure.state, erasure.sealed_value) == ("withdrawn", "")
    shown = text_of(head.get(page_of(erasure)))
    assert "Removed so far" not in shown
    assert "密钥丢失，请重新提出" in shown
    assert f"Ended {three.world.head.name} Sharing office head" in " ".join(shown.split())
    assert carry_out(approved(three)).state == ErasureState.DONE


def test_who_ends_what_was_approved_says_why_without_the_value(three: Town) -> None:
    erasure = asking.erasure_approve(actor=three.world.head, erasure_id=ask(three).pk, rows=1, opinion="同意")
    Erasure.objects.filter(pk=erasure.pk).update(state=ErasureState.FAILED, failure="error")
    head = client_of(three.world.head)
    for reason, code in (("", "required"), (f"无法删除 {NUMBER}", "holds_value")):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            asking.erasure_withdraw(actor=three.world.head, erasure_id=erasure.pk, reason=reason)
        assert [(one.field, one.code) for one in refused.value.errors] == [("opinion", code)]
    assert "whoever demanded it must be told" in text_of(head.post(f"{page_of(erasure)}withdraw/"))
    asking.erasure_withdraw(actor=three.world.head, erasure_id=erasure.pk, reason=" 系统故障，将重新提出 ")
    erasure.refresh_from_db()
    assert (erasure.opinion, erasure.end_reason) == ("同意", "系统故障，将重新提出"), "the approval's stays"
    assert AuditEvent.objects.get(action="collection.erasure.withdraw").note == erasure.end_reason


def test_who_asked_does_not_end_what_another_approved(three: Town) -> None:
    both = actor_of(UserFactory(department=three.world.provider, roles=["cataloguer", "head"]))
    erasure = approve(ask(three, both), three.world.head)
    Erasure.objects.filter(pk=erasure.pk).update(state=ErasureState.FAILED, failure="error")
    with nothing_changes(), pytest.raises(OwnSubmission):
        asking.erasure_withdraw(actor=both, erasure_id=erasure.pk)


def test_one_whose_value_cannot_be_opened_before_the_decision_is_refused(three: Town, settings: Any) -> None:
    erasure = ask(three)
    settings.FIELD_KEY = OTHER_KEY
    client = client_of(three.world.head)
    shown = text_of(client.get(page_of(erasure)))
    assert "value cannot be opened" in shown
    assert "rows go" not in shown
    assert "Approve" not in shown
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        asking.erasure_approve(actor=three.world.head, erasure_id=erasure.pk, rows=erasure.rows_seen)
    assert refused.value.code == "sealed"
    assert client.post(f"{page_of(erasure)}refuse/", {"opinion": ""}).status_code == 422
    assert client.post(f"{page_of(erasure)}refuse/", {"opinion": "请重新提出"}).status_code == 302
    erasure.refresh_from_db()
    assert (erasure.state, erasure.sealed_value, erasure.opinion) == ("refused", "", "请重新提出")


# --- Counting ---------------------------------------------------------------------------------------------------------


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note every look at all rows of a table."""
    looks: list[int] = []
    real = erasing.rows_count

    def noted(dataset_id: int, *given: Any) -> int:
        looks.append(dataset_id)
        return real(dataset_id, *given)

    monkeypatch.setattr(erasing, "rows_count", noted)
    return looks


def test_no_page_and_no_decision_reads_the_whole_table(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = ask(three)
    looks = counted(monkeypatch)
    head = client_of(three.world.head)
    assert "1 stored row goes" in text_of(head.get(page_of(erasure)))
    assert head.post(f"{page_of(erasure)}approve/", {"rows": "1"}).status_code == 302
    assert looks == []


def test_rows_are_counted_anew_by_a_worker_when_another_version_came(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = ask(three)
    three.send(HEADER + "".join(ROWS) + f"0005,李四,{NUMBER},1,2026-01-01\n")
    looks = counted(monkeypatch)
    head = client_of(three.world.head)
    shown = text_of(head.get(page_of(erasure)))
    assert "1 stored row goes" in shown
    assert "Counted at version 1. Version 2 was published since" in shown
    assert "Approve" in shown
    assert looks == []
    asked: list[int] = []
    monkeypatch.setattr(tasks.erasure_count, "delay", asked.append)
    message = OutboxMessage.objects.filter(event="collection.version.published").latest("pk")
    event = OutboxEvent(message.event, message.payload, "key", message.pk, 1, message.created_at)
    tasks.start_erasure_count(event)
    assert asked == [three.dataset.pk]
    tasks.erasure_count(three.dataset.pk)
    shown = text_of(head.get(page_of(erasure)))
    assert "2 stored rows go" in shown
    assert "counted at version 2" in shown
    late = head.post(f"{page_of(erasure)}approve/", {"rows": "1"})
    assert late.status_code == 422, "what was told before it was counted anew"
    assert "it is 2 now" in text_of(late)
    tasks.start_erasure_count(event)
    assert (asked, len(looks)) == ([three.dataset.pk], 1), "once for each version"
    assert head.post(f"{page_of(erasure)}approve/", {"rows": "2"}).status_code == 302


def test_of_a_large_table_the_rows_are_counted_after_asking(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    real = erasing.rows_count

    def slow(*given: Any) -> int:
        with connections["store"].cursor() as run:
            run.execute("SELECT pg_sleep(1)")
        return real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "rows_count", slow)
        patched.setattr(asking, "COUNTED_AT_ONCE_MILLISECONDS", 50)
        erasure = ask(three)
    assert (erasure.rows_seen, erasure_concerns(erasure)) == (0, None)
    assert OutboxMessage.objects.filter(event=asking.COUNT_EVENT, payload__dataset_id=three.dataset.pk).exists()
    with nothing_changes(), pytest.raises(RuleViolation):
        asking.erasure_approve(actor=three.world.head, erasure_id=erasure.pk, rows=0)
    assert counting.erasure_counts_ask() == 1
    assert erasure_concerns(Erasure.objects.get()) is None, "the sweep does not count itself"
    tasks.erasure_count(three.dataset.pk)
    assert erasure_concerns(Erasure.objects.get()) == 1
    assert counting.erasure_counts_ask() == 0
    assert carry_out(approve(erasure, three.world.head)).rows_erased == 1


def test_a_table_that_loads_faster_than_it_is_counted_is_decided_on_by_the_last_count(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = ask(three)
    real = erasing.rows_count
    again = iter("567")

    def overtaken(*given: Any) -> int:
        found = real(*given)
        if (key := next(again, None)) is not None:
            three.send(HEADER + "".join(ROWS) + f"000{key},李四,{NUMBER},1,2026-01-01\n")
        return found

    three.send(HEADER + "".join(ROWS) + f"0004,李四,{NUMBER},1,2026-01-01\n")
    with monkeypatch.context() as busy:
        busy.setattr(erasing, "rows_count", overtaken)
        for _count in range(3):
            tasks.erasure_count(three.dataset.pk)
    erasure.refresh_from_db()
    assert (erasure.counted_version, erasure.rows_seen) == (4, 4)
    asking.erasure_approve(actor=three.world.head, erasure_id=erasure.pk, rows=4)
    trail = AuditEvent.objects.get(action="collection.erasure.approve")
    assert (trail.after["rows"], trail.after["counted_version"]) == (4, 4)
    assert carry_out(erasure).rows_erased == 5, "what came since goes too"
    assert NUMBER not in stored(three)


def test_rows_of_a_dataset_are_counted_by_one_worker_at_a_time(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ask(three), ask(three, value="990102199001011234")
    Erasure.objects.update(counted_version=None, rows_seen=0)
    asked: list[int] = []
    monkeypatch.setattr(tasks.erasure_count, "delay", asked.append)
    event = OutboxEvent("collection.version.published", {"dataset_id": three.dataset.pk}, "key", 1, 1, clock.now())
    looks = counted(monkeypatch)
    noted = erasing.rows_count

    def meanwhile(*given: Any) -> int:
        tasks.start_erasure_count(event)
        assert counting.erasure_counts_ask() == 0
        assert job_slot_claim(counting.count_job_name(three.dataset.pk), counting.count_slot(three.dataset.pk)) is None
        tasks.erasure_count(three.dataset.pk)
        return noted(*given)

    monkeypatch.setattr(erasing, "rows_count", meanwhile)
    tasks.erasure_count(three.dataset.pk)
    assert (asked, len(looks)) == ([], 2), "each once"
    assert [erasure_concerns(Erasure.objects.get(pk=one.pk)) for one in (first, second)] == [1, 1]


def test_a_count_whose_worker_is_lost_is_made_up_for(three: Town) -> None:
    erasure = ask(three)
    Erasure.objects.update(counted_version=None)
    name = counting.count_job_name(three.dataset.pk)
    lost_lease = job_slot_claim(name, counting.count_slot(three.dataset.pk))
    assert lost_lease is not None
    assert counting.erasure_counts_ask() == 0
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        assert counting.erasure_counts_ask() == 1
        tasks.erasure_count(three.dataset.pk)
        erasure.refresh_from_db()
        assert erasure.counted_version == 1
        Erasure.objects.update(counted_version=None)
        with pytest.raises(LeaseLost):
            counting.erasures_count(lease=lost_lease, dataset_id=three.dataset.pk)
    erasure.refresh_from_db()
    assert erasure.counted_version is None, "whoever was taken for dead writes nothing"


def test_what_cannot_be_opened_is_not_counted_again_and_again(three: Town, settings: Any) -> None:
    ask(three)
    Erasure.objects.update(counted_version=None)
    settings.FIELD_KEY, before = OTHER_KEY, settings.FIELD_KEY
    assert counting.erasure_counts_ask() == 0
    settings.FIELD_KEY = before
    assert counting.erasure_counts_ask() == 1


def test_a_count_that_breaks_off_ends_so_and_is_not_tried_each_minute(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = ask(three), ask(three, value="990102199001011234")
    Erasure.objects.update(counted_version=None)
    real, looks = selectors.rows_concerned, []

    def break_off(dataset: Any, item: str, subject: Any) -> int:
        looks.append(subject)
        return 1 // 0 if subject.is_value(NUMBER) else real(dataset, item, subject)

    def sweep_at(moment: Any) -> int:
        with clock_at(moment):
            asked = counting.erasure_counts_ask()
            if asked:
                with pytest.raises(counting.CountBrokenOff, match=str(broken.pk)):
                    tasks.erasure_count(three.dataset.pk)
            return asked

    monkeypatch.setattr(selectors, "rows_concerned", break_off)
    start = clock.now()
    assert sweep_at(start) == 1
    whole.refresh_from_db()
    assert (len(looks), whole.counted_version) == (2, 1), "it holds up no other"
    [ended] = JobSlot.objects.filter(job=counting.count_job_name(three.dataset.pk))
    assert (ended.state, ended.result) == (JobState.FAILED, f"CountBrokenOff: {broken.pk}")
    shown = text_of(client_of(three.world.head).get(page_of(broken)))
    assert "could not be counted" in shown
    assert "are being counted" not in shown
    assert "Could not be counted yet" in text_of(client_of(three.cataloguer).get(page_of(broken)))
    assert [sweep_at(start + timedelta(minutes=minute)) for minute in (1, 2, 59)] == [0, 0, 0]
    assert sweep_at(start + timedelta(minutes=61)) == 1
    assert len(looks) == 3
    with clock_at(start + timedelta(minutes=62)):
        three.send(HEADER + "".join(ROWS[:2]), is_confirmed=True)
    assert sweep_at(start + timedelta(minutes=63)) == 1, "another version may be counted"
    with clock_at(start + timedelta(minutes=64)):
        later = ask(three, value="990102197707077777")
        Erasure.objects.filter(pk=later.pk).update(counted_version=None)
    assert sweep_at(start + timedelta(minutes=65)) == 1, "nobody waits for the count of another"
    later.refresh_from_db()
    assert later.counted_version == 2
    monkeypatch.setattr(selectors, "rows_concerned", real)
    with clock_at(start + timedelta(minutes=127)):
        assert counting.erasure_counts_ask() == 1
        tasks.erasure_count(three.dataset.pk)
    broken.refresh_from_db()
    assert broken.counted_version == 2
