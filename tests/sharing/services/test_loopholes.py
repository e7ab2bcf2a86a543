"""Ways by which more could be had than was decided, or by which a request could get stuck."""

from datetime import date, timedelta
from typing import Any

import pytest

from collection import services as collecting
from collection.choices import DatasetKind
from collection.models import Dataset
from collection.readers.changes import Resync
from core import clock
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus, RequestKind, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.selectors.reading import require_same_edition
from sharing.services import answer, delivery, dispute, drafting, filing, grant, material, terms
from tests.collection.worker import work
from tests.factories.accounts import InformationSystemFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown
from workflow.models import Clock

FREE: dict[str, Any] = {
    "sharing": "unconditional",
    "sharing_scope": "",
    "sharing_purpose": "",
    "sharing_note": "部分数据项按条件共享",
    "items": [
        {"name": "编号", "field_name": "DXBH", "type": "C", "is_key": True, "nullable": False},
        {"name": "等级", "field_name": "DJ", "type": "C", "sharing": "conditional", "sharing_condition": "核验"},
    ],
}


def free_town(world: CatalogWorld, **fields: Any) -> SharingTown:
    entry = world.published(name="机构名录", **{**FREE, **fields})
    dataset = collecting.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="机构")
    content = "DXBH,DJ\n01,一\n02,二\n".encode()
    work(collecting.run_upload(actor=world.cataloguer, dataset_id=dataset.pk, pieces=[content], file_name="a.csv"))
    dataset.refresh_from_db()
    return SharingTown(world, entry, dataset, InformationSystemFactory(department=world.other))


def state_of(request: ShareRequest) -> str:
    return ShareRequest.objects.get(pk=request.pk).status


def test_rows_chosen_by_a_stricter_item_make_the_request_as_strict(world: CatalogWorld) -> None:
    town = free_town(world)
    chosen = [{"item": "DJ", "operator": "eq", "values": ["一"]}]
    request = town.agreed(items=town.items("DXBH"), row_filter=chosen)
    assert request.attribute == "conditional"
    assert state_of(request) == RequestStatus.AWAITING_PROVIDER


def test_a_file_is_given_whole_or_not_at_all(town: SharingTown) -> None:
    request = town.approved(dataset=None, items=town.items("DXBH"))
    Dataset.objects.filter(pk=town.dataset.pk).update(kind=DatasetKind.FILES)
    with pytest.raises(RuleViolation) as refused:
        delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)
    assert refused.value.errors[0].code == "files_are_whole"
    assert not Grant.objects.exists()


def test_files_of_an_entry_with_a_stricter_item_are_not_taken_on_the_spot(world: CatalogWorld) -> None:
    town = free_town(world)
    Dataset.objects.filter(pk=town.dataset.pk).update(kind=DatasetKind.FILES)
    terms.terms_accept(actor=town.asker_head, number=1)
    with pytest.raises(NotAllowed):
        _take(town)


def _take(town: SharingTown) -> Grant:
    return terms.grant_take(
        actor=town.asker,
        dataset_id=town.dataset.pk,
        purpose="公示",
        until=clock.today() + timedelta(days=30),
        systems=[town.system.pk],
    )


def test_who_is_suspended_takes_nothing_by_itself(world: CatalogWorld) -> None:
    town = free_town(world)
    terms.terms_accept(actor=town.asker_head, number=1)
    made = _take(town)
    grant.grant_suspend(actor=world.head, grant_id=made.pk, reason="核查")
    with pytest.raises(NotAllowed):
        _take(town)
    request = town.agreed(items=town.items("DXBH"))
    assert state_of(request) == RequestStatus.AWAITING_AUTHORITY
    assert Grant.objects.count() == 1


def _renewed(town: SharingTown) -> tuple[Grant, Grant]:
    first = town.granted(valid_until=date(2027, 3, 31))
    renewal = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    drafting.request_edit(actor=town.asker, request_id=renewal.pk, fields={"valid_until": "2027-12-31"})
    filing.request_submit(actor=town.asker, request_id=renewal.pk)
    filing.request_agree(actor=town.asker_head, request_id=renewal.pk)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    return first, Grant.objects.get(request=renewal)


