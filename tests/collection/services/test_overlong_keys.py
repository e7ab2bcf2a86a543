"""A key that no index holds rejects its row; whoever sent it is told which item, how long it is, and what helps."""

import csv
import io

import pytest

from catalog import services as catalog
from catalog.rules import MOST_KEY_BYTES
from collection import services
from collection.choices import Rule, RunState
from collection.models import Run
from collection.selectors import columns_wanted
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import Town
from tests.collection.services.test_ingest import rows_of

LONG = "甲" * 3000
NAME = {"name": "名称", "field_name": "MC", "type": "C", "length": 5000, "is_key": True, "nullable": False}
CODE = {"name": "编号", "field_name": "BH", "type": "C", "length": 2000, "is_key": True, "nullable": False}
DAY = {"name": "日期", "field_name": "RQ", "type": "D"}
FIGURES = "Key longer than 2,000 bytes: “名称” has 9,000 bytes (3,000 characters)"
ADVICE = "Shorten the value, write a code in its place, or take the item out of the key in the entry."


def keyed(town: Town, *items: dict[str, object]) -> Town:
    """Hook data with some items to a further entry; as many rows as may be are rejected."""
    entry = town.world.published(name="长主键", items=[*items, DAY])
    dataset = services.dataset_hook(actor=town.cataloguer, ref=entry.pk)
    fields = {"reject_limit_percent": 100}
    return Town(town.world, entry, services.dataset_update(actor=town.cataloguer, dataset_id=dataset.pk, fields=fields))


def downloaded(town: Town, run: Run) -> list[dict[str, str]]:
    answer = get(town.cataloguer, f"/collection/runs/{run.pk}/rejects/")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(content)))


def test_the_rule_names_the_limit_that_holds() -> None:
    assert str(Rule.KEY_LENGTH.label) == f"Key longer than {MOST_KEY_BYTES:,} bytes"


@pytest.mark.parametrize(
    ("mode", "is_first", "blank"),
    [
        pytest.param("replace", True, "", id="first load"),
        pytest.param("replace", True, " ", id="first load, read cell by cell"),
        pytest.param("replace", False, "", id="replacing"),
        pytest.param("upsert", False, "", id="by key"),
        pytest.param("append", False, " ", id="appending"),
        pytest.param("changes", False, "", id="changes"),
    ],
)
def test_the_item_and_its_length_are_told_with_what_helps(town: Town, mode: str, is_first: bool, blank: str) -> None:
    long = keyed(town, NAME)
    if not is_first:
        assert long.send("名称,日期\n乙,2026-01-01\n").state == RunState.SUCCEEDED
    text = f"名称,日期,操作\n{blank}{LONG},2026-01-02,I\n丙,2026-01-03,I\n"
    run = long.send(text if mode == "changes" else text.replace(",操作", "").replace(",I\n", "\n"), mode=mode)
    assert run.state == RunState.SUCCEEDED, run.message
    assert "丙" in {row["MC"] for row in rows_of(long)}
    assert LONG not in {row["MC"] for row in rows_of(long)}
    assert [(one.label, one.rule, one.count, one.first_rows) for one in run.problems.all()] == [
        ("名称", "key_length", 1, [2])
    ]
    page = text_of(get(long.cataloguer, f"/collection/runs/{run.pk}/"))
    assert f"{FIGURES} {ADVICE}" in page
    assert "give the item a greater length" not in page
    assert "甲" * 78 + "…" in page
    assert LONG[:81] not in page
    (row,) = downloaded(long, run)
    assert row["Reasons"] == f"名称：{FIGURES}"
    assert row["名称"].strip() == LONG, "what is to be corrected is there in full"


def test_of_a_key_of_several_items_the_longest_comes_first(town: Town) -> None:
    long = keyed(town, CODE, NAME)
    code, name = "b" * 900, "甲" * 500
    text = f"编号,名称,日期\n{code},{name},\n{'b' * 1900},{'甲' * 100},\n1,{'甲' * 600},2026-01-03\n"
    run = long.send(text)
    assert run.state == RunState.SUCCEEDED, run.message
    assert {(one.label, one.rule, tuple(one.first_rows)) for one in run.problems.all()} == {
        ("名称", "key_length", (2,)),
        ("编号", "key_length", (3,)),
    }
    of_name, of_code = downloaded(long, run)
    assert of_name["Reasons"] == (
        "名称：Key longer than 2,000 bytes: "
        "“名称” has 1,500 bytes (500 characters), “编号” has 900 bytes (900 characters)"
    )
    assert of_code["Reasons"] == (
        "编号：Key longer than 2,000 bytes: "
        "“编号” has 1,900 bytes (1,900 characters), “名称” has 300 bytes (100 characters)"
    )
    assert len(rows_of(long)) == 1


@pytest.mark.parametrize("units", [2000, 2001])
def test_the_limit_itself_is_taken(town: Town, units: int) -> None:
    long = keyed(town, NAME)
    run = long.send(f"名称,日期\n{'a' * units},2026-01-02\n乙,2026-01-03\n")
    assert run.state == RunState.SUCCEEDED, run.message
    assert run.rows_rejected == (units > MOST_KEY_BYTES)


def test_a_shortened_key_corrects_the_row(town: Town) -> None:
    long = keyed(town, NAME)
    run = long.send(f"名称,日期\n{LONG},2026-01-02\n乙,2026-01-03\n")
    pieces = ["名称,日期\n丙,2026-01-02\n".encode()]
    fixed = long.work(services.run_resubmit(actor=long.cataloguer, run_id=run.pk, pieces=pieces, file_name="fixed.csv"))
    assert fixed.state == RunState.SUCCEEDED, fixed.message
    assert fixed.answers["taken"] == [2]
    assert {row["MC"] for row in rows_of(long)} == {"乙", "丙"}


def test_a_key_that_is_another_by_now_is_told_without_figures(town: Town) -> None:
    long = keyed(town, NAME)
    run = long.send(f"名称,日期\n{LONG},2026-01-02\n乙,2026-01-03\n")
    world, entry = long.world, long.entry
    ids = {one.name: one.item for one in columns_wanted(entry)}
    items = [NAME | {"id": ids["名称"], "is_key": False}, DAY | {"id": ids["日期"]}]
    catalog.entry_update(actor=world.cataloguer, ref=entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=world.cataloguer, ref=entry.pk)
    catalog.entry_approve(actor=world.head, ref=entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=entry.pk)
    assert [row["Reasons"] for row in downloaded(long, run)] == ["名称：Key longer than 2,000 bytes"]
