"""The house rules that a reader relies on (CONTRIBUTING.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("config", "core", "audit", "accounts", "workflow", "catalog", "collection", "sharing", "libraries")
LONGEST_MODULE = 500
DUMPING_GROUNDS = {"utils.py", "helpers.py", "common.py", "misc.py"}


def modules() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts)


def test_no_module_is_a_dumping_ground() -> None:
    assert [path for path in modules() if path.name in DUMPING_GROUNDS] == []


def test_modules_stay_short_enough_to_read() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_migrations_are_named_and_numbered_once() -> None:
    for app in APPS:
        names = [path.stem for path in (ROOT / app).glob("migrations/0*.py")]
        numbers = [name[:4] for name in names]
        assert len(numbers) == len(set(numbers)), app
        assert not [name for name in names if "_auto_" in name], app


@pytest.mark.parametrize("app", [app for app in APPS if app != "config"])
def test_migrations_import_no_app(app: str) -> None:
    for path in (ROOT / app).glob("migrations/0*.py"):
        imported = {
            (node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        }
        assert not imported & set(APPS), path.name


def test_public_services_say_what_they_do() -> None:
    silent = []
    for app in ("audit", "accounts", "workflow", "catalog", "collection", "sharing", "libraries"):
        places = [*(ROOT / app).glob("services.py"), *(ROOT / app).glob("services/*.py")]
        for path in places:
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                    silent.append(f"{path.relative_to(ROOT)}::{node.name}")
    assert silent == []


def test_views_write_nothing_themselves() -> None:
    """Views parse, call a selector or service, and render."""
    offenders = []
    for app in ("accounts", "workflow", "catalog", "collection", "sharing", "libraries"):
        places = [*(ROOT / app).glob("views.py"), *(ROOT / app).glob("views/*.py"), *(ROOT / app).glob("api/views.py")]
        for path in places:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in ("objects", "save", "bulk_create"):
                    offenders.append(f"{path.relative_to(ROOT)}:{node.lineno} .{node.attr}")
    assert offenders == []


def test_pages_carry_no_inline_script_or_style() -> None:
    offenders = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        if " style=" in text or "<style" in text or " onclick=" in text or "javascript:" in text:
            offenders.append(str(path.relative_to(ROOT)))
    assert offenders == []
