"""Records in pages become lines of one file, unchanged, and a source that cannot count is found out."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.outgoing import (
    Access,
    FetchedPages,
    Limits,
    LinkHeader,
    NextLink,
    NotListed,
    Offset,
    OutgoingFailed,
    PageNumber,
    Paging,
    Permanent,
    Transient,
    bearer_token,
    fetch_pages,
)
from collection.outgoing.records import lines_of, parsed
from tests.collection.outgoing.conftest import Handler, Source

ROWS = [{"编号": f"{number:05}A"} for number in range(25)]


def pages(source: Source, url: str, paging: Paging, **more: Any) -> tuple[list[Any], FetchedPages]:
    into = io.BytesIO()
    access: Access = more.pop("access", None) or source.access()
    result = fetch_pages(
        url, into, access=access, paging=paging, sleep=more.pop("sleep", lambda _seconds: None), **more
    )
    assert result.sha256 == hashlib.sha256(into.getvalue()).hexdigest()
    assert result.size_bytes == len(into.getvalue())
    return [json.loads(line) for line in into.getvalue().splitlines()], result


def failure(source: Source, url: str, paging: Paging, **more: Any) -> OutgoingFailed:
    with pytest.raises(OutgoingFailed) as caught:
        pages(source, url, paging, **more)
    return caught.value


def query_of(handler: Handler) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}


def counted(source: Source, *, most: int = 1000, total: bool = False) -> str:
    """A source that takes page and size, or offset and limit, and gives no more than ``most`` rows at once."""

    def reply(handler: Handler) -> None:
        query = query_of(handler)
        size = min(int(query.get("size", query.get("limit", "10"))), most)
        begin = int(query["offset"]) if "offset" in query else (int(query["page"]) - 1) * size
        answer: dict[str, Any] = {"code": 0, "data": {"list": ROWS[begin : begin + size]}}
        if total:
            answer["data"]["total"] = str(len(ROWS))
        handler.give(200, json.dumps(answer).encode())

    return source.on("/rows", reply)


def test_page_numbers_go_up_to_an_empty_page(source: Source) -> None:
    told: list[tuple[int, int | None]] = []

    rows, result = pages(
        source,
        counted(source) + "?type=a&page=9",
        PageNumber(size_parameter="size", size=10),
        path=("data", "list"),
        on_progress=lambda records, total: told.append((records, total)),
    )

    assert rows == ROWS
    assert (result.pages, result.records) == (4, 25)
    assert told == [(10, None), (20, None), (25, None), (25, None)]
    assert [path for _host, path, _headers in source.asked][1] == "/rows?type=a&size=10&page=2"


def test_offsets_follow_what_came_not_what_was_asked_for(source: Source) -> None:
    rows, result = pages(source, counted(source, most=7), Offset(size=10), path=("data", "list"))

    assert rows == ROWS
    assert result.pages == 5
    assert source.asked[1][1] == "/rows?limit=10&offset=7"


@pytest.mark.parametrize("paging", [PageNumber(total=("data", "total")), Offset(size=10, total=("data", "total"))])
def test_a_total_saves_the_empty_page(source: Source, paging: Paging) -> None:
    rows, result = pages(source, counted(source, total=True), paging, path=("data", "list"))

    assert rows == ROWS
    assert result.pages == 3


def test_a_total_that_is_not_reached_is_found_out(source: Source) -> None:
    replies = [{"total": 3, "rows": [{"a": 1}, {"a": 2}]}, {"total": 3, "rows": []}]
    url = source.on("/", lambda handler: handler.give(200, json.dumps(replies.pop(0)).encode()))

    found = failure(source, url, PageNumber(total=("total",)), path=("rows",))

    assert isinstance(found, Transient)
    assert found.code == "total_differs"
    assert found.extra == {"host": "data.example", "total": 3, "count": 2}


@pytest.mark.parametrize("end", [None, "", 0, False])
def test_links_in_the_body_are_followed(source: Source, end: object) -> None:
    source.gives("/1", json.dumps({"links": {"next": "/2?x=1"}, "items": ROWS[:10]}))
    source.gives("/2", json.dumps({"links": {"next": source.url("/3")}, "items": []}))
    source.gives("/3", json.dumps({"links": {"next": end}, "items": ROWS[10:]}))

    rows, result = pages(source, source.url("/1"), NextLink(("links", "next")), path=("items",))

    assert rows == ROWS  # an empty page among others is not the end
    assert result.pages == 3


def test_links_in_the_header_are_followed(source: Source) -> None:
    source.gives("/1", json.dumps(ROWS[:10]), Link='</0>; rel="prev", </2?a=1,2>; title="x"; rel="last next"')
    source.gives("/2", json.dumps(ROWS[10:]), Link='</1>; rel=prev, </9>; rel="nextish"')

    rows, _result = pages(source, source.url("/1"), LinkHeader())

    assert rows == ROWS


def test_a_link_to_another_host_must_be_listed_and_gets_no_credential(source: Source) -> None:
    source.gives("/1", json.dumps({"next": source.url("/2", "other.example"), "items": ROWS[:1]}))
    source.gives("/2", json.dumps({"next": source.url("/3"), "items": ROWS[1:2]}))
    source.gives("/3", json.dumps({"items": ROWS[2:]}))
    credential = bearer_token("token")

    with pytest.raises(NotListed):
        pages(source, source.url("/1"), NextLink(), path=("items",), access=source.access(credential=credential))
    source.asked.clear()
    access = source.access(
        hosts=["data.example", "other.example"], credential=credential, headers={"X-System": "civil"}
    )
    rows, _result = pages(source, source.url("/1"), NextLink(), path=("items",), access=access)

    assert rows == ROWS
    shown = [(path, headers.get("Authorization")) for _host, path, headers in source.asked]
    assert shown == [("/1", "Bearer token"), ("/2", None), ("/3", "Bearer token")]
    assert [headers.get("X-System") for _host, _path, headers in source.asked] == ["civil", None, "civil"]


def test_a_link_out_of_tls_is_refused(encrypted_source: Source) -> None:
    url = encrypted_source.gives("/", json.dumps({"next": "http://data.example/2", "items": ROWS}))

    assert failure(encrypted_source, url, NextLink(), path=("items",)).code == "unencrypted"


def test_a_circle_of_links_is_noticed(source: Source) -> None:
    source.gives("/1", json.dumps({"next": "/2", "items": ROWS[:1]}))
    source.gives("/2", json.dumps({"next": "/1", "items": ROWS[1:]}))

    found = failure(source, source.url("/1"), NextLink(), path=("items",))

    assert isinstance(found, Permanent)
    assert found.code == "page_loop"
    assert len(source.asked) == 2


def test_a_source_that_takes_no_notice_of_the_page_is_noticed(source: Source) -> None:
    url = source.on("/", lambda handler: handler.give(200, json.dumps({"path": handler.path, "rows": ROWS}).encode()))

    assert failure(source, url, PageNumber(), path=("rows",)).code == "page_loop"
    assert len(source.asked) == 2


def test_pages_have_an_end(source: Source) -> None:
    def reply(handler: Handler) -> None:
        handler.give(200, json.dumps([{"page": query_of(handler)["page"]}]).encode())

    found = failure(source, source.on("/", reply), PageNumber(), max_pages=5)

    assert (found.code, found.extra["limit"]) == ("too_many_pages", 5)
    assert len(source.asked) == 5


def test_all_pages_together_have_a_limit(source: Source) -> None:
    access = source.access(limits=Limits(max_bytes=300))

    assert failure(source, counted(source), PageNumber(), path=("data", "list"), access=access).code == "too_large"


# --- Pages that are none ---


@pytest.mark.parametrize(
    "body", ['{"code": 401, "msg": "token expired", "data": null}', "{}", '{"data": {"list": {}}}', "[]"]
)
def test_a_first_page_without_a_list_does_not_pass_for_an_empty_one(source: Source, body: str) -> None:
    found = failure(source, source.gives("/", body), PageNumber(), path=("data", "list"))

    assert isinstance(found, Permanent)
    assert found.code == "no_list"
    assert "“data.list”" in str(found)


def test_a_later_page_without_a_list_is_the_end(source: Source) -> None:
    replies = [{"rows": ROWS}, {"rows": None}]
    url = source.on("/", lambda handler: handler.give(200, json.dumps(replies.pop(0)).encode()))

    assert pages(source, url, PageNumber(), path=("rows",))[0] == ROWS


def test_a_total_of_nothing_needs_no_list(source: Source) -> None:
    rows, result = pages(source, source.gives("/", '{"total": 0}'), PageNumber(total=("total",)), path=("rows",))

    assert rows == []
    assert result.pages == 1


@pytest.mark.parametrize("body", ["", "{", "[1,]", "[NaN]", '["a\nb"]', "[" * 100_000, "\xff"])
def test_what_is_no_json_is_refused(source: Source, body: str) -> None:
    found = failure(source, source.gives("/", body.encode("latin-1")), PageNumber())

    assert isinstance(found, Permanent)
    assert found.code == "not_json"


def test_a_web_page_among_pages_is_refused(source: Source) -> None:
    assert failure(source, source.gives("/", "<html>", Content_Type="text/html"), PageNumber()).code == "web_page"


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (json.dumps(ROWS, ensure_ascii=False).encode("gbk"), {"Content_Type": "application/json; charset=GBK"}),
        (json.dumps(ROWS, ensure_ascii=False).encode("utf-16"), {}),
        (json.dumps(ROWS, ensure_ascii=False).encode("utf-8-sig"), {"Content_Type": "application/json"}),
    ],
)
def test_other_encodings_are_read(source: Source, content: bytes, headers: dict[str, str]) -> None:
    assert pages(source, source.gives("/", content, **headers), NextLink())[0] == ROWS


# --- Attempts ---


def test_a_failed_page_is_asked_for_again(source: Source) -> None:
    statuses = [200, 500, 429, 200, 200]
    pauses: list[float] = []
    bodies = [ROWS, ROWS[:5], []]

    def reply(handler: Handler) -> None:
        status = statuses.pop(0)
        headers = {"Retry_After": "7"} if status == 429 else {}
        handler.give(status, json.dumps(bodies.pop(0)).encode() if status == 200 else b"", **headers)

    rows, _result = pages(
        source, source.on("/", reply), PageNumber(), sleep=pauses.append, access=source.access(limits=Limits())
    )

    assert rows == ROWS + ROWS[:5]
    assert pauses == [1, 7]


def test_after_the_last_attempt_the_failure_counts(source: Source) -> None:
    pauses: list[float] = []

    found = failure(source, source.gives("/", "", status=500), PageNumber(), sleep=pauses.append)

    assert isinstance(found, Transient)
    assert len(source.asked) == 3
    assert pauses == [1, 2]


def test_a_long_wait_is_left_to_the_schedule(source: Source) -> None:
    pauses: list[float] = []

    found = failure(source, source.gives("/", "", status=429, Retry_After="600"), PageNumber(), sleep=pauses.append)

    assert isinstance(found, Transient)
    assert found.retry_after == 600
    assert (len(source.asked), pauses) == (1, [])


def test_what_will_not_pass_is_not_tried_again(source: Source) -> None:
    assert failure(source, source.gives("/", "", status=403), PageNumber()).code == "forbidden"
    assert len(source.asked) == 1


# --- Records as they are written ---


def test_numbers_and_texts_stay_as_they_are_written() -> None:
    text = """
    { "next": [1, {"rows": []}], "data" : {"rows" : [
        {"amount": 1.10, "id": 440301199001011234567890, "e": 1E400, "text": "a\\nb \\u4e2d ]}",
         "rows": [1]} , [1,2],null,"x" ] , "after": 1} }
    """

    lines = list(lines_of(text, ("data", "rows")))

    assert lines[0].startswith(
        '{"amount": 1.10, "id": 440301199001011234567890, "e": 1E400, "text": "a\\nb \\u4e2d ]}", '
    )
    assert [json.loads(line) for line in lines[1:]] == [[1, 2], None, "x"]
    assert all("\n" not in line for line in lines)


def test_of_a_name_given_twice_the_last_counts() -> None:
    text = '{"rows": [1], "rows": [2, 3]}'

    assert list(lines_of(text, ("rows",))) == ["2", "3"]
    assert parsed(text.encode())[1] == {"rows": [2, 3]}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(
    rows=st.lists(VALUES, max_size=6),
    path=st.lists(st.text(), max_size=3),
    beside=VALUES,
    indent=st.sampled_from([None, 0, 2]),
    is_ascii=st.booleans(),
)
def test_any_list_at_any_path_is_found(
    rows: list[Any], path: list[str], beside: Any, indent: int | None, is_ascii: bool
) -> None:
    document: Any = rows
    for name in reversed(path):
        document = {f"{name} before": beside, name: document, f"{name} after": beside}
    text = json.dumps(document, indent=indent, ensure_ascii=is_ascii)

    lines = list(lines_of(text, path))

    assert [json.loads(line) for line in lines] == rows
    assert not any(set(line) & {"\n", "\r"} for line in lines)
