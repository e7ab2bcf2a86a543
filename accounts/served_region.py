"""The name of the region that the installation serves, at hand for every page."""

import structlog
from django.core.cache import caches
from django.db import Error

from accounts.selectors.region import region_served

logger = structlog.get_logger(__name__)

KEY = "accounts.served-region-name"
KEPT_SECONDS = 60


def served_region_name() -> str:
    """Return the region's name, empty where none is set up or the database cannot be asked just now.

    Each process asks once a minute and keeps the answer to itself: every page shows it, error pages too, and
    none may wait or fail for it.
    """
    kept = caches["process"]
    name: str | None = kept.get(KEY)
    if name is None:
        try:
            region = region_served()
        except Error:
            logger.warning("served_region_unknown", exc_info=True)
            return ""
        name = region.name if region else ""
        kept.set(KEY, name, KEPT_SECONDS)
    return name
