"""The provider's consent to passing its data on: without it no row of a grant goes into a library (809, Art. 25)."""

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from collection.models import Dataset
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, NotVisible, RuleViolation, StaleEdit
from libraries import policies, transitions
from libraries.digests import asked_of
from libraries.models import Part
from libraries.selectors import part_asked_get_for
from libraries.services.leaving import part_leave, parts_left
from workflow import outbox
from workflow import services as workflow

TASK_CONSENT = "libraries.part.consent"
ANSWERED_EVENT = "libraries.part.answered"


def consent_ask(part: Part, dataset: Dataset) -> None:
    """Put a source into the inbox of its provider's head."""
    workflow.task_open(
        kind=TASK_CONSENT,
        subject=part,
        title=f"{part.dataset.name} → {dataset.name}",
        detail=format_lazy(gettext_lazy("Asked by {department}"), department=dataset.entry.department.name),
        url=reverse("libraries:part_answer", args=[part.pk]),
        department_id=part.dataset.entry.department_id,
        role=Role.HEAD,
    )


@transaction.atomic
def part_answer(*, actor: Actor, part_id: int, is_agreed: bool, edit_version: str, reason: str = "") -> Part:
    """Agree for the provider that what a grant gives goes into a library, or refuse; either can be changed later.

    Where what is refused has gone into it already, the lead has to take it out.

    Args:
        edit_version: what was asked when the actor looked (``selectors.asked_of``).

    Raises:
        NotVisible, NotAllowed: not the provider's head, or staff of a contractor.
        InvalidTransition: this was answered so already. RuleViolation: a refusal without a reason.
        StaleEdit: something else is asked by now; nobody agrees to what he has not seen.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    seen = part_asked_get_for(actor, part_id)
    # What is built from it is handed over under the same lock: a refusal is before it, or after it.
    Dataset.objects.select_for_update(of=("self",)).get(pk=seen.composition.dataset_id)
    part = (
        Part.objects.select_for_update(of=("self",))
        .select_related("composition__dataset__entry", "grant__dataset__entry__department")
        .filter(pk=part_id, removed_at__isnull=True, grant__isnull=False)
        .first()
    )
    if part is None or part.grant is None:
        raise NotVisible
    policies.require_answer_part(actor, part.grant)
    asked = asked_of(part)
    if is_agreed and edit_version != asked:
        message = _("The lead asks for something else by now. Look again at what goes into the library, then answer.")
        raise StaleEdit(message, extra={"edit_version": asked})
    step = transitions.PART.apply("agree" if is_agreed else "refuse", part.consent)
    if not is_agreed and not reason.strip():
        raise RuleViolation([FieldError("reason", "required", _("Give the reasons."))])
    before, part.consent = part.consent, step.target
    part.consent_note, part.consent_at, part.consent_by_name = reason.strip(), clock.now(), actor.name
    part.refused_at = None if is_agreed else part.refused_at or part.consent_at
    part.save(update_fields=["consent", "consent_note", "consent_at", "consent_by_name", "refused_at"])
    audit.record(
        actor,
        "libraries.part.answer",
        part,
        before={"consent": before},
        after={"consent": part.consent},
        note=part.consent_note,
        basis=step.basis,
    )
    workflow.task_close(actor=actor, subject=part, kind=TASK_CONSENT)
    outbox.put(ANSWERED_EVENT, part_id=part.pk)
    if is_agreed:
        parts_left(dataset_id=part.composition.dataset_id)
    else:
        part_leave(part=part)
    return part
