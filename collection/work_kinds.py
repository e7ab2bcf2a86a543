"""The kinds of work that collecting puts into inboxes. Loaded by ``CollectionConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from collection.face import marks_by_dataset
from collection.services.duty_review import TASK_CORRECT, TASK_REVIEW, TASK_SIGN_OFF
from collection.services.erasure import TASK_DECIDE
from collection.services.quality_task import TASK
from workflow import task_kinds


def register() -> None:
    """Make them known to the inbox."""
    task_kinds.register(
        TASK,
        _("Correct data"),
        icon="database-exclamation",
        verb=pgettext_lazy("do", "Put right"),
        marks=marks_by_dataset,
    )
    task_kinds.register(
        TASK_SIGN_OFF, _("Sign off a collection duty"), icon="signature", verb=pgettext_lazy("do", "Sign off")
    )
    task_kinds.register(
        TASK_REVIEW, _("Decide on a collection duty"), icon="checks", verb=pgettext_lazy("duty", "Decide")
    )
    task_kinds.register(
        TASK_CORRECT, _("Correct a collection duty"), icon="arrow-back-up", verb=pgettext_lazy("do", "Correct")
    )
    task_kinds.register(TASK_DECIDE, _("Decide on an erasure"), icon="eraser", verb=pgettext_lazy("do", "Decide"))
