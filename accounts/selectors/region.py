"""Reads of regions."""

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, SmallIntegerField, When

from accounts import policies
from accounts.choices import RegionLevel
from accounts.models import Department, Region
from core.actors import Actor
from core.exceptions import NotVisible


def region_list_for(
    actor: Actor, *, text: str = "", level: str = "", within: str = "", with_ended: bool = False
) -> QuerySet[Region]:
    """Return the regions that anybody signed in may browse.

    Args:
        text: part of a name, or the beginning of a code.
        within: path of a region; it and those below it.
    """
    policies.require_signed_in(actor)
    regions = regions_within(within) if within else Region.objects.all()
    if not with_ended:
        regions = regions.filter(valid_to__isnull=True)
    if level:
        regions = regions.filter(level=level)
    if text:
        regions = regions.filter(Q(name__contains=text) | Q(code__startswith=text) | Q(name_pinyin__startswith=text))
    return regions.select_related("parent").annotate(
        department_count=Count("departments", filter=Q(departments__valid_to__isnull=True))
    )


def region_get_for(actor: Actor, code: str) -> Region:
    """Return a region by its code.

    Raises:
        NotVisible: there is none.
    """
    policies.require_signed_in(actor)
    region = Region.objects.select_related("parent").filter(code=code).first()
    if region is None:
        raise NotVisible
    return region


def region_get_by_code(code: str) -> Region | None:
    return Region.objects.filter(code=code).first()


def region_choices() -> QuerySet[Region]:
    """Return the regions in force, for a pick list."""
    return Region.objects.filter(valid_to__isnull=True)


def regions_with_departments() -> QuerySet[Region]:
    """Return the regions that have departments, for a filter, as a tree."""
    return Region.objects.filter(Exists(Department.objects.filter(region=OuterRef("pk")))).order_by("path")


def region_served() -> Region | None:
    """Return the region that the installation serves: the one whose authority stands highest.

    None while no authority is set up, or where several stand equally high: then no region speaks for all.
    """
    authorities = Department.objects.filter(region=OuterRef("pk"), is_authority=True, valid_to__isnull=True)
    rank = Case(
        *(When(level=level, then=number) for number, level in enumerate(RegionLevel.values)),
        output_field=SmallIntegerField(),
    )
    highest = list(Region.objects.filter(Exists(authorities)).annotate(rank=rank).order_by("rank", "path")[:2])
    if not highest or (len(highest) == 2 and highest[0].rank == highest[1].rank):
        return None
    return highest[0]


def regions_within(path: str) -> QuerySet[Region]:
    """Return the region of a path and all below it; the prefix is found by its index."""
    return Region.objects.filter(Q(path=path) | Q(path__startswith=f"{path}/"))


def regions_above(path: str) -> QuerySet[Region]:
    """Return the region of a path and those above it, the province first."""
    return Region.objects.filter(code__in=path.split("/")).order_by("path")


def is_within(path: str, outer: str) -> bool:
    """Say whether a region's path lies in another's, or is it."""
    return path == outer or path.startswith(f"{outer}/")
