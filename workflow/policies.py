"""Who may do what in this app. Department and role decide; there are no per-row exceptions here."""

from accounts.choices import Role
from core.actors import Actor
from core.exceptions import NotAllowed
from workflow.models import Clock


def is_reviewer_of(actor: Actor, region_path: str) -> bool:
    """Say whether the actor reviews for the authority of a region or of one above it."""
    return (
        actor.is_authority
        and actor.has_role(Role.REVIEWER)
        and bool(actor.region_path)
        and f"{region_path}/".startswith(f"{actor.region_path}/")
    )


def can_extend_clock(actor: Actor, clock: Clock) -> bool:
    """The authority in charge consents to an extension (政务数据共享条例 第十七条, 第二十一条)."""
    return actor.is_system or is_reviewer_of(actor, clock.region.path)


def require_extend_clock(actor: Actor, clock: Clock) -> None:
    if not can_extend_clock(actor, clock):
        raise NotAllowed
