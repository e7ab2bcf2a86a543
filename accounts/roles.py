"""Which roles a person can still be given, with the reason where not."""

from dataclasses import dataclass
from typing import Any

from accounts.choices import Role
from accounts.models import User
from accounts.services.role import role_obstacle


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role as the form offers it."""

    value: str
    label: Any
    obstacle: str


def role_choices_for(user: User, held: frozenset[str]) -> list[RoleChoice]:
    """Return every role the person does not hold; those that do not fit carry the reason."""
    return [
        RoleChoice(role.value, role.label, role_obstacle(user, role, held=held)) for role in Role if role not in held
    ]


def obstacles_of(choices: list[RoleChoice]) -> list[tuple[str, list[Any]]]:
    """Return each reason why roles do not fit, with the roles it holds for."""
    reasons: dict[str, list[Any]] = {}
    for choice in choices:
        if choice.obstacle:
            reasons.setdefault(choice.obstacle, []).append(choice.label)
    return list(reasons.items())
