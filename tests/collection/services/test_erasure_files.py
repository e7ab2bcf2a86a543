"""Erasures that name files, and what becomes of files that are no longer hooked."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audit.models import AuditEvent
from collection import services
from collection.duty_choices import ErasureState
from collection.erasure_wording import report_lines
from collection.models import Dataset, DatasetFile, DatasetVersion, Erasure
from collection.services import erasure as asking
from collection.services.file import files_purge
from core import clock
from core.exceptions import InvalidTransition, NotVisible, RuleViolation
from tests.catalog.views.reader import client_of, text_of
from tests.collection.erasures import approve, carry_out, demand, files_below
from tests.collection.services.test_files import PDF_BYTES, PNG_BYTES, add, names, shelf, stored
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes
from workflow import outbox_delivery

__all__ = ["shelf"]


def ask(world: CatalogWorld, dataset: Dataset, *files: str, **given: Any) -> Erasure:
    return asking.erasure_ask(
        actor=given.pop("actor", world.cataloguer), dataset_id=dataset.pk, **demand(value="", names=files, **given)
    )


def test_files_go_from_every_version_and_the_storage(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    add(world.cataloguer, shelf, a_png=PNG_BYTES + b"2")
    erasure = ask(world, shelf, "a.png")
    assert (erasure.rows_seen, erasure.sealed_value, erasure.value_hash) == (2, "", "")
    done = carry_out(approve(erasure, world.head))
    assert (done.state, done.rows_erased, done.trash) == (ErasureState.DONE, 2, [])
    assert list(DatasetFile.objects.values_list("name", flat=True)) == ["b.pdf"]
    assert stored() == 1
    shelf.refresh_from_db()
    assert names(shelf.published_version) == ["b.pdf"]
    counts = DatasetVersion.objects.filter(dataset=shelf).order_by("number").values_list("number", "row_count")
    assert list(counts) == [(1, 1), (2, 1), (3, 1)]
    assert "2 files" in report_lines(done)
    trail = AuditEvent.objects.filter(action__startswith="collection.erasure")
    assert "a.png" not in str(list(trail.values()))
    assert names(add(world.cataloguer, shelf, c_png=PNG_BYTES)) == ["b.pdf", "c.png"]


def test_what_replaced_a_file_since_goes_too_and_is_decided_on(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    erasure = ask(world, shelf, "a.png")
    add(world.cataloguer, shelf, a_png=PNG_BYTES + b"2")
    with pytest.raises(RuleViolation) as refused:
        asking.erasure_approve(actor=world.head, erasure_id=erasure.pk, rows=1)
    assert [one.code for one in refused.value.errors] == ["changed"]
    asking.erasure_approve(actor=world.head, erasure_id=erasure.pk, rows=2)
    erasure.refresh_from_db()
    assert carry_out(erasure).rows_erased == 2
    assert list(DatasetFile.objects.values_list("name", flat=True)) == ["b.pdf"]


def test_what_replaced_a_file_goes_though_the_file_was_purged_before_the_decision(
    world: CatalogWorld, shelf: Dataset
) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    erasure = ask(world, shelf, "a.png")
    add(world.cataloguer, shelf, a_png=PNG_BYTES + b"2", b_pdf=PDF_BYTES + b"2")
    DatasetVersion.objects.filter(dataset=shelf, number=1).update(purged_at=clock.now())
    assert files_purge(dataset_id=shelf.pk) == 1, "of what no version holds b.pdf goes"
    page = client_of(world.head).get(f"/collection/duties/erasures/{erasure.pk}/")
    assert "2 files go." in text_of(page)
    asking.erasure_approve(actor=world.head, erasure_id=erasure.pk, rows=2)
    erasure.refresh_from_db()
    assert carry_out(erasure).rows_erased == 2
    assert list(DatasetFile.objects.values_list("name", flat=True)) == ["b.pdf"]
    outbox_delivery.deliver()
    assert stored() == 1


def test_a_file_that_was_kept_for_an_erasure_goes_once_that_is_taken_back(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    erasure = ask(world, shelf, "a.png")
    add(world.cataloguer, shelf, a_png=PNG_BYTES + b"2")
    DatasetVersion.objects.filter(dataset=shelf, number=1).update(purged_at=clock.now())
    assert files_purge(dataset_id=shelf.pk) == 0
    asking.erasure_withdraw(actor=world.cataloguer, erasure_id=erasure.pk)
    assert files_purge(dataset_id=shelf.pk) == 1


def test_no_file_that_stays_loses_its_content(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    (gone,) = DatasetFile.objects.filter(name="a.png")
    services.files_remove(actor=world.cataloguer, dataset_id=shelf.pk, file_ids=[gone.pk])
    erasure = ask(world, shelf, "a.png")
    services.files_return(actor=world.cataloguer, dataset_id=shelf.pk, number=1)
    erasure = carry_out(approve(erasure, world.head))
    assert erasure.rows_erased == 2
    shelf.refresh_from_db()
    assert names(shelf.published_version) == ["b.pdf"]
    for file in DatasetFile.objects.all():
        assert default_storage.exists(str(file.content.name))


def test_files_that_are_no_longer_hooked_are_erased_and_removed(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES, c_pdf=PDF_BYTES + b"3")
    services.dataset_retire(actor=world.cataloguer, dataset_id=shelf.pk, reason="并入")
    done = carry_out(approve(ask(world, shelf, "a.png"), world.head))
    assert done.rows_erased == 1
    left = DatasetFile.objects.get(name="b.pdf")
    version = services.files_remove(actor=world.cataloguer, dataset_id=shelf.pk, file_ids=[left.pk])
    assert names(version) == ["c.pdf"]
    with pytest.raises(InvalidTransition):
        add(world.cataloguer, shelf, d_png=PNG_BYTES)


@pytest.mark.parametrize(("files", "code"), [((), "required"), (("a.png", "nobody.png"), "unknown")])
def test_a_demand_names_files_that_are_there(
    world: CatalogWorld, shelf: Dataset, files: tuple[str, ...], code: str
) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        ask(world, shelf, *files)
    assert [(one.field, one.code) for one in refused.value.errors] == [("names", code)]
    assert not default_storage.exists("erasures")


def test_a_file_is_asked_for_once_and_by_its_department(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    ask(world, shelf, "a.png")
    ask(world, shelf, "b.pdf")
    with nothing_changes(), pytest.raises(InvalidTransition):
        ask(world, shelf, "a.png", "b.pdf")
    with nothing_changes(), pytest.raises(NotVisible):
        ask(world, shelf, "a.png", actor=world.other_cataloguer)


def test_the_pages_take_names_and_say_how_many_files_go(world: CatalogWorld, shelf: Dataset) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    sent = demand(value="", names="a.png\r\n\r\n b.pdf ", document=ContentFile(b"%PDF-1.7", name="a.pdf"))
    client = client_of(world.cataloguer)
    assert client.post("/collection/duties/erasures/new/", sent | {"target": f"{shelf.pk}:files"}).status_code == 302
    erasure = Erasure.objects.get()
    page = f"/collection/duties/erasures/{erasure.pk}/"
    head = client_of(world.head)
    told = text_of(head.get(page))
    assert "2 files go." in told
    assert "a.png" not in told
    assert head.get(f"/collection/files/{erasure.files[0]}/").status_code == 200
    assert head.post(f"{page}approve/", {"rows": "2"}).status_code == 302
    carry_out(erasure)
    assert "2 files" in text_of(head.get(page))


def test_a_file_that_was_erased_while_it_was_asked_for_is_named_no_more(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES, b_pdf=PDF_BYTES)
    real = asking.selectors.files_named
    kept: list[set[str]] = []

    def overtaken(*given: Any) -> list[DatasetFile]:
        found = real(*given)
        monkeypatch.setattr(asking.selectors, "files_named", real)
        carry_out(approve(ask(world, shelf, "a.png"), world.head))
        kept.append(files_below("erasures"))
        return found

    monkeypatch.setattr(asking.selectors, "files_named", overtaken)
    with pytest.raises(RuleViolation) as refused:
        ask(world, shelf, "b.pdf", "a.png")
    assert [(one.field, one.code) for one in refused.value.errors] == [("names", "unknown")]
    assert "line 2" in str(refused.value.errors[0].message)
    assert Erasure.objects.count() == 1
    assert files_below("erasures") == kept[0], "its document is not left behind"


def test_the_files_asked_for_are_those_that_lie_there_at_the_end_of_asking(
    world: CatalogWorld, shelf: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world.cataloguer, shelf, a_png=PNG_BYTES)
    real = asking.selectors.files_named

    def overtaken(*given: Any) -> list[DatasetFile]:
        found = real(*given)
        monkeypatch.setattr(asking.selectors, "files_named", real)
        add(world.cataloguer, shelf, a_png=PNG_BYTES + b"2")
        DatasetVersion.objects.filter(dataset=shelf, number=1).update(purged_at=clock.now())
        assert files_purge(dataset_id=shelf.pk) == 1, "nothing asks for it yet"
        return found

    monkeypatch.setattr(asking.selectors, "files_named", overtaken)
    erasure = ask(world, shelf, "a.png")
    (left,) = DatasetFile.objects.filter(name="a.png")
    assert (erasure.files, erasure.rows_seen) == ([left.pk], 1)
    done = carry_out(approve(erasure, world.head))
    assert (done.state, done.rows_erased) == (ErasureState.DONE, 1)
    assert not DatasetFile.objects.filter(name="a.png").exists()
