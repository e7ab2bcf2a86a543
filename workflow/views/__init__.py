from workflow.views.attachment import attachment_download
from workflow.views.calendar import calendar_import, calendar_now, calendar_year
from workflow.views.clock import clock_list
from workflow.views.clock_policy import clock_policy_add, clock_policy_list
from workflow.views.legal_basis import legal_basis_add, legal_basis_detail, legal_basis_list, legal_basis_retire
from workflow.views.notification import (
    notification_list,
    notification_open,
    notification_preferences,
    notification_read,
    notification_read_all,
)
from workflow.views.outbox import outbox_dismiss, outbox_list, outbox_retry

__all__ = [
    "attachment_download",
    "calendar_import",
    "calendar_now",
    "calendar_year",
    "clock_list",
    "clock_policy_add",
    "clock_policy_list",
    "legal_basis_add",
    "legal_basis_detail",
    "legal_basis_list",
    "legal_basis_retire",
    "notification_list",
    "notification_open",
    "notification_preferences",
    "notification_read",
    "notification_read_all",
    "outbox_dismiss",
    "outbox_list",
    "outbox_retry",
]
