"""What the views of this app share: lists, forms that keep what was typed, buttons that act."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from accounts.forms import NoteForm, add_refusal, add_stale
from accounts.requests import PageRequest
from core.exceptions import InvalidTransition, RuleViolation, StaleEdit


def posted(request: PageRequest) -> QueryDict | None:
    """Return what was sent, None where nothing was: a form sent empty is still a form that was sent."""
    return request.POST if request.method == "POST" else None


def list_answer(request: PageRequest, page: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """Render a list: only its part for htmx, the page around it for everybody else."""
    is_part = request.htmx and not request.htmx.boosted
    response = render(request, part if is_part else page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def form_answer(
    request: PageRequest,
    form: forms.BaseForm,
    save: Callable[[dict[str, Any]], Any],
    *,
    template: str,
    done: Callable[[Any], str],
    message: Any = "",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form; save it when it was sent and is right; show it again with what was typed when it is not.

    Args:
        save: called with the cleaned values; its refusals are shown at their fields.
        done: address to go to, given what ``save`` returned.
    """
    if request.method == "POST" and form.is_valid():
        try:
            saved = save(dict(form.cleaned_data))
        except RuleViolation as refusal:
            add_refusal(form, refusal)
        except StaleEdit as refusal:
            add_stale(form, refusal)
        else:
            if message:
                messages.success(request, message)
            return redirect(done(saved))
    return render(request, template, {**(context or {}), "form": form}, status=422 if form.errors else 200)


def act_answer(request: PageRequest, act: Callable[[], Any], *, back: str, message: Any) -> HttpResponse:
    """Carry out what a button asks for and go back to its page, which says how it went."""
    try:
        act()
    except (RuleViolation, InvalidTransition, StaleEdit) as refusal:
        messages.error(request, str(refusal.message))
        return as_refused(redirect(back))
    messages.success(request, message)
    return redirect(back)


def as_refused(response: HttpResponse) -> HttpResponse:
    """Mark an answer that leads back without anything having been done; ``workflow.once`` lets it be sent again."""
    response.was_refused = True  # type: ignore[attr-defined]
    return response


def note_of(request: PageRequest) -> str:
    """Return the reason that was given with a button."""
    form = NoteForm(request.POST)
    return str(form.cleaned_data["note"]) if form.is_valid() else ""
