"""Library data that were unhooked, or whose entry was withdrawn, keep no rows that others gave."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from catalog import services as catalog
from collection.models import Dataset, DatasetVersion, Erasure, Run
from collection.selectors import erasure as erasures
from collection.services import dataset_retire, sweep
from collection.services import erasure as asking
from collection.services.retention import version_end
from collection.store import names
from core import clock
from core.exceptions import InvalidTransition
from core.testing import clock_at
from libraries import tasks
from libraries.models import Composition, Part
from libraries.selectors import parts_of
from libraries.services.build import BUILDER
from libraries.services.disuse import disused_let_go
from sharing.models import Grant
from sharing.services.disposal import grant_dispose
from tests.catalog.views.reader import get, text_of
from tests.collection.erasures import approve, carry_out, demand
from tests.libraries.conftest import KEY, NAME, LibraryTown, grant_over
from tests.libraries.test_erasing import ONE, OTHER, in_library
from tests.sharing.factories import items_named
from tests.unchanged import nothing_changes
from workflow.models import Task


def unhooked(town: LibraryTown) -> None:
    dataset_retire(actor=town.cataloguer, dataset_id=town.dataset.pk, reason="停用")


def withdrawn(town: LibraryTown) -> None:
    catalog.entry_withdraw(actor=town.cataloguer, ref=town.entry.pk, reason="已废止")
    for actor in (town.head, town.world.reviewer):
        catalog.entry_approve(actor=actor, ref=town.entry.pk)


def tables_of(dataset: Dataset) -> int:
    with connections[names.ALIAS].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = %s", [names.table_name(dataset.pk, 1)])
        found: Any = cursor.fetchone()
    return int(found[0])


@pytest.mark.parametrize("ends", [unhooked, withdrawn])
def test_what_a_grant_gave_can_be_disposed_of(two: LibraryTown, ends: Any) -> None:
    two.built()
    part = parts_of(Composition.objects.get(dataset=two.dataset))[1]
    grant = part.grant
    assert grant is not None
    grant_over(grant)
    ends(two)
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        grant_dispose(actor=two.head, grant_id=grant.pk, note="已销毁")
    assert refused.value.code == "still_held"
    tasks.builds_catch_up()
    two.dataset.refresh_from_db()
    assert two.dataset.published_version is None
    assert not Part.objects.filter(composition__dataset=two.dataset, removed_at=None).exists()
    assert not Task.objects.filter(kind__startswith="libraries.", closed_at=None).exists()
    sweep.versions_purge()
    assert tables_of(two.dataset) == 1, "as long as superseded versions are kept"
    with clock_at(clock.now() + timedelta(hours=25)):
        sweep.versions_purge()
        assert disused_let_go() == 0
        grant_dispose(actor=two.head, grant_id=grant.pk, note="已销毁")
    assert tables_of(two.dataset) == 0
    assert {run.original.name for run in Run.objects.filter(dataset=two.dataset)} == {""}
    assert Grant.objects.get(pk=grant.pk).disposed_at is not None
    for tab in ("", "?tab=versions", "?tab=quality"):
        assert get(two.cataloguer, f"/collection/datasets/{two.dataset.pk}/{tab}").status_code == 200


def test_data_in_use_and_data_that_were_not_built_keep_their_rows(two: LibraryTown) -> None:
    two.built()
    plain = two.provider([KEY, NAME], "身份证号,姓名\n1,甲\n")
    dataset_retire(actor=plain.cataloguer, dataset_id=plain.dataset.pk, reason="停用")
    with nothing_changes():
        assert disused_let_go() == 0
        assert not version_end(actor=BUILDER, dataset_id=two.dataset.pk), "it is in use"
    assert not DatasetVersion.objects.filter(superseded_at__isnull=False).exists()
    assert len(two.rows()) == 3


def kept_rows(dataset: Dataset) -> str:
    """Return the rows that the store keeps of a dataset, whoever may still read them."""
    with connections[names.ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT string_agg(t::text, ' ') FROM store.{names.table_name(dataset.pk, 1)} t")
        found: Any = cursor.fetchone()
    return str(found[0])


def asked(town: LibraryTown, item: str) -> Erasure:
    return asking.erasure_ask(actor=town.cataloguer, dataset_id=town.dataset.pk, item=item, **demand(value=OTHER))


def test_an_erasure_in_data_out_of_use_takes_the_person_alone(two: LibraryTown) -> None:
    two.built()
    unhooked(two)
    tasks.builds_catch_up()
    done = in_library(two, ONE)
    assert (done.state, done.rows_erased) == ("done", 1)
    assert done.report["versions"] == [{"version": 1, "before": 3, "after": 2}]
    left = kept_rows(two.dataset)
    assert ONE not in left
    assert OTHER in left, "rows of others are kept as long as superseded versions are"
    two.dataset.refresh_from_db()
    assert two.dataset.published_version is None, "nobody reads them again"


def test_nothing_is_let_go_of_while_an_erasure_is_carried_out(two: LibraryTown) -> None:
    two.built()
    (item,) = items_named(two.dataset, ["SFZH"])
    erasure = approve(asked(two, item), two.head)
    unhooked(two)
    for state in ("approved", "running"):
        Erasure.objects.filter(pk=erasure.pk).update(state=state)
        with nothing_changes():
            assert not version_end(actor=BUILDER, dataset_id=two.dataset.pk)
    carry_out(erasure)
    assert version_end(actor=BUILDER, dataset_id=two.dataset.pk)


def test_rows_out_of_use_are_found_by_the_items_that_they_have(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.built()
    (item,) = items_named(two.dataset, ["SFZH"])
    unhooked(two)
    tasks.builds_catch_up()
    two.dataset.refresh_from_db()
    monkeypatch.setattr(erasures, "columns_wanted", lambda entry: [])  # the entry lists none of them any more
    for is_purged in (False, True):
        DatasetVersion.objects.update(purged_at=clock.now() if is_purged else None)
        assert item in {one.item for one in erasures.erasable_columns(two.dataset)}
        assert erasures.type_of(two.dataset, item) == "text"


def test_of_data_out_of_use_no_version_is_said_to_have_come_since_the_count(two: LibraryTown) -> None:
    two.built()
    (item,) = items_named(two.dataset, ["SFZH"])
    unhooked(two)
    erasure = asked(two, item)
    tasks.builds_catch_up()
    shown = text_of(get(two.head, f"/collection/duties/erasures/{erasure.pk}/"))
    assert "1 stored row goes" in shown
    assert "was published since" not in shown
    assert erasures.erasures_uncounted() == []
    Erasure.objects.update(counted_version=None)
    assert [one.pk for one in erasures.erasures_uncounted()] == [erasure.pk], "what was never counted still is"
