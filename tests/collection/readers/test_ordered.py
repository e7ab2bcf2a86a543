"""Filter items: what may be filtered and sorted by, the order to the last row, and the indexes behind it."""

import json

import pytest
from django.db import OperationalError, connections

from catalog.choices import Mask
from collection.models import Dataset
from collection.readers import Condition, Entitlement, Operator
from collection.readers.ordered import Order, ordered_page
from collection.readers.page import PinnedVersion
from collection.services import dataset_hook, dataset_update
from collection.services.filters import filter_indexes_keep
from collection.store import filter_indexes, tables
from core.exceptions import NotAllowed, RuleViolation
from tests.collection.conftest import HEADER, Town, make_three
from tests.collection.readers.test_page import everything, item, read, version_of
from tests.factories.catalog import ITEMS, CatalogWorld
from workflow.models import OutboxMessage

ROWS = HEADER + "a,丙,,3,\nb,,,1,2026-01-01\nc,甲,,,2026-01-02\nd,甲,,2,\ne,乙,,1,2026-01-01\n"


def keys(entitlement: Entitlement, version: PinnedVersion, order: Order, limit: int = 2) -> list[str]:
    """Read all pages."""
    found: list[str] = []
    after: int | None = 0
    while after is not None:
        with tables.cursor() as run:
            page = ordered_page(run, entitlement, version, order, limit=limit, after=after)
        found += [row["DXBH"] for row in json.loads(page.rows)]
        after = page.next_after
    return found


@pytest.mark.parametrize(
    ("field", "is_descending", "expected"),
    [
        ("YBZJE", False, "bedac"),
        ("YBZJE", True, "cadeb"),
        ("NRRQ", False, "becad"),
        ("NRRQ", True, "daceb"),
        ("XM", False, "aecdb"),
        ("DXBH", True, "edcba"),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_pages_in_an_order_hold_every_row_once(
    town: Town, field: str, is_descending: bool, expected: str, limit: int
) -> None:
    town.send(ROWS)
    version = version_of(town)
    order = Order(item(version, field), is_descending)
    assert "".join(keys(everything(version), version, order, limit)) == expected


def test_an_order_by_a_masked_or_hidden_item_is_refused(town: Town) -> None:
    town.send(ROWS)
    version = version_of(town)
    name = item(version, "XM")
    masked = everything(version, masks={name: Mask.NAME})
    hidden = Entitlement(town.dataset.pk, (item(version, "DXBH"),))
    undeclared = everything(version, filter_items=frozenset({item(version, "DXBH")}))
    for entitlement in (masked, hidden, undeclared):
        with pytest.raises(RuleViolation):
            keys(entitlement, version, Order(name))


def test_only_declared_items_are_filtered_by(town: Town) -> None:
    town.send(ROWS)
    version = version_of(town)
    few = everything(version, filter_items=frozenset({item(version, "DXBH")}))
    assert len(read(few, version, conditions=[Condition(item(version, "DXBH"), Operator.EQUAL, ("a",))])) == 1
    with pytest.raises(RuleViolation):
        read(few, version, conditions=[Condition(item(version, "XM"), Operator.EQUAL, ("甲",))])


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        (Operator.EQUAL, ("x" * 250,), "a"),
        (Operator.GT, ("x" * 250,), "b"),
        (Operator.GTE, ("x" * 250,), "ab"),
        (Operator.LT, ("x" * 250 + "y",), "a"),
        (Operator.STARTS, ("x" * 230,), "ab"),
        (Operator.STARTS, ("x" * 250 + "y",), "b"),
        (Operator.IN, ("x" * 250 + "y", "x"), "b"),
    ],
)
def test_long_texts_compare_to_their_end(
    world: CatalogWorld, operator: Operator, values: tuple[str, ...], expected: str
) -> None:
    entry = world.published(items=[one | ({"length": 400} if one["field_name"] == "XM" else {}) for one in ITEMS])
    town = Town(world, entry, dataset_hook(actor=world.cataloguer, ref=entry.pk, name="长文本"))
    town.send(HEADER + f"a,{'x' * 250},,,\nb,{'x' * 250}y,,,\n")
    version = version_of(town)
    found = read(everything(version), version, conditions=[Condition(item(version, "XM"), operator, values)])
    assert "".join(row["DXBH"] for row in found) == expected


