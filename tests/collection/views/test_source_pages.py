"""Pages of sources and destinations, as the provider, its head and the security administrator see them."""

from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEvent
from collection import services
from collection.models import Destination, Run, Source
from collection.services.source_slot import sources_check
from core import clock
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.outgoing.conftest import Server
from tests.collection.sources import SECRET, add, allow, run, url_of, web
from tests.permissions.collection import DESTINATION, SOURCE
from tests.unchanged import nothing_changes

__all__ = ["web"]
PATH = "ticket=4711-path"


@pytest.fixture
def source(town: Town, web: Server) -> Source:
    """A source with a credential whose address holds what is nobody else's business."""
    web.replies["/rows.csv"] = lambda handler: handler.give(200, (HEADER + "".join(ROWS)).encode())
    allow(town.world.secadmin, web.server_address[1])
    settings = {"url": url_of(web, f"/rows.csv?{PATH}"), "sign_in": "bearer"}
    return add(town, settings, secret=SECRET, timetable={"rhythm": "hourly", "at": 30})


def test_of_an_address_of_the_platform_itself_nobody_is_sent_to_ask(town: Town, source: Source, settings: Any) -> None:
    """A source from before such addresses were refused still stands there."""
    settings.MAY_REACH_ITSELF = False
    Source.objects.filter(pk=source.pk).update(host="127.0.0.1", port=8000)
    page = text_of(get(town.cataloguer, f"/collection/sources/{source.pk}/"))
    assert "nobody can allow them" in page
    assert "Ask the security administrator" not in page


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "127.1", "2130706433", "127。1"]
)
def test_no_source_is_entered_at_an_address_of_the_platform_itself(town: Town, settings: Any, host: str) -> None:
    settings.MAY_REACH_ITSELF = False
    address = f"/collection/datasets/{town.dataset.pk}/sources/add/http/"
    typed = SOURCE | {"url": f"http://{host}:8000/rows.csv", "sign_in": "bearer", "secret": SECRET}
    client = client_of(town.cataloguer)
    client.get(address)
    with nothing_changes():
        sent = client.post(address, typed)
    page = text_of(sent)
    assert sent.status_code == 422
    assert "never fetched, and nobody can allow them" in page
    assert "Enter it once more" in page
    assert SECRET not in page


def test_a_source_is_entered_tried_run_and_seen(town: Town, web: Server) -> None:
    web.replies["/rows.csv"] = lambda handler: handler.give(200, (HEADER + ROWS[0]).encode())
    client = client_of(town.cataloguer)
    dataset = f"/collection/datasets/{town.dataset.pk}/"
    assert "No source yet" in text_of(client.get(f"{dataset}?tab=sources"))
    sent = client.post(f"{dataset}sources/add/http/", SOURCE | {"url": url_of(web, "/rows.csv"), "name": "住房接口"})
    entered = Source.objects.get()
    page = f"/collection/sources/{entered.pk}/"
    assert sent.headers["Location"] == page
    assert "is not on the list of destinations" in text_of(client.get(page))
    client.post(f"{page}try/")
    assert "is not on the list of destinations. Correct the address" in text_of(client.get(page))
    allow(town.world.secadmin, web.server_address[1])
    client.post(f"{page}try/")
    assert "The source answers" in text_of(client.get(page))
    assert "Every day at 03:00" in text_of(client.get(page))
    asked = client.post(f"{page}run/")
    done = Run.objects.get()
    assert asked.headers["Location"] == f"/collection/runs/{done.pk}/"
    client.post(f"{page}run/")
    assert "Another run of this dataset is under way" in text_of(client.get(page))
    town.work(done)
    assert "version 1" in text_of(client.get(page))
    log = text_of(client.get(f"/collection/runs/{done.pk}/"))
    assert "Asked to fetch from the source 住房接口." in log
    assert "住房接口" in text_of(client.get(f"{dataset}?tab=sources"))
    assert "住房接口" in text_of(client.get("/collection/sources/?q=住房"))
    assert "住房接口" in client.get("/collection/sources/?export=csv").content.decode()


def test_what_was_typed_is_kept_but_for_the_credential(town: Town) -> None:
    client = client_of(town.cataloguer)
    address = f"/collection/datasets/{town.dataset.pk}/sources/add/http/"
    wrong = SOURCE | {"url": "ftp://data.example/x", "secret": SECRET, "rhythm": "weekly", "weekdays": ["3", "5"]}
    with nothing_changes():
        answer = client.post(address, wrong)
    body = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="ftp://data.example/x"' in body
    assert body.count("checked") == 2
    assert "It must begin with http://" in body
    assert SECRET not in body