def test_what_stops_a_grant_stops_its_renewal(town: SharingTown) -> None:
    first, second = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="核查")
    second.refresh_from_db()
    assert second.status == GrantStatus.SUSPENDED
    grant.grant_resume(actor=town.world.head, grant_id=first.pk)
    second.refresh_from_db()
    assert second.status == GrantStatus.ACTIVE
    grant.grant_end(actor=town.world.head, grant_id=first.pk, reason=EndReason.MISUSE, note="向第三方提供")
    second.refresh_from_db()
    assert (second.status, second.end_reason) == (GrantStatus.ENDED, EndReason.MISUSE)


def test_a_copy_made_under_another_grant_begins_anew(town: SharingTown) -> None:
    made = town.granted()
    with pytest.raises(Resync):
        require_same_edition(town.asker, made, 1)
    require_same_edition(town.asker, made, 0)


def test_a_dispute_about_what_was_not_delivered_yet_can_be_settled(town: SharingTown) -> None:
    request = town.agreed(dataset=None)
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["DXBH"])
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )
    assert state_of(request) == RequestStatus.AGREED
    delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)
    assert request.grants.get().items == town.items()
    states = Clock.objects.filter(policy_key="delivery").order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "finished"]  # each answer has its own time


def test_a_dispute_can_be_taken_back(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["DXBH"])
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    filing.request_withdraw(actor=town.asker_head, request_id=request.pk)
    assert state_of(request) == RequestStatus.AGREED
    delivery.delivery_confirm(actor=town.asker, request_id=request.pk)
    assert state_of(request) == RequestStatus.DELIVERED


def test_what_was_recalled_can_be_withdrawn_and_a_mere_draft_cannot(town: SharingTown) -> None:
    request = town.submitted()
    filing.request_recall(actor=town.asker, request_id=request.pk)
    with pytest.raises(InvalidTransition):
        drafting.request_discard(actor=town.asker, request_id=request.pk)
    filing.request_withdraw(actor=town.asker, request_id=request.pk)
    assert state_of(request) == RequestStatus.WITHDRAWN
    with pytest.raises(InvalidTransition):
        filing.request_withdraw(actor=town.asker, request_id=town.draft().pk)


def test_asking_for_material_hides_no_lateness_and_gives_no_second_extension(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        late, request = town.agreed(valid_until=date(2027, 6, 30)), town.agreed(valid_until=date(2027, 6, 30))
        answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=5, reason="核对口径")
        answer.request_extend(actor=town.world.reviewer, request_id=request.pk, is_agreed=False, opinion="不必")
        with pytest.raises(InvalidTransition):
            answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=5, reason="再请")
        material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="职责依据")
        material.request_supplement(actor=town.asker, request_id=request.pk, text="已补")
        with pytest.raises(InvalidTransition):
            answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=5, reason="再请")
        now.move_to("2026-10-10 09:00")
        with pytest.raises(InvalidTransition) as refused:
            material.request_ask_material(actor=town.world.head, request_id=late.pk, missing="职责依据")
        assert refused.value.code == "clock_overdue"


def test_nobody_checks_or_settles_for_the_authority_what_he_asked_for_himself(town: SharingTown) -> None:
    town.check_conditional()
    authority = town.world.authority
    both = actor_of(UserFactory(department=authority, roles=["cataloguer", "reviewer"]))
    head = actor_of(UserFactory(department=authority, roles=["head"]))
    system = InformationSystemFactory(department=authority)
    request = drafting.request_create(
        actor=both, entry_ref=town.entry.pk, fields=town.fields(systems=[system.pk], items=["DXBH"])
    )
    filing.request_submit(actor=both, request_id=request.pk)
    filing.request_agree(actor=head, request_id=request.pk)
    with pytest.raises(NotAllowed):
        filing.request_pass(actor=both, request_id=request.pk)
    filing.request_pass(actor=town.world.reviewer, request_id=request.pk)
    assert state_of(request) == RequestStatus.AWAITING_PROVIDER


def test_a_change_of_use_that_begins_later_leaves_no_gap(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    change = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.CHANGE)
    begins = (clock.today() + timedelta(days=14)).isoformat()
    drafting.request_edit(
        actor=town.asker, request_id=change.pk, fields={"valid_from": begins, "valid_until": "2027-12-31"}
    )
    filing.request_submit(actor=town.asker, request_id=change.pk)
    filing.request_agree(actor=town.asker_head, request_id=change.pk)
    answer.request_approve(actor=town.world.head, request_id=change.pk)
    first.refresh_from_db()
    second = Grant.objects.get(request=change)
    assert first.status == GrantStatus.ACTIVE
    assert first.valid_to == second.valid_from
