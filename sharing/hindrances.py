"""Why a step that fits the state of a request cannot be taken all the same, or data cannot be had on the spot.

Services refuse with what is returned here, pages say it beside the button: neither offers what the other refuses.
"""

from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext as _

from catalog.choices import Mask, Sharing
from catalog.contention import is_weaker_mask
from collection.models import Dataset
from core import clock
from core.exceptions import DomainError, FieldError, InvalidTransition, NotAllowed, RuleViolation
from core.reasons import Reason
from sharing import renewal, scope, transitions
from sharing.choices import OPEN_GRANT_STATUSES, RequestStatus
from sharing.models import GrantSuspension, ShareRequest
from sharing.selectors.request import grants_of_answer, items_offered
from sharing.selectors.restraint import (
    is_announced,
    is_barred,
    is_held_back,
    is_misused,
    is_overtaken,
    is_restrained,
    is_stopped,
    misused_under,
    renewed_already,
    suspensions_above,
    suspensions_against,
)
from sharing.selectors.terms import free_items
from workflow.choices import ClockKey
from workflow.models import Clock
from workflow.selectors.clock_policy import statutory_due


def approval(request: ShareRequest) -> DomainError | None:
    """Return why a request cannot be agreed to, whatever is given: it can be refused."""
    if (other := renewed_already(request)) is not None:
        return InvalidTransition(renewal.goes_on_already(other), code="renewed", extra={"grants": [other.pk]})
    return None


def material(request: ShareRequest, running: Clock | None) -> DomainError | None:
    """Return why missing material cannot be asked for.

    Args:
        running: the clock of the answer, None where it runs without one.
    """
    if request.material_asked_at is not None:
        message = _("Missing material is asked for once, all of it. Decide on what there is.")
        return InvalidTransition(message, code="material_asked")
    if running is not None and clock.now() > running.due_at:
        return InvalidTransition(_("The time for the answer is over: answer what there is."), code="clock_overdue")
    return None


def extension(request: ShareRequest, running: Clock | None) -> DomainError | None:
    """Return why more time cannot be asked for.

    Args:
        running: the clock of the answer, None where it runs without one.
    """
    if running is None or clock.now() > running.due_at:
        return InvalidTransition(_("No time is running that could be extended."), code="clock_not_running")
    if running.extension_working_days or request.extension_days is not None:
        return InvalidTransition(_("More time is asked for once."), code="clock_extended")
    return None


def advice(request: ShareRequest) -> DomainError | None:
    """Return why the provider cannot give its opinion on withheld data."""
    if request.provider_opinion:
        return InvalidTransition(_("The opinion was given. The data authority decides."), code="advised")
    return None


def _answer_due(request: ShareRequest, running: Clock | None) -> datetime:
    """Return when the time for an answer is over. Where no clock runs, for whatever reason, the law's time runs."""
    if running is not None:
        return running.due_at
    assert request.received_at is not None  # noqa: S101  set when it reached the provider
    return statutory_due(ClockKey.REPLY_CONDITIONAL, since=request.received_at)


def statement(request: ShareRequest) -> DomainError | None:
    """Return why the provider cannot say anything to a dispute."""
    if request.dispute_statement:
        return InvalidTransition(
            _("Your department has spoken. The data authority mediates and decides."), code="heard"
        )
    return None


def dispute(request: ShareRequest, running: Clock | None) -> DomainError | None:
    """Return why nothing can be taken to the authority: it settles an answer once, and silence once the time is over.

    Unconditional data that were given whole, without a limit of use and masked no more than the entry says, leave
    nothing to dispute, while those that nobody makes available do.

    Args:
        running: the clock of the answer, None where it runs without one: then the time that the law gives counts.
    """
    if request.disputed_from:
        message = _("This was settled before. Beyond that the authority's people's government decides.")
        return InvalidTransition(message, code="settled")
    if request.status == RequestStatus.AWAITING_PROVIDER and clock.now() <= _answer_due(request, running):
        return InvalidTransition(_("The provider still has time to answer."), code="clock_running")
    is_whole = (
        request.decided_items == request.items
        and not scope.added(request.decided_filter, request.row_filter)
        and request.decided_methods == request.methods
        and request.decided_until == request.valid_until
        and not any(renewal.decided_limits(request).values())
        and not _is_masked_more(request)
    )
    if request.attribute == Sharing.UNCONDITIONAL and is_whole and request.grants.exists():
        return InvalidTransition(_("All that was asked for was granted: there is nothing to dispute."))
    return None


def _is_masked_more(request: ShareRequest) -> bool:
    """Say whether less is shown than the entry declares."""
    declared = scope.default_masks(items_offered(request), request.decided_items)
    return any(is_weaker_mask(mask, declared.get(item, Mask.NONE)) for item, mask in request.decided_masks.items())


