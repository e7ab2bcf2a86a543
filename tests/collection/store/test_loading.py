"""What a load makes of a table that other versions were in before."""

from uuid import UUID

import pytest
from django.db import connections

from collection.choices import LoadMode
from collection.store import casting, fence, loading, names, staging, tables
from collection.store.casting import Bound
from collection.store.columns import Column
from collection.store.names import Stage

pytestmark = pytest.mark.django_db(databases=["default", "store"])


def column(number: int, letter: str = "C", **given: bool) -> Column:
    item = UUID(int=number)
    return Column(str(item), f"项{number}", "", letter, names.column(item, letter), **given)


def test_columns_of_an_earlier_version_stay_though_it_had_no_rows() -> None:
    key, left = column(1, is_key=True, nullable=False), column(2)
    stage = Stage(1, 1)
    fence.fence_take(7, stage.token, generation=1, published=0)
    tables.table_ensure(7, 1, [key, left])
    staging.bad_create(stage)
    staging.raw_create(stage, 1)
    staging.raw_copy_rows(stage, 1, [(2, ["k1"])], lambda done: None)
    casting.rows_cast(stage, [Bound(key, 0)])
    loaded = loading.load(dataset_id=7, generation=1, stage=stage, columns=[key], mode=LoadMode.REPLACE, number=2)
    assert loaded.added == 1
    with connections["store"].cursor() as run:
        run.execute(f'SELECT _key, "{left.column}" FROM store.d7_g1')
        assert run.fetchall() == [("k1", None)]
