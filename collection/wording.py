"""The sentences of a run's log, by code."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from collection.choices import Rule
from collection.models import RunNote

NOTES: dict[str, Any] = {
    "asked": _("Received %(file)s, %(bytes)s bytes; the original is kept sealed."),
    "confirmed": _("The layout was confirmed."),
    "started": _("A worker took it up."),
    "resumed": _("The worker was lost; another one begins again. What the first left behind has been undone."),
    "detected": _("Read as %(format)s %(encoding)s, %(columns)s columns."),
    "not_plain": _("The file is not as clean as it looked; it is read cell by cell."),
    "staged": _("%(rows)s rows read in, %(skipped)s left out as blank rows, headings or footnotes."),
    "over_limit": _("%(rejected)s of %(read)s rows were rejected: more than the limit. Nothing is published."),
    "published": _("Version %(version)s: %(rows)s rows; %(added)s added, %(changed)s changed, %(removed)s removed."),
    "ended_waiting": _("It waits for the layout to be confirmed."),
    "ended_unchanged": _("The file holds what is published already. The data count as current."),
    "ended_refused": _("Ended. Readers still see the earlier version."),
    "ended_failed": _("Failed. Readers still see the earlier version."),
    "cancelled": _("Cancelled by %(by)s. Readers still see the earlier version."),
    "worker_lost": _("The worker was lost and did not come back. Readers still see the earlier version."),
    "shut_out": _("Cancelled because rows are being erased. Send the file again once that is done."),
    "erased": _("Records of a person were removed from what is kept of this run."),
    "question_expired": _("Nobody confirmed the layout within seven days."),
}

ADVICE: dict[str, Any] = {
    Rule.MANDATORY.value: _("Fill the cell, or let the item be empty in the entry."),
    Rule.KEY_EMPTY.value: _("A row without its key cannot be told from others. Fill it at the source."),
    Rule.NUMBER.value: _(
        "Write digits, with a point for decimals; no units. Scientific notation has lost digits: "
        "export the column as text."
    ),
    Rule.WHOLE_NUMBER.value: _("Write digits only."),
    Rule.DATE.value: _("Write a date like 2026-11-26."),
    Rule.MOMENT.value: _("Write a moment like 2026-11-26 09:30:00."),
    Rule.YES_OR_NO.value: _("Write 是 or 否."),
    Rule.LENGTH.value: _("Shorten the text, or give the item a greater length in the entry."),
    Rule.KEY_TWICE.value: _("The first row with this key was loaded. Remove one, or correct its key."),
    Rule.KEY_KNOWN.value: _("This key is there with other content. Update by key instead of appending."),
    Rule.CELLS.value: _(
        "The row has more cells than the header. Put quotation marks around cells that hold the delimiter."
    ),
}  # fmt: skip
"""What to do about a broken rule."""


def sentence(note: RunNote) -> str:
    """Return a line of the log in the reader's language."""
    pattern = NOTES.get(note.code)
    if pattern is None:
        return note.code
    return str(pattern) % {key: f"{value:,}" if isinstance(value, int) else value for key, value in note.values.items()}
