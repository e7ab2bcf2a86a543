from typing import Any

from django.http import HttpRequest, HttpResponse


def entry_detail(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_detail")


def revision_diff(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("revision_diff")
