"""Steps in the life of a request: one address for each, one call of a service."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from core.exceptions import InvalidTransition, RuleViolation
from sharing import forms as own
from sharing import policies
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.services import answer, attaching, delivery, dispute, filing
from sharing.views.request import request_answer
from sharing.views.request_page import RequestPage
from sharing.wording import conditions_of, conditions_refuse, posted_conditions

Values = dict[str, Any]


def _carry_out(
    request: PageRequest, pk: int, name: str, form: forms.Form, act: Callable[[Values], Any], done: str
) -> HttpResponse:
    """Carry a step out; what is refused is shown at its field, with what was typed.

    Args:
        name: under which ``RequestPage`` looks for the form.
        done: said when it went well.
    """
    status, shown = 422, {name: cast("Any", form)}
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except RuleViolation as refused:
            own.refusal_add(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, done)
            # What was returned to its department is its own again.
            is_seen = selectors.request_list_for(request.actor).filter(pk=pk).exists()
            return redirect("sharing:request_detail", pk) if is_seen else redirect("sharing:request_list")
    return request_answer(request, pk, status=status, **shown)


# --- The own head, and the form check -------------------------------------------------------------------------------


@require_POST
def request_agree(request: PageRequest, pk: int) -> HttpResponse:
    """Agree for the requesting department."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_agree(request.actor, asked)
    return _carry_out(
        request,
        pk,
        "comments_form",
        own.CommentsForm(request.POST),
        lambda given: filing.request_agree(
            actor=request.actor, request_id=pk, opinion=given["opinion"], edit_version=given["edit_version"]
        ),
        _("Agreed. The request goes on."),
    )


@require_POST
def request_pass(request: PageRequest, pk: int) -> HttpResponse:
    """Pass the form check."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_check(request.actor, asked)
    return _carry_out(
        request,
        pk,
        "comments_form",
        own.CommentsForm(request.POST),
        lambda given: filing.request_pass(
            actor=request.actor, request_id=pk, opinion=given["opinion"], edit_version=given["edit_version"]
        ),
        _("Passed: it is with whoever answers it now."),
    )


@require_POST
def request_return(request: PageRequest, pk: int) -> HttpResponse:
    """Send a request back to be corrected."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    if not policies.can_check(request.actor, asked):
        policies.require_agree(request.actor, asked)
    form = own.CommentsForm(request.POST)
    return _carry_out(
        request,
        pk,
        "comments_form",
        form,
        lambda given: filing.request_return(
            actor=request.actor,
            request_id=pk,
            opinion=given["opinion"],
            comments=form.comments(),
            edit_version=given["edit_version"],
        ),
        _("Returned to be corrected."),
    )


# --- The answer in substance ----------------------------------------------------------------------------------------


@require_POST
def request_approve(request: PageRequest, pk: int) -> HttpResponse:
    """Agree to a request, whole or in part."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_decide_or_answer(request.actor, asked)
    return _give(request, asked, answer.request_approve, _("Agreed to."))


@require_POST
def request_settle(request: PageRequest, pk: int) -> HttpResponse:
    """Settle a dispute by deciding what is given."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_decide(request.actor, asked)

    def settle(**given: Any) -> ShareRequest:
        return dispute.request_settle(is_granted=True, **given)

    return _give(request, asked, settle, _("Settled."))


def _give(request: PageRequest, asked: ShareRequest, service: Callable[..., Any], done: str) -> HttpResponse:
    """Read what is given out of the form: items ticked, masks, further conditions, ways, last day."""
    form = own.AnswerForm(request.POST, methods=RequestPage(request.actor, asked).method_choices)
    rows = posted_conditions(request.POST)
    status = 422
    for row in rows:
        if not row.is_whole:
            row.errors.append(_("Choose an item and give a value, or take the row away."))
    if form.is_valid() and not any(row.errors for row in rows):
        items = request.POST.getlist("items")
        masks = {item: request.POST[f"mask-{item}"] for item in items if request.POST.get(f"mask-{item}")}
        try:
            service(
                actor=request.actor,
                request_id=asked.pk,
                opinion=form.cleaned_data["opinion"],
                items=items if asked.items else None,
                row_filter=conditions_of(rows),
                masks=masks,
                methods=form.cleaned_data["methods"],
                until=form.cleaned_data["until"],
                edit_version=form.cleaned_data["edit_version"],
            )
        except RuleViolation as refused:
            rest = conditions_refuse(rows, refused.errors)
            own.refusal_add(form, RuleViolation(rest))
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, done)
            return redirect("sharing:request_detail", asked.pk)
    if any(row.errors for row in rows):
        form.add_error(None, _("A condition on rows is not complete."))
    return request_answer(request, asked.pk, status=status, data=request.POST, answer_form=form, rows=rows)


@require_POST
def request_refuse(request: PageRequest, pk: int) -> HttpResponse:
    """Refuse, or let a disputed answer stand."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_decide_or_answer(request.actor, asked)
    return _refuse(request, asked, answer.request_refuse, _("Refused. The requester is told why."))


@require_POST
def request_uphold(request: PageRequest, pk: int) -> HttpResponse:
    """Settle a dispute by letting the answer stand."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_decide(request.actor, asked)

    def uphold(**given: Any) -> ShareRequest:
        return dispute.request_settle(is_granted=False, **given)

    return _refuse(request, asked, uphold, _("Settled: the answer stands."))


