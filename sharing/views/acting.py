"""What pages with buttons share: a form is carried out, or shown again on its page with everything that was typed."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.forms import add_refusal, add_stale
from accounts.requests import PageRequest
from core.actors import Actor
from core.exceptions import InvalidTransition, RuleViolation, StaleEdit


def carry_out(
    request: PageRequest,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Any],
    *,
    show: Callable[[int], HttpResponse],
    done: Any,
    back: Callable[[], str],
    changed: Callable[[], str] = str,
) -> HttpResponse:
    """Carry out what a button asks for, and go on to the page that shows how it went.

    Args:
        act: called with the cleaned values.
        show: the page again, with the form as it was refused, under this status.
        done: said when it went well; a callable is told what ``act`` returned.
        back: the address to go to then.
        changed: says what somebody else did meanwhile, where that is why it was refused.
    """
    status = 422
    if form.is_valid():
        try:
            made = act(form.cleaned_data)
        except RuleViolation as refused:
            add_refusal(form, refused)
        except StaleEdit as refused:
            add_stale(form, refused)
            if told := changed():
                form.add_error(None, told)
            status = 409
        except InvalidTransition as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, done(made) if callable(done) else done)
            return redirect(back())
    return show(status)


def number_in(text: str) -> int:
    """Return the key that a form names, 0 where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def way_back(request: PageRequest, otherwise: str) -> str:
    """Return the page of ours from which a button was pressed, as the form names it, else another."""
    wanted = str(request.POST.get("next", ""))
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else otherwise


class ActingPage:
    """A page with several forms, each of which may come back refused.

    Args:
        refused: forms by name, to be shown again with what was typed.
    """

    places: ClassVar[dict[str, str]] = {}
    """Form → the property that says whether the page has a place for it as things stand."""

    def __init__(self, actor: Actor, **refused: Any) -> None:
        self.actor = actor
        self._forms = refused

    def _form(self, name: str, make: type[forms.Form], initial: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        given = self._forms.get(name)
        return given if given is not None else make(initial=initial or {}, label_suffix="", **kwargs)

    @property
    def stranded(self) -> forms.Form | None:
        """A refused form that the page has no place for any more, since somebody else was faster."""
        for name, form in self._forms.items():
            if form is not None and name in self.places and not getattr(self, self.places[name]):
                return form
        return None

    @property
    def stranded_texts(self) -> list[tuple[str, str]]:
        """What was typed into such a form, so that it is not lost."""
        if self.stranded is None:
            return []
        typed = ((str(one.label), one.value()) for one in self.stranded.visible_fields())
        return [(label, value) for label, value in typed if isinstance(value, str) and value.strip()]
