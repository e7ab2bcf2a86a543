"""The score under which data are to be put right: of the installation, of a region, of a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import CharField, ExpressionWrapper, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Greatest, Length

from accounts.models import Region
from accounts.selectors import regions_above, regions_within
from collection.models import Dataset, RegionQualityLimit
from core.actors import Actor


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The limits of all regions.

    Attributes:
        by_path: those that were set, by the path of the region.
        default: the installation's, where no region above sets one.
    """

    by_path: Mapping[str, int]
    default: int

    def setter_of(self, path: str) -> str:
        """Return the path of the region whose limit holds in a region: its own, else the nearest above; "" for none."""
        codes = path.split("/")
        above = ("/".join(codes[:length]) for length in range(len(codes), 0, -1))
        return next((one for one in above if one in self.by_path), "")

    def of_region(self, path: str) -> int:
        return self.by_path.get(self.setter_of(path), self.default)

    def of(self, dataset: Dataset) -> int:
        """Return a dataset's limit: its region's, or a higher one of its own."""
        return max(self.of_region(dataset.entry.department.region.path), dataset.quality_limit or 0)


def quality_limits() -> QualityLimits:
    """Return the limits of all regions, in one query."""
    found = RegionQualityLimit.objects.filter(score__isnull=False).values_list("region__path", "score")
    return QualityLimits({path: score for path, score in found if score is not None}, int(settings.QUALITY_LIMIT))


def quality_limit_of(dataset: Dataset) -> int:
    """Return the score below which a dataset is to be put right."""
    return quality_limits().of(dataset)


def limit_in_force() -> Greatest:
    """Return the same for a query of datasets."""
    region = ExpressionWrapper(OuterRef("entry__department__region__path"), output_field=CharField())
    nearest = (
        RegionQualityLimit.objects.filter(score__isnull=False)
        .annotate(here=Concat(region, Value("/"), output_field=CharField()))
        .filter(here__startswith=Concat(F("region__path"), Value("/")))
        .order_by(Length("region__path").desc())
        .values("score")[:1]
    )
    of_region = Coalesce(Subquery(nearest), Value(int(settings.QUALITY_LIMIT)), output_field=IntegerField())
    own = Coalesce(F("quality_limit"), Value(0), output_field=IntegerField())
    return Greatest(own, of_region, output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class RegionStanding:
    """A region with its limit.

    Attributes:
        limit: in force there.
        setter: the region that set it; None for the installation's.
        own: the row of the region itself.
    """

    region: Region
    limit: int
    setter: Region | None
    own: RegionQualityLimit | None


def region_limits_for(actor: Actor) -> list[RegionStanding]:
    """Return the actor's region, those above, and for an authority those below, each with its limit."""
    if not actor.region_path:
        return []
    limits = quality_limits()
    shown = Region.objects.filter(pk__in=regions_above(actor.region_path).values("pk"))
    if actor.is_authority:
        shown = Region.objects.filter(
            Q(pk__in=shown.values("pk")) | Q(pk__in=regions_within(actor.region_path).values("pk"))
        )
    regions = {one.path: one for one in shown.order_by("path")}
    own = {
        one.region_id: one
        for one in RegionQualityLimit.objects.filter(region__in=regions.values()).select_related("set_by")
    }
    return [
        RegionStanding(one, limits.of_region(path), regions.get(limits.setter_of(path)), own.get(one.pk))
        for path, one in regions.items()
    ]
