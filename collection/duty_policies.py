"""Who may do what with collection duties, consents and erasures. The thing itself is already visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.exceptions import OwnSubmission
from collection.models import CollectionDuty, Dataset, DutyRevision, Erasure
from core.actors import Actor
from core.exceptions import NotAllowed

ERASURE_JOB = "collection-erasure"


def is_own(actor: Actor, department_id: int) -> bool:
    """Cataloguer or head of a department: its own people, who see everything of it; a contractor's are none."""
    return _is_of(actor, department_id) and actor.has_role(Role.CATALOGUER, Role.HEAD)


def _is_of(actor: Actor, department_id: int) -> bool:
    return actor.is_person and actor.department_id == department_id and not actor.is_contractor


def _is_cataloguer_of(actor: Actor, department_id: int) -> bool:
    return _is_of(actor, department_id) and actor.has_role(Role.CATALOGUER)


def _is_head_of(actor: Actor, department_id: int) -> bool:
    return actor.is_person and actor.department_id == department_id and actor.has_role(Role.HEAD)


def reviews(actor: Actor) -> bool:
    """A reviewer of an authority."""
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)


# --- Duties ---------------------------------------------------------------------------------------------------------


def can_create_duty(actor: Actor) -> bool:
    """A cataloguer files for his own department; nobody of a contractor does."""
    return actor.department_id is not None and _is_cataloguer_of(actor, actor.department_id)


def require_create_duty(actor: Actor) -> None:
    """Refuse whoever files nothing.

    Raises:
        NotAllowed: the actor is no cataloguer.
    """
    if not can_create_duty(actor):
        raise NotAllowed(_("Only a cataloguer files what a department collects."))


def can_file_duty(actor: Actor, duty: CollectionDuty) -> bool:
    """Edit, check, submit, recall, revise or end: the cataloguer of the collecting department."""
    return _is_cataloguer_of(actor, duty.department_id)


def require_file_duty(actor: Actor, duty: CollectionDuty) -> None:
    """Refuse whoever does not file for this department.

    Raises:
        NotAllowed: the actor is no cataloguer of the collecting department.
    """
    if not can_file_duty(actor, duty):
        raise NotAllowed(_("Only a cataloguer of the collecting department may do this."))


def can_decide_duty(actor: Actor, duty: CollectionDuty) -> bool:
    """Take part in the decision at one of its stages, whichever it stands at now."""
    if _is_head_of(actor, duty.department_id):
        return True
    revisions = (duty.working, duty.registered)
    return reviews(actor) and any(one and one.authority_id == actor.department_id for one in revisions)


def require_decide_duty(actor: Actor, duty: CollectionDuty) -> None:
    """Refuse those who decide at no stage, before the state is looked at.

    Raises:
        NotAllowed: neither the department's head nor a reviewer of the authority in charge.
    """
    if not can_decide_duty(actor, duty):
        raise NotAllowed(
            _("Only the department's sharing office head and the reviewers of the data authority in charge decide.")
        )


def require_sign_off_duty(actor: Actor, duty: CollectionDuty, revision: DutyRevision) -> None:
    """Refuse whoever may not sign a revision off.

    Raises:
        NotAllowed: not the head of the collecting department.
        OwnSubmission: he submitted it himself.
    """
    if not _is_head_of(actor, duty.department_id):
        raise NotAllowed(_("Only the sharing office head of the collecting department may sign this off."))
    if actor.id == revision.submitted_by_id:
        raise OwnSubmission


def require_review_duty(actor: Actor, revision: DutyRevision) -> None:
    """Refuse whoever may not decide on what was filed.

    Raises:
        NotAllowed: no reviewer of the authority to which it was filed.
        OwnSubmission: he submitted it or signed it off himself.
    """
    if not (reviews(actor) and actor.department_id == revision.authority_id):
        raise NotAllowed(_("Only a reviewer of the data authority in charge may decide on this."))
    if actor.id in (revision.submitted_by_id, revision.signed_by_id):
        raise OwnSubmission


def _supervises(actor: Actor, duty: CollectionDuty) -> bool:
    within = f"{duty.department.region.path}/".startswith(f"{actor.region_path}/")
    return reviews(actor) and within


def sees_working(actor: Actor, duty: CollectionDuty) -> bool:
    """See the open revision: its own people in every state, the authorities once the head has signed it off."""
    if duty.working is None:
        return False
    return is_own(actor, duty.department_id) or (_supervises(actor, duty) and duty.working.signed_at is not None)


