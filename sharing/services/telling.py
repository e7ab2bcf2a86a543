"""Telling people what became of a request or a grant. Called when the outbox delivers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise, lazystr
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from collection.models import DatasetVersion
from core import clock
from core.actors import Actor
from core.faults import held_apart
from core.reasons import Reason
from sharing import notices
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantAction, GrantStatus, RequestAction, RequestStatus, Side
from sharing.models import Grant, GrantStep, Objection, RequestStep, RightsCheck, ShareRequest
from sharing.selectors import objection as objections
from sharing.selectors.grant import notice_open_of, renewal_of
from sharing.selectors.pull import has_had_data
from sharing.selectors.suspension import suspensions_open
from sharing.services import step
from sharing.services.succession import grant_expire
from sharing.wording import delivery_in_words
from workflow import services as workflow
from workflow.models import Clock
from workflow.selectors.people import role_holder_ids

TOLD_BEFORE = (30, 7, 1)
"""Days before its end on which the holder of a grant is told."""

_TO_PROVIDER = frozenset({
    RequestAction.PASS, RequestAction.AGREE, RequestAction.SUPPLEMENT, RequestAction.WITHDRAW, RequestAction.LAPSE,
    RequestAction.APPROVE, RequestAction.APPROVE_PART, RequestAction.REFUSE, RequestAction.EXPIRE,
    RequestAction.DISPUTE, RequestAction.HAND_OVER,
    RequestAction.SETTLE, RequestAction.EXTEND, RequestAction.REFUSE_EXTENSION, RequestAction.CONFIRM,
    RequestAction.DELIVER, RequestAction.HOLD, RequestAction.FREE, RequestAction.MEDIATE, RequestAction.CONCUR,
    RequestAction.DECLINE,
})  # fmt: skip
"""Steps that the provider's head learns of once the provider has the request; every step is told to the requester."""
_AGREEING = frozenset({
    RequestAction.AGREE, RequestAction.PASS, RequestAction.APPROVE, RequestAction.APPROVE_PART, RequestAction.SETTLE,
    RequestAction.CONCUR, RequestAction.WITHDRAW,
})  # fmt: skip
"""Steps after which there may be something to be made available: with the last one a dispute is taken back."""
_TO_AUTHORITY = frozenset({
    RequestAction.ASK_EXTENSION, RequestAction.ADVISE, RequestAction.DISPUTE, RequestAction.RESPOND,
    RequestAction.CONCUR, RequestAction.DECLINE,
})  # fmt: skip
_BEFORE_AUTHORITY = (RequestStatus.AWAITING_CHECK, RequestStatus.AWAITING_AUTHORITY, RequestStatus.DISPUTED)


@transaction.atomic
def request_step_tell(*, request_id: int, action: str, by: int | None, key: str) -> None:
    """Tell both departments of a step, each once; what waits for somebody is in his inbox besides.

    An agreement whose data are there is one piece of news: agreed, available, under which grant until when.
    """
    request = ShareRequest.objects.filter(pk=request_id).select_related("entry", "department").first()
    taken = RequestStep.objects.filter(request=request_id, action=action).order_by("-pk").first()
    if request is None or taken is None:
        return
    made = _delivery_with(taken)
    given = Grant.objects.filter(pk=made.detail.get("grant")).first() if made is not None else None
    people = set(role_holder_ids(request.department_id, [Role.CATALOGUER, Role.HEAD]))
    before = RequestStep.objects.filter(request=request_id, pk__lt=taken.pk).order_by("-pk").first()
    former = before.status if before is not None else ""
    if request.received_at is not None and taken.status != RequestStatus.AWAITING_CHECK:
        people |= set(role_holder_ids(request.entry.department_id, _at_provider(taken, former)))
    is_taken_back = action == RequestAction.WITHDRAW and former in _BEFORE_AUTHORITY
    if (action in _TO_AUTHORITY or is_taken_back) and request.authority_id is not None:
        people |= set(role_holder_ids(request.authority_id, [Role.REVIEWER]))
    workflow.notify(
        user_ids=people - {by},
        kind=notices.REQUEST,
        title=format_lazy(_("{what}: {name}"), what=RequestAction(action).label, name=step.title_of(request)),
        body=_said(taken, given, made.detail if made is not None else {}),
        url=step.url_of(request),
        dedupe_key=f"{notices.REQUEST}:{key}",
    )


