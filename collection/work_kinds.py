"""The kinds of work that collecting puts into inboxes. Loaded by ``CollectionConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from collection.services.quality_task import TASK
from workflow import task_kinds


def register() -> None:
    """Make them known to the inbox."""
    task_kinds.register(TASK, _("Correct data"), icon="database-exclamation", verb=pgettext_lazy("do", "Put right"))