def sees_review(actor: Actor, duty: CollectionDuty) -> bool:
    """See what the checks found, the justifications and the comments: its own people and the authorities."""
    is_filed = any(one is not None and one.signed_at is not None for one in (duty.working, duty.registered))
    return is_own(actor, duty.department_id) or (_supervises(actor, duty) and is_filed)


def can_appoint_lead(actor: Actor) -> bool:
    """Name the lead source department of an item: a reviewer of an authority."""
    return reviews(actor)


def require_appoint_lead(actor: Actor) -> None:
    """Refuse whoever appoints nobody.

    Raises:
        NotAllowed: no reviewer of an authority.
    """
    if not can_appoint_lead(actor):
        raise NotAllowed(_("Only a reviewer of the data authority names the lead source department."))


# --- Consents -------------------------------------------------------------------------------------------------------


def can_see_consents(actor: Actor, duty: CollectionDuty) -> bool:
    """See who was asked and what they answered: the collecting department's cataloguer and head alone."""
    return is_own(actor, duty.department_id)


def require_record_consent(actor: Actor, duty: CollectionDuty) -> None:
    """Refuse whoever records no answers.

    Raises:
        NotAllowed: the actor is no cataloguer of the collecting department.
    """
    if not can_file_duty(actor, duty):
        raise NotAllowed(_("Only a cataloguer of the collecting department records answers."))


# --- Erasures -------------------------------------------------------------------------------------------------------


def can_see_erasures(actor: Actor, dataset: Dataset) -> bool:
    """Know that somebody demanded an erasure: the provider's cataloguer and head alone."""
    return is_own(actor, dataset.entry.department_id)


def require_see_erasures(actor: Actor) -> None:
    """Refuse whoever answers for no department's data.

    Raises:
        NotAllowed: neither cataloguer nor head.
    """
    if actor.department_id is None or not is_own(actor, actor.department_id):
        raise NotAllowed(_("Erasures are shown to the department whose data they concern."))


def require_ask_any_erasure(actor: Actor) -> None:
    """Refuse whoever could ask for no erasure at all.

    Raises:
        NotAllowed: no cataloguer.
    """
    if not can_create_duty(actor):
        raise NotAllowed(_("Only a cataloguer of the providing department asks for an erasure."))


def can_ask_erasure(actor: Actor, dataset: Dataset) -> bool:
    """Ask for an erasure: the provider's cataloguer."""
    return _is_cataloguer_of(actor, dataset.entry.department_id)


def require_ask_erasure(actor: Actor, dataset: Dataset) -> None:
    """Refuse whoever asks for no erasure.

    Raises:
        NotAllowed: no cataloguer of the providing department.
    """
    if not can_ask_erasure(actor, dataset):
        raise NotAllowed(_("Only a cataloguer of the providing department asks for an erasure."))


def can_retry_erasure(actor: Actor, dataset: Dataset) -> bool:
    """Have an approved erasure tried again: the provider's cataloguer or head; it is decided already."""
    return is_own(actor, dataset.entry.department_id)


def require_retry_erasure(actor: Actor, dataset: Dataset) -> None:
    """Refuse whoever does not answer for the data.

    Raises:
        NotAllowed: neither cataloguer nor head of the providing department.
    """
    if not can_retry_erasure(actor, dataset):
        raise NotAllowed(_("Erasures are shown to the department whose data they concern."))


def require_withdraw_erasure(actor: Actor, erasure: Erasure) -> None:
    """Refuse whoever may not end an erasure that is not carried out: what the head approved is the head's to end.

    Raises:
        NotAllowed: before the decision no cataloguer, after it not the head of the providing department.
        OwnSubmission: it was approved, and he asked for it himself.
    """
    if erasure.decided_by_id is None:
        require_ask_erasure(actor, erasure.dataset)
    else:
        require_decide_erasure(actor, erasure)


def can_withdraw_erasure(actor: Actor, erasure: Erasure) -> bool:
    """End an erasure that is not carried out: who may."""
    try:
        require_withdraw_erasure(actor, erasure)
    except NotAllowed:
        return False
    return True


def require_decide_erasure(actor: Actor, erasure: Erasure) -> None:
    """Refuse whoever may not approve or refuse an erasure.

    Raises:
        NotAllowed: not the head of the providing department.
        OwnSubmission: he asked for it himself.
    """
    if not _is_head_of(actor, erasure.dataset.entry.department_id):
        raise NotAllowed(_("Only the sharing office head of the providing department decides on an erasure."))
    if actor.id == erasure.asked_by_id:
        raise OwnSubmission
