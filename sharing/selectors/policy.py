"""Reading how regions go about requests."""

from typing import Any

from accounts.models import Department, Region
from core.actors import Actor
from core.exceptions import NotVisible
from sharing.models import SharingPolicy
from sharing.selectors.grant import within_path
from sharing.selectors.request import policies_for


def region_of(code: str) -> Region:
    """Return a region by its code.

    Raises:
        NotVisible: there is none.
    """
    region = Region.objects.filter(code=code.replace("\x00", "")).first()
    if region is None:
        raise NotVisible
    return region


def policy_of(region: Region) -> SharingPolicy | None:
    """Return a region's own policy, None where it follows the one above."""
    return SharingPolicy.objects.filter(region=region).first()


def regions_kept(actor: Actor) -> list[dict[str, Any]]:
    """Return the regions with an authority below the actor's own or his own, each with the policy that counts there."""
    kept = list(
        Region.objects.filter(
            within_path(actor.region_path),
            pk__in=Department.objects.filter(is_authority=True, valid_to__isnull=True).values("region"),
        ).order_by("path")
    )
    policies = policies_for([one.path for one in kept])
    return [
        {"region": one, "policy": policies[one.path], "is_own": policies[one.path].region_id == one.pk} for one in kept
    ]
