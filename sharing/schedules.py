"""What beat sends for this app, and when each job is due. Imported by the settings: no models here."""

from typing import Any

from workflow.slots import Daily, Every

KEEPING = Every(60)
"""Ends grants on their instant, as lists show it; reading stops by itself. Tells of ends that are near, and of
beginnings."""
CHECKING = Daily(2, 20)
"""Compares the rights held with the grants in force, asks for records of use, closes what was never supplemented."""

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sharing-grants": {"task": "sharing.tasks.grants_keep", "schedule": 60.0, "options": {"expires": 60}},
    "sharing-rights": {"task": "sharing.tasks.rights_check", "schedule": 600.0, "options": {"expires": 600}},
}
