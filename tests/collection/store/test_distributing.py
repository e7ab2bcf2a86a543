"""What is asked of Citus, and when: functions of its names and signatures stand in for it and note their calls.

They lie in a schema that comes before the catalog, and go with the test's transaction.
"""

from typing import Any

import pytest
from django.db import connections

from collection import services
from collection.choices import RunState
from collection.selectors.pool import sizes_of
from collection.store import distributing, names
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_ingest import codes

STAND_IN = """
CREATE SCHEMA citus;
SET LOCAL search_path = citus, pg_catalog, public;
CREATE VIEW citus.pg_extension AS SELECT extname FROM pg_catalog.pg_extension UNION ALL SELECT 'citus'::name;
CREATE TYPE citus.distribution_type AS ENUM ('hash', 'range', 'append');
CREATE TABLE citus.pg_dist_partition (logicalrelid regclass, partmethod "char", beside text);
CREATE TABLE citus.truncated (name text);
CREATE FUNCTION citus.create_distributed_table(table_name regclass, distribution_column text,
    distribution_type citus.distribution_type DEFAULT 'hash', colocate_with text DEFAULT 'default',
    shard_count int DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF distribution_column <> '_key' OR EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = distribution_column
        WHERE i.indrelid = table_name AND i.indisunique AND NOT a.attnum = ANY(i.indkey)) THEN
        RAISE EXCEPTION 'cannot create constraint on %', table_name;
    END IF;
    INSERT INTO pg_dist_partition VALUES (table_name, 'h', colocate_with);
END $$;
CREATE FUNCTION citus.truncate_local_data_after_distributing_table(function_name regclass) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO citus.truncated SELECT function_name::text FROM pg_dist_partition WHERE logicalrelid = function_name;
END $$;
CREATE FUNCTION citus.citus_total_relation_size(logicalrelid regclass, fail_on_error boolean DEFAULT true)
    RETURNS bigint LANGUAGE sql AS 'SELECT 1000000000::bigint';
"""


def asked(statement: str = "SELECT logicalrelid::text, beside FROM pg_dist_partition ORDER BY 1") -> list[Any]:
    with connections[names.ALIAS].cursor() as run:
        run.execute(statement)
        return list(run.fetchall())


@pytest.fixture
def cluster(db: None, settings: Any) -> None:
    with connections[names.ALIAS].cursor() as run:
        run.execute(STAND_IN)
    settings.DISTRIBUTE_ROWS = 2


def test_without_the_extension_nothing_is_asked(three: Town, settings: Any) -> None:
    settings.DISTRIBUTE_ROWS = 2
    assert three.send(HEADER + "".join(ROWS)).state == RunState.UNCHANGED
    assert not distributing.is_distributed(three.dataset.pk, 1)


@pytest.mark.usefixtures("cluster")
def test_only_a_table_above_the_set_size_is_spread_by_its_key_and_once(town: Town) -> None:
    town.send(HEADER + "".join(ROWS[:2]))
    assert asked() == []
    town.send(HEADER + "".join(ROWS))
    table = f"store.d{town.dataset.pk}_g1"
    assert asked() == [(table, "none")]
    assert asked("SELECT name FROM citus.truncated") == [(table,)]
    size = sizes_of([town.dataset])[town.dataset.pk]
    assert size > 1_000_000_000


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("mode", ["replace", "append", "upsert"])
def test_what_is_loaded_into_a_spread_table_is_staged_beside_it(town: Town, mode: str) -> None:
    town.send(HEADER + "".join(ROWS))
    run = town.send(HEADER + "".join(ROWS[1:]) + "0009,孙七,,5,2026-05-01\n", mode=mode)
    assert run.state == RunState.SUCCEEDED, run.message
    table = f"store.d{town.dataset.pk}_g1"
    assert asked("SELECT beside FROM pg_dist_partition WHERE beside <> 'none'") == [(table,)] * 2
    staged = "SELECT count(*) FROM citus.truncated WHERE name LIKE "
    assert asked(f"{staged} '%\\_rows'") == asked(f"{staged} '%\\_found'") == [(1,)]
    assert codes(town) == (["0001"] if mode != "replace" else []) + ["0002", "0009", "0164A"]


@pytest.mark.usefixtures("cluster")
def test_a_version_that_is_published_again_is_staged_beside_its_table(town: Town) -> None:
    town.send(HEADER + "".join(ROWS))
    town.send(HEADER + "".join(ROWS[1:]))
    run = services.run_rollback(actor=town.cataloguer, dataset_id=town.dataset.pk, number=1)
    assert town.work(run).state == RunState.SUCCEEDED
    assert len(asked("SELECT beside FROM pg_dist_partition WHERE beside <> 'none'")) == 4
    assert codes(town) == ["0001", "0002", "0164A"]


@pytest.mark.usefixtures("cluster")
def test_what_cannot_be_spread_harms_no_run_and_is_tried_again(town: Town) -> None:
    with connections[names.ALIAS].cursor() as run:
        run.execute("ALTER FUNCTION truncate_local_data_after_distributing_table(regclass) RENAME TO away")
    loaded = town.send(HEADER + "".join(ROWS))
    assert loaded.state == RunState.SUCCEEDED
    assert asked() == []
    with connections[names.ALIAS].cursor() as run:
        run.execute("ALTER FUNCTION away(regclass) RENAME TO truncate_local_data_after_distributing_table")
    assert town.send(HEADER + "".join(ROWS)).state == RunState.UNCHANGED
    assert len(asked()) == 1


@pytest.mark.usefixtures("cluster")
def test_a_worker_that_lost_its_dataset_spreads_nothing(three: Town) -> None:
    with connections[names.ALIAS].cursor() as run:
        run.execute("DELETE FROM pg_dist_partition")
    assert not distributing.table_distribute(three.dataset.pk, 1, token=0, most_rows=0)
    assert asked() == []
