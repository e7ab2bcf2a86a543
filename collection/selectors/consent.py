"""Consents of a duty, as the collecting department's own people see them; never a number, never a hash."""

from django.db.models import Count, Q, QuerySet

from collection import duty_policies
from collection.duty_choices import ConsentDecision, Ground
from collection.models import CollectionDuty, ConsentRecord, ConsentText
from collection.selectors.duty import duty_get_for
from core.actors import Actor
from core.exceptions import NotVisible


def consent_duty_get_for(actor: Actor, duty_id: int, *, for_update: bool = False) -> CollectionDuty:
    """Return a duty whose consents the actor sees.

    Args:
        for_update: lock its row until the end of the transaction.

    Raises:
        NotVisible: there is none, or it is not the actor's department's.
    """
    duty = duty_get_for(actor, duty_id, for_update=for_update)
    if not duty_policies.can_see_consents(actor, duty):
        raise NotVisible
    return duty


def asks_for_consent(duty: CollectionDuty) -> bool:
    """Say whether a revision of the duty rests on consent."""
    return any(one is not None and one.ground == Ground.CONSENT for one in (duty.registered, duty.working))


def text_in_force(duty: CollectionDuty) -> ConsentText | None:
    """Return the words that people are asked to consent to now."""
    return ConsentText.objects.filter(duty=duty, retired_at__isnull=True).first()


def texts_of(duty: CollectionDuty) -> QuerySet[ConsentText]:
    """Return all wordings, latest first, with how many answered each."""
    return ConsentText.objects.filter(duty=duty).annotate(answers=Count("records")).order_by("-number")


def consents_filtered(duty: CollectionDuty, *, decision: str = "", channel: str = "") -> QuerySet[ConsentRecord]:
    """Return the answers that fit; ``withdrawn`` stands for consents that were withdrawn."""
    found = ConsentRecord.objects.filter(duty=duty).select_related("text")
    if decision == "withdrawn":
        found = found.filter(withdrawn_at__isnull=False)
    elif decision in ConsentDecision.values:
        found = found.filter(decision=decision, withdrawn_at__isnull=True)
    return found.filter(channel=channel) if channel else found


def consent_counts(duty: CollectionDuty) -> dict[str, int]:
    """Return of how many people the latest answer is a consent that holds, a refusal, or a consent withdrawn."""
    latest = (
        ConsentRecord.objects.filter(duty=duty)
        .order_by("subject_hash", "-at", "-pk")
        .distinct("subject_hash")
        .values("pk")
    )
    return ConsentRecord.objects.filter(pk__in=latest).aggregate(
        given=Count("pk", filter=Q(decision=ConsentDecision.GIVEN, withdrawn_at__isnull=True)),
        refused=Count("pk", filter=Q(decision=ConsentDecision.REFUSED)),
        withdrawn=Count("pk", filter=Q(withdrawn_at__isnull=False)),
    )


def consent_get_for(actor: Actor, duty_id: int, record_id: int, *, for_update: bool = False) -> ConsentRecord:
    """Return one answer.

    Args:
        for_update: lock the rows of duty and answer, in this order, until the end of the transaction.

    Raises:
        NotVisible: there is none, or it is none of the actor's department's.
    """
    duty = consent_duty_get_for(actor, duty_id, for_update=for_update)
    found = ConsentRecord.objects.filter(duty=duty, pk=record_id)
    if for_update:
        found = found.select_for_update(of=("self",))
    record = found.select_related("text").first()
    if record is None:
        raise NotVisible
    record.duty = duty
    return record


def consent_evidence_require(actor: Actor, duty_id: int, record_id: int) -> None:
    """Refuse where an answer has no evidence.

    Raises:
        NotVisible: there is none, or the actor does not see the answer.
    """
    if not consent_get_for(actor, duty_id, record_id).evidence:
        raise NotVisible
