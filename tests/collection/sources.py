"""Sources of the tests: a server on this machine, allowed by a rule that names it, and what a worker does with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from collection import services
from collection.models import Dataset, Destination, Run, Source
from collection.services import SourceFields
from collection.services.fetch import FOLDER
from collection.wording import sentence
from core.actors import Actor
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.outgoing.conftest import Server, running

SECRET = "k-93f1-geheim"
CSV = HEADER + "".join(ROWS)


@pytest.fixture
def web() -> Iterator[Server]:
    """A server that does what a test tells it."""
    with running(Server()) as server:
        yield server


def fetched_files() -> list[str]:
    """Return the names of the files that were fetched, by run and fencing token."""
    return sorted(path.name for path in Path(default_storage.path(FOLDER)).rglob("*") if path.is_file())


def url_of(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def allow(secadmin: Actor, port: int, host: str = "127.0.0.1") -> Destination:
    return services.destination_add(
        actor=secadmin, host=host, networks=["127.0.0.0/8"], ports=[port], reason="a server of the tests"
    )


def fields(settings: dict[str, Any], **given: Any) -> SourceFields:
    return SourceFields(**{"name": "源", "settings": settings, "timetable": {"rhythm": "by_hand"}, **given})


def add(
    town: Town, settings: dict[str, Any], kind: str = "http", dataset: Dataset | None = None, **given: Any
) -> Source:
    return services.source_add(
        actor=town.cataloguer,
        dataset_id=(dataset or town.dataset).pk,
        kind=kind,
        fields=fields(settings, **given),
    )


def run(town: Town, source: Source) -> Run:
    """Read a source now, and let a worker take it up."""
    return town.work(services.source_run(actor=town.cataloguer, source_id=source.pk))


def gives(server: Server, path: str, body: str, status: int = 200, **headers: str) -> str:
    server.replies[path] = lambda handler: handler.give(status, body.encode(), **headers)
    return url_of(server, path)


@pytest.fixture
def listed(town: Town, web: Server) -> Destination:
    return allow(town.world.secadmin, web.server_address[1])


def file_source(town: Town, web: Server, body: str = CSV, **given: Any) -> Source:
    return add(town, {"url": gives(web, "/rows.csv", body, Content_Type="text/csv")}, **given)


def words(run: Run) -> str:
    return " ".join(sentence(one, names_source=True) for one in run.notes.all())
