"""Addresses that keep the filters of a list: sorting, paging, chosen values."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import QueryDict

from core.components.lookup import look_up

register = template.Library()


def _query(context: Mapping[str, Any]) -> QueryDict:
    request = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def _as_link(query: QueryDict) -> str:
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else "."


def _set(query: QueryDict, changes: Mapping[str, Any]) -> QueryDict:
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        elif isinstance(value, list | tuple):
            query.setlist(name, [str(part) for part in value])
        else:
            query[name] = str(value)
    return query


@register.simple_tag(takes_context=True)
def query_string(context: Mapping[str, Any], **changes: Any) -> str:
    """Return the page's address with some parameters changed; None removes one. Goes back to page one."""
    query = _query(context)
    if "page" not in changes:
        query.pop("page", None)
        query.pop("cursor", None)
    return _as_link(_set(query, changes))


@register.simple_tag(takes_context=True)
def query_toggle(context: Mapping[str, Any], name: str, value: Any) -> str:
    """Return the page's address with one value of a repeatable parameter added, or removed if it is there."""
    query = _query(context)
    query.pop("page", None)
    query.pop("cursor", None)
    values = query.getlist(name)
    text = str(value)
    kept = [present for present in values if present != text]
    if len(kept) == len(values):
        kept.append(text)
    if kept:
        query.setlist(name, kept)
    else:
        query.pop(name, None)
    return _as_link(query)


@register.inclusion_tag("partials/_hidden_query.html", takes_context=True)
def hidden_query(context: Mapping[str, Any], *drop: str) -> dict[str, Any]:
    """Repeat the page's parameters as hidden inputs of a GET form, except the named ones and the page."""
    query = _query(context)
    dropped = {*drop, "page", "cursor"}
    return {"pairs": [(name, value) for name, values in query.lists() if name not in dropped for value in values]}


@register.inclusion_tag("partials/_sort_header.html", takes_context=True)
def sort_header(
    context: Mapping[str, Any], name: str, label: Any, cls: str = "", first: str = "asc", target: str = ""
) -> dict[str, Any]:
    """Draw a sortable column head. The order in force is ``ordering`` of the context, else of the address.

    Args:
        first: direction of the first click, ``asc`` or ``desc``.
        target: selector of the element htmx replaces; a plain link if empty.
    """
    ordering = str(context.get("ordering") or _query(context).get("ordering") or "")
    direction = "desc" if ordering == f"-{name}" else "asc" if ordering == name else ""
    descending = direction == "asc" if direction else first == "desc"
    query = _query(context)
    query.pop("page", None)
    query.pop("cursor", None)
    return {
        "label": label,
        "cls": cls,
        "direction": {"asc": "ascending", "desc": "descending"}.get(direction, "none"),
        "url": _as_link(_set(query, {"ordering": f"-{name}" if descending else name})),
        "target": target,
    }


@register.inclusion_tag("partials/_pagination.html", takes_context=True)
def pagination(context: Mapping[str, Any], page: Any, target: str = "", anchor: str = "") -> dict[str, Any]:
    """Draw the pager of a ``Page``, or of anything with ``previous_url`` and ``next_url``.

    Args:
        target: selector of the element htmx replaces; plain links if empty.
        anchor: ``#`` and the part of a long page at which plain links arrive.
    """

    def link(number: int) -> str:
        return _as_link(_set(_query(context), {"page": None if number == 1 else number})) + anchor

    if not isinstance(page, Page):
        return {
            "previous": look_up(page, "previous_url"),
            "next": look_up(page, "next_url"),
            "numbers": [],
            "target": target,
            "show": bool(look_up(page, "previous_url") or look_up(page, "next_url")),
        }
    numbers = [
        {"number": number, "url": link(number), "is_current": number == page.number}
        if isinstance(number, int)
        else {"number": None}
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]
    return {
        "previous": link(page.previous_page_number()) if page.has_previous() else "",
        "next": link(page.next_page_number()) if page.has_next() else "",
        "numbers": numbers,
        "target": target,
        "show": page.paginator.num_pages > 1,
    }
