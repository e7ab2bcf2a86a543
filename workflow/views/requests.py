"""What every view of the app needs of a request."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from core.actors import Actor
from core.exceptions import SignInRequired


def person(request: HttpRequest) -> Actor:
    """Return the person behind the request.

    Raises:
        SignInRequired: nobody is signed in.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.is_person:
        raise SignInRequired
    return actor


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int) -> Page[Any]:
    """Return the page of a list that the address asks for; a number beyond the last page gives the last."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def render_part(request: HttpRequest, page: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """Answer htmx with the part of the page that changes, everybody else with the whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    response = render(request, part if htmx and not htmx.boosted else page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
