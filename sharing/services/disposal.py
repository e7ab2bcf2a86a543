"""How data are disposed of: the provider's demand, whoever ends the grant, and the holder's word (809, Art. 27)."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import policies, signals, transitions
from sharing.choices import OPEN_GRANT_STATUSES, GrantAction
from sharing.models import Grant
from sharing.services.grant import CHANGED_EVENT, grant_locked, require_text, step_record, stepped
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


@transaction.atomic
def grant_dispose(*, actor: Actor, grant_id: int, note: str) -> Grant:
    """Confirm that the data got under a grant that has ended were disposed of, as the provider demanded.

    Raises:
        NotVisible, NotAllowed: not of the department that held it.
        InvalidTransition: it still runs, was confirmed, or a library still holds its rows.
        RuleViolation: it is not said how.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    grant = grant_locked(actor, grant_id)
    policies.require_use(actor, grant, Role.CATALOGUER, Role.HEAD)
    step = transitions.GRANT.apply("dispose", grant.status)
    if grant.disposed_at is not None:
        raise RuleViolation([FieldError("note", "done", _("The disposal was confirmed already."))])
    require_text(note, "note", _("Say how the data were disposed of, or why some must be kept."))
    signals.grant_disposing.send(Grant, grant=grant, actor=actor)
    grant.disposed_at = clock.now()
    grant.disposal_note = note.strip()
    grant.save(update_fields=["disposed_at", "disposal_note"])
    stepped(actor, grant, GrantAction.DISPOSE, "sharing.grant.dispose", note=note, basis=step.basis)
    return grant
