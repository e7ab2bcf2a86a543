from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.selectors.region import region_get_by_code
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible
from workflow.choices import ClockKey
from workflow.exceptions import ClockPolicyMissing
from workflow.models import ClockPolicy
from workflow.selectors.calendar import calendar


def clock_policy_for(key: str, *, region_path: str, on: date) -> ClockPolicy:
    """Return the rule that binds a region on a day.

    Of statutory rules the shortest wins, since a local rule may shorten and never lengthen; of internal ones the
    nearest. A start before any rule was in force runs under today's.

    Raises:
        ClockPolicyMissing: there is none.
    """
    found = clock_policies_for(key, region_path=region_path, days=[on])
    if on not in found:
        raise ClockPolicyMissing(extra={"policy_key": key})
    return found[on]


def clock_policies_for(key: str, *, region_path: str, days: Collection[date]) -> dict[date, ClockPolicy]:
    """Return the rule that binds a region on each of several days, as ``clock_policy_for``; one query.

    A day on which there is none is left out.
    """
    here = Q(region__isnull=True) | Q(region__code__in=region_path.split("/"))
    rules = list(ClockPolicy.objects.filter(here, key=key, is_active=True).select_related("region"))

    def in_force(day: date) -> list[ClockPolicy]:
        return [one for one in rules if one.valid_from <= day and (one.valid_to is None or one.valid_to >= day)]

    today = in_force(clock.today())
    candidates = {day: in_force(day) or today for day in days}
    return {day: min(rows, key=_preference) for day, rows in candidates.items() if rows}


def statutory_due(key: ClockKey, *, since: datetime) -> datetime:
    """Return when the time that national law gives is over, whether or not a rule for it is in force here.

    Args:
        since: the event it counts from.

    Raises:
        ClockPolicyMissing: the law gives no time for it.
    """
    national = ClockPolicy.objects.filter(key=key, region__isnull=True, is_statutory=True).order_by("-valid_from")
    rule = national.first()
    if rule is None:
        raise ClockPolicyMissing(extra={"policy_key": key.value})
    started_on = since.astimezone(clock.REGION_ZONE).date()
    return clock.end_of_day(calendar().add_working_days(started_on, rule.working_days).on)


def _preference(policy: ClockPolicy) -> tuple[int, int]:
    nearness = -len(policy.region.path) if policy.region else 0
    return (policy.working_days if policy.is_statutory else 0, nearness)


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """The versions of one kind of limit in one place: the one in force or to come first, then the earlier ones."""

    current: ClockPolicy
    others: list[ClockPolicy]

    @property
    def is_shorter(self) -> bool:
        return self.current.region_id is not None


def clock_policy_groups() -> list[PolicyGroup]:
    """Return every limit with its versions: national statutory ones first, then internal, then local; one query."""
    rows = ClockPolicy.objects.select_related("region").order_by("-valid_from", "-pk")
    found: dict[tuple[str, int | None], list[ClockPolicy]] = {}
    for row in rows:
        found.setdefault((row.key, row.region_id), []).append(row)
    today = clock.today()
    groups = []
    for versions in found.values():
        current = next((row for row in versions if row.valid_from <= today), versions[-1])
        groups.append(PolicyGroup(current, [row for row in versions if row is not current]))
    order = {key: position for position, key in enumerate(ClockKey.values)}
    groups.sort(
        key=lambda group: (
            group.current.region_id is not None,
            not group.current.is_statutory,
            order.get(group.current.key, len(order)),
            group.current.region.path if group.current.region else "",
        )
    )
    return groups


def clock_policy_get(policy_id: int) -> ClockPolicy:
    """Return one version.

    Raises:
        NotVisible: there is none with this key.
    """
    policy = ClockPolicy.objects.select_related("region").filter(pk=policy_id).first()
    if policy is None:
        raise NotVisible
    return policy


@dataclass(frozen=True, slots=True)
class PolicySection:
    """A table of the page of limits."""

    title: str | Promise
    groups: list[PolicyGroup]


def clock_policy_sections() -> list[PolicySection]:
    """Return the limits in the three tables of their page."""
    groups = clock_policy_groups()
    local = [group for group in groups if group.current.region_id is not None]
    national = [group for group in groups if group.current.region_id is None]
    return [
        PolicySection(_("Set by law"), [group for group in national if group.current.is_statutory]),
        PolicySection(_("Internal, not statutory"), [group for group in national if not group.current.is_statutory]),
        PolicySection(pgettext_lazy("rules", "Local"), local),
    ]


def region_name(actor: Actor) -> str:
    """Return the name of the actor's region."""
    region = region_get_by_code(actor.region_code)
    return region.name if region else ""
