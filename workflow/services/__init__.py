from workflow.services.attachment import attachment_add, attachment_remove
from workflow.services.calendar import calendar_year_import
from workflow.services.clock import (
    clock_cancel,
    clock_extend,
    clock_pause,
    clock_reopen,
    clock_resume,
    clock_start,
    clock_stop,
    clocks_recompute,
    clocks_stop,
)
from workflow.services.clock_policy import clock_policy_add_version
from workflow.services.job_slot import JobLease, job_slot_claim, job_slot_finish, job_slot_run, job_slots_sweep
from workflow.services.legal_basis import legal_basis_create, legal_basis_retire
from workflow.services.notification import (
    notification_mark_all_read,
    notification_mark_read,
    notification_preferences_set,
    notify,
    notify_roles,
)
from workflow.services.outbox import outbox_dismiss, outbox_retry
from workflow.services.succession import clocks_move, work_hand_over
from workflow.services.task import task_close, task_open

__all__ = [
    "JobLease",
    "attachment_add",
    "attachment_remove",
    "calendar_year_import",
    "clock_cancel",
    "clock_extend",
    "clock_pause",
    "clock_policy_add_version",
    "clock_reopen",
    "clock_resume",
    "clock_start",
    "clock_stop",
    "clocks_move",
    "clocks_recompute",
    "clocks_stop",
    "job_slot_claim",
    "job_slot_finish",
    "job_slot_run",
    "job_slots_sweep",
    "legal_basis_create",
    "legal_basis_retire",
    "notification_mark_all_read",
    "notification_mark_read",
    "notification_preferences_set",
    "notify",
    "notify_roles",
    "outbox_dismiss",
    "outbox_retry",
    "task_close",
    "task_open",
    "work_hand_over",
]
