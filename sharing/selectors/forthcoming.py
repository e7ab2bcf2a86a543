"""What becomes of grants once a revision is in force, or their entry is withdrawn.

Asked twice: by the pages on which people prepare such a change and decide on it, and by the service that carries it out
(``services.following``), so that what was read there is what happens.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from catalog.choices import Sharing
from catalog.models import Entry, Revision, RevisionItem
from catalog.selectors import items_of
from core import clock
from core.reasons import Reason
from sharing import scope
from sharing.choices import OPEN_GRANT_STATUSES
from sharing.models import Grant
from sharing.selectors.grant import followers_of
from workflow.selectors.calendar import calendar

NOTICE_DAYS = 10
"""Working days for which a grant made on the spot goes on once its data are shared conditionally: the time in which a
request is answered (809, Art. 21), so that whoever asks at once need not be without data (docs/adr/0071)."""


class Change:
    """A revision that comes into force, beside the one before it: what grants on the entry's data follow."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self.sharing = revision.sharing

    @cached_property
    def items(self) -> list[RevisionItem]:
        return items_of(self._revision)

    @cached_property
    def before(self) -> list[RevisionItem] | None:
        """The items of the one before it."""
        earlier = Revision.objects.filter(entry=self._revision.entry_id, number__lt=self._revision.number)
        before = earlier.order_by("-number").first()
        return items_of(before) if before is not None else None

    @cached_property
    def notice_end_day(self) -> date:
        """The last day of what nobody decided on, where it comes into force today."""
        return calendar().add_working_days(clock.today(), NOTICE_DAYS).on

    @property
    def notice_end(self) -> datetime:
        """Until when that goes on."""
        return clock.midnight_after(self.notice_end_day)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a grant; nothing where all of it is None.

    Attributes:
        ends: why it ends at once, with what goes on from it.
        gives: what it gives from then on, where that is other than now.
        until: until when it goes on, earlier than was agreed.
    """

    ends: Reason | None = None
    gives: scope.Scope | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self != Outcome()


def outcome_of(grant: Grant, change: Change) -> Outcome:
    """Return what becomes of an open grant once a revision is in force.

    Items that are gone or withheld then are given no more, nor are rows that were chosen by an item of another type;
    items that are sensitive or masked are masked; of data that are withheld nothing is given but what the authority
    itself decided; what was taken on the spot ends after a notice where a request is needed.
    """
    request = grant.request
    is_decided = request is not None and request.attribute == Sharing.WITHHELD
    if change.sharing == Sharing.WITHHELD and not is_decided and not grant.dataset.is_table:
        return Outcome(ends=Reason("share.withheld"))
    earlier = scope.default_masks(change.before, grant.items) if change.before is not None else {}
    held = scope.Scope(list(grant.items), grant.masks, grant.row_filter)
    whole = held if grant.dataset.is_table or change.before is None else _with_added(held, change.before, change.items)
    now = scope.followed(whole, change.items, change.sharing, earlier, is_decided=is_decided)
    if now is not None and not set(whole.items) - set(held.items) <= set(now.items):
        return Outcome(ends=Reason("share.added_withheld"))
    if now is None:
        return Outcome(ends=_why_nothing(held, change.items))
    until = _notice_end(grant, now, change)
    if until is not None and until <= grant.valid_from:
        return Outcome(ends=Reason("share.on_request"))
    return Outcome(gives=now if now != held else None, until=until)


def _why_nothing(held: scope.Scope, items: list[RevisionItem]) -> Reason:
    """Say why nothing of a scope can be given: it is chosen by what has another type, is withheld, or is gone."""
    if names := scope.retyped(held.row_filter, items):
        return Reason("share.retyped", {"items": names})
    needed = {str(one["item"]) for one in held.row_filter} or set(held.items)
    return Reason("share.withheld" if needed & {str(one.item_id) for one in items} else "share.gone")


def _with_added(held: scope.Scope, before: list[RevisionItem], items: list[RevisionItem]) -> scope.Scope:
    """Return what a grant of files holds with the items that its entry gained: files are given whole or not at all.

    One that was not whole before gains nothing.
    """
    known = {str(one.item_id) for one in before}
    if not known <= set(held.items):
        return held
    added = [item for one in items if (item := str(one.item_id)) not in known and item not in held.items]
    return scope.Scope([*held.items, *added], held.masks | scope.default_masks(items, added), held.row_filter)


def _notice_end(grant: Grant, now: scope.Scope, change: Change) -> datetime | None:
    """Return until when that goes on which nobody decided on, where the data need a decision now."""
    by_item = {str(one.item_id): one.sharing or change.sharing for one in change.items}
    request = grant.request
    undecided = request is not None and request.attribute == Sharing.UNCONDITIONAL and request.is_by_itself
    is_free = all(by_item.get(item) == Sharing.UNCONDITIONAL for item in now.items)
    if is_free or not (undecided or grant.acceptance_id is not None):
        return None
    return change.notice_end if change.notice_end < grant.valid_to else None


def outcomes(entry: Entry, change: Change | None) -> list[tuple[Grant, Outcome]]:
    """Return what becomes of each open grant on an entry's data, of those of which anything becomes, the first first.

    Args:
        change: the revision that comes into force; None where the entry is withdrawn.
    """
    found = Grant.objects.filter(dataset__entry=entry, status__in=OPEN_GRANT_STATUSES)
    grants = list(found.select_related("dataset", "department", "request").order_by("pk"))
    if not grants:
        return []
    if change is None:
        return [(one, Outcome(ends=Reason("share.withdrawn"))) for one in grants]
    fates = {one.pk: outcome_of(one, change) for one in grants}
    _ends_hand_on(fates)
    return [(one, fates[one.pk]) for one in grants if fates[one.pk]]


def _ends_hand_on(fates: dict[int, Outcome]) -> None:
    """Let what goes on from a grant that ends end with it; each ends once, in the order in which they are gone through.

    Args:
        fates: of the open grants by number, the first first.
    """
    after = _followers([pk for pk, fate in fates.items() if fate.ends])
    ended: set[int] = set()
    for pk, fate in fates.items():
        if not fate.ends or pk in ended:
            continue
        line, ahead = set[int](), {pk}
        while ahead:
            line |= ahead
            ahead = {later for one in ahead for later in after[one]} - line
        for one in (line & fates.keys()) - ended:
            fates[one] = Outcome(ends=fate.ends)
        ended |= line


def _followers(grants: Collection[int]) -> dict[int, set[int]]:
    """Return what goes on from each of these grants, and from that, whatever became of what lies between."""
    after: dict[int, set[int]] = {}
    ahead: Iterable[int] = grants
    while waiting := [one for one in ahead if one not in after]:
        after |= {one: set() for one in waiting}
        for former, later in followers_of(waiting):
            after[former].add(later.pk)
        ahead = {later for one in waiting for later in after[one]}
    return after
