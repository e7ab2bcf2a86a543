"""Deciding: the queue, the page of one decision, comments, and many at once."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import policies, selectors, services
from catalog.choices import DecisionAction
from catalog.comparison import anchor_of
from catalog.models import Entry
from catalog.panels import QUEUE_PANELS
from catalog.selectors import review as reading
from catalog.selectors.review import QueueFilters
from catalog.views import review_matter, review_page, review_queue
from catalog.views.review_bar import bar
from catalog.views.review_threads import CommentForm, comment_index, thread_of
from core.exceptions import InvalidTransition, NotVisible, RuleViolation

REFUSED_KEY = "review_refused"
"""Where the session keeps what a decision on many left undone, until the queue has shown it."""


def _is_partial(request: PageRequest) -> bool:
    return bool(request.htmx) and not request.htmx.boosted


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


# --- The queue -----------------------------------------------------------------------------------------------------


@require_GET
def review_list(request: PageRequest) -> HttpResponse:
    """What waits for the actor's decision, or what he has decided."""
    require_signed_in(request.actor)
    policies.require_review(request.actor)
    if request.GET.get("view") == "decided":
        context = review_queue.decided(request.actor, request.GET)
    else:
        context = review_queue.waiting(request.actor, request.GET)
        context["refused"] = request.session.pop(REFUSED_KEY, [])
        context["panels"] = [] if _is_partial(request) else QUEUE_PANELS.of(request.actor)
    template = "catalog/partials/_review_queue.html" if _is_partial(request) else "catalog/review_list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def review_approve_many(request: PageRequest) -> HttpResponse:
    """Approve what was picked from the queue; without scripts, ask first on a page of its own."""
    require_signed_in(request.actor)
    policies.require_review(request.actor)
    picked = dict(value.partition("@")[::2] for value in request.POST.getlist("pick"))
    opinion = request.POST.get("opinion", "")
    back = reverse("catalog:review_list") + (f"?{request.POST['queue']}" if request.POST.get("queue") else "")
    if not picked:
        messages.warning(request, _("Choose at least one entry."))
        return redirect(back)
    if not request.POST.get("confirmed"):
        context = review_queue.confirmation(request.actor, picked, opinion) | {"back": back}
        return render(request, "catalog/review_confirm.html", context)
    versions = {ref: number for ref, text in picked.items() if (number := _number(text)) is not None}
    done = services.review_approve_many(actor=request.actor, refs=list(picked), opinion=opinion, versions=versions)
    if done.approved:
        words = ngettext("%(count)d entry approved", "%(count)d entries approved", len(done.approved))
        messages.success(request, words % {"count": len(done.approved)})
    request.session[REFUSED_KEY] = [{"ref": one.ref, "name": one.name, "reasons": one.reasons} for one in done.refused]
    return redirect(back)


# --- One decision --------------------------------------------------------------------------------------------------


@require_GET
def review_detail(request: PageRequest, ref: str) -> HttpResponse:
    """What is proposed beside what is in force."""
    require_signed_in(request.actor)
    return _detail(request, ref)


def _detail(
    request: PageRequest, ref: str, *, form: CommentForm | None = None, status: int = 200, **typed: Any
) -> HttpResponse:
    entry = review_matter.find(request.actor, ref)
    if not review_matter.can_open(request.actor, entry):
        messages.info(request, _("Nothing waits for a decision here at present."))
        return redirect("catalog:entry_detail", ref=entry.ref)
    page = review_matter.load(request.actor, entry)
    context = review_page.context(page, request.GET, form) | typed
    return render(request, "catalog/review_detail.html", context, status=status)


@require_http_methods(["GET", "POST"])
def review_comment(request: PageRequest, ref: str) -> HttpResponse:
    """Open the form for a comment on one row, or add the comment."""
    require_signed_in(request.actor)
    key = (request.POST if request.method == "POST" else request.GET).get("on", "")
    if request.method == "GET":
        review_matter.find(request.actor, ref)
        return _thread(request, ref, key, CommentForm(key)) if _is_partial(request) else _to_row(ref, key, say=True)
    part, text = request.POST.get("part", ""), request.POST.get("text", "")
    severity = request.POST.get("severity", "required")
    field = f"{key}.{part}" if part else key
    try:
        services.comment_add(actor=request.actor, ref=ref, field=field, text=text, severity=severity)
    except RuleViolation as refused:
        form = CommentForm(key, part, text, severity, refused.errors)
        if _is_partial(request):
            return _thread(request, ref, key, form, status=422)
        return _detail(request, ref, form=form, status=422)
    return _thread(request, ref, key) if _is_partial(request) else _to_row(ref, key)


