"""What the page of an uploaded file shows."""

from collections import Counter
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog import policies
from catalog.choices import UploadState
from catalog.forms.imports import MappingForm, meaning_label, value_label
from catalog.imports.problems import Severity, TallyKind, rule_text
from catalog.models import ImportUpload
from catalog.services.import_upload import STALE_SECONDS, live_key
from core import clock
from core.actors import Actor
from workflow.live import live_of

MOST_TALLY_LINES = 40


def crumbs(upload: ImportUpload | None = None) -> list[dict[str, Any]]:
    """Return the way to the page."""
    found: list[dict[str, Any]] = [
        {"label": _("My department's entries"), "url": reverse("catalog:entry_own_list")},
        {"label": _("Import"), "url": reverse("catalog:import_page")},
    ]
    if upload is not None:
        found.append({"label": upload.file_name})
    else:
        found[-1].pop("url")
    return found


def row(upload: ImportUpload) -> dict[str, Any]:
    """Return an upload as a line of the list: its entries, how many came in, how many were refused."""
    counts = upload.result.get("counts", {})
    is_done = upload.state == UploadState.DONE
    return {
        "upload": upload,
        "entries": upload.result.get("entries"),
        "taken": counts.get("created", 0) + counts.get("updated", 0) if is_done else None,
        "rejected": counts.get("rejected", counts.get("reject")),
    }


def context(request: HttpRequest, upload: ImportUpload, form: MappingForm | None) -> dict[str, Any]:
    """Return what the template of an upload takes."""
    result = upload.result
    live = live_of(live_key(upload.pk)) if upload.is_working else None
    waited = (clock.now() - upload.asked_at).total_seconds()
    severity = request.GET.get("severity", "")
    return {
        "upload": upload,
        "crumbs": crumbs(upload),
        "steps": _steps(upload),
        "live": live,
        "live_words": _words(live.step if live else "", upload),
        "is_stale": upload.is_working and waited > STALE_SECONDS and (live is None or live.is_still),
        "is_waiting": upload.is_working and live is None,
        "form": form,
        "columns": _columns(form) if form else {},
        "result": result,
        "counts": result.get("counts", {}),
        "taken": _taken(result.get("counts", {})),
        "problem_groups": _problem_groups(result, severity),
        "problems": [
            _problem(one) for one in result.get("problems", []) if not severity or one["severity"] == severity
        ],
        "problem_total": sum(count for _severity, _code, count in result.get("problem_counts", [])),
        "severity": severity,
        "tally": _tally(result),
        "may_act": policies.can_create_entry(_actor(request)),
    }


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _taken(counts: dict[str, int]) -> int:
    return counts.get("create", 0) + counts.get("update", 0)


def _words(step: str, upload: ImportUpload) -> str:
    words = {
        "read": _("Reading and checking rows"),
        "departments": _("Matching departments"),
        "apply": _("Filing entries"),
        "undo": _("Undoing"),
    }
    return words.get(step, _("Waiting for a worker"))


def _steps(upload: ImportUpload) -> list[dict[str, Any]]:
    """Return the way of a file: upload, check, import."""
    at = {
        UploadState.CHECKING: 1,
        UploadState.CHECKED: 2,
        UploadState.FAILED: 3 if upload.batch_id else 1,
        UploadState.APPLYING: 3,
        UploadState.DONE: 4,
        UploadState.UNDOING: 4,
        UploadState.UNDONE: 4,
    }[UploadState(upload.state)]
    titles = (_("Upload"), _("Read and check"), _("Compare columns and problems"), _("Import"))
    return [
        {
            "label": title,
            "state": "done" if index < at else "err" if upload.state == UploadState.FAILED and index == at else "",
            "is_current": index == at,
        }
        for index, title in enumerate(titles)
    ]


def _columns(form: MappingForm) -> dict[str, list[dict[str, Any]]]:
    """Return the columns that hold something apart from those that do not."""
    rows = form.column_rows()
    return {"filled": [one for one in rows if one["samples"]], "empty": [one for one in rows if not one["samples"]]}


def _problem_groups(result: dict[str, Any], chosen: str) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    for severity, _code, count in result.get("problem_counts", []):
        counts[severity] += count
    return [
        {"value": one.value, "label": one.label, "count": counts[one.value], "is_chosen": one.value == chosen}
        for one in Severity
        if counts[one.value]
    ]


def _problem(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "label": Severity(line["severity"]).label, "is_rejected": line["severity"] == Severity.REJECTED}


def _tally(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **line,
            "label": TallyKind(line["kind"]).label,
            "text": rule_text(line["rule"]),
            "field": meaning_label(line["field"]),
            "value": value_label(line["field"], line["value"]),
        }
        for line in result.get("tally", [])
        if line["kind"] == TallyKind.ASSUMED
    ][:MOST_TALLY_LINES]
