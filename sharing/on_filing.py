"""What sharing shows wherever a change or a withdrawal of an entry is prepared, asked for and decided: the grants and
requests that it cuts.

What is told here is what the service does then: both ask ``selectors.forthcoming``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.effects import Proposal
from catalog.models import Entry, Revision, RevisionItem
from collection.models import Dataset
from core import clock
from core.actors import Actor
from core.components.figures import joined
from core.reasons import Reason
from sharing import scope
from sharing.choices import OPEN_GRANT_STATUSES, OPEN_STATUSES, PENDING_OBJECTION_STATES, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.selectors.forthcoming import NOTICE_DAYS, Change, Outcome, agreements_cut, outcomes
from sharing.selectors.grant import grant_list_for
from sharing.selectors.objection import objection_list_for
from sharing.selectors.request import request_list_for, undelivered

SHOWN = 20
"""Departments, or requests, named for each cause."""

_WHY: dict[str, Any] = {
    "share.withheld": gettext_lazy(
        "The data are withheld from sharing then; only what was decided on while they were withheld already goes on."
    ),
    "share.gone": gettext_lazy("What was granted is no part of the entry any more then."),
    "share.retyped": gettext_lazy(
        "The type of an item changes by which their rows are chosen: %(items)s. Whoever needs them asks anew."
    ),
    "share.added_withheld": gettext_lazy("The files hold items then that are withheld from sharing."),
    "share.on_request": gettext_lazy("They have not begun, and the data are shared on request then."),
    "share.withdrawn": gettext_lazy("Nothing is given of an entry that was withdrawn."),
}
"""Why grants end with the change, before it has happened."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one cause does.

    Attributes:
        what: to how many, and what becomes of them.
        departments: name → their grants, for causes that touch grants.
        requests: those that it closes.
        more: how many departments, or requests, are not named.
    """

    what: str
    why: str
    departments: Sequence[tuple[str, list[Grant]]] = ()
    requests: Sequence[ShareRequest] = ()
    more: int = 0


def panel(actor: Actor, proposal: Proposal) -> dict[str, Any] | None:
    """Return what a revision, or a withdrawal, cuts of what the actor sees; None where that is nothing."""
    if proposal.published is None:
        return None
    revision = None if proposal.is_withdrawal else proposal.revision
    change = Change(revision) if revision is not None else None
    found = outcomes(proposal.entry, change)
    lines = [*_of_grants(actor, found, change), *_of_requests(actor, proposal.entry, revision)]
    if proposal.is_withdrawal:
        lines += _of_objections(actor, proposal.entry)
    else:
        moment = clock.now()
        ending = [grant for grant, outcome in found if outcome.ends is not None and grant.valid_to > moment]
        lines += _of_unconfirmed(actor, ending)
    return {"lines": lines} if lines else None


def of_dataset(actor: Actor, dataset: Dataset, revision: Revision) -> list[Line]:
    """Return what a revision cuts of the grants on one dataset, as far as the actor sees them."""
    change = Change(revision)
    found = outcomes(dataset.entry, change)
    return _of_grants(actor, [(grant, outcome) for grant, outcome in found if grant.dataset == dataset], change)


def takes_away(entry: Entry, revision: Revision) -> bool:
    """Say whether a revision cuts any grant, whoever may see it: whoever approves it looks at it alone."""
    change = Change(revision)
    return any(cause for grant, outcome in outcomes(entry, change) for cause in _causes(grant, outcome, change))


# --- Grants ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cause:
    """Why something becomes of a grant; equal ones are told in one line.

    Attributes:
        fate: "ends", "until", "stops" or "adapts".
        names: of items, where they are the cause.
    """

    fate: str
    code: str = ""
    names: tuple[str, ...] = ()


def _of_grants(actor: Actor, found: Sequence[tuple[Grant, Outcome]], change: Change | None) -> list[Line]:
    if not found:
        return []
    seen = set(grant_list_for(actor).filter(pk__in=[one.pk for one, _outcome in found]).values_list("pk", flat=True))
    by_cause: dict[_Cause, dict[Grant, Outcome]] = {}
    for grant, outcome in found:
        if grant.pk in seen:
            for cause in _causes(grant, outcome, change):
                by_cause.setdefault(cause, {})[grant] = outcome
    return [_line(cause, grants, change) for cause, grants in by_cause.items()]


def _causes(grant: Grant, outcome: Outcome, change: Change | None) -> Iterator[_Cause]:
    """Return what a grant loses; one whose time is over loses nothing, nor does one that gains."""
    if grant.valid_to <= clock.now():
        return
    if outcome.ends is not None:
        yield _Cause("ends", outcome.ends.code, tuple(_named(outcome.ends)))
    if outcome.until is not None:
        yield _Cause("until")
    if outcome.gives is not None and change is not None:
        if grant.dataset.is_table:
            if any(_lost(grant, outcome.gives)):
                yield _Cause("adapts")
        elif _are_files_lost(grant, outcome.gives, change):
            yield _Cause("stops")


def _named(why: Reason) -> Iterable[str]:
    return why.values.get("items", ())


def _lost(grant: Grant, gives: scope.Scope) -> tuple[set[str], set[str]]:
    """Return the items that a grant does not give any more, and those of which it shows less, or something else."""
    return set(grant.items) - set(gives.items), scope.masked_more(grant.masks, gives.masks)


def _are_files_lost(grant: Grant, gives: scope.Scope, change: Change) -> bool:
    held = scope.Scope(grant.items, grant.masks, grant.row_filter)
    return scope.is_whole(held, change.before or []) and not scope.is_whole(gives, change.items)


def _line(cause: _Cause, grants: dict[Grant, Outcome], change: Change | None) -> Line:
    by_department: dict[str, list[Grant]] = {}
    for one in grants:
        by_department.setdefault(one.department.name, []).append(one)
    of = {
        "grants": ngettext("%(count)d grant", "%(count)d grants", len(grants)) % {"count": len(grants)},
        "departments": ngettext("%(count)d department", "%(count)d departments", len(by_department))
        % {"count": len(by_department)},
    }
    shown = list(by_department.items())[:SHOWN]
    what, why = _words(cause, grants, change)
    return Line(what % of, why, shown, more=len(by_department) - len(shown))


def _words(cause: _Cause, grants: dict[Grant, Outcome], change: Change | None) -> tuple[str, str]:
    """Return what becomes of grants, with places for their number and that of their departments, and why."""
    if cause.fate == "ends":
        why = str(_WHY[cause.code])
        return _("%(grants)s of %(departments)s: end once the data authority approves"), why % {
            "items": joined(cause.names)
        }
    assert change is not None  # noqa: S101  a withdrawal does nothing else
    if cause.fate == "until":
        days = {"days": NOTICE_DAYS, "day": change.notice_end_day.isoformat()}
        why = _(
            "Nobody decided on them, and the data are shared on request then: they go on for %(days)d working days"
            " after the approval, until %(day)s if that is today. Whoever needs them longer asks in that time."
        )
        return _("%(grants)s of %(departments)s: end after a notice"), why % days
    if cause.fate == "stops":
        why = _("Files are given whole: nothing can be cut out of them, or masked in them.")
        return _(
            "%(grants)s of %(departments)s: stay open, but give no files any more once the data authority approves"
        ), why
    return _("%(grants)s of %(departments)s: adapted to the entry once the data authority approves"), _adapted(
        grants, change
    )


def _adapted(grants: dict[Grant, Outcome], change: Change) -> str:
    """Name the items that are given no more, and those that are masked more than now, or otherwise."""
    gone, masked = set[str](), set[str]()
    for grant, outcome in grants.items():
        assert outcome.gives is not None  # noqa: S101  it is adapted
        no_more, less = _lost(grant, outcome.gives)
        gone |= no_more
        masked |= less
    told = []
    for template, items in (
        (_("No longer given: %(items)s."), gone),
        (_("Masked, or masked otherwise than now: %(items)s."), masked),
    ):
        if names := _names([*change.items, *(change.before or [])], items):
            told.append(template % {"items": joined(names)})
    return " ".join(told)


def _names(items: Iterable[RevisionItem], wanted: set[str]) -> list[str]:
    return list({str(one.item_id): one.name for one in items if str(one.item_id) in wanted}.values())


# --- Requests and objections ------------------------------------------------------------------------------------------


def _of_requests(actor: Actor, entry: Entry, revision: Revision | None) -> Iterator[Line]:
    """Return what is closed: all that is open with a withdrawal, else what was agreed to and cannot be given then."""
    if revision is None:
        found = request_list_for(actor).filter(entry=entry, status__in=OPEN_STATUSES, number__isnull=False)
        open_ones = list(found.order_by("pk"))
        if open_ones:
            what = ngettext(
                "%(count)d open request: closed as withdrawn once the data authority approves",
                "%(count)d open requests: closed as withdrawn once the data authority approves",
                len(open_ones),
            )
            why = _("So is what was asked for these data and has not reached you yet.")
            yield Line(what % {"count": len(open_ones)}, why, (), open_ones[:SHOWN], max(0, len(open_ones) - SHOWN))
        return
    agreed = undelivered().filter(entry=entry, status=RequestStatus.AGREED).values("pk")
    waiting = list(request_list_for(actor).filter(pk__in=agreed).order_by("pk"))
    by_reason: dict[str, list[ShareRequest]] = {}
    for one, why_over in agreements_cut(waiting, revision):
        by_reason.setdefault(str(why_over), []).append(one)
    for why, requests in by_reason.items():
        what = ngettext(
            "%(count)d agreed request that waits for its data: closed in the night after the approval",
            "%(count)d agreed requests that wait for their data: closed in the night after the approval",
            len(requests),
        )
        yield Line(what % {"count": len(requests)}, why, (), requests[:SHOWN], max(0, len(requests) - SHOWN))


def _of_unconfirmed(actor: Actor, ending: Sequence[Grant]) -> Iterator[Line]:
    """Return the requests that are closed since all that they were given ends before anybody confirmed its arrival.

    Of what goes on for a notice the arrival can still be confirmed.
    """
    ends = {one.pk for one in ending if one.first_pulled_at is None}
    agreed = request_list_for(actor).filter(status=RequestStatus.AGREED, grants__in=ends).distinct().order_by("pk")
    closed = [
        one
        for one in agreed.prefetch_related("grants")
        if all(
            given.pk in ends
            for given in one.grants.all()
            if given.created_at >= (one.replied_at or given.created_at)
            and (given.status in OPEN_GRANT_STATUSES or given.first_pulled_at is not None)
        )
    ]
    if closed:
        what = ngettext(
            "%(count)d request whose data were not confirmed to have arrived: closed with its grant",
            "%(count)d requests whose data were not confirmed to have arrived: closed with their grants",
            len(closed),
        )
        why = _("Whoever confirms the arrival before then has had them.")
        yield Line(what % {"count": len(closed)}, why, (), closed[:SHOWN], max(0, len(closed) - SHOWN))


def _of_objections(actor: Actor, entry: Entry) -> Iterator[Line]:
    count = objection_list_for(actor).filter(entry=entry, state__in=PENDING_OBJECTION_STATES).count()
    if count:
        what = ngettext(
            "%(count)d correction request: closed once the data authority approves",
            "%(count)d correction requests: closed once the data authority approves",
            count,
        )
        yield Line(what % {"count": count}, "")
