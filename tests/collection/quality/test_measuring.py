"""What the server is not given the time for is not computed, and nothing else suffers."""

import pytest
from django.db import OperationalError

from collection.quality.measuring import Source, measure
from collection.selectors.dataset import pinned_version
from collection.selectors.quality import rules_ready
from collection.store import tables
from tests.collection.conftest import Town
from tests.collection.services.test_quality_runs import add


def source_of(town: Town) -> Source:
    version = town.dataset.published_version
    assert version is not None
    pinned = pinned_version(version)
    return Source(town.dataset.pk, pinned.generation, pinned.number, pinned.columns)


def limit_now() -> str:
    with tables.cursor() as run:
        run.execute("SHOW statement_timeout")
        return str(run.fetchone()[0])


def statement(timeout: int, text: str) -> None:
    with tables.bounded(timeout) as run:
        run.execute(text)


def test_a_statement_ends_at_its_time_and_leaves_no_limit_behind(db: None) -> None:
    before = limit_now()
    with pytest.raises(OperationalError):
        statement(50, "SELECT pg_sleep(5)")
    assert limit_now() == before
    statement(1000, "SELECT 1")
    assert limit_now() == before


def test_every_figure_is_one_of_the_rows_that_readers_see(three: Town) -> None:
    rule = add(three, "regex", item="对象编号", pattern="[0-9]{4}")
    version = three.dataset.published_version
    assert version is not None
    source = source_of(three)
    ready = rules_ready(three.dataset, list(source.columns))
    checks = [check for _rule, check in ready.checks]
    first = measure(source, checks)
    assert (first.rows, first.breaks[rule.code].checked, first.breaks[rule.code].broken) == (3, 3, 1)
    three.send("对象编号,姓名\n0001,王小明\n", is_confirmed=True)
    again = measure(source, checks)
    assert (again.rows, again.breaks) == (first.rows, first.breaks)
