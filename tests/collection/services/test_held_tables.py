"""A change of shape waits for readers only so long: then it gives up, says so, and leaves all as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from django.db import connections

from collection import services
from collection.choices import RunState
from collection.models import DatasetVersion
from collection.store import tables
from tests.collection.conftest import HEADER, ROWS, Town, make_three
from tests.collection.services.test_ingest import codes, rows_of
from tests.collection.services.test_lost_workers import staging_tables, stored
from tests.collection.services.test_reshaped import revise

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "store"])

NOTE = {"name": "备注", "field_name": "BZ", "type": "C", "length": 50}


@pytest.fixture
def three(transactional_db: None) -> Town:
    return make_three()


@contextmanager
def reading(town: Town) -> Iterator[None]:
    """Read the rows of a dataset in a transaction that goes on for as long as the block."""
    with beside() as connection:
        assert connection.execute(f"SELECT count(*) FROM store.d{town.dataset.pk}_g1").fetchone() == (3,)
        yield


@contextmanager
def beside() -> Iterator[psycopg.Connection]:
    """Open a connection of somebody else to the store."""
    parameters = connections["store"].get_connection_params() | {"cursor_factory": psycopg.Cursor}
    parameters.pop("context", None)
    with psycopg.connect(**parameters) as connection:
        yield connection


@pytest.mark.parametrize(
    ("item", "others", "is_watched"),
    [
        pytest.param({"type": "C"}, "", True, id="any length"),
        pytest.param({"type": "C", "length": 18}, ",不是日期", True, id="wrong besides"),
        pytest.param({"type": "N"}, "", True, id="number"),
        pytest.param({"type": "N"}, "", False, id="number unwatched"),
    ],
)
def test_a_key_that_no_index_holds_rejects_its_row_of_a_first_load(
    three: Town, item: dict[str, Any], others: str, is_watched: bool
) -> None:
    """PostgreSQL puts rows into a new index too that are deleted, while an older snapshot might still see them."""
    key = {"name": "编号", "field_name": "BH", "is_key": True, "nullable": False} | item
    entry = three.world.published(name="长主键", items=[key, {"name": "日期", "field_name": "RQ", "type": "D"}])
    long = Town(three.world, entry, services.dataset_hook(actor=three.cataloguer, ref=entry.pk))
    digits = "".join(str(int(sha256(str(at).encode()).hexdigest(), 16)) for at in range(200))
    text = f"编号,日期\n1{digits}{others or ','}\n" + "".join(f"1{at:03d},2026-01-02\n" for at in range(20))
    with beside() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if is_watched:
            connection.execute(f"SELECT FROM store.d{three.dataset.pk}_g1")
        run = long.send(text)
    assert run.state == RunState.SUCCEEDED, run.message
    assert run.rows_rejected == 1
    assert len(rows_of(long)) == 20
    assert long.send(text + "1999,2026-01-02\n").state == RunState.SUCCEEDED
    assert len(rows_of(long)) == 21


def test_a_new_item_waits_for_readers_only_so_long(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LOCK_TIMEOUT", "200ms")
    revise(three, extra=[NOTE])
    before, text = stored(three), HEADER.strip() + ",备注\n" + ROWS[0].strip() + ",甲\n" + "".join(ROWS[1:])
    with reading(three):
        run = three.send(text)
    assert (run.state, run.failure["code"]) == (RunState.FAILED, "run.table_held")
    assert "try again in a few minutes" in run.message
    assert stored(three) == before
    assert codes(three) == ["0001", "0002", "0164A"]
    assert DatasetVersion.objects.count() == 1
    assert staging_tables() == []

    again = three.send(text)
    assert again.state == RunState.SUCCEEDED, again.message
    assert {row["DXBH"]: row["BZ"] for row in rows_of(three)} == {"0001": "甲", "0002": None, "0164A": None}
