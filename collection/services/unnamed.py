"""Columns of a sheet that hold values below no heading: asked about once, and read or left out from then on.

They come up while the rows are read, so whoever has confirmed how the file is read may have done so before. Where
nobody is there to be asked, their rows are rejected.
"""

import json

from collection import evidence
from collection.intake import Intake
from collection.intake.header import MOST_COLUMNS, unnamed_label
from collection.services.work import Work
from collection.vault import open_text, seal_text


def unnamed_unasked(work: Work, intake: Intake) -> bool:
    """Say whether somebody confirmed how the file is read before it was known that such columns hold values.

    Of those that cannot be offered, or that he left as they are, he is not asked once more.
    """
    confirmed = work.run.notes.filter(code="confirmed").order_by("-pk").first()
    found = next((one for one in intake.doubts if one.code == "unnamed"), None)
    if confirmed is None or found is None:
        return False
    told = work.run.notes.filter(code="doubt", pk__lt=confirmed.pk, values__doubt=found.as_dict())
    return not told.exists()


def unnamed_offer(work: Work, intake: Intake) -> None:
    """Add the columns to those that the question lists, as left out; how the file is read names them from now on."""
    run, positions = work.run, [one for one in intake.unnamed if one <= MOST_COLUMNS]
    if not positions:
        return
    known: list[str] = run.found["columns"]
    labels = [unnamed_label(at - 1, known) for at in positions]
    context = evidence.context_of(run.pk, "preview")
    rows = json.loads(open_text(run.found["preview"], context=context))
    shown = [*([*row, *([None] * len(labels))] for row in rows), *intake.unnamed_rows]
    run.found = {
        **run.found,
        "columns": [*known, *labels],
        "preview": seal_text(json.dumps(shown, ensure_ascii=False), context=context),
    }
    run.layout = {**run.layout, "unnamed": sorted([*run.layout.get("unnamed", []), *positions])}
    run.mapping = {**run.mapping, **dict.fromkeys(labels, "")}
    work.save("found", "layout", "mapping")
