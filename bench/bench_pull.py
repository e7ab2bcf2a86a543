"""What pulling through the data API costs: token, limits, grant, mask and log, beside the bare SQL of the same rows.

The server is the product's own, two processes on this machine; its callers share the processor with it.
"""

import http.client
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.contrib.auth.models import Permission
from django.db import connections
from oauth2_provider.models import AccessToken

from accounts.models import Department, InformationSystem
from bench.bench_collection import CHANGED_PERCENT, ROWS, change, loaded
from bench.registry import Figures, benchmark
from catalog.models import Entry
from collection.models import Dataset, DatasetGroupObjectPermission
from core import clock
from sharing.entitlement import seal_hash_key
from sharing.models import Client, ClientGrant, Grant, Terms, TermsAcceptance
from sharing.oauth import checksum

CLIENTS = 4
NAME = "读取基准"


@cache
def _pulled() -> tuple[int, str]:
    """Make a grant with two masks and a client; return the dataset and a token."""
    entitlement, version = loaded()
    dataset = Dataset.objects.get(pk=version.dataset_id)
    Entry.objects.filter(pk=dataset.entry_id).update(status="published")
    department, moment = Department.objects.get(code="rsj"), clock.now()
    terms, _new = Terms.objects.get_or_create(
        number=1, defaults={"text": NAME, "valid_from": moment, "created_by_name": NAME}
    )
    acceptance, _new = TermsAcceptance.objects.get_or_create(
        terms=terms, department=department, defaults={"accepted_at": moment, "accepted_by_name": NAME}
    )
    grant = Grant(
        dataset=dataset, department=department, acceptance=acceptance, purpose=NAME, items=list(entitlement.items),
        masks={item: str(mask) for item, mask in entitlement.masks.items()}, methods=["api"],
        valid_from=moment - timedelta(days=1), valid_to=moment + timedelta(days=1), created_at=moment,
    )  # fmt: skip
    grant.hash_key = seal_hash_key(grant, secrets.token_bytes(32))
    grant.save()
    permission = Permission.objects.get(codename="pull_dataset", content_type__app_label="collection")
    DatasetGroupObjectPermission.objects.get_or_create(
        content_object=dataset, group=department.group, permission=permission
    )
    system, _new = InformationSystem.objects.get_or_create(department=department, name=NAME)
    machine = Client.objects.create(
        name=f"{NAME} {time.monotonic_ns()}", department=department, system=system, purpose=NAME, status="active",
        networks=["127.0.0.0/8"], calls_per_minute=10**6, scopes=["data:read"], registered_at=moment,
        client_type=Client.CLIENT_CONFIDENTIAL, authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
    )  # fmt: skip
    grant.systems.add(machine.system)
    ClientGrant.objects.create(client=machine, grant=grant, bound_at=moment, bound_by_name=NAME)
    token = secrets.token_urlsafe(32)
    AccessToken.objects.create(
        application=machine, token="", token_checksum=checksum(token), scope="data:read",
        expires=moment + timedelta(hours=12),
    )  # fmt: skip
    return dataset.pk, token


