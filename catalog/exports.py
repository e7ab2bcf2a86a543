"""Writing entries out: the guide's template with our columns behind it, DCAT, and what a list shows.

Everything is written entry by entry, so that an export of any size takes the same memory. A workbook holds texts
only as texts; in CSV, a text that a spreadsheet program would take for a formula gets an apostrophe before it, and
the last column of its row names the columns in which that happened.
"""

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import xlsxwriter
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from catalog.choices import Cycle, Opening
from catalog.imports.layout import COLUMNS, Column, Exported, path_of, rows_of
from catalog.imports.text import FORMULA_STARTS
from catalog.models import Category, Entry, Revision, RevisionItem
from catalog.selectors import LIVE_STATUSES, PUBLIC_OPENINGS, entry_list_for, reading
from core.actors import Actor
from core.clock import REGION_ZONE
from core.platform_name import platform_name

CHUNK = 500
MAX_CELL = 32_000
"""Characters that a cell of a workbook holds."""

APOSTROPHES = "加了单引号的列"
"""Title of the CSV column that names the columns whose text got an apostrophe."""

FORMATS = ("xlsx", "csv", "jsonld")
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "jsonld": "application/ld+json",
}

Progress = Callable[[int], None]


def no_progress(_done: int) -> None:
    """Tell nobody."""


# --- What is exported -------------------------------------------------------------------------------------------


def published_entries(actor: Actor, *, department_code: str = "", open_only: bool = False) -> QuerySet[Entry]:
    """Return the published entries that the actor may see, for an export.

    Args:
        open_only: only what is open to the public, with or without condition.
    """
    entries = entry_list_for(actor).filter(status__in=LIVE_STATUSES, published_revision__isnull=False)
    if department_code:
        entries = entries.filter(department__code=department_code)
    if open_only:
        entries = entries.filter(published_revision__opening__in=PUBLIC_OPENINGS)
    return entries


def exported(entries: QuerySet[Entry]) -> Iterator[Exported]:
    """Yield entries with their published content, by key, a chunk at a time."""
    tree = {one.pk: one for one in Category.objects.all()}
    last = 0
    keyed = entries.order_by("pk").select_related(None).only("pk")
    while pks := [one.pk for one in keyed.filter(pk__gt=last)[:CHUNK]]:
        last = pks[-1]
        revisions = (
            Revision.objects.filter(pk__in=Entry.objects.filter(pk__in=pks).values("published_revision"))
            .select_related("entry__department__region", "category", "library", "source_system")
            .prefetch_related(
                Prefetch("items", RevisionItem.objects.order_by("position")),
                Prefetch("related", Entry.objects.only("pk", "code", "slug").order_by("pk")),
            )
        )
        by_entry = {one.entry_id: one for one in revisions}
        for pk in pks:
            revision = by_entry.get(pk)
            if revision is None:
                continue
            yield Exported(
                entry=revision.entry,
                revision=revision,
                items=list(revision.items.all()),
                path=path_of(revision.category, tree),
                related=[one.code or one.ref for one in revision.related.all()],
            )


def write_entries(entries: QuerySet[Entry], form: str, stream: BinaryIO, *, progress: Progress = no_progress,
                  base_url: str = "") -> int:  # fmt: skip
    """Write entries to a binary stream; return how many.

    Args:
        form: one of ``FORMATS``.
        base_url: address of this installation, put before the identifiers of the DCAT form.
    """
    if form == "xlsx":
        return _write_template(exported(entries), stream, progress)
    if form == "csv":
        return _write_csv(exported(entries), stream, progress)
    if form == "jsonld":
        return _write_dcat(exported(entries), stream, progress, base_url.rstrip("/"))
    raise ValueError(f"unknown form {form!r}")


# --- The guide's template ---------------------------------------------------------------------------------------


def _write_template(rows: Iterator[Exported], stream: BinaryIO, progress: Progress) -> int:
    count = 0
    with tempfile.TemporaryFile() as file:
        book = _workbook(file)
        sheet = book.add_worksheet("信息资源目录")
        at = _template_head(book, sheet)
        text = book.add_format({"valign": "top"})
        for one in rows:
            for cells in rows_of(one):
                _write_cells(sheet, at, cells, text)
                at += 1
            count += 1
            progress(count)
        book.close()
        file.seek(0)
        shutil.copyfileobj(file, stream)
    return count


