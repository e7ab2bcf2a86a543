"""Large files that are on their way: everybody sees his own alone."""

from collection.models import PartialUpload
from collection.selectors.dataset import dataset_list_for
from core.actors import Actor


def uploads_of(actor: Actor) -> list[tuple[PartialUpload, bool]]:
    """Return the actor's own files on their way, each with whether he still sees the data it is meant for."""
    if not actor.is_person:
        return []
    uploads = list(PartialUpload.objects.filter(user=actor.id).select_related("dataset"))
    wanted = {upload.dataset_id for upload in uploads}
    seen = set(dataset_list_for(actor).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    return [(upload, upload.dataset_id in seen) for upload in uploads]