def delivery(request: ShareRequest) -> DomainError | None:
    """Return why no data can be named for a request; of an agreement that is disputed they can."""
    if not transitions.REQUEST.allows("deliver", request.status) or (
        request.status == RequestStatus.DISPUTED and request.disputed_from != RequestStatus.AGREED
    ):
        return InvalidTransition(_("Nothing was agreed to yet."))
    if grants_of_answer(request).exists():
        # Also where the grant has ended since: nothing that was ended comes alive again by another delivery.
        return RuleViolation([FieldError("dataset", "done", _("The data were made available already."))])
    return held_back(request)


def held_back(request: ShareRequest) -> DomainError | None:
    """Return why what was agreed to has to wait: something stands against the department's use as it is."""
    if held := suspensions_above(request):
        message = _(
            "The data authority, or the security administrator, suspended what this department has of these data:"
            " %(grants)s. Who suspended it lets it run again, or, where it is over, inspects the use and puts down that"
            " it is in order, first."
        )
        numbers = list(dict.fromkeys(one.grant_id for one in held))
        return InvalidTransition(message % {"grants": _named(held)}, code="suspended", extra={"grants": numbers})
    if misused := misused_under(request.department_id, request.entry_id):
        message = _(
            "Misuse of these data by this department was found: %(grants)s. Who found it, or the data authority,"
            " lifts the suspension for it, or inspects the use and puts down that it is in order, first."
        )
        named = "、".join(_numbered(one) for one in misused)
        return InvalidTransition(message % {"grants": named}, code="misuse", extra={"grants": misused})
    if is_announced(request):
        message = _(
            "A stop or a limit of the grant that this one replaces was announced. Carry it out, or take it back, first."
        )
        return InvalidTransition(message, code="announced")
    if is_stopped(request):
        message = _(
            "The grant that this one replaces, or goes on from, was stopped since, as had been announced. Whoever needs"
            " the data asks anew."
        )
        return InvalidTransition(message, code="stopped")
    if is_overtaken(request):
        message = _(
            "A change of use took the place of the grant that this one renews. Whoever needs the data asks anew."
        )
        return InvalidTransition(message, code="overtaken")
    return approval(request)


def _numbered(grant_id: int) -> str:
    return _("grant %(number)d") % {"number": grant_id}


def _named(held: list[GrantSuspension]) -> str:
    """Say which grants are suspended, each with whose word it is."""
    sides: dict[int, list[str]] = {}
    for one in held:
        if (side := str(one.get_side_display())) not in sides.setdefault(one.grant_id, []):
            sides[one.grant_id].append(side)
    words = _("%(grant)s (%(sides)s)")
    return "、".join(words % {"grant": _numbered(pk), "sides": "、".join(names)} for pk, names in sides.items())


def held_by_others(request: ShareRequest) -> Reason | None:
    """Return why the provider's time for a delivery stands still: somebody else keeps it from delivering.

    What it put down itself, an announcement or misuse that it found, stops no time: it would stop its own at will.
    """
    if is_held_back(request):
        return Reason("share.held_suspended")
    if is_misused(request.department_id, request.entry_id, by_others=True):
        return Reason("share.misused")
    return None


def confirmation(request: ShareRequest) -> DomainError | None:
    """Return why nobody can confirm that data arrived: what was decided gives none yet, or ended before it did."""
    has_run = Q(ended_at__isnull=True) | Q(ended_at__gt=F("valid_from"))
    begun = grants_of_answer(request).filter(has_run, valid_from__lte=clock.now())
    if not begun.exists():
        return RuleViolation([FieldError("grant", "missing", _("Nothing was made available yet."))])
    return None


def withdrawal(request: ShareRequest) -> DomainError | None:
    """Return why a request cannot be withdrawn; a dispute can be taken back whatever was granted."""
    if request.number is None:
        return InvalidTransition(_("This was never submitted. Discard the draft instead."))
    given = grants_of_answer(request).filter(status__in=OPEN_GRANT_STATUSES)
    if request.status != RequestStatus.DISPUTED and given.exists():
        return InvalidTransition(_("Data were granted already. End the grant instead."))
    return None


def taking(dataset: Dataset, department_id: int) -> DomainError | None:
    """Return why a department cannot take a grant on data by itself."""
    if free_items(dataset) is None:
        return NotAllowed(_("These data are not shared unconditionally. Send a request."))
    if dataset.published_version_id is None:
        return InvalidTransition(_("No data are loaded yet."))
    if is_barred(department_id, dataset.entry_id):
        named = [_named(held)] if (held := suspensions_against(department_id, dataset.entry_id)) else []
        numbers = list(dict.fromkeys(one.grant_id for one in held))
        misused = [one for one in misused_under(department_id, dataset.entry_id) if one not in numbers]
        named += [_numbered(one) for one in misused]
        message = _(
            "A grant on these data is suspended, or was misused: %(grants)s. Who suspended it, or found the misuse,"
            " lifts that or finds the use in order; or the data authority does."
        )
        return NotAllowed(message % {"grants": "、".join(named)}, extra={"grants": [*numbers, *misused]})
    if is_restrained(department_id, dataset=dataset.pk):
        message = _("The provider limits or stops your use of these data, or announced it. Send a request: it decides.")
        return NotAllowed(message)
    return None
