"""A client that knows no more than the contract: it pulls by page, by changes and by export, and sums up."""

import csv
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

_MODULUS = 2**256


@dataclass
class Sum:
    """What a set of rows comes to, in whatever order and form they came."""

    rows: int = 0
    checksum: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        text = "\x1f".join(f"{name}={'' if row[name] is None else row[name]}" for name in sorted(row))
        self.checksum = (self.checksum + int.from_bytes(sha256(text.encode()).digest())) % _MODULUS
        self.rows += 1


def sum_of(rows: Iterable[Mapping[str, Any]]) -> Sum:
    total = Sum()
    for row in rows:
        total.add(row)
    return total


@dataclass
class Puller:
    """Calls one dataset.

    Attributes:
        figures: way → rows per second, for whoever asks.
    """

    client: httpx.Client
    dataset: int
    limit: int
    figures: dict[str, float] = field(default_factory=dict)

    def _get(self, door: str, **query: Any) -> dict[str, Any]:
        given = {name: value for name, value in query.items() if value is not None}
        answer = self.client.get(f"/api/v1/datasets/{self.dataset}/{door}/", params=given)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def pages(self, version: int) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self._get("rows", version=None if cursor else version, cursor=cursor, limit=self.limit)
            assert page["version"] == version
            yield from page["rows"]
            cursor = page["next_cursor"]
            assert page["truncated"] is (cursor is not None)
            if cursor is None:
                return

    def export(self, format: str, version: int) -> Iterator[dict[str, Any]]:
        address = f"/api/v1/datasets/{self.dataset}/export/"
        with self.client.stream("GET", address, params={"format": format, "version": version}) as answer:
            assert answer.status_code == 200
            lines = answer.iter_lines()
            if format == "csv":
                yield from csv.DictReader(f"{line}\n" for line in lines)
            else:
                yield from (json.loads(line) for line in lines)

    def timed(self, way: str, rows: Iterable[Mapping[str, Any]]) -> Sum:
        begun = time.perf_counter()
        total = sum_of(rows)
        self.figures[way] = total.rows / (time.perf_counter() - begun)
        return total


@dataclass
class Replica:
    """A copy that is kept by changes alone."""

    puller: Puller
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 0
    taken: int = 0

    def follow(self) -> int:
        """Take what changed since the version that is had; return how much."""
        before, cursor = self.taken, None
        while True:
            page = self.puller._get("changes", since=self.version, cursor=cursor, limit=self.puller.limit)
            for change in page["changes"]:
                if change["op"] == "delete":
                    del self.rows[change["key"]]
                else:
                    self.rows[change["key"]] = change["row"]
            self.taken += len(page["changes"])
            cursor = page["next_cursor"]
            if cursor is None:
                self.version = page["to_version"]
                return self.taken - before
