"""Who may do what with machine clients. The client is already visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from core.actors import Actor
from core.exceptions import NotAllowed
from sharing.client_choices import ClientStatus
from sharing.models import Client
from sharing.policies import is_own, refuse


def is_secadmin(actor: Actor) -> bool:
    """A security administrator, of whatever department."""
    return actor.is_person and actor.has_role(Role.SECADMIN)


def can_see_clients(actor: Actor) -> bool:
    """See clients at all: a department its own, the security administrator and the auditor every one."""
    watches = actor.is_person and actor.has_role(Role.SECADMIN, Role.AUDITOR)
    return watches or can_register_client(actor)


def require_see_clients(actor: Actor) -> None:
    """Refuse whoever has nothing to do with clients.

    Raises:
        NotAllowed: neither of a department's sharing office nor security administrator nor auditor.
    """
    if not can_see_clients(actor):
        refuse(actor, _("Clients are shown to their department, the security administrator and the auditor."))


def can_register_client(actor: Actor) -> bool:
    """Register a client of the own department, or correct what was entered: its cataloguer or head."""
    return is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)


def require_register_client(actor: Actor) -> None:
    """Refuse whoever registers no clients.

    Raises:
        NotAllowed: neither cataloguer nor head of a department.
    """
    if not can_register_client(actor):
        refuse(actor, _("A client is registered by a cataloguer or the sharing office head of its department."))


def can_decide_client(actor: Actor, client: Client) -> bool:
    """Approve or refuse: a security administrator, who did not register it."""
    return is_secadmin(actor) and actor.id != client.registered_by_id


def require_decide_client(actor: Actor, client: Client) -> None:
    """Refuse whoever does not decide on new clients.

    Raises:
        NotAllowed: no security administrator, or the one who registered it.
    """
    if not is_secadmin(actor):
        raise NotAllowed(_("Only the security administrator decides on clients."))
    if not can_decide_client(actor, client):
        raise NotAllowed(_("You registered this client yourself. Another security administrator must decide."))


def can_edit_client(actor: Actor, client: Client) -> bool:
    """Change addresses, calls and scopes: cataloguer or head of its department."""
    return is_own(actor, client.department_id, Role.CATALOGUER, Role.HEAD)


def require_edit_client(actor: Actor, client: Client) -> None:
    """Refuse whoever does not keep the client.

    Raises:
        NotAllowed: neither cataloguer nor head of its department.
    """
    if not can_edit_client(actor, client):
        raise NotAllowed(_("A client is changed by a cataloguer or the sharing office head of its department."))


def can_decide_change(actor: Actor, client: Client) -> bool:
    """Approve or refuse what a client wants beyond what it has: a security administrator, who did not ask for it."""
    return is_secadmin(actor) and actor.id != client.wanted_by_id


def require_decide_change(actor: Actor, client: Client) -> None:
    """Refuse whoever does not decide on changes of clients.

    Raises:
        NotAllowed: no security administrator, or the one who asked for it.
    """
    if not can_decide_change(actor, client):
        raise NotAllowed(_("A security administrator who did not ask for it decides on the change."))


def can_manage_client(actor: Actor, client: Client) -> bool:
    """Bind grants and make secrets: the head of the client's department."""
    return is_own(actor, client.department_id, Role.HEAD)


def require_manage_client(actor: Actor, client: Client) -> None:
    """Refuse whoever does not answer for the client.

    Raises:
        NotAllowed: not the head of its department.
    """
    if not can_manage_client(actor, client):
        raise NotAllowed(_("Only the sharing office head of the client's department may do this."))


def can_stop_client(actor: Actor, client: Client) -> bool:
    """Suspend or revoke: the head of its department, or the security administrator."""
    return can_manage_client(actor, client) or is_secadmin(actor)


def require_stop_client(actor: Actor, client: Client) -> None:
    """Refuse whoever may not stop the client.

    Raises:
        NotAllowed: neither the head of its department nor a security administrator.
    """
    if not can_stop_client(actor, client):
        raise NotAllowed(
            _("The sharing office head of the client's department or the security administrator stops it.")
        )


def can_suspend_client(actor: Actor, client: Client) -> bool:
    """Suspend: who may stop it; what its head suspended, the security administrator takes over."""
    is_taken_over = is_secadmin(actor) and not client.suspended_by_security
    return can_stop_client(actor, client) and (client.status != ClientStatus.SUSPENDED or is_taken_over)


def can_resume_client(actor: Actor, client: Client) -> bool:
    """Lift a suspension: the side that suspended it."""
    if client.status != ClientStatus.SUSPENDED:
        return can_stop_client(actor, client)
    return is_secadmin(actor) if client.suspended_by_security else can_manage_client(actor, client)


def require_resume_client(actor: Actor, client: Client) -> None:
    """Refuse whoever may not lift this suspension.

    Raises:
        NotAllowed: the other side suspended it.
    """
    if not can_resume_client(actor, client):
        raise NotAllowed(_("A suspension is lifted by the side that ordered it."))
