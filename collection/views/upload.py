"""Files that a script sends part by part; without it the plain form goes on working."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection import services
from collection.models import PartialUpload
from collection.services.upload import PART_BYTES, UploadBegun, WrongPlace, is_live, upload_sums
from collection.views.file import files_told
from core.components.figures import short_moment
from core.exceptions import DomainError, InvalidTransition, Malformed, NotVisible, RuleViolation


def _number(text: str) -> int:
    """Read a number of bytes.

    Raises:
        Malformed: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Malformed
    return int(text)


def _refused(error: DomainError) -> JsonResponse:
    """Say in the reader's language why a part or a file is not taken."""
    if isinstance(error, UploadBegun):
        return JsonResponse({"begun": _begun(error.upload)}, status=409)
    if isinstance(error, WrongPlace):
        return JsonResponse({"offset": error.extra["offset"], **_come(error.upload)}, status=409)
    message = error.errors[0].message if isinstance(error, RuleViolation) else str(error.message)
    told = {"message": message}
    if "run" in error.extra:
        told["run"] = reverse("collection:run_detail", args=[error.extra["run"]])
    return JsonResponse(told, status=404 if isinstance(error, NotVisible) else 422)


def _come(upload: PartialUpload) -> dict[str, Any]:
    """Say what tells a script whether the parts that have come are of its file, and what it asks where they are not."""
    return {"sums": upload_sums(upload), "begun": _begun(upload)}


def _begun(upload: PartialUpload) -> dict[str, str]:
    """Say what would be given up, for a script that asks."""
    words = _(
        "Another file named “%(name)s” is on its way: %(came)s of %(size)s have come, the last part at %(at)s. If you "
        "go on, what has come of it is thrown away."
    )
    values = {
        "name": upload.file_name,
        "came": filesizeformat(upload.received_bytes),
        "size": filesizeformat(upload.size_bytes),
        "at": short_moment(upload.touched_at),
    }
    message = words % values
    if is_live(upload):
        message += " " + _("Another window may be sending it still; that would stop.")
    return {"token": str(upload.token), "message": message}


def _token(text: str) -> UUID | None:
    """Read the token of a file that is given up.

    Raises:
        Malformed: it is none.
    """
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Malformed from None


@require_POST
def upload_begin(request: PageRequest, pk: int) -> JsonResponse:
    """Begin, or go on with, a file."""
    require_signed_in(request.actor)
    size = _number(request.POST.get("size", ""))
    try:
        upload = services.upload_begin(
            actor=request.actor,
            dataset_id=pk,
            file_name=request.POST.get("name", ""),
            size_bytes=size,
            instead_of=_token(request.POST.get("instead", "")),
        )
    except (RuleViolation, InvalidTransition) as refused:
        return _refused(refused)
    return JsonResponse(
        {
            "offset": upload.received_bytes,
            "part": PART_BYTES,
            **_come(upload),
            "url": reverse("collection:upload_take", args=[upload.token, 0]).removesuffix("0/"),
            "finish": reverse(
                f"collection:upload_{'finish' if upload.dataset.is_table else 'publish'}", args=[upload.token]
            ),
        }
    )


@require_POST
def upload_take(request: PageRequest, token: UUID, offset: int) -> JsonResponse:
    """Take the part that begins at an offset: the body is its bytes."""
    require_signed_in(request.actor)
    try:
        upload = services.upload_take(actor=request.actor, token=token, offset=offset, content=_body(request))
    except (RuleViolation, InvalidTransition, NotVisible) as refused:
        return _refused(refused)
    return JsonResponse({"offset": upload.received_bytes})


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise Malformed from None


@require_POST
def upload_finish(request: PageRequest, token: UUID) -> JsonResponse:
    """Put the parts together and ask for a run."""
    require_signed_in(request.actor)
    try:
        run = services.upload_finish(
            actor=request.actor,
            token=token,
            checksum=request.POST.get("sha256", ""),
            mode=request.POST.get("mode", ""),
        )
    except (RuleViolation, InvalidTransition, NotVisible) as refused:
        return _refused(refused)
    return JsonResponse({"url": reverse("collection:run_detail", args=[run.pk])})


@require_POST
def upload_publish(request: PageRequest, token: UUID) -> JsonResponse:
    """Put the parts together and add the file to its set."""
    require_signed_in(request.actor)
    try:
        dataset_id, version = services.upload_publish(
            actor=request.actor, token=token, checksum=request.POST.get("sha256", "")
        )
    except (RuleViolation, InvalidTransition, NotVisible) as refused:
        return _refused(refused)
    files_told(request, version)
    return JsonResponse({"url": reverse("collection:dataset_detail", args=[dataset_id])})


@require_POST
def upload_discard(request: PageRequest, pk: int, token: UUID) -> HttpResponse:
    """Throw away what has come of a file, and go back to the page of the data it was done on."""
    require_signed_in(request.actor)
    name = services.upload_discard(actor=request.actor, token=token)
    messages.success(request, _("What had come of “%(name)s” is thrown away.") % {"name": name})
    return redirect("collection:dataset_detail", pk=pk)
