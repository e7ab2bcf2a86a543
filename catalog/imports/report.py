"""The report of an import: every problem with its row, column, cell, value, reason and what to do.

XLSX or CSV, as the file's ending says. Lines are written as they come, so that a report of any length takes little
memory. Texts that a spreadsheet program would take for formulas get an apostrophe in CSV.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.imports.exceptions import Unreadable
from catalog.imports.problems import Severity, TallyKind, rule_text
from catalog.imports.text import escape_formula

MAX_SHEET_ROWS = 1_000_000
ENDINGS = (".xlsx", ".csv")


class ReportWriter(Protocol):
    """What both forms of a report offer."""

    def problem(self, line: Mapping[str, Any]) -> None: ...

    def close(
        self,
        summary: Sequence[tuple[str, Any]],
        tally: Iterable[Mapping[str, Any]],
        columns: Sequence[tuple[str, str, str]],
    ) -> None: ...


def headings() -> list[str]:
    """Return the column titles of the problem list."""
    return [
        _("Kind"), _("Row"), _("Column"), _("Cell"), _("Value"), _("Taken as"), _("Rule"),
        pgettext("problem", "Reason"), _("What to do"),
        _("Count"),
    ]  # fmt: skip


def _problem_cells(line: Mapping[str, Any]) -> list[Any]:
    return [
        str(Severity(line["severity"]).label), line["row"] or "", line["column"], line["cell"], line["value"], "",
        line["code"], line["message"], line["advice"], 1,
    ]  # fmt: skip


def _tally_cells(line: Mapping[str, Any]) -> list[Any]:
    return [
        str(TallyKind(line["kind"]).label), line["first_row"] or "", line["field"], "", line["source"], line["value"],
        line["rule"], rule_text(line["rule"]), "", line["count"],
    ]  # fmt: skip


class XlsxReport:
    """A workbook of four sheets: summary, problems, what was assumed or cleaned, columns."""

    def __init__(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
        self._bold = self._book.add_format({"bold": True, "bg_color": "#E8ECF4", "text_wrap": True, "valign": "top"})
        self._wrap = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._summary = self._book.add_worksheet(_("Summary"))
        self._problems = self._sheet(_("Problems"), headings())
        self._at = 0
        self._dropped = 0

    def _sheet(self, name: str, titles: Sequence[str]) -> Any:
        sheet = self._book.add_worksheet(name)
        for at, (title, width) in enumerate(zip(titles, (16, 8, 18, 9, 30, 24, 20, 50, 46, 8), strict=False)):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, title, self._bold)
        sheet.freeze_panes(1, 0)
        return sheet

    def _write(self, sheet: Any, row: int, cells: Sequence[Any]) -> None:
        for at, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, at, cell, self._wrap)
            else:
                sheet.write_string(row, at, str(cell)[:32_000], self._wrap)

    def problem(self, line: Mapping[str, Any]) -> None:
        if self._at >= MAX_SHEET_ROWS:
            self._dropped += 1
            return
        self._at += 1
        self._write(self._problems, self._at, _problem_cells(line))

    def close(
        self,
        summary: Sequence[tuple[str, Any]],
        tally: Iterable[Mapping[str, Any]],
        columns: Sequence[tuple[str, str, str]],
    ) -> None:
        self._problems.autofilter(0, 0, max(self._at, 1), len(headings()) - 1)
        self._summary.set_column(0, 0, 34)
        self._summary.set_column(1, 1, 80)
        lines = list(summary)
        if self._dropped:
            lines.append((_("Problems beyond what a sheet holds"), self._dropped))
        for row, (name, value) in enumerate(lines):
            self._summary.write_string(row, 0, name, self._bold)
            self._write_value(row, value)
        sheet = self._sheet(_("Assumed and cleaned"), headings())
        for row, line in enumerate(tally, start=1):
            self._write(sheet, row, _tally_cells(line))
        sheet = self._sheet(_("Columns"), [_("Column"), _("Taken as"), _("Remark")])
        for row, cells in enumerate(columns, start=1):
            self._write(sheet, row, cells)
        self._book.close()

    def _write_value(self, row: int, value: Any) -> None:
        if isinstance(value, int):
            self._summary.write_number(row, 1, value, self._wrap)
        else:
            self._summary.write_string(row, 1, str(value), self._wrap)


class CsvReport:
    """One table: the problems, then what was assumed or cleaned, then the summary."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._stream)
        self._row(headings())

    def _row(self, cells: Iterable[Any]) -> None:
        self._csv.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in cells])

    def problem(self, line: Mapping[str, Any]) -> None:
        self._row(_problem_cells(line))

    def close(
        self,
        summary: Sequence[tuple[str, Any]],
        tally: Iterable[Mapping[str, Any]],
        columns: Sequence[tuple[str, str, str]],
    ) -> None:
        for line in tally:
            self._row(_tally_cells(line))
        for label, taken, remark in columns:
            self._row([_("Columns"), "", label, "", "", taken, "", remark, "", ""])
        for name, value in summary:
            self._row([_("Summary"), "", "", "", "", "", "", name, "", value])
        self._stream.close()


def open_report(path: Path) -> ReportWriter:
    """Open a report for writing; its ending says which form it takes.

    Raises:
        Unreadable: the ending is neither .xlsx nor .csv, or the file cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise Unreadable("report_ending", ending=path.suffix or path.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb"):
            pass
    except OSError as error:
        raise Unreadable("report_unwritable", name=str(path), why=error.strerror) from error
    return XlsxReport(path) if path.suffix.lower() == ".xlsx" else CsvReport(path)


def column_lines(columns: Mapping[str, Sequence[str]], left_out: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return how every column of the file was taken, for the report."""
    why = {
        "number": _("Not taken: a row number"),
        "contact": _("Not taken: contact data of persons"),
        "count": _("Not taken: a counter that ages at once"),
        "unknown": _("Not taken: not known; name it in the mapping if it is wanted"),
    }
    lines = []
    for meaning, labels in columns.items():
        for at, label in enumerate(labels):
            lines.append((label, meaning, _("Only where the preferred column is empty") if at else ""))
    lines += [(label, "", why.get(reason, reason)) for label, reason in left_out.items()]
    return lines
