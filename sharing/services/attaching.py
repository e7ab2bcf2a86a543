"""Files that go with a request: until it is sent, and while material is missing."""

from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation
from sharing import policies
from sharing.choices import EDITABLE_STATUSES, RequestStatus
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from workflow import services as workflow
from workflow.models import Attachment
from workflow.selectors.of_subject import attachments_of

MOST_FILES = 20
OPEN_STATUSES = (*EDITABLE_STATUSES, RequestStatus.AWAITING_MATERIAL)


@transaction.atomic
def request_attach(*, actor: Actor, request_id: int, file: "File[Any]") -> Attachment:
    """Add a file to a request. A file whose row is taken back is swept away later.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the requesting department. InvalidTransition: it was sent.
        RuleViolation: there are too many, or the file is of no kind that is taken.
    """
    request = _open(actor, request_id)
    if attachments_of(request).count() >= MOST_FILES:
        message = _("A request holds at most %(count)d files.") % {"count": MOST_FILES}
        raise RuleViolation([FieldError("attachments", "too_many", message)])
    return workflow.attachment_add(
        actor=actor, subject=request, department_id=request.department_id, file=file, field="attachments"
    )


@transaction.atomic
def request_detach(*, actor: Actor, request_id: int, attachment_id: int) -> None:
    """Take a file away again. What was sent with an earlier version of the request stays in the trail.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the requesting department, or no file of this request.
        InvalidTransition: it was sent.
    """
    request = _open(actor, request_id)
    if not attachments_of(request).filter(pk=attachment_id).exists():
        raise NotVisible
    workflow.attachment_remove(actor=actor, attachment_id=attachment_id)


def _open(actor: Actor, request_id: int) -> ShareRequest:
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_file(actor, request)
    if request.status not in OPEN_STATUSES:
        raise InvalidTransition(_("The request was sent. Files are added while it is drafted or material is missing."))
    return request
