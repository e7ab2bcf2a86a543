"""Random grants and filters, against a plain model in Python."""

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collection.conftest import HEADER, Town
from tests.collection.readers.test_page import band
from tests.sharing.factories import HASH_KEY, bearer, client_make, grant_make

PEOPLE: list[dict[str, Any]] = [
    {
        "DXBH": key,
        "XM": name,
        "SFZH": number,
        "YBZJE": Decimal(pay) if pay else None,
        "NRRQ": date.fromisoformat(day) if day else None,
    }
    for key, name, number, pay, day in [
        ("0001", "王小明", "990102199001011234", "850.50", "2026-01-05"),
        ("0002", "李四", "990102198505054321", "920", "2026-02-06"),
        ("0164A", "欧阳锋", "990102197707077777", "1020.00", "2026-03-01"),
        ("0200", "王五", "990102197707070000", "0", ""),
        ("0300", "", "", "", "2026-02-06"),
        ("a", "赵", "99", "-5", "2025-12-31"),
    ]
]
ITEMS = ["DXBH", "XM", "SFZH", "YBZJE", "NRRQ"]
VALUES = {
    "DXBH": ["0001", "0164A", "0", "a", "zzz", "0200"],
    "XM": ["王小明", "王**", "王", "李*", "*", "赵"],
    "SFZH": ["990102199001011234", "9***************34", "99", "9"],
    "YBZJE": ["850.5", "920.0", "0", "-5", "1e3"],
    "NRRQ": ["2026-02-06", "2026-01-01", "2025-12-31"],
}
SHOWN = {
    "month": ["2026-02", "2026-01", "2026-03", "2026", "2026-0", "2026-13"],
    "band": ["800~900", "-10~0", "0~10", "***", "8"],
}
"""As masks show them, or nearly so."""
MASKS = {
    "XM": ["none", "name", "text", "hash"],
    "SFZH": ["none", "id_number", "hash"],
    "YBZJE": ["none", "text", "band"],
    "NRRQ": ["none", "month"],
    "DXBH": ["none"],
}


@pytest.fixture
def people(town: Town) -> Town:
    """The town with people whose items are empty, negative or short."""
    lines = [
        f"{one['DXBH']},{one['XM']},{one['SFZH']},{'' if one['YBZJE'] is None else one['YBZJE']},{one['NRRQ'] or ''}\n"
        for one in PEOPLE
    ]
    run = town.send(HEADER + "".join(lines))
    assert (run.state, run.rows_rejected) == ("succeeded", 0), run.message
    return town


def true_value(row: dict[str, Any], item: str) -> Any:
    return row[item] if row[item] != "" else None


def shown(row: dict[str, Any], item: str, mask: str) -> Any:
    """Return what a reader sees, as a value that compares."""
    value = true_value(row, item)
    if mask == "none" or value is None:
        return value
    text = str(value)
    match mask:
        case "name":
            return _kept(text, 1, 0)
        case "id_number":
            return _kept(text, 1, 2)
        case "month":
            return text[:7]
        case "band":
            return band(value)
        case "hash":
            return sha256(HASH_KEY + text.encode()).hexdigest()
    return "***"


def _kept(text: str, first: int, last: int) -> str:
    if len(text) <= first + last:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + (text[-last:] if last else "")


def fits(value: Any, operator: str, text: str, item: str, is_masked: bool) -> bool:
    """Judge a condition as SQL does: nothing is compared with what is not there."""
    if operator == "isnull":
        return (value is None) == (text == "true")
    if value is None:
        return False
    if operator == "startswith":
        return str(value).startswith(text)
    if not is_masked and item == "YBZJE":
        wanted: Any = [Decimal(one) for one in text.split(",")]
    elif not is_masked and item == "NRRQ":
        wanted = [date.fromisoformat(one) for one in text.split(",")]
    else:
        wanted, value = [one.encode() for one in text.split(",")], str(value).encode()
    match operator:
        case "in":
            return value in wanted
        case "gte":
            return bool(value >= wanted[0])
        case "lte":
            return bool(value <= wanted[0])
        case "gt":
            return bool(value > wanted[0])
        case "lt":
            return bool(value < wanted[0])
    return bool(value == wanted[0])


