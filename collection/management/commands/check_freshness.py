from typing import Any

from django.core.management.base import BaseCommand

from collection.services.freshness import freshness_check


class Command(BaseCommand):
    """Judges how current every dataset is and sends the reminders that are due; the hourly job does the same."""

    help = "Judge the freshness of every dataset and send the reminders that are due."

    def handle(self, *args: Any, **options: Any) -> None:
        judged, reminded = freshness_check()
        self.stdout.write(f"{judged} datasets judged, {reminded} reminders sent")
