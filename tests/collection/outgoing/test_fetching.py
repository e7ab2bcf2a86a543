"""A file comes whole and as it is, or not at all and with a reason."""

from __future__ import annotations

import gzip
import hashlib
import io
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from collection.outgoing import (
    Fetched,
    Limits,
    OutgoingFailed,
    Permanent,
    SecretHeader,
    Transient,
    Unchanged,
    Validators,
    basic_auth,
    bearer_token,
    fetch_file,
    sentence,
)
from core.testing import clock_at
from tests.collection.outgoing.conftest import Handler, Source

CSV = "编号,名称\n0164A,救助站\n".encode()
SECRET = "s3cr3t-t0ken"


def fetched(source: Source, url: str, **more: Any) -> tuple[bytes, Fetched]:
    access = more.pop("access", None) or source.access()
    into = io.BytesIO()
    result = fetch_file(url, into, access=access, **more)
    assert isinstance(result, Fetched)
    return into.getvalue(), result


def failure(source: Source, url: str, **more: Any) -> OutgoingFailed:
    with pytest.raises(OutgoingFailed) as caught:
        fetched(source, url, **more)
    assert isinstance(caught.value, Transient | Permanent)
    return caught.value


# --- What comes ---


def test_a_file_comes_with_all_there_is_to_know_of_it(source: Source) -> None:
    url = source.gives("/file.csv", CSV, Content_Type="text/csv; charset=UTF-8", ETag='"7"', Last_Modified="Mon")
    told: list[tuple[int, int | None]] = []

    content, result = fetched(source, url, on_progress=lambda size, total: told.append((size, total)))

    assert content == CSV
    assert result == Fetched(
        len(CSV), hashlib.sha256(CSV).hexdigest(), "text/csv", "utf-8", Validators('"7"', "Mon"), is_end_proven=True
    )
    assert told == [(len(CSV), len(CSV))]
    host, path, headers = source.asked[0]
    assert (host, path) == (f"data.example:{source.port}", "/file.csv")
    assert "Authorization" not in headers


def test_a_large_file_comes_in_pieces(source: Source) -> None:
    body = bytes(range(256)) * 4000
    told: list[int] = []

    content, _result = fetched(source, source.gives("/", body), on_progress=lambda size, _total: told.append(size))

    assert content == body
    assert len(told) > 10
    assert told == sorted(told)


@pytest.mark.parametrize("parts", [[CSV], [CSV[:7], CSV[7:]]])
def test_gzip_is_unpacked_and_checked(source: Source, parts: list[bytes]) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)

    content, result = fetched(source, source.gives("/", packed, Content_Encoding="gzip"))

    assert content == CSV
    assert (result.size_bytes, result.sha256) == (len(CSV), hashlib.sha256(CSV).hexdigest())
    assert source.asked[0][2]["Accept-Encoding"] == "gzip"


def test_chunks_are_put_together(source: Source) -> None:
    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (CSV[:5], CSV[5:], b""):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    content, result = fetched(source, source.on("/", reply))

    assert content == CSV
    assert result.is_end_proven


def test_an_end_that_proves_nothing_is_said(source: Source) -> None:
    url = source.on("/", lambda handler: handler.give_raw(b"HTTP/1.1 200 OK\r\n\r\n" + CSV))

    content, result = fetched(source, url)

    assert content == CSV
    assert not result.is_end_proven


def test_what_did_not_change_is_not_sent(source: Source) -> None:
    known = Validators('"7"', "Mon, 02 Mar 2026 08:00:00 GMT")
    url = source.gives("/", b"", status=304)

    into = io.BytesIO()
    result = fetch_file(url, into, access=source.access(), known=known)

    assert result == Unchanged(known)
    assert into.getvalue() == b""
    headers = source.asked[0][2]
    assert headers["If-None-Match"] == '"7"'
    assert headers["If-Modified-Since"] == "Mon, 02 Mar 2026 08:00:00 GMT"


def test_a_folded_header_can_be_sent_back(source: Source) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nLast-Modified: Mon,\r\n 02 Mar 2026 08:00:00 GMT\r\n\r\nx"
    url = source.on("/", lambda handler: handler.give_raw(answer))

    known = fetched(source, url)[1].validators
    fetched(source, url, known=known)

    assert source.asked[1][2]["If-Modified-Since"] == "Mon, 02 Mar 2026 08:00:00 GMT"


def test_not_modified_without_a_question_is_no_answer(source: Source) -> None:
    assert failure(source, source.gives("/", b"", status=304)).code == "refused"


@pytest.mark.parametrize(
    ("credential", "name", "value"),
    [
        (bearer_token(SECRET), "Authorization", f"Bearer {SECRET}"),
        (basic_auth("user", "密码"), "Authorization", "Basic dXNlcjrlr4bnoIE="),
        (SecretHeader("X-Api-Key", SECRET), "X-Api-Key", SECRET),
    ],
)
def test_a_credential_is_shown(source: Source, credential: SecretHeader, name: str, value: str) -> None:
    fetched(source, source.gives("/", CSV), access=source.access(credential=credential))

    assert source.asked[0][2][name] == value