@contextmanager
def _server() -> Iterator[int]:
    """Run the product's web server on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "gunicorn"), "-c", "config/gunicorn.py", "config.wsgi"]
    quiet = {"PORT": str(port), "DEBUG": "false", "GUNICORN_CMD_ARGS": "--log-level error"}
    with subprocess.Popen(command, env=os.environ | quiet, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    http.client.HTTPConnection("127.0.0.1", port, timeout=2).request("GET", "/healthz")
                    break
                except OSError:
                    time.sleep(0.2)
            yield port
        finally:
            process.terminate()
            process.wait()


class Puller:
    """One machine on one connection, as light as can be: it shares the processor with the server that is measured."""

    def __init__(self, port: int, token: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"

    def get(self, address: str) -> bytes:
        """Return the body.

        Raises:
            RuntimeError: the answer is not 200, or says no length.
        """
        self.socket.sendall(f"GET {address} HTTP/1.1\r\n{self.headers}".encode())
        answer = self._more()
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head, body = bytes(answer[:end]), answer[end + 4 :]
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        if not head.startswith(b"HTTP/1.1 200 ") or length is None:
            raise RuntimeError(f"{address} answered {head[:300]!r}")
        while len(body) < int(length[1]):
            body += self._more()
        return bytes(body)

    def _more(self) -> bytearray:
        if piece := self.socket.recv(1 << 18):
            return bytearray(piece)
        raise RuntimeError("the server hung up")


def _at_once(act: Callable[[int], None], rounds: int, clients: int = CLIENTS) -> float:
    """Return the seconds that several callers take for so many rounds each."""
    with ThreadPoolExecutor(clients) as pool:
        begun = time.perf_counter()
        list(pool.map(act, [rounds] * clients))
        return time.perf_counter() - begun


def _table() -> str:
    _entitlement, version = loaded()
    return f"store.d{version.dataset_id}_g{version.generation}"


def _columns() -> str:
    _entitlement, version = loaded()
    return ", ".join(f'"{one.column}"' for one in version.columns)


def _bare_rows(after: int, limit: int) -> str:
    return f"SELECT {_columns()} FROM {_table()} WHERE _to IS NULL AND _row > {after} ORDER BY _row LIMIT {limit}"


def _last_page(port: int, address: str, token: str, rows: int, step: int = 10_000) -> str:
    """Walk by pages of ``step`` rows to the last whole one and return the cursor there."""
    puller, cursor = Puller(port, token), ""
    for _page in range(max(0, rows // step - 1)):
        found = json.loads(puller.get(f"{address}limit={step}{cursor}"))
        cursor = "&cursor=" + quote(found["next_cursor"])
    return cursor


def _pages(limit: int, rounds: int, *, is_deep: bool = False, clients: int = CLIENTS) -> Figures:
    dataset, token = _pulled()
    parameters = {**connections["store"].get_connection_params(), "cursor_factory": psycopg.Cursor}
    bare_sql = _bare_rows(max(0, ROWS - 10_000) if is_deep else 0, limit)
    connections.close_all()
    with _server() as port:
        rows = f"/api/v1/datasets/{dataset}/rows/?"
        place = _last_page(port, rows, token, ROWS) if is_deep else ""
        address = f"{rows}limit={limit}{place}"

        def pull(times: int) -> None:
            puller = Puller(port, token)
            for _turn in range(times):
                puller.get(address)

        def bare(times: int) -> None:
            with psycopg.connect(**parameters, autocommit=True) as connection, connection.cursor() as cursor:
                for _turn in range(times):
                    cursor.execute(bare_sql)
                    cursor.fetchall()

        _at_once(pull, max(1, rounds // 4), clients)
        measured, baseline = [], []
        for _turn in range(5):
            measured.append(_at_once(pull, rounds, clients) / (rounds * clients))
            baseline.append(_at_once(bare, rounds, clients) / (rounds * clients))
    print(f"  {1 / statistics.median(measured):,.0f} requests/s by {clients} clients")
    return Figures(measured, baseline, work=limit, unit="rows")


@benchmark(
    "pull: page of 100 rows, masked and logged, first", baseline="the bare SQL, 4 connections", goal="700 requests/s"
)
def first_page() -> Figures:
    return _pages(100, 200)


@benchmark("pull: page of 100 rows, masked and logged, deepest", baseline="the bare SQL", goal="as fast as the first")
def deepest_page() -> Figures:
    return _pages(100, 200, is_deep=True)


@benchmark("pull: page of 10,000 rows, one client", baseline="the bare SQL", goal="80 % of its rows/s")
def large_page() -> Figures:
    return _pages(10_000, 8, clients=1)


def _export(port: int, dataset: int, token: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/api/v1/datasets/{dataset}/export/", headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    while response.read(1 << 20):
        pass


@cache
def _taken_whole() -> int:
    """Let the machine take a version whole, as it must have before it is told of changes; return its number."""
    with _server() as port:
        _export(port, *_pulled())
    return change()


def _changes(since: int, where: str, *, deep: tuple[int, int] | None = None) -> Figures:
    """Measure a page of 1,000 changes since a version.

    Args:
        where: which rows the bare SQL reads.
        deep: for the last page, how many changes there are and by how many at once it is reached.
    """
    dataset, token = _pulled()
    order = "DESC" if deep else "ASC"
    bare_sql = f"SELECT {_columns()} FROM {_table()} WHERE {where} ORDER BY _row {order} LIMIT 1000"
    with _server() as port:
        address = f"/api/v1/datasets/{dataset}/changes/?since={since}&"
        place = _last_page(port, address, token, *deep) if deep else ""
        puller = Puller(port, token)
        measured, baseline = [], []
        for _turn in range(5):
            begun = time.perf_counter()
            body = puller.get(f"{address}limit=1000{place}")
            measured.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            with connections["store"].cursor() as cursor:
                cursor.execute(bare_sql)
                cursor.fetchall()
            baseline.append(time.perf_counter() - begun)
    return Figures(measured, baseline, work=len(json.loads(body)["changes"]), unit="rows")


@benchmark("pull: changes, first 1,000 of a snapshot", baseline="the bare SQL of 1,000 rows")
def snapshot_first() -> Figures:
    return _changes(0, "_to IS NULL")


@benchmark("pull: changes, deepest 1,000 of a snapshot", baseline="the bare SQL of 1,000 rows")
def snapshot_deepest() -> Figures:
    return _changes(0, "_to IS NULL", deep=(ROWS, 10_000))


@benchmark("pull: changes since a version, 1 %, first 1,000", baseline="the bare SQL of 1,000 changed rows")
def changes_first() -> Figures:
    since = _taken_whole()
    return _changes(since, f"_from = {since + 1}")


@benchmark("pull: changes since a version, 1 %, deepest 1,000", baseline="the bare SQL of 1,000 changed rows")
def changes_deepest() -> Figures:
    since = _taken_whole()
    return _changes(since, f"_from = {since + 1}", deep=(ROWS * CHANGED_PERCENT // 100, 1_000))


@benchmark("pull: CSV export over HTTP, masked and logged", baseline="COPY TO of the same columns", goal="70 % of it")
def export() -> Figures:
    dataset, token = _pulled()
    columns, table = _columns(), _table()
    measured, baseline = [], []
    with _server() as port:
        for _turn in range(3):
            begun = time.perf_counter()
            _export(port, dataset, token)
            measured.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            with (
                connections["store"].cursor() as cursor,
                cursor.copy(f"COPY (SELECT {columns} FROM {table} WHERE _to IS NULL) TO STDOUT (FORMAT csv)") as source,
            ):
                for _piece in source:
                    pass
            baseline.append(time.perf_counter() - begun)
    return Figures(measured, baseline, work=ROWS, unit="rows")
