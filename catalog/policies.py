"""Who may do what to an entry. Visibility is in ``catalog.selectors.entry``; here the entry is already visible."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog import contractors, transitions
from catalog.choices import EntryStatus, RevisionStatus, WithdrawalStatus
from catalog.exceptions import OwnSubmission
from catalog.models import Entry, Library, LibraryGroupObjectPermission, Revision
from core.actors import Actor, ActorKind
from core.exceptions import NotAllowed

FILING_JOB = "catalog-import-filing"
APPROVING_JOB = "catalog-import-approval"
"""The two system actors of a publishing import: one files and signs off, the other approves (ADR 0040)."""


FILING_SCOPE = "catalog:write"
"""Scope of a machine's token that files for its department."""


def files_by_token(actor: Actor) -> bool:
    """Say whether this is a machine that files for its department: what a cataloguer does before the sign-off."""
    return actor.kind is ActorKind.CLIENT and FILING_SCOPE in actor.scopes


def is_own_department(actor: Actor, entry: Entry) -> bool:
    return actor.department_id is not None and actor.department_id == entry.department_id


def _is_job(actor: Actor, name: str) -> bool:
    return actor.is_system and actor.username == name


def can_create_entry(actor: Actor) -> bool:
    """A cataloguer files for his own department, and so does its machine; staff of a contractor open nothing."""
    is_cataloguer = actor.is_person and actor.has_role(Role.CATALOGUER) and not actor.is_contractor
    return is_cataloguer or files_by_token(actor) or _is_job(actor, FILING_JOB)


def can_file_entry(actor: Actor, entry: Entry) -> bool:
    """Edit, submit, recall, revise or ask for withdrawal: the cataloguer of the providing department.

    Staff of a contractor do so for the entries for which they are named alone.
    """
    if actor.is_contractor:
        is_cataloguer = actor.has_role(Role.CATALOGUER) and is_own_department(actor, entry)
        return is_cataloguer and contractors.is_named(actor, entry)
    return can_create_entry(actor) and (actor.is_system or is_own_department(actor, entry))


def can_sign_off_revision(actor: Actor, entry: Entry, revision: Revision) -> bool:
    """The head of the providing department's sharing office, not the submitter (809 Art. 13)."""
    if _is_job(actor, FILING_JOB):
        return True
    return actor.is_person and actor.has_role(Role.HEAD) and is_own_department(actor, entry)


def can_review_revision(actor: Actor, revision: Revision) -> bool:
    """A reviewer of the authority to which the revision was filed (809 Art. 16)."""
    if _is_job(actor, APPROVING_JOB):
        return True
    return actor.is_person and actor.has_role(Role.REVIEWER) and actor.department_id == revision.authority_id


def can_be_discarded(entry: Entry) -> bool:
    """An entry that was submitted has a code, and with it stays; a revision of a published one can go."""
    return not entry.code or entry.published_revision is not None


def can_review(actor: Actor) -> bool:
    """Sign off or review at all: a head or an authority's reviewer."""
    return actor.is_person and actor.has_role(Role.HEAD, Role.REVIEWER)


def can_decide_entry(actor: Actor, entry: Entry) -> bool:
    """Take part in the review of an entry at one of its stages, whichever it stands at now."""
    if actor.is_system:
        return actor.username in (FILING_JOB, APPROVING_JOB)
    if not actor.is_person:
        return False
    if actor.has_role(Role.HEAD) and is_own_department(actor, entry):
        return True
    revisions = (entry.working_revision, entry.published_revision)
    authorities = {one.authority_id for one in revisions if one} | {entry.withdrawal_authority_id}
    return actor.has_role(Role.REVIEWER) and actor.department_id in authorities - {None}


def _is_party(actor: Actor, *user_ids: int | None) -> bool:
    return actor.is_person and actor.id in user_ids


def require_create_entry(actor: Actor) -> None:
    if not can_create_entry(actor):
        if actor.is_contractor:
            raise NotAllowed(_("Contractor staff open and import no entries. A cataloguer of the department does."))
        raise NotAllowed(_("Only a cataloguer may file entries. Ask your department's head for the role."))


def require_file_entry(actor: Actor, entry: Entry) -> None:
    if not can_file_entry(actor, entry):
        if actor.is_contractor and is_own_department(actor, entry):
            raise NotAllowed(
                _("Contractor staff work on the entries for which they are named. Ask the head of the sharing office.")
            )
        raise NotAllowed(_("Only a cataloguer of the providing department may do this."))


def require_review(actor: Actor) -> None:
    if not can_review(actor):
        raise NotAllowed(_("Only a department's sharing office head or a reviewer of the data authority reviews."))


def require_decide_entry(actor: Actor, entry: Entry) -> None:
    """Refuse those who decide at no stage, before the state is looked at: they may not, whatever it is."""
    if not can_decide_entry(actor, entry):
        raise NotAllowed(
            _("Only the department's sharing office head and the reviewers of the data authority in charge decide.")
        )


def require_sign_off_revision(actor: Actor, entry: Entry, revision: Revision) -> None:
    if not can_sign_off_revision(actor, entry, revision):
        raise NotAllowed(_("Only the sharing office head of the providing department may sign this off."))
    if _is_party(actor, revision.submitted_by_id):
        raise OwnSubmission


def require_review_revision(actor: Actor, revision: Revision) -> None:
    if not can_review_revision(actor, revision):
        raise NotAllowed(_("Only a reviewer of the data authority in charge may decide on this."))
    if _is_party(actor, revision.submitted_by_id, revision.signed_by_id):
        raise OwnSubmission