def _at_provider(taken: RequestStep, former: str) -> list[Role]:
    """Return who at the provider hears of a step: its head; its cataloguers where their work begins, waits or is over.

    Args:
        former: the state before the step.
    """
    heard = [Role.HEAD] if taken.action in _TO_PROVIDER else []
    begins = taken.action in _AGREEING and taken.status == RequestStatus.AGREED
    is_over = former == RequestStatus.AGREED and taken.action in (RequestAction.EXPIRE, RequestAction.WITHDRAW)
    is_told_how = taken.action in (RequestAction.HOLD, RequestAction.FREE)
    return [*heard, Role.CATALOGUER] if begins or is_over or is_told_how else heard


def delivery_time_tell(request: ShareRequest, running: Clock) -> None:
    """Tell whoever is to make data available that the time for it, which others had kept standing, runs again.

    Args:
        running: that time, each of its pauses told of once.
    """
    workflow.notify(
        user_ids=role_holder_ids(request.entry.department_id, [Role.CATALOGUER]),
        kind=notices.REQUEST,
        title=format_lazy(_("The time for delivery runs again: {title}"), title=step.title_of(request)),
        body=format_lazy(_("It is over at the end of {day}."), day=running.due_on.isoformat()),
        url=step.url_of(request),
        dedupe_key=f"{notices.REQUEST}:{request.pk}:runs:{running.pk}:{running.pauses.count()}",
    )


def _delivery_with(taken: RequestStep) -> RequestStep | None:
    """Return the step that made a grant: this one, or the next one that followed by itself."""
    steps = RequestStep.objects.filter(request=taken.request_id, pk__gte=taken.pk)
    following = steps.exclude(action__in=(RequestAction.HOLD, RequestAction.FREE), pk__gt=taken.pk).order_by("pk")[:2]
    return next((one for one in following if one.action == RequestAction.DELIVER), None)


def _said(taken: RequestStep, grant: Grant | None, delivery: Mapping[str, Any]) -> str | Promise:
    said: str | Promise = ""
    if taken.opinion:
        said = format_lazy(_("{who}: {opinion}"), who=taken.actor_name, opinion=taken.opinion[:300])
    if why := taken.detail.get("why"):
        said = Reason.from_dict(why)
    if grant is None:
        return said
    days = {
        name: f"{moment.astimezone(clock.REGION_ZONE):%Y-%m-%d}"
        for name, moment in (("first", grant.valid_from), ("last", grant.last_moment))
    }
    words = _("The data are available under grant {number}, from {first} to {last}.")
    if grant.valid_from > clock.now():
        words = _(
            "The data can be read under grant {number} from {first} to {last}, and not before; a message tells that it"
            " has begun."
        )
    given = format_lazy(words, number=grant.pk, **days)
    for otherwise in delivery_in_words(delivery):
        given = format_lazy("{given}\n{otherwise}", given=given, otherwise=otherwise)
    return format_lazy("{said}\n{given}", said=said, given=given) if said else given


@transaction.atomic
def grant_step_tell(*, grant_id: int, action: str, by: int | None, key: str, step_id: int | None = None) -> None:
    """Tell both departments what became of a grant; one that a request made or replaces is told with the request.

    Args:
        step_id: of the step; None in a message of an earlier release.
    """
    grant = _grant(grant_id)
    if grant is None:
        return
    if action == GrantAction.CREATE and grant.request_id is not None:
        return
    people = set(role_holder_ids(grant.department_id, [Role.CATALOGUER, Role.HEAD]))
    people |= set(role_holder_ids(grant.dataset.entry.department_id, [Role.HEAD]))
    if not (action == GrantAction.END and grant.end_reason in (EndReason.REPLACED, EndReason.SETTLED)):
        what, why = _what_became(grant, GrantAction(action)), _why(step_id)
        _tell(grant, people - {by}, notices.GRANT, what, key, why)
    if action in (GrantAction.END, GrantAction.EXPIRE) and not grant.is_own and has_had_data(grant):
        step.grant_task_for(grant, step.TASK_DISPOSE, grant.department_id, Role.CATALOGUER)


