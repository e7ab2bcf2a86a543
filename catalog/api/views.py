"""The entries API of the contract. Every view: parse, selector or service, render."""

from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from accounts.requests import ApiRequest, edit_version_read
from catalog import diff, selectors, services
from catalog.api import serializers as shapes
from catalog.api.representation import entry_values
from catalog.models import Entry, Revision
from catalog.policies import FILING_SCOPE
from core.actors import Actor
from core.exceptions import FieldError, NotVisible, RuleViolation
from workflow.selectors.of_subject import clock_next_of

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100


def _whole_number(request: ApiRequest, name: str, default: int, limit: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        message = _("Give a whole number from 1.")
        raise RuleViolation([FieldError(name, "not_a_number", message)])
    return min(int(text), limit)


@cache
def _shape(shape: type[Serializer[Any]], *, partial: bool = False) -> Serializer[Any]:
    """Return the one instance of a shape: it keeps nothing of a call, and each new one would copy all its fields."""
    return shape(partial=partial)


def _validated(shape: type[Serializer[Any]], request: ApiRequest, *, partial: bool = False) -> dict[str, Any]:
    """Return the request's body in a shape.

    Raises:
        ValidationError: it does not fit, with the fields at fault.
    """
    try:
        return dict(_shape(shape, partial=partial).run_validation(request.data))
    except ValidationError as error:
        if isinstance(error.detail, dict):
            raise
        raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: error.detail}) from error


def _answer(
    actor: Actor, entry: Entry, revision: Revision, status_code: int = status.HTTP_200_OK, *, is_new: bool = False
) -> Response:
    clock = None if is_new else clock_next_of(entry)  # no clock runs on what was filed a moment ago
    values = entry_values(actor, entry, revision, clock.due_at if clock else None)
    content = _shape(shapes.EntryOutput).to_representation(values)
    return Response(content, status=status_code, headers={"ETag": f'"{entry.edit_version}"'})


def _after_write(
    request: ApiRequest, entry: Entry, status_code: int = status.HTTP_200_OK, *, is_new: bool = False
) -> Response:
    """Show what the call was about: the open revision where the actor may see it, else the published one."""
    revision = entry.working_revision if selectors.can_see_working(request.actor, entry) else entry.published_revision
    if revision is None:
        raise NotVisible
    return _answer(request.actor, entry, revision, status_code, is_new=is_new)


_FILES = frozenset({FILING_SCOPE})
_READS = frozenset({FILING_SCOPE, "data:read"})
"""Scopes with which a machine's token files, or reads the catalog as its department does."""

_FILTERS = [
    OpenApiParameter(name, str, description="Alternatives by repeating it or with commas.")
    for name in (*selectors.FACETS, "status")
]


class EntryCollection(APIView):
    """The catalog: search and list, and file a new entry."""

    token_scopes = {"GET": _READS, "POST": _FILES}

    @extend_schema(
        operation_id="entry_list",
        parameters=[
            OpenApiParameter("q", str),
            *_FILTERS,
            OpenApiParameter("page", int),
            OpenApiParameter("page_size", int),
            OpenApiParameter("ordering", str, enum=list(selectors.ORDERINGS)),
        ],
        responses=shapes.EntryListOutput,
    )
    def get(self, request: ApiRequest) -> Response:
        filters = selectors.EntryFilters.from_query(request.query_params)
        size = _whole_number(request, "page_size", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        page = _whole_number(request, "page", 1, 10**9)
        start = (page - 1) * size
        if start >= selectors.MAX_ROWS_DEEP:
            message = _("Paging ends at row %(limit)d. Narrow the search with a filter.")
            raise RuleViolation([FieldError("page", "too_deep", message % {"limit": selectors.MAX_ROWS_DEEP})])
        counted = selectors.entries_counted(request.actor, filters)
        count = counted.total
        body = {
            "count": count,
            "count_is_exact": True,
            "facets": counted.facets,
            "results": selectors.EntryPages(request.actor, filters, count)[start : start + size],
            "next": _page_link(request, page + 1) if start + size < min(count, selectors.MAX_ROWS_DEEP) else None,
            "previous": _page_link(request, page - 1) if page > 1 else None,
        }
        return Response(shapes.EntryListOutput(body).data)

    @extend_schema(operation_id="entry_create", request=shapes.EntryInput, responses={201: shapes.EntryOutput})
    def post(self, request: ApiRequest) -> Response:
        fields, items, department = shapes.service_input(_validated(shapes.EntryInput, request))
        entry = services.entry_create(actor=request.actor, fields=fields, items=items or (), department_code=department)
        return _after_write(request, entry, status.HTTP_201_CREATED, is_new=True)


def _page_link(request: ApiRequest, page: int) -> str:
    query = request.query_params.copy()
    query["page"] = str(page)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


class EntryItem(APIView):
    """One entry."""

    token_scopes = {"GET": _READS, "PATCH": _FILES}

    @extend_schema(
        operation_id="entry_get",
        parameters=[OpenApiParameter("revision", str, description="working, published, or a number")],
        responses=shapes.EntryOutput,
    )
    def get(self, request: ApiRequest, ref: str) -> Response:
        entry = selectors.entry_get_for(request.actor, ref)
        revision = selectors.shown_revision(request.actor, entry, request.query_params.get("revision", ""))
        return _answer(request.actor, entry, revision)

    @extend_schema(
        operation_id="entry_update",
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="edit_version as read")],
        request=shapes.EntryInput,
        responses=shapes.EntryOutput,
    )
    def patch(self, request: ApiRequest, ref: str) -> Response:
        edit_version = edit_version_read(request)
        fields, items, _department = shapes.service_input(_validated(shapes.EntryInput, request, partial=True))
        entry = services.entry_update(
            actor=request.actor, ref=ref, fields=fields, items=items, edit_version=edit_version
        )
        return _after_write(request, entry)


