from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from config.demo.datasets import demo_data_load
from config.demo.duties import demo_duties_load, demo_erasures_load
from config.demo.libraries import demo_libraries_load
from config.demo.loading import demo_load
from config.demo.sharing import demo_sharing_load
from config.management.commands.load_reference import reference_load


class Command(BaseCommand):
    """Fills an empty database with the fictional city 云川市."""

    help = "Load the demo: a fictional city with departments, people and entries. Only into a database without people."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo is not loaded in production.")
        if get_user_model().objects.exists():
            raise CommandError("There are accounts in this database already; the demo goes into an empty one only.")
        reference_load()
        count = demo_load()
        datasets = demo_data_load()
        duties = demo_duties_load()
        demo_erasures_load()
        requests = demo_sharing_load()
        demo_libraries_load()
        self.stdout.write(
            f"Loaded the demo city with {count} entries, {datasets} datasets, {duties} duties and {requests} requests"
        )
