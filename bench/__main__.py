"""`make bench`: own servers with care for crashes on, the demo's data, every benchmark, one table."""

import importlib
import logging
import os
import pkgutil
import platform
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
os.environ.setdefault("DATA_DIR", str(BASE_DIR / "var" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

import django  # noqa: E402 - the folder must be known before settings are read
from django.core.management import call_command  # noqa: E402

import bench  # noqa: E402
from bench.registry import BENCHMARKS, Benchmark  # noqa: E402
from config import env  # noqa: E402
from config.embedded.output import Console  # noqa: E402
from config.embedded.problems import StartError  # noqa: E402
from config.embedded.supervisor import Supervisor  # noqa: E402


def main(words: list[str]) -> int:
    try:
        supervisor = Supervisor(env.read(), Console(sys.stderr))
        return measure(supervisor, words)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


def measure(supervisor: Supervisor, words: list[str]) -> int:
    with supervisor.servers():
        django.setup()
        logging.disable(logging.INFO)  # a line per request would be part of what is measured
        call_command("prepare", stdout=sys.stderr)
        for module in pkgutil.iter_modules(bench.__path__):
            if module.name.startswith("bench_"):
                importlib.import_module(f"bench.{module.name}")
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", flush=True)
        for chosen in BENCHMARKS:
            if all(word in chosen.name for word in words):
                report(chosen)
    return 0


def report(chosen: Benchmark) -> None:
    figures = chosen.run()
    print(f"\n{chosen.name}")
    print(f"  median {figures.median_seconds * 1000:9.2f} ms   p95 {figures.p95_seconds * 1000:9.2f} ms", end="")
    print(f"   {figures.work / figures.median_seconds:,.0f} {figures.unit}/s")
    print(f"  beside {figures.baseline_seconds * 1000:9.2f} ms   {chosen.baseline}   ratio {figures.ratio:.2f}")
    if chosen.goal:
        print(f"  goal   {chosen.goal}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