class EntrySubmit(APIView):
    """Send the draft to the head of the sharing office; takes nothing."""

    token_scopes = {"POST": _FILES}

    @extend_schema(operation_id="entry_submit", request=None, responses=shapes.EntryOutput)
    def post(self, request: ApiRequest, ref: str) -> Response:
        return _after_write(request, services.entry_submit(actor=request.actor, ref=ref))


class EntryApprove(APIView):
    """Sign off as the head, or approve and publish as the authority's reviewer."""

    @extend_schema(operation_id="entry_approve", request=shapes.DecisionInput, responses=shapes.EntryOutput)
    def post(self, request: ApiRequest, ref: str) -> Response:
        values = _validated(shapes.DecisionInput, request)
        return _after_write(request, services.entry_approve(actor=request.actor, ref=ref, **values))


class EntryReturn(APIView):
    """Send it back with an opinion and comments on fields."""

    @extend_schema(operation_id="entry_return", request=shapes.ReturnInput, responses=shapes.EntryOutput)
    def post(self, request: ApiRequest, ref: str) -> Response:
        values = _validated(shapes.ReturnInput, request)
        return _after_write(request, services.entry_return(actor=request.actor, ref=ref, **values))


class EntryRecall(APIView):
    """Take a submission back before it is decided; takes nothing."""

    token_scopes = {"POST": _FILES}

    @extend_schema(operation_id="entry_recall", request=None, responses=shapes.EntryOutput)
    def post(self, request: ApiRequest, ref: str) -> Response:
        return _after_write(request, services.entry_recall(actor=request.actor, ref=ref))


class EntryWithdraw(APIView):
    """Ask for the withdrawal of a published entry."""

    @extend_schema(operation_id="entry_withdraw", request=shapes.WithdrawInput, responses=shapes.EntryOutput)
    def post(self, request: ApiRequest, ref: str) -> Response:
        values = _validated(shapes.WithdrawInput, request)
        reason = values["reason"] or values["opinion"]
        return _after_write(request, services.entry_withdraw(actor=request.actor, ref=ref, reason=reason))


class RevisionCollection(APIView):
    """The history of an entry, newest first."""

    token_scopes = {"GET": _READS}

    @extend_schema(operation_id="revision_list", responses=shapes.RevisionListOutput)
    def get(self, request: ApiRequest, ref: str) -> Response:
        entry = selectors.entry_get_for(request.actor, ref)
        revisions = selectors.revision_list_for(request.actor, entry)
        return Response(shapes.RevisionListOutput({"results": revisions}).data)


class RevisionDiff(APIView):
    """What changed between two revisions, field by field and item by item."""

    token_scopes = {"GET": _READS}

    @extend_schema(operation_id="revision_diff", responses=shapes.DiffOutput)
    def get(self, request: ApiRequest, ref: str, before: str, after: str) -> Response:
        entry = selectors.entry_get_for(request.actor, ref)
        older = selectors.revision_get_for(request.actor, entry, before)
        newer = selectors.revision_get_for(request.actor, entry, after)
        return Response(shapes.DiffOutput(diff.compare(older, newer)).data)
