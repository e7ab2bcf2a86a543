"""What calls around data have in common: people alone write, lists come in pages."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from accounts.requests import ApiRequest
from core.actors import Actor
from core.exceptions import Malformed, NotAllowed

PAGE_SIZE = 20
MOST_ON_A_PAGE = 100

Row = TypeVar("Row", bound=Model)


def require_person(actor: Actor) -> None:
    """Refuse machine clients: requests are filed and decided by people.

    Raises:
        NotAllowed: the caller is no person.
    """
    if not actor.is_person:
        raise NotAllowed(_("Requests are filed and decided by people who are signed in."))


def validated(shape: type[Any], request: ApiRequest) -> dict[str, Any]:
    """Return what was sent, of the shape it must have.

    Raises:
        ValidationError: it has another one.
    """
    checked = shape(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def number(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a number from the query.

    Raises:
        Malformed: it is none from 1.
    """
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
        raise Malformed(_("Give a whole number from 1."))
    return int(text)


def paged(request: ApiRequest, found: QuerySet[Row], shown: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
    """Return the page of a list that the query asks for, with the addresses of those beside it."""
    size = min(number(request.query_params, "page_size", PAGE_SIZE), MOST_ON_A_PAGE)
    page = Paginator(found, size).get_page(number(request.query_params, "page", 1))
    return {
        "count": page.paginator.count,
        "results": [shown(one) for one in page],
        "next": _link(request, page.next_page_number()) if page.has_next() else None,
        "previous": _link(request, page.previous_page_number()) if page.has_previous() else None,
    }


def _link(request: ApiRequest, page: int) -> str:
    query = request.query_params.copy()
    query["page"] = str(page)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
