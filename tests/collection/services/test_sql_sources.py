"""A database as a source: the rows come as they are there, in one read-only transaction, from a checked address."""

import io
import json
import ssl
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy.exc import InvalidRequestError
from structlog.testing import capture_logs

from collection import services
from collection.choices import DestinationPurpose, RunState
from collection.models import Run
from collection.outgoing import Access, Transient
from collection.outgoing.timed import Deadline
from collection.selectors.destination import destinations_allowed
from collection.services import fetch
from collection.services.fetch import order_of
from collection.sources import Order, mysql, postgresql, settings_of, sql
from core.exceptions import RuleViolation
from tests.collection.conftest import Town
from tests.collection.foreign import PASSWORD, ForeignPostgres, mysql_server, postgres
from tests.collection.services.test_ingest import codes, rows_of
from tests.collection.sources import add, allow, fetched_files, run
from tests.unchanged import nothing_changes
from workflow.exceptions import LeaseLost

__all__ = ["postgres"]

PEOPLE = (
    """CREATE TABLE "低保" ("对象编号" text, "姓名" varchar(50), "月保障金额" numeric, "纳入日期" date, other jsonb)"""
)
ROWS = """INSERT INTO "低保" VALUES ('0001', '王小明', 1.10, '2026-01-05', '{"n": 1.0}'),
 ('0164A', '李四“,"', 12345678901234567.89, NULL, '[1]'), ('007', NULL, NULL, '2026-03-01', NULL)"""


@pytest.fixture
def people(town: Town, postgres: ForeignPostgres) -> ForeignPostgres:
    postgres.execute(PEOPLE, ROWS)
    allow(town.world.secadmin, postgres.forwarder.port)
    return postgres


def source_of(town: Town, foreign: ForeignPostgres, *, secret: str = "", **values: Any) -> Any:
    return add(town, foreign.settings(**values), kind="sql", secret=secret or foreign.password)


def original_of(town: Town, done: Any) -> list[dict[str, Any]]:
    _run, content = services.original_read(actor=town.cataloguer, run_id=done.pk)
    return [json.loads(line, parse_float=str) for line in b"".join(content).decode().splitlines()]


def test_a_table_comes_digit_by_digit(town: Town, people: ForeignPostgres) -> None:
    done = run(town, source_of(town, people, table="低保", table_schema="public"))
    if done.state == RunState.WAITING:  # the column "other" belongs to no item
        mapping = done.mapping
        services.run_confirm(actor=town.cataloguer, run_id=done.pk, layout=done.layout, mapping=mapping)
        town.work(done)
    assert done.state == RunState.SUCCEEDED, done.message
    assert codes(town) == ["0001", "007", "0164A"]
    assert [row["YBZJE"] for row in rows_of(town)] == ["1.10", "12345678901234567.89", None]
    assert [row["XM"] for row in rows_of(town)] == ["王小明", '李四“,"', None]
    assert [row["NRRQ"] for row in rows_of(town)] == ["2026-01-05", None, "2026-03-01"]


def test_a_query_brings_every_type_unharmed(town: Town, people: ForeignPostgres) -> None:
    query = """SELECT '0001' AS "对象编号", 'a%b :c' AS "姓名", 10.50::numeric AS "月保障金额",
        date '2026-01-05' AS "纳入日期",
        timestamptz '2026-01-05 09:30:00.25+08' AS moment, true AS yes, 0.1::float8 AS f, 9007199254740993::bigint AS i,
        '\\x00ff'::bytea AS b, ARRAY[1, 2] AS a, '{"n": 1.10}'::jsonb AS j, NULL AS nothing, time '09:30' AS t,
        'NaN'::numeric AS n, '5 days'::interval AS span"""
    done = run(town, source_of(town, people, query=query))
    assert done.state in (RunState.SUCCEEDED, RunState.WAITING), done.message
    assert original_of(town, done) == [
        {
            "对象编号": "0001",
            "姓名": "a%b :c",
            "月保障金额": "10.50",
            "纳入日期": "2026-01-05",
            "moment": "2026-01-05T01:30:00.250000+00:00",
            "yes": True,
            "f": "0.1",
            "i": 9007199254740993,
            "b": "AP8=",
            "a": "[1, 2]",
            "j": '{"n": 1.10}',
            "nothing": None,
            "t": "09:30:00",
            "n": "NaN",
            "span": "5 days, 0:00:00",
        }
    ]


class Written(io.BytesIO):
    largest = 0

    def write(self, data: Any) -> int:
        self.largest = max(self.largest, len(data))
        return super().write(data)


