"""Answers to signals of others."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from catalog.models import Entry, Library, Revision
from catalog.signals import entry_published, entry_submitting, entry_withdrawn, library_lead_changed
from collection.models import Dataset
from collection.services.retention import originals_drop
from collection.signals import dataset_unhooking, rows_gone
from core.actors import Actor
from core.exceptions import InvalidTransition, RuleViolation
from libraries.keeping import datasets_holding, runs_holding
from libraries.selectors import libraries_fed_by, looser_than_sources
from libraries.services.consent import entry_moved
from libraries.services.leaving import entry_follow, grant_leave, lead_follow, own_leave
from libraries.services.lineage import lineages_settle
from sharing.models import Grant
from sharing.signals import grant_disposing, grant_stopped


@receiver(entry_submitting, dispatch_uid="libraries.entry_submitting")
def refuse_looser(sender: Any, entry: Entry, revision: Revision, **kwargs: Any) -> None:
    """A library's entry does not come to give more than its sources; whoever files it is told so, and can mend it."""
    errors = looser_than_sources(entry, revision)
    if errors:
        raise RuleViolation(errors)


@receiver(entry_published, dispatch_uid="libraries.entry_published")
def follow_attributes(sender: Any, entry: Entry, revision: Revision, **kwargs: Any) -> None:
    """What a source became too strict for leaves; what was named since the entry was handed in is asked once more.

    Providers are asked anew where a library's data belong to another library now.
    """
    refuse_looser(sender, entry, revision)
    entry_follow(entry=entry)
    entry_moved(entry=entry, library=revision.library)


@receiver(library_lead_changed, dispatch_uid="libraries.library_lead_changed")
def follow_lead(sender: Any, library: Library, **kwargs: Any) -> None:
    """What was built under the former lead leaves; where that one is back, what was asked is closed."""
    lead_follow(library=library)


@receiver(grant_stopped, dispatch_uid="libraries.grant_stopped")
def ask_to_leave(sender: Any, grant: Grant, actor: Actor, **kwargs: Any) -> None:
    """What a library was built from under the grant is to leave it."""
    grant_leave(actor=actor, grant=grant)


@receiver(entry_withdrawn, dispatch_uid="libraries.entry_withdrawn")
def follow_withdrawal(sender: Any, entry: Entry, **kwargs: Any) -> None:
    """The lead's own data of a withdrawn entry leave its libraries; data of others, with their grants."""
    own_leave(entry=entry)


@receiver(grant_disposing, dispatch_uid="libraries.grant_disposing")
def dispose(sender: Any, grant: Grant, actor: Actor, **kwargs: Any) -> None:
    """Nothing is disposed of while a version of a library keeps it; the files from which versions came go with it."""
    names = "、".join(one.name for one in datasets_holding(grant))
    if names:
        message = _(
            "Library datasets still keep versions with rows of this grant: %(names)s. Remove the source, build again, "
            "and confirm once those versions are gone. From data that were unhooked or withdrawn they go by "
            "themselves, at night and after the time for which versions are kept."
        )
        raise InvalidTransition(message % {"names": names}, code="still_held")
    originals_drop(actor=actor, run_ids=runs_holding(grant))


@receiver(dataset_unhooking, dispatch_uid="libraries.dataset_unhooking")
def keep_own_sources(sender: Any, dataset: Dataset, **kwargs: Any) -> None:
    """Data that a library of their own department is built from are taken out of it first."""
    names = "、".join(one.name for one in libraries_fed_by(dataset))
    if names:
        message = _("Library datasets are built from these data: %(names)s. Take them out of those first.")
        raise InvalidTransition(message % {"names": names}, code="source")


@receiver(rows_gone, dispatch_uid="libraries.rows_gone")
def forget_lineage(sender: Any, dataset: Dataset, **kwargs: Any) -> None:
    """Of rows that are no more it is not told either which sources they came from."""
    lineages_settle(dataset_id=dataset.pk)
