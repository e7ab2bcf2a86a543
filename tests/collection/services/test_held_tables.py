"""A change of shape waits for readers only so long: then it gives up, says so, and leaves all as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections

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
    parameters = connections["store"].get_connection_params() | {"cursor_factory": psycopg.Cursor}
    parameters.pop("context", None)
    with psycopg.connect(**parameters) as connection:
        assert connection.execute(f"SELECT count(*) FROM store.d{town.dataset.pk}_g1").fetchone() == (3,)
        yield


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
