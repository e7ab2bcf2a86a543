from workflow.selectors.attachment import attachment_get_for
from workflow.selectors.calendar import CalendarState, calendar, calendar_state
from workflow.selectors.clock_policy import clock_policies_in_force, clock_policy_for
from workflow.selectors.legal_basis import legal_bases_for, legal_bases_in_force, legal_basis_get, legal_basis_search
from workflow.selectors.notification import (
    notification_list_for,
    notification_preferences_for,
    notification_unread_count,
)
from workflow.selectors.of_subject import (
    attachments_of,
    clock_next_of,
    clock_open_of,
    clocks_of,
    clocks_open_by_subject,
)
from workflow.selectors.people import authority_id_of, reviewer_ids_of, role_holder_ids
from workflow.selectors.task import inbox_counts_for, inbox_for, inbox_overdue_count, tasks_for

__all__ = [
    "CalendarState",
    "attachment_get_for",
    "attachments_of",
    "authority_id_of",
    "calendar",
    "calendar_state",
    "clock_next_of",
    "clock_open_of",
    "clock_policies_in_force",
    "clock_policy_for",
    "clocks_of",
    "clocks_open_by_subject",
    "inbox_counts_for",
    "inbox_for",
    "inbox_overdue_count",
    "legal_bases_for",
    "legal_bases_in_force",
    "legal_basis_get",
    "legal_basis_search",
    "notification_list_for",
    "notification_preferences_for",
    "notification_unread_count",
    "reviewer_ids_of",
    "role_holder_ids",
    "tasks_for",
]
