"""The kinds of work that libraries put into inboxes. Loaded by ``LibrariesConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from libraries.services.consent import TASK_CONSENT
from workflow import task_kinds


def register() -> None:
    """Make them known to the inbox."""
    task_kinds.register(
        TASK_CONSENT, _("Agree that data go into a library"), icon="git-merge", verb=pgettext_lazy("do", "Decide")
    )
