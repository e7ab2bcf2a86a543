"""What every step of a review does besides its own change: keep the decision, refresh the state, mind the clocks."""

from django.utils.translation import gettext as _

from accounts.models import Department
from catalog import search_index
from catalog.choices import DecisionAction, EntryStatus, WithdrawalStatus
from catalog.models import Decision, Entry, Revision
from catalog.selectors import authority_in_charge
from core import clock
from core.actors import Actor
from core.basis import Citation
from core.exceptions import InvalidTransition
from workflow import services as workflow
from workflow.models import Clock

CLOCK_REVIEW_UPDATE = "catalog_review"
CLOCK_REVIEW_FIRST = "first_filing_review"
CLOCK_SIGN_OFF = "head_signoff"
CLOCK_UPDATE = "catalog_update"

TASK_SIGN_OFF = "catalog.sign_off"
TASK_REVIEW = "catalog.review"
TASK_CORRECT = "catalog.correct"


REVIEW_CLOCKS = (CLOCK_SIGN_OFF, CLOCK_REVIEW_FIRST, CLOCK_REVIEW_UPDATE)
REVIEW_TASKS = (TASK_SIGN_OFF, TASK_REVIEW)


def review_clock_start(
    actor: Actor, policy_key: str, entry: Entry, *, department_id: int | None = None, region_id: int | None = None
) -> Clock:
    """Start the clock of the stage that begins now; the duty is the provider's unless another is named."""
    return workflow.clock_start(
        actor=actor,
        policy_key=policy_key,
        subject=entry,
        department_id=department_id or entry.department_id,
        region_id=region_id or entry.department.region_id,
    )


def waiting_stop(actor: Actor, entry: Entry) -> None:
    """End the clocks and tasks of the stage that has just been decided, or left by a recall."""
    for key in REVIEW_CLOCKS:
        workflow.clock_stop(actor=actor, subject=entry, policy_key=key)
    for kind in REVIEW_TASKS:
        workflow.task_close(actor=actor, subject=entry, kind=kind)


def authority_to_file_with(entry: Entry) -> Department:
    """Return the authority that decides on what the provider's head signs off now.

    Raises:
        InvalidTransition: no authority is in charge of the provider's region.
    """
    authority = authority_in_charge(entry.department)
    if authority is None:
        raise InvalidTransition(_("No data authority is set up for this region. Ask the system administrator."))
    return authority


def entry_refresh(entry: Entry, *, is_content_new: bool = False) -> None:
    """Bring the entry's shown state in line with its revisions, count the change, save, and keep the lists in step.

    Args:
        is_content_new: what it is found by has changed too: its code, its current revision, or whether it is found.
    """
    working = entry.working_revision
    if entry.withdrawal == WithdrawalStatus.WITHDRAWN:
        entry.status = EntryStatus.WITHDRAWN
    elif entry.withdrawal != WithdrawalStatus.NONE:
        entry.status = EntryStatus.WITHDRAWAL_PENDING
    elif entry.published_revision is not None:
        entry.status = EntryStatus.PUBLISHED
    elif working is not None:
        entry.status = EntryStatus(working.status)
    entry.edit_version += 1
    entry.updated_at = clock.now()
    entry.save()
    if is_content_new:
        search_index.entry_index(entry)
    else:
        search_index.entry_relist(entry)


def decision_record(
    actor: Actor,
    entry: Entry,
    revision: Revision | None,
    action: DecisionAction,
    opinion: str = "",
    basis: Citation | None = None,
    sharing: str = "",
) -> Decision:
    """Keep one step of the entry's way for its page; the trail has its own row."""
    return Decision.objects.create(
        entry=entry,
        revision=revision,
        action=action,
        opinion=opinion.strip(),
        actor_id=actor.id,
        actor_name=actor.name,
        department_name=actor.department_name,
        sharing=sharing,
        basis=str(basis or ""),
        at=clock.now(),
    )
