"""A whole version as a stream, in constant memory: batches by keyset, each one text made by the database."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, cast

import xlsxwriter
from django.utils.translation import gettext as _

from collection.readers.batches import Batches
from collection.readers.entitlement import Condition, Entitlement
from collection.readers.page import PinnedVersion, shown_columns
from collection.readers.parquet import parquet
from collection.readers.shown import Shown, csv_cells, csv_row, json_row
from collection.store import zone
from core.exceptions import FieldError, RuleViolation

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
XLSX_MOST_ROWS = 1_048_575


def stream(
    entitlement: Entitlement,
    version: PinnedVersion,
    format: str,
    *,
    fields: Sequence[str] | None = None,
    conditions: Sequence[Condition] = (),
    escape_formulas: bool = False,
    still_entitled: Callable[[], bool] = lambda: True,
    counted: Callable[[int], object] = lambda rows: None,
) -> Iterator[bytes]:
    """Yield the rows in a format of ``FORMATS``.

    Args:
        escape_formulas: for people who open a CSV in a spreadsheet program; machines get exact texts.
        still_entitled: asked before every batch.
        counted: told the number of rows of every batch.

    Raises:
        NotAllowed: the entitlement ended while the stream ran.
        RuleViolation: a filter names an item that may not be read.
    """
    wanted = [one for one in entitlement.columns(version.columns) if fields is None or one.item in fields]
    shown = shown_columns(entitlement, wanted)
    batches = Batches(entitlement, version, shown, conditions, still_entitled, counted)
    match format:
        case "csv":
            return _csv(batches, shown, escape_formulas)
        case "ndjson":
            return _joined(batches.texts(json_row(shown), "\n"), b"", b"\n", b"\n", b"")
        case "json":
            return _joined(batches.texts(json_row(shown), ",\n"), b"[\n", b",\n", b"", b"\n]\n")
        case "xlsx":
            return _xlsx(batches, shown)
        case "parquet":
            return parquet(batches)
    raise ValueError(format)


def _csv(batches: Batches, shown: Sequence[Shown], escape_formulas: bool) -> Iterator[bytes]:
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow([one.column.label for one in shown])
    if batches.may_copy:
        return chain([head.getvalue().encode()], batches.copied(csv_cells(shown, escape_formulas=escape_formulas)))
    lines = batches.texts(csv_row(shown, escape_formulas=escape_formulas), "\n")
    return _joined(lines, head.getvalue().encode(), b"\n", b"\n", b"")


def _joined(texts: Iterator[str], head: bytes, between: bytes, tail: bytes, end: bytes) -> Iterator[bytes]:
    yield head
    is_first = True
    for text in texts:
        yield text.encode() if is_first else between + text.encode()
        is_first = False
    yield end if is_first else tail + end


def _xlsx(batches: Batches, shown: Sequence[Shown]) -> Iterator[bytes]:
    """Write row by row to a file, then hand it on; texts stay texts, so no formula is ever made of one."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as target:
        book = xlsxwriter.Workbook(target.name, {"constant_memory": True, "strings_to_formulas": False,
                                                 "strings_to_urls": False, "strings_to_numbers": False})  # fmt: skip
        sheet = book.add_worksheet()
        for at, one in enumerate(shown):
            sheet.write_string(0, at, one.column.name)
        for line, row in enumerate(batches.rows(), start=1):
            if line > XLSX_MOST_ROWS:
                raise RuleViolation([sheet_too_small()])
            for at, value in enumerate(row):
                _xlsx_cell(sheet, line, at, value)
        book.close()
        with open(target.name, "rb") as source:  # noqa: PTH123
            while piece := source.read(1 << 16):
                yield piece


def sheet_too_small() -> FieldError:
    """Return what is said where a workbook cannot hold the rows."""
    message = _("A sheet holds %(count)s rows at most. Choose CSV or Parquet.") % {"count": f"{XLSX_MOST_ROWS:,}"}
    return FieldError("format", "too_many_rows", message)


def _xlsx_cell(sheet: Any, line: int, at: int, value: Any) -> None:
    """Write a value as a cell. A spreadsheet keeps 15 digits: longer numbers stay exact as texts."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, at, value)
    elif isinstance(value, int | Decimal) and len(str(value).strip("-").replace(".", "")) > 15:
        sheet.write_string(line, at, str(value))
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(line, at, cast("float", value))
    elif isinstance(value, datetime):
        sheet.write_string(line, at, value.astimezone(zone.ZONE).isoformat(" ", "seconds"))
    elif isinstance(value, date):
        sheet.write_string(line, at, value.isoformat())
    else:
        sheet.write_string(line, at, str(value)[:32_767])