def _refuse(request: PageRequest, asked: ShareRequest, service: Callable[..., Any], done: str) -> HttpResponse:
    form = own.AnswerForm(request.POST, methods=RequestPage(request.actor, asked).method_choices)
    status = 422
    if form.is_valid():
        given = form.cleaned_data
        try:
            service(
                actor=request.actor,
                request_id=asked.pk,
                opinion=given["opinion"],
                edit_version=given["edit_version"],
            )
        except RuleViolation as refused:
            own.refusal_add(form, refused)
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, done)
            return redirect("sharing:request_detail", asked.pk)
    rows = posted_conditions(request.POST)
    return request_answer(request, asked.pk, status=status, data=request.POST, answer_form=form, rows=rows)


@require_POST
def request_ask_material(request: PageRequest, pk: int) -> HttpResponse:
    """Ask for everything that is missing."""
    require_signed_in(request.actor)
    policies.require_answer(request.actor, selectors.request_get_for(request.actor, pk))
    return _carry_out(
        request,
        pk,
        "material_form",
        own.MaterialForm(request.POST, label_suffix=""),
        lambda given: answer.request_ask_material(
            actor=request.actor, request_id=pk, missing=given["missing"], edit_version=given["edit_version"]
        ),
        _("The requester was asked for it."),
    )


@require_POST
def request_ask_extension(request: PageRequest, pk: int) -> HttpResponse:
    """Ask the authority for more time."""
    require_signed_in(request.actor)
    policies.require_answer(request.actor, selectors.request_get_for(request.actor, pk))
    return _carry_out(
        request,
        pk,
        "more_time_form",
        own.MoreTimeForm(request.POST, label_suffix=""),
        lambda given: answer.request_ask_extension(
            actor=request.actor, request_id=pk, days=given["days"], reason=given["reason"]
        ),
        _("Asked for: the data authority decides. The time runs on until then."),
    )


@require_POST
def request_extend(request: PageRequest, pk: int) -> HttpResponse:
    """Consent to more time, or refuse it."""
    require_signed_in(request.actor)
    policies.require_check(request.actor, selectors.request_get_for(request.actor, pk))
    is_agreed = request.POST.get("word") != "no"
    return _carry_out(
        request,
        pk,
        "consent_form",
        own.ConsentForm(request.POST, label_suffix=""),
        lambda given: answer.request_extend(
            actor=request.actor,
            request_id=pk,
            is_agreed=is_agreed,
            days=given["days"] if is_agreed else None,
            opinion=given["opinion"],
        ),
        _("The provider has more time.") if is_agreed else _("There is no more time."),
    )


@require_POST
def request_advise(request: PageRequest, pk: int) -> HttpResponse:
    """Give the provider's opinion."""
    require_signed_in(request.actor)
    policies.require_answer(request.actor, selectors.request_get_for(request.actor, pk))
    return _carry_out(
        request,
        pk,
        "advise_form",
        own.OpinionForm(request.POST, label_suffix=""),
        lambda given: answer.request_advise(actor=request.actor, request_id=pk, opinion=given["opinion"]),
        _("The data authority has your opinion."),
    )


@require_POST
def request_deliver(request: PageRequest, pk: int) -> HttpResponse:
    """Name the data that an agreed request gets."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_deliver(request.actor, asked)
    datasets = [(str(one.pk), one.name) for one in RequestPage(request.actor, asked).deliverable]
    return _carry_out(
        request,
        pk,
        "deliver_form",
        own.DeliverForm(request.POST, datasets=datasets, label_suffix=""),
        lambda given: delivery.request_deliver(actor=request.actor, request_id=pk, dataset_id=int(given["dataset"])),
        _("Made available: the grant is made."),
    )


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
    """Give what was missing."""
    require_signed_in(request.actor)
    policies.require_file(request.actor, selectors.request_get_for(request.actor, pk))
    form = own.SupplementForm(request.POST, label_suffix="")
    if file := own.FileForm(request.POST, request.FILES).sent():
        try:
            attaching.request_attach(actor=request.actor, request_id=pk, file=file)
        except RuleViolation as refused:
            form.add_error(None, refused.errors[0].message)
    return _carry_out(
        request,
        pk,
        "supplement_form",
        form,
        lambda given: answer.request_supplement(actor=request.actor, request_id=pk, text=given["text"]),
        _("Sent: the provider goes on with it."),
    )


@require_POST
def request_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    """Withdraw a request."""
    require_signed_in(request.actor)
    policies.require_withdraw(request.actor, selectors.request_get_for(request.actor, pk))
    return _carry_out(
        request,
        pk,
        "withdraw_form",
        own.WithdrawForm(request.POST, label_suffix=""),
        lambda given: filing.request_withdraw(actor=request.actor, request_id=pk, reason=given["reason"]),
        _("Withdrawn."),
    )


@require_POST
def request_dispute(request: PageRequest, pk: int) -> HttpResponse:
    """Take an answer to the authority."""
    require_signed_in(request.actor)
    policies.require_dispute(request.actor, selectors.request_get_for(request.actor, pk))
    return _carry_out(
        request,
        pk,
        "dispute_form",
        own.DisputeForm(request.POST, label_suffix=""),
        lambda given: dispute.request_dispute(actor=request.actor, request_id=pk, reason=given["reason"]),
        _("Taken to the data authority."),
    )


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
