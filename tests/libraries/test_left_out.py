"""Rows that no grant gives any more leave after a day, even where sources that cannot be read fail every build."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from catalog import services as catalog
from catalog.models import Library
from collection.models import Run
from collection.services import dataset_hook
from core import clock
from core.testing import clock_at
from libraries.choices import PartConsent
from libraries.models import Build, Composition, Part
from libraries.selectors import parts_of
from libraries.services import build as building
from libraries.services import compose, leaving
from libraries.services.consent import moved_left_over_follow
from libraries.services.part import part_add, part_remove, parts_take_out
from sharing.models import Grant, Pull
from sharing.services.grant import grant_end, grant_resume, grant_suspend
from tests.catalog.views.reader import get, text_of
from tests.collection.worker import run_of
from tests.factories.catalog import CatalogWorld
from tests.killed import killed_at
from tests.libraries.conftest import (
    KEY,
    NAME,
    LibraryTown,
    build_asked,
    carried_out,
    composed,
    delivered,
    filed,
    grant_over,
    make_two,
    narrowed,
    part_answer,
    town_with,
)
from tests.libraries.test_consent import moved
from workflow.models import Notification, Task
from workflow.services.job_slot import job_slot_claim, job_slots_sweep

AFTER_A_DAY = timedelta(days=1, minutes=5)
AID_KEYS = ["990102197707077777", "990102199001011234"]


def parts(town: LibraryTown) -> list[Part]:
    return list(parts_of(Composition.objects.get(dataset=town.dataset)))


def grant_of(part: Part) -> Grant:
    assert part.grant is not None
    return part.grant


def suspended(town: LibraryTown, at: int = 0) -> Grant:
    grant = grant_of(parts(town)[at])
    return grant_suspend(actor=town.providers[at].head, grant_id=grant.pk, reason="异常")


def wider(town: LibraryTown) -> None:
    """Publish rows, narrow what the second grant gives, and let the first fail the build that is asked for."""
    town.built()
    suspended(town)
    narrowed(grant_of(parts(town)[1]), town.providers[1].head, XM="name")
    assert composed(build_asked()).state == "failed"


def asked_at_night() -> Build:
    parts_take_out()
    building.builds_catch_up()
    return build_asked()


def night() -> Build:
    """Let the night ask for a build, and workers carry it out."""
    return carried_out(asked_at_night())


def keys(town: LibraryTown) -> list[str]:
    return [row["SFZH"] for row in town.rows()]


def test_what_a_grant_no_longer_gives_leaves_past_a_source_that_cannot_be_read(two: LibraryTown) -> None:
    wider(two)
    task = Task.objects.get(kind=leaving.TASK_LEAVE, closed_at=None)
    assert "leaves out every source that cannot be read" in str(task.detail), "the lead knows beforehand"
    with clock_at(clock.now() + timedelta(hours=23)):
        assert (night().state, len(two.rows())) == ("failed", 3), "the lead has a day"
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
        assert build.state == "sent"
        leaving.parts_left(dataset_id=two.dataset.pk)
        leaving.parts_left(dataset_id=two.dataset.pk)
        first, second = parts(two)
        assert [one["part"] for one in build.left_out] == [first.pk], "it is not removed"
        assert [one["part"] for one in build.parts] == [second.pk]
        assert keys(two) == AID_KEYS
        assert "欧阳锋" not in [row["XM"] for row in two.rows()]
        assert not Task.objects.filter(kind=leaving.TASK_LEAVE, closed_at=None).exists()
        news = Notification.objects.filter(kind="libraries.part.leave", dedupe_key__contains=f":without:{build.pk}")
        assert set(news.values_list("user", flat=True)) == {two.cataloguer.id, two.head.id}
        assert news.count() == 2, "once"
        assert f"The source “{first.dataset.name}”" in str(news[0].body)
        trail = AuditEvent.objects.get(action="libraries.build.send", object_pk=str(build.pk))
        assert trail.after is not None
        assert [one.split()[-1] for one in trail.after["left_out"]] == ["build.not_in_force"]
        page = text_of(get(two.head, f"/libraries/datasets/{two.dataset.pk}/"))
        assert "What is published is without sources that could not be read" in page
        assert f"The source “{first.dataset.name}”" in page
    with clock_at(clock.now() + 2 * AFTER_A_DAY):
        assert night().state == "failed", "nothing wider is published any more"
        assert keys(two) == AID_KEYS
        grant_resume(actor=two.providers[0].head, grant_id=grant_of(first).pk)
        assert night().left_out == []
        assert len(two.rows()) == 3
        assert "is without sources" not in text_of(get(two.head, f"/libraries/datasets/{two.dataset.pk}/"))


def test_rows_of_who_has_agreed_to_another_library_alone_leave_until_he_agrees(two: LibraryTown) -> None:
    two.built()
    first, second = parts(two)
    Library.objects.create(code="credit-2", name="信用库", kind="theme", lead_department=two.lead)
    moved(two, "credit-2")
    asked = Task.objects.filter(kind=leaving.TASK_LEAVE, closed_at=None)
    assert {one.subject_pk for one in asked} == {first.pk, second.pk}
    assert "until he has agreed" in str(asked[0].detail)
    delivered(leaving.LEAVING_EVENT)
    assert "has not yet agreed" in carried_out(build_asked()).message
    part_answer(actor=two.providers[1].head, part_id=second.pk, is_agreed=True)
    assert [one.subject_pk for one in asked.all()] == [first.pk]
    with clock_at(clock.now() + timedelta(hours=23)):
        assert (night().state, len(two.rows())) == ("failed", 3), "the provider has a day"
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
        assert (build.state, [one["part"] for one in build.left_out]) == ("sent", [first.pk])
        assert keys(two) == AID_KEYS
        leaving.parts_left(dataset_id=two.dataset.pk)
        assert not asked.all().exists()
        assert [one.pk for one in parts(two)] == [first.pk, second.pk], "it is not removed"
        assert night().state == "failed", "no such rows are published any more"
        assert keys(two) == AID_KEYS
        part_answer(actor=two.providers[0].head, part_id=first.pk, is_agreed=True)
        assert night().left_out == []
        assert len(two.rows()) == 3


def test_a_head_who_was_not_told_of_a_move_is_told_at_night(two: LibraryTown) -> None:
    two.built()
    first, second = parts(two)
    Library.objects.create(code="credit-2", name="信用库", kind="theme", lead_department=two.lead)
    moved(two, "credit-2")
    asked = Task.objects.filter(kind=leaving.TASK_LEAVE, closed_at=None)
    asked.all().delete()  # as where an earlier release asked the providers, and nobody else
    part_answer(actor=two.providers[1].head, part_id=second.pk, is_agreed=True)
    assert moved_left_over_follow() == 1
    task = asked.get()
    assert (task.subject_pk, task.department_id, task.role) == (first.pk, two.lead.pk, "head")
    assert moved_left_over_follow() == 0, "once"
    asked.all().delete()
    Part.objects.filter(pk=first.pk).update(consent_at=clock.now())
    assert moved_left_over_follow() == 0, "he has agreed since the move, and the lead asks for more"
    assert not asked.exists()


def test_a_head_who_is_told_late_of_a_move_has_his_day_from_then(two: LibraryTown) -> None:
    two.built()
    Library.objects.create(code="credit-2", name="信用库", kind="theme", lead_department=two.lead)
    moved(two, "credit-2")
    Task.objects.filter(kind=leaving.TASK_LEAVE).delete()  # as where an earlier release asked the providers alone
    second = parts(two)[1]
    part_answer(actor=two.providers[1].head, part_id=second.pk, is_agreed=True)
    told_at = clock.now() + timedelta(days=3)
    with clock_at(told_at):
        assert two.built().state == "failed", "he does not know of it yet"
        assert moved_left_over_follow() == 1
    with clock_at(told_at + timedelta(hours=23)):
        assert (two.built().state, len(two.rows())) == ("failed", 3)
    with clock_at(told_at + AFTER_A_DAY):
        build = two.built()
        assert build.state == "sent", build.message
        assert keys(two) == AID_KEYS


def test_what_was_agreed_to_since_the_move_stays_while_more_is_asked_for(two: LibraryTown) -> None:
    two.built()
    first, second = parts(two)
    Library.objects.create(code="credit-2", name="信用库", kind="theme", lead_department=two.lead)
    moved(two, "credit-2")
    for part, provider in zip((first, second), two.providers, strict=True):
        part_answer(actor=provider.head, part_id=part.pk, is_agreed=True)
    assert leaving.given_less_since(first.composition) is None
    Part.objects.filter(pk=first.pk).update(consent=PartConsent.AWAITING)  # as where the lead takes more
    assert leaving.given_less_since(first.composition) is None
    with clock_at(clock.now() + AFTER_A_DAY):
        assert two.built().state == "failed"
        assert len(two.rows()) == 3


@pytest.mark.parametrize("is_removed", [True, False])
def test_rows_of_an_ended_grant_leave_past_a_source_that_cannot_be_read(two: LibraryTown, is_removed: bool) -> None:
    two.part(two.provider([KEY, NAME], "身份证号,姓名\n3,丙\n"), SFZH="SFZH", XM="XM")
    two.built()
    suspended(two, 1)
    ended = parts(two)[0]
    grant_end(actor=two.head, grant_id=grant_of(ended).pk, reason="purpose_met")
    if is_removed:
        part_remove(actor=two.head, part_id=ended.pk)
    assert two.built().state == "failed"
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
    assert (build.state, [one["part"] for one in build.left_out]) == ("sent", [one.pk for one in parts(two)[:-1]])
    assert keys(two) == ["3"]


@pytest.mark.parametrize("why", ["refused", "withdrawn"])
def test_rows_that_may_not_go_into_the_library_leave_past_a_source_that_cannot_be_read(
    two: LibraryTown, why: str
) -> None:
    if why == "withdrawn":
        cataloguer, head, entry = filed(two.world, two.lead, [KEY, NAME], "自有")
        own = dataset_hook(actor=cataloguer, ref=entry.pk, name="自有")
        run_of(own, cataloguer, "身份证号,姓名\n3,丙\n")
        mapping = two.mapping(own, SFZH="SFZH")
        part = part_add(actor=two.cataloguer, dataset_id=two.dataset.pk, own_id=own.pk, mapping=mapping)
    else:
        third = two.provider([KEY, NAME], "身份证号,姓名\n3,丙\n")
        part = two.part(third, SFZH="SFZH", XM="XM")
        cataloguer, head, entry = third.cataloguer, third.head, third.dataset.entry
    two.built()
    assert "3" in keys(two)
    suspended(two)
    if why == "refused":
        part_answer(actor=head, part_id=part.pk, is_agreed=False, reason="停止")
    else:
        catalog.entry_withdraw(actor=cataloguer, ref=entry.pk, reason="已废止")
        for actor in (head, two.world.reviewer):
            catalog.entry_approve(actor=actor, ref=entry.pk)
    with clock_at(clock.now() + timedelta(hours=20)):
        assert (night().state, "3" in keys(two)) == ("failed", True), "the lead has a day"
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
    assert build.state == "sent"
    assert [one["part"] for one in build.left_out] == [parts(two)[0].pk]
    assert keys(two) == AID_KEYS


def test_rows_of_a_source_that_became_stricter_leave_past_one_that_cannot_be_read(town: LibraryTown) -> None:
    closed, alias = {"opening": "closed"}, NAME | {"name": "曾用名", "field_name": "CYM"}
    items = [KEY | closed, NAME | closed, alias]
    cataloguer, _head, entry = filed(town.world, town.lead, items, "主题", library=town.library.code, opening="open")
    town.dataset = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题")
    town.part(town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n"), SFZH="SFZH", XM="XM")
    open_one = town.provider([KEY, NAME], "身份证号,姓名\n3,丙\n", opening="open")
    town.part(open_one, SFZH="SFZH", CYM="XM")
    town.built()
    assert keys(town) == ["1", "3"]
    suspended(town)
    ref = open_one.dataset.entry_id
    catalog.entry_update(actor=open_one.cataloguer, ref=ref, fields=closed)
    catalog.entry_submit(actor=open_one.cataloguer, ref=ref)
    for actor in (open_one.head, town.world.reviewer):
        catalog.entry_approve(actor=actor, ref=ref)
    with clock_at(clock.now() + timedelta(hours=20)):
        assert night().state == "failed", "the lead has a day"
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
    assert (build.state, len(build.left_out), keys(town)) == ("sent", 1, [])


def test_what_was_refused_and_is_agreed_to_anew_keeps_nobody_out(two: LibraryTown) -> None:
    two.built()
    part, provider = parts(two)[1], two.providers[1]
    part_answer(actor=provider.head, part_id=part.pk, is_agreed=False, reason="停止")
    grant = grant_of(part)
    part_remove(actor=two.head, part_id=part.pk)
    two.part(provider, grant, SFZH="ZJHM", XM="XM", JE="JE")
    suspended(two)
    with clock_at(clock.now() + AFTER_A_DAY):
        assert night().state == "failed"
    assert len(two.rows()) == 3


def test_where_every_source_cannot_be_read_an_empty_version_is_published(two: LibraryTown) -> None:
    wider(two)
    suspended(two, 1)
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
    assert (build.state, build.parts, len(build.left_out)) == ("sent", [], 2)
    two.dataset.refresh_from_db()
    assert two.dataset.published_version is not None
    assert (two.dataset.published_version.number, two.rows()) == (2, [])


@pytest.mark.parametrize("change", ["nothing", "limits", "renewed"])
def test_where_no_grant_gives_less_a_failing_build_keeps_what_is_published(two: LibraryTown, change: str) -> None:
    two.built()
    suspended(two)
    grant = grant_of(parts(two)[1])
    if change == "limits":
        Grant.objects.filter(pk=grant.pk).update(rows_per_day=100)
    if change == "renewed":
        two.grant(two.providers[1], previous=grant)
        grant_over(grant)
    assert two.built().state == "failed"
    with clock_at(clock.now() + 3 * AFTER_A_DAY):
        build = night()
    assert (build.state, build.left_out, build.run) == ("failed", [], None)
    assert len(two.rows()) == 3


def test_a_source_whose_rows_of_the_day_are_spent_is_left_out_too(two: LibraryTown) -> None:
    two.built()
    narrowed(grant_of(parts(two)[1]), two.providers[1].head, XM="name")
    Grant.objects.filter(pk=parts(two)[0].grant_id).update(rows_per_day=1)
    assert composed(build_asked()).state == "failed"
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
    assert "more rows than the grant gives today" in str(build.without[0])
    assert keys(two) == AID_KEYS
    pulls = Pull.objects.filter(grant=parts(two)[0].grant_id).values_list("outcome", flat=True)
    assert list(pulls) == ["done"], "of what is left out nothing is read"


def test_what_is_left_is_no_table_where_an_item_stays_empty(world: CatalogWorld) -> None:
    alias = NAME | {"name": "曾用名", "field_name": "CYM"}
    town = town_with(world, [KEY, NAME | {"nullable": False}, alias])
    town.part(town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n"), SFZH="SFZH", XM="XM")
    town.part(town.provider([KEY, NAME], "身份证号,姓名\n1,欧阳锋\n"), SFZH="SFZH", CYM="XM")
    wider(town)
    assert [row["CYM"] for row in town.rows()] == ["欧阳锋"]
    with clock_at(clock.now() + AFTER_A_DAY):
        build = night()
    assert [one["part"] for one in build.left_out] == [one.pk for one in parts(town)]
    assert "No source fills 姓名" in str(build.without[1])
    assert (build.state, town.rows()) == ("sent", [])


def test_a_build_that_fails_on_the_way_leaves_nothing_half(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    wider(two)
    with monkeypatch.context() as broken, clock_at(clock.now() + AFTER_A_DAY):
        broken.setattr(compose, "_told", lambda *given: 1 / 0)
        build = asked_at_night()
        with pytest.raises(RuntimeError):
            composed(build)
    leaving.parts_left(dataset_id=two.dataset.pk)
    failed = Build.objects.latest("pk")
    assert (failed.state, failed.left_out, failed.run) == ("failed", [], None)
    assert Run.objects.filter(dataset=two.dataset).count() == 1
    assert len(two.rows()) == 3
    assert not Notification.objects.filter(dedupe_key__contains=":without:").exists()
    assert Task.objects.filter(kind=leaving.TASK_LEAVE, closed_at=None).exists()
    with clock_at(clock.now() + 2 * AFTER_A_DAY):
        assert night().state == "sent"
    assert keys(two) == AID_KEYS


def test_a_worker_that_is_killed_leaves_nothing_half(transactional_db: None) -> None:
    two = make_two()
    wider(two)
    with clock_at(clock.now() + AFTER_A_DAY):
        build = asked_at_night()
        held = job_slot_claim(building.job_name(build.pk), build.slot)
        assert held is not None
        lease = held
        killed_at("libraries.services.compose.audit.record", lambda: compose.build_work(lease=lease, build_id=build.pk))
        build.refresh_from_db()
        assert (build.state, build.left_out, build.run) == ("composing", [], None)
    assert len(two.rows()) == 3
    with clock_at(clock.now() + AFTER_A_DAY + timedelta(minutes=5)):
        job_slots_sweep()
        assert carried_out(build).state == "sent"
    assert keys(two) == AID_KEYS
