"""The name of the platform, as the bar, the titles, mail and print give it."""

from collections.abc import Callable

from django.utils.translation import gettext as _

_region_served: Callable[[], str] = lambda: ""  # noqa: E731


def register_region(function: Callable[[], str]) -> None:
    """Set the function that names the region which this installation serves, empty where it serves none yet."""
    global _region_served
    _region_served = function


def platform_name() -> str:
    """Return the name in the current language, with the region's own before it, e.g. 云川市政务数据目录.

    The region's name is a record: it stands as it was entered, in every language.
    """
    region = _region_served()
    return _("%(region)s Government Data Catalog") % {"region": region} if region else _("Government Data Catalog")