def test_neither_credential_nor_path_is_on_a_page_but_the_form(town: Town, source: Source) -> None:
    done = run(town, source)
    pages = [
        f"/collection/sources/{source.pk}/",
        f"/collection/sources/{source.pk}/edit/",
        "/collection/sources/",
        "/collection/sources/?export=csv",
        f"/collection/datasets/{town.dataset.pk}/?tab=sources",
        f"/collection/runs/{done.pk}/",
    ]
    for reader in (town.cataloguer, town.world.head):
        for page in pages:
            body = get(reader, page).content.decode()
            assert SECRET not in body
            assert PATH not in body or (page.endswith("edit/") and reader == town.cataloguer)
    for page in ("/collection/destinations/", "/collection/destinations/?export=csv"):
        body = get(town.world.secadmin, page).content.decode()
        assert "127.0.0.1" in body
        assert SECRET not in body
        assert PATH not in body
    trail = [str(row) for row in AuditEvent.objects.values_list("before", "after", "note", "object_name")]
    assert not [row for row in trail if SECRET in row or PATH in row]


def test_a_source_is_changed_paused_and_removed(town: Town, source: Source) -> None:
    client = client_of(town.cataloguer)
    page = f"/collection/sources/{source.pk}/"
    changed = SOURCE | {"url": source.settings["url"], "name": "改名", "sign_in": "bearer"}
    assert client.post(f"{page}edit/", changed).status_code == 302
    stale = client.post(f"{page}edit/", changed)
    assert stale.status_code == 422
    assert "Someone changed this" in text_of(stale)
    client.post(f"{page}pause/")
    assert "The schedule rests." in text_of(client.get(page))
    client.post(f"{page}pause/")
    assert "The schedule rests already" in text_of(client.get(page))
    client.post(f"{page}resume/")
    removed = client.post(f"{page}retire/")
    assert removed.headers["Location"] == f"/collection/datasets/{town.dataset.pk}/?tab=sources"
    assert client.get(page).status_code == 404


def test_the_history_tells_of_due_times_that_were_skipped_or_missed(town: Town, source: Source) -> None:
    with clock_at("2026-11-25 09:00") as moved:
        Source.objects.update(scheduled_from=clock.now())
        busy = services.source_run(actor=town.cataloguer, source_id=source.pk)
        moved.move_to("2026-11-25 12:45")
        sources_check()
        page = text_of(get(town.cataloguer, f"/collection/sources/{source.pk}/"))
    assert f"Skipped Rows read — Run #{busy.pk} was under way. 3 due times before it passed while nothing ran" in page
    assert "2026-11-25 12:30 on schedule" in page
    assert "2026-11-25 13:30" in page


def test_a_run_that_was_put_off_says_until_when(town: Town, source: Source, web: Server) -> None:
    web.replies["/rows.csv"] = lambda handler: handler.give(503)
    asked = run(town, source)
    page = text_of(get(town.cataloguer, f"/collection/runs/{asked.pk}/"))
    assert "Attempt 2 of 4 begins at" in page
    assert "reports a failure of its own (status 503)" in page


def test_the_authority_sees_that_a_source_was_read_not_where_it_is(town: Town, source: Source, web: Server) -> None:
    done = run(town, source)
    web.replies["/rows.csv"] = lambda handler: handler.give(503)
    put_off = run(town, source)
    pages = {one.pk: f"/collection/runs/{one.pk}/" for one in (done, put_off)}
    assert source.endpoint in text_of(get(town.cataloguer, pages[done.pk]))
    assert "127.0.0.1 reports a failure" in text_of(get(town.cataloguer, pages[put_off.pk]))
    for address in pages.values():
        assert "127.0.0.1" not in get(town.world.reviewer, address).content.decode()
    assert "Asking the source." in text_of(get(town.world.reviewer, pages[done.pk]))

    Run.objects.filter(pk=put_off.pk).update(attempts=source.attempts - 1)
    assert town.work(put_off).state == "failed"
    assert "127.0.0.1 reports a failure" in text_of(get(town.cataloguer, pages[put_off.pk]))
    seen = get(town.world.reviewer, pages[put_off.pk])
    assert "127.0.0.1" not in seen.content.decode()
    assert "The source could not be read. The providing department sees why." in text_of(seen)


