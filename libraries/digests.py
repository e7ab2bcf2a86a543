"""What people have seen, as digests that come back with what they send."""

import hashlib
import json

from libraries.models import Composition, Part


def asked_of(part: Part) -> str:
    """Return a digest of what a provider is asked: under which grant, for which library, how widely, which items fill
    which.

    The edition of the grant stands for its masks and the rows that it gives, the revision for how each item is shared:
    with the version of the entry until it is published, since it is edited in place.
    """
    entry = part.composition.dataset.entry
    revision = entry.published_revision or entry.working_revision
    shown = [revision.pk, revision.library_id, revision.sharing, revision.opening] if revision else []
    shown += [] if entry.published_revision_id else [entry.edit_version]
    edition = part.grant.edition if part.grant is not None else None
    asked = json.dumps([part.grant_id, edition, shown, sorted(part.mapping.items())])
    return hashlib.sha256(asked.encode()).hexdigest()


def part_version(part: Part) -> str:
    """Return a digest of what people change of a source: two may have it open at once."""
    return hashlib.sha256(json.dumps([part.grant_id, sorted(part.mapping.items())]).encode()).hexdigest()


def lineage_version(composition: Composition | None) -> str:
    """Return which item keeps the sources of the rows, as what a form has seen; two may have it open at once."""
    return (composition.lineage_item if composition is not None else "") or "none"
