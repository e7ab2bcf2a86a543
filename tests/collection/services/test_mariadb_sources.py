"""A real MariaDB as a source: its types, its zero dates, its size, its refusals."""

import io
import json
import resource
import time
from collections.abc import Iterator
from typing import Any

import pytest

from collection import services
from collection.choices import RunState
from collection.services.fetch import order_of
from collection.sources import sql
from tests.collection.conftest import Town
from tests.collection.mariadb import MariaDb, program, running_mariadb
from tests.collection.services.test_ingest import codes, rows_of
from tests.collection.sources import add, allow, run

PASSWORD = "reader-4b7d"
pytestmark = pytest.mark.skipif(
    program("mariadbd") is None or program("mariadb-install-db") is None,
    reason="no MariaDB on this machine (Debian: mariadb-server-core)",
)
ROWS_OF_MANY = 120_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    with running_mariadb(tmp_path_factory.mktemp("mariadb")) as found:
        found.execute(
            "CREATE DATABASE civil CHARACTER SET utf8mb4",
            f"CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
            "GRANT SELECT ON civil.* TO reader@'127.0.0.1'",
            "SET GLOBAL sql_mode = ''",
            "CREATE TABLE civil.`低保` (`对象编号` varchar(20), `姓名` varchar(50), `月保障金额` decimal(20,2),"
            " `纳入日期` date)",
            "INSERT INTO civil.`低保` VALUES ('0001', '王小明', 1.10, '2026-01-05'),"
            " ('0164A', '李四“,”😀𠮷', 123456789012345678.90, NULL), ('007', NULL, NULL, '0000-00-00')",
            "CREATE TABLE civil.`od``d; --` (`对象编号` varchar(20))",
            "INSERT INTO civil.`od``d; --` VALUES ('1')",
            "CREATE TABLE civil.secret (a int)",
        )
        yield found


def source_of(town: Town, server: MariaDb, *, secret: str = PASSWORD, **values: Any) -> Any:
    return add(town, server.settings("reader", **values), kind="sql", secret=secret)


@pytest.fixture
def listed(town: Town, server: MariaDb) -> MariaDb:
    allow(town.world.secadmin, server.port)
    return server


def test_a_table_comes_as_it_is_there(town: Town, listed: MariaDb) -> None:
    done = run(town, source_of(town, listed, table="低保"))
    assert done.state == RunState.SUCCEEDED, done.message
    assert codes(town) == ["0001", "007", "0164A"]
    assert [row["XM"] for row in rows_of(town)] == ["王小明", "李四“,”😀𠮷", None]
    assert [row["YBZJE"] for row in rows_of(town)] == ["1.10", "123456789012345678.90", None]
    assert [row["NRRQ"] for row in rows_of(town)] == ["2026-01-05", None, None]


def test_every_type_comes_unharmed(town: Town, listed: MariaDb) -> None:
    query = (
        "SELECT '0001' AS `对象编号`, 18446744073709551615 AS big, CAST(0.1 AS double) AS f, b'101' AS bits,"
        " x'00ff' AS b, CAST('-838:59:59' AS time) AS span, CAST('2026-01-05 09:30:00.25' AS datetime(2)) AS moment,"
        " CAST('0000-00-00' AS date) AS zero, CAST('0000-00-00 00:00:00' AS datetime) AS zero_moment, NULL AS nothing,"
        " '100%' AS percent, 'a:b' AS colon, JSON_OBJECT('n', 1.10) AS j"
    )
    done = run(town, source_of(town, listed, query=query))
    assert done.state in (RunState.SUCCEEDED, RunState.WAITING), done.message
    _run, content = services.original_read(actor=town.cataloguer, run_id=done.pk)
    assert json.loads(b"".join(content), parse_float=str) == {
        "对象编号": "0001",
        "big": 18446744073709551615,
        "f": "0.1",
        "bits": "BQ==",
        "b": "AP8=",
        "span": "-838:59:59",
        "moment": "2026-01-05T09:30:00.250000",
        "zero": None,
        "zero_moment": None,
        "nothing": None,
        "percent": "100%",
        "colon": "a:b",
        "j": '{"n": 1.10}',
    }


def test_many_rows_come_in_constant_memory(town: Town, listed: MariaDb) -> None:
    query = "SELECT LPAD(seq, 8, '0') AS `对象编号`, REPEAT('名', 40) AS `姓名` FROM seq_1_to_{}"
    first = run(
        town, add(town, listed.settings("reader", query=query.format(2000)), kind="sql", secret=PASSWORD, name="first")
    )
    assert first.state == RunState.SUCCEEDED, first.message
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = run(town, source_of(town, listed, query=query.format(ROWS_OF_MANY)))
    assert (done.state, done.rows_read) == (RunState.SUCCEEDED, ROWS_OF_MANY), done.message
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 60, f"{grown:.0f} MB for {ROWS_OF_MANY} rows"


def test_names_of_tables_are_quoted(town: Town, listed: MariaDb) -> None:
    done = run(town, source_of(town, listed, table="od`d; --"))
    assert done.state == RunState.SUCCEEDED, done.message


@pytest.mark.parametrize(
    ("values", "secret", "said"),
    [
        ({"table": "低保"}, "wrong", "does not let us in"),
        ({"table": "低保", "database": "nowhere"}, PASSWORD, "database"),
        ({"query": "SELECT * FROM mysql.user"}, PASSWORD, "may not read"),
        ({"query": "SELECT nonsense FROM `低保`"}, PASSWORD, "cannot carry out the query (error 1054)"),
        ({"table": "低保", "tls": "verify"}, PASSWORD, "cannot be encrypted"),
    ],
)
def test_what_is_wrong_is_said(town: Town, listed: MariaDb, values: dict[str, Any], secret: str, said: str) -> None:
    done = run(town, source_of(town, listed, secret=secret, **values))
    assert done.state == RunState.FAILED
    assert said in done.message
    assert town.dataset.versions.count() == 0


def test_nothing_is_written_there_even_by_who_might(town: Town, listed: MariaDb) -> None:
    listed.execute(
        "CREATE FUNCTION civil.sneaky() RETURNS int BEGIN INSERT INTO civil.secret VALUES (1); RETURN 1; END",
        "GRANT ALL ON civil.* TO reader@'127.0.0.1'",
    )
    try:
        done = run(town, source_of(town, listed, query="SELECT civil.sneaky() AS `对象编号`"))
    finally:
        listed.execute("REVOKE ALL ON civil.* FROM reader@'127.0.0.1'", "GRANT SELECT ON civil.* TO reader@'127.0.0.1'")
    assert done.state == RunState.FAILED
    assert "error 1792" in done.message  # a transaction that only reads


def test_a_statement_that_thinks_for_long_is_ended_on_the_server(
    town: Town, listed: MariaDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "LOOK_SECONDS", 0.05)
    order = order_of(source_of(town, listed, query="SELECT SLEEP(60) AS a"), total_seconds=60)

    def cancel(done: int, total: int | None) -> None:
        raise ZeroDivisionError

    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        sql.bring(order, io.BytesIO(), cancel)
    assert time.monotonic() - begun < 20
    assert listed.busy("reader") == 0
