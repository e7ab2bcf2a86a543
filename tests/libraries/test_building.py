"""From parts to a published version of a library dataset: what comes out, what is noted, what is refused."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.choices import LibraryKind
from catalog.models import Entry, Library
from catalog.services import library_lead_set
from collection.models import Dataset, DatasetVersion, Run
from collection.services import dataset_hook, run_cancel, run_upload
from core import clock
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from libraries.choices import BuildReason
from libraries.models import Build, Composition, Part
from libraries.selectors import parts_of, reason_to_build
from libraries.services import compose
from libraries.services.build import (
    LOST_EVENT,
    build_ask,
    build_go_on,
    build_rows_release,
    builds_catch_up,
    builds_follow,
    builds_sweep,
    job_name,
)
from libraries.services.compose import build_work
from libraries.services.part import lineage_set, part_add, part_move, part_remove, part_update
from sharing.models import Grant, Pull
from sharing.services.grant import grant_end, grant_suspend
from tests.collection.worker import run_of, work
from tests.factories.accounts import DepartmentFactory
from tests.factories.catalog import CatalogWorld
from tests.killed import killed_at
from tests.libraries.conftest import (
    AID,
    KEY,
    NAME,
    SOURCES,
    LibraryTown,
    carried_out,
    composed,
    delivered,
    filed,
    make_two,
    town_with,
)
from tests.sharing.factories import grant_make, items_named
from tests.unchanged import nothing_changes
from workflow.models import OutboxMessage
from workflow.outbox import handlers_of
from workflow.services.job_slot import JobLease, job_slot_claim, job_slot_finish, job_slots_sweep


def composition(town: LibraryTown) -> Composition:
    return Composition.objects.get(dataset=town.dataset)


def test_rows_of_one_key_become_one_by_precedence(two: LibraryTown) -> None:
    build = two.built()
    assert build.state == "sent", build.message
    assert build.run is not None
    assert (build.run.state, build.run.origin, build.run.message) == ("succeeded", "library", "")
    assert two.rows() == [
        {"SFZH": "990102197707077777", "XM": "欧阳锋", "CSRQ": None, "JE": "1020", "LY": None},
        {"SFZH": "990102198505054321", "XM": "李四", "CSRQ": None, "JE": None, "LY": None},
        {"SFZH": "990102199001011234", "XM": "王小明", "CSRQ": "1990-01-01", "JE": "850.50", "LY": None},
    ]
    assert (build.rows, build.rows_in_several) == (3, 1)
    assert [one["rows"] for one in build.parts] == [2, 2]
    assert build.disagreements == dict.fromkeys(items_named(two.dataset, ["XM"]), 1)


def test_the_other_order_lets_the_other_source_win(two: LibraryTown) -> None:
    first, second = parts_of(composition(two))
    for _click in range(2):
        part_move(actor=two.head, part_id=second.pk, is_up=True, place=2)
    assert [one.pk for one in parts_of(composition(two))] == [second.pk, first.pk]
    two.built()
    assert {row["SFZH"]: row["XM"] for row in two.rows()}["990102199001011234"] == "王晓明"


def test_moving_past_the_end_changes_nothing(two: LibraryTown) -> None:
    first, second = parts_of(composition(two))
    with nothing_changes():
        part_move(actor=two.head, part_id=first.pk, is_up=True, place=1)
        part_move(actor=two.head, part_id=second.pk, is_up=False, place=2)


def test_an_item_keeps_the_sources_of_every_row(two: LibraryTown) -> None:
    (item,) = items_named(two.dataset, ["LY"])
    lineage_set(actor=two.cataloguer, dataset_id=two.dataset.pk, item=item)
    two.built()
    first, second = (f"{one.dataset.entry.department.code}:{one.dataset.pk}" for one in two.providers)
    assert {row["SFZH"]: row["LY"] for row in two.rows()} == {
        "990102197707077777": second,
        "990102198505054321": first,
        "990102199001011234": f"{first};{second}",
    }


def test_what_is_the_same_again_publishes_nothing(two: LibraryTown) -> None:
    two.built()
    again = two.built()
    assert again.run is not None
    assert again.run.state == "unchanged"
    assert DatasetVersion.objects.filter(dataset=two.dataset).count() == 1


def test_rows_and_masks_are_those_of_the_grant(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,王小明\n2,李四\n3,赵六\n")
    grant = town.grant(provider, masks={"XM": "name"}, row_filter=[("SFZH", "lte", ["2"])])
    town.part(provider, grant, SFZH="SFZH", XM="XM")
    town.built()
    assert [(row["SFZH"], row["XM"]) for row in town.rows()] == [("1", "王**"), ("2", "李*")]
    pull = Pull.objects.get()
    assert (pull.grant_id, pull.version, pull.rows, pull.outcome) == (grant.pk, 1, 2, "done")
    assert (pull.client, pull.user, pull.library_id, pull.department_id) == (None, None, town.dataset.pk, town.lead.pk)
    assert [str(one) for one in pull.items] == items_named(provider.dataset, ["SFZH", "XM"])
    grant.refresh_from_db()
    assert grant.first_pulled_at is not None


def test_only_the_items_that_are_used_leave(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,王小明\n")
    town.part(provider, SFZH="SFZH")
    town.built()
    assert [str(one) for one in Pull.objects.get().items] == items_named(provider.dataset, ["SFZH"])
    assert town.rows()[0]["XM"] is None


def test_rows_without_a_key_are_rejected_one_by_one(town: LibraryTown) -> None:
    own = {"name": "编号", "field_name": "BH", "type": "C", "length": 20, "is_key": True, "nullable": False}
    text = "编号,身份证号,姓名\n" + "".join(f"{n},{n},甲\n" for n in range(1, 20)) + "20,,乙\n21,,丙\n"
    provider = town.provider([own, KEY | {"is_key": False, "nullable": True}, NAME], text)
    town.part(provider, SFZH="SFZH", XM="XM")
    build = town.built()
    assert build.run is not None
    assert (build.rows, build.run.rows_read, build.run.rows_rejected, len(town.rows())) == (21, 21, 2, 19)


def test_a_row_limit_of_the_day_holds_for_builds_too(two: LibraryTown) -> None:
    Grant.objects.filter(department=two.lead, dataset=two.providers[0].dataset).update(rows_per_day=3)
    assert two.built().state == "sent"
    build = two.built()
    assert build.state == "failed"
    assert "more rows than the grant gives today" in build.message
    assert Run.objects.filter(dataset=two.dataset).count() == 1
    assert Pull.objects.filter(library=two.dataset.pk).count() == 2


def test_workers_that_are_killed_spend_nothing_of_the_rows_of_the_day(transactional_db: None) -> None:
    two = make_two()
    Grant.objects.filter(department=two.lead, dataset=two.providers[0].dataset).update(rows_per_day=3)
    build = build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)

    def killed() -> JobLease:
        held = job_slot_claim(job_name(build.pk), build.slot)
        assert held is not None
        # It comes so far only where the rows that the worker before it set aside are not spent.
        killed_at("libraries.services.compose.audit.record", lambda: build_work(lease=held, build_id=build.pk))
        return held

    killed()
    with clock_at(clock.now() + timedelta(minutes=5)):
        job_slots_sweep()
        job_slot_finish(killed())
        assert builds_sweep() == 1
        build.refresh_from_db()
        assert build.state == "failed"
        # Whoever gives the rows back may be killed as well: it is done again, and what is back is given back once.
        killed_at("libraries.services.build.row_quota_of", lambda: delivered(LOST_EVENT))
        failed = two.built()
        assert "more rows than the grant gives today" in failed.message
        for _time in range(2):
            build_rows_release(build_id=build.pk)
        assert two.built().state == "sent"
        assert "more rows than the grant gives today" in two.built().message


def own_part(two: LibraryTown, text: str) -> Part:
    """Make a further dataset of the lead's own a source of its library dataset."""
    cataloguer, _head, entry = filed(two.world, two.lead, [KEY, NAME], "自有信息")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="自有信息")
    run_of(own, cataloguer, text)
    mapping = two.mapping(own, SFZH="SFZH", XM="XM")
    return part_add(actor=two.cataloguer, dataset_id=two.dataset.pk, own_id=own.pk, mapping=mapping)


