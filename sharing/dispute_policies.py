"""Who says what in a dispute besides whoever decides it. The request itself is already visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from core.actors import Actor
from core.exceptions import NotAllowed
from sharing.models import Mediation, ShareRequest
from sharing.policies import can_answer, is_own


def is_sides_head(actor: Actor, request: ShareRequest) -> bool:
    """The head of either side of a dispute."""
    return is_own(actor, request.department_id, Role.HEAD) or can_answer(actor, request)


def has_confirmed(actor: Actor, request: ShareRequest, agreement: Mediation) -> bool:
    """Say whether the actor's side confirmed what was agreed to in a mediation."""
    if actor.department_id == request.department_id:
        return agreement.asker_confirmed_at is not None
    return agreement.provider_confirmed_at is not None


def require_concur(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever binds neither side of a dispute.

    Raises:
        NotAllowed: neither the head of the requesting nor of the providing department.
    """
    if not is_sides_head(actor, request):
        raise NotAllowed(_("The sharing office heads of both departments confirm what was agreed to."))
