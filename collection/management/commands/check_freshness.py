from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from collection.services.freshness import freshness_check


class Command(BaseCommand):
    """Judges how current every dataset is and sends the reminders that are due; the hourly job does the same."""

    help = "Judge the freshness of every dataset and send the reminders that are due."

    def handle(self, *args: Any, **options: Any) -> None:
        judged, reminded = freshness_check()
        told = {"judged": f"{judged:,}", "reminded": f"{reminded:,}"}
        self.stdout.write(_("%(judged)s datasets judged, %(reminded)s reminders sent") % told)
