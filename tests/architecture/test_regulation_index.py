import importlib
import re
from pathlib import Path

from core import basis
from core.basis import Citation

ROOT = Path(__file__).parents[2]
ROW = re.compile(
    r"^\| (?P<article>\S+) \| `(?P<constant>\w+)` \| .+ \| `(?P<function>[\w.]+)` \| `(?P<test>[^`]+)` \|$", re.M
)


def rows() -> list[re.Match[str]]:
    return list(ROW.finditer((ROOT / "docs" / "regulation-index.md").read_text(encoding="utf-8")))


def test_every_article_the_code_cites_is_in_the_index() -> None:
    cited = {name: value.article for name, value in vars(basis).items() if isinstance(value, Citation)}
    assert {row["constant"]: row["article"] for row in rows()} == cited


def test_every_function_of_the_index_exists() -> None:
    for row in rows():
        module, _dot, function = row["function"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), row["function"]


def test_every_test_of_the_index_exists() -> None:
    for row in rows():
        path, _colons, function = row["test"].partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), row["test"]
