"""What becomes of grants, and of agreements that wait for their data, once a revision is in force, or their entry is
withdrawn.

Asked twice: by the pages on which people prepare such a change and decide on it, and by the services that carry it out
(``services.following``, ``services.delivery``), so that what was read there is what happens.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import prefetch_related_objects

from catalog.choices import Sharing
from catalog.models import Entry, Revision, RevisionItem
from catalog.selectors import items_of
from core import clock
from core.exceptions import FieldError, RuleViolation
from core.reasons import Reason
from sharing import renewal, scope
from sharing.choices import OPEN_GRANT_STATUSES
from sharing.models import Grant, ShareRequest
from sharing.selectors.grant import followers_of
from sharing.selectors.restraint import is_stopped, renewed_already, stopped_of
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
        return Outcome(ends=_why_nothing(held, change, is_decided=is_decided))
    until = _notice_end(grant, now, change)
    if until is not None and until <= grant.valid_from:
        return Outcome(ends=Reason("share.on_request"))
    return Outcome(gives=now if now != held else None, until=until)


def _why_nothing(held: scope.Scope, change: Change, *, is_decided: bool) -> Reason:
    """Say why nothing of a scope can be given: it is chosen by what has another type, is withheld, or is gone.

    What is withheld is part of the entry still; where rows were chosen by what is not given any more, that is why.
    """
    if names := scope.retyped(held.row_filter, change.items):
        return Reason("share.retyped", {"items": names})
    allowed = scope.givable(change.items, change.sharing, is_decided=is_decided)
    missing = {str(one["item"]) for one in held.row_filter} - allowed or set(held.items)
    return Reason("share.withheld" if missing & {str(one.item_id) for one in change.items} else "share.gone")


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


# --- Agreements -------------------------------------------------------------------------------------------------------


def agreement_over(request: ShareRequest) -> Reason | None:
    """Return why an agreement that was never carried out cannot be any more; None while it can.

    Its time is over, what it replaces or goes on from was stopped, runs as long or was renewed by another, or the entry
    leaves nothing of it to be given.
    """
    if (over := _over_already(request, was_stopped=is_stopped(request))) is not None:
        return over
    return _why_not(request, _in_force(request), _decided_on(request, _revisions(request)))


def agreement_left(request: ShareRequest) -> scope.Scope:
    """Return what of a decision can be given as the entry is now.

    Raises:
        RuleViolation: nothing of it, or nobody decided on data that need a decision now.
    """
    return _left(request, _in_force(request), _decided_on(request, _revisions(request)))


def agreements_cut(requests: Sequence[ShareRequest], revision: Revision) -> list[tuple[ShareRequest, Reason]]:
    """Return the agreements that cannot be carried out any more once a revision is in force, while they can now, each
    with why: see ``agreement_over``.

    What is prepared is looked at whenever it is saved: what is read does not grow with their number, but for renewals
    that are cut.

    Args:
        requests: agreements on the revision's entry, of which none was carried out.
    """
    if not requests:
        return []
    revisions = _revisions(requests[0])
    by_number = {one.number: one for one in revisions}
    # One that was discarded meanwhile is looked at as it was given.
    then, now = by_number.get(revision.number, revision), by_number[_in_force(requests[0]).number]
    decided_on = {one.pk: _decided_on(one, revisions) for one in requests}
    prefetch_related_objects(list({then, now, *(one for one in decided_on.values() if one is not None)}), "items")
    cut = [(one, why) for one in requests if (why := _why_not(one, then, decided_on[one.pk])) is not None]
    cut = [(one, why) for one, why in cut if _why_not(one, now, decided_on[one.pk]) is None]
    stopped = stopped_of(one for one, _why in cut) if cut else set()
    return [(one, why) for one, why in cut if _over_already(one, was_stopped=one.pk in stopped) is None]


def _over_already(request: ShareRequest, *, was_stopped: bool) -> Reason | None:
    """Return why an agreement cannot be carried out any more, whatever its entry leaves of it."""
    if request.decided_until is not None and request.decided_until < clock.today():
        return Reason("share.time_over")
    if was_stopped:
        return Reason("share.stopped")
    if renewed_already(request) is not None:
        return Reason("share.renewed")
    former, until = renewal.renewed(request), request.decided_until
    if (
        former is not None
        and former.status in OPEN_GRANT_STATUSES
        and until is not None
        and not renewal.lengthens(former, until)
    ):
        return Reason("share.no_longer")
    return None


def _why_not(request: ShareRequest, revision: Revision, decided_on: Revision | None) -> Reason | None:
    """Return why nothing of a decision can be given with a revision of the entry; None where something can."""
    try:
        _left(request, revision, decided_on)
    except RuleViolation as refused:
        why = {"gone": "share.agreed_gone", "retyped": "share.agreed_retyped"}
        return Reason(why.get(refused.errors[0].code, "share.needs_decision"))
    return None


def _in_force(request: ShareRequest) -> Revision:
    revision = request.entry.published_revision
    assert revision is not None  # noqa: S101  with the entry's withdrawal its requests are closed
    return revision


def _revisions(request: ShareRequest) -> list[Revision]:
    return list(Revision.objects.filter(entry=request.entry_id).order_by("-number"))


def _decided_on(request: ShareRequest, revisions: Iterable[Revision]) -> Revision | None:
    """Return which of the entry's revisions, the last first, was in force when a request was decided."""
    moment = request.replied_at
    assert moment is not None  # noqa: S101  it is decided
    return next((one for one in revisions if one.published_at is not None and one.published_at <= moment), None)


def _left(request: ShareRequest, revision: Revision, decided_on: Revision | None) -> scope.Scope:
    """Return what of a decision can be given with a revision of the entry.

    Args:
        decided_on: the revision that was in force when it was decided.

    Raises:
        RuleViolation: nothing of it, or nobody decided on data that need a decision.
    """
    items = items_of(revision)
    earlier = scope.default_masks(items_of(decided_on), request.decided_items) if decided_on is not None else {}
    decided = scope.Scope(request.decided_items, request.decided_masks, request.decided_filter)
    now = scope.followed(
        decided, items, revision.sharing, earlier, is_decided=request.attribute == Sharing.WITHHELD
    )  # fmt: skip
    if now is None:
        if scope.retyped(decided.row_filter, items):
            raise RuleViolation([FieldError("row_filter", "retyped", str(Reason("share.agreed_retyped")))])
        raise RuleViolation([FieldError("items", "gone", str(Reason("share.agreed_gone")))])
    by_item = {str(one.item_id): one for one in items}
    is_free = all((by_item[one].sharing or revision.sharing) == Sharing.UNCONDITIONAL for one in now.items)
    if request.attribute == Sharing.UNCONDITIONAL and request.is_by_itself and not is_free:
        raise RuleViolation([FieldError("items", "needs_decision", str(Reason("share.needs_decision")))])
    return now
