"""Large bodies of requests: only somebody known sends them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.errors import problem_from, respond
from core.exceptions import SignInRequired


class BodyMiddleware:
    """Refuse a large body of somebody unknown before anything reads it.

    Whoever looks at a form's fields first, the check of its token too, has its files written to disk.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_large = not length.isdecimal() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not is_large or not request.actor.is_public:  # type: ignore[attr-defined]
            return None
        problem = problem_from(SignInRequired())
        assert problem is not None  # noqa: S101  it is a domain error
        return respond(request, problem)
