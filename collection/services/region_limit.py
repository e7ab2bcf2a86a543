"""The score that a region asks of its data."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Region
from audit import services as audit
from collection import policies
from collection.models import Dataset, RegionQualityLimit
from collection.selectors.duty import within_region
from collection.selectors.quality_limit import quality_limits
from collection.services.quality_run import EVENT as QUALITY_JUDGED
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation
from workflow import outbox


@transaction.atomic
def region_limit_set(*, actor: Actor, score: int | None) -> RegionQualityLimit | None:
    """Set the score below which the data of the actor's region, and of those below it, are to be put right.

    Work begins and ends by it at once for data whose score lies between the limit before and the one after.

    Args:
        score: 0 to 100; None for the limit of the region above, or of the installation.

    Raises:
        NotAllowed: the actor does not review for the region's authority.
        RuleViolation: there is no such score.

    Basis: 政务数据共享条例 第十八条 asks for quality and names no figure; internal rule, docs/adr/0057.
    """
    # What is locked is the region: there may be no row of a limit yet.
    region = Region.objects.select_for_update(no_key=True).filter(path=actor.region_path).first()
    policies.require_set_region_limit(actor)
    if score is not None and not 0 <= score <= 100:
        raise RuleViolation([FieldError("score", "out_of_range", _("Give a score between 0 and 100."))])
    limits = quality_limits()
    found = RegionQualityLimit.objects.filter(region=region).first()
    before = found.score if found is not None else None
    if before == score or region is None:
        return found
    limit, _created = RegionQualityLimit.objects.update_or_create(
        region=region, defaults={"score": score, "set_at": clock.now(), "set_by_id": actor.id}
    )
    audit.record(actor, "collection.region.quality_limit", limit,
                 before={"quality_limit": before}, after={"quality_limit": score})  # fmt: skip
    was, now = limits.of_region(region.path), quality_limits().of_region(region.path)
    between = Dataset.objects.filter(
        within_region(actor, "entry__department__region__path"),
        retired_at__isnull=True,
        quality_score__gte=min(was, now),
        quality_score__lt=max(was, now),
    )
    for dataset_id in between.order_by("pk").values_list("pk", flat=True):
        outbox.put(QUALITY_JUDGED, dataset_id=dataset_id)
    return limit
