"""The base map of the installation."""

from django.db.models import QuerySet

from collection.models import BaseMap
from core.exceptions import NotVisible


def base_map_in_use() -> BaseMap | None:
    """Return the base map, without its lines; None where none is loaded."""
    return BaseMap.objects.filter(removed_at__isnull=True).defer("lines").first()


def base_maps_ever() -> QuerySet[BaseMap]:
    """Return the base maps that were in use, latest first, without their lines."""
    return BaseMap.objects.defer("lines").select_related("loaded_by", "removed_by")


def base_map_lines(base_map_id: int) -> str:
    """Return the lines of the base map in use as JSON.

    Raises:
        NotVisible: it is not in use.
    """
    lines = BaseMap.objects.filter(pk=base_map_id, removed_at__isnull=True).values_list("lines", flat=True).first()
    if lines is None:
        raise NotVisible
    return lines
