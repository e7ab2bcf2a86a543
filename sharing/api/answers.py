"""What every answer of the data API has in common: its tag, its headers, its packing."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import chain
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import ApiRequest
from sharing import limits
from sharing.client_choices import Scope
from sharing.models import Grant

SMALLEST_PACKED_BYTES = 4096
_pack = GZipMiddleware(lambda request: HttpResponse())
_FORM = 2
"""Grows when answers, or the cursors in them, change their form: who kept one of before must not go on with it."""
_PACKABLE = ("application/json", "application/x-ndjson", "text/csv")


class AnyAccept(BaseContentNegotiation):
    """Whoever asks for an export may say ``Accept: text/csv``: the address says what comes, not the header."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class DataView(APIView):
    """A view of the data API. Its answers are the caller's own: nobody in between keeps them."""

    content_negotiation_class = AnyAccept
    token_scopes = {"GET": frozenset({Scope.DATA_READ.value})}

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        budget: limits.Budget | None = getattr(request._request, "rate_budget", None)
        for name, value in (budget.headers if budget else {}).items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(answer, ["Authorization", "Cookie"])
        return answer  # type: ignore[return-value]


def packed(request: ApiRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Pack a large answer as the caller accepts; a stream piece by piece, in constant memory."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    is_small = not response.streaming and len(getattr(response, "content", b"")) < SMALLEST_PACKED_BYTES
    if kind not in _PACKABLE or is_small:
        return response
    return _pack.process_response(request._request, response)


def etag_of(request: ApiRequest, grant: Grant, version: int) -> str:
    """Return the tag of an answer, made only of what the caller knows: the rows that he does not see change nothing."""
    known = (_FORM, request.path, sorted(request.query_params.lists()), str(grant.token), grant.edition, version)
    return f'W/"{sha256(repr(known).encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def unchanged(
    request: ApiRequest, etag: str, content_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> HttpResponse | StreamingHttpResponse | None:
    """Return the answer to a caller that has this already, or asks for the headers alone; else None.

    Neither is a pull: nothing of the data leaves, and the log keeps what did.

    Args:
        content_type, headers: of the answer with its content, as HEAD tells them (RFC 9110, 9.3.2).
    """
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    if wanted and (wanted == ["*"] or etag in wanted or etag.removeprefix("W/") in wanted):
        return HttpResponse(status=304, headers={"ETag": etag})
    if request.method != "HEAD":
        return None
    # A stream says no length of its own: that of the content is not known, and it is not 0.
    return StreamingHttpResponse([], content_type=content_type, headers={"ETag": etag, **(headers or {})})


class _Pieces:
    """A stream with its beginning; closing it ends the stream also where nobody read on."""

    def __init__(self, first: list[bytes], rest: Iterator[bytes]) -> None:
        self._first, self._rest = first, rest

    def __iter__(self) -> Iterator[bytes]:
        return chain(self._first, self._rest)

    def close(self) -> None:
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()


def streamed(pieces: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """Return a stream whose beginning was read already: what is wrong from the start is still a proper refusal."""
    first = [piece for piece in (next(pieces, None), next(pieces, None)) if piece is not None]
    response = StreamingHttpResponse(_Pieces(first, pieces), content_type=content_type)
    response.headers["X-Accel-Buffering"] = "no"
    return response
