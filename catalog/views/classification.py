from typing import Any

from django.http import HttpRequest, HttpResponse


def category_list(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("category_list")


def category_edit(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("category_edit")


def library_list(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("library_list")


def library_edit(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("library_edit")
