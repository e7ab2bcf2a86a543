"""The places of sharing in the side navigation. Loaded by ``SharingConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import navigation
from core.actors import Actor
from core.navigation import Count, Item
from sharing import after_policies, policies
from sharing.selectors.request import requests_waiting


def _waiting(actor: Actor) -> Count:
    return Count(requests_waiting(actor).order_by().count())


def register() -> None:
    """Put the section into the shell."""
    navigation.register(
        "sharing",
        label=pgettext_lazy("navigation", "Sharing"),
        short_label=pgettext_lazy("navigation", "Sharing"),
        url_name="sharing:home",
        icon="share-3",
        order=50,
        visible=policies.can_see_sharing,
        shortcut="s",
        on_phone=True,
        children=[
            Item(
                key="sharing.requests",
                label=pgettext_lazy("navigation", "Requests"),
                url_name="sharing:request_list",
                order=10,
                visible=policies.can_see_requests,
                count=_waiting,
            ),
            Item(key="sharing.grants", label=_("Grants"), url_name="sharing:grant_list", order=20),
            Item(key="sharing.objections", label=_("Correction requests"), url_name="sharing:objection_list", order=30),
            Item(key="sharing.figures", label=pgettext_lazy("menu", "Figures"), url_name="sharing:figures", order=40),
            Item(
                key="sharing.webhooks",
                label=pgettext_lazy("menu", "Data messages"),
                url_name="sharing:webhooks",
                order=45,
                visible=after_policies.can_keep_webhooks,
            ),
            Item(
                key="sharing.rights",
                label=_("Check of rights"),
                url_name="sharing:rights",
                order=60,
                visible=policies.can_restore_rights,
            ),
            Item(
                key="sharing.policy",
                label=_("Policy for requests"),
                url_name="sharing:policy_list",
                order=70,
                visible=policies.can_keep_policies,
            ),
            Item(key="sharing.terms", label=_("Terms of use"), url_name="sharing:terms", order=80),
        ],
    )
