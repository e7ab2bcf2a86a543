from collections.abc import Iterable, Mapping

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.functional import Promise

from core import clock as time
from core.actors import Actor
from core.exceptions import SignInRequired
from workflow import notification_kinds, outbox
from workflow.choices import EmailState
from workflow.models import Notification, NotificationPreference
from workflow.selectors.people import role_holder_ids

EMAIL_EVENT = "workflow.notification.email"


@transaction.atomic
def notify(
    *,
    user_ids: Iterable[int],
    kind: str,
    title: str | Promise,
    body: str | Promise = "",
    url: str = "",
    dedupe_key: str | None = None,
) -> list[Notification]:
    """Tell people something, in the product and by e-mail as each of them prefers.

    Args:
        title, body: lazily translated text (``gettext_lazy``, ``format_lazy``) is worded in each reader's language.
        url: path within the product.
        dedupe_key: a person gets at most one notification with the same key, however often this runs.
    """
    if url and not (url.startswith("/") and not url.startswith("//")):
        raise ValueError(f"a notification leads to a place in the product, not to {url}")
    wanted = set(user_ids)
    if dedupe_key:
        wanted -= set(
            Notification.objects.filter(user_id__in=wanted, dedupe_key=dedupe_key).values_list("user_id", flat=True)
        )
    moment = time.now()
    people = (
        get_user_model()
        .objects.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=moment), pk__in=wanted, is_active=True, is_held=False
        )
        .order_by("pk")
        .values_list("pk", "email", "language")
    )
    chosen = {
        row.user_id: row for row in NotificationPreference.objects.filter(user_id__in=wanted, kind=kind).order_by("pk")
    }
    default = notification_kinds.find(kind)
    rows = []
    for user_id, email, language in people:
        preference = chosen.get(user_id)
        in_app = preference.in_app if preference else default.default_in_app
        by_email = (preference.email if preference else default.default_email) and bool(email)
        if not (in_app or by_email):
            continue
        with translation.override(language or settings.LANGUAGE_CODE):
            rows.append(
                Notification(
                    user_id=user_id,
                    kind=kind,
                    title=str(title)[:300],
                    body=str(body),
                    url=url,
                    dedupe_key=dedupe_key,
                    is_in_app=in_app,
                    created_at=moment,
                    email_state=EmailState.QUEUED if by_email else EmailState.NONE,
                )
            )
    created = Notification.objects.bulk_create(rows)
    for row in created:
        if row.email_state == EmailState.QUEUED:
            outbox.put(EMAIL_EVENT, notification_id=row.pk)
    return created


@transaction.atomic
def notify_roles(
    *,
    department_id: int | None,
    roles: Iterable[str],
    kind: str,
    title: str | Promise,
    body: str | Promise = "",
    url: str = "",
    dedupe_key: str | None = None,
    exclude_user_id: int | None = None,
) -> list[Notification]:
    """Tell everybody who holds one of the roles in a department; see ``notify``.

    Args:
        exclude_user_id: who need not be told, since it is his own doing.
    """
    people = set(role_holder_ids(department_id, roles)) - {exclude_user_id}
    return notify(user_ids=people, kind=kind, title=title, body=body, url=url, dedupe_key=dedupe_key)


@transaction.atomic
def notification_mark_read(*, actor: Actor, notification_id: int) -> int:
    """Mark one of the actor's own notifications as read; return 1, or 0 where it was read or is not his."""
    return Notification.objects.filter(pk=notification_id, user=_person_id(actor), read_at__isnull=True).update(
        read_at=time.now()
    )


@transaction.atomic
def notification_mark_all_read(*, actor: Actor) -> int:
    """Mark all of the actor's own notifications as read; return how many there were."""
    return Notification.objects.filter(user=_person_id(actor), is_in_app=True, read_at__isnull=True).update(
        read_at=time.now()
    )


@transaction.atomic
def notification_preferences_set(*, actor: Actor, preferences: Mapping[str, tuple[bool, bool]]) -> None:
    """Keep where the actor wants which kind of news.

    Args:
        preferences: kind → (in the product, by e-mail); kinds nobody registered are passed over.
    """
    user_id = _person_id(actor)
    known = {entry.kind for entry in notification_kinds.registered()}
    NotificationPreference.objects.bulk_create(
        [
            NotificationPreference(user_id=user_id, kind=kind, in_app=in_app, email=email)
            for kind, (in_app, email) in preferences.items()
            if kind in known
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["in_app", "email"],
    )


def _person_id(actor: Actor) -> int:
    if not actor.is_person or actor.id is None:
        raise SignInRequired
    return actor.id
