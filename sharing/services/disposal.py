"""How the provider wants data disposed of: written on the grant by it, whoever ends the grant (809, Art. 27)."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from audit import services as audit
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import policies, transitions
from sharing.choices import OPEN_GRANT_STATUSES, GrantAction
from sharing.models import Grant
from sharing.services.grant import CHANGED_EVENT, grant_locked, step_record
from sharing.services.step import TASK_DISPOSE, grant_task_for
from workflow import outbox

MOST_CHARACTERS = 5_000


@transaction.atomic
def disposal_demand(*, actor: Actor, grant_id: int, demand: str) -> Grant:
    """Say how the data got under a grant are to be disposed of, until the holder has confirmed that they were.

    It may be said while the grant runs: one that expires or is ended by its holder leaves no other moment for it.

    Raises:
        NotVisible, NotAllowed: not the provider's head. InvalidTransition: the disposal was confirmed.
        RuleViolation: nothing is said, or too much.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_provide(actor, grant)
    step = transitions.GRANT.apply("demand", grant.status)
    if grant.disposed_at is not None:
        raise InvalidTransition(_("The disposal was confirmed already."))
    if not 1 <= len(demand.strip()) <= MOST_CHARACTERS:
        message = _("Write this, in at most %(count)d characters.") % {"count": MOST_CHARACTERS}
        raise RuleViolation([FieldError("demand", "required", message)])
    grant.disposal_demand = demand.strip()
    grant.save(update_fields=["disposal_demand"])
    step_record(actor, grant, GrantAction.DEMAND, grant.disposal_demand)
    audit.record(actor, "sharing.grant.demand", grant, note=grant.disposal_demand, basis=step.basis)
    if grant.status not in OPEN_GRANT_STATUSES:
        grant_task_for(grant, TASK_DISPOSE, grant.department_id, Role.CATALOGUER)
    outbox.put(CHANGED_EVENT, grant_id=grant.pk, action=GrantAction.DEMAND.value, by=actor.id)
    return grant
