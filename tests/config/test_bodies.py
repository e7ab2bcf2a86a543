import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.catalog.views.reader import client_of
from tests.factories.catalog import make_world


@pytest.mark.django_db
def test_a_large_body_of_somebody_unknown_is_not_read(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    read: list[object] = []
    monkeypatch.setattr("django.http.request.MultiPartParser", lambda *given: read.append(given))
    for client in (Client(), Client(enforce_csrf_checks=True)):
        answer = client.post("/collection/datasets/1/files/", {"file": SimpleUploadedFile("a", b"x" * 2000)})
        assert (answer.status_code, answer["Location"][:16]) == (302, "/accounts/login/")
    answer = Client().post("/api/v1/entries/", b"x" * 2000, content_type="application/json")
    assert answer.status_code == 401
    assert read == []


@pytest.mark.django_db
def test_somebody_known_sends_large_files_and_anybody_small_ones(settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    known = client_of(make_world().cataloguer)
    assert (
        known.post("/collection/datasets/1/files/", {"file": SimpleUploadedFile("a", b"x" * 2000)}).status_code == 404
    )
    assert Client().post("/accounts/login/", {"username": "x"}).status_code != 302
