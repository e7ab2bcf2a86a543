"""The masks that an item may be given, as the selects of pages draw them."""

from collections.abc import Callable
from functools import cache

from catalog.choices import Mask
from core.components.options import Options


def mask_options() -> Callable[[str, str | None], Options]:
    """Return what gives the masks for a type of item and the mask it has; one page draws those of all its items.

    Any mask goes where there is none yet; else that one or the one that hides all.
    """

    @cache
    def options(item_type: str, held: str | None) -> Options:
        return Options(
            (value, label)
            for value, label in Mask.choices
            if Mask(value).fits(item_type) and (held is None or value in (held, Mask.TEXT))
        )

    return options
