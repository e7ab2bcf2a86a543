"""Who may do what with requests and grants. The thing itself is already visible here."""

from typing import NoReturn

from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department
from catalog.models import Entry
from core.actors import Actor
from core.exceptions import NotAllowed
from sharing.choices import WAITING_STATUSES, RequestStatus, Side
from sharing.exceptions import ContractorStaff, OwnDecision, OwnOpinion, OwnRequest
from sharing.models import Grant, GrantSuspension, ShareRequest

DEMO_JOB = "sharing-demo"
CLOCK_JOB = "sharing-clockwork"
"""Ends grants on their day, reminds, and compares rights with grants."""


def is_own(actor: Actor, department_id: int | None, *roles: Role) -> bool:
    """Say whether the actor is one of a department's own people, with one of the roles.

    Staff of a contractor are not: they work on the data for which they are named, and neither act for the department in
    sharing nor see what it shares (docs/adr/0081). Whatever a department may do or see here asks this.
    """
    return (
        actor.is_person
        and not actor.is_contractor
        and department_id is not None
        and actor.department_id == department_id
        and actor.has_role(*roles)
    )


def refuse(actor: Actor, message: str) -> NoReturn:
    """Refuse with a message, or with the reason that holds whatever somebody's role is.

    Raises:
        NotAllowed: always. ContractorStaff: he is staff of a contractor.
    """
    raise ContractorStaff if actor.is_contractor else NotAllowed(message)


def reviews(actor: Actor) -> bool:
    """A reviewer of an authority."""
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)


def reviews_for(actor: Actor, authority_id: int | None) -> bool:
    """A reviewer of this very authority."""
    return reviews(actor) and authority_id is not None and actor.department_id == authority_id


def supervises(actor: Actor, region_path: str) -> bool:
    """A reviewer of the authority of a region or of one above it."""
    return reviews(actor) and f"{region_path}/".startswith(f"{actor.region_path}/")


def can_see_sharing(actor: Actor) -> bool:
    """Have something to do with requests or grants: a role in a department, in the authority, or an administrator's."""
    watches = actor.is_person and actor.has_role(Role.REVIEWER, Role.SECADMIN, Role.AUDITOR)
    return watches or is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)


def can_see_requests(actor: Actor) -> bool:
    """Have lists of requests: whoever asks, answers, decides or audits."""
    watches = actor.is_person and actor.has_role(Role.REVIEWER, Role.AUDITOR)
    return watches or is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)


def require_see_sharing(actor: Actor) -> None:
    """Refuse whoever has nothing to do with grants.

    Raises:
        NotAllowed: none of the roles.
    """
    if not can_see_sharing(actor):
        refuse(actor, _("Requests and grants are shown to those who ask, answer, decide or watch."))


def require_see_requests(actor: Actor) -> None:
    """Refuse whoever has nothing to do with requests.

    Raises:
        NotAllowed: none of the roles.
    """
    if not can_see_requests(actor):
        refuse(actor, _("Requests and grants are shown to those who ask, answer, decide or watch."))


# --- Asking ---------------------------------------------------------------------------------------------------------


def can_ask(actor: Actor, entry: Entry) -> bool:
    """Ask for the data of an entry: a cataloguer of any other department."""
    return is_own(actor, actor.department_id, Role.CATALOGUER) and actor.department_id != entry.department_id


def require_ask(actor: Actor, entry: Entry) -> None:
    """Refuse whoever asks for nothing here.

    Raises:
        NotAllowed: no cataloguer, or the data are the own department's.
    """
    if not is_own(actor, actor.department_id, Role.CATALOGUER):
        refuse(actor, _("A cataloguer of a department asks for data."))
    if actor.department_id == entry.department_id:
        raise NotAllowed(_("These are the data of your own department: no request is needed."))


def require_ask_at_all(actor: Actor) -> None:
    """Refuse whoever asks for no data.

    Raises:
        NotAllowed: no cataloguer of a department.
    """
    if not is_own(actor, actor.department_id, Role.CATALOGUER):
        refuse(actor, _("A cataloguer of a department asks for data."))


def can_take(actor: Actor, entry: Entry) -> bool:
    """Take data that are shared unconditionally: cataloguer or head of any other department."""
    is_somebody = is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)
    return is_somebody and actor.department_id != entry.department_id


