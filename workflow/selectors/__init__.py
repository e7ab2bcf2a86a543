from workflow.selectors.attachment import attachment_get_for
from workflow.selectors.calendar import (
    CalendarState,
    calendar,
    calendar_days_of,
    calendar_state,
    calendar_year_state,
    published_until,
)
from workflow.selectors.clock import clock_keys_for, clock_list_for, clocks_overdue_count, clocks_visible_to
from workflow.selectors.clock_policy import (
    clock_policy_for,
    clock_policy_get,
    clock_policy_sections,
    region_name,
)
from workflow.selectors.legal_basis import legal_bases_for, legal_bases_in_force, legal_basis_get, legal_basis_search
from workflow.selectors.notification import (
    email_of,
    notification_get_for,
    notification_list_for,
    notification_preferences_for,
    notification_rows,
    notification_unread_count,
)
from workflow.selectors.of_subject import (
    attachments_of,
    clock_next_of,
    clock_open_of,
    clocks_of,
    clocks_open_by_subject,
    departments_waiting,
    subjects_waiting,
    waiting_since,
)
from workflow.selectors.outbox import background_state_for, dead_count
from workflow.selectors.people import authority_id_of, reviewer_ids_of, role_holder_ids
from workflow.selectors.task import inbox_counts_for, inbox_for, inbox_overdue_count, tasks_for

__all__ = [
    "CalendarState",
    "attachment_get_for",
    "attachments_of",
    "authority_id_of",
    "background_state_for",
    "calendar",
    "calendar_days_of",
    "calendar_state",
    "calendar_year_state",
    "clock_keys_for",
    "clock_list_for",
    "clock_next_of",
    "clock_open_of",
    "clock_policy_for",
    "clock_policy_get",
    "clock_policy_sections",
    "clocks_of",
    "clocks_open_by_subject",
    "clocks_overdue_count",
    "clocks_visible_to",
    "dead_count",
    "departments_waiting",
    "email_of",
    "inbox_counts_for",
    "inbox_for",
    "inbox_overdue_count",
    "legal_bases_for",
    "legal_bases_in_force",
    "legal_basis_get",
    "legal_basis_search",
    "notification_get_for",
    "notification_list_for",
    "notification_preferences_for",
    "notification_rows",
    "notification_unread_count",
    "published_until",
    "region_name",
    "reviewer_ids_of",
    "role_holder_ids",
    "subjects_waiting",
    "tasks_for",
    "waiting_since",
]
