"""Reading who suspended a grant: each side's suspension stands for itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed
from sharing import policies
from sharing.choices import OPEN_GRANT_STATUSES, GrantAction, GrantStatus
from sharing.models import Grant, GrantStep, GrantSuspension


def suspensions_open(grant: Grant) -> list[GrantSuspension]:
    """Return what suspends a grant, or stands against its holder after its end; the earliest first."""
    found = grant.suspensions.filter(closed_at__isnull=True)
    return list(
        found.select_related(
            "department__region",
            "misuse",
            "cause",
            "grant__dataset__entry__department__region",
            "grant__department__region",
        ).order_by("opened_at", "pk")
    )


def sides_in_words(held: Iterable[GrantSuspension]) -> list[str]:
    """Return whose suspensions these are, each side once."""
    return list(dict.fromkeys(one.get_side_display() for one in held))


def suspended_by_own(actor: Actor, grant: Grant) -> GrantSuspension | None:
    """Return the suspension of a grant that the actor's own side ordered, none that follows from another's."""
    own = (one for one in suspensions_open(grant) if one.cause_id is None and policies.is_own_word(actor, one))
    return next(own, None)


def suspended_since(grant: Grant) -> datetime | None:
    """Return since when nothing is given under a grant without a break; None where nobody suspends it."""
    return grant.suspensions.filter(closed_at__isnull=True).values_list("opened_at", flat=True).order_by("pk").first()


def require_resume(actor: Actor, grant: Grant, held: Sequence[GrantSuspension]) -> None:
    """Refuse whoever may lift none of the suspensions of a grant.

    Raises:
        NotAllowed: neither of a side that ordered one nor of the provider's authority; or, where there is none, nobody
            who could order one. InvalidTransition: it is suspended by nobody.
    """
    if not (any(policies.can_lift(actor, one) for one in held) if held else policies.can_suspend(actor, grant)):
        raise NotAllowed(_("A grant is resumed by who suspended it, or by the data authority."))
    if not held and grant.status == GrantStatus.SUSPENDED:
        message = _(
            "Nobody's suspension stands behind this state: there is nothing to lift. Tell the security administrator,"
            " who brings the state in line with the suspensions."
        )
        raise InvalidTransition(message, code="unsuspended")


def statuses_amiss() -> Iterable[Grant]:
    """Return the grants whose state is not what their suspensions say."""
    held = Exists(GrantSuspension.objects.filter(grant=OuterRef("pk"), closed_at__isnull=True))
    amiss = (Q(status=GrantStatus.SUSPENDED) & ~held) | (Q(status=GrantStatus.ACTIVE) & held)
    return Grant.objects.filter(amiss).select_related("department__group").order_by("pk")


def suspensions_unfollowed(grant_id: int | None = None) -> list[tuple[int, GrantSuspension]]:
    """Return what suspends a grant and not what goes on from it, each after that one's number.

    What was lifted there by itself stays lifted: its row is closed, or, of the time before there were rows, a step
    tells it.

    Args:
        grant_id: what goes on; None for all.
    """
    same = Q(cause=OuterRef("pk")) | Q(side=OuterRef("side"), opened_at=OuterRef("opened_at"))
    followed = GrantSuspension.objects.filter(same, grant=OuterRef("grant__later"))
    resumed = GrantStep.objects.filter(
        grant=OuterRef("grant__later"), action=GrantAction.RESUME, at__gte=OuterRef("opened_at")
    )
    found = GrantSuspension.objects.filter(
        ~Exists(followed),
        ~Exists(resumed.exclude(detail__has_key="by_side")),
        closed_at__isnull=True,
        grant__later__status__in=OPEN_GRANT_STATUSES,
        grant__later__dataset=F("grant__dataset"),
    )
    pairs = found.annotate(later=F("grant__later")).order_by("later", "opened_at", "pk")
    return [(one.later, one) for one in (pairs if grant_id is None else pairs.filter(later=grant_id))]
