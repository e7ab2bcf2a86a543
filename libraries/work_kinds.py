"""The kinds of work that libraries put into inboxes. Loaded by ``LibrariesConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from libraries.services.consent import TASK_CONSENT
from libraries.services.erasing import TASK_ERASE
from libraries.services.leaving import TASK_LEAVE
from workflow import task_kinds


def register() -> None:
    """Make them known to the inbox."""
    task_kinds.register(
        TASK_CONSENT, _("Agree that data go into a library"), icon="git-merge", verb=pgettext_lazy("do", "Decide")
    )
    remove = pgettext_lazy("do", "Remove")
    task_kinds.register(TASK_LEAVE, _("Take out of a library what it may not give any more"), icon="trash", verb=remove)
    task_kinds.register(TASK_ERASE, _("Erase in a library what its source has erased"), icon="trash", verb=remove)
