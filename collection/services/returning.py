"""Rows of people whose rows were erased on demand, and that come back with a later file: told, and not rejected.

A person may be recorded anew for good reason, so it is for people to decide whether the rows must go again. Of a demand
nothing but the item and the keyed hash of the value is kept, so the values of the rows are hashed with the same key.
Blanks, width and case do not count in the hash, nor what stands between the digits of a long number, so a value that
differs in these alone is told of as well; numbers and days are hashed as the store writes them, however the demand did.

Basis: Personal Information Protection Law, Art. 47.
"""

from collection.selectors.erasure import hashes_erased
from collection.services.note import note
from collection.services.subject_key import subject_pads
from collection.services.work import Work
from collection.store import erasing


def returned_note(work: Work) -> None:
    """Count the rows that a load has opened whose value was erased from these data, and note them in the log.

    Rows of a value that was published before this load were told of when they came back: not with each day's file.
    """
    by_item = hashes_erased(work.dataset)
    sought = {one: by_item[one.item] for one in work.columns if one.item in by_item}
    if not sought:
        return
    work.lease.heartbeat()
    work.returned = erasing.returned_count(work.dataset.pk, work.generation, work.number, sought, subject_pads())
    if work.returned:
        note(work.run, "returned", rows=work.returned)