def write_blank_template(stream: BinaryIO, *, rows: int = 2000) -> None:
    """Write the empty template for departments to fill: both header rows and a list of words where a column has one."""
    with tempfile.TemporaryFile() as file:
        book = _workbook(file)
        sheet = book.add_worksheet("信息资源目录")
        first = _template_head(book, sheet)
        for at, column in enumerate(COLUMNS):
            if column.choices and sum(map(len, column.choices)) + len(column.choices) < 255:
                sheet.data_validation(
                    first,
                    at,
                    first + rows,
                    at,
                    {"validate": "list", "source": list(column.choices), "error_type": "warning"},
                )
        book.close()
        file.seek(0)
        shutil.copyfileobj(file, stream)


def _workbook(file: Any) -> Any:
    return xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})


def _template_head(book: Any, sheet: Any) -> int:
    """Write the two header rows and return the number of the first row below."""
    group = book.add_format({"bold": True, "align": "center", "bg_color": "#E8ECF4", "border": 1})
    title = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8ECF4", "border": 1})
    needed = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#FBE9D0", "border": 1})
    for at, column in enumerate(COLUMNS):
        sheet.set_column(at, at, column.width)
    for first, last, name in _groups(COLUMNS):
        if not name:
            sheet.write_blank(0, first, None, group)
        elif first == last:
            sheet.write_string(0, first, name, group)
        else:
            sheet.merge_range(0, first, 0, last, name, group)
    for at, column in enumerate(COLUMNS):
        sheet.write_string(1, at, column.label, needed if column.is_required else title)
    sheet.freeze_panes(2, 5)
    return 2


def _groups(columns: Sequence[Column]) -> Iterator[tuple[int, int, str]]:
    first = 0
    for at in range(1, len(columns) + 1):
        if at == len(columns) or columns[at].group != columns[first].group or not columns[first].group:
            yield first, at - 1, columns[first].group
            first = at


def _write_cells(sheet: Any, row: int, cells: Sequence[Any], form: Any) -> None:
    for at, cell in enumerate(cells):
        if cell is None or cell == "":
            continue
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            sheet.write_number(row, at, cell, form)
        else:
            sheet.write_string(row, at, str(cell)[:MAX_CELL], form)


class _CsvWriter:
    """Writes rows as CSV in UTF-8 with a mark at the start, and says where a text got an apostrophe."""

    def __init__(self, stream: BinaryIO, titles: Sequence[str]) -> None:
        self._titles = titles
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        self._text.write("\ufeff")
        self._csv = csv.writer(self._text)
        self._csv.writerow([*titles, APOSTROPHES])

    def row(self, cells: Sequence[Any]) -> None:
        shown, escaped = [], []
        for title, cell in zip(self._titles, cells, strict=True):
            if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
                cell = f"'{cell}"
                escaped.append(title)
            shown.append("" if cell is None else cell)
        self._csv.writerow([*shown, "、".join(escaped)])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


def _write_csv(rows: Iterator[Exported], stream: BinaryIO, progress: Progress) -> int:
    writer = _CsvWriter(stream, [column.label for column in COLUMNS])
    count = 0
    for one in rows:
        for cells in rows_of(one):
            writer.row(cells)
        count += 1
        progress(count)
    writer.close()
    return count


# --- DCAT -------------------------------------------------------------------------------------------------------

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"
FREQUENCIES = {
    Cycle.REALTIME: "UPDATE_CONT", Cycle.DAILY: "DAILY", Cycle.WEEKLY: "WEEKLY", Cycle.TEN_DAYS: "MONTHLY_3",
    Cycle.MONTHLY: "MONTHLY", Cycle.QUARTERLY: "QUARTERLY", Cycle.HALF_YEARLY: "ANNUAL_2", Cycle.YEARLY: "ANNUAL",
    Cycle.IRREGULAR: "IRREG", Cycle.NEVER: "NEVER",
}  # fmt: skip
_ACCESS = "http://publications.europa.eu/resource/authority/access-right/"
ACCESS_RIGHTS = {Opening.OPEN: "PUBLIC", Opening.CONDITIONAL: "RESTRICTED", Opening.CLOSED: "NON_PUBLIC"}
_MEDIA = "https://www.iana.org/assignments/media-types/"
MEDIA_TYPES = {
    "csv": "text/csv", "json": "application/json", "xml": "application/xml", "rdf": "application/rdf+xml",
    "pdf": "application/pdf", "txt": "text/plain", "html": "text/html", "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint", "zip": "application/zip", "geojson": "application/geo+json",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "tif": "image/tiff",
    "svg": "image/svg+xml", "mp4": "video/mp4", "mp3": "audio/mpeg", "kml": "application/vnd.google-earth.kml+xml",
}  # fmt: skip


