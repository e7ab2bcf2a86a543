"""The report of an erasure in words: what was removed, what could not be, and why."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collection.models import Erasure

REMAINING: dict[str, Any] = {
    "backups": gettext_lazy(
        "Backups made before hold the rows until they are overwritten. Whoever restores one erases again."
    ),
    "copies": gettext_lazy(
        "What was downloaded or pulled before is with those who took it. Machine clients are told to take a snapshot; "
        "tell the others."
    ),
    "source": gettext_lazy("The rows come back with the next file unless they are removed at the source."),
}
"""What no erasure reaches, by code."""


def removed_lines(erasure: Erasure) -> list[str]:
    """Return what was removed."""
    report = erasure.report
    rows = int(report.get("rows", 0))
    lines = [ngettext("%(count)d stored row", "%(count)d stored rows", rows) % {"count": rows}]
    lines += [_("Version %(version)d: %(before)d rows, now %(after)d") % one for one in report.get("versions", [])]
    if report.get("version"):
        lines.append(
            _("Published as version %(number)d; changes are not told across it.") % {"number": report["version"]}
        )
    for one in report.get("runs", []):
        if one.get("original") == "rewritten":
            text = _("Run %(run)d: original written again without %(records)d records")
            lines.append(text % one)
        if one.get("rejects"):
            lines.append(_("Run %(run)d: %(rejects)d rejected rows removed") % one)
        if one.get("preview"):
            lines.append(_("Run %(run)d: %(preview)d of the first rows removed") % one)
    return lines


def noted_lines(erasure: Erasure) -> list[str]:
    """Return what could not be removed row by row, or not at all, with the reason."""
    lines = []
    for one in erasure.report.get("runs", []):
        if one.get("original") == "deleted":
            lines.append(_("Run %(run)d: the original has no lines to take out, so it was deleted whole.") % one)
        elif one.get("original") == "unreadable":
            lines.append(_("Run %(run)d: the original could not be read, so it was deleted whole.") % one)
    return lines + [str(REMAINING[code]) for code in erasure.report.get("remaining", []) if code in REMAINING]


def report_lines(erasure: Erasure) -> list[str]:
    """Return the whole report."""
    return [*removed_lines(erasure), *noted_lines(erasure)]
