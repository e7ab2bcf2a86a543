"""Departments: list and tree, page with history, and everything that changes them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies, selectors, services
from accounts.choices import Role
from accounts.forms import (
    AliasForm,
    AppointForm,
    DepartmentCreateForm,
    DepartmentFilterForm,
    DepartmentForm,
    DissolveForm,
    MergeForm,
    MoveForm,
    ProfileForm,
    RenameForm,
)
from accounts.history import timeline_of
from accounts.listing import Column, Listing
from accounts.models import Department
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, list_answer, posted
from core.actors import Actor

COLUMNS = [
    Column("name", gettext_lazy("Name"), lambda row: row.name, ("name_pinyin",)),
    Column("code", gettext_lazy("Short code"), lambda row: row.code, ("code",)),
    Column("short_name", gettext_lazy("Short name"), lambda row: row.short_name),
    Column("region", gettext_lazy("Region"), lambda row: row.region.name, ("region__path", "name_pinyin")),
    Column("uscc", gettext_lazy("Unified social credit code"), lambda row: row.uscc),
    Column("parent", gettext_lazy("Attached to"), lambda row: row.parent.name if row.parent else ""),
    Column("authority", gettext_lazy("Authority"), lambda row: _("yes") if row.is_authority else ""),
    Column("unit", gettext_lazy("Dedicated unit"), lambda row: row.unit_name),
    Column("contact", gettext_lazy("Dedicated person"), lambda row: row.contact_name),
    Column("phone", gettext_lazy("Telephone"), lambda row: row.contact_phone),
    Column("users", gettext_lazy("People"), lambda row: row.user_count, ("user_count",)),
    Column("systems", gettext_lazy("Systems"), lambda row: row.system_count, ("system_count",)),
    Column("ended", gettext_lazy("Ended on"), lambda row: row.valid_to or ""),
]


@require_GET
def department_list(request: PageRequest) -> HttpResponse:
    """The departments, as a list or, within one region, as a tree; also as CSV."""
    policies.require_signed_in(request.actor)
    form = DepartmentFilterForm(request.GET, regions=selectors.regions_with_departments())
    chosen = form.chosen()
    rows = selectors.department_list_for(
        request.actor,
        text=chosen["q"],
        region=chosen["region"],
        kind=chosen["kind"],
        with_ended=bool(chosen["ended"]),
    )
    listing = Listing(request, rows, COLUMNS, default="region")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "departments"))
    page = listing.page()
    context = {
        "form": form,
        "page": page,
        "rows": selectors.tree_rows(list(page)) if listing.ordering == "region" else None,
        "ordering": listing.ordering,
        "create_refusal": policies.refusal_create_department(request.actor),
        "is_filtered": any(chosen.values()),
    }
    return list_answer(request, "accounts/department_list.html", "accounts/partials/_departments.html", context)


@require_GET
def department_detail(request: PageRequest, department_id: int) -> HttpResponse:
    """One department: profile, people, systems, those attached, history."""
    department = selectors.department_get_for(request.actor, department_id)
    return _detail(request, department)


def _detail(request: PageRequest, department: Department, alias_form: AliasForm | None = None) -> HttpResponse:
    context = {
        "department": department,
        "people": [
            (person, [Role(code).label for code in Role.values if code in selectors.active_roles(person)])
            for person in selectors.department_people(department)
        ],
        "systems": selectors.systems_of_department(department.pk),
        "children": selectors.department_children(department),
        "names": selectors.department_names(department),
        "aliases": selectors.department_aliases(department),
        "timeline": timeline_of(selectors.department_events(department)[:50]),
        "attachments": [
            (attachment, _attachment_actions(request.actor, attachment))
            for attachment in selectors.attachments_of(department)
        ],
        "actions": department_actions(request.actor, department),
        "sees_accounts": policies.can_see_accounts(request.actor),
        "alias_form": alias_form or AliasForm(),
        "crumbs": _crumbs(),
    }
    status = 422 if alias_form is not None else 200
    return render(request, "accounts/department_detail.html", context, status=status)


def department_actions(actor: Actor, department: Department) -> dict[str, str]:
    """Return for each act on a department why the actor may not do it; empty where he may."""
    manage = policies.refusal_manage_department(actor, department)
    is_authority = _("It is the authority of the region. Appoint another one first.") if department.is_authority else ""
    return {
        "edit": policies.refusal_edit_department_profile(actor, department),
        "manage": manage,
        "merge": manage or is_authority,
        "dissolve": manage or is_authority,
        "move": manage or is_authority,
        "appoint": manage or (_("It is the authority of the region already.") if department.is_authority else ""),
        "attach": policies.refusal_propose_attachment(actor, department),
        "system": policies.refusal_create_system(actor, department),
    }


def _attachment_actions(actor: Actor, attachment: Any) -> dict[str, bool]:
    is_open = attachment.status == "proposed"
    return {
        "agree": is_open and not policies.refusal_answer_attachment(actor, attachment),
        "refuse": is_open and bool(policies.sides_of(actor, attachment)),
        "withdraw": is_open and not policies.refusal_withdraw_attachment(actor, attachment),
        "end": not is_open and not policies.refusal_end_attachment(actor, attachment),
    }


@require_http_methods(["GET", "POST"])
def department_create(request: PageRequest) -> HttpResponse:
    policies.require_signed_in(request.actor)
    policies.require(policies.refusal_create_department(request.actor))

    def save(values: dict[str, Any]) -> Department:
        values.pop("edit_version")
        return services.department_create(actor=request.actor, **values)

    return form_answer(
        request,
        DepartmentCreateForm(posted(request)),
        save,
        template="accounts/department_create.html",
        context={"crumbs": _crumbs()},
        done=_address,
        message=_("The department is created. Add its people next."),
    )


@require_http_methods(["GET", "POST"])
def department_edit(request: PageRequest, department_id: int) -> HttpResponse:
    """Profile; for the system administrator also short name and credit code."""
    department = selectors.department_get_for(request.actor, department_id)
    policies.require(policies.refusal_edit_department_profile(request.actor, department))
    manages = not policies.refusal_manage_department(request.actor, department)
    kind = DepartmentForm if manages else ProfileForm
    return form_answer(
        request,
        kind(posted(request), initial={name: getattr(department, name) for name in kind.base_fields}),
        lambda values: services.department_edit(actor=request.actor, department_id=department.pk, **values),
        template="accounts/department_edit.html",
        context={"department": department, "crumbs": _crumbs(department)},
        done=_address,
        message=_("Saved."),
    )


@require_http_methods(["GET", "POST"])
def department_rename(request: PageRequest, department_id: int) -> HttpResponse:
    return _change(
        request,
        department_id,
        RenameForm,
        services.department_rename,
        title=_("Rename"),
        explanation=_("The former name stays on record and goes on finding the department."),
        message=_("The department has its new name."),
    )


@require_http_methods(["GET", "POST"])
def department_move(request: PageRequest, department_id: int) -> HttpResponse:
    return _change(
        request,
        department_id,
        MoveForm,
        services.department_move,
        title=_("Move to another region"),
        explanation=_(
            "Departments attached to it move along. Its entries come under the authority of the new region. "
            "An attachment to a department that stays behind ends."
        ),
        message=_("The department has moved."),
    )


@require_http_methods(["GET", "POST"])
def department_merge(request: PageRequest, department_id: int) -> HttpResponse:
    def merge(*, into: Department, **values: Any) -> Department:
        return services.department_merge(into_id=into.pk, **values)

    return _change(
        request,
        department_id,
        MergeForm,
        merge,
        title=_("Merge into another department"),
        explanation=_(
            "People with their roles, information systems, names and attached departments go over to the other "
            "department, and so do entries with their data, libraries, collection duties, requests, grants, machine "
            "clients and what waits to be done. Open requests and grants between the two end: a department needs none "
            "for its own data. This one ends and points to its successor. This cannot be undone."
        ),
        message=_("The department is merged. This is the one that took over."),
        is_final=True,
    )


@require_http_methods(["GET", "POST"])
def department_dissolve(request: PageRequest, department_id: int) -> HttpResponse:
    def obstacles(department: Department) -> list[str]:
        return [str(error.message) for error in services.dissolve_errors(department)]

    return _change(
        request,
        department_id,
        DissolveForm,
        services.department_dissolve,
        title=_("Dissolve"),
        explanation=_(
            "The department ends without a successor. It must have no people, systems or attached departments."
        ),
        message=_("The department is dissolved."),
        is_final=True,
        obstacles=obstacles,
    )


@require_http_methods(["GET", "POST"])
def department_appoint(request: PageRequest, department_id: int) -> HttpResponse:
    return _change(
        request,
        department_id,
        AppointForm,
        services.department_appoint,
        title=_("Appoint as authority of the region"),
        explanation=_("The present authority steps back, and its reviewers lose that role."),
        message=_("The department is the authority of its region."),
        is_final=True,
    )


def _change(
    request: PageRequest,
    department_id: int,
    kind: Any,
    service: Any,
    *,
    title: str,
    explanation: str,
    message: str,
    is_final: bool = False,
    obstacles: Callable[[Department], list[str]] | None = None,
) -> HttpResponse:
    """Show and carry out one of the changes that only the system administrator makes.

    Args:
        obstacles: what stands against it, to be shown before anything is pressed.
    """
    department = selectors.department_get_for(request.actor, department_id)
    policies.require(policies.refusal_manage_department(request.actor, department))
    form = kind(posted(request), initial={"edit_version": department.edit_version})
    if "into" in form.fields:
        form.fields["into"].queryset = form.fields["into"].queryset.exclude(pk=department.pk)
    return form_answer(
        request,
        form,
        lambda values: service(actor=request.actor, department_id=department.pk, **values),
        template="accounts/department_change.html",
        context={
            "department": department,
            "title": title,
            "explanation": explanation,
            "is_final": is_final,
            "obstacles": obstacles(department) if obstacles is not None and request.method == "GET" else [],
            "crumbs": _crumbs(department),
        },
        done=_address,
        message=message,
    )


@require_POST
def alias_add(request: PageRequest, department_id: int) -> HttpResponse:
    department = selectors.department_get_for(request.actor, department_id)
    policies.require(policies.refusal_manage_department(request.actor, department))
    form = AliasForm(request.POST)
    if not form.is_valid():
        return _detail(request, department, form)
    return act_answer(
        request,
        lambda: services.alias_add(actor=request.actor, department_id=department.pk, **form.cleaned_data),
        back=_address(department),
        message=_("The name is added."),
    )


@require_POST
def alias_remove(request: PageRequest, department_id: int, alias_id: int) -> HttpResponse:
    return act_answer(
        request,
        lambda: services.alias_remove(actor=request.actor, department_id=department_id, alias_id=alias_id),
        back=reverse("accounts:department_detail", args=[department_id]),
        message=_("The name is removed."),
    )


def _address(department: Department) -> str:
    return reverse("accounts:department_detail", args=[department.pk])


def _crumbs(department: Department | None = None) -> list[dict[str, str]]:
    crumbs = [{"label": _("Departments"), "url": reverse("accounts:department_list")}]
    return [*crumbs, {"label": department.name, "url": _address(department)}] if department else crumbs