def test_own_data_are_a_source_without_a_grant_and_without_a_pull(two: LibraryTown) -> None:
    part = own_part(two, "身份证号,姓名\n1,自有\n990102199001011234,王\n")
    for place in (3, 2):
        part_move(actor=two.head, part_id=part.pk, is_up=True, place=place)
    build = two.built()
    assert build.state == "sent", build.message
    assert {row["SFZH"]: row["XM"] for row in two.rows()} == {
        "1": "自有",
        "990102197707077777": "欧阳锋",
        "990102198505054321": "李四",
        "990102199001011234": "王",
    }
    first = build.parts[0]
    assert (first["grant"], first["edition"], first["rows"]) == (None, None, 2)
    assert Pull.objects.count() == 2
    assert builds_catch_up() == 0
    assert part.own is not None
    run_of(part.own, two.cataloguer, "身份证号,姓名\n1,新\n")
    assert builds_follow(dataset_id=part.own.pk) == 1


def test_own_data_that_were_unhooked_stop_the_build(two: LibraryTown) -> None:
    part = own_part(two, "身份证号,姓名\n1,自有\n")
    Dataset.objects.filter(pk=part.own_id).update(retired_at=clock.now())
    build = two.built()
    assert build.state == "failed"
    assert "自有信息" in build.message