def require_take(actor: Actor, entry: Entry) -> None:
    """Refuse whoever takes no data here.

    Raises:
        NotAllowed: neither cataloguer nor head, or the data are the own department's.
    """
    if not is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD):
        refuse(actor, _("A cataloguer or head of a department takes data."))
    if actor.department_id == entry.department_id:
        raise NotAllowed(_("These are the data of your own department: no request is needed."))


def can_file(actor: Actor, request: ShareRequest) -> bool:
    """Edit, submit, recall, supplement: a cataloguer of the requesting department."""
    return is_own(actor, request.department_id, Role.CATALOGUER)


def require_file(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever does not file for the requesting department.

    Raises:
        NotAllowed: no cataloguer of the requesting department.
    """
    if not can_file(actor, request):
        raise NotAllowed(_("Only a cataloguer of the requesting department may do this."))


def can_agree(actor: Actor, request: ShareRequest) -> bool:
    """Agree that the own department asks (809, Art. 20): its head, who did not submit it."""
    return is_own(actor, request.department_id, Role.HEAD) and actor.id != request.submitted_by_id


def require_agree(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever does not agree for the requesting department.

    Raises:
        NotAllowed: not its head. OwnRequest: he submitted it himself.
    """
    if not is_own(actor, request.department_id, Role.HEAD):
        raise NotAllowed(_("The sharing office head of the requesting department agrees first."))
    if actor.id == request.submitted_by_id:
        raise OwnRequest


def can_withdraw(actor: Actor, request: ShareRequest) -> bool:
    """Withdraw: cataloguer or head of the requesting department; what the head took to the authority only he."""
    roles = (Role.HEAD,) if request.status == RequestStatus.DISPUTED else (Role.CATALOGUER, Role.HEAD)
    return is_own(actor, request.department_id, *roles)


def require_withdraw(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever is not of the requesting department.

    Raises:
        NotAllowed: neither its cataloguer nor its head; of a dispute, not its head.
    """
    if not can_withdraw(actor, request):
        if request.status == RequestStatus.DISPUTED:
            raise NotAllowed(_("The sharing office head of the requesting department takes a dispute back."))
        raise NotAllowed(_("Only the requesting department may do this."))


def require_dispute(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever may not take an answer to the authority.

    Raises:
        NotAllowed: not the head of the requesting department.
    """
    if not is_own(actor, request.department_id, Role.HEAD):
        raise NotAllowed(_("The sharing office head of the requesting department takes a dispute to the authority."))


# --- Deciding -------------------------------------------------------------------------------------------------------


def _took_part(actor: Actor, request: ShareRequest) -> bool:
    """Say whether somebody asked for it himself, or agreed to it for the department that asks."""
    return actor.id in (request.submitted_by_id, request.filed_by_id)


def can_check(actor: Actor, request: ShareRequest) -> bool:
    """Check the form: a reviewer of the authority in charge of the provider."""
    return reviews_for(actor, request.authority_id) and not _took_part(actor, request)


def require_check(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever does not check requests here.

    Raises:
        NotAllowed: no reviewer of the authority in charge.
    """
    if not can_check(actor, request):
        raise NotAllowed(_("Only a reviewer of the data authority in charge checks the form of requests."))


def can_answer(actor: Actor, request: ShareRequest) -> bool:
    """Answer for the provider (809, Art. 20 and 21): its sharing office head."""
    return is_own(actor, request.entry.department_id, Role.HEAD) and not _took_part(actor, request)


def require_answer(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever does not answer for the provider.

    Raises:
        NotAllowed: not the head of the providing department.
    """
    if not can_answer(actor, request):
        raise NotAllowed(_("The sharing office head of the providing department answers requests."))


def can_decide(actor: Actor, request: ShareRequest) -> bool:
    """Decide on a request for withheld data or in a dispute: a reviewer of the authority before which it lies.

    Nobody settles a dispute over what he decided himself, nor decides on what he spoke to for the provider.
    """
    may = reviews_for(actor, request.authority_id) and not _took_part(actor, request)
    return may and own_cause(actor, request) is None


def own_cause(actor: Actor, request: ShareRequest) -> NotAllowed | None:
    """Return why somebody who decides for the authority leaves this one to another."""
    if request.status == RequestStatus.DISPUTED and actor.id == request.decided_by_id:
        return OwnDecision()
    return OwnOpinion() if request.provider_speakers.filter(pk=actor.id).exists() else None


def require_decide(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever does not decide for the authority.

    Raises:
        NotAllowed: no reviewer of the authority before which it lies. OwnDecision: the dispute is over his decision.
        OwnOpinion: he spoke for the provider.
    """
    if not can_decide(actor, request):
        if reviews_for(actor, request.authority_id) and (own := own_cause(actor, request)):
            raise own
        raise NotAllowed(_("Only a reviewer of the data authority in charge may decide on this."))


def require_decide_or_answer(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever has no say, before the state is looked at.

    While it waits for the provider or the authority, that is who has the say. Later either may find it decided by
    somebody who was faster, which is no matter of rights.

    Raises:
        NotAllowed: neither the provider's head nor a reviewer of the authority in charge.
    """
    if request.status == RequestStatus.AWAITING_AUTHORITY:
        require_decide(actor, request)
    elif request.status in WAITING_STATUSES or not can_decide(actor, request):
        require_answer(actor, request)


def require_return(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever sends nothing back, before the state is looked at: the own head, and a reviewer at the form check.

    Once it is with the authority either may find it passed on by somebody who was faster.

    Raises:
        NotAllowed: neither of them, or not at this stage. OwnRequest: he submitted it himself.
    """
    if request.status == RequestStatus.AWAITING_CHECK:
        require_check(actor, request)
    elif request.status == RequestStatus.AWAITING_HEAD or not can_check(actor, request):
        require_agree(actor, request)


def can_deliver(actor: Actor, request: ShareRequest) -> bool:
    """Name the data that a request gets: cataloguer or head of the provider."""
    return is_own(actor, request.entry.department_id, Role.CATALOGUER, Role.HEAD)


def require_deliver(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever does not deliver for the provider.

    Raises:
        NotAllowed: neither cataloguer nor head of the providing department.
    """
    if not can_deliver(actor, request):
        raise NotAllowed(_("Only the providing department delivers."))


def can_count(actor: Actor, request: ShareRequest) -> bool:
    """Have rows counted in bands: who asks, or an authority above the provider; no contractor."""
    is_above = supervises(actor, request.entry.department.region.path) and not actor.is_contractor
    return can_file(actor, request) or is_above


def require_count(actor: Actor, request: ShareRequest) -> None:
    """Refuse whoever may not have rows counted.

    Raises:
        NotAllowed: neither a cataloguer of the requesting department nor an authority, or staff of a contractor.
    """
    if not can_count(actor, request):
        require_file(actor, request)


def can_see_exact_counts(actor: Actor, request: ShareRequest) -> bool:
    """Know exactly how many rows a filter meets: the provider's own people, whose rows they are.

    Not the authority: it sees rows masked at most, and exact figures for any condition would tell it what is masked.
    """
    return can_deliver(actor, request)


# --- Grants ---------------------------------------------------------------------------------------------------------


def provides(actor: Actor, grant: Grant) -> bool:
    """The head of the department whose data they are."""
    return is_own(actor, grant.dataset.entry.department_id, Role.HEAD)


def uses(actor: Actor, grant: Grant, *roles: Role) -> bool:
    """Somebody of the department that holds the grant."""
    return is_own(actor, grant.department_id, *roles)


def supervises_either(actor: Actor, grant: Grant) -> bool:
    """An authority above the provider, or above who holds the grant: it answers for the use there (809, Art. 38)."""
    paths = (grant.dataset.entry.department.region.path, grant.department.region.path)
    return any(supervises(actor, path) for path in paths)


def can_suspend(actor: Actor, grant: Grant) -> bool:
    """Stop reading at once (809, Art. 27): the provider's head, an authority above either side, the security
    administrator."""
    is_secadmin = actor.is_person and actor.has_role(Role.SECADMIN)
    return provides(actor, grant) or supervises_either(actor, grant) or is_secadmin


def require_suspend(actor: Actor, grant: Grant) -> None:
    """Refuse whoever may not suspend a grant.

    Raises:
        NotAllowed: see ``can_suspend``.
    """
    if not can_suspend(actor, grant):
        raise NotAllowed(
            _("Provider, data authority or security administrator suspend a grant; the requester ends its own.")
        )


def side_suspending(actor: Actor, grant: Grant) -> Side:
    """Return for whom somebody suspends a grant that he may suspend; of two sides the one that fewer may lift."""
    if actor.has_role(Role.SECADMIN):
        return Side.SECURITY
    return Side.PROVIDER if provides(actor, grant) else Side.AUTHORITY


def is_own_word(actor: Actor, held: GrantSuspension) -> bool:
    """Say whether a suspension is the actor's own side's; of authorities it is that of his very region."""
    is_his = held.department is not None and held.department.region.path == actor.region_path
    return (is_his or held.side != Side.AUTHORITY) and held.side == side_suspending(actor, held.grant)


def can_undo(actor: Actor, grant: Grant, side: str, authority: Department | None) -> bool:
    """Take back what a side did to a grant, or find in order what it found: the side itself, of authorities that of the
    very region, or the provider's authority if not lower than that.

    An authority that is above neither department any more, since one moved away, leaves it to those above them now: to
    the provider's, or to the holder's if not lower.

    Args:
        authority: which it was, where the side is the authority; None where nobody knows any more.
    """
    provider, holder = grant.dataset.entry.department.region.path, grant.department.region.path
    may = supervises(actor, provider)
    if side == Side.AUTHORITY and authority is not None:
        by = authority.region.path
        is_as_high = actor.region_path.count("/") <= by.count("/")
        if any(f"{path}/".startswith(f"{by}/") for path in (provider, holder)):
            return (reviews(actor) and actor.region_path == by) or (may and is_as_high)
        return may or (is_as_high and supervises(actor, holder))
    own = provides(actor, grant) if side == Side.PROVIDER else actor.is_person and actor.has_role(Role.SECADMIN)
    return may or (own and side != Side.AUTHORITY)


def can_lift(actor: Actor, held: GrantSuspension) -> bool:
    """Lift a suspension: see ``can_undo``."""
    return can_undo(actor, held.grant, held.side, held.department)


def can_clear(actor: Actor, held: GrantSuspension) -> bool:
    """Have a suspension stand against nobody any more by finding the use in order once the grant is over.

    No finding of one side clears another's stop; but the security administrator inspects nothing: the authority does.
    """
    return provides(actor, held.grant) if held.side == Side.PROVIDER else can_lift(actor, held)


def require_provide(actor: Actor, grant: Grant) -> None:
    """Refuse whoever does not answer for the data.

    Raises:
        NotAllowed: not the head of the providing department.
    """
    if not provides(actor, grant):
        raise NotAllowed(_("The sharing office head of the providing department does this."))


def require_use(actor: Actor, grant: Grant, *roles: Role) -> None:
    """Refuse whoever is not of the department that holds the grant.

    Raises:
        NotAllowed: another department, or none of the roles.
    """
    if not uses(actor, grant, *roles):
        raise NotAllowed(_("Only the department that holds the grant may do this."))


def require_supervise(actor: Actor, grant: Grant) -> None:
    """Refuse whoever is no authority above the provider.

    Raises:
        NotAllowed: no reviewer of such an authority.
    """
    if not supervises(actor, grant.dataset.entry.department.region.path):
        raise NotAllowed(_("Only a reviewer of the data authority in charge may do this."))


def require_accept_terms(actor: Actor) -> None:
    """Refuse whoever cannot bind a department.

    Raises:
        NotAllowed: no sharing office head.
    """
    if not is_own(actor, actor.department_id, Role.HEAD):
        raise NotAllowed(_("The sharing office head accepts the terms for the department."))


def require_keep_policy(actor: Actor, region_path: str) -> None:
    """Refuse whoever does not set how a region goes about requests.

    Raises:
        NotAllowed: no reviewer of its authority or of one above.
    """
    if actor.is_system and actor.username == DEMO_JOB:
        return
    if not supervises(actor, region_path):
        raise NotAllowed(_("How requests are handled is set by the region's data authority."))


def can_keep_policies(actor: Actor) -> bool:
    """Set how the own region and those below it go about requests: a reviewer of an authority."""
    return reviews(actor)


def require_keep_policies(actor: Actor) -> None:
    """Refuse whoever keeps no region's policy.

    Raises:
        NotAllowed: no reviewer of an authority.
    """
    if not can_keep_policies(actor):
        raise NotAllowed(_("How requests are handled is set by the region's data authority."))


def can_restore_rights(actor: Actor) -> bool:
    """Look at differences between rights and grants, and mend them."""
    return actor.is_person and actor.has_role(Role.SECADMIN)


def require_restore_rights(actor: Actor) -> None:
    """Refuse whoever does not handle incidents.

    Raises:
        NotAllowed: no security administrator.
    """
    if not can_restore_rights(actor):
        raise NotAllowed(_("Differences between rights and grants are handled by the security administrator."))
