from typing import Any

from django.http import HttpRequest, HttpResponse


def entry_create(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_create")


def entry_edit(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_edit")


def entry_revise(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_revise")


def entry_discard(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_discard")


def entry_submit(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_submit")


def entry_recall(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_recall")


def entry_withdraw(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("entry_withdraw")
