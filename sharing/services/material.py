"""What a request lacks: asked for once, given, and for want of it the request closed."""

from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation
from core.faults import held_apart
from sharing import hindrances, policies, transitions
from sharing.choices import RequestAction, RequestStatus, SupplementClock
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.services import step
from sharing.services.attaching import request_attach
from sharing.services.filing import require_as_read
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.selectors.of_subject import clock_open_of


@transaction.atomic
def request_ask_material(
    *, actor: Actor, request_id: int, missing: str, edit_version: int | None = None
) -> ShareRequest:
    """Ask for everything that is missing, once; what is incomplete must not be refused at once.

    Raises:
        NotVisible, NotAllowed: not the provider's head. StaleEdit: it was changed since.
        InvalidTransition: it does not wait for the provider, or material was asked for before.
        RuleViolation: it is not said what is missing.

    Basis:
        Regulation on Government Data Sharing, Art. 21: told once, all of it.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_answer(actor, request)
    before = request.status
    row = transitions.REQUEST.apply("ask_material", before)
    require_as_read(request, edit_version)
    running = clock_open_of(request, ClockKey.REPLY_CONDITIONAL)
    if hindrance := hindrances.material(request, running):
        raise hindrance
    if not missing.strip():
        raise RuleViolation([FieldError("missing", "required", _("List everything that is missing."))])
    policy = selectors.policy_for(request.entry.department.region.path)
    if running is not None:
        if policy.supplement_clock == SupplementClock.PAUSE:
            workflow.clock_pause(actor=actor, clock=running, reason=missing.strip())
        else:
            workflow.clock_cancel(actor=actor, clock=running, reason=missing.strip())
    request.status = row.target
    request.material_asked = missing.strip()
    request.material_asked_at = clock.now()
    step.extension_drop(request)
    workflow.task_close(actor=actor, subject=request)
    step.stepped(actor, request, RequestAction.ASK_MATERIAL, before=before, opinion=missing, basis=row.basis)
    step.task_for(
        request,
        step.TASK_SUPPLEMENT,
        request.department_id,
        Role.CATALOGUER,
        detail=format_lazy(gettext_lazy("Missing: {missing}"), missing=missing.strip()[:200]),
        running=step.clock_run(actor, ClockKey.SUPPLEMENT, request, of=request.department),
    )
    return request


@transaction.atomic
def request_supplement(
    *, actor: Actor, request_id: int, text: str, file: "File[Any] | None" = None, edit_version: int | None = None
) -> ShareRequest:
    """Give what was missing, in words and in files; the provider's time goes on, or begins anew.

    Args:
        file: one more to those attached already; it stays only if the step is taken.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the requesting department. InvalidTransition: nothing is missing.
        StaleEdit: it was changed since.
        RuleViolation: nothing is said, or the file cannot be taken.

    Basis:
        Regulation on Government Data Sharing, Art. 21; whether the time begins anew it leaves open.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_file(actor, request)
    before = request.status
    request.status = transitions.REQUEST.apply("supplement", before).target
    require_as_read(request, edit_version)
    if not text.strip():
        raise RuleViolation([FieldError("text", "required", _("Say what you add; attach files beside it."))])
    if file is not None:
        request_attach(actor=actor, request_id=request_id, file=file)
    request.material_given = text.strip()
    request.received_at = clock.now()
    workflow.task_close(actor=actor, subject=request)
    workflow.clock_stop(actor=actor, subject=request, policy_key=ClockKey.SUPPLEMENT)
    step.stepped(actor, request, RequestAction.SUPPLEMENT, before=before, opinion=text)
    paused = clock_open_of(request, ClockKey.REPLY_CONDITIONAL)
    if paused is not None:
        running = workflow.clock_resume(actor=actor, clock=paused)
    else:
        running = step.clock_run(actor, ClockKey.REPLY_CONDITIONAL, request)  # type: ignore[assignment]
    step.task_for(request, step.TASK_ANSWER, request.entry.department_id, Role.HEAD, running=running)
    return request


@transaction.atomic
def request_lapse(*, actor: Actor, request_id: int) -> ShareRequest | None:
    """Close a request whose missing material did not come in time; whoever needs the data still asks anew.

    One that lies from before there was a limit gets its time now.

    Returns:
        The request, None where it was supplemented meanwhile or its time is not over.

    Basis:
        Internal rule, docs/adr/0071: the Regulation (Art. 21) sets no time for it.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    before = request.status
    if not transitions.REQUEST.allows("lapse", before):
        return None
    running = clock_open_of(request, ClockKey.SUPPLEMENT)
    if running is None:
        step.clock_run(actor, ClockKey.SUPPLEMENT, request, of=request.department)
        return None
    if clock.now() <= running.due_at:
        return None
    request.status = transitions.REQUEST.apply("lapse", before).target
    step.waiting_end(actor, request, is_done=False)
    step.stepped(actor, request, RequestAction.LAPSE, before=before)
    return request


def requests_lapse(*, actor: Actor) -> int:
    """Close the requests whose missing material did not come in time, each in its own transaction.

    Returns:
        How many lapsed.
    """
    waiting = ShareRequest.objects.filter(status=RequestStatus.AWAITING_MATERIAL).order_by("pk")
    lapsed = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        with held_apart("sharing_request_not_lapsed", request=pk):
            lapsed += request_lapse(actor=actor, request_id=pk) is not None
    return lapsed
