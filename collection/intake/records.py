"""JSON, JSON lines and GeoJSON as rows; numbers keep every digit that is written."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.imports.exceptions import Unreadable
from catalog.imports.records import JsonRecords
from collection.intake.cells import text_of
from collection.intake.layout import Doubt

SAMPLE_RECORDS = 1000
PREVIEW_ROWS = 20
GEOMETRY = "geometry"


class Records:
    """The records of a file as rows of texts.

    Args:
        where: dotted key of the list within a JSON object.
        late: told the names so far, says which may come up after the first records; they are columns wherever not all
            records were looked at.
        is_lines: each line is known to be a record, also where there is one only.

    Raises:
        Unreadable: it is no JSON, or holds no list of objects.
    """

    def __init__(
        self,
        path: Path,
        encoding_name: str,
        where: str,
        late: Callable[[Iterable[str]], Iterable[str]] = lambda found: (),
        *,
        is_lines: bool = False,
    ) -> None:
        exact = json.JSONDecoder(parse_float=str, parse_int=str)
        self._records = JsonRecords(path, encoding_name, where, decoder=exact, is_lines=is_lines)
        self.doubts: list[Doubt] = []
        columns: dict[str, None] = {}
        samples: list[Mapping[str, Any]] = []
        for number, values in self._records.rows():
            row = _laid_out(values)
            columns.update(dict.fromkeys(row))
            if len(samples) < PREVIEW_ROWS:
                samples.append(row)
            if number >= SAMPLE_RECORDS:
                columns.update(dict.fromkeys(late(tuple(columns))))
                break
        self.columns = [name for name in columns if name]
        if not self.columns:
            raise Unreadable("no_records")
        self.preview = [[text_of(row.get(name)) for name in self.columns] for row in samples]

    @property
    def format(self) -> str:
        return "ndjson" if self._records.kind == "jsonl" else "json"

    @property
    def is_geojson(self) -> bool:
        return GEOMETRY in self.columns

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        """Yield (record number, cells); once. Keys that come up late are said once and left out."""
        known = set(self.columns)
        late: set[str] = set()
        for number, values in self._records.rows():
            row = _laid_out(values)
            for name in row.keys() - known - late:
                late.add(name)
                self.doubts.append(Doubt("late_column", {"number": number, "name": name}))
            yield number, [text_of(row.get(name)) for name in self.columns]


def _laid_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's members; of a GeoJSON feature its properties, and the geometry as one."""
    has_geometry = GEOMETRY in values or any(name.startswith("geometry.") for name in values)
    if values.get("type") == "Feature" and has_geometry:
        row = {
            name.removeprefix("properties."): value for name, value in values.items() if name.startswith("properties.")
        }
        shape = {
            name.removeprefix("geometry."): value for name, value in values.items() if name.startswith("geometry.")
        }
        return row | {GEOMETRY: _as_numbers(shape) or None}
    return {name: value for name, value in values.items() if not _is_shadow(name, values)}


def _is_shadow(name: str, values: Mapping[str, Any]) -> bool:
    """Say whether a member only repeats a part of a list of objects that is there whole."""
    above, _dot, _last = name.rpartition(".")
    return bool(above) and isinstance(values.get(above), list)


def _as_numbers(value: Any) -> Any:
    """Give the coordinates of a geometry back as JSON numbers, digit by digit."""
    if isinstance(value, list):
        return [_as_numbers(one) for one in value]
    if isinstance(value, dict):
        return {name: _as_numbers(one) for name, one in value.items()}
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
