"""The sentences of a run's log by code, and those of a timetable."""

import re
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from collection.choices import Rhythm, Rule, RunState
from collection.models import RunNote
from collection.outgoing import failures
from collection.reasons import doubt_words
from collection.store.columns import Column
from collection.timetable import Timetable

NOTES: dict[str, Any] = {
    "asked": _("Received %(file)s, %(bytes)s bytes; the original is kept sealed."),
    "asked_return": _("Asked to publish version %(version)s again."),
    "asked_source": _("Asked to fetch from the source %(source)s."),
    "fetching": _("Asking %(endpoint)s."),
    "fetched": _("Fetched %(bytes)s bytes, SHA-256 %(sha256)s…; the original is kept sealed."),
    "same_by_word": _("The source says that nothing has changed since the last time."),
    "same_by_content": _("What the source gave is, byte for byte, what it gave the last time."),
    "repeated": _("This is, byte for byte, a file that was loaded already: its rows are not added again."),
    "no_records": _("The source has no new records."),
    "end_unproven": _("The source does not say how long its file is: a cut at the end would not have been noticed."),
    "postponed": _("%(why)s Next attempt in %(minutes)s minutes."),
    "again": _("A worker took it up again."),
    "confirmed": _("The layout was confirmed."),
    "started": _("A worker took it up."),
    "resumed": _("The worker was lost; another one begins again. What the first left behind has been undone."),
    "detected": _("Read as %(read_as)s, %(columns)s columns."),
    "doubt": _("To be looked at: %(message)s"),
    "loss": _("%(gone)s of the %(rows)s rows that readers see would go: is it meant?"),
    "emptied": _("Items that have values now, and would have none: %(items)s."),
    "returned": _("%(rows)s rows are of people whose rows were erased on demand; they have come back with this file."),
    "expired": _("The time of the original is over: it was deleted, with the rejected rows."),
    "not_plain": _("The file is not as clean as it looked; it is read cell by cell."),
    "staged": _("%(rows)s rows read in, %(skipped)s left out as blank rows, headings or footnotes."),
    "rejected": _("%(rejected)s of %(read)s rows rejected."),
    "over_limit": _("%(rejected)s of %(read)s rows were rejected: more than the limit. Nothing is published."),
    "not_judged": _("The quality of the rows could not be measured in time."),
    "rules_idle": _(
        "%(count)s rules do not apply: their items are gone or have another type, or data may not be read."
    ),
    "rule_broken": _("The rows break a rule that must hold. Nothing is published."),
    "comparing": _("Comparing %(rows)s rows with the %(before)s that readers see."),
    "compared": _("%(added)s new, %(changed)s changed, %(removed)s gone: they are being written."),
    "judging": _("The quality of the rows is being measured."),
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

LINES_APART: dict[str, Any] = {
    "header": pgettext_lazy("line", "Header"),
    "above": pgettext_lazy("line", "Above the header, left out"),
    "heading": pgettext_lazy("line", "Heading, left out"),
    "footnote": pgettext_lazy("line", "Footnote, left out"),
}
"""What a line of a file is taken for that is no row of data."""

_LOADED = _("The rows that were not rejected are loaded.")
_OF_CHANGES: dict[str, Any] = {
    "comparing": _("The rows are being compared with those that readers see."),
    "compared": "",
    "loss": _("Most of the rows that readers see would go: is it meant?"),
    "returned": "",
    "published": _LOADED,
    "ended_unchanged": _LOADED,
}
"""The sentences that say what a load has changed, for those who may not know it; "" where nothing is left to say."""

_OF_SOURCE: dict[str, Any] = {
    "fetching": _("Asking the source."),
    "postponed": _("The source could not be read. Next attempt in %(minutes)s minutes."),
}
"""The sentences that say where the source is, for those who may not know it."""


def timetable_words(timetable: Timetable) -> str:
    """Say when a source is read."""
    at = f"{timetable.at // 60:02d}:{timetable.at % 60:02d}"
    match timetable.rhythm:
        case Rhythm.MINUTES:
            words = ngettext("Every minute", "Every %(count)d minutes", timetable.minutes) % {
                "count": timetable.minutes
            }
        case Rhythm.HOURLY:
            words = gettext("Every hour, at minute %(minute)d") % {"minute": timetable.at}
        case Rhythm.DAILY:
            words = gettext("Every day at %(at)s") % {"at": at}
        case Rhythm.WEEKLY:
            days = pgettext("list", ", ").join(str(WEEKDAYS[number - 1]) for number in timetable.weekdays)
            words = gettext("%(days)s at %(at)s") % {"days": days, "at": at}
        case Rhythm.MONTHLY:
            words = _monthly_words(timetable, at)
        case _:
            return gettext("By hand only")
    return gettext("%(when)s, not on days off") % {"when": words} if timetable.skips_rest_days else words


def _monthly_words(timetable: Timetable, at: str) -> str:
    days = pgettext("list", ", ").join(str(day) for day in timetable.days)
    if not timetable.months:
        return gettext("On day %(days)s of the month at %(at)s") % {"days": days, "at": at}
    months = pgettext("list", ", ").join(str(month) for month in timetable.months)
    return gettext("In month %(months)s on day %(days)s at %(at)s") % {"months": months, "days": days, "at": at}


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
    Rule.KEY_LENGTH.value: _(
        "Shorten the value, write a code in its place, or take the item out of the key in the entry. "
        "A greater length of the item does not help: the index of the keys takes no more."
    ),
    Rule.KEY_TWICE.value: _("The first row with this key was loaded. Remove one, or correct its key."),
    Rule.KEY_KNOWN.value: _("This key is there with other content. Update by key instead of appending."),
    Rule.CELLS.value: _(
        "The row has more cells than the header. Put quotation marks around cells that hold the delimiter."
    ),
    Rule.OPERATION.value: _("Write 新增, 修改 or 删除, or I, U or D."),
}  # fmt: skip
"""What to do about a broken rule."""