def _what_became(grant: Grant, action: GrantAction) -> str | Promise:
    """Name a step of a grant; a suspension that was lifted says whether anything is given again, as things stand."""
    is_over = grant.status not in OPEN_GRANT_STATUSES
    if action == GrantAction.BEGIN:
        return _("The data can be read now")
    if action == GrantAction.SUSPEND and is_over:
        return _("A suspension stands against the holder of a grant that is over")
    if action != GrantAction.RESUME or grant.status == GrantStatus.ACTIVE:
        return action.label
    if is_over:
        return _("A suspension that outlived its grant was lifted")
    sides = [Side(one).label for one in dict.fromkeys(held.side for held in suspensions_open(grant))]
    return format_lazy(_("A suspension was lifted; it stays suspended by: {sides}"), sides=_listed(sides))


def _why(step_id: int | None) -> Promise | None:
    """Return why a step came by itself, in the language of whoever reads it; None for what people did."""
    taken = GrantStep.objects.filter(pk=step_id).first() if step_id is not None else None
    why = taken.detail.get("why") if taken is not None else None
    return lazystr(Reason.from_dict(why)) if why else None


def _listed(words: Sequence[str | Promise]) -> str | Promise:
    return format_lazy("、".join(["{}"] * len(words)), *words)


@transaction.atomic
def objection_tell(*, objection_id: int, action: str, by: int | None, key: str) -> None:
    """Tell the provider of an objection that is new or taken back, who raised it of what became of it.

    That the row is there no longer both hear.
    """
    objection = Objection.objects.filter(pk=objection_id).select_related("entry", "department").first()
    if objection is None:
        return
    to = [objection.entry.department_id if action in ("raise", "withdraw") else objection.department_id]
    if action == "forget_row":
        to.append(objection.entry.department_id)
    title = {
        "raise": _("Data are to be verified"),
        "confirm": _("The provider confirmed your objection"),
        "reject": _("The provider found the data right"),
        "correct": _("Data that you objected to were corrected"),
        "withdraw": _("An objection to your data was taken back"),
        "drop": _("The data that you objected to were withdrawn; your objection is closed"),
        "forget_row": _("The row of a correction request was removed from the data for good; its key was deleted"),
    }[action]
    workflow.notify(
        user_ids={one for each in to for one in role_holder_ids(each, [Role.CATALOGUER, Role.HEAD])} - {by},
        kind=notices.OBJECTION,
        title=format_lazy(_("{what}: {name}"), what=title, name=str(objection.entry)),
        url=objections.url_of(objection),
        dedupe_key=f"{notices.OBJECTION}:{key}",
    )


@transaction.atomic
def corrections_offer(*, dataset_id: int, number: int) -> int:
    """Ask the provider of data whether a new version corrects what was objected to; return of how many was asked."""
    version = DatasetVersion.objects.filter(dataset=dataset_id, number=number).select_related("dataset").first()
    waiting = objections.correcting_by(version) if version is not None else []
    for objection in waiting:
        workflow.notify(
            user_ids=role_holder_ids(objection.entry.department_id, [Role.CATALOGUER, Role.HEAD]),
            kind=notices.OBJECTION,
            title=format_lazy(
                _("Does version {number} correct what was objected to? {name}"),
                number=number,
                name=str(objection.entry),
            ),
            url=objections.url_of(objection),
            dedupe_key=f"{notices.OBJECTION}:{objection.pk}:offer:{dataset_id}:{number}",
        )
    return len(waiting)