def _write_dcat(rows: Iterator[Exported], stream: BinaryIO, progress: Progress, base_url: str) -> int:
    def line(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False).encode()

    head = {
        "@context": _CONTEXT,
        "@id": f"{base_url}/open/",
        "@type": "dcat:Catalog",
        "dct:title": {"@value": platform_name(), "@language": "zh"},
    }
    stream.write(line(head)[:-1] + b', "dcat:dataset": [')
    count = 0
    for one in rows:
        stream.write((b",\n" if count else b"\n") + line(dcat_dataset(one, base_url)))
        count += 1
        progress(count)
    stream.write(b"\n]}\n")
    return count


def dcat_dataset(one: Exported, base_url: str = "") -> dict[str, Any]:
    """Return an entry as a DCAT dataset. Its record only: items, conditions and assessments stay here."""
    entry, revision = one.entry, one.revision
    source = revision.extra.get("source") if isinstance(revision.extra.get("source"), dict) else {}
    words = [word for word in revision.keywords.replace(",", "、").replace("，", "、").split("、") if word.strip()]
    dataset: dict[str, Any] = {
        "@id": f"{base_url}/open/{entry.ref}/",
        "@type": "dcat:Dataset",
        "dct:identifier": entry.code or entry.ref,
        "dct:title": {"@value": revision.name, "@language": "zh"},
        "dct:description": {"@value": revision.summary, "@language": "zh"},
        "dct:publisher": {
            "@type": "foaf:Organization",
            "foaf:name": entry.department.name,
            "dct:identifier": entry.department.uscc or entry.department.code,
        },
        "dct:accessRights": {
            "@id": _ACCESS + ACCESS_RIGHTS.get(Opening(revision.opening or Opening.CLOSED), "NON_PUBLIC")
        },
        "dcat:version": str(revision.number),
    }
    if words:
        dataset["dcat:keyword"] = words
    if revision.category is not None:
        dataset["dcat:theme"] = {
            "@type": "skos:Concept",
            "skos:notation": revision.category.code,
            "skos:prefLabel": {"@value": revision.category.name, "@language": "zh"},
        }
    if revision.cycle:
        dataset["dct:accrualPeriodicity"] = {"@id": _FREQUENCY + FREQUENCIES[Cycle(revision.cycle)]}
    for name, moment in (("dct:issued", entry.first_published_at), ("dct:modified", revision.published_at)):
        if moment is not None:
            dataset[name] = {"@value": moment.astimezone(REGION_ZONE).isoformat(), "@type": "xsd:dateTime"}
    if source.get("url", "").startswith(("http://", "https://")):
        dataset["dcat:landingPage"] = {"@id": source["url"]}
    if revision.format_type:
        distribution: dict[str, Any] = {"@type": "dcat:Distribution", "dct:format": revision.format_type.upper()}
        if revision.format_type in MEDIA_TYPES:
            distribution["dcat:mediaType"] = {"@id": _MEDIA + MEDIA_TYPES[revision.format_type]}
        dataset["dcat:distribution"] = [distribution]
    return dataset


# --- What a list shows ------------------------------------------------------------------------------------------


def _day(moment: Any) -> str:
    return f"{moment.astimezone(REGION_ZONE):%Y-%m-%d}" if moment else ""


