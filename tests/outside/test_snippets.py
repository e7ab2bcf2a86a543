"""The programs on the page of a machine client, run as they are shown there: they get every row."""

import ast
import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client as Browser

from accounts.models import User
from collection import services as collecting
from sharing.models import Client, Grant
from tests.collection.conftest import HEADER
from tests.collection.worker import work
from tests.outside.web import Web
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bearer, client_make, grant_make

ROWS = 2100
"""More than two of the pages that the programs ask for."""
SECONDS = 120

Rows = list[dict[str, Any]]


def _pages(text: str) -> Rows:
    """Return the rows of pages as the service interface gives them, one on each line."""
    return [row for line in text.splitlines() for row in json.loads(line)["rows"]]


def _literals(text: str) -> Rows:
    return [ast.literal_eval(line) for line in text.splitlines()]


def _shell(code: str, folder: Path) -> list[str]:
    return ["bash", "-c", code]


def _python(code: str, folder: Path) -> list[str]:
    return [sys.executable, "-c", code]


def _java(code: str, folder: Path) -> list[str]:
    file = folder / "Pull.java"
    file.write_text(code, encoding="utf-8")
    return ["java", str(file)]


def _java_is_missing() -> str:
    """Say why a single file of Java cannot be run here; empty where it can."""
    if shutil.which("java") is None or shutil.which("javac") is None:
        return "no JDK on the PATH"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    return "" if version and int(version[1]) >= 17 else f"a JDK of 17 or later is needed: {said.strip()}"


def _tools_are_missing(*names: str) -> Callable[[], str]:
    return lambda: ", ".join(f"no {name} on the PATH" for name in names if shutil.which(name) is None)


RUNS: dict[str, tuple[Callable[[str, Path], list[str]], Callable[[str], Rows], Callable[[], str]]] = {
    "curl": (_shell, _pages, _tools_are_missing("bash", "curl", "python3")),
    "Python": (_python, _literals, lambda: ""),
    "Java": (_java, _pages, _java_is_missing),
}


@pytest.fixture
def grant(town: SharingTown) -> Grant:
    """A grant on many rows, some of which it does not show, with a masked item."""
    lines = (f"{number:05d},王小{number % 97},990102{number:012d},{number}.50,2026-03-05\n" for number in range(ROWS))
    content = (HEADER + "".join(lines)).encode()
    run = collecting.run_upload(
        actor=town.world.cataloguer, dataset_id=town.dataset.pk, pieces=[content], file_name="rows.csv"
    )
    assert work(run).state == "succeeded", run.message
    return grant_make(town.dataset, town.world.other, masks={"XM": "name"}, row_filter=[("YBZJE", "gte", ["10"])])


@pytest.fixture
def machine(town: SharingTown, grant: Grant) -> Client:
    return client_make(town.world.other, grants=[grant], system=town.system)


def shown(town: SharingTown, machine: Client) -> tuple[dict[str, str], str]:
    """Return the programs of the client's page by language, and a secret, made there and shown once."""
    browser = Browser()
    browser.force_login(User.objects.get(pk=town.asker_head.id))
    address = f"/sharing/clients/{machine.pk}/"
    made = browser.post(f"{address}rotate/", {"overlap_hours": "0"}).content.decode()
    [secret] = re.findall(r'<span class="code" id="secret"[^>]*>([^<]+)</span>', made)
    page = browser.get(address).content.decode()
    found = re.findall(r'<span lang="en">(\w+)</span></summary><pre[^>]*><code>(.*?)</code>', page, re.DOTALL)
    return {language: html.unescape(code) for language, code in found}, html.unescape(secret)


def by_pages(web: Web, machine: Client, grant: Grant) -> Rows:
    """Return the rows of the grant as the service interface gives them, page by page."""
    rows: Rows = []
    query = {"grant": str(grant.pk), "limit": "500"}
    with httpx.Client(base_url=web.url, headers=bearer(machine), timeout=60) as client:
        while True:
            page = client.get(f"/api/v1/datasets/{grant.dataset_id}/rows/", params=query).json()
            rows += page["rows"]
            if page["next_cursor"] is None:
                return rows
            query["cursor"] = page["next_cursor"]


def test_each_program_on_the_page_runs_as_it_is_shown_and_gets_every_row(
    town: SharingTown, grant: Grant, machine: Client, web: Web, settings: Any, tmp_path: Path
) -> None:
    settings.SITE_URL = web.url
    programs, secret = shown(town, machine)
    assert set(programs) == set(RUNS)
    wanted = by_pages(web, machine, grant)
    assert len(wanted) == ROWS - 10
    assert wanted[0]["XM"] != "王小10"
    missing = {}
    for language, (command, read, why_not) in RUNS.items():
        if reason := why_not():
            missing[language] = reason
            continue
        code = programs[language]
        assert code.count("SECRET") == 1, language
        done = subprocess.run(
            command(code.replace("SECRET", secret), tmp_path),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=tmp_path,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), language
        assert read(done.stdout) == wanted, language
    if missing:
        pytest.skip("; ".join(f"{language}: {reason}" for language, reason in missing.items()))


def test_a_program_with_a_wrong_secret_ends_and_gets_nothing(
    town: SharingTown, grant: Grant, machine: Client, web: Web, settings: Any, tmp_path: Path
) -> None:
    settings.SITE_URL = web.url
    programs, _secret = shown(town, machine)
    for language, (command, _read, why_not) in RUNS.items():
        if why_not():
            continue
        code = programs[language].replace("SECRET", "wrong")
        done = subprocess.run(
            command(code, tmp_path), capture_output=True, text=True, timeout=SECONDS, cwd=tmp_path, check=False
        )
        assert "王" not in done.stdout, language
        assert done.returncode != 0, (language, done.stdout)
        assert done.stderr, language
