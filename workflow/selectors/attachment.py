from core.actors import Actor
from core.exceptions import NotVisible
from workflow import policies
from workflow.models import Attachment


def attachment_get_for(actor: Actor, attachment_id: int) -> Attachment:
    """Return a file the actor may read.

    Raises:
        NotVisible: there is none, or the owning app's policy hides it.
    """
    attachment = Attachment.objects.filter(pk=attachment_id).first()
    if attachment is None or not policies.can_view_attachment(actor, attachment):
        raise NotVisible
    return attachment
