"""The places of this app in the shell."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import policies
from accounts.choices import Role
from accounts.models import User
from accounts.selectors.department import attachments_waiting_for
from accounts.served_region import served_region_name
from core import navigation, platform_name
from core.actors import Actor
from core.navigation import Identity, Item


def _watches_sessions(actor: Actor) -> bool:
    return not policies.refusal_see_sessions(actor)


def _waiting_attachments(actor: Actor) -> int | None:
    return attachments_waiting_for(actor).count() if actor.has_role(Role.HEAD) else None


def identity_of(actor: Actor) -> Identity:
    """Name the region and roles of a person for the bar, in one query."""
    found = User.objects.filter(pk=actor.id or 0).values_list("department__region__name", "shortcuts_enabled").first()
    region, shortcuts = found or ("", True)
    labels = [Role(code).label for code in Role.values if code in actor.roles]
    return Identity(region=region or "", roles=labels, shortcuts_enabled=shortcuts)


def register() -> None:
    """Put the sections of people and departments into the side navigation."""
    navigation.register(
        "organisation",
        label=_("Departments"),
        url_name="accounts:department_list",
        icon="building",
        order=80,
        count=_waiting_attachments,
        children=[
            Item(key="organisation.systems", label=_("Information systems"), url_name="accounts:system_list", order=10),
            Item(key="organisation.regions", label=_("Regions"), url_name="accounts:region_list", order=20),
        ],
    )
    navigation.register(
        "people",
        label=pgettext_lazy("navigation", "Accounts"),
        url_name="accounts:user_list",
        icon="users",
        order=85,
        visible=policies.can_see_accounts,
        children=[
            Item(
                key="people.roles",
                label=_("Roles"),
                url_name="accounts:role_list",
                order=10,
                visible=policies.can_see_accounts,
            ),
            Item(
                key="people.sessions",
                label=_("Sessions and locks"),
                url_name="accounts:session_list",
                order=20,
                visible=_watches_sessions,
            ),
            Item(
                key="people.policy",
                label=_("Security policy"),
                url_name="accounts:security_policy",
                order=30,
                visible=policies.can_see_accounts,
            ),
        ],
    )
    navigation.register_identity(identity_of)
    platform_name.register_region(served_region_name)
