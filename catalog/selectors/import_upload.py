"""Reading uploaded files and what became of them: the department that uploaded them sees them, nobody else."""

from django.db.models import QuerySet

from accounts.choices import Role
from catalog.choices import UPLOAD_WORKING_STATES
from catalog.models import ImportUpload
from core.actors import Actor
from core.exceptions import NotVisible


def upload_list_for(actor: Actor) -> QuerySet[ImportUpload]:
    """Return the uploads the actor may see: those of his department, for its cataloguers and its head."""
    if not (actor.is_person and actor.department_id and actor.has_role(Role.CATALOGUER, Role.HEAD)):
        return ImportUpload.objects.none()
    return ImportUpload.objects.filter(department_id=actor.department_id).select_related("batch", "uploaded_by")


def upload_get_for(actor: Actor, upload_id: int, *, for_update: bool = False) -> ImportUpload:
    """Return one upload.

    Args:
        for_update: lock its row until the end of the transaction.

    Raises:
        NotVisible: there is none, or it is another department's.
    """
    uploads = upload_list_for(actor).filter(pk=upload_id)
    upload = uploads.select_for_update(of=("self",)).first() if for_update else uploads.first()
    if upload is None:
        raise NotVisible
    return upload


def uploads_working(asked_at: str) -> list[int]:
    """Return the uploads whose work was asked for at this moment and is not done."""
    found = ImportUpload.objects.filter(asked_at=asked_at, state__in=UPLOAD_WORKING_STATES)
    return list(found.values_list("pk", flat=True))
