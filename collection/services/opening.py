"""How the file of a run is opened: as it was confirmed, else as the last one was read, else as it looks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Q

from catalog.imports.exceptions import Unreadable
from catalog.imports.text import unescape_formula
from collection.choices import LoadMode, RunOrigin
from collection.intake import Doubt, Intake, Layout, open_intake
from collection.matching import OPERATION, columns_match, names_known
from collection.models import Dataset, DatasetVersion, Run, Source
from collection.selectors.run import is_file_repeated
from collection.store.columns import Column
from core.reasons import reason_of


@dataclass(frozen=True, slots=True)
class Opened:
    """The file of a run, opened.

    Attributes:
        is_as_before: it is read as somebody has confirmed, for this file or for one that began the same.
        is_header_elsewhere: its header is not where the last file had it.
    """

    intake: Intake
    is_as_before: bool
    is_header_elsewhere: bool = False


def original_open(run: Run, columns: Sequence[Column], path: Path) -> Opened:
    """Open the file as it was confirmed, else as the last one was read if it begins the same, else as it looks."""
    memory = memory_of(run)
    # What the platform gave to be corrected has its own header, wherever the file that it came of had one.
    remembered = {} if run.origin == RunOrigin.RESUBMISSION else _remembered(memory)
    mapping = run.mapping or memory.mapping
    knows = names_known(columns, mapping)

    def late(found: Iterable[str]) -> list[str]:
        """Return the items that none of the columns so far is for."""
        bound = columns_match(list(found), columns, mapping).values()
        return [one.label for one in columns if one.nullable and one.item not in bound]

    def opened(given: dict[str, Any]) -> Intake:
        return open_intake(
            path, run.file_name, Layout.from_dict(given) if given else None, columns_known=knows, columns_late=late
        )

    if run.layout or not remembered:
        return Opened(opened(run.layout), bool(run.layout))
    is_sheet_gone = False
    try:
        intake = opened(remembered)
        if _begins_alike(intake, memory.layout):
            return Opened(intake, True)
        intake.close()
    except Unreadable as error:
        is_sheet_gone = reason_of(error).code == "file.no_such_sheet"
    anew = opened(_found_out(remembered, is_sheet_gone=is_sheet_gone))
    is_sure = not any(one.is_of_rows for one in anew.doubts)
    are_grids = not {anew.layout.format, memory.layout.get("format")} & _WITHOUT_HEADER
    is_there = not are_grids or (
        [*anew.layout.header_rows] == memory.layout.get("header_rows", []) and not is_sheet_gone
    )
    return Opened(anew, is_there and is_sure, is_header_elsewhere=not is_there)


_WITHOUT_HEADER = {"json", "ndjson", "geojson"}

PRINT = "header_print"
"""Stands in the layout that is remembered for what its header rows read."""


def _begins_alike(intake: Intake, remembered: dict[str, Any]) -> bool:
    """Say whether a file that is read as the last one has its header: what stands there now may be rows of data."""
    if not remembered.get("has_header", True):
        return not intake.names_items
    return remembered.get(PRINT) == intake.header_print


def _found_out(remembered: dict[str, Any], *, is_sheet_gone: bool) -> dict[str, Any]:
    """Return what still holds of how the last file was read where this one begins another way."""
    forgotten = {"header_rows", "has_header", "unnamed", *(("sheet",) if is_sheet_gone else ())}
    return {name: value for name, value in remembered.items() if name not in forgotten}


def layout_kept(run: Run) -> dict[str, Any]:
    """Return how the file of a run was read, to be remembered with what its header rows read."""
    kept: dict[str, Any] = run.layout | {PRINT: run.found[PRINT]} if PRINT in run.found else run.layout
    return kept


def memory_of(run: Run) -> Source | Dataset:
    """Return who remembers how the last file was read: the source, if it had one, else the dataset."""
    source = run.source
    return source if source is not None and source.layout else run.dataset


def _remembered(memory: Source | Dataset) -> dict[str, Any]:
    """Return how the last file was read, but for what may differ from file to file without anybody's doing.

    An encoding that was right for the last file turns the next one into nonsense when it comes from another program;
    and of a file with one line, what it is itself must say whether that is a record or holds them.
    """
    kept = {name: value for name, value in memory.layout.items() if name not in ("encoding", "delimiter", PRINT)}
    return kept | {"format": "json"} if kept.get("format") == "ndjson" else kept


def unescaped(rows: Iterable[tuple[int, list[str | None]]]) -> Iterator[tuple[int, list[str | None]]]:
    """Give cells back as they were sent: the file of rejected rows made formulas harmless."""
    for number, cells in rows:
        yield number, [unescape_formula(cell) if cell else cell for cell in cells]


def is_repeat_dropped(run: Run, published: DatasetVersion | None) -> bool:
    """Say whether a file brings what the last one brought, and came by itself or with nobody to be asked.

    Rows without a key may well be the same as yesterday's: who sends them by hand says whether that is meant.
    """
    if not is_file_repeated(run, published):
        return False
    was_asked = any(one["code"] == "repeated" for one in run.found.get("doubts", ()))
    return run.origin != RunOrigin.UPLOAD or (run.is_confirmed and not was_asked)


def doubts_of(run: Run, file: Opened) -> list[Doubt]:
    """Return what is doubtful; an encoding that was right for the last file is not, where it fits this one too."""
    intake = file.intake
    found = list(intake.doubts)
    if run.fetched.get("may_be_cut"):
        found.append(Doubt("cut"))
    if run.origin == RunOrigin.UPLOAD and is_file_repeated(run, run.dataset.published_version):
        found.append(Doubt("repeated"))
    if file.is_header_elsewhere:
        found.append(Doubt("header_differs"))
    if intake.left_out and not run.rows_read:
        found.append(Doubt("no_data_rows"))
    is_known = intake.layout.encoding == memory_of(run).layout.get("encoding")
    return [one for one in found if not (one.code == "encoding" and is_known)]


def is_answered(run: Run, code: str) -> bool:
    """Say whether somebody has confirmed how the file is read since a doubt was noted."""
    codes = list(run.notes.filter(Q(code="confirmed") | Q(code="doubt", values__doubt__code=code)).order_by("pk")
                 .values_list("code", flat=True))  # fmt: skip
    return "doubt" in codes and codes[-1] == "confirmed"


def operation_position(run: Run) -> int | None:
    """Return which column of the file says what happened to a row; None where all rows are there."""
    if run.mode != LoadMode.CHANGES:
        return None
    label = next(label for label, item in run.mapping.items() if item == OPERATION)
    return list(run.found["columns"]).index(label)
