"""Records of a JSON file, one by one: a list of objects, an object that holds such a list, or one object a line."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.imports import encoding
from catalog.imports.exceptions import Unreadable
from core.json_text import NestedTooDeeply, read_json, storable

_CHUNK = 1 << 18
_SAMPLE_RECORDS = 500
MAX_WHOLE_BYTES = 64 * 1024**2
"""An object that wraps its list is loaded whole; up to here."""

_LIST_KEYS = ("records", "dataset", "datasets", "data", "results", "result", "items", "rows", "entries", "list")


class JsonRecords:
    """The records of a JSON file with nested objects laid flat ("publisher.name").

    Args:
        where: name of the key that holds the list, where the file is an object; found out when empty.
        decoder: how values are read; one that leaves numbers as they are written, where digits must not be lost.
        is_lines: each line is known to be a record; else a lone line with an object is looked into for a list.

    Raises:
        Unreadable: it is no JSON, or holds no list of objects.
    """

    def __init__(
        self,
        path: Path,
        encoding_name: str,
        where: str = "",
        decoder: json.JSONDecoder | None = None,
        *,
        is_lines: bool = False,
    ) -> None:
        self._is_lines = is_lines
        self._decoder = decoder or json.JSONDecoder()
        self._path = path
        self._encoding = encoding_name
        self._where = where
        self.total: int | None = None
        self.kind = "json"
        self._loaded: list[Any] | None = None
        with self._open() as stream:
            first = _first_character(stream)
        if first == "{":
            self._load_wrapped()
        labels: dict[str, None] = {}
        for number, values in self.rows():
            labels.update(dict.fromkeys(values))
            if number >= _SAMPLE_RECORDS:
                break
        self.labels = list(labels)

    def _open(self) -> io.TextIOWrapper:
        return encoding.open_text(self._path.open("rb"), self._encoding)

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield (record number from 1, flat record)."""
        for number, record in enumerate(self._records(), start=1):
            yield number, flat(storable(record)) if isinstance(record, dict) else {"": storable(record)}

    def _records(self) -> Iterator[Any]:
        if self._loaded is not None:
            yield from self._loaded
        elif self.kind == "jsonl":
            with self._open() as stream:
                for line in stream:
                    if line.strip():
                        yield self._decode_line(line)
        else:
            with self._open() as stream:
                yield from _stream_list(stream, self._decoder)

    def _decode_line(self, line: str) -> Any:
        try:
            return read_json(line.strip("\ufeff \t\r\n"), self._decoder)
        except ValueError:
            return {"": line[:200]}

    def _load_wrapped(self) -> None:
        """Take the list out of an object; several objects one after the other are JSON lines."""
        with self._open() as stream:
            lines = [line for _at, line in zip(range(3), stream, strict=False) if line.strip()]
        if (self._is_lines or len(lines) > 1) and all(_is_object(line) for line in lines[:2]):
            self.kind = "jsonl"
            return
        if self._path.stat().st_size > MAX_WHOLE_BYTES:
            raise Unreadable("object_too_large")
        with self._open() as stream:
            try:
                whole = read_json(stream.read().lstrip("\ufeff"), self._decoder)
            except json.JSONDecodeError as error:
                raise Unreadable("bad_json_at", line=error.lineno, column=error.colno) from error
            except NestedTooDeeply:
                raise Unreadable("json_too_deep") from None
            except ValueError as error:  # what nothing is wrong with but the length of a number
                raise Unreadable("json_number_too_long") from error
        self._loaded = _find_list(whole, self._where)
        self.total = len(self._loaded)


def _first_character(stream: io.TextIOWrapper) -> str:
    return stream.read(1000).lstrip("\ufeff \t\r\n")[:1]


def _is_object(line: str) -> bool:
    try:
        return isinstance(read_json(line), dict)
    except ValueError:
        return False


def _find_list(whole: dict[str, Any], where: str) -> list[Any]:
    if where:
        value: Any = whole
        for part in where.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, list):
            return value
        raise Unreadable("no_list", key=where)
    lists = {
        key: value
        for key, value in whole.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value[:50])
    }
    for key in _LIST_KEYS:
        if key in lists:
            return lists[key]
    if lists:
        return max(lists.values(), key=len)
    for value in whole.values():
        if isinstance(value, dict):
            try:
                return _find_list(value, "")
            except Unreadable:
                continue
    raise Unreadable("no_records")


def _stream_list(stream: io.TextIOWrapper, decoder: json.JSONDecoder) -> Iterator[Any]:
    """Decode the objects of a top-level list without holding more than one of them."""
    buffer = stream.read(_CHUNK).lstrip("\ufeff \t\r\n")
    at = 1
    while True:
        while at < len(buffer) and buffer[at] in ", \t\r\n":
            at += 1
        if at < len(buffer) and buffer[at] == "]":
            return
        try:
            if at >= len(buffer):
                raise ValueError("more is needed")
            record, end = _decode_at(decoder, buffer, at)
            if end == len(buffer):
                raise ValueError("the value may go on")
        except ValueError as error:
            more = stream.read(_CHUNK)
            if not more:
                raise Unreadable("bad_json_cut") from error
            buffer, at = buffer[at:] + more, 0
            continue
        yield record
        at = end


def _decode_at(decoder: json.JSONDecoder, buffer: str, at: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(buffer, at)
    except RecursionError:
        raise Unreadable("json_too_deep") from None


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Lay nested objects flat; of a list of objects each key becomes the list of its values.

    A list of objects is kept whole under its own key too, for lists of items.
    """
    result: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            for inner, one in flat(value).items():
                result[f"{key}.{inner}"] = one
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            result[key] = value
            for one in value:
                for inner, part in one.items():
                    if isinstance(part, (str, int, float)):
                        result.setdefault(f"{key}.{inner}", []).append(part)
                    elif isinstance(part, list) and part and isinstance(part[0], dict):
                        result.setdefault(f"{key}.{inner}", []).extend(part)
        else:
            result[key] = value
    return result
