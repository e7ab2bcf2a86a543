"""What would be left lying if a person's role ended, and who else may do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Q

from accounts.choices import BUSINESS_ROLES, Role
from accounts.models import User
from accounts.policies import can_see_accounts
from accounts.selectors import actor_for_user, roles_of
from accounts.selectors.user import users_with_role
from core import clock as time
from core.actors import Actor
from workflow import task_kinds
from workflow.selectors.task import is_late, may_do, tasks_for
from workflow.task_kinds import TaskKind

NAMED = 5


@dataclass(frozen=True, slots=True)
class KindLeft:
    """How many tasks of a kind wait."""

    kind: TaskKind
    count: int
    overdue: int


@dataclass(frozen=True, slots=True)
class RoleLeft:
    """What waits for somebody in a role.

    Attributes:
        others: who else of the department holds the role and can sign in, the first of them.
        unnamed: how many more of them there are.
        alone: how many tasks none of the others may do.
    """

    role: Role
    kinds: Sequence[KindLeft]
    others: Sequence[str]
    unnamed: int
    alone: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.kinds)

    @property
    def is_warned_of(self) -> bool:
        """Whether the page warns at once; a department needs a head even while nothing waits for him."""
        return bool(self.alone) or (self.role == Role.HEAD and not self.others)


def work_left_panel(actor: Actor, user: User) -> Mapping[str, Any] | None:
    """Tell whoever keeps accounts what waits for a person, before his roles end; None for anybody else.

    Kinds and numbers alone: what a task is about is no matter of administrators.
    """
    if user.department_id is None or not can_see_accounts(actor):
        return None
    holders = _holders(user)
    if not holders:
        return None
    by_others = Q(pk__in=[])
    for role, people in holders.items():
        for other in people:
            by_others |= may_do(_acting(other, role))
    rows = (
        tasks_for(_acting(user, *holders))
        .filter(role__in=holders)
        .order_by()
        .values("role", "kind")
        .annotate(
            count=Count("pk"),
            overdue=Count("pk", filter=is_late(time.now())),
            shared=Count("pk", filter=by_others),
        )
    )
    waiting = sorted(rows, key=lambda row: (-row["overdue"], -row["count"], row["kind"]))
    return {
        "department": user.department,
        "roles": [
            RoleLeft(
                role=role,
                kinds=[
                    KindLeft(task_kinds.find(row["kind"]), row["count"], row["overdue"])
                    for row in waiting
                    if row["role"] == role
                ],
                others=[other.full_name for other in others[:NAMED]],
                unnamed=len(others[NAMED:]),
                alone=sum(row["count"] - row["shared"] for row in waiting if row["role"] == role),
            )
            for role, others in holders.items()
        ],
    }


def _holders(user: User) -> dict[Role, list[User]]:
    """Return who else holds each of the roles of a person; not those he cannot use, whose end changes nothing."""
    held = BUSINESS_ROLES & roles_of(user)
    found: dict[Role, list[User]] = {}
    for role in Role:
        if role in held:
            holders = users_with_role(user.department_id or 0, role).select_related("department__region")
            people = list(holders.order_by("full_name_pinyin", "pk"))
            if user in people:
                found[role] = [one for one in people if one != user]
    return found


def _acting(user: User, *roles: Role) -> Actor:
    return replace(actor_for_user(user, with_roles=False), roles=frozenset(role.value for role in roles))
