"""What an import may fail with as a whole. Single rows fail with problems instead."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core import reasons
from core.exceptions import DomainError
from core.reasons import Reason

SENTENCES: dict[str, Any] = {
    "cannot_open": _("The file “%(name)s” cannot be opened: %(why)s"),
    "empty": _("The file is empty."),
    "damaged": _("The file is damaged. Open it in a spreadsheet program and save it again."),
    "locked": _("The workbook is protected by a password. Remove it and try again."),
    "unpacks_absurdly": _("The workbook unpacks to more than 4 GB, or to hundreds of times its size. Split it."),
    "archive": _("This archive is no workbook. Unpack it and import the file inside."),
    "no_table": _("This file is no table. Open it in a spreadsheet program and save it as XLSX or CSV."),
    "binary": _("This file is no table but %(kind)s. Send a table: XLSX, XLS, CSV or JSON."),
    "kind_png": _("a picture (PNG)"),
    "kind_jpeg": _("a picture (JPEG)"),
    "kind_gif": _("a picture (GIF)"),
    "kind_program": _("a program"),
    "kind_packed": _("a packed file"),
    "kind_database": _("a database"),
    "kind_other": _("a binary file"),
    "too_large": _("The file is larger than %(limit)d MB. Split it."),
    "no_sheets": _("The workbook has no sheet."),
    "no_such_sheet": _("There is no sheet “%(sheet)s”. The sheets are: %(names)s."),
    "too_much_text": _("The workbook holds too much text. Split it."),
    "doctype": _("The workbook holds a document type declaration, which no spreadsheet program writes."),
    "object_too_large": _("The file is too large for an object that wraps its list. Save the bare list instead."),
    "bad_json": _("The file is no valid JSON: %(why)s"),  # what failed under earlier releases says so still
    "bad_json_at": _("The file is no valid JSON: something is wrong at line %(line)d, column %(column)d."),
    "bad_json_cut": _("The file is no valid JSON: a value in it is wrong, or it breaks off."),
    "json_number_too_long": _("The file holds a number of more digits than can be read. Write it as a text."),
    "json_too_deep": _("The file is no valid JSON: it is nested too deeply."),
    "no_list": _("There is no list under “%(key)s” in the file."),
    "no_records": _("The file holds no records. Expected: a list of objects, or an object with one such list."),
    "no_rows": _("The file holds no rows."),
    "header_only": _("The file has a header but no rows."),
    "unclosed": _(
        "A quotation mark that is opened in row %(row)d is not closed. Close it, or double it within a text."
    ),
    "unknown_encoding": _("The encoding “%(name)s” is not known. Use one of: %(known)s."),
    "header_row": _("Row %(row)d, named as the header, is empty or lies beyond the first %(limit)d rows."),
    "header_rows": _("A row named as the header is empty, or lies beyond the first %(limit)d rows."),
    "no_header": _(
        "No header was found: no row holds at least two column names that are known. Name the header's row and "
        "the columns in a mapping (header_row, columns)."
    ),
    "too_many_rows": _("The file has more than %(limit)d rows. Split it, or set “max_rows” in the mapping."),
    "too_many_columns": _("The table has more than %(count)d columns."),
    "overlong": _("More than %(count)d rows have more cells than there are columns, row %(row)d among them."),
    "report_ending": _("A report ends in .xlsx or .csv, not in “%(ending)s”."),
    "report_unwritable": _("The report “%(name)s” cannot be written: %(why)s"),
}
"""Why a file cannot be read, by code."""

reasons.register("file", SENTENCES)


class Unreadable(DomainError):
    """The file cannot be read as a catalog; the message says what to do.

    Args:
        reason: one of ``SENTENCES``.
    """

    code = "unreadable"

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(Reason(f"file.{reason}", values))


class BadMapping(DomainError):
    """The mapping names something that does not exist."""

    code = "bad_mapping"
