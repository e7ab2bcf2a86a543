from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_GET

from workflow import selectors
from workflow.models import Attachment
from workflow.stored_files import stored_file


def attachment_answer(attachment: Attachment) -> FileResponse:
    """Return a file to be kept; never shown in the browser itself.

    Raises:
        FileLost: the storage does not give it.
    """
    response = FileResponse(
        stored_file(attachment.file),
        as_attachment=True,
        filename=attachment.original_name,
        content_type=attachment.content_type,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_GET
def attachment_download(request: HttpRequest, attachment_id: int) -> FileResponse:
    """Hand out a file to whom the policy of its object lets read it."""
    return attachment_answer(selectors.attachment_get_for(request.actor, attachment_id))  # type: ignore[attr-defined]
