"""Who decides on more time for the provider's answer."""

from core.actors import Actor
from sharing.exceptions import OwnExtension
from sharing.models import ShareRequest
from sharing.policies import can_check, require_check


def can_consent(actor: Actor, request: ShareRequest) -> bool:
    """Consent to more time for the provider: whoever checks requests there, and did not ask for it himself."""
    return can_check(actor, request) and actor.id != request.extension_asked_by_id


def require_consent(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever does not decide on more time.

    Raises:
        NotAllowed: no reviewer of the authority in charge. OwnExtension: he asked for it himself.
    """
    require_check(actor, request)
    if not can_consent(actor, request):
        raise OwnExtension
