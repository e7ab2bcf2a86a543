"""What is carried out once, however often it is sent: a row claims it in the transaction of the change.

The API names what it sends by ``Idempotency-Key``. A form of a page is named by its token against forgery, which is
masked anew whenever a page is drawn, together with what was typed: a second click sends both again, while a form that
was drawn anew, or filled in otherwise, is another one.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus

from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import PageRequest
from core import clock
from core.actors import Actor
from workflow.models import IdempotentRequest

View = Callable[..., HttpResponse]

_CLAIM = """
INSERT INTO workflow_idempotentrequest (caller, key, path, body_digest, body, content_type, created_at)
VALUES (%s, %s, %s, %s, '', '', %s) ON CONFLICT (caller, key) DO NOTHING RETURNING id
"""


_TWICE = timedelta(minutes=10)
"""How long a form that is sent again counts as a second click."""


def caller_of(actor: Actor) -> str:
    """Return whose keys they are."""
    return f"{actor.kind}:{actor.id}"


def claim(caller: str, key: str, path: str, digest: str) -> int | None:
    """Claim a key until the end of the transaction and beyond; waits for whoever is claiming it.

    Returns:
        The key of the row, None where what it names was carried out already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [caller, key, path[:500], digest, clock.now()])
        claimed = cursor.fetchone()
    return int(claimed[0]) if claimed else None


def settle(claimed: int, response: HttpResponse, *, body: bytes) -> None:
    """Keep the answer to what was claimed; what was refused may be sent again."""
    mine = IdempotentRequest.objects.filter(pk=claimed)
    if response.status_code >= HTTPStatus.BAD_REQUEST or getattr(response, "was_refused", False):
        mine.delete()
    else:
        content_type = response.headers.get("Content-Type", "")[:100]
        mine.update(status=response.status_code, body=body, content_type=content_type)


def once(view: View) -> View:
    """Carry out a form once: sent again, it leads to where the first led, and says so."""

    @wraps(view)
    def guarded(request: PageRequest, *args: object, **kwargs: object) -> HttpResponse:
        token = request.POST.get("csrfmiddlewaretoken", "")
        if request.method != "POST" or not token or not request.actor.is_person:
            return view(request, *args, **kwargs)
        caller, path = caller_of(request.actor), request.path_info
        digest = hashlib.sha256(f"{path}?{request.POST.urlencode()}".encode()).hexdigest()
        with transaction.atomic():
            mine = IdempotentRequest.objects.filter(caller=caller, key=f"form {digest}")
            # Long after a double click it is meant: what the first led to may be gone by then.
            mine.filter(created_at__lt=clock.now() - _TWICE).delete()
            claimed = claim(caller, f"form {digest}", path, digest)
            if claimed is None:
                first = mine.first()
                return _again(request, bytes(first.body).decode() if first else "")
            response = view(request, *args, **kwargs)
            # An answer that is a page may show a secret: nothing of it is kept.
            settle(claimed, response, body=response.headers.get("Location", "").encode())
        return response

    return guarded


def _again(request: PageRequest, led_to: str) -> HttpResponse:
    if led_to:
        messages.info(request, _("This was sent twice and carried out once."))
        return redirect(led_to)
    message = _("This was sent twice and carried out once. What only the first answer showed is not shown again.")
    messages.warning(request, message)
    return redirect(request.get_full_path())
