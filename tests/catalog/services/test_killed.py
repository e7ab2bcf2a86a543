"""Whoever is killed in the middle of a decision leaves all of it or nothing."""

from typing import Any

import pytest
from django.db import connection

from audit.models import AuditEvent
from catalog import services
from catalog.models import Decision, Entry, EntrySearch
from tests.factories.catalog import make_world
from tests.killed import killed_at
from workflow.models import Clock, OutboxMessage, Task


def state_of(entry: Entry) -> dict[str, Any]:
    """Return everything that an approval changes."""
    fresh = Entry.objects.get(pk=entry.pk)
    mine = {"subject_label": "catalog.entry", "subject_pk": entry.pk}
    return {
        "entry": (fresh.status, fresh.published_revision_id, fresh.working_revision_id, fresh.edit_version),
        "revisions": list(fresh.revisions.order_by("number").values_list("status", "published_at")),
        "search": list(EntrySearch.objects.filter(entry=entry).values_list("folded", flat=True)),
        "decisions": list(Decision.objects.filter(entry=entry).order_by("pk").values_list("action", flat=True)),
        "clocks": list(Clock.objects.filter(**mine).order_by("pk").values_list("policy_key", "state")),
        "tasks": list(Task.objects.filter(**mine, closed_at=None).values_list("kind", flat=True)),
        "trail": list(
            AuditEvent.objects.filter(object_label="catalog.entry", object_pk=str(entry.pk))
            .order_by("pk")
            .values_list("action", flat=True)
        ),
        "outbox": list(OutboxMessage.objects.order_by("pk").values_list("event", flat=True)),
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "place",
    [
        "catalog.services.review.entry_refresh",
        "catalog.search_index.entry_index",
        "catalog.services.review.decision_record",
        "audit.services.record",
        "catalog.services.review.waiting_stop",
        "catalog.signals.entry_published.send",
        "workflow.outbox.put",
        "django.db.backends.base.base.BaseDatabaseWrapper.commit",
    ],
)
def test_an_approval_that_is_killed_leaves_nothing_behind_and_can_be_repeated(place: str) -> None:
    world = make_world()
    entry = world.published()
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"name": "第二版的名称"})
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    before = state_of(entry)

    killed_at(place, lambda: services.entry_approve(actor=world.reviewer, ref=entry.pk))

    assert state_of(entry) == before
    services.entry_approve(actor=world.reviewer, ref=entry.pk)
    after = state_of(entry)
    assert [status for status, _at in after["revisions"]] == ["superseded", "published"]
    assert after["tasks"] == []
    assert after["trail"][len(before["trail"]) :] == ["catalog.entry.publish"]
    assert after["outbox"][len(before["outbox"]) :] == ["catalog.entry.published"]
    assert "第二版的名称" in after["search"][0]


@pytest.mark.django_db(transaction=True)
def test_the_answer_may_be_lost_but_not_what_was_committed() -> None:
    world = make_world()
    entry = world.signed_off()

    def approve() -> None:
        services.entry_approve(actor=world.reviewer, ref=entry.pk)
        connection.close_if_unusable_or_obsolete()

    killed_at("django.db.backends.base.base.BaseDatabaseWrapper.close_if_unusable_or_obsolete", approve)

    after = state_of(entry)
    assert after["revisions"][0][0] == "published"
    assert after["trail"][-1] == "catalog.entry.publish"
    assert after["outbox"][-1] == "catalog.entry.published"
