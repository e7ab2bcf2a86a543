"""Exports and files as streams: cut when the right ends, aborted and never ended as if they were whole, logged."""

import gc
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries
from redis import Redis

from collection import services
from collection.models import DatasetFile, DatasetGroupObjectPermission
from collection.readers import batches
from core import clock
from core.exceptions import NotAllowed
from core.testing import clock_at
from sharing import limits
from sharing.api import views
from sharing.models import Client, ClientGrant, Grant, Pull
from tests.collection.conftest import HEADER, Town
from tests.sharing.api.conftest import Call
from tests.sharing.factories import bearer, client_make, grant_make

STOPS: dict[str, Callable[[], Any]] = {
    "grant suspended": lambda: Grant.objects.update(status="suspended"),
    "grant changed": lambda: Grant.objects.update(edition=2),
    "right taken": lambda: DatasetGroupObjectPermission.objects.all().delete(),
    "client suspended": lambda: Client.objects.update(status="suspended"),
    "grant unbound": lambda: ClientGrant.objects.all().delete(),
}


@pytest.fixture
def thousand(three: Town) -> Town:
    """The town with a thousand rows, which a stream reads in several batches."""
    three.send(HEADER + "".join(f"{n:06d},人,99010219900101{n:04d},{n},2026-01-05\n" for n in range(1000)))
    return three


def late() -> datetime:
    """Return two hours before the end of the region's day."""
    return clock.end_of_day(clock.today()) - timedelta(hours=2)


def pieces_of(answer: Any) -> Iterator[bytes]:
    yield from answer.streaming_content


def leave(answer: Any) -> None:
    """Close an answer in the midst, as the server does when its caller is gone."""
    for close in answer._resource_closers:
        close()


def take_all(pieces: Iterator[bytes], into: list[bytes]) -> None:
    for piece in pieces:
        into.append(piece)


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_a_stream_is_cut_where_the_right_ends(thousand: Town, call: Call, stop: Any) -> None:
    pieces = pieces_of(call("export/", format="json"))
    read = [next(pieces), next(pieces)]
    stop()
    with pytest.raises(NotAllowed):
        take_all(pieces, read)
    pull = Pull.objects.get()
    assert (pull.outcome, pull.rows) == ("cut", batches.FIRST_ROWS)
    assert not b"".join(read).endswith(b"]\n")


def test_a_right_that_ends_before_the_first_byte_is_a_plain_refusal(
    thousand: Town, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views.selectors, "is_still_readable", lambda actor, grant: False)
    assert call("export/", format="xlsx").status_code == 403
    assert Pull.objects.get().outcome == "cut"


def test_a_whole_stream_is_logged_with_its_figures(thousand: Town, call: Call) -> None:
    body = b"".join(call("export/", format="ndjson").streaming_content)
    pull = Pull.objects.get()
    assert (pull.kind, pull.detail, pull.outcome, pull.rows, pull.bytes) == (
        "export",
        "ndjson",
        "done",
        1000,
        len(body),
    )
    rows = [json.loads(line) for line in body.splitlines()]
    assert rows == _all_rows(call)


def _all_rows(call: Call) -> list[Any]:
    return list(call(limit=10_000).json()["rows"])


def test_the_log_has_its_row_before_the_first_byte(thousand: Town, call: Call) -> None:
    answer = call("export/")
    pull = Pull.objects.get()
    assert (pull.outcome, pull.rows) == ("started", batches.FIRST_ROWS)
    # Were it killed here, the log would say how many bytes these rows are.
    pieces = pieces_of(answer)
    assert pull.bytes == len(next(pieces)) + len(next(pieces))
    leave(answer)
    pull.refresh_from_db()
    assert pull.outcome == "left"


def test_what_is_wrong_from_the_start_is_refused_properly(thousand: Town, call: Call) -> None:
    assert call("export/", format="exe").status_code == 422
    assert call("export/", YBZJE="viel").status_code == 422
    assert call("export/", ZZZ="1").status_code == 422
    assert call("export/", fields="ZZZ").status_code == 422


def test_an_export_takes_filters_and_items(thousand: Town, call: Call) -> None:
    text = b"".join(call("export/", fields="DXBH", YBZJE__lt="2").streaming_content)
    assert text == b"DXBH\n000000\n000001\n"


def test_a_machine_gets_exact_texts(three: Town, call: Call) -> None:
    three.send(HEADER + "=1+1,@人,990102199001011234,1,2026-01-05\n")
    assert b"\n=1+1," in b"".join(call("export/").streaming_content)


