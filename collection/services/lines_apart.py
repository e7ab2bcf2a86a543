"""The lines of a file that are no rows of data – header, preamble, headings, remarks – kept to be looked at.

Whoever confirms how a file is read sees them, and so what would be lost if one of them were a row.
"""

import json

from collection import evidence
from collection.intake import Intake
from collection.models import Run
from collection.vault import open_text, seal_text

NAME = "lines_apart"

LineApart = tuple[int, str, list[str | None]]
"""Its number as a person counts it, what it is taken for, its cells."""


def lines_apart_keep(run: Run, intake: Intake) -> None:
    """Seal the lines that are no rows, as far as the file was read; the caller saves what was found."""
    lines_apart_seal(run, intake.lines_apart)


def lines_apart_seal(run: Run, lines: list[LineApart]) -> None:
    """Put lines in the place of those that are kept of a run; the caller saves what was found."""
    text = json.dumps(lines, ensure_ascii=False)
    run.found = {**run.found, NAME: seal_text(text, context=evidence.context_of(run.pk, NAME))}


def lines_apart_open(run: Run) -> list[LineApart]:
    """Return the lines that are kept of a run; none of earlier releases.

    Raises:
        collection.vault.Tampered, collection.vault.KeyMissing: they cannot be opened.
    """
    sealed = run.found.get(NAME, "")
    if not sealed:
        return []
    found = json.loads(open_text(sealed, context=evidence.context_of(run.pk, NAME)))
    return [(number, why, cells) for number, why, cells in found]
