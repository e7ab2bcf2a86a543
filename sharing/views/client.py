"""Pages of machine clients: the list, one of them, registering, deciding, secrets, grants, stopping."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, list_answer, posted
from core.actors import Actor
from core.exceptions import RuleViolation
from sharing import client_policies as policies
from sharing.client_forms import ClientEditForm, ClientFilterForm, ClientForm, ReasonForm, RotateForm
from sharing.client_page import ClientPage, stamp_of
from sharing.models import Client
from sharing.selectors.client import client_get_for, clients_filtered
from sharing.services import client as services
from sharing.services import client_edit as editing
from sharing.services.client_secret import client_rotate_secret
from sharing.views.acting import carry_out, number_in
from workflow.once import once

COLUMNS = [
    Column("name", gettext_lazy("Client"), lambda row: row.name, ("name",)),
    Column("department", gettext_lazy("Department"), lambda row: row.department.name, ("department__name_pinyin",)),
    Column("system", gettext_lazy("System"), lambda row: row.system.name, ("system__name_pinyin",)),
    Column("status", gettext_lazy("State"), lambda row: row.get_status_display(), ("status",)),
    Column("networks", gettext_lazy("Calls from"), lambda row: " ".join(row.networks)),
    Column("registered", gettext_lazy("Registered"), lambda row: row.registered_at, ("registered_at",)),
]


def _address(pk: int) -> str:
    return reverse("sharing_clients:client_detail", args=[pk])


@require_GET
def client_list(request: PageRequest) -> HttpResponse:
    """The clients of one's department, or all for who watches over them; also as CSV."""
    require_signed_in(request.actor)
    policies.require_see_clients(request.actor)
    form = ClientFilterForm(request.GET)
    chosen = form.chosen()
    listing = Listing(request, clients_filtered(request.actor, **chosen), COLUMNS, default="-registered")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "clients"))
    page = listing.page()
    context = {
        "form": form,
        "chosen": chosen,
        "page": page,
        "rows": [{"client": one, "stamp": stamp_of(one)} for one in page.object_list],
        "is_filtered": any(chosen.values()),
        "can_register": policies.can_register_client(request.actor),
    }
    return list_answer(request, "sharing/client_list.html", "sharing/partials/_clients.html", context)


@require_http_methods(["GET", "POST"])
@once
def client_create(request: PageRequest) -> HttpResponse:
    """Register a client."""
    require_signed_in(request.actor)
    policies.require_register_client(request.actor)

    def save(values: dict[str, object]) -> object:
        system = values.pop("system")
        return services.client_register(actor=request.actor, system_id=getattr(system, "pk", None), **values)  # type: ignore[arg-type]

    return form_answer(
        request,
        ClientForm(posted(request), actor=request.actor),
        save,
        template="sharing/client_form.html",
        context={"crumbs": [{"label": _("Machine clients"), "url": reverse("sharing_clients:client_list")}]},
        done=lambda client: _address(client.pk),
        message=_("Registered. The security administrator decides on it."),
    )


@require_http_methods(["GET", "POST"])
@once
def client_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change addresses, number of calls and scopes."""
    require_signed_in(request.actor)
    client = client_get_for(request.actor, pk)
    policies.require_edit_client(request.actor, client)
    held = {"calls_per_minute": client.calls_per_minute, "scopes": client.scopes, "networks": client.networks}
    shown = held | (client.wanted or {})
    initial = shown | {"networks": "\n".join(shown["networks"]), "edit_version": client.edit_version}
    return form_answer(
        request,
        ClientEditForm(posted(request), initial=initial),
        lambda values: editing.client_edit(actor=request.actor, client_id=pk, **values),
        template="sharing/client_edit.html",
        context={"client": client, "crumbs": ClientPage(request.actor, client).crumbs},
        done=lambda changed: _address(changed.pk),
        message=_("Saved. What gives the client more waits for the security administrator."),
    )


@require_POST
def client_change_approve(request: PageRequest, pk: int) -> HttpResponse:
    """Let a client have what it wants."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: editing.client_change_approve(actor=request.actor, client_id=pk, edit_version=_seen(request)),
        back=_address(pk),
        message=_("The change holds now."),
    )


@require_POST
def client_change_refuse(request: PageRequest, pk: int) -> HttpResponse:
    """Leave a client as it is."""
    require, done = policies.require_decide_change, _("The change was refused.")
    refuse = partial(editing.client_change_refuse, edit_version=_seen(request))
    return _act(request, pk, require, "change_refuse_form", refuse, done)


