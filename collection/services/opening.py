"""How the file of a run is opened: as it was confirmed, else as the last one was read, else as it looks."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from catalog.imports.exceptions import Unreadable
from catalog.imports.text import unescape_formula
from collection.choices import LoadMode, RunOrigin
from collection.intake import Doubt, Intake, Layout, open_intake
from collection.matching import OPERATION, columns_match
from collection.models import Dataset, DatasetVersion, Run, Source
from collection.selectors.run import is_file_repeated
from collection.store.columns import Column


def original_open(run: Run, columns: Sequence[Column], path: Path) -> tuple[Intake, bool]:
    """Open the file as it was confirmed, else as the last one was read, else as it looks.

    Returns:
        The file, and whether it is read as somebody has confirmed.
    """
    layout = run.layout or _remembered(memory_of(run))
    mapping = run.mapping or memory_of(run).mapping

    def late(found: Iterable[str]) -> list[str]:
        """Return the items that none of the columns so far is for."""
        bound = columns_match(list(found), columns, mapping).values()
        return [one.label for one in columns if one.nullable and one.item not in bound]

    def opened(given: dict[str, Any]) -> Intake:
        return open_intake(
            path,
            run.file_name,
            Layout.from_dict(given) if given else None,
            columns_known=lambda label: any(label in (one.name, one.field_name) for one in columns),
            columns_late=late,
        )

    try:
        return opened(layout), bool(layout)
    except Unreadable:
        if run.layout or not layout:
            raise
    return opened({}), False


def memory_of(run: Run) -> Source | Dataset:
    """Return who remembers how the last file was read: the source, if it had one, else the dataset."""
    source = run.source
    return source if source is not None and source.layout else run.dataset


def _remembered(memory: Source | Dataset) -> dict[str, Any]:
    """Return how the last file was read, but for what may differ from file to file without anybody's doing.

    An encoding that was right for the last file turns the next one into nonsense when it comes from another program;
    and of a file with one line, what it is itself must say whether that is a record or holds them.
    """
    kept = {name: value for name, value in memory.layout.items() if name not in ("encoding", "delimiter")}
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


def doubts_of(run: Run, intake: Intake) -> list[Doubt]:
    """Return what is doubtful; an encoding that was right for the last file is not, where it fits this one too."""
    found = list(intake.doubts)
    if run.fetched.get("may_be_cut"):
        found.append(Doubt("cut"))
    if run.origin == RunOrigin.UPLOAD and is_file_repeated(run, run.dataset.published_version):
        found.append(Doubt("repeated"))
    is_known = intake.layout.encoding == memory_of(run).layout.get("encoding")
    return [one for one in found if not (one.code == "encoding" and is_known)]


def operation_position(run: Run) -> int | None:
    """Return which column of the file says what happened to a row; None where all rows are there."""
    if run.mode != LoadMode.CHANGES:
        return None
    label = next(label for label, item in run.mapping.items() if item == OPERATION)
    return list(run.found["columns"]).index(label)
