"""What beat sends for this app, and when each job is due. Imported by the settings: no models here."""

from typing import Any

from workflow.slots import Daily

CHECKING = Daily(2, 30)
"""Compares the search index with the entries, and checks again what waits for review."""

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "catalog-checking": {"task": "catalog.tasks.check", "schedule": 600.0, "options": {"expires": 600}},
}
