"""Who may do what after delivery: correction requests, inspections of use, addresses to be told. All visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.models import Entry
from core.actors import Actor
from core.exceptions import NotAllowed
from sharing.models import Grant, Objection
from sharing.policies import is_own, provides, refuse, supervises_either


def can_object(actor: Actor, entry: Entry) -> bool:
    """Ask for data to be verified (809, Art. 26): cataloguer or head of any other department."""
    is_departments = is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)
    return is_departments and actor.department_id != entry.department_id


def require_object(actor: Actor, entry: Entry) -> None:
    """Refuse whoever uses nothing of others.

    Raises:
        NotAllowed: neither cataloguer nor head of another department.
    """
    if not can_object(actor, entry):
        refuse(actor, _("A cataloguer or head of another department asks for data to be verified."))


def can_verify(actor: Actor, objection: Objection) -> bool:
    """Verify and answer: cataloguer or head of the provider."""
    return is_own(actor, objection.entry.department_id, Role.CATALOGUER, Role.HEAD)


def require_verify(actor: Actor, objection: Objection) -> None:
    """Refuse whoever does not answer for the data.

    Raises:
        NotAllowed: neither cataloguer nor head of the providing department.
    """
    if not can_verify(actor, objection):
        raise NotAllowed(_("The providing department verifies and answers."))


def can_withdraw_objection(actor: Actor, objection: Objection) -> bool:
    """Take it back: the department that raised it."""
    return is_own(actor, objection.department_id, Role.CATALOGUER, Role.HEAD)


def require_withdraw_objection(actor: Actor, objection: Objection) -> None:
    """Refuse whoever did not raise it.

    Raises:
        NotAllowed: another department.
    """
    if not can_withdraw_objection(actor, objection):
        raise NotAllowed(_("Only the department that raised it takes it back."))


def is_party(actor: Actor, objection: Objection) -> bool:
    """One of the two sides, which alone know the key of the row that is objected to."""
    return can_verify(actor, objection) or can_withdraw_objection(actor, objection)


def can_inspect(actor: Actor, grant: Grant) -> bool:
    """Inspect how data are used (809, Art. 29 and 38): the provider's head, an authority above either side."""
    return provides(actor, grant) or supervises_either(actor, grant)


def require_inspect(actor: Actor, grant: Grant) -> None:
    """Refuse whoever does not inspect.

    Raises:
        NotAllowed: neither the provider's head nor an authority above either side.
    """
    if not can_inspect(actor, grant):
        raise NotAllowed(_("Provider and data authority inspect how data are used."))


def can_keep_webhooks(actor: Actor) -> bool:
    """Keep the addresses at which a department's systems are told of new data: its cataloguer and head."""
    return is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)


def require_keep_webhooks(actor: Actor) -> None:
    """Refuse whoever does not keep the addresses at which a department's systems are told of new data.

    Raises:
        NotAllowed: neither cataloguer nor head of a department.
    """
    if not can_keep_webhooks(actor):
        refuse(actor, _("Cataloguer and head of a department keep its addresses."))
