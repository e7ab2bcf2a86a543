from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from workflow import selectors, services
from workflow.views.requests import person


@require_GET
def outbox_list(request: HttpRequest) -> HttpResponse:
    """How messages and scheduled jobs stand."""
    return render(request, "workflow/outbox_list.html", {"state": selectors.background_state_for(person(request))})


@require_POST
def outbox_retry(request: HttpRequest) -> HttpResponse:
    count = services.outbox_retry(actor=person(request), handler=request.POST.get("handler", ""))
    text = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
    messages.success(request, text % {"count": count})
    return redirect("workflow:outbox_list")


@require_POST
def outbox_dismiss(request: HttpRequest) -> HttpResponse:
    count = services.outbox_dismiss(actor=person(request), handler=request.POST.get("handler", ""))
    text = ngettext("%(count)s message was dismissed.", "%(count)s messages were dismissed.", count)
    messages.success(request, text % {"count": count})
    return redirect("workflow:outbox_list")
