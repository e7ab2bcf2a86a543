"""The one character that no text of the database can hold."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.errors import problem_from, respond
from core.exceptions import NotVisible


class NulMiddleware:
    """Keep NUL out of addresses: nothing has it in its name, and in a query it says nothing.

    Forms and the API refuse it field by field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:
            problem = problem_from(NotVisible())
            assert problem is not None  # noqa: S101  it is a domain error
            return respond(request, problem)
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query:
            request.META["QUERY_STRING"] = query.replace("%00", "")
            request.__dict__.pop("GET", None)  # read already, maybe
        return self.get_response(request)
