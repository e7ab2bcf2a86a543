from workflow.models.attachment import Attachment
from workflow.models.calendar import CalendarOverride, CalendarYear
from workflow.models.clock import Clock, ClockPause, ClockPolicy, ClockReminder
from workflow.models.idempotent_request import IdempotentRequest
from workflow.models.job_slot import JobSlot
from workflow.models.legal_basis import LegalBasis
from workflow.models.notification import Notification, NotificationPreference
from workflow.models.outbox import OutboxDelivery, OutboxMessage
from workflow.models.task import Task

__all__ = [
    "Attachment",
    "CalendarOverride",
    "CalendarYear",
    "Clock",
    "ClockPause",
    "ClockPolicy",
    "ClockReminder",
    "IdempotentRequest",
    "JobSlot",
    "LegalBasis",
    "Notification",
    "NotificationPreference",
    "OutboxDelivery",
    "OutboxMessage",
    "Task",
]
