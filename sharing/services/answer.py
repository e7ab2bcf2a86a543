"""The answer to a request: agreement whole or in part, refusal, more time, the provider's opinion."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from audit import services as audit
from catalog.choices import Mask
from catalog.contention import is_weaker_mask
from core import clock
from core.actors import Actor
from core.basis import REPLY_TO_REQUESTS
from core.components.figures import joined
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import extension_policies, hindrances, policies, renewal, scope, transitions
from sharing.choices import OPEN_GRANT_STATUSES, RequestAction, RequestStatus, ShareMethod
from sharing.exceptions import NoRowLeft
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.restraint import renewed_already
from sharing.services import step
from sharing.services.count import leaves_no_row
from sharing.services.delivery import agreement_carry_out
from sharing.services.filing import require_as_read
from sharing.use_limits import is_tighter, limit_errors
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.selectors.of_subject import clock_open_of

P = ParamSpec("P")
Read = TypeVar("Read")


def _refused_check_kept(approve: Callable[P, ShareRequest]) -> Callable[P, ShareRequest]:
    """Keep in the trail that it was looked whether a row is left, after the refused decision was rolled back."""

    @wraps(approve)
    def kept(*args: P.args, **given: P.kwargs) -> ShareRequest:
        try:
            return approve(*args, **given)
        except NoRowLeft as refused:
            with transaction.atomic():
                request = selectors.request_get_for(refused.actor, refused.request_id)
                after = {"filter": refused.conditions, "exact": True, "rows": 0}
                audit.record(refused.actor, "sharing.request.count", request, after=after)
            raise

    return kept


@_refused_check_kept
@transaction.atomic
def request_approve(
    *,
    actor: Actor,
    request_id: int,
    opinion: str = "",
    items: Sequence[str] | None = None,
    row_filter: Sequence[Mapping[str, Any]] | None = None,
    masks: Mapping[str, str] | None = None,
    methods: Sequence[str] | None = None,
    until: date | None = None,
    limits: Mapping[str, int | None] | None = None,
    without_provider: bool = False,
    edit_version: int | None = None,
) -> ShareRequest:
    """Agree to a request, whole or in part: the provider's head, for withheld data the authority.

    Args:
        items: those that are given, among those asked for; None for all of them.
        row_filter: further conditions, which narrow the rows beyond those asked for; None for those of the grant
            that is renewed.
        masks: item → mask, over what the entry declares or the renewed grant has.
        methods, until: fewer ways, an earlier last day; None for what was asked.
        limits: of use, by the names of ``use_limits.LIMITS``; None for no limit. What is not named stays as it is for
            the grant that is replaced.
        without_provider: the authority decides although the provider has not given its opinion.

    Raises:
        NotVisible, NotAllowed: it is somebody else's to answer. InvalidTransition: it does not wait for an answer.
        StaleEdit: it was changed since. RuleViolation: more than was asked for would be given; it is given in part,
            less masked than the entry says, or by the authority, without a word why; or by the authority, which has
            neither the provider's opinion nor says that it decides without. NoRowLeft: the provider's conditions
            leave no row.

    Basis:
        Regulation on Government Data Sharing, Art. 20 and 21.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_decide_or_answer(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("approve", before)
    require_as_read(request, edit_version)
    is_part = decision_write(request, items, row_filter, masks, methods, until, limits)
    detail = decided(request)
    errors = [] if opinion.strip() else _unexplained(detail, is_part=is_part)
    if before == RequestStatus.AWAITING_AUTHORITY:
        errors += _authority_errors(request, opinion, without_provider=without_provider)
        if not request.provider_opinion:
            detail["unheard"] = True
    if errors:
        raise RuleViolation(errors)
    _require_some_row(actor, request)
    request.status = row.target
    request.reply = opinion.strip()
    request.replied_at = clock.now()
    request.decided_by_id = actor.id
    step.waiting_end(actor, request)
    action = RequestAction.APPROVE_PART if is_part else RequestAction.APPROVE
    step.stepped(actor, request, action, before=before, opinion=opinion, detail=detail, basis=row.basis)
    agreement_carry_out(actor, request)
    return request


def _unexplained(detail: Mapping[str, Any], *, is_part: bool) -> list[FieldError]:
    """Return what a decision without a word why leaves unsaid."""
    errors = []
    if is_part:
        message = _("Say why only a part of what was asked for is given.")
        errors.append(FieldError("opinion", "required", message))
    if detail["loosened"]:
        names = joined(one["item"] for one in detail["loosened"])
        message = _("Say why less is masked than the entry says: %(items)s.") % {"items": names}
        errors.append(FieldError("opinion", "required", message))
    return errors


def _authority_errors(request: ShareRequest, opinion: str, *, without_provider: bool) -> list[FieldError]:
    """Return what keeps the authority from giving data that the law lets nobody else give: no reasons, nobody heard.

    Basis: Regulation on Government Data Sharing, Art. 14 and 15: only law, administrative regulations and decisions of
    the State Council withhold data, so whoever gives them all the same says why.
    """
    errors = []
    if not opinion.strip():
        message = _("Give the reasons: the data authority decides here in place of the provider.")
        errors.append(FieldError("opinion", "required", message))
    if not request.provider_opinion and not without_provider:
        message = _("The provider has not given its opinion. Wait for it, or say that you decide without it.")
        errors.append(FieldError("without_provider", "required", message))
    return errors


def decision_write(
    request: ShareRequest,
    items: Sequence[str] | None,
    row_filter: Sequence[Mapping[str, Any]] | None,
    masks: Mapping[str, str] | None,
    methods: Sequence[str] | None,
    until: date | None,
    limits: Mapping[str, int | None] | None,
) -> bool:
    """Write what is given into a request, and say whether it is less than was asked for, or than was given before.

    A request asks for no number of rows or calls, so a limit alone makes no part of it, but where it is tighter than
    that of the grant which is followed.

    Raises:
        RuleViolation: it is more than was asked for, or no item; a mask or a condition does not fit, or one on rows was
            written for another type of its item; or a limit of use is none. Everything that is wrong is named.
    """
    errors: list[FieldError] = []
    offered = selectors.items_offered(request)
    known = {str(one.item_id) for one in offered}
    given = [item for item in request.items if item in known]
    if items is not None:
        given = _gathered(errors, partial(scope.read_items, list(items), offered), [])
        beyond = [item for item in given if item not in request.items]
        if beyond:
            errors.append(FieldError("items", "not_asked", _("Only items that were asked for can be given.")))
    if request.items and not given and not errors:
        errors.append(FieldError("items", "required", _("Give at least one item, or refuse.")))
    ways = list(request.methods if methods is None else methods)
    if not ways or any(one not in request.methods for one in ways):
        errors.append(FieldError("methods", "not_asked", _("Choose among the ways that were asked for.")))
    last = until or request.valid_until
    if last is None or (request.valid_until is not None and last > request.valid_until) or last <= clock.today():
        message = _("The last day of use must lie ahead, and not after the day that was asked for.")
        errors.append(FieldError("until", "period", message))
    else:
        errors += _beginning_errors(request, last)
    standing = renewal.standing_filter(request)
    if names := scope.retyped([*request.row_filter, *standing], offered):
        message = _(
            "These items have another type by now than when the conditions on rows were written, so that other rows"
            " would be given: %(items)s. Refuse, so that it is asked anew."
        )
        errors.append(FieldError("row_filter", "retyped", message % {"items": "、".join(names)}))
    narrower = standing
    if row_filter is not None:
        narrower = _gathered(errors, partial(scope.read_filter, list(row_filter), offered), standing)
    request.decided_items = given
    request.decided_filter = [*request.row_filter, *scope.added(narrower, request.row_filter)]
    declared = renewal.standing_masks(request, offered, given)
    request.decided_masks = _gathered(
        errors, partial(scope.read_masks, masks or {}, offered, given, declared), declared
    )
    request.decided_methods = [one for one in ShareMethod.values if one in ways]
    request.decided_until = last
    standing_limits = renewal.standing_limits(request)
    write_limits = partial(_limits_write, request, standing_limits, limits or {})
    given_limits = _gathered(errors, write_limits, standing_limits)
    if errors:
        raise RuleViolation(errors)
    is_limited_more = request.previous_grant_id is not None and any(
        is_tighter(value, standing_limits[name]) for name, value in given_limits.items()
    )
    is_masked_more = any(
        is_weaker_mask(mask, declared.get(item, Mask.NONE)) for item, mask in request.decided_masks.items()
    )
    return (
        len(given) < len(request.items)
        or _is_narrowed(request)
        or len(request.decided_methods) < len(request.methods)
        or last != request.valid_until
        or is_masked_more
        or is_limited_more
    )


def _gathered(errors: list[FieldError], read: Callable[[], Read], otherwise: Read) -> Read:
    """Return what is read; where it is refused, note why and return something else to go on with."""
    try:
        return read()
    except RuleViolation as refused:
        errors += refused.errors
        return otherwise


def _beginning_errors(request: ShareRequest, last: date) -> list[FieldError]:
    """Return why use up to a day would end before it begins, or run beside another renewal of the same grant, so that
    nothing could ever be made available."""
    if request.valid_from is not None and last < request.valid_from:
        message = _("Use is asked for from %(day)s on: the last day must not lie before it.")
        return [FieldError("until", "before_first", message % {"day": request.valid_from.isoformat()})]
    if (other := renewed_already(request)) is not None:
        return [FieldError("previous_grant", "renewed", renewal.goes_on_already(other))]
    former = renewal.renewed(request)
    if former is not None and former.status in OPEN_GRANT_STATUSES and not renewal.lengthens(former, last):
        return [FieldError("until", "no_longer", renewal.no_longer(former))]
    changed = renewal.changed_to_come(request)
    if changed is not None and (message := renewal.before_first(changed, last)):
        return [FieldError("until", "before_first", message)]
    return []


def _limits_write(
    request: ShareRequest, standing: Mapping[str, int | None], limits: Mapping[str, int | None]
) -> dict[str, int | None]:
    given = {name: limits.get(name, value) for name, value in standing.items()}
    if errors := limit_errors(given, is_table=request.dataset is None or request.dataset.is_table):
        raise RuleViolation(errors)
    request.decided_rows_per_day, request.decided_calls_per_minute = given["rows_per_day"], given["calls_per_minute"]
    return given


def _is_narrowed(request: ShareRequest) -> bool:
    return bool(scope.added(request.decided_filter, [*request.row_filter, *renewal.standing_filter(request)]))


def _require_some_row(actor: Actor, request: ShareRequest) -> None:
    """Refuse a narrowing that no row meets, where whoever decides may know the number of rows.

    The authority may not: asked again and again, with other conditions each time, the refusal would tell it of values
    that it sees masked at most.

    Raises:
        NoRowLeft: no row would be given.
    """
    if policies.can_see_exact_counts(actor, request) and _is_narrowed(request) and leaves_no_row(request):
        raise NoRowLeft(actor, request.pk, len(request.decided_filter))


def _loosened(request: ShareRequest) -> list[dict[str, str]]:
    """Return the items given of which more is shown than the entry says: name, its mask, the mask decided on."""
    offered = selectors.items_offered(request)
    declared = scope.default_masks(offered, request.decided_items)
    found = []
    for one in offered:
        item = str(one.item_id)
        before, after = declared.get(item, str(Mask.NONE)), request.decided_masks.get(item, str(Mask.NONE))
        if item in request.decided_items and is_weaker_mask(before, after):
            found.append({"item": one.name, "declared": before, "mask": after})
    return found


def decided(request: ShareRequest) -> dict[str, Any]:
    """Return what the trail and the timeline tell of a decision."""
    return {
        "items": len(request.decided_items),
        "items_asked": len(request.items),
        "filter": len(request.decided_filter),
        "masks": sorted(request.decided_masks.values()),
        "loosened": _loosened(request),
        "methods": request.decided_methods,
        "until": request.decided_until.isoformat() if request.decided_until else None,
        **{name: value for name, value in renewal.decided_limits(request).items() if value is not None},
    }


@transaction.atomic
def request_refuse(*, actor: Actor, request_id: int, opinion: str, edit_version: int | None = None) -> ShareRequest:
    """Refuse a request, with reasons: the provider's head, for withheld data the authority.

    Raises:
        NotVisible, NotAllowed: it is somebody else's to answer. InvalidTransition: it does not wait for an answer.
        StaleEdit: it was changed since. RuleViolation: no reason is given.

    Basis:
        Regulation on Government Data Sharing, Art. 21: a refusal needs reasons.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_decide_or_answer(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("refuse", before)
    require_as_read(request, edit_version)
    if not opinion.strip():
        raise RuleViolation([FieldError("opinion", "required", _("Give the reasons: a refusal without is void."))])
    request.status = row.target
    request.reply = opinion.strip()
    request.replied_at = clock.now()
    request.decided_by_id = actor.id
    step.waiting_end(actor, request)
    step.stepped(actor, request, RequestAction.REFUSE, before=before, opinion=opinion, basis=row.basis)
    return request


@transaction.atomic
def request_ask_extension(
    *, actor: Actor, request_id: int, days: int, reason: str, edit_version: int | None = None
) -> ShareRequest:
    """Ask the authority for more time to answer.

    Args:
        days: working days to add.

    Raises:
        NotVisible, NotAllowed: not the provider's head.
        InvalidTransition: it does not wait for the provider, its time is over or was extended, or this was asked.
        StaleEdit: it was changed since. RuleViolation: more days than the rule allows, or no reason.

    Basis:
        Regulation on Government Data Sharing, Art. 21.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_answer(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("ask_extension", before)
    require_as_read(request, edit_version)
    running = clock_open_of(request, ClockKey.REPLY_CONDITIONAL)
    if hindrance := hindrances.extension(request, running):
        raise hindrance
    assert running is not None  # noqa: S101  without one there is a hindrance
    errors = []
    if not 1 <= days <= running.extension_limit_working_days:
        message = _("The rule allows an extension of at most %(limit)s working days.")
        message %= {"limit": running.extension_limit_working_days}
        errors.append(FieldError("days", "extension_limit", message))
    if not reason.strip():
        errors.append(FieldError("reason", "required", _("Say why the time limit has to be extended.")))
    if errors:
        raise RuleViolation(errors)
    request.extension_days, request.extension_reason = days, reason.strip()
    request.extension_asked_at, request.extension_asked_by_id = clock.now(), actor.id
    detail = {"days": days}
    step.stepped(
        actor, request, RequestAction.ASK_EXTENSION, before=before, opinion=reason, detail=detail, basis=row.basis
    )
    authority = selectors.authority_for(request)
    assert request.authority is not None  # noqa: S101  set when the head agreed
    if authority is not None and authority.pk != request.authority.pk:
        step.authority_change(actor, request, authority, step.nobody_left(authority))
    step.task_for(request, step.TASK_EXTEND, request.authority.pk, Role.REVIEWER, running=running)
    return request


@transaction.atomic
def request_extend(
    *,
    actor: Actor,
    request_id: int,
    is_agreed: bool = True,
    days: int | None = None,
    opinion: str = "",
    edit_version: int | None = None,
) -> ShareRequest:
    """Consent to more time for the provider, or refuse it; the requester is told.

    Args:
        days: fewer than asked for; None for those.

    Raises:
        NotVisible, NotAllowed: no reviewer of the authority. OwnExtension: he asked for it himself.
        InvalidTransition: more time was not asked for, or the time is over.
        StaleEdit: it was changed since it was read: other days may be asked for by now.
        RuleViolation: more days than asked for, or a refusal without a word.

    Basis:
        Regulation on Government Data Sharing, Art. 21.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    extension_policies.require_consent(actor, request)
    before = request.status
    transitions.REQUEST.apply("extend", before)
    if request.extension_asked_at is None or request.extension_days is None:
        raise InvalidTransition(_("The provider has not asked for more time."))
    require_as_read(request, edit_version)
    granted = request.extension_days if days is None else days
    if is_agreed and not 1 <= granted <= request.extension_days:
        message = _("The provider asked for %(days)d working days.") % {"days": request.extension_days}
        raise RuleViolation([FieldError("days", "extension_limit", message)])
    if not is_agreed and not opinion.strip():
        raise RuleViolation([FieldError("opinion", "required", _("Say why there is no more time."))])
    running = clock_open_of(request, ClockKey.REPLY_CONDITIONAL)
    if is_agreed:
        if running is None:
            raise InvalidTransition(_("No time is running that could be extended."), code="clock_not_running")
        workflow.clock_extend(actor=actor, clock=running, days=granted, reason=request.extension_reason)
    request.extension_asked_at = None
    request.extension_days = granted if is_agreed else 0
    workflow.task_close(actor=actor, subject=request, kind=step.TASK_EXTEND)
    action = RequestAction.EXTEND if is_agreed else RequestAction.REFUSE_EXTENSION
    detail = {"days": granted} if is_agreed else {}
    basis = REPLY_TO_REQUESTS
    step.stepped(actor, request, action, before=before, opinion=opinion, detail=detail, basis=basis)
    return request


@transaction.atomic
def request_advise(*, actor: Actor, request_id: int, opinion: str, edit_version: int | None = None) -> ShareRequest:
    """Give the provider's opinion on a request for withheld data, on which the authority decides.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: the authority does not have it, or the
            opinion was given. StaleEdit: it was changed since. RuleViolation: nothing is said.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_answer(actor, request)
    before = request.status
    transitions.REQUEST.apply("advise", before)
    require_as_read(request, edit_version)
    if not opinion.strip():
        raise RuleViolation([FieldError("opinion", "required", _("Give your opinion."))])
    if hindrance := hindrances.advice(request):
        raise hindrance
    request.provider_opinion = opinion.strip()
    step.provider_spoke(actor, request)
    workflow.task_close(actor=actor, subject=request, kind=step.TASK_ADVISE)
    step.stepped(actor, request, RequestAction.ADVISE, before=before, opinion=opinion)
    step.decision_leave(actor, request, step.TASK_DECIDE)
    return request
