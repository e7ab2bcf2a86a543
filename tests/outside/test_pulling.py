"""httpx pulls a dataset by every way while its next versions are published: each way gives the same rows.

``ROWS=1000000 … -s`` does it with so many and prints the figures.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from collection import services as collecting
from collection.models import DatasetVersion
from tests.collection.conftest import HEADER
from tests.collection.worker import work
from tests.killed import fork
from tests.outside.puller import Puller, Replica, sum_of
from tests.outside.web import Web
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bearer, client_make, grant_make

ROWS = int(os.environ.get("ROWS", "5000"))
MOST_VERSIONS = 12
FEWEST_VERSIONS = 3


def lines(version: int) -> Iterator[str]:
    """Return the rows of a version: each changes, removes and adds one in a hundred of the one before."""
    for number in range(ROWS + version * ROWS // 100):
        dice = random.Random(f"{number}")
        leaves, changes = dice.randrange(100), dice.randrange(100)
        if leaves < version:
            continue
        pay = dice.randrange(5000) + (version if changes < version else 0)
        yield f"{number:08d},王小{number % 97},990102{number:012d},{pay}.50,2026-{number % 12 + 1:02d}-05\n"


def pieces(version: int) -> Iterator[bytes]:
    yield HEADER.encode()
    held: list[str] = []
    for line in lines(version):
        held.append(line)
        if len(held) == 5000:
            yield "".join(held).encode()
            held.clear()
    yield "".join(held).encode()


def publish(town: SharingTown, version: int) -> None:
    run = collecting.run_upload(
        actor=town.world.cataloguer, dataset_id=town.dataset.pk, pieces=pieces(version), file_name="rows.csv"
    )
    assert work(run).state == "succeeded", run.message


def publish_on(town: SharingTown, enough: Path) -> int:
    """Publish version after version in a process of its own, until there are enough; return its id."""
    child = fork()
    if child:
        return child
    status = 1
    try:
        for version in range(1, MOST_VERSIONS):
            if version > FEWEST_VERSIONS and enough.exists():
                break
            publish(town, version)
        status = 0
    finally:
        os._exit(status)


def test_every_way_gives_the_same_rows_while_new_versions_are_published(
    town: SharingTown, web: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(town, 0)
    grant = grant_make(town.dataset, town.world.other, masks={"XM": "name"}, row_filter=[("YBZJE", "gte", ["100"])])
    machine = client_make(town.world.other, grants=[grant], system=town.system, calls_per_minute=10**6)
    before = web.peak_bytes()
    headers = bearer(machine, seconds=86_400)
    publisher = publish_on(town, tmp_path / "enough")
    with httpx.Client(base_url=web.url, headers=headers, timeout=120) as client:
        puller = Puller(client, town.dataset.pk, limit=max(500, min(10_000, ROWS // 10)))
        replica = Replica(puller)
        begun = time.perf_counter()
        puller.figures["changes from 0"] = replica.follow() / (time.perf_counter() - begun)
        pinned = replica.version
        sums = {"changes": sum_of(replica.rows.values())}
        sums["pages"] = puller.timed("pages", puller.pages(pinned))
        for format in ("csv", "ndjson"):
            sums[format] = puller.timed(format, puller.export(format, pinned))
        replica.follow()
        (tmp_path / "enough").touch()
        _pid, status = os.waitpid(publisher, 0)
        assert status == 0
        replica.follow()
        last = sum_of(puller.export("csv", replica.version))
    published = DatasetVersion.objects.filter(dataset=town.dataset).count()
    if "ROWS" in os.environ:
        told = [
            f"{sums['pages'].rows:,} rows under the grant of {ROWS:,}; pinned version {pinned} of {published}",
            *(f"{way}: {rows:,.0f} rows/s" for way, rows in puller.figures.items()),
            f"changes after the snapshot: {replica.taken - sums['changes'].rows:,}",
            f"web process: {before / 2**20:,.0f} MB before, {web.peak_bytes() / 2**20:,.0f} MB at most",
        ]
        with capsys.disabled():
            print("", *told, sep="\n  ")  # noqa: T201  asked for
    assert ROWS * 0.9 < sums["pages"].rows < ROWS * 1.2
    assert len({(one.rows, one.checksum) for one in sums.values()}) == 1, sums
    assert replica.version == published > pinned
    assert last == sum_of(replica.rows.values())
    assert last != sums["pages"]
