"""Who may read the files of a request: whoever sees the request. Loaded by ``SharingConfig.ready``."""

from core.actors import Actor
from sharing.models import ShareRequest
from sharing.selectors.request import visible
from workflow import attachments
from workflow.models import Attachment


def can_view(actor: Actor, attachment: Attachment) -> bool:
    """Say whether the actor sees the request that a file goes with."""
    return ShareRequest.objects.filter(visible(actor), pk=attachment.subject_pk).exists()


def register() -> None:
    """Make the rule known."""
    attachments.register_policy("sharing.sharerequest", can_view)
