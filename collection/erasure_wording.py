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
    "requests": gettext_lazy(
        "Correction requests keep what was written in them; of open ones the keys of removed rows are deleted. Look "
        "whether one names the person."
    ),
    "source": gettext_lazy("The rows come back with the next file unless they are removed at the source."),
}
"""What no erasure reaches, by code."""


_ORIGINALS: dict[str, Any] = {
    "deleted": gettext_lazy("Run %(run)d: the original has no lines to take out, so it was deleted whole."),
    "uncertain": gettext_lazy(
        "Run %(run)d: where records of the original end is not certain, so it was deleted whole."
    ),
    "unreadable": gettext_lazy("Run %(run)d: the original could not be read, so it was deleted whole."),
    "missing": gettext_lazy("Run %(run)d: the original is gone from the storage and could not be looked at."),
    "damaged": gettext_lazy("Run %(run)d: the original is damaged and could not be looked at; it was deleted whole."),
    "locked": gettext_lazy(
        "Run %(run)d: the original was sealed under a key that is no longer there and could not be looked at; it was "
        "deleted whole."
    ),
}
"""Why an original is no longer there, by code."""

_LOST: dict[str, Any] = {
    "rejects_lost": gettext_lazy("Run %(run)d: the rejected rows could not be opened and were let go of."),
    "preview_lost": gettext_lazy("Run %(run)d: the first rows could not be opened and were let go of."),
    "file_name": gettext_lazy(
        "Run %(run)d: the name of the file held the value and was forgotten; the trail and notices keep it."
    ),
}


def removed_lines(erasure: Erasure) -> list[str]:
    """Return what was removed."""
    report = erasure.report
    rows = erasure.rows_erased or 0
    if erasure.is_of_files:
        lines = [ngettext("%(count)d file", "%(count)d files", rows) % {"count": rows}]
        counted = _("Version %(version)d: %(before)d files, now %(after)d")
    else:
        lines = [ngettext("%(count)d stored row", "%(count)d stored rows", rows) % {"count": rows}]
        counted = _("Version %(version)d: %(before)d rows, now %(after)d")
    if report.get("otherwise"):
        words = ngettext(
            "%(count)d more that had been found was gone before: its version's time was over, or another erasure took "
            "it",
            "%(count)d more that had been found were gone before: their versions' time was over, or another erasure "
            "took them",
            report["otherwise"],
        )
        lines.append(words % {"count": report["otherwise"]})
    lines += [counted % one for one in report.get("versions", [])]
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
        if one.get("labels"):
            lines.append(_("Run %(run)d: the person's row had been taken for the header and was forgotten") % one)
    if report.get("uploads"):
        words = ngettext(
            "%(count)d unfinished file was thrown away whole, since part of a file cannot be searched; its sender was "
            "told",
            "%(count)d unfinished files were thrown away whole, since part of a file cannot be searched; their senders "
            "were told",
            report["uploads"],
        )
        lines.append(words % {"count": report["uploads"]})
    return lines


def noted_lines(erasure: Erasure) -> list[str]:
    """Return what could not be removed row by row, or not at all, with the reason."""
    report = erasure.report
    lines = []
    for one in report.get("runs", []):
        if one.get("original") in _ORIGINALS:
            lines.append(str(_ORIGINALS[one["original"]]) % one)
        lines += [str(words) % one for code, words in _LOST.items() if one.get(code)]
    if report.get("mentions"):
        words = ngettext(
            "%(count)d stored row of others mentions the value in a text and stays. Have it corrected at the source.",
            "%(count)d stored rows of others mention the value in a text and stay. Have them corrected at the source.",
            report["mentions"],
        )
        lines.append(words % {"count": report["mentions"]})
    if erasure.trash:
        count = len(erasure.trash)
        words = ngettext(
            "%(count)d sealed file could not be deleted from the storage yet; it is tried again.",
            "%(count)d sealed files could not be deleted from the storage yet; they are tried again.",
            count,
        )
        lines.append(words % {"count": count})
    return lines + [str(REMAINING[code]) for code in report.get("remaining", []) if code in REMAINING]


def report_lines(erasure: Erasure) -> list[str]:
    """Return the whole report."""
    return [*removed_lines(erasure), *noted_lines(erasure)]