@pytest.mark.parametrize("whose", ["other", "itself"])
def test_own_data_are_those_of_the_own_department(two: LibraryTown, whose: str) -> None:
    dataset = two.providers[0].dataset if whose == "other" else two.dataset
    with nothing_changes(), CaptureQueriesContext(connection) as asked, pytest.raises(RuleViolation) as refused:
        part_add(actor=two.cataloguer, dataset_id=two.dataset.pk, own_id=dataset.pk, mapping={})
    assert [one.code for one in refused.value.errors] == ["not_own"]
    assert locked_by(asked) == [], "nobody locks others' data by their number"


def test_who_may_not_name_sources_locks_no_data(two: LibraryTown) -> None:
    cataloguer, _head, entry = filed(two.world, two.lead, [KEY, NAME], "自有信息")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="自有信息")
    contractor = replace(two.cataloguer, is_contractor=True)
    with nothing_changes(), CaptureQueriesContext(connection) as asked, pytest.raises(NotAllowed):
        part_add(actor=contractor, dataset_id=two.dataset.pk, own_id=own.pk, mapping={})
    assert locked_by(asked) == []


def locked_by(asked: CaptureQueriesContext) -> list[str]:
    return [one["sql"] for one in asked if re.search(r"FOR (NO KEY )?UPDATE", one["sql"])]


# --- A grant that is not in force -------------------------------------------------------------------------------------


