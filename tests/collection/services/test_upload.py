"""Files that come part by part: in their order, by one person, compared at the end, forgotten when they stop."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from collection import services
from collection.exceptions import RunOpen
from collection.models import PartialUpload, Run, UploadPart
from collection.services.upload import WrongPlace, uploads_purge
from core import clock
from core.exceptions import Malformed, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.unchanged import nothing_changes
from workflow import outbox_delivery

CONTENT = (HEADER + "".join(ROWS)).encode()
PARTS = [CONTENT[:50], CONTENT[50:120], CONTENT[120:]]


def begin(town: Town, **given: Any) -> PartialUpload:
    values = {"actor": town.cataloguer, "file_name": "大.csv", "size_bytes": len(CONTENT)} | given
    return services.upload_begin(dataset_id=town.dataset.pk, **values)


def send(town: Town, upload: PartialUpload, parts: list[bytes]) -> None:
    for part in parts:
        upload.refresh_from_db()
        services.upload_take(actor=town.cataloguer, token=upload.token, offset=upload.received_bytes, content=part)


def checksum(parts: list[bytes]) -> str:
    return hashlib.sha256("".join(hashlib.sha256(one).hexdigest() for one in parts).encode()).hexdigest()


def kept() -> int:
    return len(default_storage.listdir("uploads")[1]) if default_storage.exists("uploads") else 0


def test_a_file_goes_on_where_it_stopped_and_becomes_a_run(town: Town) -> None:
    upload = begin(town)
    send(town, upload, PARTS[:1])
    again = begin(town)
    assert (again.pk, again.received_bytes) == (upload.pk, 50)
    send(town, upload, PARTS[1:])
    with default_storage.open(str(UploadPart.objects.first().content.name), "rb") as raw:  # type: ignore[union-attr]
        assert PARTS[0] not in raw.read()
    run = services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS))
    assert (run.file_name, run.sha256) == ("大.csv", hashlib.sha256(CONTENT).hexdigest())
    assert (PartialUpload.objects.count(), kept()) == (0, 3)
    outbox_delivery.deliver()
    assert kept() == 0
    assert town.work(run).state == "succeeded"


def test_a_file_is_loaded_once_though_whoever_finished_it_was_killed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(town)
    send(town, upload, PARTS)

    def killed(**given: Any) -> Run:
        run_upload(**given)
        raise KeyboardInterrupt

    run_upload = services.run_upload
    monkeypatch.setattr("collection.services.upload.run_upload", killed)
    with pytest.raises(KeyboardInterrupt):
        services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS))
    monkeypatch.setattr("collection.services.upload.run_upload", run_upload)
    town.work(Run.objects.get())
    with nothing_changes(), pytest.raises(NotVisible):
        services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS))


def test_of_two_that_finish_one_file_the_later_finds_none(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = begin(town)
    send(town, upload, PARTS)
    run_upload = services.run_upload

    def overtaken(**given: Any) -> Run:
        monkeypatch.setattr("collection.services.upload.run_upload", run_upload)
        town.work(services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS)))
        return run_upload(**given)

    monkeypatch.setattr("collection.services.upload.run_upload", overtaken)
    with pytest.raises(NotVisible):
        services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS))
    run = Run.objects.get()
    assert [name for name in evidence_names() if name != run.original.name] == []


def test_a_window_whose_file_another_one_finished_is_led_to_the_run(town: Town) -> None:
    upload = begin(town)
    send(town, upload, PARTS)
    run = services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS))
    mine, other = client_of(town.cataloguer), client_of(town.world.head)
    for path, sent in (
        (f"/collection/uploads/{upload.token}/120/", {"data": PARTS[2], "content_type": "application/octet-stream"}),
        (f"/collection/uploads/{upload.token}/finish/", {"data": {"sha256": checksum(PARTS)}}),
    ):
        with nothing_changes():
            told, hidden = mine.post(path, **sent), other.post(path, **sent)
        assert (told.status_code, told.json()["run"]) == (404, f"/collection/runs/{run.pk}/")
        assert "Another window has sent this file to its end" in told.json()["message"]
        assert mine.get(told.json()["run"]).status_code == 200
        assert (hidden.status_code, list(hidden.json())) == (404, ["message"])


def evidence_names() -> list[str]:
    folder = f"evidence/{clock.today():%Y/%m}"
    return [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]


def test_parts_come_in_their_order_and_whole(town: Town) -> None:
    upload = begin(town)
    send(town, upload, PARTS[:1])
    for offset in (0, 20, 51):
        with pytest.raises(WrongPlace) as refused:
            services.upload_take(actor=town.cataloguer, token=upload.token, offset=offset, content=b"x")
        assert refused.value.extra == {"offset": 50}
    for offset, content in ((50, b""), (50, CONTENT), (10**18, b"x")):
        with pytest.raises(RuleViolation):
            services.upload_take(actor=town.cataloguer, token=upload.token, offset=offset, content=content)
    with pytest.raises(WrongPlace):
        services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS))
    assert (UploadPart.objects.count(), kept(), Run.objects.count()) == (1, 1, 0)


def test_a_window_that_comes_second_is_told_what_has_come(town: Town) -> None:
    upload = begin(town)
    send(town, upload, PARTS[:1])
    client = client_of(town.cataloguer)
    with nothing_changes():
        late = client.post(
            f"/collection/uploads/{upload.token}/0/", data=b"x" * 50, content_type="application/octet-stream"
        )
    told = late.json()
    assert (late.status_code, told["offset"], told["sums"]) == (409, 50, [hashlib.sha256(PARTS[0]).hexdigest()])
    assert told["begun"]["token"] == str(upload.token)
    assert "Another window may be sending it still" in told["begun"]["message"]


def test_a_file_that_was_changed_on_its_way_is_thrown_away(town: Town) -> None:
    upload = begin(town)
    send(town, upload, PARTS)
    with pytest.raises(RuleViolation):
        services.upload_finish(actor=town.cataloguer, token=upload.token, checksum=checksum(PARTS[::-1]))
    outbox_delivery.deliver()
    assert (PartialUpload.objects.count(), kept(), Run.objects.count()) == (0, 0, 0)


def test_without_a_checksum_nothing_tells_that_the_parts_are_of_one_file(town: Town) -> None:
    upload = begin(town)
    send(town, upload, PARTS)
    with nothing_changes(), pytest.raises(Malformed):
        services.upload_finish(actor=town.cataloguer, token=upload.token, checksum="")


def test_a_script_is_told_what_came_and_begins_anew_with_another_file(town: Town) -> None:
    client = client_of(town.cataloguer)
    upload = begin(town)
    send(town, upload, PARTS[:2])

    def begun(**given: Any) -> Any:
        sent = {"name": "大.csv", "size": len(CONTENT)} | given
        return client.post(f"/collection/datasets/{town.dataset.pk}/uploads/", sent).json()

    again = begun()
    assert again["sums"] == [hashlib.sha256(part).hexdigest() for part in PARTS[:2]]
    assert again["offset"] == 120
    assert begun()["url"] == again["url"]
    assert "“大.csv” is on its way: 120" in again["begun"]["message"]
    other = begun(instead=again["begun"]["token"])
    assert (other["offset"], other["sums"], PartialUpload.objects.count()) == (0, [], 1)
    assert other["url"] != again["url"]
    lost = client.post(f"{again['url']}120/", PARTS[2], content_type="application/octet-stream")
    assert lost.status_code == 404, "the window that sends the file before ends"
    assert "Another window has discarded this file" in lost.json()["message"]
    outbox_delivery.deliver()
    assert kept() == 0


def test_a_new_file_of_a_name_takes_the_place_of_the_one_that_stopped(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collection.services.upload.MOST_UPLOADS", 1)
    stopped = begin(town)
    send(town, stopped, PARTS[:1])
    new = begin(town, size_bytes=len(CONTENT) + 7, instead_of=stopped.token)
    assert (PartialUpload.objects.get(), new.received_bytes) == (new, 0)
    outbox_delivery.deliver()
    assert kept() == 0
    monkeypatch.setattr("collection.services.upload.DEPARTMENT_BYTES", 1)
    with nothing_changes(), pytest.raises(RuleViolation):
        begin(town, size_bytes=len(CONTENT) + 8, instead_of=new.token)
    assert PartialUpload.objects.get() == new, "what is refused gives nothing up"


def test_what_another_window_sends_is_not_given_up_unasked(town: Town) -> None:
    client = client_of(town.cataloguer)
    upload = begin(town)
    send(town, upload, PARTS[:1])

    def begun(size: int, **given: Any) -> Any:
        return client.post(f"/collection/datasets/{town.dataset.pk}/uploads/", {"name": "大.csv", "size": size} | given)

    other = len(CONTENT) + 7
    for given in ({}, {"instead": str(uuid4())}):
        with nothing_changes():
            refused = begun(other, **given)
        assert (refused.status_code, list(refused.json())) == (409, ["begun"])
    told = refused.json()["begun"]
    assert told["token"] == str(upload.token)
    assert "“大.csv”" in told["message"]
    assert "Another window may be sending it" in told["message"]
    with clock_at(clock.now() + timedelta(minutes=6)):
        assert "Another window" not in begun(other).json()["begun"]["message"]
    send(town, upload, PARTS[1:2])
    assert begun(other, instead="x").status_code == 400
    assert begun(other, instead=told["token"]).json()["offset"] == 0
    assert PartialUpload.objects.get().size_bytes == other


def test_whoever_is_locked_out_by_files_that_stopped_finds_and_discards_them(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collection.services.upload.MOST_UPLOADS", 1)
    second = services.dataset_hook(actor=town.cataloguer, ref=town.entry.pk, name="第二份")
    upload = begin(town)
    send(town, upload, PARTS[:1])
    client = client_of(town.cataloguer)
    here = f"/collection/datasets/{second.pk}/"
    page = client.get(here).content.decode()
    assert "大.csv" in page
    assert town.dataset.name in page
    discard = f"{here}uploads/{upload.token}/discard/"
    assert discard in page
    assert "大.csv" not in client_of(town.world.head).get(here).content.decode(), "everybody sees his own alone"
    for stranger in (town.world.head, town.world.other_cataloguer, town.world.reviewer):
        with nothing_changes(), pytest.raises(NotVisible):
            services.upload_discard(actor=stranger, token=upload.token)
    assert client.post(discard)["Location"] == here
    assert "大.csv" not in client.get(here).content.decode().partition("</aside>")[0].partition("<aside")[2]
    outbox_delivery.deliver()
    assert (PartialUpload.objects.count(), kept()) == (0, 0)
    with pytest.raises(NotVisible):
        services.upload_discard(actor=town.cataloguer, token=upload.token)
    begin(town, file_name="b.csv")


def test_an_upload_belongs_to_whoever_began_it(town: Town) -> None:
    upload = begin(town)
    for actor in (town.world.head, town.world.other_cataloguer, town.world.reviewer):
        with pytest.raises(NotVisible):
            services.upload_take(actor=actor, token=upload.token, offset=0, content=b"x")
        with pytest.raises(NotVisible):
            services.upload_finish(actor=actor, token=upload.token, checksum=checksum(PARTS))
        with pytest.raises(NotAllowed):
            begin(town, actor=actor)
    with pytest.raises(NotVisible):
        services.upload_take(actor=town.cataloguer, token=uuid4(), offset=0, content=b"x")
    assert kept() == 0


def test_what_cannot_be_loaded_is_refused_before_a_byte_is_sent(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (0, 21 * 1024**3):
        with pytest.raises(RuleViolation):
            begin(town, size_bytes=size)
    monkeypatch.setattr("collection.services.upload.MOST_UPLOADS", 1)
    begin(town)
    with pytest.raises(RuleViolation):
        begin(town, file_name="b.csv")
    services.run_upload(actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[CONTENT], file_name="a.csv")
    with pytest.raises(RunOpen):
        begin(town)
    shelf = services.dataset_hook(actor=town.cataloguer, ref=town.entry.pk, name="文件", kind="files")
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.upload_begin(actor=town.cataloguer, dataset_id=shelf.pk, file_name="a.png", size_bytes=1)
    assert refused.value.errors[0].code == "too_many", "files of a set count with those of tables"


def test_the_files_on_their_way_to_a_department_are_limited_together(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collection.services.upload.DEPARTMENT_BYTES", 100)
    begin(town, size_bytes=60)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        begin(town, file_name="b.csv", size_bytes=41)
    assert refused.value.errors[0].code == "too_many"
    assert begin(town, size_bytes=60)
    begin(town, file_name="b.csv", size_bytes=40)


def test_what_stops_is_forgotten(town: Town) -> None:
    upload = begin(town)
    send(town, upload, PARTS[:1])
    assert uploads_purge() == 0
    with clock_at(clock.now() + timedelta(days=4)):
        assert uploads_purge() == 1
        outbox_delivery.deliver()
    assert (PartialUpload.objects.count(), kept()) == (0, 0)


def test_a_script_sends_parts_and_is_led_to_the_run(town: Town) -> None:
    client = client_of(town.cataloguer)
    begun = client.post(
        f"/collection/datasets/{town.dataset.pk}/uploads/", {"name": "大.csv", "size": len(CONTENT)}
    ).json()
    assert begun["offset"] == 0

    def part(offset: Any, content: bytes) -> Any:
        return client.post(f"{begun['url']}{offset}/", content, content_type="application/octet-stream")

    assert part(0, PARTS[0]).json() == {"offset": 50}
    late = part(0, PARTS[0])
    assert (late.status_code, late.json()["offset"]) == (409, 50)
    assert part(50, b"").status_code == 422
    assert part(50, CONTENT[50:]).json() == {"offset": len(CONTENT)}
    services.run_upload(actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=[CONTENT], file_name="a.csv")
    begin_again = client.post(f"/collection/datasets/{town.dataset.pk}/uploads/", {"name": "b.csv", "size": 1})
    whole = checksum([PARTS[0], CONTENT[50:]])
    assert client.post(begun["finish"], {}).status_code == 400
    for refused in (begin_again, client.post(begun["finish"], {"sha256": whole})):
        assert (refused.status_code, refused.json()["message"][:11]) == (422, "Another run")
    wrong = client.post(begun["finish"], {"sha256": "0" * 64})
    assert (wrong.status_code, json.loads(wrong.content)["message"][:8]) == (422, "The file")
    for text in ("\x00", "9" * 40, "-1", "x", ""):
        assert part(text, b"x").status_code < 500
        sent = {"name": text, "size": text}
        assert client.post(f"/collection/datasets/{town.dataset.pk}/uploads/", sent).status_code < 500
        assert client.post(begun["finish"], {"sha256": text, "mode": text}).status_code < 500
