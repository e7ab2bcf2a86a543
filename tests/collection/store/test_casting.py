"""Two ways lead to typed rows: one that PostgreSQL reads, one that is cast and checked. They never differ."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from collection.intake.plain import SAMPLE_BYTES, plain_copy_of
from collection.store import casting, names, staging, tables
from collection.store.casting import Bound
from collection.store.columns import Column
from collection.store.names import Stage

pytestmark = pytest.mark.django_db(databases=["default", "store"])

DIRECT, CAST = Stage(1, 1), Stage(1, 2)
NUMBERS = ["0", "7", "-3", "+5", "007", "1.50", "1.", ".5", "1e3", "1E400", "0x1F", "1_000", "NaN", "Infinity", "-inf",
           "12345678901234567890", "--1", "1.2.3", "٣"]  # fmt: skip
DAYS = ["2026-01-02", "2026-1-2", "2026-02-30", "0000-01-01", "20260102", "infinity", "epoch", "today", "0001-01-01 BC",
        "10000-01-01", "2026/01/02", "2026年1月2日", "2026-Jan-02", "02-01-2026"]  # fmt: skip
MOMENTS = ["2026-01-02 03:04:05", "2026-01-02T03:04:05", "2026-01-02 03:04", "2026-01-02 24:00:00",
           "2026-01-02 25:00:00", "2026-01-02 03:04:05Z", "2026-01-02 03:04:0Z", "1988-07-01 12:00:00", "now",
           "-infinity", "2026-01-02 03:04:60", "0001-01-01 00:00:00", "9999-12-31 23:59:59",
           "0001-01-01 00:00:00+14:00", "9999-12-31 23:59:59-12"]  # fmt: skip
WORDS = ["是", "否", "TRUE", "y", "1", "0", "maybe", "t"]
TEXTS = ["甲", " 甲", "甲\u3000", "\u00a0", "文字过长了", "a\x1fb", "0164A", "null", "\\N", "'"]
BY_TYPE = {"C": TEXTS, "N": NUMBERS, "I": NUMBERS, "B": NUMBERS, "D": DAYS, "T": MOMENTS, "L": WORDS}


def column(number: int, letter: str, **given: Any) -> Column:
    item = UUID(int=number)
    return Column(str(item), f"项{number}", "", letter, names.column(item, letter), **given)


def staged(stage: Stage) -> tuple[list[Any], list[Any]]:
    """Return the typed rows of a stage, and what is noted of rejected ones."""
    with connections["store"].cursor() as run:
        run.execute("SELECT set_config('TimeZone', 'Asia/Shanghai', false)")
        run.execute(f"SELECT to_jsonb(r) - '_good' FROM store.{stage.name('rows')} r ORDER BY _line")
        rows = [json.loads(row) for (row,) in run.fetchall()]
        run.execute(f"SELECT * FROM store.{stage.name('bad')} ORDER BY 1, 2, 3")
        return rows, list(run.fetchall())


def read_both(folder: Path, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> tuple[bool, Any, Any]:
    """Return whether PostgreSQL could read the file, what it made of it, and what casting makes of the cells."""
    path = folder / "file.csv"
    lines = [",".join(str(at) for at in range(len(columns))), *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    file = plain_copy_of(path, ",", len(columns))
    tables.schema_ensure()
    for stage in (DIRECT, CAST):
        staging.bad_create(stage)
    bound = [Bound(one, at) for at, one in enumerate(columns)]
    count = None if file is None else casting.rows_copy(DIRECT, bound, file, lambda done, rows: None)
    if file is None or count is None:
        return False, None, None
    assert count == len(rows)
    staging.raw_create(CAST, len(columns))
    staging.raw_copy_plain(CAST, file, lambda done, rows: None)
    casting.rows_cast(CAST, bound)
    direct, noted = staged(DIRECT)
    # Cells of words stand beside the values until the rows are loaded.
    wanted = {"_line", "_key", "_gone", *(one.column for one in columns)}
    return True, ([{key: row[key] for key in wanted} for row in direct], noted), staged(CAST)


class _AtOnce:
    """Looks at the cells before any is copied."""

    def __init__(self, workers: int) -> None:
        pass

    def __enter__(self) -> "_AtOnce":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, function: Callable[..., Any], *given: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(function(*given))
        return done


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
@pytest.mark.parametrize("end", ["\n", ""])
def test_copying_ends_without_an_error_of_the_server_once_a_cell_needs_a_second_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, end: str
) -> None:
    """What PostgreSQL is told to fail, and half a row, it logs as an error: on the first start of the demo too."""
    columns = [column(1, "C", is_key=True, nullable=False), column(2, "D")]
    path = tmp_path / "file.csv"
    lines = ["编号,日期", "k1,2026-01-02", "k2,2026-01-03", "k3,待核实", "k4,2026-01-05"]
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    file = plain_copy_of(path, ",", 2)
    assert file is not None
    tables.schema_ensure()
    ends: list[object] = []
    leave = psycopg.Copy.__exit__

    def watched(copy: "psycopg.Copy[Any]", kind: Any, *error: Any) -> None:
        leave(copy, kind, *error)
        ends.append(kind)

    monkeypatch.setattr(psycopg.Copy, "__exit__", watched)
    monkeypatch.setattr(casting, "ThreadPoolExecutor", _AtOnce)
    monkeypatch.setattr(staging, "_CHUNK", piece)
    told: list[int] = []
    bound = [Bound(one, at) for at, one in enumerate(columns)]
    assert casting.rows_copy(DIRECT, bound, file, lambda done, rows: told.append(rows)) is None
    assert ends == [None], "neither we nor the server broke it off"
    assert max(told) == 1, "what comes after the row is not sent"
    with connections["store"].cursor() as run:
        run.execute(f"SELECT count(*) FROM store.{DIRECT.name('rows')}")
        assert run.fetchone() == (0,), "nothing of it stays"


@pytest.mark.parametrize(("letter", "cell"), [(letter, cell) for letter, cells in BY_TYPE.items() for cell in cells])
def test_what_postgresql_reads_is_what_casting_makes_of_it(tmp_path: Path, letter: str, cell: str) -> None:
    columns = [column(1, "C", is_key=True, nullable=False), column(2, letter, length=4 if letter == "C" else None)]
    was_read, direct, cast = read_both(tmp_path, columns, [["k1", cell], ["k2", ""]])
    assert direct == cast
    if was_read:
        assert len(direct[0]) == 2


@pytest.mark.parametrize(
    ("letter", "cell"),
    [("C", "甲"), ("N", "-1.50"), ("I", "42"), ("B", "1e3"), ("D", "2026-01-02"), ("T", "2026-01-02 03:04:05"),
     ("L", "是")],
)  # fmt: skip
def test_the_usual_form_of_every_type_is_read_by_postgresql(tmp_path: Path, letter: str, cell: str) -> None:
    columns = [column(1, "C", is_key=True, nullable=False), column(2, letter)]
    assert read_both(tmp_path, columns, [["k1", cell]])[0]


@pytest.mark.parametrize("text", ["a,b\n1,2\n,\n3,4\n", "a,b\n1,2\n,", "a,b\n1,2\n \u3000,\t\r\n3,4\n", "a\n1\n\n2\n"])
def test_a_file_with_an_empty_row_is_not_copied_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.csv"
    width = text.partition("\n")[0].count(",") + 1
    path.write_text(text, encoding="utf-8")
    assert plain_copy_of(path, ",", width) is None


def test_neither_the_last_line_end_nor_that_of_a_piece_is_an_empty_row(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b\n" + "123,\n" * (SAMPLE_BYTES // 4), encoding="utf-8")
    assert plain_copy_of(path, ",", 2) is not None


rows_of_cells = st.lists(
    st.tuples(st.sampled_from(["k1", "k2", "k3"]), *(st.sampled_from(["", *cells[:4]]) for cells in BY_TYPE.values())),
    min_size=1,
    max_size=5,
)


@given(rows=rows_of_cells, is_keyed=st.booleans(), are_filled=st.booleans())
@settings(max_examples=40)
def test_whole_files_come_out_the_same(
    tmp_path: Path, rows: list[tuple[str, ...]], is_keyed: bool, are_filled: bool
) -> None:
    first = column(1, "C", is_key=is_keyed, nullable=not is_keyed)
    rest = [column(2 + at, letter, nullable=not are_filled) for at, letter in enumerate(BY_TYPE)]
    _was_read, direct, cast = read_both(tmp_path, [first, *rest], rows)
    assert direct == cast


def test_a_moment_whose_year_at_beijing_has_not_four_digits_is_refused() -> None:
    columns = [column(1, "C", is_key=True, nullable=False), column(2, "T")]
    tables.schema_ensure()
    staging.bad_create(CAST)
    staging.raw_create(CAST, 2)
    moments = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+08:00"]
    staging.raw_copy_rows(CAST, 2, [(at, [f"k{at}", one]) for at, one in enumerate(moments, 2)], lambda done: None)
    casting.rows_cast(CAST, [Bound(one, at) for at, one in enumerate(columns)])
    rows, bad = staged(CAST)
    assert [row["_key"] for row in rows] == ["k4"]
    assert [(line, rule) for line, _item, rule in bad] == [(2, "moment"), (3, "moment")]


def test_a_cell_that_breaks_a_rule_is_named_and_its_row_left_out(tmp_path: Path) -> None:
    columns = [column(1, "C", is_key=True, nullable=False), column(2, "N", nullable=False), column(3, "D")]
    bound = [Bound(one, at) for at, one in enumerate(columns)]
    tables.schema_ensure()
    staging.bad_create(CAST)
    staging.raw_create(CAST, 3)
    cells = [["k1", "1,234", "2026/1/2"], ["k2", "1e3", "2026-02-30"], ["", "", ""], ["k4", "0x1F", "infinity"]]
    staging.raw_copy_rows(CAST, 3, list(enumerate(cells, 2)), lambda done: None)
    casting.rows_cast(CAST, bound)
    rows, bad = staged(CAST)
    assert [(row["_key"], row[columns[1].column], row[columns[2].column]) for row in rows] == [
        ("k1", 1234, "2026-01-02")
    ]
    item = {at: one.item for at, one in enumerate(columns)}
    assert bad == [
        (3, item[1], "number"), (3, item[2], "date"), (4, item[0], "key_empty"), (4, item[1], "mandatory"),
        (5, item[1], "number"), (5, item[2], "date"),
    ]  # fmt: skip
