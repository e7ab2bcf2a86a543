"""What a page costs over the rows that it shows."""

from itertools import cycle
from urllib.parse import urlencode

from django.db import connection
from django.test import Client

from bench import catalog_rows
from bench.client import get, signed_in
from bench.registry import Figures, benchmark, compare


def _first_rows() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.name, r.sharing, e.code, e.first_published_at FROM catalog_entry e"
            " JOIN catalog_revision r ON r.id = e.published_revision_id ORDER BY e.first_published_at DESC LIMIT 50"
        )
        cursor.fetchall()


@benchmark("liveness through all of the middleware", baseline="a view called directly")
def healthz() -> Figures:
    from config.health import healthz as view

    client = Client(SERVER_NAME="localhost")
    request = client.get("/healthz").wsgi_request
    return compare(lambda: get(client, "/healthz"), lambda: view(request), rounds=300)


@benchmark(
    "catalog list, signed in", baseline="the same rows by bare SQL", goal="p95 under 300 ms with 100,000 entries"
)
def catalog_list() -> Figures:
    catalog_rows.ensure()
    client = signed_in("cataloguer")
    return compare(lambda: get(client, "/catalog/"), _first_rows, rounds=40)


@benchmark("home page, signed in", baseline="the same rows by bare SQL", goal="p95 under 300 ms with 100,000 entries")
def home() -> Figures:
    catalog_rows.ensure()
    client = signed_in("cataloguer")
    return compare(lambda: get(client, "/"), _first_rows, rounds=40)


@benchmark("search page, signed in", baseline="the same rows by bare SQL", goal="p95 under 300 ms with 100,000 entries")
def search_page() -> Figures:
    catalog_rows.ensure()
    client, queries = signed_in("cataloguer"), cycle(catalog_rows.queries())
    return compare(lambda: get(client, f"/catalog/?{urlencode({'q': next(queries)})}"), _first_rows, rounds=70)


@benchmark("public list", baseline="the same rows by bare SQL", goal="p95 under 300 ms with 100,000 entries")
def public_list() -> Figures:
    catalog_rows.ensure()
    client = Client(SERVER_NAME="localhost")
    return compare(lambda: get(client, "/open/"), _first_rows, rounds=40)
