"""Rows of people whose rows were erased on demand, and that come back with a later file: told, and not rejected.

A person may be recorded anew for good reason, so it is for people to decide whether the rows must go again. Of a demand
nothing but the item and the keyed hash of the value is kept, so the staged values are hashed with the same key. Blanks,
width and case do not count in the hash, nor what stands between the digits of a long number, so a value that differs in
these alone is told of as well; numbers and days are hashed as the store writes them, however the demand did.

Basis: Personal Information Protection Law, Art. 47.
"""

from collections.abc import Sequence

from collection.selectors.erasure import hashes_erased
from collection.services.note import note
from collection.services.subject_key import subject_pads
from collection.services.work import Work
from collection.store import erasing
from collection.store.columns import Column


def returned_note(work: Work, columns: Sequence[Column]) -> None:
    """Count the staged rows whose value was erased from these data, and note them in the log."""
    by_item = hashes_erased(work.dataset)
    sought = {one: by_item[one.item] for one in columns if one.item in by_item}
    if not sought:
        return
    work.lease.heartbeat()
    work.returned = erasing.returned_count(work.stage, sought, subject_pads())
    if work.returned:
        note(work.run, "returned", rows=work.returned)
