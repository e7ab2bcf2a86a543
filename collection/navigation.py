"""The places of collecting in the side navigation. Loaded by ``CollectionConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import Role
from collection import policies
from collection.selectors.duty import duties_waiting
from collection.selectors.erasure import erasures_waiting
from collection.selectors.freshness import overdue_count
from core import navigation
from core.actors import Actor
from core.navigation import Count, Item


def _answers(actor: Actor) -> bool:
    return actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD, Role.REVIEWER)


def _provides(actor: Actor) -> bool:
    return actor.is_person and actor.has_role(Role.CATALOGUER, Role.HEAD) and not actor.is_contractor


def _overdue(actor: Actor) -> Count:
    late = overdue_count(actor)
    return Count(late, pgettext_lazy("navigation", "late"), is_hot=True) if late else Count(0)


def _duties_waiting(actor: Actor) -> Count:
    return Count(duties_waiting(actor).count())


def register() -> None:
    """Put the section into the shell."""
    navigation.register(
        "collection",
        label=pgettext_lazy("navigation", "Collection"),
        short_label=pgettext_lazy("navigation", "Data"),
        url_name="collection:dataset_list",
        icon="database-import",
        order=40,
        visible=_answers,
        count=_overdue,
        children=[
            Item(key="collection.datasets", label=_("Datasets"), url_name="collection:dataset_list", order=10),
            Item(key="collection.pools", label=_("Pools"), url_name="collection:pool_list", order=15),
            Item(key="collection.runs", label=_("Loading runs"), url_name="collection:run_list", order=20),
            Item(
                key="collection.sources",
                label=_("Sources"),
                url_name="collection:source_list",
                order=25,
                visible=_provides,
            ),
            Item(key="collection.freshness", label=_("Freshness"), url_name="collection:freshness_list", order=30),
            Item(
                key="collection.quality",
                label=_("Quality"),
                url_name="collection:quality_list",
                order=35,
                visible=policies.can_see_changes,
            ),
            Item(
                key="collection.duties",
                label=_("Collection duties"),
                url_name="collection:duty_list",
                order=40,
                count=_duties_waiting,
            ),
            Item(key="collection.leads", label=_("Lead departments"), url_name="collection:lead_list", order=45),
            Item(key="collection.paper", label=_("Digitisation"), url_name="collection:digitisation_list", order=50),
            Item(
                key="collection.erasures",
                label=_("Erasures"),
                url_name="collection:erasure_list",
                order=60,
                visible=_provides,
                count=erasures_waiting,
            ),
        ],
    )
    navigation.add(
        Item(
            key="people.destinations",
            label=_("Destinations"),
            url_name="collection:destination_list",
            order=40,
            visible=policies.can_keep_destinations,
        )
    )
    navigation.add(
        Item(
            key="people.base_map",
            label=_("Base map"),
            url_name="collection:base_map",
            order=50,
            visible=policies.can_keep_base_map,
        )
    )
