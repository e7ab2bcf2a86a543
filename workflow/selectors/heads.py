"""What waits for the sharing office head of a department."""

from collections.abc import Mapping
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.policies import can_see_accounts
from accounts.selectors import is_only_head
from core.actors import Actor
from workflow.models import Task


def waiting_for_head(department_id: int) -> int:
    """Return how many open tasks wait for the head of a department."""
    return Task.objects.filter(department_id=department_id, role=Role.HEAD, closed_at=None).count()


def only_head_panel(actor: Actor, user: User) -> Mapping[str, Any] | None:
    """Warn whoever keeps accounts, before the only head of a department goes; None for anybody else."""
    if user.department_id is None or not can_see_accounts(actor) or not is_only_head(user):
        return None
    return {"department": user.department, "waiting": waiting_for_head(user.department_id)}