def test_large_rows_are_put_together_piece_by_piece(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "WRITE_BYTES", 100_000)
    asked: list[int] = []
    fetch = sql._fetch
    monkeypatch.setattr(sql, "_fetch", lambda result, most, kept: asked.append(most) or fetch(result, most, kept))
    query = "SELECT n, repeat('x', CASE WHEN n < 600 THEN 5 ELSE 30000 END) AS t FROM generate_series(1, 800) n"
    into = Written()
    source = source_of(town, people, query=query)
    brought = sql.bring(order_of(source, total_seconds=60), into, lambda *_given: None)
    assert brought.records == 800
    assert len(into.getvalue().splitlines()) == 800
    assert into.largest < 140_000
    assert max(asked) == sql.BATCH_ROWS
    assert asked[-1] <= 4


def test_a_row_that_is_too_large_is_refused(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "ROW_BYTES", 1000)
    done = run(town, source_of(town, people, query="SELECT '0001' AS \"对象编号\", repeat('x', 2000) AS \"姓名\""))
    assert done.state == RunState.FAILED
    assert "larger than the limit of 1000 bytes" in done.message
    assert fetched_files() == []


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (ssl.SSLCertVerificationError("self-signed"), "database_tls"),
        (TimeoutError(), "timed_out"),
        (ConnectionResetError(), "cut_short"),
    ],
)
def test_why_mysql_was_not_reached_is_told_apart(cause: OSError, code: str) -> None:
    error = pymysql.OperationalError(2003, "Can't connect")
    error.original_exception = cause  # as PyMySQL does
    assert mysql.ENGINE.failure("db.example", error).code == code


def test_many_rows_are_read_in_batches(town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "BATCH_ROWS", 100)
    query = """SELECT lpad(n::text, 6, '0') AS "对象编号" FROM generate_series(1, 1050) n"""
    done = run(town, source_of(town, people, query=query))
    assert (done.state, done.rows_read) == (RunState.SUCCEEDED, 1050)


def test_reading_that_takes_too_long_is_given_up_and_tried_again(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(deadline: Deadline, seconds: float) -> float:
        if people.forwarder.connections > before:
            raise TimeoutError
        return seconds

    before = people.forwarder.connections
    monkeypatch.setattr(Deadline, "left", over)
    order = Order(
        settings=settings_of("sql", people.settings(table="低保", table_schema="public")),
        secret=people.password,
        access=Access(allowed=destinations_allowed(DestinationPurpose.SOURCE)),
    )
    with pytest.raises(Transient) as failed:
        sql.bring(order, io.BytesIO(), lambda done, total: None)
    assert failed.value.code == "timed_out"


def test_reading_writes_nothing_there(town: Town, people: ForeignPostgres) -> None:
    people.execute(
        "CREATE FUNCTION sneaky() RETURNS text LANGUAGE sql AS $$ INSERT INTO \"低保\" VALUES ('x') RETURNING '1' $$"
    )
    done = run(town, source_of(town, people, query='SELECT sneaky() AS "对象编号"'))
    assert done.state == RunState.FAILED
    assert "cannot carry out the query (error 25006)" in done.message


def test_a_query_cannot_make_its_transaction_write(town: Town, people: ForeignPostgres) -> None:
    query = "SELECT set_config('transaction_read_only', 'off', true) AS \"对象编号\""
    done = run(town, source_of(town, people, query=query))
    assert done.state == RunState.FAILED
    assert "cannot carry out the query (error 25001)" in done.message


@pytest.mark.parametrize("mark", ["/*!", "/*!50000", "/*M!"])
def test_no_comment_is_sent_that_mysql_carries_out(town: Town, mark: str) -> None:
    settings = {"engine": "mysql", "host": "db.example", "database": "d", "username": "u", "tls": "off"}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, {**settings, "query": f"SELECT 1 {mark} FOR UPDATE */"}, kind="sql", secret="x")
    assert [one.field for one in refused.value.errors] == ["query"]
    add(town, {**settings, "query": "SELECT 1 /* one */"}, kind="sql", secret="x")


