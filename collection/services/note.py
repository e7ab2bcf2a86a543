"""The log of a run. Lines hold codes and figures; words are put when they are read (``collection.wording``)."""

from typing import Any

from collection.models import Run, RunNote
from core import clock


def note(run: Run, code: str, **values: Any) -> None:
    """Add a line to the log of a run.

    Args:
        code: one of ``collection.wording.NOTES``.
        values: plain values that fill the sentence in; never a cell of somebody's data.
    """
    RunNote.objects.create(run=run, at=clock.now(), phase=run.phase, code=code, values=values)