def test_parameters_and_chinese_paths_are_sent_as_an_address_can_hold_them(source: Source) -> None:
    source.on("/%E6%95%B0%E6%8D%AE", lambda handler: handler.give(200, CSV))

    fetched(source, source.url("/数据?type=%E6%B0%91&名=政#part"))

    assert source.asked[0][1] == "/%E6%95%B0%E6%8D%AE?type=%E6%B0%91&%E5%90%8D=%E6%94%BF"


# --- Failures that pass ---


@pytest.mark.parametrize(
    ("status", "headers", "code", "retry_after"),
    [
        (429, {"Retry_After": "17"}, "too_many_requests", 17),
        (429, {"Retry_After": "Mon, 02 Mar 2026 08:05:00 GMT"}, "too_many_requests", 300),
        (429, {"Retry_After": "Mon, 02 Mar 2020 08:05:00 GMT"}, "too_many_requests", 1),
        (429, {"Retry_After": "99999999"}, "too_many_requests", 86400),
        (503, {"Retry_After": "soon"}, "source_failed", None),
        (500, {}, "source_failed", None),
        (408, {}, "source_failed", None),
    ],
)
def test_a_busy_source_is_asked_again_when_it_says(
    source: Source, status: int, headers: dict[str, str], code: str, retry_after: int | None
) -> None:
    url = source.gives("/", b"", status=status, **headers)

    with clock_at("2026-03-02 16:00"):
        found = failure(source, url)

    assert isinstance(found, Transient)
    assert (found.code, found.retry_after) == (code, retry_after)


def test_a_source_that_failed_once_gives_its_file_the_next_time(source: Source) -> None:
    statuses = [500, 200]
    url = source.on("/", lambda handler: handler.give(statuses.pop(0), CSV))

    assert failure(source, url).code == "source_failed"
    assert fetched(source, url)[0] == CSV


def _hang(handler: Handler) -> None:
    handler.server.hung_up.wait(10)


def _hang_in_the_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"begun")
    _hang(handler)


def _drip_headers(handler: Handler) -> None:
    while not handler.server.hung_up.wait(0.05):
        handler.wfile.write(b"H")


def _drip_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.hung_up.wait(0.05):
        handler.wfile.write(b"x")


@pytest.mark.parametrize(
    ("reply", "limits"),
    [
        (_hang, Limits(read_seconds=0.3)),
        (_hang_in_the_body, Limits(read_seconds=0.3)),
        (_drip_headers, Limits(total_seconds=0.5)),
        (_drip_body, Limits(total_seconds=0.5)),
    ],
)
def test_a_slow_source_is_given_up(source: Source, reply: Callable[[Handler], None], limits: Limits) -> None:
    begun = time.monotonic()

    found = failure(source, source.on("/", reply), access=source.access(limits=limits))

    assert isinstance(found, Transient)
    assert found.code == "timed_out"
    assert time.monotonic() - begun < 3


def test_a_resolver_that_hangs_is_given_up(source: Source) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        source.server.hung_up.wait(10)
        return []

    found = failure(source, source.url("/"), access=source.access(limits=Limits(connect_seconds=0.2), resolve=resolve))

    assert found.code == "timed_out"


def test_nobody_listening_is_a_failure_that_may_pass(source: Source) -> None:
    source.server.socket.close()

    found = failure(source, source.url("/"))

    assert isinstance(found, Transient)
    assert found.code == "unreachable"


def test_a_name_that_leads_nowhere(source: Source) -> None:
    source.names.clear()

    assert failure(source, source.url("/")).code == "name_unknown"


CUT: dict[str, bytes] = {
    "before the status": b"",
    "by length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    "in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc",
    "before the last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "in gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(CSV)[:-4],
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_answer_is_noticed(source: Source, name: str) -> None:
    found = failure(source, source.on("/", lambda handler: handler.give_raw(CUT[name])))

    assert isinstance(found, Transient)
    assert found.code in ("cut_short", "unreachable")


# --- Failures that stay ---


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "sign_in_failed"),
        (403, "forbidden"),
        (404, "not_there"),
        (410, "not_there"),
        (204, "not_there"),
        (400, "refused"),
        (206, "refused"),
        (300, "refused"),
    ],
)
def test_a_refusal_says_what_to_do(source: Source, status: int, code: str) -> None:
    found = failure(source, source.gives("/", b"", status=status))

    assert isinstance(found, Permanent)
    assert found.code == code
    assert str(found) == str(sentence(code, found.extra))
    assert "data.example" in str(found)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"anything", "text/html; charset=utf-8"),
        (b"anything", "application/xhtml+xml"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML><title>Sign in</title>", "text/csv"),
        (b"<html lang='zh'>", "application/octet-stream"),
    ],
)
def test_a_web_page_is_no_data(source: Source, body: bytes, media_type: str) -> None:
    found = failure(source, source.gives("/", body, Content_Type=media_type))

    assert isinstance(found, Permanent)
    assert found.code == "web_page"
    assert "web page instead of data" in str(found)


