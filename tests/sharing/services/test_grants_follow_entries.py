"""What an entry changes, withholds or withdraws, its grants follow."""

from django.utils import translation

from catalog import services as catalog
from catalog.models import Entry
from sharing.choices import EndReason, GrantStatus, RequestStatus
from sharing.models import ShareRequest
from sharing.services import (
    answer,
)
from tests.catalog.views.reader import client_of, get, text_of
from tests.sharing.conftest import SharingTown
from workflow.models import Task


def test_an_item_that_is_gone_or_withheld_is_given_no_more(town: SharingTown) -> None:
    made = town.granted()
    items = [
        {"id": item, "name": name, "field_name": field, "type": "C", "is_key": field == "DXBH"}
        for item, name, field in zip(town.items("DXBH", "XM"), ("对象编号", "姓名"), ("DXBH", "XM"), strict=True)
    ]
    catalog.entry_update(actor=town.world.cataloguer, ref=town.entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=town.world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)
    made.refresh_from_db()
    assert made.items == town.items("DXBH", "XM")
    assert made.edition == 2


def test_a_new_mask_of_the_entry_holds_for_running_grants_and_a_lifted_one_stays_lifted(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_approve(
        actor=town.world.head, request_id=request.pk, opinion="姓名按需明文", masks={"XM": "none"}
    )  # fmt: skip
    made = request.grants.get()
    entry = Entry.objects.get(pk=town.entry.pk)
    assert entry.published_revision is not None
    items = [
        {
            "id": str(one.item_id),
            "name": one.name,
            "field_name": one.field_name,
            "type": one.type,
            "is_key": one.is_key,
            "nullable": one.nullable,
            "is_sensitive": one.is_sensitive or one.field_name == "YBZJE",
            "mask": "text" if one.field_name == "YBZJE" else one.mask,
        }
        for one in entry.published_revision.items.all()
    ]
    catalog.entry_update(actor=town.world.cataloguer, ref=town.entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=town.world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)
    made.refresh_from_db()
    assert made.masks[town.items("YBZJE")[0]] == "text"
    assert town.items("XM")[0] not in made.masks
    assert made.edition == 2


def test_why_something_ended_by_itself_is_read_in_ones_own_language(town: SharingTown) -> None:
    made, asked = town.granted(), town.agreed()
    with translation.override("zh-hans"):
        catalog.entry_withdraw(actor=town.world.cataloguer, ref=town.entry.pk, reason="职责调整")
        for who in (town.world.head, town.world.reviewer):
            catalog.entry_approve(actor=who, ref=town.entry.pk)
    made.refresh_from_db()
    for page in (f"/sharing/grants/{made.pk}/", f"/sharing/requests/{asked.pk}/"):
        assert "The entry was withdrawn." in text_of(get(town.asker, page))
    assert client_of(town.asker).get(f"/api/v1/grants/{made.pk}/").json()["end_note"] == "The entry was withdrawn."


def test_withheld_data_are_given_no_more(town: SharingTown) -> None:
    made, asked = town.granted(), town.agreed()
    law = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}
    fields = {"sharing": "withheld", "sharing_reason": "法律规定", "legal_basis": [law]}
    town.world.republished(town.entry, sharing_scope="", sharing_purpose="", **fields)
    made.refresh_from_db()
    assert (made.status, made.end_reason) == (GrantStatus.ENDED, EndReason.ENTRY)
    assert ShareRequest.objects.get(pk=asked.pk).status == RequestStatus.AWAITING_PROVIDER


def test_a_withdrawn_entry_ends_its_grants_and_requests(town: SharingTown) -> None:
    made, asked, draft = town.granted(), town.agreed(), town.draft()
    catalog.entry_withdraw(actor=town.world.cataloguer, ref=town.entry.pk, reason="职责调整")
    catalog.entry_approve(actor=town.world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)
    made.refresh_from_db()
    assert made.status == GrantStatus.ENDED
    assert ShareRequest.objects.get(pk=asked.pk).status == RequestStatus.WITHDRAWN
    assert ShareRequest.objects.get(pk=draft.pk).status == RequestStatus.DRAFT
    assert not Task.objects.filter(subject_label="sharing.sharerequest", closed_at=None).exists()
