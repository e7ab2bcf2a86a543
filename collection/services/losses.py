"""A file that would take away most rows of a version is asked about: it is a part more often than the whole."""

from collection.choices import LoadMode
from collection.intake import Doubt
from collection.services.note import note
from collection.services.work import Work
from collection.store.columns import key_of
from collection.store.loading import TooManyGone

LEAST_ROWS = 100
"""Of a version with fewer rows half is soon another half: nobody is asked."""
MOST_SHARE = 0.5


def loss_limit(work: Work) -> int | None:
    """Return how many rows may go without a question; None for any number.

    Whoever has confirmed how the file is read before it was known how many rows would go is asked once more.
    """
    run, published = work.run, work.published
    if run.mode != LoadMode.REPLACE or published is None or published.row_count < LEAST_ROWS:
        return None
    if run.is_confirmed:
        codes = list(run.notes.filter(code__in=("confirmed", "loss")).order_by("pk").values_list("code", flat=True))
        is_answered = "loss" in codes and codes[-1] == "confirmed"
        if is_answered or not codes:  # without a note it was confirmed before it began
            return None
    return int(published.row_count * MOST_SHARE)


def rows_require(work: Work, limit: int | None) -> None:
    """Refuse a file that holds too many rows fewer than the version that readers see, whatever their keys.

    Raises:
        TooManyGone: it does.
    """
    if limit is not None and work.published is not None:
        fewer = work.published.row_count - (work.run.rows_read - work.run.rows_rejected)
        if fewer > limit:
            raise TooManyGone(fewer)


def removal_limit(work: Work, limit: int | None) -> int | None:
    """Return how many keys may go; None where rows have none, for there a changed row is another one."""
    return limit if key_of(work.columns) else None


def loss_note(work: Work, gone: int) -> None:
    """Add the question to what was found about the file, and to the log."""
    rows = work.published.row_count if work.published else 0
    doubt = Doubt("loss", {"gone": f"{gone:,}", "rows": f"{rows:,}"})
    work.run.found["doubts"] = [*work.run.found["doubts"], doubt.as_dict()]
    work.save("found")
    note(work.run, "loss", gone=gone, rows=rows)
