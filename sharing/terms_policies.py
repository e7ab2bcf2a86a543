"""Who sets the terms under which data are shared without a request."""

from django.utils.translation import gettext as _

from core.actors import Actor
from core.exceptions import NotAllowed
from workflow.policies import can_manage_installation_rules


def can_publish_terms(actor: Actor) -> bool:
    """Put terms of use into force: the leading authority."""
    return can_manage_installation_rules(actor)


def require_publish_terms(actor: Actor) -> None:
    """Refuse whoever does not set rules for the whole installation.

    Raises:
        NotAllowed: not the leading authority, nor the set-up.
    """
    if not can_publish_terms(actor):
        raise NotAllowed(_("The terms of use are kept by the leading data authority."))
