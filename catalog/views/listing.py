from typing import Any

from django.http import HttpRequest, HttpResponse


def entry_list(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_list")


def entry_own_list(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_own_list")


def entry_export(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_export")
