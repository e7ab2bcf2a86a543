"""Files are given whole: what becomes of who was given them once the entry has more items."""

from typing import Any

import pytest

from catalog import services as catalog
from catalog.models import Entry
from sharing.choices import EndReason, GrantStatus
from sharing.models import Grant, GrantStep
from sharing.services import answer
from sharing.services.pull import hidden_items
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, shelf_of
from tests.sharing.test_request_api import client_of

KEPT = ("name", "field_name", "type", "length", "is_key", "nullable", "is_sensitive", "mask", "sharing")


@pytest.fixture
def shelf(world: CatalogWorld) -> SharingTown:
    return shelf_of(world)


def _given(town: SharingTown) -> Grant:
    request = town.agreed()
    unmasked = dict.fromkeys(town.items(), "none")
    answer.request_approve(actor=town.world.head, request_id=request.pk, masks=unmasked, opinion="文件不可遮蔽")
    return request.grants.get()


def _gains(town: SharingTown, **item: Any) -> str:
    """Publish the entry with one more item, and return that item."""
    revision = Entry.objects.get(pk=town.entry.pk).published_revision
    assert revision is not None
    items = [{"id": str(one.item_id), **{name: getattr(one, name) for name in KEPT}} for one in revision.items.all()]
    added = {"name": "拍摄地点", "field_name": "PSDD", "type": "C", "length": 50} | item
    world, fields = town.world, {"sharing_note": "新增数据项另行规定"}
    catalog.entry_update(actor=world.cataloguer, ref=town.entry.pk, fields=fields, items=[*items, added])
    catalog.entry_submit(actor=world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=world.reviewer, ref=town.entry.pk)
    [made] = town.items("PSDD")
    return made


def _status(town: SharingTown, grant: Grant) -> int:
    return client_of(town.asker).get(f"/api/v1/datasets/{town.dataset.pk}/files/?grant={grant.pk}").status_code


def test_who_has_the_files_keeps_them_when_the_entry_gains_an_item(shelf: SharingTown) -> None:
    grant = _given(shelf)
    assert _status(shelf, grant) == 200
    added = _gains(shelf)
    assert _status(shelf, grant) == 200
    grant.refresh_from_db()
    assert added in grant.items
    assert GrantStep.objects.filter(grant=grant, action="adapt").count() == 1


def test_a_sensitive_item_is_masked_so_that_the_files_are_given_no_more_from_then_on(shelf: SharingTown) -> None:
    grant = _given(shelf)
    assert _status(shelf, grant) == 200
    added = _gains(shelf, is_sensitive=True, mask="text")
    assert _status(shelf, grant) == 403
    grant.refresh_from_db()
    assert grant.masks[added] == "text"
    assert added in hidden_items(Grant.objects.get(pk=grant.pk))
    assert GrantStep.objects.filter(grant=grant, action="adapt").count() == 1


def test_an_item_that_is_withheld_ends_what_was_given_of_the_files(shelf: SharingTown) -> None:
    grant = _given(shelf)
    _gains(shelf, sharing="withheld", sharing_condition="法律规定不予共享")
    grant.refresh_from_db()
    assert (grant.status, grant.end_reason) == (GrantStatus.ENDED, EndReason.ENTRY)
    assert _status(shelf, grant) == 403


def test_who_has_a_table_gets_no_item_that_was_not_granted(town: SharingTown) -> None:
    grant = town.granted()
    held = list(grant.items)
    _gains(town)
    grant.refresh_from_db()
    assert grant.items == held
