"""What beat sends for this app, and when each job is due. Imported by the settings: no models here."""

from typing import Any

from workflow.slots import Daily, Every

SWEEPING = Every(600)
"""Ends builds whose worker is lost, and starts those whose way has become free."""
CATCHING_UP = Daily(3, 40)
"""Builds what a lost message or a failed build has left behind its sources."""

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "libraries-sweep": {"task": "libraries.tasks.builds_sweep", "schedule": 600.0, "options": {"expires": 600}},
    "libraries-catch-up": {"task": "libraries.tasks.builds_catch_up", "schedule": 600.0, "options": {"expires": 600}},
}