def test_a_web_page_that_is_expected_passes(source: Source) -> None:
    url = source.gives("/", b"<html>", Content_Type="text/html")

    assert fetched(source, url, expected={"text/html"})[0] == b"<html>"


@pytest.mark.parametrize("media_type", ["text/csv", "text/plain", "application/octet-stream", ""])
def test_what_is_expected_or_says_nothing_passes(source: Source, media_type: str) -> None:
    headers = {"Content_Type": media_type} if media_type else {}

    assert fetched(source, source.gives("/", CSV, **headers), expected={"text/csv"})[1].media_type == media_type


def test_other_content_than_expected_is_refused(source: Source) -> None:
    found = failure(source, source.gives("/", b"%PDF", Content_Type="application/pdf"), expected={"text/csv"})

    assert found.code == "wrong_content"
    assert "application/pdf" in str(found)


def _endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.hung_up.is_set():
        handler.wfile.write(b"x" * 65536)


SMALL = Limits(max_bytes=200_000)


@pytest.mark.parametrize(
    "reply",
    [
        lambda handler: handler.give(200, b"x" * 200_001),
        _endless,
        lambda handler: handler.give(200, gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"),
    ],
    ids=["announced", "endless", "bomb"],
)
def test_too_much_is_refused_without_taking_it(source: Source, reply: Callable[[Handler], None]) -> None:
    into = io.BytesIO()

    with pytest.raises(Permanent) as caught:
        fetch_file(source.on("/", reply), into, access=source.access(limits=SMALL))

    assert caught.value.code == "too_large"
    assert len(into.getvalue()) <= 200_000


def test_exactly_as_much_as_allowed_is_taken(source: Source) -> None:
    body = b"x" * 200_000

    assert fetched(source, source.gives("/", body), access=source.access(limits=SMALL))[0] == body


@pytest.mark.parametrize(
    ("body", "packing"), [(b"no gzip", "gzip"), (zlib.compress(CSV), "gzip"), (CSV, "br"), (CSV, "zstd")]
)
def test_what_cannot_be_unpacked_is_refused(source: Source, body: bytes, packing: str) -> None:
    found = failure(source, source.gives("/", body, Content_Encoding=packing))

    assert isinstance(found, Permanent)
    assert found.code == "unreadable_content"


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/9.9 what\r\n\r\n", b"HTTP/1.1 200\r\n" + b"A" * 70_000]
)
def test_something_else_than_http_is_told(source: Source, answer: bytes) -> None:
    found = failure(source, source.on("/", lambda handler: handler.give_raw(answer)))

    assert isinstance(found, Permanent)
    assert found.code == "not_http"


# --- Secrets ---


@pytest.mark.parametrize("value", ["", "two\nlines", "line\r", "中文", " padded", "\x00"])
def test_a_credential_that_cannot_be_sent_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(Permanent) as caught:
        SecretHeader("X-Api-Key", value)

    assert caught.value.code == "bad_credential"
    assert caught.value.extra == {}


@pytest.mark.parametrize("name", ["", "Host", "content-length", "X Key", "X:Key", "X\nKey"])
def test_a_header_that_is_ours_cannot_be_a_credential(name: str) -> None:
    with pytest.raises(Permanent):
        SecretHeader(name, SECRET)


def test_a_user_name_holds_no_colon() -> None:
    with pytest.raises(Permanent):
        basic_auth("a:b", "c")


def test_nothing_secret_is_told(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    credential = bearer_token(SECRET)
    access = source.access(credential=credential)
    replies = {
        "/moved": lambda handler: handler.give(302, Location=f"http://nowhere.example/?key={SECRET}"),
        "/echo": lambda handler: handler.give_raw(f"{handler.headers['Authorization']}\r\n".encode()),
        "/refused": lambda handler: handler.give(401, SECRET.encode()),
        "/hang": _hang_in_the_body,
    }
    found = [
        failure(source, source.on(path, reply) + f"?key={SECRET}", access=access) for path, reply in replies.items()
    ]
    found.append(failure(source, f"http://user:{SECRET}@data.example/", access=access))

    for error in found:
        shown = f"{error} {error!r} {error.args} {error.extra} {error.__cause__!r}"
        assert SECRET not in shown
        assert error.__suppress_context__ or error.__context__ is None or SECRET not in repr(error.__context__)
    assert SECRET not in caplog.text
    assert SECRET not in repr(credential)
    assert SECRET not in repr(access)
