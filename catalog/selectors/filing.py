"""What the editor reads besides the entry itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from audit.selectors import events_of
from catalog.choices import LIVE_STATUSES, DecisionAction
from catalog.models import Decision, DutyChange, Entry, ReviewComment, Revision, RevisionItem
from catalog.selectors.entry import entry_list_for
from core import clock
from core.actors import Actor
from workflow.choices import LegalPurpose
from workflow.selectors.legal_basis import legal_bases_for

MOST_FOUND = 10
RECENT = timedelta(hours=12)


def duty_changes_open(entry: Entry) -> QuerySet[DutyChange]:
    """Return the recorded changes of law or duties that the entry has not answered yet."""
    return DutyChange.objects.filter(concerned__entry=entry, concerned__filed_revision=None)


def comments_open(revision: Revision) -> list[ReviewComment]:
    """Return the comments on a revision that are not settled, required ones first."""
    found = ReviewComment.objects.filter(revision=revision, resolved_at=None)
    return sorted(found, key=lambda one: (one.severity != "required", one.at, one.pk))


def return_of(revision: Revision) -> Decision | None:
    """Return the decision that sent a revision back last."""
    return Decision.objects.filter(revision=revision, action=DecisionAction.RETURN).order_by("-at", "-pk").first()


def legal_basis_groups() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the register for the picker: groups of (document|article, citation, gist)."""
    groups = (
        (_("May justify withholding"), LegalPurpose.WITHHELD),
        (_("Conditions on sharing"), LegalPurpose.CONDITIONAL),
    )
    result = []
    for title, purpose in groups:
        rows = [
            (f"{one.document}|{one.article}", f"《{one.document.strip('《》')}》{one.article}", one.gist)
            for one in legal_bases_for(purpose)
        ]
        if rows:
            result.append((title, rows))
    return result


def entries_found(actor: Actor, text: str, *, besides: int | None = None) -> list[Entry]:
    """Return a few live entries whose name or code holds the text, for search as you type."""
    wanted = text.strip().replace("\x00", "")
    if len(wanted) < 2:
        return []
    entries = entry_list_for(actor).filter(
        Q(current_revision__name__icontains=wanted) | Q(slug__startswith=wanted.replace("/", "-")),
        status__in=LIVE_STATUSES,
    )
    return list(entries.exclude(Q(pk=besides)).order_by("current_revision__name", "pk")[:MOST_FOUND])


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody did to the working revision."""

    actor_id: int | None
    actor_name: str
    at: datetime
    fields: tuple[str, ...]


def edits_of(entry: Entry, limit: int = 20) -> list[Edit]:
    """Return the latest edits of an entry, newest first, from the trail."""
    events = events_of("catalog.entry", entry.pk).filter(action="catalog.entry.edit")[:limit]
    return [Edit(one.actor_id, one.actor_name, one.at, _fields(one.after)) for one in events]


def _fields(after: Any) -> tuple[str, ...]:
    return tuple(after) if isinstance(after, dict) else ()


def edit_by_others(actor: Actor, edits: Iterable[Edit], *, is_latest: bool = True) -> Edit | None:
    """Return the latest edit of somebody else.

    Args:
        is_latest: only if it is recent and the actor has not edited since.
    """
    for edit in edits:
        if edit.actor_id != actor.id and edit.fields:
            return edit if not is_latest or edit.at > clock.now() - RECENT else None
        if is_latest:
            return None
    return None


def item_ids_of(entry: Entry) -> frozenset[str]:
    """Return the identities of the items of the working and the published revision."""
    revisions = [pk for pk in (entry.working_revision_id, entry.published_revision_id) if pk]
    found = RevisionItem.objects.filter(revision_id__in=revisions).values_list("item_id", flat=True)
    return frozenset(map(str, found))
