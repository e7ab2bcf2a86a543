"""Steps in the life of a request: one address for each, one call of a service."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from core.actors import Actor
from core.components.figures import moment
from core.exceptions import FieldError, NotVisible, RuleViolation
from sharing import dispute_policies, extension_policies, policies
from sharing import forms as own
from sharing.choices import RequestStatus
from sharing.models import RequestStep, ShareRequest
from sharing.selectors import request as selectors
from sharing.services import answer, delivery, dispute, filing, material, mediation
from sharing.use_limits import LIMITS
from sharing.views.acting import ActingPage, carry_out
from sharing.views.request import request_answer
from sharing.views.request_page import RequestPage
from sharing.wording import conditions_of, conditions_refuse, posted_conditions

OPINION = ("opinion", "edit_version")
_SCOPE = ("items", "row_filter", "masks", "methods", "until", "limits")
"""What a decision gives, or both sides agreed to."""
_INCOMPLETE = gettext_lazy("A condition on rows is not complete.")


def _asked(request: PageRequest, pk: int, require: Callable[[Actor, ShareRequest], None]) -> ShareRequest:
    """Return the request that a button is about, once the actor may press it."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    require(request.actor, asked)
    return asked


def _act(
    request: PageRequest,
    asked: ShareRequest,
    name: str,
    form: forms.Form,
    service: Callable[..., Any],
    done: str,
    *,
    takes: Sequence[str] | None = None,
    **shown: Any,
) -> HttpResponse:
    """Let a service take a step with what the form says.

    Args:
        name: under which ``RequestPage`` looks for the form.
        takes: the values that the service is given; None for all of the form.
        shown: what the page needs besides, to show the form as it was sent.
    """
    pk = asked.pk

    def act(given: dict[str, Any]) -> None:
        values = given if takes is None else {one: given[one] for one in takes}
        service(actor=request.actor, request_id=pk, **values)

    return carry_out(
        request,
        form,
        act,
        show=lambda status: request_answer(request, pk, status, **{name: form, **shown}),
        changed=lambda: _last_step(asked),
        done=done,
        back=lambda: _way_on(request, pk),
    )


def _way_on(request: PageRequest, pk: int) -> str:
    """Return the page of the request, or the list where he does not see it any more: what was returned is its own."""
    is_seen = selectors.request_list_for(request.actor).filter(pk=pk).exists()
    return reverse("sharing:request_detail", args=[pk]) if is_seen else reverse("sharing:request_list")


def _last_step(asked: ShareRequest) -> str:
    """Say what happened since somebody opened a request that he finds changed."""
    last = selectors.steps_of(asked).last()
    return _meanwhile(last) if last is not None else ""


def _meanwhile(last: RequestStep) -> str:
    who = " · ".join(part for part in (last.actor_name, last.department_name) if part)
    at = moment(last.at)
    return _("Meanwhile: %(step)s, %(who)s, %(at)s.") % {"step": last.get_action_display(), "who": who, "at": at}


# --- The own head, and the form check -------------------------------------------------------------------------------


@require_POST
def request_agree(request: PageRequest, pk: int) -> HttpResponse:
    """Agree for the requesting department."""
    asked = _asked(request, pk, policies.require_agree)
    form = own.CommentsForm(request.POST)
    done = _("Agreed. The request goes on.")
    return _act(request, asked, "comments_form", form, filing.request_agree, done, takes=OPINION)


@require_POST
def request_pass(request: PageRequest, pk: int) -> HttpResponse:
    """Pass the form check."""
    form = own.CommentsForm(request.POST)
    done = _("Passed: it is with whoever answers it now.")
    return _act_on_form(request, pk, policies.require_check, form, filing.request_pass, done)


@require_POST
def request_return(request: PageRequest, pk: int) -> HttpResponse:
    """Send a request back to be corrected."""
    form = own.CommentsForm(request.POST)

    def send_back(**given: Any) -> ShareRequest:
        return filing.request_return(comments=form.comments(), **given)

    return _act_on_form(request, pk, policies.require_return, form, send_back, _("Returned to be corrected."))


def _act_on_form(
    request: PageRequest,
    pk: int,
    require: Callable[[Actor, ShareRequest], None],
    form: own.CommentsForm,
    service: Callable[..., Any],
    done: str,
) -> HttpResponse:
    """Take a step at the form check. A colleague, or the requester, may have been faster: then the request is out of
    sight, and what was typed is shown all the same."""
    try:
        return _act(request, _asked(request, pk, require), "comments_form", form, service, done, takes=OPINION)
    except NotVisible:
        left = selectors.taken_back(request.actor, pk)
        if left is None:
            raise
    form.add_error(None, _meanwhile(left))
    request.nav_current = "sharing.requests"  # type: ignore[attr-defined]
    page = TakenBackPage(request.actor, comments_form=form)
    return render(request, "sharing/request_taken_back.html", {"page": page}, status=409)


