"""How a row is written."""

import json

import pytest
from django.db import transaction
from psycopg import sql

from collection.readers.shown import Shown, alias, json_row, typed_text
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


@pytest.mark.django_db(databases=["default", "store"])
@pytest.mark.parametrize("style", ["ISO, MDY", "German", "SQL, DMY"])
@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-01-05 01:02:03+00", "2026-01-05T09:02:03+08:00"),
        ("1988-06-01 04:00:00.12+00", "1988-06-01T12:00:00.12+08:00"),
        ("2025-12-31 16:00:00.000001+00", "2026-01-01T00:00:00.000001+08:00"),
        ("0001-01-01 00:00:00+00", "0001-01-01T08:00:00+08:00"),
        ("9999-12-31 15:59:59+00", "9999-12-31T23:59:59+08:00"),
        (None, None),
    ],
)
def test_a_moment_is_written_by_iso_8601_at_beijing_whatever_the_server_prefers(
    style: str, moment: str | None, shown: str | None
) -> None:
    with transaction.atomic(using="store"), tables.cursor() as run:
        run.execute("SELECT set_config('DateStyle', %s, true)", [style])
        text = typed_text("timestamptz", sql.SQL("{}::timestamptz").format(sql.Literal(moment)))
        run.execute(sql.SQL("SELECT {}").format(text))
        assert run.fetchone()[0] == shown
