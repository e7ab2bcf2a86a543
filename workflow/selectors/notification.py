from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.functional import Promise

from core.actors import Actor
from core.exceptions import NotVisible
from workflow import notification_kinds
from workflow.models import Notification, NotificationPreference


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """A notification with the name of its kind."""

    notification: Notification
    label: str | Promise


@dataclass(frozen=True, slots=True)
class Preference:
    """Where a person gets one kind of news."""

    kind: str
    label: str | Promise
    in_app: bool
    email: bool


def notification_list_for(actor: Actor, *, unread_only: bool = False) -> QuerySet[Notification]:
    """Return the actor's own notifications shown in the product, latest first."""
    if not actor.is_person:
        return Notification.objects.none()
    notifications = Notification.objects.filter(user=actor.id, is_in_app=True)
    return notifications.filter(read_at__isnull=True) if unread_only else notifications


def notification_unread_count(actor: Actor) -> int:
    """Return the number on the bell; one query."""
    return notification_list_for(actor, unread_only=True).count()


def notification_get_for(actor: Actor, notification_id: int) -> Notification:
    """Return one of the actor's own notifications.

    Raises:
        NotVisible: there is none with this key, or it is somebody else's.
    """
    notification = notification_list_for(actor).filter(pk=notification_id).first()
    if notification is None:
        raise NotVisible
    return notification


def notification_rows(notifications: Iterable[Notification]) -> list[NotificationRow]:
    """Return notifications as their list shows them."""
    return [NotificationRow(row, notification_kinds.find(row.kind).label) for row in notifications]


def email_of(actor: Actor) -> str:
    """Return the address that the actor's mail goes to, empty where he has none."""
    return get_user_model().objects.filter(pk=actor.id or 0).values_list("email", flat=True).first() or ""


def notification_preferences_for(actor: Actor) -> list[Preference]:
    """Return the actor's choice for every registered kind, with the defaults where he made none."""
    chosen = {row.kind: row for row in NotificationPreference.objects.filter(user=actor.id)}
    result = []
    for kind in notification_kinds.registered():
        row = chosen.get(kind.kind)
        in_app = row.in_app if row else kind.default_in_app
        email = row.email if row else kind.default_email
        result.append(Preference(kind.kind, kind.label, in_app, email))
    return result
