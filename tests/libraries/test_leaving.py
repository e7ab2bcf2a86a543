"""What has to leave a library leaves it, is asked for until it has, and is not said to be gone before."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from catalog import services as catalog
from collection.models import Dataset, DatasetVersion, Run
from collection.services import dataset_hook, dataset_retire, retention
from collection.services.run import run_rollback
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, RuleViolation
from core.testing import clock_at
from libraries import tasks
from libraries.keeping import builds_of_versions
from libraries.models import Build, Composition, Part
from libraries.selectors import parts_of, reason_to_build
from libraries.services import build as building
from libraries.services import compose, leaving
from libraries.services import part as parting
from libraries.services.build import build_ask, builds_catch_up
from libraries.services.part import lineage_set, part_add, part_remove, parts_follow, parts_take_out
from sharing.models import Grant, Pull
from sharing.services.disposal import grant_dispose
from sharing.services.grant import grant_end, grant_suspend
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.worker import run_of, work
from tests.libraries.conftest import (
    KEY,
    NAME,
    LibraryTown,
    build_asked,
    carried_out,
    composed,
    filed,
    make_town,
    narrowed,
    part_answer,
)
from tests.sharing.factories import items_named
from tests.unchanged import nothing_changes
from tests.workflow.race import Beside, in_threads
from workflow import services as workflow
from workflow.models import Notification, OutboxMessage, Task


def composition_of(town: LibraryTown) -> Composition:
    return Composition.objects.get(dataset=town.dataset)


def asked() -> list[str]:
    return list(Task.objects.filter(kind=leaving.TASK_LEAVE, closed_at=None).values_list("role", flat=True))


def test_rows_of_a_grant_that_ended_are_asked_for_until_they_have_left(two: LibraryTown) -> None:
    two.built()
    part = parts_of(composition_of(two))[1]
    grant = part.grant
    assert grant is not None
    grant_end(actor=two.head, grant_id=grant.pk, reason="purpose_met")
    assert asked() == ["head"]
    told = Notification.objects.filter(kind="libraries.part.leave").values_list("user", flat=True)
    assert set(told) == {two.cataloguer.id, two.head.id, two.providers[1].head.id}
    grant.refresh_from_db()
    with clock_at(clock.now() + timedelta(minutes=1)):
        leaving.grant_leave(actor=two.head, grant=grant)
    assert told.count() == 3, "of one end nobody is told twice"
    with pytest.raises(InvalidTransition) as refused:
        grant_dispose(actor=two.head, grant_id=grant.pk, note="已销毁")
    assert refused.value.code == "still_held"
    assert two.dataset.name in str(refused.value.message)
    answer = client_of(two.head).post(f"/sharing/grants/{grant.pk}/dispose/", {"note": "已销毁"})
    assert "still keep versions" in text_of(answer)
    part_remove(actor=two.head, part_id=part.pk)
    leaving.parts_left(dataset_id=two.dataset.pk)
    assert asked() == ["head"]
    two.built()
    leaving.parts_left(dataset_id=two.dataset.pk)
    assert asked() == []
    with pytest.raises(InvalidTransition):  # the superseded version is kept
        grant_dispose(actor=two.head, grant_id=grant.pk, note="已销毁")
    DatasetVersion.objects.filter(dataset=two.dataset, number=1).update(purged_at=clock.now())
    kept = {run.pk: run.original.name for run in Run.objects.filter(dataset=two.dataset)}
    grant_dispose(actor=two.head, grant_id=grant.pk, note="已销毁")
    first, second = Run.objects.filter(dataset=two.dataset).order_by("pk")
    assert (first.original.name, second.original.name) == ("", kept[second.pk])  # the file held the rows too
    assert OutboxMessage.objects.get(event=retention.EVENT).payload == {"names": [kept[first.pk]]}


def test_rows_that_a_run_may_still_publish_are_held(two: LibraryTown) -> None:
    composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    grant = parts_of(composition_of(two))[1].grant
    assert grant is not None
    grant_end(actor=two.head, grant_id=grant.pk, reason="purpose_met")
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        grant_dispose(actor=two.head, grant_id=grant.pk, note="已销毁")
    assert refused.value.code == "still_held"


def test_the_same_rows_of_another_source_are_not_those_of_the_ended_grant(town: LibraryTown) -> None:
    for _number in range(2):
        town.part(town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n"), SFZH="SFZH", XM="XM")
    town.built()
    part = parts_of(composition_of(town))[1]
    assert part.grant is not None
    grant_end(actor=town.head, grant_id=part.grant.pk, reason="purpose_met")
    part_remove(actor=town.head, part_id=part.pk)
    build = town.built()
    assert build.run is not None
    assert build.run.state == "unchanged"
    leaving.parts_left(dataset_id=town.dataset.pk)
    assert asked() == []
    grant_dispose(actor=town.head, grant_id=part.grant.pk, note="已销毁")
    assert Run.objects.filter(dataset=town.dataset).earliest("pk").original.name == ""


def test_what_is_built_is_no_source_of_its_own_leads_other_libraries(two: LibraryTown) -> None:
    cataloguer, _head, entry = filed(two.world, two.lead, [KEY, NAME], "主题信息", library=two.library.code)
    other = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    run_of(other, cataloguer, "身份证号,姓名\n1,甲\n")
    (key,) = items_named(other, ["SFZH"])
    two.built()
    (built_key,) = items_named(two.dataset, ["SFZH"])
    for part in parts_of(composition_of(two)):
        part_remove(actor=two.head, part_id=part.pk)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:  # its rows are those of the sources still
        part_add(actor=two.cataloguer, dataset_id=other.pk, own_id=two.dataset.pk, mapping={key: built_key})
    assert [one.code for one in refused.value.errors] == ["not_own"]
    page = client_of(two.cataloguer).get(f"/libraries/datasets/{other.pk}/parts/add/")
    assert f"?own={two.dataset.pk}" not in page.content.decode()


def test_what_is_anothers_own_source_is_not_built(town: LibraryTown) -> None:
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code)
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    run_of(own, cataloguer, "身份证号,姓名\n1,甲\n")
    (key,) = items_named(own, ["SFZH"])
    (target,) = items_named(town.dataset, ["SFZH"])
    part_add(actor=town.cataloguer, dataset_id=town.dataset.pk, own_id=own.pk, mapping={target: key})
    source = town.provider([KEY, NAME], "身份证号,姓名\n2,乙\n")
    mapping = {key: items_named(source.dataset, ["SFZH"])[0]}
    grant = town.grant(source)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        part_add(actor=cataloguer, dataset_id=own.pk, grant_id=grant.pk, mapping=mapping)
    assert [one.code for one in refused.value.errors] == ["own_source"]


def test_rows_that_have_left_do_not_come_back_with_an_earlier_version(two: LibraryTown) -> None:
    two.built()
    part = parts_of(composition_of(two))[1]
    assert part.grant is not None
    grant_end(actor=two.head, grant_id=part.grant.pk, reason="purpose_met")
    part_remove(actor=two.head, part_id=part.pk)
    two.built()
    page = f"/collection/datasets/{two.dataset.pk}/?tab=versions"
    answer = text_of(get(two.cataloguer, page))
    assert "Version 1" in answer
    assert "Return to it" not in answer
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=1)
    assert "would come back" in str(refused.value.message)
    part_remove(actor=two.head, part_id=parts_of(composition_of(two))[0].pk)
    answer = text_of(get(two.cataloguer, page))
    assert answer.count("would come back with an earlier version") == 1
    assert "Return to it" not in answer
    with nothing_changes(), pytest.raises(InvalidTransition):  # nothing is built any more, and what was is still kept
        run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=2)


def test_of_a_long_history_only_the_builds_of_kept_versions_are_read(two: LibraryTown) -> None:
    two.built()
    for number in range(3):
        two.providers[1].load(f"证件号码,姓名,金额\n990102197707077777,欧阳锋,{number}\n")
        last = two.built()
    assert two.built().run_id != last.run_id  # it finds the rows published, and speaks for them from then on
    DatasetVersion.objects.filter(dataset=two.dataset, number__lt=4).update(purged_at=clock.now())
    with CaptureQueriesContext(connection) as asked_for:
        found = builds_of_versions(two.dataset.pk)
    assert {number: build.pk for number, build in found.items()} == {4: Build.objects.latest("pk").pk}
    reads = [one["sql"] for one in asked_for if '"libraries_build"."parts"' in one["sql"]]
    assert len(reads) == 1
    assert f"IN ({Build.objects.latest('pk').pk})" in reads[0]
    assert "disagreements" not in reads[0]


def test_versions_that_people_loaded_are_returned_to_once_nothing_is_built(two: LibraryTown) -> None:
    parts = list(parts_of(composition_of(two)))
    Part.objects.update(removed_at=clock.now())
    run_of(two.dataset, two.cataloguer, "身份证号,姓名\n1,甲\n")
    Part.objects.filter(pk__in=[one.pk for one in parts]).update(removed_at=None)
    two.built()
    for part in parts:
        part_remove(actor=two.head, part_id=part.pk)
    two.built()
    assert two.rows() == []
    answer = text_of(get(two.cataloguer, f"/collection/datasets/{two.dataset.pk}/?tab=versions"))
    assert answer.count("Return to it") == 1, "of the versions, people loaded the first alone"
    work(run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=1))
    assert [row["SFZH"] for row in two.rows()] == ["1"]


def test_a_suspended_grant_is_told_of_and_nothing_has_to_leave_yet(two: LibraryTown) -> None:
    two.built()
    grant = parts_of(composition_of(two))[1].grant
    assert grant is not None
    grant_suspend(actor=two.providers[1].head, grant_id=grant.pk, reason="异常")
    assert Notification.objects.filter(kind="libraries.part.leave", user=two.head.id).exists()
    assert asked() == []


def test_the_rows_of_the_last_source_leave_too(two: LibraryTown) -> None:
    two.built()
    for part in parts_of(composition_of(two)):
        part_remove(actor=two.head, part_id=part.pk)
    assert "Build now" in text_of(get(two.head, f"/libraries/datasets/{two.dataset.pk}/"))
    build = two.built()
    assert build.run is not None
    assert (build.run.state, build.run.message) == ("succeeded", "")
    assert two.rows() == []
    assert DatasetVersion.objects.filter(dataset=two.dataset).count() == 2
    assert builds_catch_up() == 0


def test_sources_that_give_no_row_make_an_empty_table(two: LibraryTown) -> None:
    two.built()
    for grant in Grant.objects.filter(department=two.lead):
        (key,) = items_named(grant.dataset, ["SFZH" if grant.dataset == two.providers[0].dataset else "ZJHM"])
        grant.row_filter, grant.edition = [{"item": key, "operator": "eq", "values": ["0"], "type": "C"}], 2
        grant.save()
    build = two.built()
    assert build.run is not None
    assert (build.run.state, two.rows()) == ("succeeded", [])


def test_another_item_of_sources_is_built(two: LibraryTown) -> None:
    two.built()
    assert reason_to_build(composition_of(two)) is None
    (item,) = items_named(two.dataset, ["LY"])
    lineage_set(actor=two.head, dataset_id=two.dataset.pk, item=item)
    assert reason_to_build(composition_of(two)) == "parts"
    two.built()
    assert reason_to_build(composition_of(two)) is None


def test_what_was_thrown_away_was_not_delivered(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    real = compose.merged_lines

    def ending(*given: object) -> object:
        yield from real(*given)  # type: ignore[arg-type]
        Grant.objects.filter(dataset=two.providers[1].dataset).update(edition=2)

    monkeypatch.setattr(compose, "merged_lines", ending)
    assert two.built().state == "failed"
    assert set(Pull.objects.values_list("outcome", "rows")) == {("cut", 0)}
    assert not Grant.objects.filter(department=two.lead, first_pulled_at__isnull=False).exists()


def test_a_dataset_that_was_unhooked_beside_an_open_run_ends_the_build_quietly(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)

    def meanwhile(*given: object) -> object:
        two.dataset.retired_at = clock.now()
        two.dataset.save(update_fields=["retired_at"])
        raise compose.RunOpen

    monkeypatch.setattr(compose, "_hand_over", meanwhile)
    assert composed(build).state == "failed"
    assert building.build_repeat(dataset_id=two.dataset.pk) is False


def test_grants_are_offered_beside_own_data(town: LibraryTown) -> None:
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "自有信息")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="自有信息")
    run_of(own, cataloguer, "身份证号,姓名\n1,甲\n")
    part_add(actor=town.cataloguer, dataset_id=town.dataset.pk, own_id=own.pk, mapping=town.mapping(own, SFZH="SFZH"))
    grant = town.grant(town.provider([KEY, NAME], "身份证号,姓名\n2,乙\n"))
    page = client_of(town.cataloguer).get(f"/libraries/datasets/{town.dataset.pk}/parts/add/")
    assert f"?grant={grant.pk}" in page.content.decode()


def test_the_hand_over_keeps_nobody_from_logging_a_pull(two: LibraryTown) -> None:
    with CaptureQueriesContext(connection) as asked_for:
        two.built()
    locks = [one["sql"] for one in asked_for if 'FROM "sharing_grant"' in one["sql"] and "FOR " in one["sql"]]
    assert locks
    assert all("FOR NO KEY UPDATE" in one for one in locks)


def test_sources_follow_a_renewal_under_the_lock_of_their_dataset(two: LibraryTown) -> None:
    with CaptureQueriesContext(connection) as asked_for:
        parts_follow(actor=building.BUILDER, composition=composition_of(two))
    first = next(one["sql"] for one in asked_for if "libraries_part" in one["sql"] or "FOR UPDATE" in one["sql"])
    assert "collection_dataset" in first
    assert "FOR UPDATE" in first


def test_what_cannot_be_built_is_not_offered_to_be(two: LibraryTown) -> None:
    page = f"/libraries/datasets/{two.dataset.pk}/"
    assert "Build now" in text_of(get(two.head, page))
    type(two.entry).objects.filter(pk=two.entry.pk).update(status="withdrawn")
    assert "Build now" not in text_of(get(two.head, page))


def test_a_changed_mapping_is_saved_and_not_called_a_new_source(two: LibraryTown) -> None:
    part = parts_of(composition_of(two))[0]
    answer = client_of(two.head).post(f"/libraries/parts/{part.pk}/", part.mapping, follow=True)
    assert "Saved; it counts from the next build." in text_of(answer)
    assert "The source is named" not in text_of(answer)


def test_two_first_sources_at_once_make_no_circle(transactional_db: None) -> None:
    town = make_town()
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code)
    other = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    for one in (town.dataset, other):
        run_of(one, town.cataloguer, "身份证号,姓名\n1,甲\n")
    pairs = [
        (one, source, items_named(one, ["SFZH"])) for one, source in ((town.dataset, other), (other, town.dataset))
    ]

    def act() -> object:
        one, source, (key,) = pairs.pop()
        mapping = {key: items_named(source, ["SFZH"])[0]}
        return part_add(actor=town.cataloguer, dataset_id=one.pk, own_id=source.pk, mapping=mapping)

    results = in_threads(act)
    refused = [one for one in results if isinstance(one, RuleViolation)]
    assert [one.errors[0].code for one in refused] == ["not_own"], results


def test_what_came_of_a_wider_grant_is_replaced_at_once(two: LibraryTown) -> None:
    two.built()
    part = parts_of(composition_of(two))[1]
    assert part.grant is not None
    narrowed(part.grant, two.providers[1].head, XM="name")
    assert asked() == ["head"]
    told = Notification.objects.filter(kind="libraries.part.leave").values_list("user", flat=True)
    assert set(told) == {two.cataloguer.id, two.head.id}
    leaving.parts_left(dataset_id=two.dataset.pk)
    assert asked() == ["head"], "the wider rows are published still"
    with clock_at(clock.now() + timedelta(days=2)):
        assert parts_take_out() == 0, "it can be built from what is given now"
    carried_out(build_asked())
    leaving.parts_left(dataset_id=two.dataset.pk)
    assert asked() == []
    assert "欧阳锋" not in [row["XM"] for row in two.rows()]


def test_what_a_narrowed_grant_fills_no_more_is_taken_out_after_a_day(two: LibraryTown) -> None:
    two.built()
    part = parts_of(composition_of(two))[1]
    assert part.grant is not None
    workflow.task_open(
        kind=leaving.TASK_LEAVE, subject=part, title="旧", url="/", department_id=two.lead.pk, role=Role.HEAD
    )
    with clock_at(clock.now() + timedelta(days=3)):
        narrowed(part.grant, two.providers[1].head, ZJHM="hash")
        task = Task.objects.get(kind=leaving.TASK_LEAVE)
        assert "no longer gives what fills" in str(task.detail)
        assert composed(build_asked()).state == "failed"
        assert parts_take_out() == 0, "the day begins with the narrowing, not with an older task"
    with clock_at(clock.now() + timedelta(days=4, minutes=1)):
        assert parts_take_out() == 1
        carried_out(build_asked())
    assert [row["SFZH"] for row in two.rows()] == ["990102198505054321", "990102199001011234"]


def test_own_data_of_a_withdrawn_entry_leave_the_library(two: LibraryTown) -> None:
    cataloguer, head, entry = filed(two.world, two.lead, [KEY, NAME], "自有")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="自有")
    run_of(own, cataloguer, "身份证号,姓名\n3,丙\n")
    mapping = two.mapping(own, SFZH="SFZH")
    part_add(actor=two.cataloguer, dataset_id=two.dataset.pk, own_id=own.pk, mapping=mapping)
    two.built()
    assert "3" in [row["SFZH"] for row in two.rows()]
    catalog.entry_withdraw(actor=cataloguer, ref=entry.pk, reason="已废止")
    for actor in (head, two.world.reviewer):
        catalog.entry_approve(actor=actor, ref=entry.pk)
    assert asked() == ["head"]
    assert composed(build_asked()).state == "failed"
    assert parts_take_out() == 0
    with clock_at(clock.now() + timedelta(days=1, minutes=1)):
        assert parts_take_out() == 1
        carried_out(build_asked())
        leaving.parts_left(dataset_id=two.dataset.pk)
    assert asked() == []
    assert "3" not in [row["SFZH"] for row in two.rows()]


def test_what_goes_wrong_with_one_at_night_keeps_no_other(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    two.built()
    parts = list(parts_of(composition_of(two)))
    for part, provider in zip(parts, two.providers, strict=True):
        part_answer(actor=provider.head, part_id=part.pk, is_agreed=False, reason="停止")
    real = parting.part_taken_out_tell

    def broken(*, part: Part) -> None:
        if part.pk == parts[0].pk:
            raise ValueError("kaputt")
        real(part=part)

    monkeypatch.setattr(parting, "part_taken_out_tell", broken)
    monkeypatch.setattr(building, "reason_to_build", lambda composition: 1 / 0)
    done: list[str] = []
    monkeypatch.setattr(tasks.erasing, "erasures_settle", lambda: done.append("settled"))
    with clock_at(clock.now() + timedelta(days=1, minutes=1)):
        tasks.builds_catch_up()
    assert [one.pk for one in parts_of(composition_of(two))] == [parts[0].pk]
    assert done == ["settled"]
    told = {one.msg["event"]: one.msg for one in caplog.records if isinstance(one.msg, dict)}
    assert told["library_part_not_taken_out"]["part"] == parts[0].pk
    assert "broken" in told["library_part_not_taken_out"]["place"]
    assert told["library_build_not_asked"]["error"] == "ZeroDivisionError"


def test_own_data_are_not_unhooked_while_they_become_a_source(transactional_db: None) -> None:
    town = make_town()
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "业务信息")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="业务信息")
    run_of(own, town.cataloguer, "身份证号,姓名\n1,甲\n")
    mapping = dict(zip(items_named(town.dataset, ["SFZH"]), items_named(own, ["SFZH"]), strict=True))
    with transaction.atomic():
        part_add(actor=town.cataloguer, dataset_id=town.dataset.pk, own_id=own.pk, mapping=mapping)
        unhooking = Beside(lambda: dataset_retire(actor=cataloguer, dataset_id=own.pk, reason="并入"))
        assert unhooking.is_waiting(1), unhooking.error
    with pytest.raises(InvalidTransition, match="built from these data"):
        unhooking.end()


def own_source(town: LibraryTown) -> tuple[Actor, Dataset]:
    """Make data of the lead's own a source, and return who keeps them."""
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "户籍登记")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="户籍登记")
    run_of(own, cataloguer, "身份证号,姓名\n1,甲\n")
    part_add(actor=town.cataloguer, dataset_id=town.dataset.pk, own_id=own.pk, mapping=town.mapping(own, SFZH="SFZH"))
    return cataloguer, own


def test_own_data_are_unhooked_once_no_library_is_built_from_them(town: LibraryTown) -> None:
    cataloguer, own = own_source(town)
    with pytest.raises(InvalidTransition) as refused:
        dataset_retire(actor=cataloguer, dataset_id=own.pk, reason="不再需要")
    assert refused.value.code == "source"
    assert town.dataset.name in str(refused.value)
    page = text_of(get(cataloguer, f"/collection/datasets/{own.pk}/?tab=settings"))
    assert f"Library datasets are built from these data: {town.dataset.name}" in page
    # The library has another lead now: nothing is built from these data any more, and nobody could take them out.
    catalog.library_lead_set(
        actor=town.world.reviewer, code=town.library.code, department_code=town.world.provider.code
    )
    dataset_retire(actor=cataloguer, dataset_id=own.pk, reason="不再需要")
    own.refresh_from_db()
    assert own.is_retired


def test_own_data_of_a_library_dataset_that_was_unhooked_are_free(town: LibraryTown) -> None:
    cataloguer, own = own_source(town)
    Dataset.objects.filter(pk=town.dataset.pk).update(retired_at=clock.now())
    dataset_retire(actor=cataloguer, dataset_id=own.pk, reason="不再需要")
