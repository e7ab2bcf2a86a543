from typing import Any

from django.core.management.base import BaseCommand

import accounts.reference
import catalog.reference
import sharing.reference
import workflow.reference
from audit.services import partitions_ensure


def reference_load() -> None:
    """Load what every installation starts with; what is there stays as it is."""
    partitions_ensure()
    accounts.reference.regions_load()
    workflow.reference.load()
    catalog.reference.load()
    sharing.reference.load()


class Command(BaseCommand):
    """Loads regions, the legal register, clock policies, the classification and the base libraries."""

    help = "Load reference data: regions, legal bases, clock policies, classification. Loading again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        reference_load()
        self.stdout.write("Reference data is in place")