class TakenBackPage(ActingPage):
    """What is left to show of a request that is its requester's own again: what somebody else typed about it."""

    places: ClassVar[dict[str, str]] = {"comments_form": "is_filed"}
    is_filed = False


# --- The answer in substance ----------------------------------------------------------------------------------------


@require_POST
def request_approve(request: PageRequest, pk: int) -> HttpResponse:
    """Agree to a request, whole or in part."""
    asked = _asked(request, pk, policies.require_decide_or_answer)

    def approve(*, held_on: date | None = None, **given: Any) -> ShareRequest:
        return answer.request_approve(**given)

    return _give(request, asked, approve, _("Agreed to."))


@require_POST
def request_settle(request: PageRequest, pk: int) -> HttpResponse:
    """Settle a dispute by deciding what is given."""
    asked = _asked(request, pk, policies.require_decide)

    def settle(*, held_on: date | None = None, **given: Any) -> ShareRequest:
        return dispute.request_settle(is_granted=True, **given)

    return _give(request, asked, settle, _("Settled."))


def _give(request: PageRequest, asked: ShareRequest, service: Callable[..., Any], done: str) -> HttpResponse:
    """Read what is given out of the form: items ticked, masks, further conditions, ways, last day."""
    form = _answer_form(request, asked)
    rows = posted_conditions(request.POST)
    for row in rows:
        if not row.is_whole:
            row.errors.append(_("Choose an item and give a value, or take the row away."))
    if form.is_valid() and any(row.errors for row in rows):
        form.add_error(None, _INCOMPLETE)
    items = request.POST.getlist("items")
    masks = {item: request.POST[f"mask-{item}"] for item in items if request.POST.get(f"mask-{item}")}

    def give(**given: Any) -> None:
        chosen = items if asked.items else None
        values = {name: value for name, value in given.items() if name not in LIMITS}
        try:
            service(items=chosen, masks=masks, row_filter=conditions_of(rows), limits=form.limits(), **values)
        except RuleViolation as refused:
            rest = conditions_refuse(rows, refused.errors)
            raise RuleViolation(rest or [FieldError("row_filter", "incomplete", str(_INCOMPLETE))]) from refused

    return _act(request, asked, "answer_form", form, give, done, data=request.POST, rows=rows)


def _answer_form(request: PageRequest, asked: ShareRequest) -> own.AnswerForm:
    return own.AnswerForm(request.POST, **RequestPage(request.actor, asked).answer_choices)


@require_POST
def request_refuse(request: PageRequest, pk: int) -> HttpResponse:
    """Refuse, or let a disputed answer stand."""
    asked = _asked(request, pk, policies.require_decide_or_answer)
    return _refuse(request, asked, answer.request_refuse, _("Refused. The requester is told why."))


@require_POST
def request_uphold(request: PageRequest, pk: int) -> HttpResponse:
    """Settle a dispute by letting the answer stand."""
    asked = _asked(request, pk, policies.require_decide)

    def uphold(**given: Any) -> ShareRequest:
        return dispute.request_settle(is_granted=False, **given)

    return _refuse(request, asked, uphold, _("Settled: the answer stands."))


def _refuse(request: PageRequest, asked: ShareRequest, service: Callable[..., Any], done: str) -> HttpResponse:
    form, rows = _answer_form(request, asked), posted_conditions(request.POST)
    return _act(
        request, asked, "answer_form", form, service, done, takes=OPINION, data=request.POST, rows=rows
    )  # fmt: skip


# --- Before a dispute is decided ------------------------------------------------------------------------------------


@require_POST
def request_respond(request: PageRequest, pk: int) -> HttpResponse:
    """Say for the provider what there is to say to a dispute."""
    asked = _asked(request, pk, policies.require_answer)
    form = own.StatementForm(request.POST, label_suffix="")
    done = _("The data authority has your statement.")
    return _act(request, asked, "respond_form", form, mediation.request_respond, done)


@require_POST
def request_mediate(request: PageRequest, pk: int) -> HttpResponse:
    """Put down how a mediation went: what both sides agreed to, or that they did not."""
    asked = _asked(request, pk, policies.require_decide)
    is_agreed = request.POST.get("word") == "yes"

    def mediate(*, opinion: str, without_provider: bool = False, **given: Any) -> ShareRequest:
        if not is_agreed:
            given = {name: value for name, value in given.items() if name not in _SCOPE}
        return mediation.request_mediate(text=opinion, is_agreed=is_agreed, **given)

    done = _("Laid before both heads.") if is_agreed else _("Put down: both sides did not agree.")
    return _give(request, asked, mediate, done)


