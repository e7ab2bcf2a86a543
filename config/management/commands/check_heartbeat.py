from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import health


class Command(BaseCommand):
    help = "Exit with 0 while beat sends and a worker carries out; the health check of both containers."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            health.check_worker()
        except health.NotReady as error:
            raise CommandError(str(error)) from None
        self.stdout.write("ok")
