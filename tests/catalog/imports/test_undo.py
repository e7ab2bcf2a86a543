import pytest

from audit.models import AuditEvent
from catalog import services as catalog_services
from catalog.models import Decision, Entry, EntrySearch, ImportRow
from catalog.models.imports import BatchState, RowState
from catalog.services.imports_undo import entry_withdraw_imported, import_undo
from core.exceptions import InvalidTransition, NotAllowed
from tests.catalog.imports.conftest import Importer
from tests.catalog.imports.test_services import CIVIL
from tests.factories.catalog import CatalogWorld
from workflow.models import Clock, OutboxMessage, Task


def test_drafts_are_discarded_and_published_entries_withdrawn(importer: Importer) -> None:
    records = [CIVIL, CIVIL | {"标题": "表格", "数据格式": "XLS"}]
    batch = importer.run(records, publishes=True)
    published = Entry.objects.get(status="published")
    result = import_undo(actor=importer.actor, batch_id=batch.pk)
    assert (result.discarded, result.withdrawn, result.kept) == (1, 1, [])
    published.refresh_from_db()
    assert published.status == "withdrawn"
    assert published.code is not None
    assert list(Entry.objects.values_list("pk", flat=True)) == [published.pk]
    assert EntrySearch.objects.get(entry=published).folded == ""
    steps = Decision.objects.filter(entry=published, action__startswith="withdraw").order_by("pk")
    assert list(steps.values_list("action", "actor_name")) == [
        ("withdraw", "catalog-import-filing"),
        ("withdraw_sign_off", "catalog-import-filing"),
        ("withdraw_approve", "catalog-import-approval"),
    ]
    assert not Task.objects.filter(closed_at=None).exists()
    assert not Clock.objects.exists()
    assert not OutboxMessage.objects.filter(event__startswith="catalog.entry").exists()
    batch.refresh_from_db()
    assert batch.state == BatchState.UNDONE
    assert AuditEvent.objects.filter(action="catalog.import.undo").count() == 1
    with pytest.raises(InvalidTransition):
        import_undo(actor=importer.actor, batch_id=batch.pk)


def test_what_somebody_touched_since_is_left_and_named(importer: Importer, world: CatalogWorld) -> None:
    batch = importer.run([CIVIL, CIVIL | {"标题": "另一条"}])
    touched = Entry.objects.get(current_revision__name="另一条")
    catalog_services.entry_update(actor=world.cataloguer, ref=touched.pk, fields={"summary": "补充"})
    result = import_undo(actor=importer.actor, batch_id=batch.pk)
    assert (result.discarded, result.withdrawn) == (1, 0)
    assert [(row, name) for row, name, _why in result.kept] == [(2, "另一条")]
    assert list(Entry.objects.all()) == [touched]


def test_an_entry_that_was_only_updated_stays(importer: Importer) -> None:
    importer.run([CIVIL])
    batch = importer.run([CIVIL | {"更新周期": "每月"}], updates=True)
    result = import_undo(actor=importer.actor, batch_id=batch.pk)
    assert (result.discarded, len(result.kept)) == (0, 1)
    assert Entry.objects.count() == 1


def test_an_open_batch_is_stopped_before_it_is_undone(importer: Importer) -> None:
    batch = importer.start([CIVIL, CIVIL | {"标题": "另一条"}])
    result = import_undo(actor=importer.actor, batch_id=batch.pk)
    assert (result.discarded, result.withdrawn) == (0, 0)
    assert set(ImportRow.objects.values_list("state", flat=True)) == {RowState.UNDONE}


def test_after_an_undo_the_file_can_come_in_again(importer: Importer) -> None:
    path = importer.file([CIVIL | {"信息资源代码": "RES-7"}])
    first = importer.run(path, publishes=True)
    import_undo(actor=importer.actor, batch_id=first.pk)
    again = importer.run(path, publishes=True)
    assert again.counts["created"] == 1
    codes = list(Entry.objects.order_by("pk").values_list("code", flat=True))
    assert len(set(codes)) == 2
    assert Entry.objects.get(status="published").aliases.get().code == "RES-7"


def test_only_the_import_job_withdraws_this_way(importer: Importer, world: CatalogWorld) -> None:
    batch = importer.run([CIVIL], publishes=True)
    entry = Entry.objects.get()
    for actor in (world.cataloguer, world.head, world.reviewer):
        with pytest.raises(NotAllowed):
            entry_withdraw_imported(actor=actor, entry_id=entry.pk, batch=batch)
        with pytest.raises(NotAllowed):
            import_undo(actor=actor, batch_id=batch.pk)
    filed = world.published()
    with pytest.raises(NotAllowed):
        entry_withdraw_imported(actor=importer.actor, entry_id=filed.pk, batch=batch)
    assert Entry.objects.filter(status="published").count() == 2
