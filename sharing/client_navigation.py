"""The places of machine clients in the side navigation. Loaded by ``SharingConfig.ready``."""

from django.utils.translation import gettext_lazy as _

from core import navigation
from core.actors import Actor
from core.navigation import Count, Item
from sharing import client_policies as policies
from sharing.selectors.client import clients_waiting


def _watches(actor: Actor) -> bool:
    return policies.can_see_clients(actor) and not policies.can_register_client(actor)


def _waiting(actor: Actor) -> Count:
    return Count(clients_waiting(actor).count())


def register() -> None:
    """Put the list of clients where its department looks for it, and where who watches over it does."""
    navigation.add(
        Item(
            key="sharing.clients",
            label=_("Machine clients"),
            url_name="sharing_clients:client_list",
            order=60,
            visible=policies.can_register_client,
        ),
        Item(
            key="people.clients",
            label=_("Machine clients"),
            url_name="sharing_clients:client_list",
            order=45,
            visible=_watches,
            count=_waiting,
        ),
    )
