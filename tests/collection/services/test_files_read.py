"""Files are sealed, read by the provider alone, whole or in parts, and every look is noted."""

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError

from audit.models import AuditEvent
from collection import services
from collection.models import Dataset, DatasetFile
from collection.vault import Tampered
from tests.catalog.views.reader import client_of, get
from tests.collection.services.test_files import PNG_BYTES, add, shelf
from tests.factories.catalog import CatalogWorld

__all__ = ["shelf"]


def test_content_is_sealed_and_bound_to_its_row(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_txt=b"secret" * 50, b_txt=b"other" * 50)
    one, other = DatasetFile.objects.order_by("name")
    with default_storage.open(str(one.content.name), "rb") as raw:
        assert b"secret" not in raw.read()
    one.content.name = other.content.name
    with pytest.raises(Tampered), services.file.file_opened(one) as source:
        source.read()


def test_files_are_read_by_the_provider_alone_and_every_look_is_noted(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    file = DatasetFile.objects.get()
    looks = AuditEvent.objects.filter(action="collection.files.read")
    download = get(world.head, f"/collection/files/{file.pk}/download/")
    assert b"".join(download.streaming_content) == PNG_BYTES  # type: ignore[attr-defined]
    assert download["Content-Type"] == "image/png"
    assert download["Content-Disposition"].startswith("attachment")
    assert looks.count() == 1
    for actor in (world.reviewer, world.other_head, world.colleague, world.sysadmin, world.auditor):
        for way in ("", "show/", "download/"):
            assert get(actor, f"/collection/files/{file.pk}/{way}").status_code == 403
    assert looks.count() == 1
    assert get(world.head, "/collection/files/999999/").status_code == 404


def test_a_browser_is_given_safe_kinds_only_in_a_sandbox(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_svg=b"<svg onload='alert(1)'/>", c_html=b"<script>1</script>")
    png, svg, html = DatasetFile.objects.order_by("name")
    shown = get(world.cataloguer, f"/collection/files/{png.pk}/show/")
    assert shown["Content-Disposition"].startswith("inline")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    for unsafe in (svg, html):
        assert get(world.cataloguer, f"/collection/files/{unsafe.pk}/show/").status_code == 404
        loaded = get(world.cataloguer, f"/collection/files/{unsafe.pk}/download/")
        assert loaded["Content-Type"].startswith("text/plain")
        assert loaded["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=70000-70009", 206, slice(70000, 70010)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=139990-", 206, slice(139990, None)),
        ("bytes=0-999999999", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
    ],
)
def test_parts_are_given_as_asked(world: CatalogWorld, shelf: Dataset, asked: str, status: int, part: slice) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    file = DatasetFile.objects.get()
    for way in ("show", "download"):
        answer = client_of(world.cataloguer).get(f"/collection/files/{file.pk}/{way}/", headers={"range": asked})
        assert answer.status_code == status
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert content == PNG_BYTES[part]


def test_a_download_that_broke_off_goes_on_with_the_same_content_alone(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    address = f"/collection/files/{DatasetFile.objects.get().pk}/download/"
    client = client_of(world.cataloguer)
    whole = client.get(address)
    assert whole["Accept-Ranges"] == "bytes"
    asked = {"range": "bytes=70000-"}
    rest = client.get(address, headers=asked | {"if-range": whole["ETag"]})
    assert (rest.status_code, rest["Content-Range"]) == (206, f"bytes 70000-{len(PNG_BYTES) - 1}/{len(PNG_BYTES)}")
    assert client.get(address, headers=asked | {"if-range": '"other"'}).status_code == 200
    # The parts of one download are one look.
    assert AuditEvent.objects.filter(action="collection.files.read").count() == 2


def test_parts_of_one_look_are_noted_once(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    file = DatasetFile.objects.get()
    client = client_of(world.cataloguer)
    for start in (100, 5000, 9000):
        client.get(f"/collection/files/{file.pk}/show/", headers={"range": f"bytes={start}-{start + 9}"})
    looks = AuditEvent.objects.filter(action="collection.files.read")
    assert looks.count() == 1
    client.get(f"/collection/files/{file.pk}/show/")
    assert looks.count() == 2
    client.get(f"/collection/files/{file.pk}/show/", headers={"range": "bytes=0-"})
    assert looks.count() == 3
    assert client.get(f"/collection/files/{file.pk}/show/", headers={"range": "bytes=9-3"}).status_code == 416
    assert looks.count() == 3


def test_a_look_that_was_not_noted_does_not_hide_the_next(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    address = f"/collection/files/{DatasetFile.objects.get().pk}/show/"
    client = client_of(world.cataloguer)
    with monkeypatch.context() as patched:
        patched.setattr("collection.services.file.audit.record", _fail)
        with pytest.raises(OperationalError):
            client.get(address, headers={"range": "bytes=0-9"})
    client.get(address, headers={"range": "bytes=0-9"})
    assert AuditEvent.objects.filter(action="collection.files.read").count() == 1


def _fail(*args: object, **kwargs: object) -> None:
    raise OperationalError
