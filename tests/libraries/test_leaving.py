"""What has to leave a library leaves it, is asked for until it has, and is not said to be gone before."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collection.models import DatasetVersion, Run
from collection.services import dataset_hook, retention
from collection.services.run import run_rollback
from core import clock
from core.exceptions import InvalidTransition, RuleViolation
from core.testing import clock_at
from libraries.models import Composition, Part
from libraries.selectors import parts_of, reason_to_build
from libraries.services import build as building
from libraries.services import compose, leaving
from libraries.services.build import build_ask, builds_catch_up
from libraries.services.part import lineage_set, part_add, part_remove, parts_follow
from sharing.models import Grant, Pull
from sharing.services.grant import grant_dispose, grant_end, grant_suspend
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.worker import run_of, work
from tests.libraries.conftest import KEY, NAME, LibraryTown, composed, filed
from tests.sharing.factories import items_named
from tests.unchanged import nothing_changes
from tests.workflow.race import in_threads
from workflow.models import Notification, OutboxMessage, Task


def composition() -> Composition:
    return Composition.objects.get()


def asked() -> list[str]:
    return list(Task.objects.filter(kind=leaving.TASK_LEAVE, closed_at=None).values_list("role", flat=True))


def test_rows_of_a_grant_that_ended_are_asked_for_until_they_have_left(two: LibraryTown) -> None:
    two.built()
    part = parts_of(composition())[1]
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
    grant = parts_of(composition())[1].grant
    assert grant is not None
    grant_end(actor=two.head, grant_id=grant.pk, reason="purpose_met")
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        grant_dispose(actor=two.head, grant_id=grant.pk, note="已销毁")
    assert refused.value.code == "still_held"


def test_the_same_rows_of_another_source_are_not_those_of_the_ended_grant(town: LibraryTown) -> None:
    for _number in range(2):
        town.part(town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n"), SFZH="SFZH", XM="XM")
    town.built()
    part = parts_of(composition())[1]
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
    for part in parts_of(composition()):
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
    part = parts_of(composition())[1]
    assert part.grant is not None
    grant_end(actor=two.head, grant_id=part.grant.pk, reason="purpose_met")
    part_remove(actor=two.head, part_id=part.pk)
    two.built()
    page = f"/collection/datasets/{two.dataset.pk}/"
    assert "Return to it" not in client_of(two.cataloguer).get(page).content.decode()
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=1)
    assert "would come back" in str(refused.value.message)
    part_remove(actor=two.head, part_id=parts_of(composition())[0].pk)
    with nothing_changes(), pytest.raises(InvalidTransition):  # nothing is built any more, and what was is still kept
        run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=2)


def test_versions_that_people_loaded_are_returned_to_once_nothing_is_built(two: LibraryTown) -> None:
    parts = list(parts_of(composition()))
    Part.objects.update(removed_at=clock.now())
    run_of(two.dataset, two.cataloguer, "身份证号,姓名\n1,甲\n")
    Part.objects.filter(pk__in=[one.pk for one in parts]).update(removed_at=None)
    two.built()
    for part in parts:
        part_remove(actor=two.head, part_id=part.pk)
    two.built()
    assert two.rows() == []
    work(run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=1))
    assert [row["SFZH"] for row in two.rows()] == ["1"]


def test_a_suspended_grant_is_told_of_and_nothing_has_to_leave_yet(two: LibraryTown) -> None:
    two.built()
    grant = parts_of(composition())[1].grant
    assert grant is not None
    grant_suspend(actor=two.providers[1].head, grant_id=grant.pk, reason="异常")
    assert Notification.objects.filter(kind="libraries.part.leave", user=two.head.id).exists()
    assert asked() == []


def test_the_rows_of_the_last_source_leave_too(two: LibraryTown) -> None:
    two.built()
    for part in parts_of(composition()):
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
        grant.row_filter, grant.edition = [{"item": key, "operator": "eq", "values": ["0"]}], 2
        grant.save()
    build = two.built()
    assert build.run is not None
    assert (build.run.state, two.rows()) == ("succeeded", [])


def test_another_item_of_sources_is_built(two: LibraryTown) -> None:
    two.built()
    assert reason_to_build(composition()) is None
    (item,) = items_named(two.dataset, ["LY"])
    lineage_set(actor=two.head, dataset_id=two.dataset.pk, item=item)
    assert reason_to_build(composition()) == "parts"
    two.built()
    assert reason_to_build(composition()) is None


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
        parts_follow(actor=building.BUILDER, composition=composition())
    first = next(one["sql"] for one in asked_for if "libraries_part" in one["sql"] or "FOR UPDATE" in one["sql"])
    assert "collection_dataset" in first
    assert "FOR UPDATE" in first


def test_what_cannot_be_built_is_not_offered_to_be(two: LibraryTown) -> None:
    page = f"/libraries/datasets/{two.dataset.pk}/"
    assert "Build now" in text_of(get(two.head, page))
    type(two.entry).objects.filter(pk=two.entry.pk).update(status="withdrawn")
    assert "Build now" not in text_of(get(two.head, page))


def test_a_changed_mapping_is_saved_and_not_called_a_new_source(two: LibraryTown) -> None:
    part = parts_of(composition())[0]
    answer = client_of(two.head).post(f"/libraries/parts/{part.pk}/", part.mapping, follow=True)
    assert "Saved; it counts from the next build." in text_of(answer)
    assert "The source is named" not in text_of(answer)


def test_two_first_sources_at_once_make_no_circle(transactional_db: None, town: LibraryTown) -> None:
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
