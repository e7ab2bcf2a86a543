"""Who is acting: a person, a machine client, a background job or the public."""

from dataclasses import dataclass, field
from enum import StrEnum


class ActorKind(StrEnum):
    USER = "user"
    CLIENT = "client"
    SYSTEM = "system"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Actor:
    """The subject of every read and write, as plain values.

    It carries no model instance, so that ``audit`` and the policies of every app can judge it
    without importing the tables of ``accounts``.

    Attributes:
        id: primary key of the user or client; None for system actors and the public.
        name: the name shown to people and kept in the audit trail.
        region_path: codes from the province down, joined by "/", e.g. "990000/990100".
        roles: codes of the roles in force, see ``accounts.choices.Role``.
        scopes: what the token of a machine may be used for; empty for everybody else.
        is_contractor: staff of a contractor, who work here until a day and take no data along (docs/adr/0081).
    """

    kind: ActorKind
    id: int | None = None
    name: str = ""
    username: str = ""
    department_id: int | None = None
    department_code: str = ""
    department_name: str = ""
    region_id: int | None = None
    region_code: str = ""
    region_path: str = ""
    is_authority: bool = False
    roles: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)
    is_contractor: bool = False

    def has_role(self, *roles: str) -> bool:
        """Say whether the actor holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_public(self) -> bool:
        return self.kind is ActorKind.PUBLIC

    @property
    def is_system(self) -> bool:
        return self.kind is ActorKind.SYSTEM

    @property
    def is_person(self) -> bool:
        return self.kind is ActorKind.USER

    def __str__(self) -> str:
        return self.name or self.kind.value


PUBLIC = Actor(kind=ActorKind.PUBLIC, name="public")


def system_actor(name: str) -> Actor:
    """Return the named actor under which a background job works, e.g. ``system_actor("outbox")``."""
    return Actor(kind=ActorKind.SYSTEM, name=name, username=name)
