"""What beat sends for this app, and when each job is due. Imported by the settings: no models here."""

from typing import Any

from workflow.slots import Daily, Every

FRESHNESS = Every(3600)
"""Judges every dataset and sends the reminders that are due."""
SWEEPING = Every(60)
"""Ends runs whose worker is lost, and questions that nobody answers; asks anew for erasures."""
PURGING = Daily(3, 40)
"""Removes the rows of versions whose time is over."""

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "collection-freshness": {
        "task": "collection.tasks.freshness_check",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "collection-sources": {"task": "collection.tasks.sources_check", "schedule": 60.0, "options": {"expires": 60}},
    "collection-sweep": {"task": "collection.tasks.runs_sweep", "schedule": 60.0, "options": {"expires": 60}},
    "collection-purge": {"task": "collection.tasks.versions_purge", "schedule": 600.0, "options": {"expires": 600}},
}