@pytest.mark.parametrize(
    ("values", "secret", "said"),
    [
        ({"table": "missing"}, "", "cannot carry out the query (error 42P01)"),
        ({"query": "SELECT 1/0 AS x"}, "", "cannot carry out the query (error 22012)"),
        ({"query": "SELECT 1 AS a, 2 AS a"}, "", "have the same name"),
        ({"query": "SELECT date 'infinity' AS d"}, "", "a value that cannot be read"),
        ({"table": "低保"}, "wrong-9", "does not let us in"),
        ({"table": "低保", "database": "missing"}, "", "has no database of this name"),
        ({"table": "低保", "tls": "verify"}, "", "cannot be encrypted as demanded"),
        ({"query": "SELECT 'x' AS \"对象编号\" WHERE false"}, "", "gave no records at all"),
    ],
)
def test_what_is_wrong_is_said_without_the_databases_words(
    town: Town, people: ForeignPostgres, values: dict[str, Any], secret: str, said: str
) -> None:
    source = source_of(town, people, secret=secret, **values)
    failure = services.source_try(actor=town.cataloguer, source_id=source.pk)
    done = run(town, source)
    assert done.state == RunState.FAILED
    assert said in done.message
    assert done.attempts == 0
    assert (failure is None) == ("no records" in said)
    for hidden in (people.password, secret, "missing", "infinity"):
        assert not hidden or hidden not in done.message


def test_a_right_that_is_missing_is_told_from_a_wrong_password(town: Town, people: ForeignPostgres) -> None:
    people.execute(
        "CREATE FUNCTION closed() RETURNS text LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'closed' USING ERRCODE = '42501'; END $$"
    )
    done = run(town, source_of(town, people, query='SELECT closed() AS "对象编号"'))
    assert done.state == RunState.FAILED
    assert "let us in, but the user may not read this" in done.message


def test_a_database_that_is_not_listed_is_not_connected_to(town: Town, postgres: ForeignPostgres) -> None:
    source = source_of(town, postgres, table="x")
    before = postgres.forwarder.connections
    done = run(town, source)
    assert done.state == RunState.FAILED
    assert f"127.0.0.1, port {postgres.forwarder.port}" in done.message
    assert postgres.forwarder.connections == before


def test_the_address_that_was_checked_is_the_one_connected_to(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads inside for the check cannot lead elsewhere for the connection: it is resolved once."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.9.9.9"]

    services.destination_add(
        actor=town.world.secadmin,
        host="db.example",
        networks=["127.0.0.1/32"],
        ports=[people.forwarder.port],
        reason="by name",
    )
    order_of = services.source.order_of  # type: ignore[attr-defined]

    def ordered(source: Any, **given: Any) -> Any:
        order = order_of(source, **given)
        object.__setattr__(order.access, "resolve", resolve)
        return order

    monkeypatch.setattr("collection.services.fetch.order_of", ordered)
    done = run(town, source_of(town, people, host="db.example", query='SELECT "对象编号" FROM "低保"'))
    assert done.state == RunState.SUCCEEDED, done.message
    assert asked == ["db.example"]


class Cancelled(Exception):
    """What a look at a run that was cancelled raises."""


def cancel(done: int, total: int | None) -> None:
    raise Cancelled


@pytest.mark.parametrize("waits_at", ["first", "later"])
def test_a_statement_that_thinks_for_long_is_ended_on_the_server(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch, waits_at: str
) -> None:
    monkeypatch.setattr(sql, "LOOK_SECONDS", 0.05)
    came = {"first": 0, "later": sql.FIRST_ROWS}[waits_at]
    query = (
        f"""SELECT n::text AS "对象编号", CASE WHEN n > {came} THEN pg_sleep(60) END FROM generate_series(1, 50) n"""
    )
    order = order_of(source_of(town, people, query=query), total_seconds=60)
    seen: list[int] = []

    def look(done: int, total: int | None) -> None:
        seen.append(done)
        if seen.count(came) == 3:  # the first may tell of the rows that came
            raise Cancelled

    begun = time.monotonic()
    with pytest.raises(Cancelled):
        sql.bring(order, io.BytesIO(), look)
    assert time.monotonic() - begun < 20
    assert people.busy() == 0


