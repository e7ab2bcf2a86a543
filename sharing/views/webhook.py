"""Addresses at which a department's systems are told of new data, and the messages sent to them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import add_refusal
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, posted
from collection.face import marks_by_dataset
from core import clock
from core.exceptions import RuleViolation
from sharing import after_policies
from sharing.after_forms import WebhookForm
from sharing.selectors import webhook as selectors
from sharing.services import webhook as services
from sharing.webhook_words import attempt_trouble, trouble_of
from workflow.once import once


@require_http_methods(["GET", "POST"])
@once
def webhooks(request: PageRequest) -> HttpResponse:
    """The department's addresses, a form for another one, and the latest messages."""
    require_signed_in(request.actor)
    after_policies.require_keep_webhooks(request.actor)
    form = WebhookForm(posted(request), label_suffix="")
    secret = ""
    if form.is_bound and form.is_valid():
        try:
            _endpoint, secret = services.webhook_add(actor=request.actor, **form.cleaned_data)
        except RuleViolation as refused:
            add_refusal(form, refused)
        else:
            form = WebhookForm(label_suffix="")
    endpoints = list(selectors.endpoints_of(request.actor))
    sent = list(selectors.messages_of(request.actor))
    context = {
        "form": form,
        "secret": secret,
        "endpoints": endpoints,
        "unlisted": selectors.unlisted_among(endpoints),
        "messages_sent": [
            {
                "message": one,
                "trouble": trouble_of(one),
                "tried": [{"attempt": tried, "trouble": attempt_trouble(one, tried)} for tried in one.tried.all()],
                "can_be_sent_again": one.can_be_sent_again(clock.now()),
            }
            for one in sent
        ],
        "marks": marks_by_dataset(request.actor, [one.grant.dataset_id for one in sent]),
    }
    response = render(request, "sharing/webhooks.html", context, status=422 if form.errors else 200)
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def webhook_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Tell an address nothing any more."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.webhook_remove(actor=request.actor, endpoint_id=pk),
        back=reverse("sharing:webhooks"),
        message=_("Removed."),
    )


@require_POST
@once
def webhook_replay(request: PageRequest, pk: int) -> HttpResponse:
    """Send a message again."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.webhook_replay(actor=request.actor, message_id=pk),
        back=reverse("sharing:webhooks"),
        message=_("Sent again."),
    )
