"""Calls of the data API that were refused: kept, counted, and bounded in number."""

import ipaddress
from datetime import timedelta

from django.db import connection, transaction

from audit import services as audit
from core import clock
from core.actors import Actor, ActorKind
from sharing.models import RefusedCall

KEPT_DAYS = 200
"""Logs of the network are kept for six months at least (Cybersecurity Law)."""
FORBIDDEN = 403
PORTION = 5_000
"""Rows dropped in one transaction."""

_COUNT = """
INSERT INTO sharing_refusedcall (minute, client_id, user_id, code, status, path, address, count)
VALUES (%s, %s, %s, %s, %s, %s, %s, 1)
ON CONFLICT (client_id, user_id, code, minute) DO UPDATE SET count = sharing_refusedcall.count + 1
WHERE sharing_refusedcall.count < %s
RETURNING count
"""


@transaction.atomic
def refused_call_record(
    *, actor: Actor, client_id: int | None, code: str, status: int, method: str, path: str, address: str
) -> None:
    """Keep that a call was refused, after the refused transaction was rolled back.

    The first of each minute, caller and code goes into the trail as well; what is forbidden stands there each time
    already (``config.errors``).

    Args:
        actor: who called, as far as he was let in.
        client_id: whose token it was, where it is of no use any more.
    """
    client = actor.id if actor.kind is ActorKind.CLIENT else client_id
    # Who shows a token acts by it alone, whoever is signed in beside it.
    user = actor.id if actor.is_person and client is None else None
    minute = clock.now().replace(second=0, microsecond=0)
    values = [minute, client, user, code[:40], status, path[:200], _address(address), RefusedCall.MOST_COUNTED]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        is_first = cursor.fetchone() == (1,)
    if is_first and status != FORBIDDEN:
        audit.record_denial(actor, method=method, path=path, reason=code)


def refused_calls_drop(*, actor: Actor) -> int:
    """Drop what is older than it is kept, portion by portion, and return how many rows that were."""
    old = RefusedCall.objects.filter(minute__lt=clock.now() - timedelta(days=KEPT_DAYS)).order_by("minute")
    dropped = 0
    while keys := list(old.values_list("pk", flat=True)[:PORTION]):
        dropped += RefusedCall.objects.filter(pk__in=keys).delete()[0]
    return dropped


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
