"""The trail as a table for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit import actions
from audit.models import AuditEvent, Outcome
from core.clock import REGION_ZONE

BYTE_ORDER_MARK = "\ufeff"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def without_formula(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula: an apostrophe in front of what would begin one."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def csv_lines(batches: Iterable[list[AuditEvent]], language: str) -> Iterator[str]:
    """Write the rows as CSV, head first, in pieces; a byte order mark tells Excel and WPS that it is UTF-8.

    Args:
        language: of the head and the labels; the pieces are asked for after the request has ended.
    """
    with translation.override(language):
        head = _head()
    yield BYTE_ORDER_MARK + _written([head])
    for batch in batches:
        with translation.override(language):
            piece = _written(_row(event) for event in batch)
        yield piece


def _written(rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([without_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


def _head() -> list[str]:
    return [
        pgettext("audit", "Number"),
        _("Time"),
        pgettext("audit", "Outcome"),
        _("Action"),
        _("Code of the action"),
        pgettext("audit", "Person"),
        _("Kind of actor"),
        _("Number of the actor"),
        _("Department"),
        _("Code of the department"),
        _("Region"),
        _("Roles"),
        pgettext("audit", "Object"),
        _("Kind of object"),
        _("Key of the object"),
        pgettext("audit", "Before"),
        pgettext("audit", "After"),
        _("Legal basis"),
        _("Note"),
        _("Network address"),
        pgettext("audit", "Request"),
        _("Transaction"),
    ]


def _row(event: AuditEvent) -> list[str]:
    return [
        str(event.pk),
        event.at.astimezone(REGION_ZONE).isoformat(timespec="seconds"),
        str(Outcome(event.outcome).label),
        actions.action_label(event.action),
        event.action,
        event.actor_name,
        event.actor_kind,
        str(event.actor_id or ""),
        event.department_name,
        event.department_code,
        event.region_code,
        " ".join(event.roles),
        event.object_name,
        event.object_label,
        event.object_pk,
        _json(event.before),
        _json(event.after),
        event.basis,
        event.note,
        event.address,
        event.request_id,
        str(event.transaction_id),
    ]


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
