import json
from typing import Any

import pytest

from core.json_text import MAX_DEPTH, NestedTooDeeply, is_storable, read_json, storable


def nested(depth: int) -> Any:
    value: Any = "x"
    for _level in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_what_is_nested_too_deeply_to_be_read_is_a_value_error(text: str) -> None:
    with pytest.raises(NestedTooDeeply, match="nested too deeply"):
        read_json(text)


@pytest.mark.parametrize("value", ["字", 1, 1.5, None, True, {"a": ["b", {"c": "🚗"}]}, nested(MAX_DEPTH)])
def test_ordinary_values_can_be_kept_as_they_are(value: Any) -> None:
    assert is_storable(value)
    assert storable(value) is value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\x00b", "ab"),
        ({"\ud800k": ["\udfff"]}, {"k": [""]}),
        ({"a": float("inf"), "b": [float("nan")]}, {"a": None, "b": [None]}),
    ],
)
def test_what_no_database_can_hold_is_left_out(value: Any, kept: Any) -> None:
    assert not is_storable(value)
    assert storable(value) == kept


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 500])
def test_what_is_nested_too_deeply_is_cut(depth: int) -> None:
    assert not is_storable(nested(depth))
    assert is_storable(storable(nested(depth)))
    json.dumps(storable(nested(depth)))
