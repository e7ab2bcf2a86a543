"""Registers benchmarks and takes their time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Seconds per round of the thing measured and of its baseline.

    Args:
        work: how many things one round does, for rates; named by ``unit``.
    """

    measured: list[float]
    baseline: list[float]
    work: int = 1
    unit: str = "requests"

    @property
    def median_seconds(self) -> float:
        return statistics.median(self.measured)

    @property
    def p95_seconds(self) -> float:
        return sorted(self.measured)[max(0, round(0.95 * len(self.measured)) - 1)]

    @property
    def baseline_seconds(self) -> float:
        return statistics.median(self.baseline)

    @property
    def ratio(self) -> float:
        return self.median_seconds / self.baseline_seconds


@dataclass(frozen=True)
class Benchmark:
    name: str
    baseline: str
    goal: str
    run: Callable[[], Figures]


BENCHMARKS: list[Benchmark] = []


def benchmark(name: str, *, baseline: str, goal: str = "") -> Callable[[Callable[[], Figures]], Callable[[], Figures]]:
    """Register a function that returns figures."""

    def register(function: Callable[[], Figures]) -> Callable[[], Figures]:
        BENCHMARKS.append(Benchmark(name, baseline, goal, function))
        return function

    return register


def compare(
    measured: Callable[[], object],
    baseline: Callable[[], object],
    *,
    rounds: int,
    warm_up: int = 3,
    work: int = 1,
    unit: str = "requests",
) -> Figures:
    """Time both in turn, so that whatever else the machine does falls on both alike."""
    for _round in range(warm_up):
        measured()
        baseline()
    times: tuple[list[float], list[float]] = ([], [])
    for _round in range(rounds):
        for function, seconds in zip((measured, baseline), times, strict=True):
            begun = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - begun)
    return Figures(*times, work=work, unit=unit)