def test_the_quota_cuts_a_stream_and_never_gives_more(thousand: Town, call: Call) -> None:
    Grant.objects.update(rows_per_day=300)
    read: list[bytes] = []
    with clock_at(late()), pytest.raises(limits.QuotaSpent) as refused:
        take_all(pieces_of(call("export/", format="ndjson", XM__isnull="false")), read)
    assert refused.value.retry_after == pytest.approx(2 * 3600, abs=1)
    assert len(b"".join(read).splitlines()) <= 300
    assert Pull.objects.get().outcome == "cut"
    with clock_at(late()):
        # What the batch that came too late had set aside is there again.
        left = 300 - Pull.objects.get().rows
        assert left > 0
        assert len(call(limit=400).json()["rows"]) == left
        assert call(limit=1).status_code == 429


def test_a_stream_that_cannot_be_whole_does_not_begin(thousand: Town, call: Call) -> None:
    Grant.objects.update(rows_per_day=1500)
    with clock_at(late()):
        list(call("export/").streaming_content)
        refused = call("export/")
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_spent")
        assert int(refused.headers["Retry-After"]) == pytest.approx(2 * 3600, abs=1)
        opens = clock.midnight_after(clock.today())
        assert refused.json()["retry_at"] == opens.isoformat()
        assert f"given again from {opens:%F} 00:00." in refused.json()["detail"]
        assert Pull.objects.count() == 1
        assert len(call(limit=600).json()["rows"]) == 500


def test_a_whole_that_no_day_holds_is_not_put_off_to_the_next(thousand: Town, call: Call) -> None:
    Grant.objects.update(rows_per_day=999)
    refused = call("export/")
    assert (refused.status_code, refused.headers.get("Retry-After")) == (422, None)
    [error] = refused.json()["errors"]
    assert (error["field"], error["code"]) == ("grant", "quota_too_small")
    assert "1000 rows" in error["message"]
    assert "999 in a day" in error["message"]
    assert not Pull.objects.exists()
    Grant.objects.update(rows_per_day=1000)
    assert len(b"".join(call("export/", format="ndjson").streaming_content).splitlines()) == 1000


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_rows_are_in_the_log_before_they_leave(thousand: Town, call: Call, format: str) -> None:
    answer = call("export/", format=format)
    pieces = pieces_of(answer)
    for _piece in range(3):
        next(pieces)
    pull = Pull.objects.get()
    assert (pull.outcome, pull.rows) == ("started", 1000)
    leave(answer)


