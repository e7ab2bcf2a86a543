"""The entry's items change between two files: nothing is lost, nothing is shown that is hidden by now."""

from typing import Any

import pytest

from audit.models import AuditEvent
from catalog import services as catalog
from collection import policies, services
from collection.choices import RunState
from collection.exceptions import RunFailed
from collection.models import DatasetVersion
from collection.selectors import columns_wanted, pinned_version
from collection.services import ingest
from collection.store import loading
from core.exceptions import InvalidTransition, NotAllowed
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_ingest import codes, rows_of
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.catalog import ITEMS
from tests.unchanged import nothing_changes


def revise(
    town: Town, *, extra: list[dict[str, Any]] | None = None, without: str = "", **changes: dict[str, Any]
) -> None:
    """Publish a revision with changed items, named by field."""
    ids = {one.name: one.item for one in columns_wanted(town.entry)}
    kept = [one for one in ITEMS if one["field_name"] != without]
    items = [one | {"id": ids[one["name"]]} | changes.get(one["field_name"], {}) for one in kept] + (extra or [])
    world = town.world
    catalog.entry_update(actor=world.cataloguer, ref=town.entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=town.entry.pk)
    town.entry.refresh_from_db()
    town.dataset.refresh_from_db()


@pytest.mark.parametrize("mode", ["upsert", "append", "changes"])
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"DXBH": {"is_key": False}, "SFZH": {"is_key": True, "nullable": False}}, id="another key"),
        pytest.param({"YBZJE": {"type": "C", "length": 20, "decimals": None}}, id="another type"),
    ],
)
def test_after_such_a_change_only_a_whole_file_is_taken(three: Town, mode: str, changes: dict[str, Any]) -> None:
    revise(three, **changes)
    run = three.send(HEADER.strip() + ",操作\n" + "0009,孙七,990102196606066666,6,2026-05-01,I\n", mode=mode,
                     is_confirmed=True)  # fmt: skip
    assert run.state == RunState.FAILED
    assert codes(three) == ["0001", "0002", "0164A"]
    assert three.send(HEADER + "".join(ROWS)).state == RunState.SUCCEEDED
    assert codes(three) == ["0001", "0002", "0164A"]


def test_a_column_once_left_out_is_loaded_when_its_item_comes(town: Town) -> None:
    asked = town.send(HEADER.strip() + ",备注\n" + "0001,王,,1,2026-01-05,甲\n")
    assert asked.state == RunState.WAITING
    services.run_confirm(actor=town.cataloguer, run_id=asked.pk, layout=asked.layout, mapping=asked.mapping)
    assert town.work(asked).state == RunState.SUCCEEDED
    revise(town, extra=[{"name": "备注", "field_name": "BZ", "type": "C", "length": 100}])
    assert town.send(HEADER.strip() + ",备注\n" + "0001,王,,1,2026-01-05,甲\n").state == RunState.SUCCEEDED
    assert rows_of(town)[0]["BZ"] == "甲"


