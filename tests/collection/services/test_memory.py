"""A load takes as much memory for many rows as for few."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from collection import services
from collection.choices import RunState
from collection.models import Run
from collection.services.ingest import run_work
from tests.collection.conftest import HEADER, Town
from tests.collection.services.test_lost_workers import claim
from tests.killed import fork

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "store"])

FEW = 20_000


def pieces(rows: int, *, is_plain: bool) -> Iterator[bytes]:
    """Give a CSV of long rows, of which numbers and dates are as the database writes them, or as people do."""
    yield HEADER.encode()
    amount, day = ("1020.00", "2026-02-06") if is_plain else ('"1,020.00"', "2026/2/6")
    for at in range(0, rows, 1000):
        yield "".join(
            f"{number:08d},{'王' * 50},990102199001011234,{amount},{day}\n" for number in range(at, at + 1000)
        ).encode()


def memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


def grown(run: Run) -> int:
    """Carry a run out in a process of its own; return by how many bytes that grew at most."""
    reading, writing = os.pipe()
    child = fork()
    if child == 0:
        before = memory("VmRSS")
        lease = claim(run)
        assert lease is not None
        run_work(lease=lease, run_id=run.pk)
        os.write(writing, str(memory("VmHWM") - before).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        answer = told.read()
    assert os.waitpid(child, 0)[1] == 0
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.message
    return int(answer)


@pytest.mark.parametrize(
    ("is_plain", "many", "most_more"),
    [
        # What reads a plain file keeps some tens of megabytes to itself, whatever its size; this one has sixty.
        pytest.param(True, 300_000, 45 << 20, id="plain"),
        pytest.param(False, 80_000, 8 << 20, id="as people write"),
    ],
)
def test_memory_does_not_grow_with_the_rows(committed: Town, is_plain: bool, many: int, most_more: int) -> None:
    took = []
    for rows in (FEW, many):
        run = services.run_upload(
            actor=committed.cataloguer,
            dataset_id=committed.dataset.pk,
            pieces=pieces(rows, is_plain=is_plain),
            file_name="rows.csv",
        )
        took.append(grown(run))
        assert run.rows_read == rows
    assert run.size_bytes > most_more
    assert took[1] - took[0] < most_more, took
