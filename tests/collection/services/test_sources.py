"""A source over HTTP: what it gives becomes a version; what fails, changes nothing and says why."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from collection import services
from collection.choices import RunState
from collection.models import Destination, Run, Source
from collection.outgoing import plain_headers
from collection.selectors.source import sources_refused
from collection.services import fetch, ingest, sweep
from collection.services.source_slot import runs_to_repeat
from config.management.commands import prepare
from core import clock
from core.exceptions import RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.erasures import approved, carry_out
from tests.collection.outgoing.conftest import Handler, Server
from tests.collection.services.test_ingest import codes, rows_of
from tests.collection.services.test_lost_workers import claim
from tests.collection.sources import (
    CSV,
    add,
    fetched_files,
    fields,
    file_source,
    gives,
    listed,
    run,
    url_of,
    web,
    words,
)
from tests.unchanged import nothing_changes
from workflow.exceptions import LeaseLost

__all__ = ["listed", "web"]


def test_a_file_is_fetched_sealed_and_published(town: Town, web: Server, listed: Destination) -> None:
    done = run(town, file_source(town, web))
    assert (done.state, done.file_name, done.size_bytes) == (RunState.SUCCEEDED, "源.csv", len(CSV.encode()))
    assert codes(town) == ["0001", "0002", "0164A"]
    _run, content = services.original_read(actor=town.cataloguer, run_id=done.pk)
    assert b"".join(content).decode() == CSV
    with default_storage.open(done.original.name) as sealed:
        assert "王小明".encode() not in sealed.read()


def test_pages_of_records_come_digit_by_digit(town: Town, web: Server, listed: Destination) -> None:
    pages = {
        "1": '{"rows": [{"对象编号": "0001", "姓名": "王小明", "月保障金额": 1.10}], "total": 3}',
        "2": '{"rows": [{"对象编号": "0164A", "姓名": "李四", "月保障金额": 12345678901234567.89}], "total": 3}',
        "3": '{"rows": [{"对象编号": "9", "姓名": null, "月保障金额": 3}], "total": 3}',
    }
    web.replies["/api"] = lambda handler: handler.give(200, pages[handler.path.partition("page=")[2]].encode())
    settings = {"url": url_of(web, "/api"), "shape": "pages", "records_path": "rows", "total_path": "total"}
    done = run(town, add(town, settings))
    assert done.state == RunState.SUCCEEDED, done.message
    assert [row["YBZJE"] for row in rows_of(town)] == ["1.10", "12345678901234567.89", "3"]
    assert codes(town) == ["0001", "0164A", "9"]


def test_one_record_alone_is_a_record(town: Town, web: Server, listed: Destination) -> None:
    body = '[{"对象编号": "0001", "姓名": "王小明", "家庭": [{"成员": "甲"}]}]'
    done = run(town, add(town, {"url": gives(web, "/api", body), "shape": "pages", "paging": "link_header"}))
    assert (done.layout["format"], done.found["columns"]) == ("ndjson", ["对象编号", "姓名", "家庭"])


def test_what_changes_and_goes_at_the_source_changes_and_goes_here(
    town: Town, web: Server, listed: Destination
) -> None:
    source = file_source(town, web)
    run(town, source)
    gives(web, "/rows.csv", HEADER + ROWS[0].replace("850.50", "900") + "0003,赵六,,1,2026-04-01\n")
    second = run(town, source)
    assert second.version is not None
    assert (second.version.added, second.version.changed, second.version.removed) == (1, 1, 2)


def test_the_same_file_publishes_nothing_and_counts_as_current(town: Town, web: Server, listed: Destination) -> None:
    source = file_source(town, web)
    run(town, source)
    with clock_at(clock.now() + timedelta(days=3)):
        again = run(town, source)
        assert again.state == RunState.UNCHANGED
        assert not again.original
        assert "byte for byte" in words(again)
        assert town.dataset.confirmed_at == clock.now()


def test_a_source_that_says_that_nothing_changed_is_believed(town: Town, web: Server, listed: Destination) -> None:
    def reply(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == '"v1"':
            handler.give(304)
        else:
            handler.give(200, CSV.encode(), ETag='"v1"')

    web.replies["/rows.csv"] = reply
    source = add(town, {"url": url_of(web, "/rows.csv")})
    run(town, source)
    for _turn in range(2):
        again = run(town, source)
        assert again.state == RunState.UNCHANGED
        assert "says that nothing has changed" in words(again)


def test_an_etag_is_not_sent_together_with_a_time(town: Town, web: Server, listed: Destination) -> None:
    given = {"Last_Modified": "Thu, 26 Nov 2026 00:00:00 GMT"}
    source = add(town, {"url": gives(web, "/rows.csv", CSV, ETag='"1"', **given)})
    run(town, source)
    gives(web, "/rows.csv", CSV, **given)
    run(town, source)
    run(town, source)
    sent = [(headers.get("If-None-Match"), headers.get("If-Modified-Since")) for _host, _path, headers in web.asked]
    assert sent == [(None, None), ('"1"', None), (None, "Thu, 26 Nov 2026 00:00:00 GMT")]


def test_what_another_address_gives_is_read_whole(town: Town, web: Server, listed: Destination) -> None:
    """Versions of two addresses may be called the same."""
    asked: list[str | None] = []

    def reply(handler: Handler) -> None:
        asked.append(handler.headers.get("If-None-Match"))
        handler.give(304 if asked[-1] else 200, b"" if asked[-1] else CSV.encode(), ETag='"1"')

    web.replies["/rows.csv"] = web.replies["/other.csv"] = reply
    source = add(town, {"url": url_of(web, "/rows.csv")})
    run(town, source)
    changed = fields({"url": url_of(web, "/other.csv")})
    services.source_update(actor=town.cataloguer, source_id=source.pk, fields=changed, edit_version=1)
    assert run(town, source).original
    run(town, source)
    assert asked == [None, None, '"1"']


def test_the_same_file_is_loaded_again_where_another_was_published_since(
    town: Town, web: Server, listed: Destination
) -> None:
    source = file_source(town, web)
    run(town, source)
    town.send(HEADER + ROWS[0])
    assert codes(town) == ["0001"]
    assert run(town, source).state == RunState.SUCCEEDED
    assert codes(town) == ["0001", "0002", "0164A"]


def test_rows_that_are_only_added_are_not_added_twice(town: Town, web: Server, listed: Destination) -> None:
    source = file_source(town, web, mode="append")
    run(town, source)
    town.send(HEADER + "0009,孙七,,5,2026-05-01\n", mode="append")
    assert run(town, source).state == RunState.UNCHANGED


def test_rows_that_were_taken_back_are_added_again_and_none_twice(town: Town, web: Server, listed: Destination) -> None:
    town.send(HEADER + ROWS[0])
    source = file_source(town, web, HEADER + ROWS[1], mode="append")
    run(town, source)
    gives(web, "/rows.csv", HEADER + ROWS[2], Content_Type="text/csv")
    run(town, source)
    assert codes(town) == ["0001", "0002", "0164A"]
    gives(web, "/rows.csv", HEADER + ROWS[1], Content_Type="text/csv")
    assert run(town, source).state == RunState.UNCHANGED
    back = services.run_rollback(actor=town.cataloguer, dataset_id=town.dataset.pk, number=2)
    town.work(back)
    assert codes(town) == ["0001", "0002"]
    assert run(town, source).state == RunState.UNCHANGED
    gives(web, "/rows.csv", HEADER + ROWS[2], Content_Type="text/csv")
    assert run(town, source).state == RunState.SUCCEEDED
    assert codes(town) == ["0001", "0002", "0164A"]
    town.send(HEADER + ROWS[0])
    assert run(town, source).state == RunState.SUCCEEDED
    assert codes(town) == ["0001", "0164A"]


def test_rows_of_a_file_from_which_a_person_was_erased_are_not_added_again(
    town: Town, web: Server, listed: Destination
) -> None:
    source = file_source(town, web, mode="append")
    run(town, source)
    carry_out(approved(town))
    again = run(town, source)
    assert (again.state, again.notes.filter(code="same_by_content").exists()) == (RunState.UNCHANGED, True)
    assert codes(town) == ["0001", "0164A"]


@pytest.mark.parametrize(("rows", "state"), [(1, RunState.WAITING), (29, RunState.SUCCEEDED)])
def test_a_file_that_may_be_cut_is_asked_about_where_it_is_shorter_than_the_last(
    town: Town, web: Server, listed: Destination, rows: int, state: str
) -> None:
    lines = [f"1{number:03d},王,990102199001011234,1,2026-01-05\n" for number in range(30)]
    source = file_source(town, web, HEADER + "".join(lines))
    run(town, source)
    body = (HEADER + "".join(lines[:rows])).encode()
    start = b"HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\n\r\n"
    web.replies["/rows.csv"] = lambda handler: handler.give_raw(start + body)
    done = run(town, source)
    assert (done.state, [one["code"] for one in done.found["doubts"]]) == (state, ["cut"] * (rows == 1))
    assert len(codes(town)) == (30 if rows == 1 else 29)
    if rows == 1:
        services.run_confirm(actor=town.cataloguer, run_id=done.pk, layout=done.layout, mapping=done.mapping)
        assert town.work(done).state == RunState.SUCCEEDED


def test_no_new_records_are_no_failure_where_records_are_added(town: Town, web: Server, listed: Destination) -> None:
    settings = {"url": gives(web, "/api", "[]"), "shape": "pages"}
    source = add(town, settings, mode="upsert")
    assert run(town, source).state == RunState.UNCHANGED
    whole = add(town, settings, name="whole")
    done = run(town, whole)
    assert done.state == RunState.FAILED
    assert "gave no records at all" in done.message


def test_a_host_that_is_not_listed_is_named_and_nothing_is_asked(town: Town, web: Server) -> None:
    source = file_source(town, web)
    done = run(town, source)
    assert done.state == RunState.FAILED
    assert f"127.0.0.1, port {web.server_address[1]}" in done.message
    assert "security administrator" in done.message
    assert web.asked == []


def test_a_rule_that_does_not_name_this_machine_does_not_open_it(town: Town, web: Server) -> None:
    services.destination_add(
        actor=town.world.secadmin,
        host="127.0.0.1",
        networks=["126.0.0.0/8"],
        ports=[web.server_address[1]],
        reason="another network",
    )
    done = run(town, file_source(town, web))
    assert done.state == RunState.FAILED
    assert web.asked == []


def test_further_headers_are_sent_and_shown(town: Town, web: Server, listed: Destination) -> None:
    asked: list[dict[str, str]] = []

    def answer(handler: Any) -> None:
        asked.append(dict(handler.headers))
        handler.give(200, CSV.encode(), Content_Type="text/csv")

    web.replies["/rows.csv"] = answer
    source = add(town, {"url": url_of(web, "/rows.csv"), "headers": "X-System: civil-affairs\n\naccept: text/csv"})
    assert run(town, source).state == RunState.SUCCEEDED
    assert (asked[0]["X-System"], asked[0]["Accept"]) == ("civil-affairs", "text/csv")


STEERING = [
    "X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded",
    "X_Forwarded_For", "X-Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-OriginalUrl", "X-Real-IP", "X-Client-IP",
    "X-ClientIP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "X-Cluster-Client-IP", "X-Originating-IP",
    "X-Remote-Addr", "Remote-User", "WL-Proxy-Client-IP", "Proxy-Host", "X-Host", "X-HTTP-Host-Override", "Via",
    "X-Azure-SocketIP", "X-Envoy-Original-Path", "X-SSL-Client-Verify", "X-Client-Cert", "Destination", "Base-Url",
    "X-Accel-Redirect", "X-Middleware-Subrequest", "Origin", "Referer",
    "x-clientip", "X-OriginalURI", "X-HTTP-DestinationURL", "X-ProxyUser-Ip", "X-Scheme", "X-ARR-ClientCert",
    "X-Backend-Host", "Request-Uri", "SSL-Client-S-DN", "X-Remote-User", "X-Original-Host",
]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "code", "said"),
    [
        ("X-System", "form", "Line 1 is no header"),
        ("X-System: a\nX-Näme: b", "form", "Line 2 is no header"),
        ("X-System: a\rX-Other b", "form", "Line 2"),
        ("X-System: 民政", "form", "Line 1"),
        ("Host: other.example", "ours", "set by the product itself"),
        ("connection: keep-alive", "ours", "set by the product itself"),
        ("If-None-Match: *", "ours", "set by the product itself"),
        *((f"{name}: x", "steers", "where a request goes, or who it seems to come from") for name in STEERING),
        ("Authorization: Bearer x", "secret", "Enter it under"),
        ("X-Api-Key: x", "secret", "Enter it under"),
        ("Cookie: a=b", "secret", "Enter it under"),
        ("X-System: a\nx-system: b", "twice", "there already"),
        ("\n".join(f"X-{n}: a" for n in range(11)), "many", "at most 10"),
    ],
)
def test_a_header_that_is_not_ours_to_send_is_refused(
    town: Town, web: Server, headers: str, code: str, said: str
) -> None:
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, {"url": url_of(web, "/rows.csv"), "headers": headers})
    (error,) = refused.value.errors
    assert (error.field, error.code) == ("headers", code)
    assert said in str(error.message)


@pytest.mark.parametrize(
    "name",
    [
        "Accept-Language", "X-Client-Id", "AppId", "X-Tenant", "X-Recipient", "X-Membership", "X-Requested-With",
        "X-Data-Origin", "X-Cert-No", "X-Address-Code", "X-Schema", "X-Protocol-Version", "X-Host-Department", "Method",
        "X-Remote-Sensing", "X-Path-Code", "X-Destination-Unit",
    ],
)  # fmt: skip
def test_a_header_that_names_a_system_or_a_wish_is_taken(name: str) -> None:
    assert plain_headers(f"{name}: a") == {name: "a"}


@pytest.mark.parametrize("name", ["Host", "X-Real-IP", "X-Forwarded-Host"])
def test_a_credential_goes_in_no_header_that_steers(town: Town, web: Server, name: str) -> None:
    given = {"url": url_of(web, "/rows.csv"), "sign_in": "header", "header": name}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, given, secret="x")
    assert [error.field for error in refused.value.errors] == ["header"]


def test_a_header_that_was_taken_once_asks_nobody_and_can_be_corrected(
    town: Town, web: Server, listed: Destination
) -> None:
    source = file_source(town, web)
    kept = {**source.settings, "headers": "X-Real-IP: 127.0.0.1"}
    Source.objects.filter(pk=source.pk).update(settings=kept)
    source.refresh_from_db()
    done = run(town, source)
    assert done.state == RunState.FAILED
    assert "Line 1, “X-Real-IP”: a header of this name" in done.message
    ((refused, why),) = sources_refused()
    assert (refused.pk, "X-Real-IP" in why) == (source.pk, True)
    assert web.asked == []
    page = f"/collection/sources/{source.pk}/"
    assert client_of(town.cataloguer).get(page).status_code == 200
    corrected = services.SourceFields(name=source.name, settings=kept | {"headers": ""})
    services.source_update(
        actor=town.cataloguer, source_id=source.pk, fields=corrected, edit_version=source.edit_version
    )
    source.refresh_from_db()
    assert run(town, source).state == RunState.SUCCEEDED
    assert sources_refused() == []


def test_an_upgrade_names_the_sources_that_it_reads_no_more(town: Town, web: Server) -> None:
    source = file_source(town, web)
    said = StringIO()
    prepare.Command(stdout=said).name_sources_refused()
    assert said.getvalue() == ""
    Source.objects.filter(pk=source.pk).update(settings={**source.settings, "sign_in": "header", "header": "X-Real-IP"})
    prepare.Command(stdout=said).name_sources_refused()
    line = said.getvalue()
    assert f"Source {source.pk}" in line
    assert "A header named “X-Real-IP”" in line
    Source.objects.filter(pk=source.pk).update(retired_at=clock.now())
    assert sources_refused() == []


def test_a_source_has_its_own_limit_of_rejected_rows(town: Town, web: Server, listed: Destination) -> None:
    bad = HEADER + "".join(ROWS) + "0009,王,990102199001011234,x,2026-01-05\n"
    strict = file_source(town, web, bad, reject_limit_count=0)
    refused = run(town, strict)
    assert (refused.state, refused.rows_rejected) == (RunState.REFUSED, 1)
    assert town.dataset.versions.count() == 0
    town.dataset.reject_limit_percent = 0
    town.dataset.save(update_fields=["reject_limit_percent"])
    refused = run(town, file_source(town, web, bad, name="as the dataset"))
    assert refused.state == RunState.REFUSED
    patient = run(town, file_source(town, web, bad, name="patient", reject_limit_percent=50))
    assert (patient.state, patient.rows_rejected) == (RunState.SUCCEEDED, 1)


@pytest.mark.parametrize("limits", [{"reject_limit_percent": 101}, {"reject_limit_count": -1}])
def test_a_limit_that_cannot_be_is_refused(town: Town, web: Server, limits: dict[str, int]) -> None:
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        file_source(town, web, **limits)
    assert [error.field for error in refused.value.errors] == list(limits)


def test_being_passed_on_inwards_is_refused(town: Town, web: Server, listed: Destination) -> None:
    web.replies["/away"] = lambda handler: handler.give(302, Location="http://127.0.0.2:6379/")
    done = run(town, add(town, {"url": url_of(web, "/away")}))
    assert done.state == RunState.FAILED
    assert "127.0.0.2, port 6379" in done.message


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, "<!DOCTYPE html><title>Sign in</title>", "web page"),
        (401, "", "does not accept the credential"),
        (404, "", "nothing at this address"),
    ],
)
def test_what_no_attempt_will_mend_ends_the_run_at_once(
    town: Town, web: Server, listed: Destination, status: int, body: str, said: str
) -> None:
    source = add(town, {"url": gives(web, "/rows.csv", body, status)})
    done = run(town, source)
    assert done.state == RunState.FAILED
    assert said in done.message
    assert done.attempts == 0
    assert len(web.asked) == 1


def test_what_may_pass_is_tried_again_after_longer_and_longer_pauses(
    three: Town, web: Server, listed: Destination
) -> None:
    town = three
    source = add(town, {"url": gives(web, "/rows.csv", "", 503)}, attempts=3, retry_minutes=5)
    asked = services.source_run(actor=town.cataloguer, source_id=source.pk)
    with clock_at(clock.now()) as moved:
        pauses = []
        for _turn in range(2):
            first = clock.now()
            town.work(asked)
            assert asked.state == RunState.QUEUED
            assert runs_to_repeat() == []
            pauses.append((asked.slot - first).total_seconds() / 60)
            moved.move_to(asked.slot)
            assert runs_to_repeat() == [asked.slot.isoformat()]
        town.work(asked)
    assert pauses == [5, 10]
    assert (asked.state, len(web.asked)) == (RunState.FAILED, 3)
    assert "failure of its own (status 503)" in asked.message
    assert "Next attempt in 5 minutes" in words(asked)
    assert codes(town) == ["0001", "0002", "0164A"]


def test_a_source_that_comes_back_is_read(town: Town, web: Server, listed: Destination) -> None:
    source = add(town, {"url": gives(web, "/rows.csv", "", 503)})
    asked = services.source_run(actor=town.cataloguer, source_id=source.pk)
    town.work(asked)
    gives(web, "/rows.csv", CSV)
    with clock_at(asked.slot):
        assert town.work(asked).state == RunState.SUCCEEDED


def test_a_source_that_asks_for_patience_is_left_alone_for_so_long(
    town: Town, web: Server, listed: Destination
) -> None:
    source = add(town, {"url": gives(web, "/rows.csv", "", 429, Retry_After="7200")})
    with clock_at(clock.now()):
        asked = run(town, source)
        assert asked.slot - clock.now() == timedelta(hours=2)


def test_a_source_that_hangs_is_given_up_at_the_deadline(
    town: Town, web: Server, listed: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.replies["/rows.csv"] = lambda handler: web.hung_up.wait(20) and None  # type: ignore[func-returns-value]
    source = add(town, {"url": url_of(web, "/rows.csv")}, attempts=1)
    order_of = services.source.order_of  # type: ignore[attr-defined]
    monkeypatch.setattr("collection.services.fetch.order_of", lambda one, **given: order_of(one, total_seconds=0.5))
    done = run(town, source)
    assert done.state == RunState.FAILED
    assert "did not answer in time" in done.message


def test_a_file_that_is_cut_short_is_not_used(town: Town, web: Server, listed: Destination) -> None:
    web.replies["/rows.csv"] = lambda handler: handler.give_raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + CSV.encode()
    )
    done = run(town, add(town, {"url": url_of(web, "/rows.csv")}, attempts=1))
    assert done.state == RunState.FAILED
    assert "ended before it was complete" in done.message
    assert fetched_files() == []


def test_cancelling_stops_a_worker_that_fetches(
    town: Town, web: Server, listed: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collection.services.fetch.LOOK_SECONDS", 0)
    asked: list[Run] = []

    def reply(handler: Handler) -> None:
        services.run_cancel(actor=town.cataloguer, run_id=asked[0].pk)
        handler.give(200, CSV.encode())

    source = add(town, {"url": url_of(web, "/rows.csv")})
    asked.append(services.source_run(actor=town.cataloguer, source_id=source.pk))
    bring = services.fetch.bring  # type: ignore[attr-defined]

    def cancelled(kind: str, order: Any, into: Any, on_progress: Any) -> Any:
        services.run_cancel(actor=town.cataloguer, run_id=asked[0].pk)
        return bring(kind, order, into, on_progress)

    gives(web, "/rows.csv", CSV)
    monkeypatch.setattr("collection.services.fetch.bring", cancelled)
    lease = claim(asked[0])
    assert lease is not None
    with pytest.raises(LeaseLost):
        ingest.run_work(lease=lease, run_id=asked[0].pk)
    asked[0].refresh_from_db()
    assert asked[0].state == RunState.CANCELLED
    assert not asked[0].original


def test_what_dead_workers_fetched_and_never_noted_is_swept(town: Town, web: Server, listed: Destination) -> None:
    source = file_source(town, web)
    done = run(town, source)
    gone = services.source_run(actor=town.cataloguer, source_id=source.pk)
    folder = done.original.name.rpartition("/")[0]
    for name in (f"{done.pk}-1", f"{gone.pk}-1", f"{gone.pk}1-1"):
        default_storage.save(f"{folder}/{name}", ContentFile(b"left behind"))
    services.run_cancel(actor=town.cataloguer, run_id=gone.pk)
    sweep.leftovers_purge()
    assert fetched_files() == sorted([done.original.name.rpartition("/")[2], f"{gone.pk}1-1"])
    assert b"".join(services.original_read(actor=town.cataloguer, run_id=done.pk)[1]).decode() == CSV


def test_a_worker_that_lost_its_run_takes_its_file_along(
    town: Town, web: Server, listed: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = services.source_run(actor=town.cataloguer, source_id=file_source(town, web).pk)
    keep = fetch._original_keep

    def cancelled(*given: Any) -> None:
        services.run_cancel(actor=town.cataloguer, run_id=asked.pk)
        keep(*given)

    monkeypatch.setattr(fetch, "_original_keep", cancelled)
    lease = claim(asked)
    assert lease is not None
    with pytest.raises(LeaseLost):
        ingest.run_work(lease=lease, run_id=asked.pk)
    assert fetched_files() == []