@require_POST
def review_comment_delete(request: PageRequest, ref: str, pk: int) -> HttpResponse:
    """Take back a comment of one's own."""
    require_signed_in(request.actor)
    key = request.POST.get("on", "")
    services.comment_take_back(actor=request.actor, ref=ref, comment_id=pk)
    return _thread(request, ref, key) if _is_partial(request) else _to_row(ref, key)


def _to_row(ref: str, key: str, *, say: bool = False) -> HttpResponseRedirect:
    query = f"?{urlencode({'say': key})}" if say else ""
    return redirect(f"{reverse('catalog:review_detail', args=[ref])}{query}#{anchor_of(key)}")


def _thread(
    request: PageRequest, ref: str, key: str, form: CommentForm | None = None, *, status: int = 200
) -> HttpResponse:
    """Render one row's comments again, and what depends on them."""
    entry = review_matter.find(request.actor, ref)
    if not review_matter.can_open(request.actor, entry):
        raise InvalidTransition(_("Nothing waits for a decision here at present."))
    page = review_matter.load(request.actor, entry)
    thread = thread_of(page, key, form)
    if thread is None:
        raise NotVisible
    context = {
        "thread": thread,
        "oob": True,
        "queue_query": review_page.queue_query(QueryDict(urlsplit(request.htmx.current_url or "").query)),
        **comment_index(page),
        **bar(page),
    }
    response = render(request, "catalog/partials/_review_thread.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
def review_approve(request: PageRequest, ref: str) -> HttpResponse:
    """Sign off, or approve and publish."""
    return _decide(request, ref, services.entry_approve)


@require_http_methods(["GET", "POST"])
def review_return(request: PageRequest, ref: str) -> HttpResponse:
    """Send it back."""
    return _decide(request, ref, services.entry_return)


def _decide(request: PageRequest, ref: str, service: Any) -> HttpResponse:
    """Carry a decision out and go on to the next in the queue; what was typed is kept when it is refused.

    A GET comes from reloading the page of a refusal: it leads back to the matter.
    """
    require_signed_in(request.actor)
    if request.method == "GET":
        review_matter.find(request.actor, ref)
        return redirect("catalog:review_detail", ref=ref)
    opinion = request.POST.get("opinion", "")
    filters = QueueFilters.from_query(request.GET)
    before = selectors.entry_get_for(request.actor, ref)
    place = reading.review_place_for(request.actor, filters, before)
    try:
        entry = service(
            actor=request.actor, ref=ref, opinion=opinion, edit_version=_number(request.POST.get("edit_version"))
        )
    except RuleViolation as refused:
        return _detail(request, ref, status=422, opinion=opinion, decision_errors=refused.errors)
    messages.success(request, _done_words(entry), extra_tags="toast")
    return redirect(_next(request, place))


def _next(request: PageRequest, place: reading.QueuePlace) -> str:
    """Return where to go on: the next in the queue, else the one before, else the queue."""
    query = review_page.queue_query(request.GET)
    following = place.next_ref or place.previous_ref
    address = reverse("catalog:review_detail", args=[following]) if following else reverse("catalog:review_list")
    return f"{address}?{query}" if query else address


def _done_words(entry: Entry) -> str:
    last = reading.decisions_of(entry)[-1]
    words = {
        DecisionAction.SIGN_OFF: _("Signed off and filed with the data authority: %(name)s"),
        DecisionAction.APPROVE: _("Published: %(name)s, %(code)s"),
        DecisionAction.RETURN: _("Returned to the department: %(name)s"),
        DecisionAction.WITHDRAW_SIGN_OFF: _("Withdrawal filed with the data authority: %(name)s"),
        DecisionAction.WITHDRAW_APPROVE: _("Withdrawn: %(name)s"),
        DecisionAction.WITHDRAW_RETURN: _("Not withdrawn, stays published: %(name)s"),
    }[DecisionAction(last.action)]
    name = last.revision.name if last.revision else str(entry)
    return words % {"name": name, "code": entry.code}
