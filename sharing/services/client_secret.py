"""Secrets of machine clients: made here, shown once, kept as a hash; an old one overlaps the new for some days."""

import secrets
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _
from oauth2_provider.models import AccessToken

from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import client_policies as policies
from sharing import client_transitions
from sharing.models import ClientSecret
from sharing.selectors import client as selectors

MOST_OVERLAP_HOURS = 7 * 24


@transaction.atomic
def client_rotate_secret(
    *, actor: Actor, client_id: int, newest_id: int | None = None, overlap_hours: int = 0
) -> str:  # fmt: skip
    """Make a new secret and return it: nobody will see it again.

    A suspended client may get one too: a secret that leaked is replaced before the client calls again.

    Args:
        newest_id: the newest secret that the actor knows of, None where he knows of none; so that a button that is
            pressed twice does not end the secret in use.
        overlap_hours: for which the secret so far is still taken, 0 to ``MOST_OVERLAP_HOURS``; one that an earlier
            rotation had left ends now, so that there are never more than two. With 0 the client's tokens end too.

    Raises:
        NotVisible, NotAllowed: not the head of the client's department. InvalidTransition: the client is not in use, or
            another secret was made meanwhile. RuleViolation: the overlap is too long.
    """
    client = selectors.client_get_for(actor, client_id, for_update=True)
    policies.require_manage_client(actor, client)
    client_transitions.CLIENT.apply("rotate", client.status)
    newest = client.secrets.order_by("-pk").first()
    if (newest.pk if newest is not None else None) != newest_id:
        raise InvalidTransition(_("Another secret was made meanwhile: look at the client's page first."))
    if not 0 <= overlap_hours <= MOST_OVERLAP_HOURS:
        message = _("The old secret may stay valid for at most %(days)d days.") % {"days": MOST_OVERLAP_HOURS // 24}
        raise RuleViolation([FieldError("overlap_hours", "out_of_range", message)])
    moment = clock.now()
    ends = moment + timedelta(hours=overlap_hours)
    client.secrets.filter(valid_to__isnull=False).delete()
    client.secrets.filter(valid_to__isnull=True).update(valid_to=ends)
    secret = secrets.token_urlsafe(32)
    ClientSecret.objects.create(client=client, digest=make_password(secret), made_at=moment, made_by_name=actor.name)
    if overlap_hours == 0:
        AccessToken.objects.filter(application=client).delete()
    audit.record(actor, "sharing.client.rotate", client, after={"overlap_hours": overlap_hours})
    return secret
