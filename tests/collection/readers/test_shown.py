"""How a row is written."""

import json

import pytest
from psycopg import sql

from collection.readers.shown import Shown, alias, json_row
from collection.store import tables
from collection.store.columns import Column


@pytest.mark.django_db(databases=["default", "store"])
@pytest.mark.parametrize("count", [1, 49, 50, 51, 400])
def test_a_row_of_any_number_of_items_is_one_object(count: int) -> None:
    shown = [Shown(Column(str(at), f"项{at}", "", "C", f"i{at}_t"), at, is_masked=False) for at in range(count)]
    values = sql.SQL(", ").join(
        sql.SQL("{}::text AS {}").format(sql.Literal(f"值{at}"), alias(at)) for at in range(count)
    )
    with tables.cursor() as run:
        run.execute(sql.SQL("SELECT {} FROM (SELECT {}) AS s").format(json_row(shown), values))
        assert json.loads(run.fetchone()[0]) == {f"项{at}": f"值{at}" for at in range(count)}
