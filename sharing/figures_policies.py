"""Who reads which figures of sharing."""

from django.utils.translation import gettext as _

from accounts.choices import BUSINESS_ROLES
from core.actors import Actor
from core.exceptions import NotAllowed


def can_see_times(actor: Actor) -> bool:
    """Read how times are kept: whoever sees times that run, as one of a department or of an authority.

    Those who watch over the installation see none, and would read that nothing is late.
    """
    return actor.is_person and actor.has_role(*BUSINESS_ROLES)


def require_see_times(actor: Actor) -> None:
    """Refuse whoever sees no times.

    Raises:
        NotAllowed: neither of a department nor of an authority.
    """
    if not can_see_times(actor):
        raise NotAllowed(_("How times are kept is shown to departments and data authorities."))
