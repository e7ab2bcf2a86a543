from datetime import date

from django.db.models import Q, QuerySet

from core import clock
from workflow.exceptions import ClockPolicyMissing
from workflow.models import ClockPolicy


def clock_policies_in_force(on: date) -> QuerySet[ClockPolicy]:
    """Return the active versions in force on a day."""
    return ClockPolicy.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=on), is_active=True, valid_from__lte=on
    )


def clock_policy_for(key: str, *, region_path: str, on: date) -> ClockPolicy:
    """Return the rule that binds a region on a day.

    Of statutory rules the shortest wins, since a local rule may shorten and never lengthen; of internal ones the
    nearest. A start before any rule was in force runs under today's.

    Raises:
        ClockPolicyMissing: there is none.
    """
    here = ClockPolicy.objects.filter(Q(region__isnull=True) | Q(region__code__in=region_path.split("/")), key=key)
    for day in (on, clock.today()):
        in_force = clock_policies_in_force(day)
        candidates = list((here & in_force).select_related("region"))
        if candidates:
            return min(candidates, key=_preference)
    raise ClockPolicyMissing(extra={"policy_key": key})


def _preference(policy: ClockPolicy) -> tuple[int, int]:
    nearness = -len(policy.region.path) if policy.region else 0
    return (policy.working_days if policy.is_statutory else 0, nearness)
