"""Which sources every row of a library came from: kept with the build that said so, gone with the row, told to few."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connections

from collection.models import DatasetVersion, Erasure
from collection.readers import Entitlement, page
from collection.selectors.dataset import pinned_version
from collection.selectors.pool import sizes_of
from collection.services import assignment, run_cancel, sweep
from collection.signals import rows_gone
from collection.store import names, tables
from collection.store.lineage import lineage_add, lineages_found
from core import clock
from core.actors import Actor
from core.testing import clock_at
from libraries import receivers, tasks
from libraries.lineage import origins_told
from libraries.models import Build
from libraries.selectors import parts_of
from libraries.services import compose, lineage
from libraries.services.build import build_ask, builds_sweep, job_name
from libraries.services.lineage import (
    lineages_let_go,
    lineages_settle,
    lineages_settle_left,
    lineages_sweep,
    settle_job_name,
)
from libraries.services.part import part_move
from tests.catalog.views.reader import get, text_of
from tests.collection.store.test_distributing import asked, cluster
from tests.factories.accounts import UserFactory, actor_of
from tests.killed import killed_at
from tests.libraries.conftest import KEY, NAME, LibraryTown, carried_out, composed, delivered, make_two
from tests.libraries.test_building import own_part
from tests.libraries.test_erasing import ONE, OTHER, in_library
from workflow.models import OutboxMessage
from workflow.outbox import OutboxEvent
from workflow.services.job_slot import KEEP_FINISHED, job_slot_claim, job_slots_purge, job_slots_sweep

__all__ = ["cluster"]

THIRD = "990102197707077777"


def followed() -> None:
    """Let what came of runs be followed, as the outbox has it followed."""
    published = "collection.version.published"
    events = [published, *(f"collection.run.{end}" for end in ("unchanged", "refused", "failed", "cancelled"))]
    for message in OutboxMessage.objects.filter(event__in=events).order_by("pk"):
        event = OutboxEvent(message.event, message.payload, "key", message.pk, 1, clock.now())
        tasks.let_lineage_go(event)
        if message.event in (published, "collection.run.unchanged"):
            with mock.patch.object(tasks.lineage_settle, "delay", tasks.lineage_settle):
                tasks.settle_lineage(event)


def settled_at_night() -> int:
    """Let the night ask for what is not settled, and workers do it; return of how many was asked."""
    asked = lineages_settle_left()
    with mock.patch.object(tasks.lineage_settle, "delay", tasks.lineage_settle), suppress(RuntimeError):
        delivered(lineage.UNSETTLED_EVENT)
    OutboxMessage.objects.filter(event=lineage.UNSETTLED_EVENT).delete()
    return asked


def keys_kept(town: LibraryTown) -> dict[int, dict[str, list[int]]]:
    """Return build → key of a row → numbers of its sources, of all that the store keeps."""
    found = {}
    with tables.cursor() as run:
        for one in lineages_found(town.dataset.pk):
            run.execute(f"SELECT _key, _sources FROM store.{one.name}")
            found[one.build_id] = dict(run.fetchall())
    return found


def origins(town: LibraryTown, actor: Actor | None = None, number: int | None = None) -> dict[str, list[str]] | None:
    """Return key of a row → its sources, of a version, the published one by default; None where it is not told."""
    town.dataset.refresh_from_db()
    found = DatasetVersion.objects.filter(dataset=town.dataset)
    version = found.get(number=number) if number else found.latest("number")
    pinned = pinned_version(version)
    key = next(one for one in pinned.columns if one.is_key)
    rows = page(Entitlement(town.dataset.pk, (key.item,)), pinned, limit=100, numbered=True)
    told = origins_told(actor or town.cataloguer, town.dataset, version, rows.numbers)
    if told is None:
        return None
    with tables.cursor() as run:
        run.execute(f"SELECT _row, _key FROM store.{names.table_name(town.dataset.pk, version.generation)}")
        known = dict(run.fetchall())
    return {known[row]: list(sources) for row, sources in told.items()}


def labels(town: LibraryTown) -> list[str]:
    return [f"{one.dataset.name} · {one.dataset.entry.department.name}" for one in town.providers]


def test_every_row_tells_its_sources_the_first_in_precedence_first(two: LibraryTown) -> None:
    build = two.built()
    followed()
    first, second = labels(two)
    assert origins(two) == {ONE: [first, second], OTHER: [first], THIRD: [second]}
    assert keys_kept(two) == {build.pk: {ONE: [1, 2], OTHER: [1], THIRD: [2]}}
    part_move(actor=two.head, part_id=parts_of(build.composition)[1].pk, is_up=True, place=2)
    own_part(two, f"身份证号,姓名\n{ONE},王\n5,自有\n")
    two.built()
    own = f"自有信息 · {two.lead.name}"
    assert origins(two) == {ONE: [second, first, own], OTHER: [first], THIRD: [second], "5": [own]}


def test_an_earlier_version_tells_what_its_own_build_read_for_as_long_as_it_is_kept(two: LibraryTown) -> None:
    two.built()
    two.providers[1].load(f"证件号码,姓名,金额\n{OTHER},李四,5\n")
    two.built()
    followed()
    first, second = labels(two)
    assert origins(two) == {ONE: [first], OTHER: [first, second]}
    assert origins(two, number=1) == {ONE: [first, second], OTHER: [first], THIRD: [second]}
    sweep.versions_purge()
    assert len(keys_kept(two)) == 2
    with clock_at(clock.now() + timedelta(hours=two.dataset.keep_version_hours + 1)):
        sweep.versions_purge()
    (left,) = keys_kept(two).values()
    assert left == {ONE: [1], OTHER: [1, 2]}
    assert origins(two) == {ONE: [first], OTHER: [first, second]}


def test_a_build_that_finds_its_rows_published_tells_of_them_from_then_on(two: LibraryTown) -> None:
    two.built()
    again = two.built()
    assert again.run is not None
    assert again.run.state == "unchanged"
    assert len(keys_kept(two)) == 2
    followed()
    assert list(keys_kept(two)) == [again.pk]
    assert origins(two) is not None
    assert len(origins(two) or {}) == 3


def test_it_is_not_told_of_rows_that_loading_rejects(town: LibraryTown) -> None:
    rows = "".join(f"{number},{'长' * (60 if number == 7 else 2)}\n" for number in range(1, 30))
    provider = town.provider([KEY, NAME | {"length": 100}], f"身份证号,姓名\n{rows}")
    town.part(provider, SFZH="SFZH", XM="XM")
    build = town.built()
    assert build.run is not None
    assert build.run.rows_rejected == 1
    assert "7" in keys_kept(town)[build.pk]
    followed()
    assert len(keys_kept(town)[build.pk]) == 28
    assert "7" not in keys_kept(town)[build.pk]
    again = town.built()
    assert again.run is not None
    assert (again.run.state, "7" in keys_kept(town)[again.pk]) == ("unchanged", True)
    followed()
    (left,) = keys_kept(town).values()
    assert (len(left), "7" in left) == (28, False), "a build that finds its rows published tells of no other"


def test_what_could_not_be_settled_is_settled_at_night(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    build = two.built()
    for one in lineages_found(two.dataset.pk):
        lineage_add(one, '"rejected","{1}"\n')
    real = lineage.lineage_prune
    monkeypatch.setattr(lineage, "lineage_prune", mock.Mock(side_effect=RuntimeError("the store is away")))
    with pytest.raises(RuntimeError):
        followed()
    assert settled_at_night() == 1
    assert "rejected" in keys_kept(two)[build.pk]
    monkeypatch.setattr(lineage, "lineage_prune", real)
    assert settled_at_night() == 1
    assert sorted(keys_kept(two)[build.pk]) == sorted([ONE, OTHER, THIRD])
    with clock_at(clock.now() + KEEP_FINISHED + timedelta(days=1)):
        job_slots_purge()
        assert settled_at_night() == 0, "once, though nobody knows any more that a worker did"


def test_the_night_asks_for_no_build_that_a_worker_settles_and_does_not_wait_for_any(two: LibraryTown) -> None:
    build = two.built()
    job = settle_job_name(build.pk)
    held = job_slot_claim(job, build.slot, deadline=lineage.SETTLE_DEADLINE)
    assert held is not None
    assert settled_at_night() == 0
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        assert settled_at_night() == 0, "the slot is handed on to another worker"
        assert job_slot_claim(job, build.slot) is not None
    with clock_at(clock.now() + lineage.SETTLE_DEADLINE):
        job_slots_sweep()
        assert lineages_settle_left() == 1
        build.refresh_from_db()
        assert not build.is_settled, "a worker of its own does it"
        assert lineages_settle_left() == 1, "nobody took it up"
        slots = {message.payload["slot"] for message in OutboxMessage.objects.filter(event=lineage.UNSETTLED_EVENT)}
        assert slots == {build.slot.isoformat()}
        assert settled_at_night() == 1
    build.refresh_from_db()
    assert build.is_settled


def test_a_key_that_is_too_long_for_loading_is_rejected_there_and_fails_no_build(town: LibraryTown) -> None:
    """One value of one provider must not stop the library of another department."""
    dice = random.Random(1)
    key = "".join(chr(dice.randint(0x4E00, 0x9FA5)) for _letter in range(2500))
    rows = "身份证号,编号,姓名\n" + "".join(f"{number},{number},甲\n" for number in range(1, 30))
    source = town.provider([KEY, {"name": "编号", "field_name": "BH", "type": "C"}, NAME], rows)
    town.part(source, SFZH="BH", XM="XM")
    town.built()
    source.load(rows.replace(",7,", f",{key},"))
    build = town.built()
    assert build.run is not None
    assert (build.state, build.run.state, build.run.rows_rejected) == ("sent", "succeeded", 1)
    assert set(keys_kept(town)[build.pk]) == {str(number) for number in range(1, 30) if number != 7}


def test_a_publication_is_compared_with_its_own_build_alone_and_rows_that_go_with_all(two: LibraryTown) -> None:
    first = two.built()
    followed()
    two.providers[1].load(f"证件号码,姓名,金额\n{OTHER},李四,5\n")
    second = two.built()
    for one in lineages_found(two.dataset.pk):
        lineage_add(one, '"gone","{1}"\n')
    followed()
    kept = keys_kept(two)
    assert ("gone" in kept[first.pk], "gone" in kept[second.pk]) == (True, False)
    rows_gone.send(None, dataset=two.dataset)
    assert not any("gone" in keys for keys in keys_kept(two).values())


def test_a_version_that_is_published_meanwhile_keeps_nothing_from_being_settled(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.built()
    real = lineage.builds_of_versions

    def overtaken(dataset_id: int) -> dict[int, Build]:
        monkeypatch.setattr(lineage, "builds_of_versions", real)
        two.providers[0].load(f"身份证号,姓名,出生日期\n{ONE},新,1990-01-01\n")
        two.built()
        return real(dataset_id)

    for one in lineages_found(two.dataset.pk):
        lineage_add(one, '"gone","{1}"\n')
    monkeypatch.setattr(lineage, "builds_of_versions", overtaken)
    assert lineages_settle(dataset_id=two.dataset.pk) == 1


def test_what_comes_to_nothing_leaves_nothing(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    build = composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    assert len(keys_kept(two)[build.pk]) == 3
    assert lineages_sweep() == 0, "its run may still publish them"
    assert build.run is not None
    run_cancel(actor=two.cataloguer, run_id=build.run.pk)
    followed()
    assert keys_kept(two) == {}
    real = compose._require_same

    def refuses(work: Any, *, for_update: bool = False) -> None:
        real(work)
        if for_update:
            raise compose.BuildFailed("no_sources")

    monkeypatch.setattr(compose, "_require_same", refuses)
    assert two.built().state == "failed"
    assert keys_kept(two) == {}


@pytest.mark.parametrize(
    ("place", "left"), [("libraries.merging.lineage_end", 0), ("libraries.services.compose._hand_over", 1)]
)
def test_a_worker_that_is_killed_leaves_nothing_for_long_and_harms_no_other(
    transactional_db: None, place: str, left: int
) -> None:
    two = make_two()
    build = build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    held = job_slot_claim(job_name(build.pk), build.slot)
    assert held is not None
    killed_at(place, lambda: compose.build_work(lease=held, build_id=build.pk))
    assert len(lineages_found(two.dataset.pk)) == left
    assert lineages_let_go(dataset_id=two.dataset.pk) == 0, "it may be alive"
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        carried_out(build)
    lineages_sweep()
    (kept,) = lineages_found(two.dataset.pk)
    assert (kept.build_id, kept.token) == (build.pk, build.lineage_token)
    assert kept.token > held.token
    assert len(origins(two) or {}) == 3


def test_what_a_build_told_whose_workers_are_all_lost_is_swept(two: LibraryTown) -> None:
    build = composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    Build.objects.filter(pk=build.pk).update(state="composing", run=None, finished_at=None)
    assert lineages_sweep() == 0
    with clock_at(clock.now() + timedelta(days=1)):
        job_slots_sweep()
        assert builds_sweep() == 1
    assert lineages_sweep() == 1
    assert keys_kept(two) == {}


def test_an_erasure_takes_it_with_the_row(two: LibraryTown) -> None:
    build = two.built()
    in_library(two, ONE)
    followed()
    assert keys_kept(two) == {build.pk: {OTHER: [1], THIRD: [2]}}
    assert origins(two) == {OTHER: [labels(two)[0]], THIRD: [labels(two)[1]]}


def test_an_erasure_takes_what_was_told_of_a_run_that_it_ends(two: LibraryTown) -> None:
    composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    in_library(two, ONE)
    assert keys_kept(two) == {}


def test_an_erasure_is_not_done_while_it_is_still_told(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    build = two.built()
    monkeypatch.setattr(receivers, "lineages_settle", lambda **given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        in_library(two, ONE)
    assert Erasure.objects.get().state != "done"
    assert ONE in keys_kept(two)[build.pk]


def test_only_the_leads_own_people_are_told(two: LibraryTown) -> None:
    two.built()
    followed()
    cataloguer, head = (actor_of(UserFactory(department=two.lead, roles=[role])) for role in ("cataloguer", "head"))
    assert len(origins(two, cataloguer) or {}) == len(origins(two, head) or {}) == 3
    provider = two.providers[0]
    contractor = replace(two.cataloguer, is_contractor=True)
    auditor = actor_of(UserFactory(department=two.lead, roles=["auditor"]))
    for stranger in (provider.cataloguer, provider.head, two.world.reviewer, contractor, auditor):
        assert origins(two, stranger) is None, stranger


def test_the_page_of_rows_has_a_column_for_the_lead_alone(two: LibraryTown) -> None:
    two.built()
    path = f"/collection/datasets/{two.dataset.pk}/rows/"
    answer = get(two.cataloguer, path)
    shown, first = text_of(answer), labels(two)[0]
    assert f"{first} {labels(two)[1]} {ONE} 王小明 1990-01-01 850.50 empty" in shown
    preview = answer.context["page"].preview
    assert preview.has_origins
    key = preview.heads[0].column.item
    filtered = get(two.head, path, {"item": key, "op": "eq", "v": OTHER})
    assert [list(row.origins) for row in filtered.context["page"].preview.rows] == [[first]]
    ordered = get(two.head, path, {"sort": f"-{key}"}).context["page"].preview
    assert [len(row.origins) for row in ordered.rows] == [2, 1, 1]
    staff = UserFactory(department=two.lead, roles=["cataloguer"], contractor=True)
    assignment.assignment_add(actor=two.head, entry_ref=two.entry.ref, user_id=staff.pk, until=clock.today())
    for other in (actor_of(staff), two.world.reviewer):
        sample = get(other, path).context["page"].preview
        assert len(sample.rows) == 3
        assert not sample.has_origins
        assert not any(row.origins for row in sample.rows)
    assert first not in text_of(get(two.providers[1].cataloguer, path))
    assert (
        not get(two.providers[0].cataloguer, f"/collection/datasets/{two.providers[0].dataset.pk}/rows/")
        .context["page"]
        .preview.has_origins
    )


def test_a_page_of_rows_is_shown_though_the_table_went_meanwhile(two: LibraryTown) -> None:
    two.built()
    with tables.cursor() as run:
        for one in lineages_found(two.dataset.pk):
            run.execute(f"DROP TABLE store.{one.name}")
    assert origins(two) == {}


def test_it_lies_in_the_store_beside_the_rows_and_counts_there(two: LibraryTown) -> None:
    two.built()
    (kept,) = lineages_found(two.dataset.pk)
    assert connections["store"].settings_dict["NAME"] != connections["default"].settings_dict["NAME"]
    found = {}
    for alias in ("default", "store"):
        with connections[alias].cursor() as run:
            run.execute("SELECT to_regclass(%s) IS NOT NULL", [f"store.{kept.name}"])
            found[alias] = run.fetchone()[0]
    assert found == {"default": False, "store": True}
    size = sizes_of([two.dataset])[two.dataset.pk]
    sweep.staging_purge()
    assert lineages_found(two.dataset.pk) == [kept]
    with tables.cursor() as run:
        run.execute("SELECT pg_total_relation_size(to_regclass(%s))", [f"store.{kept.name}"])
        own = run.fetchone()[0]
        run.execute(f"DROP TABLE store.{kept.name}")
    assert sizes_of([two.dataset])[two.dataset.pk] == size - own


@pytest.mark.usefixtures("cluster")
def test_on_a_cluster_it_is_spread_as_the_rows_are_once(two: LibraryTown) -> None:
    two.built()
    (kept,) = lineages_found(two.dataset.pk)
    for _time in range(2):
        lineages_settle(dataset_id=two.dataset.pk)
    assert asked("SELECT beside FROM pg_dist_partition WHERE logicalrelid::text ~ '^store.l'") == [
        (f"store.d{two.dataset.pk}_g1",)
    ]
    assert (f"store.{kept.name}",) in asked("SELECT name FROM citus.truncated")
    assert len(origins(two) or {}) == 3
