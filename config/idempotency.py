"""``Idempotency-Key`` on POST: a client that lost the answer sends the request again and gets the first one's.

The key's row, the change and the stored answer commit together, so that a killed process leaves neither or all. A
refused request keeps no row: it may be sent again after it was mended. Keys are kept for a day.
"""

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from config.errors import problem_from, respond
from core.actors import PUBLIC, Actor
from core.exceptions import FieldError, InvalidTransition, Malformed, RuleViolation
from sharing.authentication import actor_of_token
from workflow.models import IdempotentRequest
from workflow.once import caller_of, claim, settle

HEADER = "Idempotency-Key"
LONGEST_KEY = 255


class IdempotencyMiddleware:
    """Answers a repeated POST to the API with the answer of the first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get(HEADER, "")
        if not key or request.method != "POST" or not request.path_info.startswith("/api/"):
            return self.get_response(request)
        actor = self._actor(request)
        if actor.is_public:
            return self.get_response(request)
        if len(key) > LONGEST_KEY or not key.isprintable():
            return self._refuse(request, Malformed(_("An Idempotency-Key has at most 255 printable characters.")))
        with transaction.atomic():
            return self._once(request, caller_of(actor), key)

    @staticmethod
    def _actor(request: HttpRequest) -> Actor:
        """Return who calls: the machine of a valid token, else the person of the session."""
        header = request.headers.get("Authorization", "")
        if header.lower().startswith("bearer "):
            return actor_of_token(header, str(request.META.get("REMOTE_ADDR", ""))) or PUBLIC
        return request.actor  # type: ignore[attr-defined,no-any-return]

    def _once(self, request: HttpRequest, caller: str, key: str) -> HttpResponse:
        try:
            digest = hashlib.sha256(request.body).hexdigest()
        except RequestDataTooBig:  # a file: it goes to the disk as it comes, and what is compared here is held whole
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
            message = _("With an Idempotency-Key a request holds at most %(most)d MB. Send it without the key.")
            return self._refuse(request, Malformed(message % {"most": most}))
        claimed = claim(caller, key, request.path_info, digest)
        if claimed is None:
            return self._repeat(request, caller, key, digest)
        response = self.get_response(request)
        settle(claimed, response, body=response.content)
        return response

    def _repeat(self, request: HttpRequest, caller: str, key: str, digest: str) -> HttpResponse:
        first = IdempotentRequest.objects.filter(caller=caller, key=key).first()
        if first is None or first.status is None:
            busy = _("The first request with this key is still being carried out. Try again in a moment.")
            return self._refuse(request, InvalidTransition(busy, code="idempotency_key_in_use"))
        if (first.path, first.body_digest) != (request.path_info[:500], digest):
            message = _("This key was used for another request. Use a new key for a new request.")
            return self._refuse(request, RuleViolation([FieldError(HEADER, "reused", message)]))
        response = HttpResponse(bytes(first.body), status=first.status, content_type=first.content_type)
        response.headers["Idempotent-Replayed"] = "true"
        return response

    def _refuse(self, request: HttpRequest, error: Exception) -> HttpResponse:
        problem = problem_from(error)
        assert problem is not None  # noqa: S101  all of these are domain errors
        return respond(request, problem)
