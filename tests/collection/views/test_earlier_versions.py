"""Versions that readers see no more, as long as their rows are kept: looked at, downloaded, and what cannot be done."""

import pytest

from audit.models import AuditEvent
from collection import services
from collection.store import loading
from core.exceptions import InvalidTransition
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_reshaped import revise
from tests.collection.views.test_pages import body
from tests.unchanged import nothing_changes


@pytest.fixture
def two(three: Town) -> Town:
    """The town with a second version, in which 王小明 is no more."""
    assert three.send(HEADER + ROWS[1] + ROWS[2]).state == "succeeded"
    return three


def here(town: Town, more: str = "") -> str:
    return f"/collection/datasets/{town.dataset.pk}/{more}"


def test_the_rows_of_an_earlier_version_are_shown_under_the_same_masks(two: Town) -> None:
    assert "王小明" not in text_of(get(two.cataloguer, here(two)))
    page = get(two.cataloguer, here(two, "?version=1"))
    assert "王小明" in text_of(page)
    assert "Version 1 of" in text_of(page)
    assert "readers see version 2" in text_of(page)
    # Filters, order and the next rows stay with it.
    assert 'name="version" value="1"' in body(page)
    assert "?version=1&amp;sort=" in body(page)
    assert "王小明" in text_of(get(two.cataloguer, here(two, "rows/?version=1")))
    assert "990102199001011234" not in body(get(two.world.reviewer, here(two, "?version=1")))
    assert "9***************34" in body(get(two.world.reviewer, here(two, "?version=1")))
    assert "王" not in body(get(two.world.other_head, here(two, "?version=1")))
    assert "?version=1" in body(get(two.cataloguer, here(two, "?tab=versions")))
    seen = AuditEvent.objects.filter(action="collection.version.preview", actor_id=two.cataloguer.id)
    assert {"version": 1} in [one.after for one in seen]


def test_an_earlier_version_is_downloaded_and_no_other_in_its_place(two: Town) -> None:
    answer = get(two.cataloguer, here(two, "export/?format=csv&version=1"))
    assert "-v1.csv" in answer["Content-Disposition"]
    assert "王小明" in body(answer)
    assert AuditEvent.objects.get(action="collection.version.export").after["version"] == 1
    for wrong in ("99", "abc", "-1"):
        for address in ("export/?format=csv&", "?", "rows/?"):
            assert get(two.cataloguer, here(two, f"{address}version={wrong}")).status_code == 404
    assert get(two.world.reviewer, here(two, "export/?format=csv&version=1")).status_code == 403


def test_rows_that_are_no_longer_kept_are_refused_in_words(two: Town) -> None:
    two.dataset.versions.filter(number=1).update(purged_at=two.dataset.changed_at)
    loading.version_purge(two.dataset.pk, 1, 2)
    for address in ("?version=1", "rows/?version=1", "export/?format=csv&version=1"):
        refused = get(two.cataloguer, here(two, address))
        assert refused.status_code == 409
        assert "no longer kept" in text_of(refused)


def test_a_version_under_another_key_is_looked_at_and_neither_compared_nor_returned_to(two: Town) -> None:
    revise(two, without="NRRQ", DXBH={"is_key": False}, XM={"is_key": True, "nullable": False})
    assert two.send(HEADER.replace(",纳入日期", "") + "0001,王小明,,1\n").state == "succeeded"
    page = text_of(get(two.cataloguer, here(two, "?version=2")))
    assert "李四" in page
    assert "Items that the entry has no more: 纳入日期" in page
    assert "they cannot be compared" in page
    assert "李四" in body(get(two.cataloguer, here(two, "export/?format=csv&version=2")))
    versions = get(two.cataloguer, here(two, "?tab=versions"))
    assert "The key of the rows has changed since this version" in text_of(versions)
    assert "/rollback/" not in body(versions)
    assert "compare/?to=3" not in body(versions)
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=2)


def test_a_return_speaks_of_the_version_and_not_of_a_file(two: Town) -> None:
    run = services.run_rollback(actor=two.cataloguer, dataset_id=two.dataset.pk, number=1)
    log = text_of(get(two.cataloguer, f"/collection/runs/{two.work(run).pk}/"))
    assert "Asked to publish version 1 again." in log
    assert "0 bytes" not in log