def test_a_run_is_cancelled_while_its_source_thinks(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(fetch, "LOOK_SECONDS", 0)
    asked = services.source_run(
        actor=town.cataloguer,
        source_id=source_of(town, people, query='SELECT pg_sleep(60)::text AS "对象编号"').pk,
    )
    real = fetch._Watch.__call__

    def cancelling(watch: Any, done: int, total: int | None) -> None:
        if Run.objects.get(pk=asked.pk).state == RunState.RUNNING:
            services.run_cancel(actor=town.cataloguer, run_id=asked.pk)
        real(watch, done, total)

    monkeypatch.setattr(fetch._Watch, "__call__", cancelling)
    begun = time.monotonic()
    with pytest.raises(LeaseLost):
        town.work(asked)
    assert time.monotonic() - begun < 20
    asked.refresh_from_db()
    assert (asked.state, people.busy(), fetched_files()) == (RunState.CANCELLED, 0, [])


@pytest.mark.parametrize("error", [psycopg.OperationalError, InvalidRequestError])
def test_a_server_that_cannot_be_asked_to_end_a_statement_is_left(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Also where the step has lost the connection meanwhile, which is told when it is asked for."""
    monkeypatch.setattr(sql, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(sql, "CANCEL_SECONDS", 0.1)
    order = order_of(source_of(town, people, query="SELECT pg_sleep(5)"), total_seconds=60)

    def gone(_connection: Any, _again: Any) -> None:
        raise error

    monkeypatch.setattr(sql, "engine_of", lambda _key: replace(postgresql.ENGINE, cancel=gone))
    begun = time.monotonic()
    with capture_logs() as logs, pytest.raises(Cancelled):
        sql.bring(order, io.BytesIO(), cancel)
    assert time.monotonic() - begun < 4
    assert [one["event"] for one in logs] == ["source_statement_not_cancelled"]


def test_a_connection_that_breaks_is_tried_again_and_leaves_nothing(town: Town, people: ForeignPostgres) -> None:
    people.forwarder.break_after = 200_000
    query = """SELECT n::text AS "对象编号", repeat('x', 100) AS "姓名" FROM generate_series(1, 20000) n"""
    asked = run(town, source_of(town, people, query=query))
    assert (asked.state, asked.attempts) == (RunState.QUEUED, 1)
    assert fetched_files() == []
    assert not asked.original


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "table"),
        ({"table": "a", "query": "SELECT 1"}, "table"),
        ({"query": "DELETE FROM x"}, "query"),
        ({"query": "SELECT 1; DROP TABLE x"}, "query"),
        ({"query": "SELECT 1 INTO OUTFILE '/tmp/x'"}, "query"),
        ({"table": "a", "host": "a b"}, "host"),
        ({"table": "a", "host": "x/y"}, "host"),
        ({"table": "a", "port": 70000}, "host"),
        ({"table": "a", "engine": "oracle"}, "engine"),
        ({"table": "a", "tls": "maybe"}, "tls"),
        ({"table": "a", "database": ""}, "database"),
    ],
)
def test_what_is_no_database_is_refused(town: Town, values: dict[str, Any], field: str) -> None:
    good = {"engine": "postgresql", "host": "db.example", "database": "d", "username": "u"}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, good | values, kind="sql", secret="x")
    assert field in [one.field for one in refused.value.errors]


def test_names_of_tables_are_quoted(town: Town, people: ForeignPostgres) -> None:
    people.execute("""CREATE TABLE "od""d; --" ("对象编号" text)""", """INSERT INTO "od""d; --" VALUES ('1')""")
    done = run(town, source_of(town, people, table='od"d; --'))
    assert done.state == RunState.SUCCEEDED, done.message


def test_mysql_is_read_over_a_checked_socket(town: Town) -> None:
    query = "SELECT code AS `对象编号`, name AS `姓名` FROM people"
    answers = {query: ([("0001", "王小明"), ("0164A", None)], ["对象编号", "姓名"])}
    with mysql_server(answers) as (port, asked):
        settings = {
            "engine": "mysql", "host": "127.0.0.1", "port": port, "database": "", "username": "reader", "tls": "off",
            "query": query,
        }  # fmt: skip
        settings["database"] = "information_schema"
        source = add(town, settings, kind="sql", secret=PASSWORD)
        refused = run(town, source)
        assert "is not on the list of destinations" in refused.message
        assert asked == []
        allow(town.world.secadmin, port)
        done = run(town, source)
        assert done.state == RunState.SUCCEEDED, done.message
        assert codes(town) == ["0001", "0164A"]
        assert "SET SESSION TRANSACTION READ ONLY" in asked
        wrong = add(town, settings, kind="sql", secret="wrong", name="wrong")
        done = run(town, wrong)
        assert done.state == RunState.FAILED
        assert "does not let us in" in done.message


def test_nothing_is_read_from_the_environment_of_this_machine(
    town: Town, people: ForeignPostgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = source_of(town, people, query='SELECT "对象编号" FROM "低保"')
    with monkeypatch.context() as patched:
        patched.setenv("PGOPTIONS", "-c nonsense=1")
        patched.setenv("PGHOSTADDR", "10.255.255.1")
        patched.setenv("PGPASSWORD", "leaked")
        patched.setenv("PGSERVICE", "ours")
        patched.setenv("PGSERVICEFILE", str(tmp_path / "nowhere"))
        assert services.source_try(actor=town.cataloguer, source_id=source.pk) is None