_MONTHS = {f"{year}-{month:02d}" for year in range(2025, 2027) for month in range(1, 13)}
_BANDS = {"800~900", "-10~0", "0~10", "***"}


def takes(mask: str, operator: str, text: str) -> bool:
    """Say whether a condition is written as a reader is shown what it compares."""
    if mask not in SHOWN or operator == "isnull":
        return True
    if operator == "startswith":
        return mask == "band" or any(one.startswith(text) for one in _MONTHS)
    if mask == "band" and operator not in ("eq", "in"):
        return False
    return set(text.split(",")) <= (_MONTHS if mask == "month" else _BANDS)


OPERATORS = ["eq", "gte", "lte", "gt", "lt", "in", "startswith", "isnull"]


@st.composite
def conditions(draw: Any, items: list[str], masks: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    found = []
    for _turn in range(draw(st.integers(0, 3))):
        item = draw(st.sampled_from(items))
        operator = draw(st.sampled_from(OPERATORS))
        values = VALUES[item] + SHOWN.get((masks or {}).get(item, ""), [])
        value = "true" if operator == "isnull" else draw(st.sampled_from(values))
        if operator == "isnull":
            value = draw(st.sampled_from(["true", "false"]))
        if operator == "in":
            value = ",".join(draw(st.lists(st.sampled_from(values), min_size=1, max_size=3)))
        found.append((item, operator, value))
    return found


@st.composite
def lenses(draw: Any) -> dict[str, Any]:
    items = draw(st.lists(st.sampled_from(ITEMS), unique=True, min_size=1))
    masks = {item: draw(st.sampled_from(MASKS[item])) for item in items}
    return {
        "items": items,
        "masks": masks,
        "row_filter": draw(conditions(ITEMS)),
        "asked": draw(conditions(items, masks)),
        "limit": draw(st.integers(1, 7)),
    }


@given(lens=lenses())
@settings(max_examples=60)
def test_rows_are_those_of_a_plain_model(people: Town, lens: dict[str, Any]) -> None:
    masks, limit = lens["masks"], lens["limit"]
    grant = grant_make(
        people.dataset,
        people.world.other,
        items=lens["items"],
        masks={item: mask for item, mask in masks.items() if mask != "none"},
        row_filter=[(item, operator, value.split(",")) for item, operator, value in lens["row_filter"]],
    )
    headers = bearer(client_make(people.world.other, grants=[grant], calls_per_minute=60_000))
    query = [(item if operator == "eq" else f"{item}__{operator}", value) for item, operator, value in lens["asked"]]
    parameters: dict[str, Any] = {"limit": limit}
    for name, value in query:
        parameters.setdefault(name, []).append(value)
    expected = [
        {item: shown(row, item, masks[item]) for item in lens["items"]}
        for row in PEOPLE
        if all(
            fits(true_value(row, item), operator, value, item, False) for item, operator, value in lens["row_filter"]
        )
        and all(
            fits(shown(row, item, masks[item]), operator, value, item, masks[item] != "none")
            for item, operator, value in lens["asked"]
        )
    ]
    if not all(takes(masks[item], operator, value) for item, operator, value in lens["asked"]):
        refused = Browser().get(f"/api/v1/datasets/{people.dataset.pk}/rows/", parameters, headers=headers)
        assert refused.status_code == 422, refused.content
        assert [one["code"] for one in refused.json()["errors"]] == ["masked_form"]
        return
    found, cursor = [], None
    while True:
        answer = Browser().get(
            f"/api/v1/datasets/{people.dataset.pk}/rows/",
            parameters | ({"cursor": cursor} if cursor else {}),
            headers=headers,
        )
        assert answer.status_code == 200, answer.content
        found += answer.json()["rows"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    assert found == [{item: _json(value) for item, value in row.items()} for row in expected]


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else str(value)
