from typing import Any

from django.http import HttpRequest, HttpResponse


def duty_change_list(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("duty_change_list")


def duty_change_create(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("duty_change_create")


def duty_change_detail(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("duty_change_detail")


def duty_change_extend(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("duty_change_extend")
