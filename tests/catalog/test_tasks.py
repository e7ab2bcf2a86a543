"""What follows the steps of a review: who is told what, and the nightly comparison of the search index."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from audit.models import AuditEvent
from catalog import schedules, search, search_index, services, tasks
from catalog.models import Entry, EntrySearch, ListingChange
from catalog.services.index_repair import index_complete, index_repair
from core import clock
from core.actors import PUBLIC, Actor, system_actor
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from workflow import outbox_delivery
from workflow.models import JobSlot, Notification, OutboxDelivery

ENGLISH = "en"


@pytest.fixture(autouse=True)
def english(db: None, settings: Any) -> None:
    settings.LANGUAGE_CODE = ENGLISH


def delivered() -> list[tuple[int, str, str, str]]:
    """Deliver what waits and return the new notifications as (person, title, body, address)."""
    known = set(Notification.objects.values_list("pk", flat=True))
    outbox_delivery.deliver()
    assert not OutboxDelivery.objects.exclude(state="delivered").exists()
    rows = Notification.objects.exclude(pk__in=known).order_by("pk")
    return [(one.user_id, one.title, one.body, one.url) for one in rows]


def people(rows: list[tuple[int, str, str, str]]) -> set[int]:
    return {row[0] for row in rows}


def ids(*actors: Actor) -> set[int]:
    return {actor.id for actor in actors if actor.id is not None}


def test_each_step_tells_the_right_people(world: CatalogWorld) -> None:
    second_head = actor_of(UserFactory(department=world.provider, roles=["head"]))
    entry = world.submitted(name="低保对象信息")
    told = delivered()
    assert people(told) == ids(world.head, second_head)
    assert told[0][1:] == (
        "To be signed off: 低保对象信息",
        f"Submitted by {world.cataloguer.name}.",
        f"/review/{entry.ref}/",
    )

    services.entry_approve(actor=world.head, ref=entry.pk)
    told = delivered()
    assert people(told) == ids(world.reviewer, world.second_reviewer, world.cataloguer)
    titles = {row[0]: row[1] for row in told}
    assert world.reviewer.id is not None
    assert world.cataloguer.id is not None
    assert titles[world.reviewer.id] == "To be reviewed: 低保对象信息"
    assert titles[world.cataloguer.id] == "Signed off: 低保对象信息"

    services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="请写明来源系统")
    told = delivered()
    assert people(told) == ids(world.cataloguer, world.head)
    assert told[0][1] == "Returned: 低保对象信息"
    assert "请写明来源系统" in told[0][2]
    assert told[0][3] == f"/catalog/{entry.ref}/edit/"

    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    delivered()
    services.entry_approve(actor=world.reviewer, ref=entry.pk)
    told = delivered()
    assert people(told) == ids(world.cataloguer, world.head)
    assert told[0][1] == "Published: 低保对象信息"
    assert told[0][3] == f"/catalog/{entry.ref}/"


def test_whoever_acted_is_never_told(world: CatalogWorld) -> None:
    both = actor_of(UserFactory(department=world.provider, roles=["cataloguer", "head"]))
    entry = world.entry()
    services.entry_submit(actor=both, ref=entry.pk)
    assert people(delivered()) == ids(world.head)
    services.entry_return(actor=world.head, ref=entry.pk, opinion="请补充")
    assert people(delivered()) == ids(both)


def test_a_withdrawal_tells_heads_reviewers_and_who_asked(world: CatalogWorld) -> None:
    entry = world.published(name="低保对象信息")
    delivered()
    services.entry_withdraw(actor=world.cataloguer, ref=entry.pk, reason="职责已划出")
    told = delivered()
    assert people(told) == ids(world.head)
    assert told[0][1] == "Withdrawal to be signed off: 低保对象信息"
    assert "职责已划出" in told[0][2]
    services.entry_approve(actor=world.head, ref=entry.pk)
    told = delivered()
    assert people(told) == ids(world.reviewer, world.second_reviewer, world.cataloguer)
    services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="仍有部门在用")
    told = delivered()
    assert people(told) == ids(world.cataloguer, world.head)
    assert told[0][1] == "Not withdrawn: 低保对象信息"

    services.entry_withdraw(actor=world.cataloguer, ref=entry.pk, reason="职责已划出")
    services.entry_approve(actor=world.head, ref=entry.pk)
    delivered()
    services.entry_approve(actor=world.reviewer, ref=entry.pk)
    told = delivered()
    assert people(told) == ids(world.cataloguer, world.head)
    assert told[0][1] == "Withdrawn: 低保对象信息"


def test_news_of_a_stage_that_has_passed_is_not_sent(world: CatalogWorld) -> None:
    """The outbox may deliver late: nobody is sent to a page on which nothing waits any more."""
    entry = world.submitted()
    services.entry_recall(actor=world.cataloguer, ref=entry.pk)
    assert delivered() == []


def test_a_second_delivery_of_the_same_message_tells_nobody_twice(world: CatalogWorld) -> None:
    world.submitted()
    assert len(delivered()) == 1
    OutboxDelivery.objects.update(state="pending", attempts=0, finished_at=None, available_at=clock.now())
    assert delivered() == []


def test_a_recorded_change_tells_each_department_concerned_once(world: CatalogWorld) -> None:
    first, second = world.published(name="甲"), world.published(name="乙")
    delivered()
    services.duty_change_record(
        actor=world.head,
        document="机构改革方案",
        gist="低保审核权限下放",
        changed_on=clock.today(),
        entry_refs=[first.ref, second.ref],
    )
    told = delivered()
    assert sorted(row[0] for row in told) == sorted(ids(world.cataloguer, world.reviewer, world.second_reviewer))
    bodies = {row[0]: row[2] for row in told}
    assert world.cataloguer.id is not None
    assert bodies[world.cataloguer.id] == "Entries concerned: 2. 低保审核权限下放"


def test_each_reads_the_news_in_his_own_language(world: CatalogWorld, settings: Any) -> None:
    User.objects.filter(pk=world.head.id).update(language="zh-hans")
    world.submitted(name="低保对象信息")
    [row] = delivered()
    assert row[1] != "To be signed off: 低保对象信息"
    assert "低保对象信息" in row[1]


# --- By night --------------------------------------------------------------------------------------------------------

CHECKER = system_actor("test-check")


def test_index_that_agrees_is_left_alone(world: CatalogWorld) -> None:
    world.published()
    world.entry(name="草稿")
    assert index_repair(actor=CHECKER) == 0
    assert not AuditEvent.objects.filter(action="catalog.search.repair").exists()


def test_every_kind_of_difference_is_put_right_and_recorded(world: CatalogWorld) -> None:
    wrong, missing, vector = (world.published(name=name) for name in ("甲目录", "乙目录", "丙目录"))
    gone = world.published(name="丁目录")
    stale = EntrySearch.objects.filter(entry=gone).values().get()
    services.entry_withdraw(actor=world.cataloguer, ref=gone.pk, reason="职责划出")
    services.entry_approve(actor=world.head, ref=gone.pk)
    services.entry_approve(actor=world.reviewer, ref=gone.pk)
    EntrySearch.objects.filter(entry=gone).delete()
    EntrySearch.objects.create(**stale)
    EntrySearch.objects.filter(entry=wrong).update(folded="别的内容")
    EntrySearch.objects.filter(entry=missing).delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_entrysearch SET bigrams = ''::tsvector WHERE entry_id = %s", [vector.pk])

    assert index_repair(actor=CHECKER, batch=2) == 4
    assert all(search_index.is_indexed(entry) for entry in Entry.objects.all())
    assert EntrySearch.objects.get(entry=gone).folded == "", "listed, not found"
    event = AuditEvent.objects.get(action="catalog.search.repair")
    assert event.after == {"count": 4, "entries": [wrong.pk, missing.pk, vector.pk, gone.pk]}
    assert index_repair(actor=CHECKER) == 0


def test_a_renamed_department_is_found_by_its_new_name_the_day_after(world: CatalogWorld) -> None:
    entry = world.published()
    type(world.provider).objects.filter(pk=world.provider.pk).update(name="市社会事务局")
    assert index_repair(actor=CHECKER) == 1
    assert [one.pk for one in search.entries_matching(world.cataloguer, Entry.objects.all(), "社会事务局")] == [
        entry.pk
    ]


def test_the_nightly_check_runs_once_per_night(world: CatalogWorld) -> None:
    world.published()
    EntrySearch.objects.all().delete()
    tasks.check()
    assert EntrySearch.objects.count() == 1
    EntrySearch.objects.all().delete()
    tasks.check()
    assert EntrySearch.objects.count() == 0
    assert JobSlot.objects.filter(job="catalog.tasks.check", state="succeeded").count() == 1


def test_beat_ticks_for_it(settings: Any) -> None:
    assert schedules.BEAT_SCHEDULE.items() <= settings.CELERY_BEAT_SCHEDULE.items()


def test_somebody_elsewhere_hears_nothing(world: CatalogWorld) -> None:
    elsewhere = DepartmentFactory(authority=True)
    strangers = [
        UserFactory(department=elsewhere, roles=["reviewer"]),
        UserFactory(department=world.other, roles=["head"]),
    ]
    world.published()
    assert not people(delivered()) & {one.pk for one in strangers}


def test_state_that_differs_is_put_right(world: CatalogWorld) -> None:
    entry = world.published()
    EntrySearch.objects.filter(entry=entry).update(status="draft", sharing="unconditional")
    assert index_repair(actor=CHECKER) == 1
    kept = EntrySearch.objects.get(entry=entry)
    assert (kept.status, kept.sharing) == ("published", "conditional")


def test_marks_of_changes_are_put_together_by_night(world: CatalogWorld) -> None:
    world.published()
    before = sum(ListingChange.objects.values_list("weight", flat=True))
    tasks.check()
    assert list(ListingChange.objects.values_list("weight", flat=True)) == [before]


def test_submission_keeps_the_index_in_step(world: CatalogWorld) -> None:
    entry = world.submitted()
    assert index_repair(actor=CHECKER) == 0
    assert [one.pk for one in search.entries_matching(world.cataloguer, Entry.objects.all(), "307013/000001")] == [
        entry.pk
    ]


def test_what_is_open_and_not_indexed_as_such_is_completed(world: CatalogWorld) -> None:
    entry = world.published(opening="open")
    world.published(name="不开放目录")
    EntrySearch.objects.update(open_folded=None, open_bigrams=None, open_words=None)
    assert list(search.entries_matching(PUBLIC, Entry.objects.all(), "最低生活")) == []
    assert index_complete(actor=CHECKER) == 1
    assert index_complete(actor=CHECKER) == 0
    assert list(search.entries_matching(PUBLIC, Entry.objects.all(), "最低生活")) == [entry]
