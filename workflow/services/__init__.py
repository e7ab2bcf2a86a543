from workflow.services.clock import (
    clock_cancel,
    clock_extend,
    clock_pause,
    clock_resume,
    clock_start,
    clock_stop,
    clocks_recompute,
)
from workflow.services.notification import (
    notification_mark_all_read,
    notification_mark_read,
    notification_preferences_set,
    notify,
)
from workflow.services.task import task_close, task_open

__all__ = [
    "clock_cancel",
    "clock_extend",
    "clock_pause",
    "clock_resume",
    "clock_start",
    "clock_stop",
    "clocks_recompute",
    "notification_mark_all_read",
    "notification_mark_read",
    "notification_preferences_set",
    "notify",
    "task_close",
    "task_open",
]
