"""The items grid: a table of inputs that behaves like a spreadsheet where scripts run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.components.lookup import look_up
from core.components.options import Options
from core.exceptions import Malformed
from core.json_text import read_json

register = template.Library()

_REMARK = ("field", "level", "message", "fix", "author", "severity")
_BLANK_ROWS = 3
"""Empty rows a person without scripts gets to type into."""


def _flat(attributes: Mapping[str, Any]) -> str:
    """Write attributes as ``flatatt`` does, which takes too long for the ten thousand of a sheet."""
    given = ((name, value) for name, value in attributes.items() if value is not None and value is not False)
    return "".join(f" {name}" if value is True else f' {name}="{escape(value)}"' for name, value in given)


def _cell(
    prefix: str, index: int | str, column: Mapping[str, Any], value: Any, remark: Mapping[str, Any] | None
) -> str:
    """Draw one cell with its control."""
    kind = column.get("kind", "text")
    pattern = column["pattern"]
    text = "" if value is None else str(value)
    attributes: dict[str, Any] = {
        "name": f"{prefix}-{index}-{column['field']}",
        "aria-label": pattern.replace("{row}", str(index + 1) if isinstance(index, int) else ""),
        "data-label": pattern,
    }
    css = {"check": "c", "number": "n"}.get(kind, "")
    if remark:
        is_error = look_up(remark, "level") == "error" or look_up(remark, "severity") == "required"
        css = f"{css} {'bad-cell' if is_error else 'warn-cell'}".strip()
        attributes["aria-describedby"] = look_up(remark, "id")
        if is_error:
            attributes["aria-invalid"] = "true"
    if kind == "select":
        control = f"<select{_flat(attributes)}>{column['options'].drawn(text)}</select>"
    elif kind == "check":
        attributes |= {"type": "checkbox", "class": "form-check-input", "value": "1", "checked": bool(value)}
        control = f"<input{_flat(attributes)}>"
    else:
        attributes |= {"value": text, "autocomplete": "off", "spellcheck": "false"}
        if column.get("max_length"):
            attributes["maxlength"] = column["max_length"]
        if kind == "number":
            attributes["inputmode"] = "numeric"
        control = f"<input{_flat(attributes)}>"
    return f"<td{_flat({'class': css} if css else {})}>{control}</td>"


def _row(
    prefix: str,
    index: int | str,
    columns: Sequence[Mapping[str, Any]],
    row: Any,
    *,
    css: str = "",
    remarks: Sequence[Mapping[str, Any]] = (),
) -> SafeString:
    values = look_up(row, "values", {})
    by_field = {look_up(remark, "field"): remark for remark in reversed(remarks)}
    attributes: dict[str, Any] = {"data-row": True}
    if isinstance(index, int):
        attributes["id"] = f"{prefix}-{index}"
    if css:
        attributes["class"] = css
    return format_html(
        '<tr{}><th scope="row"><span data-number>{}</span><input type="hidden" name="{}-{}-id" value="{}">'
        '<input type="hidden" name="{}-{}-key" value="{}"></th>{}</tr>',
        flatatt(attributes),
        index + 1 if isinstance(index, int) else "",
        prefix,
        index,
        look_up(row, "id") or "",
        prefix,
        index,
        look_up(row, "id") or "",
        mark_safe(
            "".join(
                _cell(prefix, index, column, values.get(column["field"]), by_field.get(column["field"]))
                for column in columns
            )
        ),
    )


def _drawn_once(column: Mapping[str, Any]) -> dict[str, Any]:
    """Return a column with what each of its cells repeats."""
    # Translators: label of a cell of the items grid, e.g. "Row 3, Length".
    pattern = _("Row {row}, {column}").replace("{column}", str(column["label"]))
    return {**column, "pattern": pattern, "options": Options(column.get("options", ()))}


@register.inclusion_tag("partials/_grid.html")
def grid(prefix: str, columns: Iterable[Mapping[str, Any]], rows: Iterable[Any] = ()) -> dict[str, Any]:
    """Draw an items grid.

    Args:
        prefix: name of the list; fields are posted as ``prefix-0-field``, or all at once as ``prefix_json``.
        columns: mappings with ``field``, ``label``, ``kind`` (text, number, select, check), ``options`` (value,
            label, and perhaps a list of other words a pasted cell may use), ``is_required``, ``max_length``,
            ``css`` (width class), ``aliases`` (other column heads a paste may carry).
        rows: mappings or objects with ``id``, ``values`` and ``remarks``: ``field``, ``level`` (error or hint),
            ``message`` and perhaps ``fix`` with ``label`` and ``value``; or ``level`` comment with ``author`` and
            ``severity`` (required or suggested).
    """
    columns = [_drawn_once(one) for one in columns]
    drawn = []
    for index, row in enumerate(rows):
        remarks = [
            {
                "id": f"{prefix}-{index}-remark-{position}",
                **{key: look_up(remark, key, None) for key in _REMARK},
            }
            for position, remark in enumerate(look_up(row, "remarks", ()) or ())
        ]
        drawn.append({"cells": _row(prefix, index, columns, row, remarks=remarks), "remarks": remarks})
    return {
        "prefix": prefix,
        "columns": columns,
        "rows": drawn,
        "blank": [_row(prefix, len(drawn) + extra, columns, {}, css="nojs-only") for extra in range(_BLANK_ROWS)],
        "template": _row(prefix, "__N__", columns, {}),
        "width": len(columns),
    }


def posted_rows(data: Mapping[str, Any], prefix: str, fields: Iterable[str]) -> list[dict[str, str]]:
    """Read the rows of a posted grid, as JSON or field by field; rows without any text are left out.

    Args:
        data: ``request.POST``.
        fields: the columns to read; ``id``, and the ``key`` by which the script knows a new row, are always read.

    Raises:
        Malformed: the JSON is not a list of objects.
    """
    names = ["id", "key", *fields]
    sent = data.get(f"{prefix}_json")
    if sent:
        try:
            rows = read_json(sent)
        except ValueError:
            rows = None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Malformed
        found = [{name: str(row.get(name) or "").strip() for name in names} for row in rows]
    else:
        start = f"{prefix}-"
        indexes = {
            int(part)
            for key in data
            if key.startswith(start) and (part := key[len(start) :].partition("-")[0]).isdecimal() and len(part) < 6
        }
        found = [
            {name: str(data.get(f"{prefix}-{index}-{name}") or "").strip() for name in names}
            for index in sorted(indexes)
        ]
    return [row for row in found if any(value for name, value in row.items() if name not in ("id", "key"))]
