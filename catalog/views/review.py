from typing import Any

from django.http import HttpRequest, HttpResponse


def review_list(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("review_list")


def review_approve_many(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("review_approve_many")


def review_detail(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("review_detail")


def review_comment(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("review_comment")


def review_comment_delete(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("review_comment_delete")


def review_approve(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("review_approve")


def review_return(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("review_return")
