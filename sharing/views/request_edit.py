"""Drafting a request: begun from an entry, a basket or a grant, saved while it is typed, sent to the own head."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import as_refused
from core.exceptions import DomainError, InvalidTransition, RuleViolation, StaleEdit
from sharing import policies, transitions
from sharing.forms import AnswerForm, FileForm
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.services import attaching, count, drafting, filing
from sharing.views.acting import number_in
from sharing.views.request import request_answer
from sharing.views.request_editor import RequestEditor
from sharing.views.request_page import RequestPage
from sharing.wording import conditions_of, conditions_refuse, posted_conditions
from workflow.once import once


@require_POST
@once
def request_create(request: PageRequest, ref: str) -> HttpResponse:
    """Begin a request for the data of an entry."""
    require_signed_in(request.actor)
    made = drafting.request_create(actor=request.actor, entry_ref=ref)
    return redirect("sharing:request_edit", made.pk)


@require_POST
@once
def request_follow(request: PageRequest, pk: int, kind: str) -> HttpResponse:
    """Begin a renewal of a grant, or a change of its use."""
    require_signed_in(request.actor)
    try:
        made = drafting.request_follow(actor=request.actor, grant_id=pk, kind=kind)
    except InvalidTransition as refused:
        messages.error(request, str(refused))
        return as_refused(redirect("sharing:grant_detail", pk))
    return redirect("sharing:request_edit", made.pk)


@require_http_methods(["GET", "POST"])
def request_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Show and save a draft."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    policies.require_file(request.actor, asked)
    request.nav_current = "sharing.requests"  # type: ignore[attr-defined]
    if request.method == "GET":
        if not transitions.REQUEST.allows("edit", asked.status):
            messages.info(request, _("It lies with those who decide on it. Recall it before you change anything."))
            return redirect("sharing:request_detail", pk)
        return _page(request, RequestEditor(request.actor, asked))
    transitions.REQUEST.apply("edit", asked.status)
    editor = RequestEditor(request.actor, asked, request.POST)
    if request.headers.get("X-Autosave") == "1":
        editor.keep(is_auto=True)
        return JsonResponse(editor.autosave_answer())
    try:
        is_whole = editor.keep()
    except StaleEdit as refused:
        editor.take_stale(refused)
        return _page(request, editor, status=409)
    return _go_on(request, editor, is_whole=is_whole)


def _go_on(request: PageRequest, editor: RequestEditor, *, is_whole: bool) -> HttpResponse:
    """Do what the pressed button asks for besides saving."""
    pk, go = editor.request.pk, request.POST.get("go", "")
    if file := FileForm(request.POST, request.FILES).sent():
        try:
            attaching.request_attach(actor=request.actor, request_id=pk, file=file)
        except RuleViolation as refused:
            editor.refuse(refused.errors)
            is_whole = False
        else:
            messages.success(request, _("The file was attached."))
    if "add" in request.POST:
        return _page(request, _after(request, editor))
    if attachment := number_in(request.POST.get("detach", "")):
        attaching.request_detach(actor=request.actor, request_id=pk, attachment_id=attachment)
        messages.success(request, _("The file was taken away."))
    if not is_whole:
        return _page(request, _after(request, editor), status=422)
    if go == "submit":
        try:
            filing.request_submit(actor=request.actor, request_id=pk)
        except RuleViolation as refused:
            editor = _after(request, editor)
            editor.refuse(refused.errors)
            return _page(request, editor, status=422)
        messages.success(request, _("Submitted: the head of your sharing office agrees to it next."))
        if few := count.few_rows(actor=request.actor, request_id=pk):
            messages.warning(request, few.message)
        return redirect("sharing:request_detail", pk)
    messages.success(request, _("Saved."))
    return redirect("sharing:request_edit", pk)


def _after(request: PageRequest, editor: RequestEditor) -> RequestEditor:
    """Let the form go on from the version that was just saved."""
    data = editor.form.data.copy()  # type: ignore[attr-defined]
    data["edit_version"] = str(editor.request.edit_version)
    editor.form.data = data
    return editor


def _page(request: PageRequest, editor: RequestEditor, status: int = 200) -> HttpResponse:
    crumbs = [{"label": _("Requests for data"), "url": reverse("sharing:request_list")}]
    context = {"editor": editor, "form": editor.form, "crumbs": crumbs}
    return render(request, "sharing/request_edit.html", context, status=status)


@require_POST
def request_count(request: PageRequest, pk: int) -> HttpResponse:
    """Say how many rows a filter meets, as it stands in the form; nothing is saved."""
    require_signed_in(request.actor)
    asked = selectors.request_get_for(request.actor, pk)
    rows = posted_conditions(request.POST) if "filter-0-item" in request.POST else None
    found: dict[str, Any] = {"asked": asked}
    try:
        conditions = conditions_of(rows) if rows is not None else None
        found["count"] = count.rows_count(actor=request.actor, request_id=pk, row_filter=conditions)
    except RuleViolation as refused:
        rest = conditions_refuse(rows or [], refused.errors)
        texts = [text for row in rows or [] for text in row.errors] + [str(one.message) for one in rest]
        found["problem"] = " ".join(texts)
    except InvalidTransition as refused:
        found["problem"] = str(refused)
    if request.htmx:
        response = render(request, "sharing/partials/_count.html", found)
        patch_vary_headers(response, ["HX-Request"])
        return response
    return _count_page(request, asked, found)


def _count_page(request: PageRequest, asked: ShareRequest, found: dict[str, Any]) -> HttpResponse:
    """Show the figure without scripts: in the form it was asked from, with what was typed, or on the request's page."""
    if policies.can_file(request.actor, asked) and transitions.REQUEST.allows("edit", asked.status):
        editor = RequestEditor(request.actor, asked, request.POST)
        editor.form.is_valid()
        editor.count, editor.count_problem = found.get("count"), found.get("problem", "")
        return _page(request, editor)
    if "problem" in found:
        messages.warning(request, found["problem"])
    else:
        messages.info(request, _count_words(found["count"]))
    if "filter-0-item" in request.POST:
        form = AnswerForm(request.POST, methods=RequestPage(request.actor, asked).method_choices)
        return request_answer(request, asked.pk, data=request.POST, answer_form=form)
    return redirect("sharing:request_detail", asked.pk)


def _count_words(found: count.RowCount) -> str:
    if found.rows is None:
        return _("Fewer than 100 rows fit.")
    return ngettext("%(shown)s row fits.", "%(shown)s rows fit.", found.rows) % {"shown": found.rows}


@require_POST
def request_discard(request: PageRequest, pk: int) -> HttpResponse:
    """Give a draft up."""
    require_signed_in(request.actor)
    try:
        drafting.request_discard(actor=request.actor, request_id=pk)
    except DomainError as refused:
        if not isinstance(refused, InvalidTransition):
            raise
        messages.error(request, str(refused))
        return redirect("sharing:request_detail", pk)
    messages.success(request, _("Discarded."))
    return redirect("sharing:request_list")