@require_POST
def request_concur(request: PageRequest, pk: int) -> HttpResponse:
    """Confirm what was agreed to in a mediation, or decline it."""
    asked = _asked(request, pk, dispute_policies.require_concur)
    form = own.ConcurForm(request.POST, label_suffix="")

    def concur(*, word: str, **given: Any) -> ShareRequest:
        return mediation.request_concur(is_agreed=word == "yes", **given)

    is_no = request.POST.get("word") == "no"
    done = _("Declined: the data authority goes on.") if is_no else _("Confirmed for your department.")
    return _act(request, asked, "concur_form", form, concur, done)


@require_POST
def request_ask_material(request: PageRequest, pk: int) -> HttpResponse:
    """Ask for everything that is missing."""
    asked = _asked(request, pk, policies.require_answer)
    form = own.MaterialForm(request.POST, label_suffix="")
    done = _("The requester was asked for it.")
    return _act(request, asked, "material_form", form, material.request_ask_material, done)


@require_POST
def request_ask_extension(request: PageRequest, pk: int) -> HttpResponse:
    """Ask the authority for more time."""
    asked = _asked(request, pk, policies.require_answer)
    form = own.MoreTimeForm(request.POST, label_suffix="")
    done = _("Asked for: the data authority decides. The time runs on until then.")
    return _act(request, asked, "more_time_form", form, answer.request_ask_extension, done)


@require_POST
def request_extend(request: PageRequest, pk: int) -> HttpResponse:
    """Consent to more time, or refuse it."""
    asked = _asked(request, pk, extension_policies.require_consent)
    form = own.ConsentForm(request.POST, label_suffix="")

    def extend(*, word: str, days: int | None, **given: Any) -> ShareRequest:
        is_agreed = word == "yes"
        return answer.request_extend(is_agreed=is_agreed, days=days if is_agreed else None, **given)

    is_no = request.POST.get("word") == "no"
    done = _("There is no more time.") if is_no else _("The provider has more time.")
    return _act(request, asked, "consent_form", form, extend, done)


@require_POST
def request_advise(request: PageRequest, pk: int) -> HttpResponse:
    """Give the provider's opinion."""
    asked = _asked(request, pk, policies.require_answer)
    form = own.OpinionForm(request.POST, label_suffix="")
    return _act(request, asked, "advise_form", form, answer.request_advise, _("The data authority has your opinion."))


@require_POST
def request_deliver(request: PageRequest, pk: int) -> HttpResponse:
    """Name the data that an agreed request gets."""
    asked = _asked(request, pk, policies.require_deliver)
    form = own.DeliverForm(
        request.POST, datasets=RequestPage(request.actor, asked).dataset_choices, label_suffix=""
    )  # fmt: skip

    def deliver(*, dataset: str, **given: Any) -> ShareRequest:
        return delivery.request_deliver(dataset_id=int(dataset), **given)

    return _act(request, asked, "deliver_form", form, deliver, _("Made available: the grant is made."))


# --- The requester --------------------------------------------------------------------------------------------------


@require_POST
def request_recall(request: PageRequest, pk: int) -> HttpResponse:
    """Take a submission back."""
    require_signed_in(request.actor)
    filing.request_recall(actor=request.actor, request_id=pk)
    messages.success(request, _("Recalled. Change it and submit it again."))
    return redirect("sharing:request_edit", pk)


@require_POST
def request_supplement(request: PageRequest, pk: int) -> HttpResponse:
    """Give what was missing: the words and the file together, or neither."""
    asked = _asked(request, pk, policies.require_file)
    form = own.SupplementForm(request.POST, request.FILES, label_suffix="")
    return _act(
        request, asked, "supplement_form", form, material.request_supplement, _("Sent: the provider goes on with it.")
    )


@require_POST
def request_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    """Withdraw a request, or take a dispute back."""
    asked = _asked(request, pk, policies.require_withdraw)
    form = own.WithdrawForm(request.POST, label_suffix="")
    is_dispute = asked.status == RequestStatus.DISPUTED
    done = _("Taken back: the answer stands.") if is_dispute else _("Withdrawn.")
    return _act(request, asked, "withdraw_form", form, filing.request_withdraw, done)


@require_POST
def request_dispute(request: PageRequest, pk: int) -> HttpResponse:
    """Take an answer to the authority."""
    asked = _asked(request, pk, policies.require_dispute)
    form = own.DisputeForm(request.POST, label_suffix="")
    return _act(request, asked, "dispute_form", form, dispute.request_dispute, _("Taken to the data authority."))


@require_POST
def request_confirm(request: PageRequest, pk: int) -> HttpResponse:
    """Confirm that the data arrived."""
    require_signed_in(request.actor)
    try:
        delivery.delivery_confirm(actor=request.actor, request_id=pk)
    except RuleViolation as refused:
        return request_answer(request, pk, status=422, errors=refused.errors)
    messages.success(request, _("Confirmed."))
    return redirect("sharing:request_detail", pk)
