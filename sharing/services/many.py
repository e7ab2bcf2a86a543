"""Agreeing to several requests at once: the own head's agreement and the form check."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from catalog.choices import Sharing
from core.actors import Actor
from core.exceptions import DomainError, FieldError, NotVisible, RuleViolation
from sharing.choices import RequestStatus
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.services.filing import request_agree, request_pass
from sharing.wording import who_took

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """One that stayed as it was, and why; without a name where the actor may not see it."""

    pk: int
    name: str
    reasons: list[str]


@dataclass(slots=True)
class ManyPassed:
    """What came of a decision on many."""

    passed: list[ShareRequest] = field(default_factory=list)
    left: list[LeftAlone] = field(default_factory=list)


def requests_pass_many(*, actor: Actor, picked: Mapping[int, int | None], opinion: str = "") -> ManyPassed:
    """Agree for the own department, or pass the form check, on several requests; each by itself.

    What a provider or an authority decides in substance is decided one by one, and so is whether the own department
    asks for data that are not shared unconditionally: each such request is answered for in words of its own.

    Args:
        picked: request → the ``edit_version`` under which the actor saw it. Inside a transaction of the caller's the
            locks of all stay until its end, so they are taken in the order of the entries, as everybody takes them.

    Raises:
        RuleViolation: none is named, or more than ``MOST_AT_ONCE``.
    """
    if not picked:
        raise RuleViolation([FieldError("pick", "required", _("Choose at least one request."))])
    if len(picked) > MOST_AT_ONCE:
        message = _("At most %(count)d requests can be decided at once.") % {"count": MOST_AT_ONCE}
        raise RuleViolation([FieldError("pick", "too_many", message)])
    done = ManyPassed()
    entries = dict(ShareRequest.objects.filter(pk__in=picked).values_list("pk", "entry_id"))
    for pk in sorted(picked, key=lambda one: (entries.get(one, 0), one)):
        name, version = "", picked[pk]
        try:
            seen = selectors.request_get_for(actor, pk)
            name = f"{seen.entry} · {seen}"
            step = request_pass if seen.status == RequestStatus.AWAITING_CHECK else request_agree
            if seen.status == RequestStatus.AWAITING_HEAD and selectors.attribute_asked(seen) != Sharing.UNCONDITIONAL:
                why = _("Not shared unconditionally: it is agreed to on its own page.")
                done.left.append(LeftAlone(pk, name, [why]))
                continue
            done.passed.append(step(actor=actor, request_id=pk, opinion=opinion, edit_version=version))
        except NotVisible as error:
            done.left.append(_out_of_sight(actor, pk, error))
        except RuleViolation as error:
            done.left.append(LeftAlone(pk, name, [str(one.message) for one in error.errors]))
        except DomainError as error:
            done.left.append(LeftAlone(pk, name, [str(error)]))
    place = {pk: at for at, pk in enumerate(picked)}
    done.passed.sort(key=lambda one: place[one.pk])
    done.left.sort(key=lambda one: place[one.pk])
    return done


def _out_of_sight(actor: Actor, pk: int, error: NotVisible) -> LeftAlone:
    """Say what became of a request that the actor sees no more: a colleague may have returned it meanwhile."""
    step = selectors.taken_back(actor, pk)
    if step is None:
        return LeftAlone(pk, "", [str(error)])
    words = {"step": step.get_action_display(), "who": who_took(step.actor_name, step.department_name)}
    why = _("Meanwhile: %(step)s, %(who)s. It is its requester's own again.") % words
    return LeftAlone(pk, f"{step.request.entry} · {step.request}", [why])
