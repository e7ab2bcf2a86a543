"""Who may do what in this app. Department and role decide; there are no per-row exceptions here."""

from accounts.choices import Role
from accounts.selectors.department import authority_of
from accounts.selectors.region import regions_above
from core.actors import Actor
from core.exceptions import NotAllowed
from workflow.attachments import policy_of
from workflow.models import Attachment, Clock


def is_reviewer(actor: Actor) -> bool:
    """Say whether the actor reviews for the authority of some region."""
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER) and bool(actor.region_path)


def is_reviewer_of(actor: Actor, region_path: str) -> bool:
    """Say whether the actor reviews for the authority of a region or of one above it."""
    return is_reviewer(actor) and f"{region_path}/".startswith(f"{actor.region_path}/")


def is_leading(actor: Actor) -> bool:
    """Say whether no region above the actor's has an authority in this installation."""
    above = regions_above(actor.region_path).exclude(path=actor.region_path)
    return not any(authority_of(region.pk) for region in above)


def can_extend_clock(actor: Actor, clock: Clock) -> bool:
    """The authority in charge consents to an extension (政务数据共享条例 第十七条, 第二十一条)."""
    return actor.is_system or is_reviewer_of(actor, clock.region.path)


def require_extend_clock(actor: Actor, clock: Clock) -> None:
    if not can_extend_clock(actor, clock):
        raise NotAllowed


def can_manage_installation_rules(actor: Actor) -> bool:
    """What binds the whole installation is kept by the authority that has none above it here, see docs/adr/0025."""
    return actor.is_system or (is_reviewer(actor) and is_leading(actor))


def require_manage_legal_bases(actor: Actor) -> None:
    if not can_manage_installation_rules(actor):
        raise NotAllowed


def require_manage_calendar(actor: Actor) -> None:
    if not can_manage_installation_rules(actor):
        raise NotAllowed


def can_manage_clock_policy(actor: Actor, region_path: str | None) -> bool:
    """A region's time limits are kept by its authority, the national ones by the leading authority.

    Args:
        region_path: None for a national policy.
    """
    if region_path is None:
        return can_manage_installation_rules(actor)
    return actor.is_system or is_reviewer_of(actor, region_path)


def require_manage_clock_policy(actor: Actor, region_path: str | None) -> None:
    if not can_manage_clock_policy(actor, region_path):
        raise NotAllowed


def can_manage_outbox(actor: Actor) -> bool:
    return actor.is_system or actor.has_role(Role.SYSADMIN)


def require_manage_outbox(actor: Actor) -> None:
    if not can_manage_outbox(actor):
        raise NotAllowed


def can_view_attachment(actor: Actor, attachment: Attachment) -> bool:
    """The app that owns the object decides; where it registered nothing, nobody may."""
    can_view = policy_of(attachment.subject_label)
    return attachment.removed_at is None and can_view is not None and can_view(actor, attachment)
