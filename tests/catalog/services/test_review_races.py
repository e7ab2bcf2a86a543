"""Two decide at once: one of them comes too late, and nothing is half done."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from catalog import services
from catalog.choices import DecisionAction, EntryStatus, RevisionStatus
from catalog.models import Decision, Entry, Revision
from core.exceptions import InvalidTransition, NotVisible, RuleViolation
from tests.catalog.services.review_steps import audit_actions, events
from tests.factories.catalog import make_world
from workflow.models import Clock, Task

# --- Races ------------------------------------------------------------------------------------------------------------


def _at_once(*acts: Callable[[], Any]) -> list[type[BaseException] | None]:
    """Run the acts in threads of their own, started together; return what each came to."""
    gate = threading.Barrier(len(acts))
    outcome: list[type[BaseException] | None] = [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=60)
            act()
        except Exception as error:
            outcome[index] = type(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return outcome


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_approve_at_once() -> None:
    """One publishes; the other learns that it is done. One decision, one message, one published revision."""
    world = make_world()
    for _round in range(3):
        entry = world.signed_off(name=f"低保对象信息{_round}")
        outcome = _at_once(
            lambda entry=entry: services.entry_approve(actor=world.reviewer, ref=entry.pk),
            lambda entry=entry: services.entry_approve(actor=world.second_reviewer, ref=entry.pk),
        )
        assert sorted(str(one) for one in outcome) == sorted([str(None), str(InvalidTransition)])
        assert Decision.objects.filter(entry=entry, action=DecisionAction.APPROVE).count() == 1
        assert events(entry).count("catalog.entry.published") == 1
        assert Revision.objects.filter(entry=entry, status=RevisionStatus.PUBLISHED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_approval_against_recall() -> None:
    """Whoever comes second is refused, and the state is wholly that of the first."""
    world = make_world()
    seen = set()
    for _round in range(4):
        entry = world.signed_off(name=f"低保对象信息{_round}")
        approve, recall = _at_once(
            lambda entry=entry: services.entry_approve(actor=world.reviewer, ref=entry.pk),
            lambda entry=entry: services.entry_recall(actor=world.cataloguer, ref=entry.pk),
        )
        entry.refresh_from_db()
        seen.add(entry.status)
        if approve is None:
            assert recall is InvalidTransition
            assert entry.status == EntryStatus.PUBLISHED
            assert "catalog.entry.recall" not in audit_actions(entry)
        else:
            assert recall is None
            # After a recall the draft is no longer the authority's to see.
            assert approve is NotVisible
            assert entry.status == EntryStatus.DRAFT
            assert "catalog.entry.publish" not in audit_actions(entry)
        assert not Clock.objects.filter(finished_at=None).exists()
        assert not Task.objects.filter(closed_at=None).exists()
    assert seen <= {EntryStatus.PUBLISHED, EntryStatus.DRAFT}


@pytest.mark.django_db(transaction=True)
def test_two_submissions_draw_two_codes() -> None:
    world = make_world()
    entries = [world.entry(name=f"低保对象信息{number}") for number in range(4)]
    outcome = _at_once(
        *(lambda entry=entry: services.entry_submit(actor=world.cataloguer, ref=entry.pk) for entry in entries)
    )
    assert outcome == [None] * 4
    codes = Entry.objects.filter(pk__in=[entry.pk for entry in entries]).values_list("code", flat=True)
    assert sorted(codes) == [f"307013/{number:06d}" for number in range(1, 5)]


@pytest.mark.django_db(transaction=True)
def test_a_comment_against_an_approval_never_ends_in_both() -> None:
    """A required comment either blocks the publication or comes too late."""
    world = make_world()
    for _round in range(3):
        entry = world.signed_off(name=f"低保对象信息{_round}")
        approve, comment = _at_once(
            lambda entry=entry: services.entry_approve(actor=world.reviewer, ref=entry.pk),
            lambda entry=entry: services.comment_add(
                actor=world.second_reviewer, ref=entry.pk, field="summary", text="太短"
            ),
        )
        assert (approve, comment) in [(None, InvalidTransition), (RuleViolation, None)]