@transaction.atomic
def rights_differ_tell(*, check_id: int, key: str) -> None:
    """Raise the alarm with the security administrators."""
    check = RightsCheck.objects.filter(pk=check_id).first()
    if check is not None and check.differences:
        workflow.notify(
            user_ids=role_holder_ids(None, [Role.SECADMIN]),
            kind=notices.RIGHTS,
            title=_("Rights to data differ from the grants"),
            body=format_lazy(_("{count} differences. Look at each of them."), count=len(check.differences)),
            url=reverse("sharing:rights"),
            dedupe_key=f"{notices.RIGHTS}:{key}",
        )


def grants_keep(*, actor: Actor) -> int:
    """End grants whose time is over, and tell holders of those that are about to end; each in its own transaction.

    Returns:
        How many ended.
    """
    moment = clock.now()
    over = Grant.objects.filter(status__in=OPEN_GRANT_STATUSES, valid_to__lte=moment).order_by("valid_to", "pk")
    ended = 0
    for pk in list(over.values_list("pk", flat=True)):
        with held_apart("sharing_grant_not_expired", grant=pk):
            ended += grant_expire(actor=actor, grant_id=pk) is not None
    near = Grant.objects.filter(
        status__in=OPEN_GRANT_STATUSES, valid_to__gt=moment, valid_to__lte=moment + timedelta(days=max(TOLD_BEFORE))
    )
    for pk in list(near.order_by("pk").values_list("pk", flat=True)):
        with held_apart("sharing_grant_end_not_told", grant=pk):
            _end_announce(pk)
    return ended


@transaction.atomic
def _end_announce(grant_id: int) -> None:
    grant = _grant(grant_id)
    if grant is None or renewal_of(grant) is not None or grant.later.filter(status__in=OPEN_GRANT_STATUSES).exists():
        return
    left = (grant.valid_to - clock.now()).days
    stage = min((one for one in TOLD_BEFORE if left < one), default=None)
    if stage is None:
        return
    people = set(role_holder_ids(grant.department_id, [Role.CATALOGUER, Role.HEAD]))
    _tell(grant, people, notices.GRANT_END, _("A grant is about to end"), f"{grant.pk}:{grant.valid_to:%F}:{stage}")
    step.grant_task_for(grant, step.TASK_RENEW, grant.department_id, Role.CATALOGUER, due_at=grant.last_moment)


def _grant(grant_id: int) -> Grant | None:
    return Grant.objects.filter(pk=grant_id).select_related("dataset__entry", "department").first()


def _tell(
    grant: Grant, people: set[int], kind: str, title: str | Promise, key: str, why: Promise | None = None
) -> None:
    stands = _how_it_stands(grant)
    if why is not None:
        stands = why if grant.end_reason or not stands else format_lazy("{why}\n{stands}", why=why, stands=stands)
    workflow.notify(
        user_ids=people,
        kind=kind,
        title=format_lazy(_("{what}: {name}"), what=title, name=_named(grant)),
        body=stands,
        url=reverse("sharing:grant_detail", args=[grant.pk]),
        dedupe_key=f"{kind}:{key}",
    )


def _named(grant: Grant) -> Promise:
    """Name a grant by its data, once where they are called like their entry, and its number."""
    names = dict.fromkeys((str(grant.dataset.entry), grant.dataset.name))
    return format_lazy(
        "{data} · {grant}", data=" · ".join(names), grant=format_lazy(_("Grant {number}"), number=grant.pk)
    )


def _how_it_stands(grant: Grant) -> str | Promise:
    """Say from and until when a grant gives data, or why it gives none any more; nothing while that is not so plain."""
    moment = clock.now()
    if grant.is_live(max(moment, grant.valid_from)) and notice_open_of(grant) is None:
        first, last = (one.astimezone(clock.REGION_ZONE).date() for one in (grant.valid_from, grant.last_moment))
        if grant.valid_from > moment:
            return format_lazy(
                _("Data are given from {first} to {last}."), first=first.isoformat(), last=last.isoformat()
            )
        return format_lazy(_("Data are given until {day}."), day=last.isoformat())
    return EndReason(grant.end_reason).label if grant.end_reason else ""
