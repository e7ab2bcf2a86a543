"""Lists of this app's pages: order and page of the address, and the same rows as CSV."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core import clock

PAGE_SIZE = 30
EXPORT_LIMIT = 50_000
"""Rows of one export; a file that lacks some says so in its last line."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    Attributes:
        value: what an export writes for a row.
        order: database fields behind the column; empty where it cannot be sorted.
    """

    name: str
    label: Any
    value: Callable[[Any], Any]
    order: tuple[str, ...] = ()


class Listing:
    """Rows in the order and page that the address asks for.

    Args:
        default: ordering when the address names none that exists, e.g. ``"name"`` or ``"-granted_at"``.
    """

    def __init__(self, request: HttpRequest, rows: QuerySet[Any], columns: Sequence[Column], *, default: str) -> None:
        self._request = request
        self.columns = {column.name: column for column in columns}
        asked = request.GET.get("ordering", "")
        sortable = {name for name, column in self.columns.items() if column.order}
        self.ordering = asked if asked.removeprefix("-") in sortable else default
        self.rows = rows.order_by(*self._order_fields(), "pk")

    def _order_fields(self) -> list[str]:
        descends = self.ordering.startswith("-")
        fields = self.columns[self.ordering.removeprefix("-")].order
        return [f"-{field}" if descends else field for field in fields]

    @property
    def wants_csv(self) -> bool:
        return self._request.GET.get("export") == "csv"

    def page(self) -> Page[Any]:
        """Return the page of the address; one beyond the end is the last."""
        return Paginator(self.rows, PAGE_SIZE).get_page(self._request.GET.get("page"))

    def csv(self, name: str) -> HttpResponse:
        """Return all rows of the filter as a file, in the order of the list.

        Args:
            name: stem of the file's name; the day is added.
        """
        response = csv_response(name, self.columns.values(), self.rows[:EXPORT_LIMIT])
        total = self.rows.count()
        if total > EXPORT_LIMIT:
            told = _("Only the first %(shown)d of %(total)d rows are in this file. Narrow the list to export the rest.")
            csv.writer(response).writerow([told % {"shown": EXPORT_LIMIT, "total": total}])
        return response


def csv_response(name: str, columns: Iterable[Column], rows: Iterable[Any]) -> HttpResponse:
    """Return rows as a CSV file that Excel opens with the right characters and without running formulas.

    Args:
        name: stem of the file's name, in whatever language; the day is added.
    """
    columns = list(columns)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    file_name = f"{name}-{clock.today():%Y%m%d}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file_name)
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([str(column.label) for column in columns])
    writer.writerows([[cell_text(column.value(row)) for column in columns] for row in rows])
    return response


def cell_text(value: Any) -> str:
    """Return a value as text that a spreadsheet takes for text: a leading sign of a formula gets an apostrophe."""
    text = "" if value is None else _moment_text(value) if isinstance(value, datetime) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _moment_text(moment: datetime) -> str:
    """Return a moment in the region's time; one that ends a day, as due times do, is that day."""
    local = moment.astimezone(clock.REGION_ZONE)
    return f"{local:%Y-%m-%d}" if local.time() == time.max else f"{local:%Y-%m-%d %H:%M}"
