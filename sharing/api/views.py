"""The data API of the contract: what a dataset is, its rows, its changes, its whole, its files, and the grants."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from accounts.requests import ApiRequest
from collection.byte_ranges import byte_range
from collection.readers import FORMATS, page, stream
from collection.readers.changes import changes
from collection.readers.page import MOST_ROWS
from collection.readers.stream import XLSX_MOST_ROWS, sheet_too_small
from collection.services.file import file_pieces
from collection.store import tables
from core.exceptions import FieldError, NotAllowed, RuleViolation
from sharing import limits
from sharing.api import query as asked
from sharing.api import serializers as shapes
from sharing.api.answers import DataView, etag_of, packed, streamed, unchanged
from sharing.api.representation import dataset_values, grant_values
from sharing.api.walk import Walk, opened_place, sealed_place
from sharing.client_choices import PullKind
from sharing.models import Grant
from sharing.selectors import file as files
from sharing.selectors import lists
from sharing.selectors import reading as selectors
from sharing.selectors.pull import row_quota_of
from sharing.selectors.reading import LAST_PAGE, Reading
from sharing.services.pull import LoggedStream, PullFacts, Tally, hidden_items, pull_record

FILTERED_MILLISECONDS = 30_000
"""How long a filtered page may look for rows; a declared filter item is found at once."""
MOST_GRANTS = 500
"""On one page of the list of grants."""
CHECK_BYTES = 4 * 1024**2
"""How much of a file leaves between two looks at the grant."""

_VIEWS = (lists.HELD, lists.GIVEN, lists.ALL)

_WHOLE = {"type": "integer", "minimum": 1}
_GRANT = OpenApiParameter("grant", _WHOLE, description="Needed where several grants cover the caller.")
_FILTER = OpenApiParameter(
    "item",
    str,
    description="Conditions by item: `<item>=`, `<item>__gte=`, `__lte`, `__gt`, `__lt`, `__in` (commas),"
    " `__startswith`, `__isnull`; `item.<name>` where an item is named like a parameter. `__in` takes 200 values, as"
    " far as the whole address stays within 8,190 bytes (a Chinese character takes nine): else the answer is 414."
    " A masked item is compared as it is shown: a date that is cut to its month with `2026-02`, a number that is cut to"
    " its band with the band alone; what is written otherwise is refused."
    " Longer lists are asked for in several calls with a part of the values each, which name the `version` that the"
    " first one told; together they give the rows of that version.",
)
_VERSION = OpenApiParameter("version", _WHOLE)
_FIELDS = OpenApiParameter("fields", str, description="Items wanted, by comma; all where it is left out.")
_FORMULAS = OpenApiParameter(
    "formulas",
    str,
    enum=["escaped"],
    description="CSV for a spreadsheet: an apostrophe stands before texts that it would run as a formula. Without it"
    " texts are exact.",
)
_CURSOR = OpenApiParameter("cursor", str, description="`next_cursor` of the page before; left out for the first.")
_PAGE = [
    OpenApiParameter(
        "limit",
        {**_WHOLE, "default": asked.DEFAULT_ROWS},
        description=f"Rows on a page, at most {MOST_ROWS:,}: whoever asks for more gets as many.",
    ),
    _CURSOR,
]
_TOO_LONG = OpenApiResponse(description="The address is longer than 8,190 bytes: ask in several calls.")
_UNCHANGED = OpenApiResponse(description="The caller has this already: `If-None-Match` names its `ETag`.")


def _grant(request: ApiRequest, pk: int) -> Grant:
    """Return the grant of the call and count the call against it."""
    grant = selectors.grant_for_reading(request.actor, pk, asked.read_number(request.query_params, "grant"))
    if grant.calls_per_minute is not None:
        budget = limits.count_call("grant", f"grant:{grant.token}", grant.calls_per_minute)
        request._request.rate_budget = budget  # type: ignore[attr-defined]
    return grant


def _facts(request: ApiRequest, grant: Grant, version: int, kind: PullKind, items: Any, **more: Any) -> PullFacts:
    address = str(request.META.get("REMOTE_ADDR", ""))
    hidden = hidden_items(grant) if more.get("conditions") else frozenset(grant.masks)
    return PullFacts(grant, version, kind, items, address, hidden=hidden, **more)


def _table(grant: Grant) -> None:
    if not grant.dataset.is_table:
        raise RuleViolation([FieldError("dataset", "is_files", _("These data are files: see files/."))])


class DatasetItem(DataView):
    """What a dataset is: the Table Schema of the items that the grant shows, its version, how current it is."""

    @extend_schema(operation_id="dataset_get", parameters=[_GRANT, _VERSION], responses=shapes.DatasetOutput)
    def get(self, request: ApiRequest, pk: int) -> HttpResponseBase:
        grant = _grant(request, pk)
        number = asked.read_number(request.query_params, "version")
        reading = selectors.reading_of(grant, selectors.version_for_reading(grant, number))
        return Response(shapes.DatasetOutput(dataset_values(reading)).data)


class DatasetRows(DataView):
    """Rows by keyset: the first page pins the version, ``next_cursor`` leads on and is null at the end."""

    @extend_schema(
        operation_id="dataset_rows",
        parameters=[_GRANT, *_PAGE, _FIELDS, _VERSION, _FILTER],
        responses={200: shapes.RowsOutput, 304: _UNCHANGED, 414: _TOO_LONG},
    )
    def get(self, request: ApiRequest, pk: int) -> HttpResponseBase:
        started = time.monotonic()
        grant = _grant(request, pk)
        _table(grant)
        walk = Walk("rows", request, grant)
        reading = selectors.reading_of(grant, selectors.version_for_reading(grant, walk.version))
        query = asked.read_query(request.query_params, reading.columns)
        limit = asked.read_limit(request.query_params)
        etag = etag_of(request, grant, reading.version.number)
        known = unchanged(request, etag)
        if known is not None:
            return known
        quota = row_quota_of(grant)
        taken = quota.take(limit) if quota else limit
        count = 0
        try:
            found = _page(reading, query, taken, walk.after_row)
            selectors.require_kept(grant, [reading.version.number])
            count = found.count
            after = found.next_after
            cursor = None if after is None else walk.cursor(reading.version.number, after.to_bytes(8, "big"))
            body = (
                f'{{"version":{reading.version.number},"rows":{found.rows},'
                f'"truncated":{"true" if cursor else "false"},"next_cursor":{_quoted(cursor)}}}'
            ).encode()
            facts = _facts(
                request, grant, reading.version.number, PullKind.ROWS, reading.items(query.fields),
                conditions=query.conditions,
            )  # fmt: skip
            spent = int((time.monotonic() - started) * 1000)
            pull_record(actor=request.actor, facts=facts, rows=count, size_bytes=len(body), milliseconds=spent)
        finally:
            if quota:
                quota.give_back(taken - count)
        return packed(request, HttpResponse(body, content_type="application/json", headers={"ETag": etag}))


def _quoted(cursor: str | None) -> str:
    return "null" if cursor is None else f'"{cursor}"'


def _page(reading: Reading, query: asked.Query, limit: int, after: int) -> Any:
    """Return a page; one with conditions must not look for ever."""
    read = partial(
        page,
        reading.entitlement,
        reading.version,
        limit=limit,
        after=after,
        fields=query.fields,
        conditions=query.conditions,
    )
    if not query.conditions:
        return read()
    try:
        with tables.bounded(FILTERED_MILLISECONDS):
            return read()
    except tables.TooSlow:
        message = _("That takes too long: ask the provider to declare the item as a filter item.")
        raise RuleViolation([FieldError("filter", "too_slow", message)]) from None


class DatasetChanges(DataView):
    """What changed since a version, as this grant shows it; ``since=0`` is a snapshot.

    Whoever applies the changes in their order and goes on from ``to_version`` keeps an exact replica. A page may hold
    fewer than asked for, or none, while ``next_cursor`` leads on.
    """

    @extend_schema(
        operation_id="dataset_changes",
        parameters=[_GRANT, OpenApiParameter("since", {"type": "integer", "minimum": 0}, required=True), *_PAGE],
        responses={200: shapes.ChangesOutput, 304: _UNCHANGED},
    )
    def get(self, request: ApiRequest, pk: int) -> HttpResponseBase:
        started = time.monotonic()
        grant = _grant(request, pk)
        _table(grant)
        walk = Walk("changes by row", request, grant)
        since = asked.read_number(request.query_params, "since", least=0)
        if since is None:
            raise RuleViolation([FieldError("since", "required", _("Give the version that you have, 0 for none."))])
        until = selectors.reading_of(grant, selectors.version_for_reading(grant, walk.version))
        before = selectors.pinned_since(grant, since)
        if before is not None and before.number > until.version.number:
            raise RuleViolation([FieldError("since", "unknown_version", _("There is no version of this number."))])
        selectors.require_same_edition(request.actor, grant, since)
        asked.read_query(request.query_params, [])
        limit = asked.read_limit(request.query_params)
        etag = etag_of(request, grant, until.version.number)
        known = unchanged(request, etag)
        if known is not None:
            return known
        quota = row_quota_of(grant)
        taken = quota.take(limit) if quota else limit
        count = 0
        try:
            found = changes(until.entitlement, before, until.version, limit=taken, after=walk.after_key)
            selectors.require_kept(grant, [since, until.version.number])
            count = found.count
            after = found.next_after
            cursor = None if after is None else walk.cursor(until.version.number, after.encode())
            body = (
                f'{{"from_version":{since},"to_version":{until.version.number},"changes":{found.changes},'
                f'"next_cursor":{_quoted(cursor)}}}'
            ).encode()
            facts = _facts(
                request, grant, until.version.number, PullKind.CHANGES, until.items(None), since=since,
                detail="" if cursor else LAST_PAGE,
            )  # fmt: skip
            spent = int((time.monotonic() - started) * 1000)
            pull_record(actor=request.actor, facts=facts, rows=count, size_bytes=len(body), milliseconds=spent)
        finally:
            if quota:
                quota.give_back(taken - count)
        return packed(request, HttpResponse(body, content_type="application/json", headers={"ETag": etag}))


class DatasetExport(DataView):
    """A whole version as a stream. One that ends early is aborted, never ended as if it were whole."""

    @extend_schema(
        operation_id="dataset_export",
        parameters=[_GRANT, OpenApiParameter("format", str, enum=list(FORMATS)), _FORMULAS, _FIELDS, _VERSION, _FILTER],
        responses={
            **{(200, one): OpenApiTypes.BINARY for one in dict.fromkeys(FORMATS.values())},
            (200, FORMATS["json"]): {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
            304: _UNCHANGED,
        },
    )
    def get(self, request: ApiRequest, pk: int) -> HttpResponseBase:
        grant = _grant(request, pk)
        _table(grant)
        number = asked.read_number(request.query_params, "version")
        reading = selectors.reading_of(grant, selectors.version_for_reading(grant, number))
        query = asked.read_query(request.query_params, reading.columns)
        format = request.query_params.get("format", "csv")
        if format not in FORMATS:
            message = _("Choose one of: %(formats)s.") % {"formats": ", ".join(FORMATS)}
            raise RuleViolation([FieldError("format", "unknown", message)])
        if format == "xlsx" and reading.entitlement.sees_all_rows and reading.row_count > XLSX_MOST_ROWS:
            raise RuleViolation([sheet_too_small()])
        etag = etag_of(request, grant, reading.version.number)
        name = quote(f"{grant.dataset.name}-v{reading.version.number}.{format}")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        known = unchanged(request, etag, FORMATS[format], headers)
        if known is not None:
            return known
        quota = row_quota_of(grant)
        if quota and reading.entitlement.sees_all_rows and not query.conditions:
            # Known beforehand, so that no answer begins which cannot be whole. They are taken as they leave.
            if reading.row_count > quota.rows:
                raise RuleViolation(
                    [FieldError("grant", "quota_too_small", limits.never_whole(quota.rows, reading.row_count))]
                )
            quota.take_whole(reading.row_count)
            quota.give_back(reading.row_count)
        facts = _facts(
            request, grant, reading.version.number, PullKind.EXPORT, reading.items(query.fields),
            conditions=query.conditions, detail=format,
        )  # fmt: skip
        pieces = LoggedStream(
            actor=request.actor, facts=facts, pieces=partial(_export_pieces, request, reading, query, format)
        )
        response = streamed(pieces, FORMATS[format])
        for header, value in {**headers, "ETag": etag}.items():
            response.headers[header] = value
        return packed(request, response)


def _export_pieces(
    request: ApiRequest, reading: Reading, query: asked.Query, format: str, tally: Tally
) -> Iterator[bytes]:
    quota = row_quota_of(reading.grant)

    def counted(rows: int) -> None:
        if quota:
            quota.take_whole(rows)
        tally.count(rows)

    return stream(
        reading.entitlement,
        reading.version,
        format,
        escape_formulas=request.query_params.get("formulas") == "escaped",
        fields=query.fields,
        conditions=query.conditions,
        still_entitled=lambda: selectors.is_still_readable(request.actor, reading.grant),
        counted=counted,
    )


class FileCollection(DataView):
    """The files of a dataset that consists of files."""

    @extend_schema(operation_id="dataset_files", parameters=[_GRANT, _VERSION], responses=shapes.FilesOutput)
    def get(self, request: ApiRequest, pk: int) -> HttpResponseBase:
        grant = _grant(request, pk)
        version = files.version_of_files(grant, asked.read_number(request.query_params, "version"))
        return Response(shapes.FilesOutput({"version": version.number, "files": files.files_under(version)}).data)


class FileItem(DataView):
    """One file, whole or the part that ``Range`` asks for."""

    @extend_schema(
        operation_id="dataset_file",
        parameters=[_GRANT, _VERSION, OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
        responses={
            **dict.fromkeys(((200, "*/*"), (206, "*/*")), OpenApiTypes.BINARY),
            304: _UNCHANGED,
            416: OpenApiResponse(description="The file has no such part; `Content-Range` tells its size."),
        },
    )
    def get(self, request: ApiRequest, pk: int, file: UUID) -> HttpResponseBase:
        grant = _grant(request, pk)
        version = files.version_of_files(grant, asked.read_number(request.query_params, "version"))
        found = files.file_under(version, file)
        etag = f'"{found.sha256}"'
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        whole = {**headers, "Content-Length": str(found.size_bytes)}
        known = unchanged(request, etag, found.content_type, whole)
        if known is not None:
            known.headers["Accept-Ranges"] = "bytes"
            return known
        header = request.headers.get("Range", "")
        if request.headers.get("If-Range", etag) != etag:
            header = ""
        wanted = byte_range(header, found.size_bytes)
        if wanted is None:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{found.size_bytes}"})
        first, last = wanted
        # Opened before the pull is logged: what the storage does not give is none, and is told as an error.
        content = file_pieces(found, first, last)

        def pieces(tally: Tally) -> Iterator[bytes]:
            unchecked = CHECK_BYTES
            for piece in content:
                if unchecked >= CHECK_BYTES:
                    if not selectors.is_still_readable(request.actor, grant):
                        raise NotAllowed
                    unchecked = 0
                unchecked += len(piece)
                yield piece
            tally.rows += 1

        facts = _facts(request, grant, version.number, PullKind.FILE, (), detail=found.name)
        response = streamed(LoggedStream(actor=request.actor, facts=facts, pieces=pieces), found.content_type)
        for name, value in {**headers, "ETag": etag, "Content-Length": str(last - first + 1)}.items():
            response.headers[name] = value
        if (first, last) != (0, found.size_bytes - 1):
            response.status_code = 206
            response.headers["Content-Range"] = f"bytes {first}-{last}/{found.size_bytes}"
        return response


class GrantCollection(DataView):
    """What this caller may pull, now or later; to people also what their department held or gives."""

    @extend_schema(
        operation_id="grant_list",
        parameters=[
            OpenApiParameter(
                "view",
                str,
                enum=list(_VIEWS),
                description="To people: what the department holds or held, what is given of its data, or all that the"
                " caller sees. Left out: what the caller may pull now or later.",
            ),
            OpenApiParameter(
                "limit",
                {**_WHOLE, "default": asked.DEFAULT_ROWS},
                description=f"Grants on a page, at most {MOST_GRANTS}: whoever asks for more gets as many.",
            ),
            _CURSOR,
        ],
        responses=shapes.GrantsOutput,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        after = opened_place(request)
        limit = min(asked.read_limit(request.query_params), MOST_GRANTS)
        view = request.query_params.get("view", "")
        if view and view not in _VIEWS:
            raise RuleViolation([FieldError("view", "unknown", _("Choose one of the values."))])
        found = lists.grants_of_view(request.actor, view) if view else selectors.grants_of_caller(request.actor)
        grants = list((found.filter(pk__lt=after) if after else found)[: limit + 1])
        cursor = sealed_place(request, grants[limit - 1].pk) if len(grants) > limit else None
        values = [grant_values(one) for one in grants[:limit]]
        body = {"results": values, "truncated": cursor is not None, "next_cursor": cursor}
        return Response(shapes.GrantsOutput(body).data)
