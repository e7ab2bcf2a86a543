"""What follows when a submission is approved. Apps above register what they know: grants, tables, feeds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.choices import Cycle, Opening
from catalog.diff import RevisionDiff
from catalog.models import Entry, Revision


@dataclass(frozen=True, slots=True)
class Effect:
    """One line: what is touched, and how. ``tone`` is "warn" where people should look twice."""

    label: Any
    text: Any
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be approved.

    Attributes:
        published: the revision in force; None for a first filing.
        difference: between the two; None for a first filing and a withdrawal, and before it is to be decided.
    """

    entry: Entry
    revision: Revision
    published: Revision | None
    difference: RevisionDiff | None
    is_withdrawal: bool = False


def proposed(entry: Entry, *, is_withdrawal: bool = False) -> Proposal | None:
    """Return what is prepared or asked for of a published entry; None where nothing is, or nothing is in force."""
    published = entry.published_revision
    revision = published if is_withdrawal else entry.working_revision
    if published is None or revision is None:
        return None
    return Proposal(entry, revision, published, None, is_withdrawal)


Provider = Callable[[Proposal], Iterable[Effect]]
_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Add a function that tells the effects an app knows of; call it from ``AppConfig.ready``."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def unregister(provider: Provider) -> None:
    """Forget a provider. Only tests need it."""
    _providers.remove(provider)


def effects_of(proposal: Proposal) -> list[Effect]:
    """Return what approval would bring about, the catalog's own effects first."""
    return [*_own(proposal), *(effect for provider in _providers for effect in provider(proposal))]


Loss = Callable[[Entry, Revision], bool]
_losses: list[Loss] = []


def register_loss(takes_away: Loss) -> None:
    """Add a function that says whether a revision takes from departments what they have; as ``register``."""
    if takes_away not in _losses:
        _losses.append(takes_away)


def takes_away(revision: Revision) -> bool:
    """Say whether a revision, once it replaces the one in force, takes from departments what they have."""
    entry = revision.entry
    return entry.published_revision_id is not None and any(one(entry, revision) for one in _losses)


def _own(proposal: Proposal) -> Iterable[Effect]:
    if proposal.is_withdrawal:
        yield Effect(_("Catalog"), _("The entry leaves the catalog; its code is never used again."), "warn")
        return
    if proposal.published is None:
        yield Effect(
            _("Catalog"), _("The entry appears in the catalog under %(code)s.") % {"code": proposal.entry.code}
        )
    else:
        text = _("Revision %(old)d stays in force until approval, then revision %(new)d replaces it.")
        numbers = {"old": proposal.published.number, "new": proposal.revision.number}
        yield Effect(_("Catalog"), text % numbers)
    if proposal.revision.opening in (Opening.OPEN, Opening.CONDITIONAL) and not _was_public(proposal.published):
        yield Effect(_("Public"), _("The entry appears on the open platform."), "warn")
    if _was_public(proposal.published) and proposal.revision.opening == Opening.CLOSED:
        yield Effect(_("Public"), _("The entry leaves the open platform."))
    if proposal.difference is not None:
        yield from _of_difference(proposal.difference, proposal.revision)


def _was_public(published: Revision | None) -> bool:
    return published is not None and published.opening in (Opening.OPEN, Opening.CONDITIONAL)


def _of_difference(difference: RevisionDiff, revision: Revision) -> Iterable[Effect]:
    added = sum(change.kind == "added" for change in difference.items)
    removed = sum(change.kind == "removed" for change in difference.items)
    if added or removed:
        parts = [
            ngettext("%(count)d item is added", "%(count)d items are added", added) % {"count": added} if added else "",
            ngettext("%(count)d item is dropped", "%(count)d items are dropped", removed) % {"count": removed}
            if removed
            else "",
        ]
        yield Effect(_("Items"), " · ".join(part for part in parts if part), "warn" if removed else "")
    if any(change.field == "cycle" for change in difference.fields) and revision.cycle:
        if revision.cycle in (Cycle.IRREGULAR, Cycle.NEVER):
            text = _("Updates are no longer judged by a cycle.")
        else:
            text = _("Updates are judged by the new cycle: %(cycle)s.") % {"cycle": revision.get_cycle_display()}
        yield Effect(_("Timeliness"), text)