CHANGES = ("suspended", "ended", "expired", "marked", "later", "right", "elsewhere", "methods", "retired", "withdrawn")
"""As the wrong callers of ``tests/sharing/api/test_refusals``: a build is one more door to what is granted."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_grant_that_is_not_in_force_stops_the_build_and_is_named(two: LibraryTown, change: str) -> None:
    two.built()
    provider = two.providers[1]
    grant = Grant.objects.get(department=two.lead, dataset=provider.dataset)
    match change:
        case "suspended":
            grant_suspend(actor=provider.head, grant_id=grant.pk, reason="异常")
        case "ended":
            grant_end(actor=two.head, grant_id=grant.pk, reason="purpose_met")
        case "expired":
            Grant.objects.filter(pk=grant.pk).update(valid_to=clock.now())
        case "marked":
            Grant.objects.filter(pk=grant.pk).update(status="expired", ended_at=clock.now())
        case "later":
            Grant.objects.filter(pk=grant.pk).update(valid_from=clock.now() + timedelta(hours=1))
        case "elsewhere":
            provider.dataset.datasetgroupobjectpermission_set.update(group=DepartmentFactory().group)
        case "retired":
            Dataset.objects.filter(pk=provider.dataset.pk).update(retired_at=clock.now())
        case "withdrawn":
            Entry.objects.filter(pk=provider.dataset.entry_id).update(status="withdrawn")
        case "right":
            provider.dataset.datasetgroupobjectpermission_set.all().delete()
        case "methods":
            Grant.objects.filter(pk=grant.pk).update(methods=["api"])
    pulled = Pull.objects.count()
    build = two.built()
    assert (build.state, build.run) == ("failed", None)
    assert str(provider.dataset) in build.message
    assert Pull.objects.count() == pulled
    assert len(two.rows()) == 3
    part_remove(actor=two.cataloguer, part_id=parts_of(composition(two))[1].pk)
    assert two.built().state == "sent"
    assert [row["SFZH"] for row in two.rows()] == ["990102198505054321", "990102199001011234"]


def test_a_grant_that_was_narrowed_to_a_masked_key_stops_the_build(two: LibraryTown) -> None:
    provider = two.providers[1]
    (item,) = items_named(provider.dataset, ["ZJHM"])
    Grant.objects.filter(dataset=provider.dataset).update(masks={item: "hash"}, edition=2)
    build = two.built()
    assert build.state == "failed"
    assert "masked" in build.message


def test_a_grant_that_ends_while_it_is_read_leaves_nothing(two: LibraryTown, monkeypatch: pytest.MonkeyPatch) -> None:
    real = compose.merged_lines

    def ending(*given: object) -> object:
        yield from real(*given)  # type: ignore[arg-type]
        Grant.objects.filter(dataset=two.providers[1].dataset).update(edition=2)

    monkeypatch.setattr(compose, "merged_lines", ending)
    build = two.built()
    assert (build.state, build.run) == ("failed", None)
    assert not Run.objects.filter(dataset=two.dataset).exists()
    assert set(Pull.objects.values_list("outcome", flat=True)) == {"cut"}
    folder = f"{compose.FOLDER}/{clock.today():%Y/%m}"
    assert default_storage.listdir(folder)[1] == []


# --- Who, and what ----------------------------------------------------------------------------------------------------


def test_only_the_lead_department_keeps_parts(two: LibraryTown) -> None:
    part = parts_of(composition(two))[0]
    provider = two.providers[0]
    with nothing_changes():
        for stranger in (provider.cataloguer, two.world.reviewer, two.world.colleague):
            with pytest.raises(NotAllowed):
                build_ask(actor=stranger, dataset_id=two.dataset.pk)
            with pytest.raises(NotAllowed):
                part_remove(actor=stranger, part_id=part.pk)
            with pytest.raises(NotAllowed):
                part_move(actor=stranger, part_id=part.pk, is_up=False, place=1)
            with pytest.raises(NotAllowed):
                lineage_set(actor=stranger, dataset_id=two.dataset.pk, item="")
            with pytest.raises(NotAllowed):
                part_update(actor=stranger, part_id=part.pk, mapping=part.mapping)


def test_a_dataset_of_no_library_takes_no_parts(two: LibraryTown) -> None:
    provider = two.providers[0]
    with nothing_changes(), pytest.raises(NotVisible):
        build_ask(actor=provider.cataloguer, dataset_id=provider.dataset.pk)


@pytest.mark.parametrize("what", ["none", "suspended", "other", "file", "later"])
def test_a_part_takes_a_grant_of_its_own_in_force_for_exchange(town: LibraryTown, what: str) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n")
    grant = town.grant(provider)
    match what:
        case "none":
            number = grant.pk + 999
        case "suspended":
            number = grant_suspend(actor=provider.head, grant_id=grant.pk, reason="异常").pk
        case "other":
            number = grant_make(provider.dataset, town.world.other, methods=["exchange"]).pk
        case "file":
            number = town.grant(provider, methods=["api", "file"]).pk
        case "later":
            number = town.grant(provider, valid_from=clock.now() + timedelta(days=1)).pk
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        part_add(
            actor=town.cataloguer,
            dataset_id=town.dataset.pk,
            grant_id=number,
            mapping=town.mapping(provider.dataset, SFZH="SFZH"),
        )
    assert [one.code for one in refused.value.errors] == ["no_grant"]


@pytest.mark.parametrize("mask", ["hash", "id_number"])
def test_a_masked_item_fills_no_key(town: LibraryTown, mask: str) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n")
    grant = town.grant(provider, masks={"SFZH": mask})
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        town.part(provider, grant, SFZH="SFZH")
    assert [one.code for one in refused.value.errors] == ["masked_key"]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({"XM": "XM"}, "key"),
        ({"SFZH": "SFZH", "CSRQ": "XM"}, "type"),
        ({"SFZH": "SFZH", "JE": "XM"}, "type"),
    ],
)
def test_a_mapping_fills_the_key_with_items_of_the_same_type(
    town: LibraryTown, names: dict[str, str], code: str
) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n")
    grant = town.grant(provider)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        town.part(provider, grant, **names)
    assert [one.code for one in refused.value.errors] == [code]


def test_an_item_that_is_not_granted_fills_nothing(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n")
    grant = town.grant(provider, items=["SFZH"])
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        town.part(provider, grant, SFZH="SFZH", XM="XM")
    assert [one.code for one in refused.value.errors] == ["not_granted"]


def test_a_grant_is_a_part_once_until_it_is_removed(two: LibraryTown) -> None:
    part = parts_of(composition(two))[0]
    values = {
        "actor": two.cataloguer, "dataset_id": two.dataset.pk, "grant_id": part.grant_id, "mapping": part.mapping
    }  # fmt: skip
    with nothing_changes(), pytest.raises(RuleViolation):
        part_add(**values)  # type: ignore[arg-type]
    part_remove(actor=two.cataloguer, part_id=part.pk)
    assert part_add(**values).precedence == 3  # type: ignore[arg-type]
    assert Part.objects.count() == 3


def test_no_dataset_becomes_its_own_source_by_a_detour(two: LibraryTown) -> None:
    """The first library is built from a dataset of a second one, which would be built from the first."""
    Library.objects.create(code="theme", name="主题库", kind=LibraryKind.THEME)
    other = two.provider([KEY, NAME], "身份证号,姓名\n1,甲\n", library="theme")
    department = other.dataset.entry.department
    library_lead_set(actor=two.world.reviewer, code="theme", department_code=department.code)
    two.part(other, SFZH="SFZH")
    two.built()
    back = grant_make(two.dataset, department, methods=["exchange"])
    mapping = dict(zip(items_named(other.dataset, ["SFZH"]), items_named(two.dataset, ["SFZH"]), strict=True))
    with pytest.raises(RuleViolation) as refused:
        part_add(actor=other.cataloguer, dataset_id=other.dataset.pk, grant_id=back.pk, mapping=mapping)
    assert [one.code for one in refused.value.errors] == ["circle"]


@pytest.mark.parametrize(("item", "code"), [("SFZH", "unfit"), ("JE", "unfit"), ("XM", "mapped")])
def test_sources_are_kept_in_a_text_that_nothing_else_fills(two: LibraryTown, item: str, code: str) -> None:
    (identity,) = items_named(two.dataset, [item])
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        lineage_set(actor=two.cataloguer, dataset_id=two.dataset.pk, item=identity)
    assert code in [one.code for one in refused.value.errors]


def test_an_item_of_sources_must_take_all_their_names(world: CatalogWorld) -> None:
    town = town_with(world, [KEY, NAME, SOURCES | {"length": 3}])
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n")
    (item,) = items_named(town.dataset, ["LY"])
    lineage_set(actor=town.cataloguer, dataset_id=town.dataset.pk, item=item)
    with pytest.raises(RuleViolation) as refused:
        town.part(provider, SFZH="SFZH")
    assert [one.code for one in refused.value.errors] == ["length"]


def test_what_is_loaded_by_hand_after_the_last_source_stays(two: LibraryTown) -> None:
    assert two.built().state == "sent"
    for part in parts_of(composition(two)):
        part_remove(actor=two.cataloguer, part_id=part.pk)
    assert reason_to_build(composition(two)) == BuildReason.PARTS
    sent = run_upload(
        actor=two.cataloguer, dataset_id=two.dataset.pk, pieces=["SFZH,XM\n990102199001011234,手工\n".encode()],
        file_name="rows.csv", is_confirmed=True,
    )  # fmt: skip
    assert work(sent).state == "succeeded"
    assert len(two.rows()) == 1
    assert reason_to_build(composition(two)) is None
    assert builds_catch_up() == 0
    with pytest.raises(InvalidTransition):
        build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    assert len(two.rows()) == 1


def test_a_build_that_waits_goes_on_once_the_run_before_it_is_cancelled(two: LibraryTown) -> None:
    first = composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    assert first.run is not None
    second = build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    assert composed(second).state == "asked"
    run_cancel(actor=two.cataloguer, run_id=first.run.pk)
    assert OutboxMessage.objects.filter(event="collection.run.cancelled", payload__run_id=first.run.pk).exists()
    assert "libraries.tasks.go_on" in [one.name for one in handlers_of("collection.run.cancelled")]
    assert build_go_on(dataset_id=two.dataset.pk)


def test_a_build_needs_sources(town: LibraryTown) -> None:
    with nothing_changes(), pytest.raises(InvalidTransition):
        build_ask(actor=town.cataloguer, dataset_id=town.dataset.pk)


def test_while_a_run_is_open_a_build_is_remembered_and_done_once_after_it(two: LibraryTown) -> None:
    first = composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    assert first.run is not None
    second = build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    assert build_ask(actor=two.head, dataset_id=two.dataset.pk).pk == second.pk
    two.providers[1].load(AID.replace("王晓明", "王大明"))
    assert composed(second).state == "asked"
    work(first.run)
    assert build_go_on(dataset_id=two.dataset.pk)
    assert carried_out(second).state == "sent"
    assert [one["version"] for one in Build.objects.get(pk=second.pk).parts] == [1, 2]
