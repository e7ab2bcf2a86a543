from typing import Any

from django.http import HttpRequest, HttpResponse


def open_list(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("open_list")


def open_detail(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("open_detail")
