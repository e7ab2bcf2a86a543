"""Who may read the trail: auditors, and nobody else."""

from django.utils.translation import gettext as _

from core.actors import Actor
from core.exceptions import NotAllowed, SignInRequired

AUDITOR = "auditor"


def can_read_trail(actor: Actor) -> bool:
    return actor.is_person and actor.has_role(AUDITOR)


def require_read_trail(actor: Actor) -> None:
    """Raise unless the actor is an auditor.

    Raises:
        SignInRequired: nobody is signed in.
        NotAllowed: somebody else is.
    """
    if actor.is_public:
        raise SignInRequired
    if not can_read_trail(actor):
        raise NotAllowed(_("Only the auditor reads the trail."))