_IN_SHEETS: dict[str, Any] = {
    Rule.CELLS.value: _(
        "The row has values in columns without a heading. Give them a heading in the sheet, or clear them; or load the"
        " file again and say at its question what they belong to, or that they are left out."
    ),
}


def advice(rule: str, format: str) -> str:
    """Say what to do about a broken rule.

    Args:
        format: of the file: cells too many come of a delimiter in text, and of a missing heading in a sheet.
    """
    of_sheet = _IN_SHEETS.get(rule) if format in ("xlsx", "xls", "ods") else None
    return str(of_sheet or ADVICE.get(rule, ""))


_OF_TYPE = {
    "date": Rule.DATE,
    "timestamptz": Rule.MOMENT,
    "numeric": Rule.NUMBER,
    "double precision": Rule.NUMBER,
    "bigint": Rule.WHOLE_NUMBER,
    "boolean": Rule.YES_OR_NO,
}


def how_to_write(pg_type: str) -> str:
    """Say how a value of a type is written; "" for texts."""
    rule = _OF_TYPE.get(pg_type)
    return str(ADVICE[rule.value]) if rule else ""


_MACHINE_MOMENT = re.compile(r"^(\d{4,}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?\+08:00$", re.ASCII)


def cell_text(column: Column, text: str | None) -> str | None:
    """Return the text of a cell as people read it: a moment without what only machines need."""
    match = _MACHINE_MOMENT.match(text) if text and column.pg_type == "timestamptz" else None
    if match is None:
        return text
    day, time, fraction = match.groups()
    return f"{day} {time}{(fraction or '').rstrip('.0')}"


def sentence(note: RunNote, *, names_source: bool, tells_changes: bool = True) -> str:
    """Return a line of the log in the reader's language.

    Args:
        names_source: say where the source is; shown to its own people only.
        tells_changes: say what the load has changed; else "" where nothing is left to say.
    """
    pattern = NOTES.get(note.code) if names_source else _OF_SOURCE.get(note.code, NOTES.get(note.code))
    if not tells_changes:
        pattern = _OF_CHANGES.get(note.code, pattern)
    if pattern is None:
        return note.code
    values = {key: f"{value:,}" if isinstance(value, int) else value for key, value in note.values.items()}
    if "failure" in values:
        values["why"] = failures.sentence(values["failure"], note.values)
    if "doubt" in values:
        values["message"] = doubt_words(note.values["doubt"])
    if note.code == "detected":  # a workbook has no encoding
        values["read_as"] = " ".join(filter(None, (values["format"].upper(), values["encoding"].upper())))
    return str(pattern) % values


def state_told(state: str, *, tells_changes: bool) -> str:
    """Return a run's state as it is told: whoever may not know what a load has changed is not told that nothing did."""
    return RunState.SUCCEEDED if state == RunState.UNCHANGED and not tells_changes else state


_NUMBERED = re.compile(r"#(\d+)((?: \(\d+\))?)")


def column_words(label: str) -> str:
    """Return the name of a file's column; one without a heading is known by its number, here put into words."""
    found = _NUMBERED.fullmatch(label)
    if found is None:
        return label
    return gettext("Column %(number)d") % {"number": int(found[1])} + found[2]
