"""The provider's consent to passing its data on: without it no row of a grant goes into a library (809, Art. 25)."""

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from catalog.models import Entry, Library
from collection.models import Dataset
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, NotVisible, RuleViolation, StaleEdit
from core.faults import held_apart
from libraries import policies, transitions
from libraries.belonging import library_of
from libraries.choices import PartConsent
from libraries.digests import asked_of
from libraries.models import Part
from libraries.selectors import PART_ENTRIES, composition_of, part_asked_get_for, parts_of
from libraries.services.leaving import TASK_LEAVE, moved_leave, moved_since, part_leave, parts_left
from workflow import outbox
from workflow import services as workflow
from workflow.selectors import subjects_waiting

TASK_CONSENT = "libraries.part.consent"
ANSWERED_EVENT = "libraries.part.answered"
MOVED_EVENT = "libraries.dataset.moved"


def consent_ask(part: Part, dataset: Dataset) -> None:
    """Put a source into the inbox of its provider's head, who is asked for the library that the data belong to."""
    part.library = library_of(dataset)
    part.save(update_fields=["library"])
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
def entry_moved(*, entry: Entry, library: Library | None) -> None:
    """Have providers asked anew, once the entry is published, whose word was given for another library than it names.

    Who is asked locks the library's data, which whoever holds an entry may not wait for.
    """
    agreed = Part.objects.filter(composition__dataset__entry=entry, removed_at__isnull=True, grant__isnull=False)
    moved = agreed.exclude(library=library).order_by("composition__dataset")
    for dataset_id in moved.values_list("composition__dataset", flat=True).distinct() if library is not None else ():
        outbox.put(MOVED_EVENT, dataset_id=dataset_id)


@transaction.atomic
def consents_follow(*, actor: Actor, dataset_id: int) -> int:
    """Ask the providers anew whose word was given for another library of the same lead; return of how many sources.

    What is published leaves after a day, as it does where one refuses; the source comes back once he agrees.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    found = Dataset.objects.select_for_update(of=("self",)).select_related(*_LIBRARY_ENTRY)
    dataset = found.get(pk=dataset_id)
    library, composition = library_of(dataset), composition_of(dataset_id)
    if library is None or composition is None:
        return 0  # all of its sources leave
    granted = parts_of(composition).filter(grant__isnull=False).exclude(consent=PartConsent.REFUSED)
    moved = list(granted.exclude(library=library))
    for part in moved:
        before, part.consent = part.consent, transitions.PART.apply("ask", part.consent).target
        part.save(update_fields=["consent"])
        consent_ask(part, dataset)
        moved_leave(part=part)
        after = {"consent": part.consent, "library": str(library)}
        audit.record(actor, "libraries.part.change", part, before={"consent": before}, after=after)
    return len(moved)


def moved_left_over_follow() -> int:
    """Tell of what is published on a word for another library, where nobody told when it moved; return of how many."""
    told, left = subjects_waiting(TASK_LEAVE), 0
    awaiting = Part.objects.filter(consent=PartConsent.AWAITING, grant__isnull=False, removed_at__isnull=True)
    for part in awaiting.exclude(pk__in=told).select_related(*PART_ENTRIES).order_by("composition__dataset", "pk"):
        with held_apart("library_moved_not_asked", part=part.pk):
            if moved_since(part) is not None:
                left += moved_leave(part=part)
    return left


_LIBRARY_ENTRY = ["entry__department", "entry__published_revision__library", "entry__working_revision__library"]


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
        .select_related(
            *(f"composition__dataset__{one}" for one in _LIBRARY_ENTRY), "grant__dataset__entry__department"
        )
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
    part.library = library_of(part.composition.dataset)
    part.save(update_fields=["library", "consent", "consent_note", "consent_at", "consent_by_name", "refused_at"])
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