def test_destinations_are_added_and_removed_on_their_page(town: Town, source: Source) -> None:
    client = client_of(town.world.secadmin)
    page = "/collection/destinations/"
    used = text_of(client.get(page))
    assert "市民政局 · 源" in used
    assert "低保对象" not in used
    wrong = client.post(page, DESTINATION | {"networks": "10.1.2.3/24", "ports": "https"})
    assert wrong.status_code == 422
    assert "10.1.2.3/24" in wrong.content.decode()
    assert client.post(page, DESTINATION).status_code == 302
    added = Destination.objects.get(host="10.1.2.3")
    assert (added.networks, added.ports) == (["10.1.2.0/24"], [443, 8443])
    first = Destination.objects.exclude(pk=added.pk).get()
    client.post(f"{page}{first.pk}/remove/")
    assert "Sources that wait to be allowed" in text_of(client.get(page))
    assert client.post(f"{page}{first.pk}/remove/").status_code == 404


def test_pages_cost_the_same_with_many_sources(
    town: Town, source: Source, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        add(town, {"url": "http://data.example/"}, name=f"又一个{number}")
        allow(town.world.secadmin, 100 + number, f"h{number}.example")
    pages: list[tuple[Any, str, int]] = [
        (town.cataloguer, "/collection/sources/", 20),
        (town.cataloguer, f"/collection/datasets/{town.dataset.pk}/?tab=sources", 24),
        (town.cataloguer, f"/collection/sources/{source.pk}/", 24),
        (town.world.secadmin, "/collection/destinations/", 16),
    ]
    for reader, address, most in pages:
        client = client_of(reader)
        client.get(address)
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 5000, "[::1", "%00", "a@b:c"]


KINDS: dict[str, dict[str, Any]] = {
    "sql": {"engine": "postgresql", "host": "db.example", "database": "d", "username": "u", "tls": "off", "table": "t"},
    "objects": {"store": "https://oss.example", "bucket": "reports", "key": "a.csv", "access_key": "k", "region": "r",
                "addressing": "path"},
    "sftp": {"host": "s.example", "port": 22, "path": "/a", "username": "u", "host_key": "SHA256:" + "A" * 43,
             "sign_in": "password"},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_form(town: Town, kind: str) -> None:
    client = client_of(town.cataloguer)
    address = f"/collection/datasets/{town.dataset.pk}/sources/add/{kind}/"
    assert client.get(address).status_code == 200
    values = {name: value for name, value in SOURCE.items() if name not in ("url", "sign_in")} | KINDS[kind]
    with nothing_changes():
        refused = client.post(address, values)
        assert "Enter the credential" in text_of(refused)
        for text in HOSTILE:
            for name in KINDS[kind]:
                assert client.post(address, values | {name: text}).status_code < 500, (name, text)
    assert client.post(address, values | {"secret": SECRET}).status_code == 302
    entered = Source.objects.get()
    assert entered.settings | KINDS[kind] == entered.settings
    edit = client.get(f"/collection/sources/{entered.pk}/edit/")
    assert SECRET not in edit.content.decode()
    wrong = client.post(f"/collection/sources/{entered.pk}/edit/", values | {"secret": SECRET, "name": ""})
    assert wrong.status_code == 422
    assert SECRET not in wrong.content.decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_sent_breaks_a_page(town: Town, source: Source, text: str) -> None:
    client = client_of(town.cataloguer)
    secadmin = client_of(town.world.secadmin)
    for name in ("q", "kind", "state", "ordering", "page"):
        assert client.get("/collection/sources/", {name: text}).status_code < 500, (name, text)
    for name in [*SOURCE, "secret", "username", "header", "minutes", "weekdays", "day", "size", "first_page"]:
        for address in (
            f"/collection/datasets/{town.dataset.pk}/sources/add/http/",
            f"/collection/sources/{source.pk}/edit/",
        ):
            assert client.post(address, SOURCE | {name: text}).status_code < 500, (name, text)
    for name in DESTINATION:
        answer = secadmin.post("/collection/destinations/", DESTINATION | {name: text})
        assert answer.status_code < 500, (name, text)
    assert client.get(f"/collection/datasets/{town.dataset.pk}/sources/add/nonsense/").status_code == 404


def test_the_security_administrator_finds_the_list_in_the_navigation(town: Town) -> None:
    link = 'href="/collection/destinations/"'
    assert link in get(town.world.secadmin, reverse("accounts:user_list")).content.decode()
    assert link not in get(town.cataloguer, reverse("collection:dataset_list")).content.decode()
