"""Loading and reading the row store beside what PostgreSQL does alone. ROWS=10000000 for the long form."""

import csv
import io
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections

from accounts.selectors import actor_for_user
from bench.registry import Figures, benchmark, compare
from catalog import services as catalog
from catalog.choices import Mask
from catalog.models import Entry
from collection import services
from collection.choices import RunState
from collection.evidence import pieces_of
from collection.models import Dataset, Run
from collection.readers import Entitlement, page, stream
from collection.readers.page import PinnedVersion
from collection.readers.profile import SAMPLE_ROWS, profile
from collection.selectors import pinned_version, version_get
from collection.services.ingest import run_work
from collection.services.sweep import job_name
from core import clock
from sharing.choices import GrantStatus
from sharing.models import Grant
from workflow.services.job_slot import job_slot_run

ROWS = int(os.environ.get("ROWS", "1000000"))
CHANGED_PERCENT = 1
NAME = "装载基准"
ITEMS = [
    {"name": "编号", "field_name": "BH", "type": "C", "length": 20, "is_key": True, "nullable": False},
    {"name": "姓名", "field_name": "XM", "type": "C", "length": 50},
    {"name": "身份证号", "field_name": "SFZH", "type": "C", "length": 18},
    {"name": "金额", "field_name": "JE", "type": "Y"},
    {"name": "数量", "field_name": "SL", "type": "I"},
    {"name": "日期", "field_name": "RQ", "type": "D"},
    {"name": "时间", "field_name": "SJ", "type": "T"},
    {"name": "地址", "field_name": "DZ", "type": "C", "length": 200},
    {"name": "是否", "field_name": "SF", "type": "L"},
    {"name": "系数", "field_name": "XS", "type": "B"},
]
TYPES = "text, text, text, numeric, bigint, date, timestamptz, text, text, double precision"


def _row(number: int, draw: random.Random) -> list[Any]:
    day = f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}"
    return [
        f"{number:010d}", "王" + "伟芳娜敏静"[number % 5], f"9901021990{number % 10**8:08d}",
        f"{draw.randrange(10**7) / 100:.2f}", number % 1000, day, f"{day} 09:{number % 60:02d}:00",
        f"云川市东湖区人民路{number % 999}号", "是" if number % 2 else "否", round(draw.random(), 6),
    ]  # fmt: skip


