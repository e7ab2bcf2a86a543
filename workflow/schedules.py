"""What beat sends for this app, and when each job is due. Imported by the settings: no models here.

Ticks come oftener than the jobs are due. A tick whose slot was done already does nothing.
"""

from typing import Any

from workflow.slots import Daily, Every

OVERDUE = Every(300)
"""Marks overdue clocks and computes those again that are older than the calendar."""
REMINDERS = Daily(8, 30)
CLEANING = Daily(3, 10)

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "workflow-outbox": {"task": "workflow.tasks.outbox_deliver", "schedule": 30.0, "options": {"expires": 30}},
    "workflow-job-slots": {"task": "workflow.tasks.job_slots_sweep", "schedule": 60.0, "options": {"expires": 60}},
    "workflow-overdue": {"task": "workflow.tasks.clocks_check", "schedule": 60.0, "options": {"expires": 60}},
    "workflow-reminders": {"task": "workflow.tasks.reminders_send", "schedule": 300.0, "options": {"expires": 300}},
    "workflow-cleaning": {"task": "workflow.tasks.clean", "schedule": 600.0, "options": {"expires": 600}},
}
