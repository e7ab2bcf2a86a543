"""Mending what the nightly comparison found: the rights as the grants say, the state of grants as their suspensions."""

from django.db import transaction

from audit import services as audit
from core.actors import Actor
from core.reasons import Reason
from sharing import policies
from sharing.choices import OPEN_GRANT_STATUSES, GrantAction, GrantStatus
from sharing.models import Grant
from sharing.selectors.suspension import statuses_amiss, suspensions_open
from sharing.services.grant import stepped
from sharing.services.right import grants_lock, rights_check, rows_restore


@transaction.atomic
def rights_restore(*, actor: Actor) -> int:
    """Bring the rights back in line with the grants, after the security administrator has looked at the differences,
    and the state of grants with their suspensions; what is left of the differences is looked for at once.

    Returns:
        How many rows were given, taken or mended.

    Raises:
        NotAllowed: the actor is no security administrator.
    """
    policies.require_restore_rights(actor)
    amiss = sorted(statuses_amiss(), key=lambda one: (one.dataset_id, one.department_id, one.pk))
    changed = sum(_state_restore(actor, one) for one in amiss)
    changed += rows_restore(actor=actor)
    audit.record(actor, "sharing.right.restore", None, after={"rows": changed})
    rights_check(actor=actor)
    return changed


def _state_restore(actor: Actor, seen: Grant) -> bool:
    """Give a grant the state that its suspensions say.

    Args:
        seen: as it was found; somebody may have suspended, resumed or ended it since, so that it is read anew.

    Returns:
        Whether it had another.
    """
    grants_lock(seen.dataset_id, seen.department_id)
    grant = Grant.objects.select_related("dataset__entry__department__region", "department__group").get(pk=seen.pk)
    before = grant.status
    due = GrantStatus.SUSPENDED if suspensions_open(grant) else GrantStatus.ACTIVE
    if before not in OPEN_GRANT_STATUSES or before == due:
        return False
    grant.status = due
    grant.save(update_fields=["status"])
    action = GrantAction.SUSPEND if due == GrantStatus.SUSPENDED else GrantAction.RESUME
    stepped(
        actor, grant, action, "sharing.grant.restore", note=Reason("share.state_restored"), before={"status": before}
    )
    return True