_LIST_CELLS: dict[str, Callable[[Entry, Revision], Any]] = {
    "status": lambda entry, _revision: str(entry.get_status_display()),
    "sharing": lambda _entry, revision: str(revision.get_sharing_display()) if revision.sharing else "",
    "opening": lambda _entry, revision: str(revision.get_opening_display()) if revision.opening else "",
    "cycle": lambda _entry, revision: str(revision.get_cycle_display()) if revision.cycle else "",
    "format": lambda _entry, revision: " ".join(
        one
        for one in (str(revision.get_format_class_display()) if revision.format_class else "", revision.format_type)
        if one
    ),
    "category": lambda _entry, revision: str(revision.category) if revision.category else "",
    "library": lambda _entry, revision: revision.library.name if revision.library else "",
    "level": lambda _entry, revision: str(revision.get_data_level_display()) if revision.data_level else "",
    "revision": lambda _entry, revision: revision.number,
    "published": lambda _entry, revision: _day(revision.published_at),
    "updated": lambda entry, _revision: _day(entry.updated_at),
}


def list_titles(columns: Sequence[tuple[str, str]]) -> list[str]:
    """Return the titles of an exported list: what identifies an entry, then the columns shown."""
    fixed = [_("Code"), _("Name"), _("Provider"), _("Department code"), _("Region"), _("Summary")]
    return [*fixed, *(str(label) for _key, label in columns)]


def list_rows(actor: Actor, entries: QuerySet[Entry], columns: Sequence[tuple[str, str]]) -> Iterator[list[Any]]:
    """Yield the rows of an exported list in the order of the query set, each entry as the list shows it.

    Args:
        entries: visible to the actor, from ``selectors``.
        columns: (key, title) of the columns shown, keys as in ``result_list.COLUMNS``.
    """
    keys = [key for key, _label in columns]
    chunk: list[Entry] = []
    for entry in entries.iterator(chunk_size=CHUNK):
        chunk.append(entry)
        if len(chunk) >= CHUNK:
            yield from _list_chunk(actor, chunk, keys)
            chunk = []
    yield from _list_chunk(actor, chunk, keys)


def _list_chunk(actor: Actor, chunk: Sequence[Entry], keys: Sequence[str]) -> Iterator[list[Any]]:
    counts, due = {}, {}
    if "items" in keys:
        counts = reading.item_counts_by_revision([one.current_revision_id for one in chunk if one.current_revision_id])
    if "due" in keys:
        due = {pk: f"{one.due_on:%Y-%m-%d}" for pk, one in reading.clocks_open_by_entry(actor, chunk).items()}
    for entry in chunk:
        revision = entry.current_revision
        if revision is None:
            continue
        more = {"items": counts.get(revision.pk, 0), "due": due.get(entry.pk, "")}
        department = entry.department
        yield [
            entry.code or "",
            revision.name,
            department.name,
            department.code,
            department.region.name,
            revision.summary,
            *(more[key] if key in more else _LIST_CELLS[key](entry, revision) for key in keys),
        ]


def write_list(
    actor: Actor, entries: QuerySet[Entry], columns: Sequence[tuple[str, str]], form: str, stream: BinaryIO
) -> int:
    """Write what a list shows as CSV or XLSX; return how many entries.

    Raises:
        ValueError: the form is neither "csv" nor "xlsx".
    """
    titles, rows = list_titles(columns), list_rows(actor, entries, columns)
    if form == "csv":
        writer = _CsvWriter(stream, titles)
        count = 0
        for count, cells in enumerate(rows, start=1):  # noqa: B007
            writer.row(cells)
        writer.close()
        return count
    if form != "xlsx":
        raise ValueError(f"unknown form {form!r}")
    return _write_list_book(titles, rows, stream)


def _write_list_book(titles: Sequence[str], rows: Iterator[list[Any]], stream: BinaryIO) -> int:
    count = 0
    with tempfile.TemporaryFile() as file:
        book = _workbook(file)
        sheet = book.add_worksheet(_("Entries"))
        bold = book.add_format({"bold": True, "bg_color": "#E8ECF4", "border": 1})
        text = book.add_format({"valign": "top"})
        for at, title in enumerate(titles):
            sheet.set_column(at, at, 40 if at in (1, 5) else 16)
            sheet.write_string(0, at, title, bold)
        sheet.freeze_panes(1, 2)
        for count, cells in enumerate(rows, start=1):
            _write_cells(sheet, count, cells, text)
        sheet.autofilter(0, 0, max(count, 1), len(titles) - 1)
        book.close()
        file.seek(0)
        shutil.copyfileobj(file, stream)
    return count
