"""The place of library datasets in the side navigation. Loaded by ``LibrariesConfig.ready``."""

from django.utils.translation import gettext_lazy as _

from core import navigation
from core.navigation import Item
from libraries import policies


def register() -> None:
    """Put the list beside the other lists of data."""
    navigation.add(
        Item(
            key="collection.libraries",
            label=_("Library datasets"),
            url_name="libraries:dataset_list",
            order=12,
            visible=policies.can_see_datasets,
        )
    )