@contextmanager
def _file(changed_percent: int = 0) -> Iterator[Path]:
    """Write a CSV of ``ROWS`` rows, of which some differ from the first one."""
    draw, other = random.Random(7), random.Random(8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as target:
            target.write(",".join(str(one["name"]) for one in ITEMS) + "\n")
            buffer = io.StringIO()
            writer = csv.writer(buffer, lineterminator="\n")
            for number in range(ROWS):
                row = _row(number, draw)
                if changed_percent and number % (100 // changed_percent) == 0:
                    row[3] = f"{other.randrange(10**7) / 100:.2f}"
                writer.writerow(row)
                if number % 20_000 == 0:
                    target.write(buffer.getvalue())
                    buffer.seek(0)
                    buffer.truncate()
            target.write(buffer.getvalue())
        yield path


def _dataset() -> Dataset:
    """Hook a new dataset to the benchmark's entry."""
    user = get_user_model().objects.select_related("department__region").get(username="cataloguer")
    actor = actor_for_user(user)
    entry = Entry.objects.filter(current_revision__name=NAME).first() or catalog.entry_create(
        actor=actor, fields={"name": NAME, "summary": NAME, "format_class": "database"}, items=ITEMS
    )
    for old in Dataset.objects.filter(entry=entry, retired_at__isnull=True):
        # What the benchmarks of pulling read holds the data.
        Grant.objects.filter(dataset=old).update(status=GrantStatus.ENDED, ended_at=clock.now())
        services.dataset_retire(actor=actor, dataset_id=old.pk, reason="bench")
        with connections["store"].cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS store.d{old.pk}_g1")
    return services.dataset_hook(actor=actor, ref=entry.pk, name=f"{NAME} {time.monotonic_ns()}")


def _load(dataset: Dataset, path: Path) -> Run:
    user = get_user_model().objects.select_related("department__region").get(username="cataloguer")
    with path.open("rb") as source:
        run = services.run_upload(
            actor=actor_for_user(user), dataset_id=dataset.pk, pieces=pieces_of(source), file_name="rows.csv",
            is_confirmed=True,
        )  # fmt: skip
    with job_slot_run(job_name(run.pk), run.slot) as held:
        assert held is not None
        run_work(lease=held, run_id=run.pk)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.message
    return run


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _bare_copy(path: Path) -> float:
    """Time COPY of the same file into a typed table without any index."""
    with connections["store"].cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS store.bench_bare")
        columns = ", ".join(f"c{at} {kind.strip()}" for at, kind in enumerate(TYPES.split(",")))
        cursor.execute(f"CREATE TABLE store.bench_bare ({columns})")

        def copy() -> None:
            with (
                path.open("rb") as source,
                cursor.copy("COPY store.bench_bare FROM STDIN (FORMAT csv, HEADER)") as target,
            ):
                while piece := source.read(1 << 20):
                    target.write(piece)

        taken = _seconds(copy)
        cursor.execute("DROP TABLE store.bench_bare")
    return taken


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@benchmark("ingest, first load", baseline="COPY FROM into a typed table", goal="40 % of it, under 300 MB")
def first_load() -> Figures:
    with _file() as path:
        bare = _bare_copy(path)
        before = _peak_mb()
        taken = _seconds(lambda: _load(_dataset(), path))
    print(f"  peak memory {before:.0f} MB before, {_peak_mb():.0f} MB after")
    return Figures([taken], [bare], work=ROWS, unit="rows")


@benchmark("ingest, 1 % changed", baseline="COPY FROM into a typed table", goal="40 % of it, under 300 MB")
def changed_load() -> Figures:
    dataset = _dataset()
    with _file() as path:
        _load(dataset, path)
    with _file(changed_percent=CHANGED_PERCENT) as path:
        bare = _bare_copy(path)
        before = _peak_mb()
        taken = _seconds(lambda: _load(dataset, path))
    print(f"  peak memory {before:.0f} MB before, {_peak_mb():.0f} MB after")
    return Figures([taken], [bare], work=ROWS, unit="rows")


def loaded() -> tuple[Entitlement, PinnedVersion]:
    dataset = Dataset.objects.filter(name__startswith=NAME, retired_at__isnull=True).order_by("-pk").first()
    if dataset is None or dataset.published_version is None:
        dataset = _dataset()
        with _file() as path:
            _load(dataset, path)
        dataset.refresh_from_db()
    version = pinned_version(version_get(dataset))
    by_name = {one.name: one.item for one in version.columns}
    masks = {by_name["姓名"]: Mask.NAME, by_name["身份证号"]: Mask.ID_NUMBER}
    return Entitlement(dataset.pk, tuple(by_name.values()), masks=masks), version


def _page_against_sql(after: int, limit: int, rounds: int) -> Figures:
    entitlement, version = loaded()
    columns = ", ".join(f'"{one.column}"' for one in version.columns)
    bare = (
        f"SELECT {columns} FROM store.d{version.dataset_id}_g{version.generation}"
        f" WHERE _to IS NULL AND _row > {after} ORDER BY _row LIMIT {limit}"
    )

    def ask() -> None:
        with connections["store"].cursor() as cursor:
            cursor.execute(bare)
            cursor.fetchall()

    return compare(
        lambda: page(entitlement, version, limit=limit, after=after), ask, rounds=rounds, work=limit, unit="rows"
    )


def change() -> int:
    """Publish another version of the rows, of which CHANGED_PERCENT differ; return the number of the one before."""
    _entitlement, version = loaded()
    # The first file and the changed one take turns.
    with _file(changed_percent=CHANGED_PERCENT if version.number % 2 else 0) as path:
        _load(Dataset.objects.get(pk=version.dataset_id), path)
    return version.number


@benchmark("page of 100 rows, masked, first", baseline="the bare SQL fetched by psycopg")
def page_first() -> Figures:
    return _page_against_sql(0, 100, 200)


@benchmark("page of 100 rows, masked, deepest", baseline="the bare SQL fetched by psycopg")
def page_deepest() -> Figures:
    return _page_against_sql(ROWS - 150, 100, 200)


@benchmark("page of 10,000 rows, masked", baseline="the bare SQL fetched by psycopg", goal="80 % of its rows/s")
def page_large() -> Figures:
    return _page_against_sql(ROWS // 2, 10_000, 15)


@benchmark("CSV export, masked", baseline="COPY TO of the same columns", goal="70 % of it, memory flat")
def export() -> Figures:
    entitlement, version = loaded()
    columns = ", ".join(f'"{one.column}"' for one in version.columns)
    table = f"store.d{version.dataset_id}_g{version.generation}"

    def bare() -> None:
        with (
            connections["store"].cursor() as cursor,
            cursor.copy(f"COPY (SELECT {columns} FROM {table} WHERE _to IS NULL) TO STDOUT (FORMAT csv)") as source,
        ):
            for _piece in source:
                pass

    def ours() -> None:
        for _piece in stream(entitlement, version, "csv"):
            pass

    return compare(ours, bare, rounds=3, warm_up=0, work=ROWS, unit="rows")


@benchmark("Parquet export, masked", baseline="COPY TO of the same columns", goal="memory flat")
def parquet_export() -> Figures:
    entitlement, version = loaded()
    table = f"store.d{version.dataset_id}_g{version.generation}"

    def bare() -> None:
        columns = ", ".join(f'"{one.column}"' for one in version.columns)
        with (
            connections["store"].cursor() as cursor,
            cursor.copy(f"COPY (SELECT {columns} FROM {table} WHERE _to IS NULL) TO STDOUT (FORMAT csv)") as source,
        ):
            for _piece in source:
                pass

    def ours() -> None:
        for _piece in stream(entitlement, version, "parquet"):
            pass

    before = _peak_mb()
    figures = compare(ours, bare, rounds=3, warm_up=0, work=ROWS, unit="rows")
    print(f"  peak memory {before:.0f} MB before, {_peak_mb():.0f} MB after")
    return figures


@benchmark("column profile, masked", baseline="count(*) of the version")
def column_profile() -> Figures:
    entitlement, version = loaded()
    table = f"store.d{version.dataset_id}_g{version.generation}"

    def bare() -> None:
        with connections["store"].cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE _to IS NULL")

    return compare(
        lambda: profile(entitlement, version, ROWS), bare, rounds=3, warm_up=0, work=min(ROWS, SAMPLE_ROWS), unit="rows"
    )
