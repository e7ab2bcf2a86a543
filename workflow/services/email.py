"""Sending the mail of a notification, once."""

from datetime import timedelta
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation

from core import clock
from core.platform_name import platform_name
from workflow.choices import EmailState
from workflow.exceptions import MailInProgress
from workflow.models import Notification

CLAIM_LASTS = timedelta(minutes=10)


def notification_email_send(*, notification_id: int) -> bool:
    """Mail a notification unless that was done; say whether a mail went out.

    The row is claimed before the mail server is called, and marked after. A second run finds the claim or the mark
    and sends nothing. Only where a worker dies between the two is the mail sent again, under the same Message-ID.

    Raises:
        MailInProgress: another worker claimed it a moment ago and has not marked it yet.
    """
    notification = _claim(notification_id)
    if notification is None:
        return False
    user = notification.user
    with translation.override(user.language or settings.LANGUAGE_CODE):
        body = render_to_string(
            "workflow/email/notification.txt",
            {
                "notification": notification,
                "link": absolute_url(notification.url),
                "name": user.full_name,
                "platform": platform_name(),
                "site": settings.SITE_URL,
            },
        )
        sender = formataddr((platform_name(), settings.DEFAULT_FROM_EMAIL))
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    message = EmailMessage(
        subject=" ".join(notification.title.splitlines()),
        body=body,
        from_email=sender,
        to=[user.email],
        headers={
            "Message-ID": f"<notification-{notification.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        message.send()
    except Exception:
        Notification.objects.filter(pk=notification.pk, email_state=EmailState.SENDING).update(
            email_state=EmailState.QUEUED
        )
        raise
    Notification.objects.filter(pk=notification.pk).update(email_state=EmailState.SENT, emailed_at=clock.now())
    return True


@transaction.atomic
def _claim(notification_id: int) -> Notification | None:
    moment = clock.now()
    free = Q(email_state=EmailState.QUEUED) | Q(
        email_state=EmailState.SENDING, email_claimed_at__lt=moment - CLAIM_LASTS
    )
    claimed = Notification.objects.filter(free, pk=notification_id).update(
        email_state=EmailState.SENDING, email_claimed_at=moment
    )
    if not claimed:
        if Notification.objects.filter(pk=notification_id, email_state=EmailState.SENDING).exists():
            raise MailInProgress(notification_id)
        return None
    notification = Notification.objects.select_related("user").get(pk=notification_id)
    if not (notification.user.is_active and notification.user.email):
        Notification.objects.filter(pk=notification_id).update(email_state=EmailState.NONE)
        return None
    return notification


def absolute_url(path: str) -> str:
    """Return the address of a path of the product as people type it; empty where there is no path."""
    return f"{settings.SITE_URL}{path}" if path else ""