@require_GET
def client_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One client: its state, secrets, grants, what it did, how to call."""
    require_signed_in(request.actor)
    return _shown(request, pk)


def _shown(request: PageRequest, pk: int, status: int = 200, **forms: Any) -> HttpResponse:
    page = ClientPage(request.actor, client_get_for(request.actor, pk), **forms)
    context = {"page": page, "client": page.client, "crumbs": page.crumbs, "rotate_form": RotateForm()}
    return render(request, "sharing/client_detail.html", context, status=status)


def _act(
    request: PageRequest,
    pk: int,
    require: Callable[[Actor, Client], None],
    name: str,
    service: Callable[..., Any],
    done: Any,
) -> HttpResponse:
    """Let a service take a step for the reason that was given.

    Args:
        name: under which ``ClientPage`` looks for the form.
    """
    require_signed_in(request.actor)
    require(request.actor, client_get_for(request.actor, pk))
    form = ReasonForm(request.POST, label_suffix="", auto_id=f"{name.removesuffix('_form')}_%s")
    return carry_out(
        request,
        form,
        lambda given: service(actor=request.actor, client_id=pk, note=given["note"]),
        show=lambda status: _shown(request, pk, status, **{name: form}),
        done=done,
        back=lambda: _address(pk),
    )


@require_POST
def client_approve(request: PageRequest, pk: int) -> HttpResponse:
    """Let a client in."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.client_approve(actor=request.actor, client_id=pk, edit_version=_seen(request)),
        back=_address(pk),
        message=_("Approved. Its head can make the secret now."),
    )


@require_POST
def client_refuse(request: PageRequest, pk: int) -> HttpResponse:
    """Turn a client away."""
    refuse = partial(services.client_refuse, edit_version=_seen(request))
    return _act(request, pk, policies.require_decide_client, "refuse_form", refuse, _("Refused."))


def _seen(request: PageRequest) -> int:
    """Return which edit of the client was on the page that this came from; 0, which is none, where it says none."""
    return number_in(request.POST.get("edit_version", ""))


def _grant_in(request: PageRequest) -> int:
    return number_in(request.POST.get("grant", ""))


@require_POST
def client_bind(request: PageRequest, pk: int) -> HttpResponse:
    """Let a client pull under a grant."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.client_bind(actor=request.actor, client_id=pk, grant_id=_grant_in(request)),
        back=_address(pk),
        message=_("The client may pull under this grant."),
    )


@require_POST
def client_unbind(request: PageRequest, pk: int) -> HttpResponse:
    """Take a grant away from a client."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.client_unbind(actor=request.actor, client_id=pk, grant_id=_grant_in(request)),
        back=_address(pk),
        message=_("The client no longer pulls under this grant."),
    )


@require_POST
@never_cache
@sensitive_variables("secret")
def client_rotate(request: PageRequest, pk: int) -> HttpResponse:
    """Make a secret and show it: this answer is the only place where it ever stands."""
    require_signed_in(request.actor)
    form = RotateForm(request.POST)
    if not form.is_valid():
        raise RuleViolation([])
    given = form.cleaned_data
    secret = client_rotate_secret(
        actor=request.actor, client_id=pk, newest_id=given["newest"], overlap_hours=given["overlap_hours"]
    )
    page = ClientPage(request.actor, client_get_for(request.actor, pk))
    context = {"client": page.client, "secret": secret, "secrets": page.secrets, "crumbs": page.crumbs}
    return render(request, "sharing/client_secret.html", context)


@require_POST
def client_suspend(request: PageRequest, pk: int) -> HttpResponse:
    """Stop a client for the time being."""
    done = _("Suspended. Its tokens have ended.")
    return _act(request, pk, policies.require_stop_client, "suspend_form", services.client_suspend, done)


@require_POST
def client_resume(request: PageRequest, pk: int) -> HttpResponse:
    """Let a suspended client go on."""
    require_signed_in(request.actor)
    return act_answer(
        request,
        lambda: services.client_resume(actor=request.actor, client_id=pk),
        back=_address(pk),
        message=_("The client may call again, with a new token."),
    )


@require_POST
def client_revoke(request: PageRequest, pk: int) -> HttpResponse:
    """End a client for good."""
    done = _("Ended. Its tokens, secrets and grants are gone.")
    return _act(request, pk, policies.require_stop_client, "revoke_form", services.client_revoke, done)
