"""Reading the terms for data that are shared unconditionally."""

from catalog.choices import LIVE_STATUSES, Sharing
from catalog.selectors import items_of
from collection.models import Dataset
from core import clock
from sharing.models import Terms, TermsAcceptance


def terms_in_force() -> Terms | None:
    """Return the latest terms in force, with None where there are none yet."""
    return Terms.objects.filter(valid_from__lte=clock.now()).order_by("-number").first()


def acceptance_of(department_id: int) -> TermsAcceptance | None:
    """Return a department's acceptance of the terms in force, None where it has not accepted them."""
    terms = terms_in_force()
    return TermsAcceptance.objects.filter(terms=terms, department=department_id).first() if terms else None


def terms_versions() -> list[Terms]:
    """Return all versions of the terms, latest first."""
    return list(Terms.objects.order_by("-number"))


def can_be_taken(dataset: Dataset) -> bool:
    """Say whether data can be had on the spot: shared unconditionally, in use, and loaded."""
    entry = dataset.entry
    revision = entry.published_revision
    if revision is None or entry.status not in LIVE_STATUSES or revision.sharing != Sharing.UNCONDITIONAL:
        return False
    if dataset.is_retired or dataset.published_version_id is None:
        return False
    return not dataset.is_table or any(one.sharing in ("", Sharing.UNCONDITIONAL) for one in items_of(revision))
