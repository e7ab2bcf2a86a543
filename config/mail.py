"""Where mail goes while no server for it is named."""

from collections.abc import Sequence

import structlog
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

logger = structlog.get_logger(__name__)


class LogBackend(BaseEmailBackend):
    """Notes in the log that a mail would have gone out, without its text and its recipients' addresses."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            logger.info("mail_not_sent", subject=str(message.subject), recipients=len(message.recipients()))
        return len(email_messages)