def indexes(dataset: Dataset) -> list[str]:
    with connections["store"].cursor() as run:
        run.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [f"d{dataset.pk}_g1"])
        return [name for (name,) in run.fetchall() if "_f_" in name]


def test_indexes_follow_what_is_declared(three: Town) -> None:
    version = version_of(three)
    wanted = [item(version, "XM"), item(version, "YBZJE")]
    assert indexes(three.dataset) == []
    dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"filter_items": wanted})
    assert OutboxMessage.objects.filter(event="collection.dataset.filters").count() == 1
    assert filter_indexes_keep(dataset_id=three.dataset.pk) == (2, 0)
    assert len(indexes(three.dataset)) == 2
    assert filter_indexes_keep(dataset_id=three.dataset.pk) == (0, 0)
    dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"filter_items": wanted[:1]})
    assert filter_indexes_keep(dataset_id=three.dataset.pk) == (0, 1)
    assert len(indexes(three.dataset)) == 1
    three.send(HEADER + "0009,甲,,1,2026-01-01\n")
    assert filter_indexes_keep(dataset_id=three.dataset.pk) == (0, 0)


def test_an_index_is_what_a_filter_uses(three: Town) -> None:
    version = version_of(three)
    dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"filter_items": [item(version, "XM")]})
    filter_indexes_keep(dataset_id=three.dataset.pk)
    (name,) = indexes(three.dataset)
    with connections["store"].cursor() as run:
        run.execute("SET LOCAL enable_seqscan = off")
        column = next(one for one in version.columns if one.field_name == "XM").column
        run.execute(
            f'EXPLAIN SELECT * FROM store.d{three.dataset.pk}_g1 t WHERE left(t."{column}", 200) COLLATE "C" = \'甲\''
        )
        assert name in str(run.fetchall())


@pytest.mark.django_db(transaction=True, databases=["default", "store"])
def test_outside_of_a_transaction_indexes_are_made_while_others_write(transactional_db: None) -> None:
    three = make_three()
    items = [item(version_of(three), "XM"), item(version_of(three), "NRRQ")]
    dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"filter_items": items})
    writer = connections["store"].copy()
    table = f"store.d{three.dataset.pk}_g1"
    try:
        with writer.cursor() as other, connections["store"].cursor() as run:
            other.execute("BEGIN")
            other.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
            run.execute("SET statement_timeout = '300ms'")
            with pytest.raises(OperationalError):
                filter_indexes_keep(dataset_id=three.dataset.pk)
            run.execute("RESET statement_timeout")
            other.execute("COMMIT")
        # What the interrupted attempt left behind is there, but of no use.
        assert len(indexes(three.dataset)) == 1
        assert filter_indexes_keep(dataset_id=three.dataset.pk) == (2, 1)
        assert len(indexes(three.dataset)) == 2
    finally:
        writer.close()
        with connections["store"].cursor() as run:
            run.execute(f"DROP TABLE {table}")


def test_undeclared_and_unknown_items_are_refused_and_nothing_changes(three: Town) -> None:
    for items in (["x"], [item(version_of(three), "XM"), "00000000-0000-0000-0000-000000000000"]):
        with pytest.raises(RuleViolation):
            dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"filter_items": items})
    fields = {"filter_items": [item(version_of(three), "XM")]}
    with pytest.raises(NotAllowed):
        dataset_update(actor=three.world.head, dataset_id=three.dataset.pk, fields=fields)
    three.dataset.refresh_from_db()
    assert three.dataset.filter_items == []
    assert not OutboxMessage.objects.filter(event="collection.dataset.filters").exists()


def test_two_workers_do_not_make_the_same_indexes(three: Town) -> None:
    fields = {"filter_items": [item(version_of(three), "XM")]}
    dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)
    other = connections["store"].copy()
    try:
        with other.cursor() as run:
            run.execute("SELECT pg_advisory_lock(%s, %s)", [filter_indexes._LOCK, three.dataset.pk])
        with pytest.raises(filter_indexes.IndexesBusy):
            filter_indexes_keep(dataset_id=three.dataset.pk)
    finally:
        other.close()
    assert filter_indexes_keep(dataset_id=three.dataset.pk) == (1, 0)
