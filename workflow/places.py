"""What the app adds to the shell: navigation, the bell, kinds of news and of work."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import BUSINESS_ROLES
from accounts.panels import USER_PANELS
from core import navigation
from core.actors import Actor
from core.navigation import Count, Item
from workflow import notification_kinds, policies, selectors, task_kinds
from workflow.outbox_delivery import ALARM_TASK
from workflow.selectors.work_left import work_left_panel
from workflow.services.heads import KIND_HEADLESS
from workflow.services.reminder import KIND_OVERDUE, KIND_REMINDER


def register() -> None:
    """Called once when the app is ready."""
    notification_kinds.register(KIND_REMINDER, _("A time limit is about to end, or has moved"))
    notification_kinds.register(KIND_HEADLESS, _("A department is without a sharing office head"), default_email=True)
    USER_PANELS.register("workflow/partials/_work_left.html", work_left_panel)
    notification_kinds.register(KIND_OVERDUE, _("A time limit is overdue"), default_email=True)
    task_kinds.register(ALARM_TASK, _("Background work"), icon="mail-exclamation", verb=_("Look"))
    navigation.register(
        "deadlines",
        label=_("Deadlines"),
        icon="clock-hour-4",
        url_name="workflow:clock_list",
        order=45,
        visible=lambda actor: actor.has_role(*BUSINESS_ROLES),
        count=_overdue,
    )
    navigation.register(
        "rules",
        label=_("Rules"),
        icon="scale",
        url_name="workflow:clock_policy_list",
        order=80,
        children=[
            Item(key="rules.limits", label=_("Time limits"), url_name="workflow:clock_policy_list", order=1),
            Item(key="rules.bases", label=_("Legal bases"), url_name="workflow:legal_basis_list", order=2),
            Item(key="rules.calendar", label=_("Working days"), url_name="workflow:calendar_now", order=3),
        ],
    )
    navigation.register(
        "background",
        label=_("Background work"),
        icon="activity",
        url_name="workflow:outbox_list",
        order=95,
        visible=policies.can_manage_outbox,
        count=_dead,
    )
    navigation.register_links(notifications="workflow:notification_list")
    navigation.register_unread(selectors.notification_unread_count)


def _overdue(actor: Actor) -> Count | None:
    count = selectors.clocks_overdue_count(actor)
    return Count(count, pgettext_lazy("navigation", "late"), is_hot=True) if count else None


def _dead(actor: Actor) -> Count | None:
    count = selectors.dead_count()
    return Count(count, _("given up"), is_hot=True) if count else None