def require_sign_off_withdrawal(actor: Actor, entry: Entry) -> None:
    if not (actor.is_person and actor.has_role(Role.HEAD) and is_own_department(actor, entry)):
        raise NotAllowed(_("Only the sharing office head of the providing department may sign this off."))
    if _is_party(actor, entry.withdrawal_by_id):
        raise OwnSubmission


def can_review_withdrawal(actor: Actor, entry: Entry) -> bool:
    """A reviewer of the authority before which the withdrawal lies."""
    return actor.is_person and actor.has_role(Role.REVIEWER) and actor.department_id == entry.withdrawal_authority_id


def require_review_withdrawal(actor: Actor, entry: Entry) -> None:
    if not can_review_withdrawal(actor, entry):
        raise NotAllowed(_("Only a reviewer of the data authority in charge may decide on this."))
    if _is_party(actor, entry.withdrawal_by_id, entry.withdrawal_head_id):
        raise OwnSubmission


def refusal_to_decide(actor: Actor, entry: Entry) -> NotAllowed | None:
    """Return why the actor may not decide on what waits now, or None where he may; for pages to say beforehand."""
    working = entry.working_revision
    try:
        require_decide_entry(actor, entry)
        if entry.withdrawal == WithdrawalStatus.AWAITING_HEAD:
            require_sign_off_withdrawal(actor, entry)
        elif entry.withdrawal == WithdrawalStatus.AWAITING_AUTHORITY:
            require_review_withdrawal(actor, entry)
        elif working is not None and working.status == RevisionStatus.AWAITING_HEAD:
            require_sign_off_revision(actor, entry, working)
        elif working is not None and working.status == RevisionStatus.AWAITING_AUTHORITY:
            require_review_revision(actor, working)
    except NotAllowed as refusal:
        return refusal
    return None


def can_administer_classification(actor: Actor) -> bool:
    """The authority's reviewer keeps the classification, the standard and the libraries."""
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)


def require_administer_classification(actor: Actor) -> None:
    if not can_administer_classification(actor):
        raise NotAllowed(_("Only a reviewer of the data authority may change the classification."))


def can_edit_library(actor: Actor, library: Library) -> bool:
    """Only the lead department edits its library: its group holds the guardian permission on that row."""
    return (
        actor.is_person
        and actor.has_role(Role.CATALOGUER, Role.HEAD)
        and not actor.is_contractor
        and LibraryGroupObjectPermission.objects.filter(
            content_object=library,
            group__department=actor.department_id,
            permission__codename="edit_library",
        ).exists()
    )


def require_edit_library(actor: Actor, library: Library) -> None:
    if not can_edit_library(actor, library):
        raise NotAllowed(_("Only the library's lead department may change it."))


def can_record_duty_change(actor: Actor) -> bool:
    """The authority records changes for its region; a department's head or cataloguer for his own department.

    Not staff of a contractor: what is recorded binds the department.
    """
    return actor.is_person and not actor.is_contractor and actor.has_role(Role.REVIEWER, Role.HEAD, Role.CATALOGUER)


def require_extend_duty_change(actor: Actor) -> None:
    """Refuse whoever cannot consent to a longer time for any entry; which authority may is asked per entry."""
    if not (actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)):
        raise NotAllowed(_("Only the data authority in charge may consent to an extension."))


def can_record_duty_change_for(actor: Actor, entry: Entry) -> bool:
    """A department records what concerns its own entries, an authority what concerns those of its region."""
    if not can_record_duty_change(actor):
        return False
    if is_own_department(actor, entry) and actor.has_role(Role.HEAD, Role.CATALOGUER):
        return True
    within = f"{entry.department.region.path}/".startswith(f"{actor.region_path}/")
    return actor.is_authority and actor.has_role(Role.REVIEWER) and within


def require_record_duty_change(actor: Actor) -> None:
    if not can_record_duty_change(actor):
        raise NotAllowed(_("Only a cataloguer, a head or the authority may record a change of law or duties."))


def allowed_actions(actor: Actor, entry: Entry) -> frozenset[str]:
    """Return the actions open to the actor on this entry now; buttons come from here, services check again.

    Four eyes are left to the services, so that the button stays and can say why it is closed.
    """
    working = entry.working_revision
    stages: list[tuple[str, Callable[[], bool]]] = []
    if working is not None:
        state = working.status
        stages += [
            ("edit", lambda: can_file_entry(actor, entry)),
            ("submit", lambda: can_file_entry(actor, entry)),
            ("recall", lambda: can_file_entry(actor, entry)),
            ("discard", lambda: can_file_entry(actor, entry) and can_be_discarded(entry)),
        ]
        if state == RevisionStatus.AWAITING_HEAD:
            stages += [(name, lambda: can_sign_off_revision(actor, entry, working)) for name in ("sign_off", "return")]
        if state == RevisionStatus.AWAITING_AUTHORITY:
            stages += [(name, lambda: can_review_revision(actor, working)) for name in ("approve", "return")]
        return frozenset(name for name, may in stages if transitions.REVISION.allows(name, state) and may())
    if entry.status == EntryStatus.PUBLISHED:
        return frozenset({"revise", "withdraw"}) if can_file_entry(actor, entry) else frozenset()
    if entry.withdrawal in (WithdrawalStatus.AWAITING_HEAD, WithdrawalStatus.AWAITING_AUTHORITY):
        actions: set[str] = set()
        if can_file_entry(actor, entry):
            actions.add("recall")
        if (
            entry.withdrawal == WithdrawalStatus.AWAITING_HEAD
            and actor.has_role(Role.HEAD)
            and is_own_department(actor, entry)
        ):
            actions |= {"sign_off", "return"}
        if entry.withdrawal == WithdrawalStatus.AWAITING_AUTHORITY and can_review_withdrawal(actor, entry):
            actions |= {"approve", "return"}
        return frozenset(actions)
    return frozenset()