def test_what_is_sensitive_now_is_masked_in_versions_loaded_before(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    columns = list(pinned_version(version).columns)
    amount = next(one.item for one in columns if one.field_name == "YBZJE")
    day = next(one.item for one in columns if one.field_name == "NRRQ")
    before = policies.preview_entitlement(three.world.reviewer, three.dataset, columns)
    assert before is not None
    assert (before.mask_of(amount), day in before.items) == ("none", True)
    ids = {one.name: one.item for one in columns}
    items = [one | {"id": ids[one["name"]]} for one in ITEMS if one["field_name"] != "NRRQ"]
    items[3] |= {"is_sensitive": True}
    world = three.world
    catalog.entry_update(actor=world.cataloguer, ref=three.entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=world.cataloguer, ref=three.entry.pk)
    catalog.entry_approve(actor=world.head, ref=three.entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=three.entry.pk)
    dataset = services.dataset_update(actor=world.cataloguer, dataset_id=three.dataset.pk, fields={})
    after = policies.preview_entitlement(world.reviewer, dataset, columns)
    assert after is not None
    assert (after.mask_of(amount), day in after.items) == ("text", False)


def test_the_authority_looks_at_rows_and_takes_none_out_and_those_above_see_none(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    columns = list(pinned_version(version).columns)
    with nothing_changes(), pytest.raises(NotAllowed):
        policies.require_export(three.world.reviewer, three.dataset, columns)
    region = three.world.provider.region
    region.parent.refresh_from_db() if region.parent else None
    above = DepartmentFactory(region=region.parent, authority=True) if region.parent else None
    if above is not None:
        upper = actor_of(UserFactory(department=above, roles=["reviewer"]))
        assert policies.preview_entitlement(upper, three.dataset, columns) is None


def test_an_earlier_version_of_which_rows_are_gone_is_not_published_again(three: Town) -> None:
    assert three.send(HEADER + ROWS[0]).state == RunState.SUCCEEDED
    run = services.run_rollback(actor=three.cataloguer, dataset_id=three.dataset.pk, number=1)
    loading.version_purge(three.dataset.pk, 1, 2)
    assert three.work(run).state == RunState.FAILED
    assert codes(three) == ["0001"]


def test_returning_to_an_earlier_version_does_not_make_it_current(three: Town) -> None:
    three.send(HEADER + ROWS[0])
    confirmed = three.dataset.confirmed_at
    run = services.run_rollback(actor=three.cataloguer, dataset_id=three.dataset.pk, number=1)
    assert three.work(run).state == RunState.SUCCEEDED
    assert three.dataset.confirmed_at == confirmed


def test_a_key_too_long_for_an_index_rejects_its_row(town: Town) -> None:
    entry = town.world.published(name="长主键", items=[{"name": "编号", "field_name": "BH", "type": "C", "is_key": True,
                                                       "nullable": False}])  # fmt: skip
    long = Town(town.world, entry, services.dataset_hook(actor=town.cataloguer, ref=entry.pk))
    run = long.send("编号\n" + "0001\n" * 1 + "x" * 6000 + "\n" + "".join(f"1{n:03d}\n" for n in range(20)))
    assert run.state == RunState.SUCCEEDED, run.message
    assert [(one.rule, one.count) for one in run.problems.all()] == [("key_length", 1)]


def test_what_was_unhooked_or_withdrawn_is_left_as_it_is(three: Town) -> None:
    world = three.world
    services.dataset_retire(actor=world.cataloguer, dataset_id=three.dataset.pk, reason="并入其他目录")
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.dataset_retire(actor=world.cataloguer, dataset_id=three.dataset.pk, reason="再次")
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.dataset_update(actor=world.cataloguer, dataset_id=three.dataset.pk, fields={"name": "新名"})


def test_the_data_of_a_withdrawn_entry_are_not_loaded(three: Town) -> None:
    world = three.world
    catalog.entry_withdraw(actor=world.cataloguer, ref=three.entry.pk, reason="职责已划出")
    catalog.entry_approve(actor=world.head, ref=three.entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=three.entry.pk)
    with nothing_changes(), pytest.raises(InvalidTransition):
        three.send(HEADER + ROWS[0])


def test_moments_of_summer_time_are_shown_as_they_were_written(town: Town) -> None:
    entry = town.world.published(
        name="登记时间", items=[{"name": "编号", "field_name": "BH", "type": "C", "length": 9, "is_key": True,
                                 "nullable": False}, {"name": "时间", "field_name": "SJ", "type": "T"}]
    )  # fmt: skip
    moments = Town(town.world, entry, services.dataset_hook(actor=town.cataloguer, ref=entry.pk))
    moments.send("编号,时间\n1,1988-07-01 12:00:00\n2,1988-07-01T03:00:00Z\n3,1899-01-01 00:00:00\n")
    assert {row["BH"]: str(row["SJ"])[:19] + str(row["SJ"])[-6:] for row in rows_of(moments)} == {
        "1": "1988-07-01T12:00:00+08:00",
        "2": "1988-07-01T11:00:00+08:00",
        "3": "1899-01-01T00:00:00+08:00",
    }


def test_an_error_of_ours_is_logged_without_a_value(
    three: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*args: Any, **given: Any) -> None:
        raise ValueError("9901021990" + "01011234")

    monkeypatch.setattr(ingest.casting, "rows_copy", failing)
    with pytest.raises(RuntimeError) as raised:
        three.send(HEADER + ROWS[0])
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert "collection_run_failed" in caplog.text
    assert "990102199001011234" not in caplog.text
    assert not isinstance(raised.value, RunFailed)


def test_a_purge_that_was_cut_off_is_finished_the_next_night(three: Town) -> None:
    from collection.services import sweep
    from core import clock

    three.send(HEADER + ROWS[0])
    DatasetVersion.objects.filter(dataset=three.dataset, number=1).update(purged_at=clock.now())
    assert sweep.versions_purge() == 2
    assert codes(three) == ["0001"]


def test_a_look_at_rows_is_in_the_trail_once_an_hour(three: Town) -> None:
    from collection.services.export import preview_record

    version = three.dataset.published_version
    assert version is not None
    preview_record(actor=three.world.reviewer, dataset=three.dataset, version=version)
    assert AuditEvent.objects.filter(action="collection.version.preview").count() == 1


def test_the_key_of_a_preview_is_the_secret_of_the_installation(three: Town, settings: Any) -> None:
    version = three.dataset.published_version
    assert version is not None

    def key() -> bytes:
        found = policies.preview_entitlement(three.world.reviewer, three.dataset, list(pinned_version(version).columns))
        assert found is not None
        return found.hash_key

    first = key()
    assert (len(first), key()) == (32, first)
    settings.FIELD_KEY = "another key of the field that nobody could guess"
    assert key() != first
