"""Attaching a department under another, and the answers of both sides."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import policies, selectors, services
from accounts.forms import AttachForm
from accounts.models import DepartmentAttachment
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, note_of, posted


@require_http_methods(["GET", "POST"])
def attachment_propose(request: PageRequest, department_id: int) -> HttpResponse:
    department = selectors.department_get_for(request.actor, department_id)
    policies.require(policies.refusal_propose_attachment(request.actor, department))
    address = reverse("accounts:department_detail", args=[department.pk])

    def save(values: dict[str, Any]) -> DepartmentAttachment:
        return services.attachment_propose(
            actor=request.actor, child_id=department.pk, parent_id=values["parent"].pk, reason=values["reason"]
        )

    return form_answer(
        request,
        AttachForm(posted(request)),
        save,
        template="accounts/department_change.html",
        context={
            "department": department,
            "title": _("Attach to another department"),
            "explanation": _("The sharing office heads of both departments must agree before it takes effect."),
            "crumbs": [
                {"label": _("Departments"), "url": reverse("accounts:department_list")},
                {"label": department.name, "url": address},
            ],
        },
        done=lambda attachment: address,
        message=_("Proposed. It takes effect when both sides have agreed."),
    )


@require_POST
def attachment_agree(request: PageRequest, attachment_id: int) -> HttpResponse:
    return _answer(request, attachment_id, services.attachment_agree, _("Your department has agreed."), with_note=False)


@require_POST
def attachment_refuse(request: PageRequest, attachment_id: int) -> HttpResponse:
    return _answer(request, attachment_id, services.attachment_refuse, _("The proposal is refused."))


@require_POST
def attachment_withdraw(request: PageRequest, attachment_id: int) -> HttpResponse:
    return _answer(request, attachment_id, services.attachment_withdraw, _("The proposal is withdrawn."))


@require_POST
def attachment_end(request: PageRequest, attachment_id: int) -> HttpResponse:
    return _answer(request, attachment_id, services.attachment_end, _("The attachment has ended."))


def _answer(
    request: PageRequest, attachment_id: int, service: Callable[..., Any], message: str, *, with_note: bool = True
) -> HttpResponse:
    attachment = selectors.attachment_get_for(request.actor, attachment_id)
    values = {"note": note_of(request)} if with_note else {}
    own = attachment.parent_id if request.actor.department_id == attachment.parent_id else attachment.child_id
    return act_answer(
        request,
        lambda: service(actor=request.actor, attachment_id=attachment_id, **values),
        back=reverse("accounts:department_detail", args=[own]),
        message=message,
    )