def test_a_stream_that_is_dropped_asks_the_database_nothing(
    thousand: Town, call: Call, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Memory is cleared in the midst of whatever the thread does, be it a statement on the same connection."""
    answer = call("export/", format="ndjson")
    answer._resource_closers.clear()
    with django_assert_num_queries(0):
        del answer
        gc.collect()
    pull = Pull.objects.get()
    assert (pull.outcome, pull.rows) == ("started", 200)


def test_without_redis_a_stream_gives_no_more_than_the_quota(
    thousand: Town, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    Grant.objects.update(rows_per_day=900)
    monkeypatch.setattr(limits, "_connection", lambda: Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=1))
    read: list[bytes] = []
    with pytest.raises(limits.QuotaSpent):
        take_all(pieces_of(call("export/", format="ndjson", XM__isnull="false")), read)
    assert len(b"".join(read).splitlines()) <= 900


def test_an_export_whose_caller_has_it_is_not_sent(thousand: Town, call: Call) -> None:
    answer = call("export/")
    list(answer.streaming_content)
    assert call("export/", with_headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert b"".join(call("export/", "head")) == b""
    assert Pull.objects.count() == 1


# --- Files ----------------------------------------------------------------------------------------------------------

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 8


@pytest.fixture
def filed(town: Town) -> dict[str, Any]:
    """A dataset of files, a grant on it, and a client that may pull them."""
    dataset = services.dataset_hook(actor=town.cataloguer, ref=town.entry.pk, name="批文", kind="files")
    upload = SimpleUploadedFile("批文.pdf", CONTENT, "application/pdf")
    services.files_add(actor=town.cataloguer, dataset_id=dataset.pk, files=[upload])
    dataset.refresh_from_db()
    grant = grant_make(dataset, town.world.other)
    machine = client_make(town.world.other, grants=[grant])
    return {"dataset": dataset, "grant": grant, "headers": bearer(machine), "machine": machine}


def _get(filed: dict[str, Any], door: str = "", **headers: str) -> Any:
    address = f"/api/v1/datasets/{filed['dataset'].pk}/files/{door}"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Browser().get(address, headers={**filed["headers"], **named})


def _file(filed: dict[str, Any]) -> str:
    [one] = _get(filed).json()["files"]
    assert (one["name"], one["size_bytes"]) == ("批文.pdf", len(CONTENT))
    return f"{one['id']}/"


def test_a_file_comes_as_it_was_sent_and_in_parts(filed: dict[str, Any]) -> None:
    door = _file(filed)
    whole = _get(filed, door)
    assert b"".join(whole.streaming_content) == CONTENT
    assert (whole.headers["Content-Type"], whole.headers["Accept-Ranges"]) == ("application/pdf", "bytes")
    part = _get(filed, door, Range="bytes=9-19")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, CONTENT[9:20])
    assert part.headers["Content-Range"] == f"bytes 9-19/{len(CONTENT)}"
    tail = _get(filed, door, Range="bytes=-5")
    assert b"".join(tail.streaming_content) == CONTENT[-5:]
    assert _get(filed, door, Range="bytes=99999-").status_code == 416
    stale = _get(filed, door, Range="bytes=9-19", If_Range='"older"')
    assert (stale.status_code, len(b"".join(stale.streaming_content))) == (200, len(CONTENT))
    assert _get(filed, door, If_None_Match=whole.headers["ETag"]).status_code == 304
    assert {one.outcome for one in Pull.objects.all()} == {"done"}
    assert Pull.objects.filter(kind="file", detail="批文.pdf").count() == 4


def test_a_file_that_is_gone_is_a_problem_and_no_pull(filed: dict[str, Any]) -> None:
    door = _file(filed)
    default_storage.delete(str(DatasetFile.objects.get(name="批文.pdf").content.name))
    for headers in ({}, {"Range": "bytes=9-19"}):
        answer = _get(filed, door, **headers)
        assert (answer.status_code, answer.streaming) == (503, False)
        assert (answer.headers["Content-Type"], answer.json()["code"]) == ("application/problem+json", "file_lost")
    assert not Pull.objects.filter(kind="file").exists()


def test_the_head_of_a_file_tells_what_would_come_and_pulls_nothing(filed: dict[str, Any]) -> None:
    door = _file(filed)
    address = f"/api/v1/datasets/{filed['dataset'].pk}/files/{door}"
    head = Browser().head(address, headers={**filed["headers"], "Range": "bytes=0-3"})
    assert (head.status_code, b"".join(head), Pull.objects.count()) == (200, b"", 0)
    whole = _get(filed, door)
    told = ("Content-Length", "Content-Type", "Content-Disposition", "ETag", "Accept-Ranges", "Content-Security-Policy")
    assert {name: head.headers[name] for name in told} == {name: whole.headers[name] for name in told}
    assert head.headers["Content-Length"] == str(len(CONTENT))
    list(whole.streaming_content)


def test_the_head_of_an_export_tells_what_would_come_and_pulls_nothing(call: Call) -> None:
    for format in ("csv", "parquet"):
        head = call("export/", method="head", format=format)
        assert (head.status_code, b"".join(head), Pull.objects.count()) == (200, b"", 0)
        whole = call("export/", format=format)
        assert "Content-Length" not in head.headers
        told = ("Content-Type", "Content-Disposition", "ETag")
        assert {name: head.headers[name] for name in told} == {name: whole.headers[name] for name in told}
        list(whole.streaming_content)
        Pull.objects.all().delete()


def test_a_file_is_cut_where_the_right_ends(filed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    door = _file(filed)
    monkeypatch.setattr(views, "CHECK_BYTES", 1)
    monkeypatch.setattr(
        views, "file_pieces", lambda file, first, last: (CONTENT[at : at + 100] for at in range(0, len(CONTENT), 100))
    )
    pieces = pieces_of(_get(filed, door))
    next(pieces)
    Grant.objects.update(status="suspended")
    with pytest.raises(NotAllowed):
        list(pieces)
    assert Pull.objects.latest("pk").outcome == "cut"


def test_a_grant_that_files_cannot_keep_gives_none(filed: dict[str, Any]) -> None:
    item = "7d0c0c9c-0000-4000-8000-000000000000"
    Grant.objects.update(row_filter=[{"item": item, "operator": "eq", "values": ["1"], "type": "C"}])
    assert _get(filed).status_code == 403
    Grant.objects.update(row_filter=[], masks={item: "name"})
    assert _get(filed).status_code == 403


def test_rows_of_files_and_files_of_rows_are_none(filed: dict[str, Any], call: Call) -> None:
    address = f"/api/v1/datasets/{filed['dataset'].pk}/rows/"
    assert Browser().get(address, headers=filed["headers"]).status_code == 422
    assert call("files/").status_code == 404


def test_a_file_of_another_version_is_none(filed: dict[str, Any], town: Town) -> None:
    door = _file(filed)
    upload = SimpleUploadedFile("批文.pdf", CONTENT + b"2", "application/pdf")
    services.files_add(actor=town.cataloguer, dataset_id=filed["dataset"].pk, files=[upload])
    assert _get(filed, door).status_code == 404
    answer = Browser().get(
        f"/api/v1/datasets/{filed['dataset'].pk}/files/{door}", {"version": 1}, headers=filed["headers"]
    )
    assert io.BytesIO(b"".join(answer.streaming_content)).read() == CONTENT
