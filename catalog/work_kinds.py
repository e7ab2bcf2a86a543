"""The kinds of work the catalog puts into inboxes: their names, icons and verbs. Loaded by ``CatalogConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.contractors import entries_named
from catalog.services.duty_change import TASK_UPDATE
from catalog.services.step import TASK_CORRECT, TASK_REVIEW, TASK_SIGN_OFF
from workflow import task_kinds


def register() -> None:
    """Make them known to the inbox."""
    task_kinds.register(TASK_SIGN_OFF, _("Sign off an entry"), icon="signature", verb=pgettext_lazy("do", "Sign off"))
    task_kinds.register(TASK_REVIEW, _("Review an entry"), icon="checks", verb=pgettext_lazy("do", "Review"))
    task_kinds.register(
        TASK_CORRECT,
        _("Correct an entry"),
        icon="arrow-back-up",
        verb=pgettext_lazy("do", "Correct"),
        named=entries_named,
    )
    task_kinds.register(TASK_UPDATE, _("Update the catalog"), icon="refresh", verb=pgettext_lazy("do", "Update"))
