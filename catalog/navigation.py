"""The places of the catalog in the side navigation. Loaded by ``CatalogConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import Role
from catalog import policies, selectors
from catalog.selectors import reading
from core import navigation
from core.actors import Actor
from core.navigation import Count, Item
from workflow.selectors import inbox_overdue_count


def _files(actor: Actor) -> bool:
    return actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD)


def _decides(actor: Actor) -> bool:
    return actor.is_person and actor.has_role(Role.HEAD, Role.REVIEWER)


def _waiting(actor: Actor) -> Count:
    """All that waits for the actor, or the overdue part of it in red."""
    everything, overdue = inbox_overdue_count(actor)
    if overdue:
        return Count(overdue, pgettext_lazy("navigation", "late"), is_hot=True)
    return Count(everything)


def _to_decide(actor: Actor) -> int:
    return selectors.review_queue_for(actor).order_by().count()


def register() -> None:
    """Put the catalog's sections into the shell."""
    navigation.register_links(home="catalog:home", search="catalog:entry_list", open="catalog:open_list")
    navigation.register(
        "home",
        label=_("My work"),
        short_label=pgettext_lazy("navigation", "Work"),
        url_name="catalog:home",
        icon="inbox",
        order=10,
        count=_waiting,
        shortcut="h",
        on_phone=True,
    )
    navigation.register(
        "catalog",
        label=_("Data catalog"),
        short_label=pgettext_lazy("navigation", "Catalog"),
        url_name="catalog:entry_list",
        icon="list-search",
        order=20,
        shortcut="c",
        on_phone=True,
        children=[
            Item(key="catalog.search", label=_("Search the catalog"), url_name="catalog:entry_list", order=10),
            Item(
                key="catalog.own",
                label=_("Own entries"),
                url_name="catalog:entry_own_list",
                order=20,
                visible=_files,
                count=reading.own_count,
            ),
            Item(
                key="catalog.import",
                label=_("Import in bulk"),
                url_name="catalog:import_page",
                order=30,
                visible=policies.can_create_entry,
            ),
            Item(key="catalog.libraries", label=_("Libraries"), url_name="catalog:library_list", order=40),
            Item(key="catalog.categories", label=_("Classification"), url_name="catalog:category_list", order=50),
            Item(key="catalog.changes", label=_("Law and duties"), url_name="catalog:duty_change_list", order=60),
        ],
    )
    navigation.register(
        "review",
        label=_("Review"),
        short_label=pgettext_lazy("navigation", "Review"),
        url_name="catalog:review_list",
        icon="checks",
        order=30,
        visible=_decides,
        count=_to_decide,
        shortcut="r",
        on_phone=True,
    )
    navigation.register(
        "open",
        label=_("Open platform"),
        url_name="catalog:open_list",
        icon="world",
        order=900,
        is_apart=True,
        is_external=True,
    )
