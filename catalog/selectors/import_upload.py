"""Reading uploaded files and what became of them: the department that uploaded them sees them, nobody else."""

from django.db.models import QuerySet

from accounts.choices import Role
from catalog.choices import UPLOAD_WORKING_STATES
from catalog.models import ImportUpload
from core.actors import Actor
from core.exceptions import NotVisible


def upload_list_for(actor: Actor) -> QuerySet[ImportUpload]:
    """Return the uploads the actor may see: those of his department, for its own cataloguers and its head.

    Staff of a contractor import nothing: a file holds entries for which they are not named.
    """
    is_asked = actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD) and not actor.is_contractor
    if not (is_asked and actor.department_id):
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
