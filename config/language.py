"""The language of a response."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers


class LanguageMiddleware:
    """Use the person's choice, else the default.

    The language of the browser is followed under ``/api/`` only, and not for people who are signed in: offices run
    systems whose browsers were installed in whatever language, and a page, and what it asks the API for, should look
    the same on each of them.
    """

    def __init__(self, get_response) -> None:  # type: ignore[no-untyped-def]
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = self._choose(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response: HttpResponse = self.get_response(request)
        followed = ("Accept-Language",) if request.path_info.startswith("/api/") else ()
        patch_vary_headers(response, (*followed, "Cookie"))
        response.headers.setdefault("Content-Language", language)
        return response

    @staticmethod
    def _choose(request: HttpRequest) -> str:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or getattr(request.user, "language", "")
        if chosen in dict(settings.LANGUAGES):
            return str(chosen)
        is_api = request.path_info.startswith("/api/") and not request.user.is_authenticated
        if is_api and request.headers.get("Accept-Language"):
            return translation.get_language_from_request(request)
        return settings.LANGUAGE_CODE
