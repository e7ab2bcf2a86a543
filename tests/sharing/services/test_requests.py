"""The way of a request: the whole flow, its clocks, its refusals."""

from datetime import date
from typing import Any

import pytest

from accounts.models import Region
from audit.models import AuditEvent
from collection.models import Dataset, DatasetGroupObjectPermission
from collection.services import dataset_retire
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation, StaleEdit
from core.testing import clock_at
from sharing.choices import EndReason, GrantStatus, RequestAction, RequestStatus
from sharing.exceptions import OwnRequest
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.selectors import request as reading
from sharing.selectors.request import request_get_for, request_list_for, requests_waiting
from sharing.services import answer, delivery, dispute, drafting, filing, step
from sharing.transitions import REQUEST
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.accounts import DepartmentFactory, InformationSystemFactory, RegionFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, town_of
from tests.sharing.requests import clock_of, codes, open_tasks, status_of
from tests.unchanged import database_digest
from workflow.models import OutboxMessage


def test_a_conditional_request_goes_from_draft_to_data(town: SharingTown) -> None:
    request = town.draft()
    assert request.number is None
    filing.request_submit(actor=town.asker, request_id=request.pk)
    assert open_tasks(request) == [(step.TASK_AGREE, "head")]
    filing.request_agree(actor=town.asker_head, request_id=request.pk, opinion="同意")
    assert status_of(request) == RequestStatus.AWAITING_PROVIDER
    assert open_tasks(request) == [(step.TASK_ANSWER, "head")]
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    assert status_of(request) == RequestStatus.AGREED
    assert open_tasks(request) == [(step.TASK_CONFIRM, "cataloguer")]
    grant = Grant.objects.get(request=request)
    assert grant.masks == {town.items("XM")[0]: "name", town.items("SFZH")[0]: "id_number"}
    assert DatasetGroupObjectPermission.objects.filter(group=town.world.other.group).count() == 1
    delivery.delivery_confirm(actor=town.asker, request_id=request.pk)
    assert status_of(request) == RequestStatus.DELIVERED
    assert open_tasks(request) == []
    actions = RequestStep.objects.filter(request=request).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["submit", "agree", "approve", "deliver", "confirm"]
    trail = AuditEvent.objects.filter(action__startswith="sharing.request").order_by("pk")
    assert [one.action.rpartition(".")[2] for one in trail] == ["create", *actions]
    assert trail.get(action="sharing.request.agree").basis == "政务数据共享条例 第二十条"
    assert OutboxMessage.objects.filter(event=step.STEP_EVENT).count() == 4  # the delivery is told with the agreement


@pytest.mark.parametrize(
    ("received", "one", "ten", "twenty"),
    [
        ("2025-09-26", "2025-09-28", "2025-10-16", "2025-10-30"),
        ("2026-02-13", "2026-02-14", "2026-03-05", "2026-03-19"),
        ("2026-04-30", "2026-05-06", "2026-05-18", "2026-06-01"),
        ("2026-09-18", "2026-09-20", "2026-10-09", "2026-10-22"),
    ],
)
def test_times_end_on_the_days_of_the_working_day_calendar(
    world: CatalogWorld, received: str, one: str, ten: str, twenty: str
) -> None:
    with clock_at(f"{received} 10:00"):
        town = town_of(world)
        request = town.agreed()
        assert str(clock_of(request, "reply_conditional").due_on) == ten
        answer.request_approve(actor=world.head, request_id=request.pk)
        assert str(clock_of(request, "delivery").due_on) == twenty
        free = town_of(world, name="公共就业服务机构", sharing="unconditional", sharing_scope="", sharing_purpose="")
        at_once = free.agreed(items=free.items("DXBH"))
        assert str(clock_of(at_once, "reply_unconditional").due_on) == one
        assert clock_of(at_once, "reply_unconditional").state == "finished"


def test_unconditional_data_are_granted_at_once(world: CatalogWorld) -> None:
    town = town_of(world, sharing="unconditional", sharing_scope="", sharing_purpose="")
    request = town.agreed(items=town.items("DXBH", "YBZJE"))
    assert status_of(request) == RequestStatus.AGREED
    assert request.grants.get().items == town.items("DXBH", "YBZJE")
    assert request.attribute == "unconditional"


def test_an_item_that_is_stricter_than_its_entry_decides_the_way(world: CatalogWorld) -> None:
    items = [{"name": "编号", "field_name": "BH", "type": "C", "is_key": True}]
    items.append(
        {"name": "备注", "field_name": "BZ", "type": "C", "sharing": "conditional", "sharing_condition": "核验"}
    )
    entry = world.published(
        items=items, sharing="unconditional", sharing_scope="", sharing_purpose="", sharing_note="备注按条件共享"
    )  # fmt: skip
    town = town_of(world, name="另一目录")
    town.entry = entry
    request = town.agreed(items=town.items("BZ"), dataset=None)
    assert request.attribute == "conditional"
    assert status_of(request) == RequestStatus.AWAITING_PROVIDER


def test_the_form_check_comes_before_the_provider_and_does_not_eat_its_time(town: SharingTown) -> None:
    town.check_conditional()
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        assert status_of(request) == RequestStatus.AWAITING_CHECK
        assert open_tasks(request) == [(step.TASK_CHECK, "reviewer")]
        assert request.received_at is None
        now.move_to("2026-09-20 09:00")
        filing.request_pass(actor=town.world.reviewer, request_id=request.pk)
        reply = clock_of(request, "reply_conditional")
        assert str(reply.started_on) == "2026-09-20"


def test_the_authority_may_send_it_back_with_comments_on_fields(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    with pytest.raises(RuleViolation) as refused:
        filing.request_return(
            actor=town.world.reviewer, request_id=request.pk, comments=[{"field": "nonsense", "text": "?"}]
        )
    assert codes(refused) == {("comments[0].field", "unknown")}
    filing.request_return(
        actor=town.world.reviewer, request_id=request.pk, comments=[{"field": "scenario", "text": "写明事项"}]
    )
    assert status_of(request) == RequestStatus.RETURNED
    assert open_tasks(request) == [(step.TASK_CORRECT, "cataloguer")]
    others = (town.world.head, town.world.cataloguer, town.world.reviewer, town.world.auditor)
    for who in others:
        assert not request_list_for(who).filter(pk=request.pk).exists()
        with pytest.raises(NotVisible):
            request_get_for(who, request.pk)
    filing.request_withdraw(actor=town.asker_head, request_id=request.pk)
    assert not any(request_list_for(who).filter(pk=request.pk).exists() for who in others)


def test_what_was_returned_is_seen_by_others_once_it_is_filed_anew(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    filing.request_return(actor=town.world.reviewer, request_id=request.pk, opinion="写明事项")
    number = ShareRequest.objects.get(pk=request.pk).number
    drafting.request_edit(actor=town.asker, request_id=request.pk, fields={"scenario": "核验就业援助资格"})
    filing.request_submit(actor=town.asker, request_id=request.pk)
    assert ShareRequest.objects.get(pk=request.pk).number == number
    assert not request_list_for(town.world.reviewer).filter(pk=request.pk).exists()
    filing.request_agree(actor=town.asker_head, request_id=request.pk)
    assert request_list_for(town.world.reviewer).filter(pk=request.pk).exists()


def test_rows_that_were_returned_before_are_seen_by_nobody_else_either(town: SharingTown) -> None:
    request = town.agreed()
    ShareRequest.objects.filter(pk=request.pk).update(status=RequestStatus.RETURNED)
    assert not request_list_for(town.world.head).filter(pk=request.pk).exists()
    assert request_list_for(town.asker).filter(pk=request.pk).exists()


@pytest.mark.parametrize("status", [RequestStatus.DRAFT, RequestStatus.RETURNED])
def test_an_edited_request_stays_what_it_was(town: SharingTown, status: str) -> None:
    request = town.draft()
    ShareRequest.objects.filter(pk=request.pk).update(status=status)
    drafting.request_edit(actor=town.asker, request_id=request.pk, fields={"scenario": "改写"})
    assert status_of(request) == status == REQUEST.apply("edit", status).target


def test_a_part_may_be_given_with_fewer_items_fewer_rows_and_stronger_masks(town: SharingTown) -> None:
    request = town.agreed()
    with pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=request.pk, items=["XM"])
    assert codes(refused) == {("opinion", "required")}
    answer.request_approve(
        actor=town.world.head,
        request_id=request.pk,
        opinion="只提供核验所需",
        items=["DXBH", "XM", "NRRQ"],
        row_filter=[{"item": "NRRQ", "operator": "gte", "values": ["2026-02-01"]}],
        masks={"XM": "text", "NRRQ": "month"},
        methods=["api"],
        until=date(2027, 3, 31),
    )
    grant = Grant.objects.get(request=request)
    assert grant.items == town.items("DXBH", "XM", "NRRQ")
    assert grant.row_filter == [
        {"item": town.items("NRRQ")[0], "operator": "gte", "values": ["2026-02-01"], "type": "D"}
    ]
    assert grant.masks == {town.items("XM")[0]: "text", town.items("NRRQ")[0]: "month"}
    assert grant.methods == ["api"]
    assert str(grant.valid_to) == "2027-03-31 16:00:00+00:00"
    steps = RequestStep.objects.filter(request=request, action=RequestAction.APPROVE_PART)
    assert steps.get().detail["items_asked"] == 5


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"items": []}, ("items", "required")),
        ({"items": ["XM"]}, ("items", "not_asked")),
        ({"items": ["没有"]}, ("items", "unknown_item")),
        ({"methods": ["exchange"]}, ("methods", "not_asked")),
        ({"until": date(2028, 1, 1)}, ("until", "period")),
        ({"masks": {"DXBH": "month"}}, ("masks[DXBH]", "type")),
        ({"masks": {"DXBH": "band"}}, ("masks[DXBH]", "type")),
        ({"masks": {"DXBH": "none", "XM": "text"}}, ("masks[XM]", "not_granted")),
        (
            {"row_filter": [{"item": "NRRQ", "operator": "gte", "values": ["今天"]}]},
            ("row_filter[0].values", "bad_value"),
        ),
        (
            {"row_filter": [{"item": "YBZJE", "operator": "in", "values": ["1", "0." + "1" * 990 + "e-99999"]}]},
            ("row_filter[0].values", "bad_value"),
        ),
        (
            {"row_filter": [{"item": "NRRQ", "operator": "like", "values": ["x"]}]},
            ("row_filter[0].operator", "unknown"),
        ),
    ],
)
def test_no_more_is_given_than_was_asked_for(town: SharingTown, given: dict[str, Any], error: tuple[str, str]) -> None:
    request = town.agreed(items=town.items("DXBH", "NRRQ"))
    before = database_digest()
    with pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", **given)
    assert error in codes(refused)
    assert database_digest() == before


def test_a_refusal_needs_reasons_and_can_be_disputed_once(town: SharingTown) -> None:
    request = town.agreed()
    with pytest.raises(RuleViolation):
        answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion=" ")
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="用途与共享范围不符")
    assert not Grant.objects.exists()
    page = f"/sharing/requests/{request.pk}/"
    assert "The requester may take the answer to the data authority." in text_of(get(town.asker_head, page))
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于共享范围内的救助部门")
    assert status_of(request) == RequestStatus.DISPUTED
    assert open_tasks(request) == [(step.TASK_SETTLE, "reviewer"), (step.TASK_RESPOND, "head")]
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=False, opinion="维持答复"
    )  # fmt: skip
    assert status_of(request) == RequestStatus.REFUSED
    with pytest.raises(InvalidTransition):
        dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="仍有异议")
    settled = text_of(get(town.asker_head, page))
    assert "Beyond that the authority's people's government decides." in settled
    assert "may take the answer" not in settled


def test_a_settlement_may_give_what_was_refused(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="不符")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于共享范围")
    dispute.request_settle(
        actor=town.world.reviewer,
        request_id=request.pk,
        is_granted=True,
        without_provider=True,
        opinion="应当共享核验所需的数据项",
        items=["DXBH", "XM"],
    )
    assert status_of(request) == RequestStatus.AGREED
    assert Grant.objects.get(request=request).items == town.items("DXBH", "XM")


def test_a_settlement_replaces_the_part_that_was_given(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=request.pk, opinion="部分", items=["DXBH"])
    first = Grant.objects.get()
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺少姓名")
    assert Grant.objects.live(first.valid_from).filter(pk=first.pk).exists()
    dispute.request_settle(
        actor=town.world.reviewer, request_id=request.pk, is_granted=True, opinion="一并提供", without_provider=True
    )
    first.refresh_from_db()
    assert (first.status, first.end_reason) == (GrantStatus.ENDED, EndReason.SETTLED)
    assert Grant.objects.get(status=GrantStatus.ACTIVE).items == town.items()


def test_a_dispute_across_regions_goes_to_the_common_superior(town: SharingTown) -> None:
    province = Region.objects.get(code=f"{town.world.provider.region.code[:2]}0000")
    superior = DepartmentFactory(region=province, authority=True)
    reviewer = actor_of(UserFactory(department=superior, roles=["reviewer"]))
    other_city = RegionFactory(code=f"{province.code[:2]}9600", parent=province)
    away = DepartmentFactory(region=other_city)
    people = {role: actor_of(UserFactory(department=away, roles=[role])) for role in ("cataloguer", "head")}
    system = InformationSystemFactory(department=away)
    request = drafting.request_create(
        actor=people["cataloguer"], entry_ref=town.entry.pk, fields=town.fields(systems=[system.pk])
    )
    filing.request_submit(actor=people["cataloguer"], request_id=request.pk)
    filing.request_agree(actor=people["head"], request_id=request.pk)
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="不符")
    dispute.request_dispute(actor=people["head"], request_id=request.pk, reason="属于范围")
    assert ShareRequest.objects.get(pk=request.pk).authority == superior
    with pytest.raises(NotAllowed):
        dispute.request_settle(actor=town.world.reviewer, request_id=request.pk, is_granted=False, opinion="维持")
    dispute.request_settle(actor=reviewer, request_id=request.pk, is_granted=False, opinion="维持")


def test_withheld_data_are_decided_on_by_the_authority_with_the_providers_opinion(world: CatalogWorld) -> None:
    law = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}
    town = town_of(
        world, sharing="withheld", sharing_reason="法律规定", legal_basis=[law], sharing_scope="", sharing_purpose=""
    )  # fmt: skip
    request = town.agreed()
    assert status_of(request) == RequestStatus.AWAITING_AUTHORITY
    assert set(open_tasks(request)) == {(step.TASK_DECIDE, "reviewer"), (step.TASK_ADVISE, "head")}
    assert requests_waiting(world.head).filter(pk=request.pk).exists()
    answer.request_advise(actor=world.head, request_id=request.pk, opinion="建议只提供编号")
    assert not requests_waiting(world.head).exists()
    with pytest.raises(InvalidTransition):
        answer.request_advise(actor=world.head, request_id=request.pk, opinion="再补一句")
    with pytest.raises(NotAllowed):
        answer.request_approve(actor=world.head, request_id=request.pk)
    answer.request_approve(actor=world.reviewer, request_id=request.pk, opinion="同意提供编号", items=["DXBH"])
    assert Grant.objects.get(request=request).items == town.items("DXBH")


def test_what_is_not_hooked_yet_is_delivered_later(town: SharingTown) -> None:
    request = town.approved(dataset=None)
    assert not request.grants.exists()
    assert open_tasks(request) == [(step.TASK_DELIVER, "cataloguer")]
    assert clock_of(request, "delivery").state == "running"
    with pytest.raises(NotAllowed):
        delivery.request_deliver(actor=town.asker, request_id=request.pk, dataset_id=town.dataset.pk)
    delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)
    assert request.grants.get().dataset == town.dataset
    assert clock_of(request, "delivery").state == "finished"
    with pytest.raises(RuleViolation):
        delivery.request_deliver(actor=town.world.cataloguer, request_id=request.pk, dataset_id=town.dataset.pk)


def test_the_first_pull_confirms_the_delivery(town: SharingTown) -> None:
    grant = town.granted()
    assert grant.request is not None
    for _again in range(2):
        read = client_of(town.asker).get(f"/api/v1/datasets/{town.dataset.pk}/rows/", {"grant": grant.pk, "limit": 1})
        assert read.status_code == 200
    assert status_of(grant.request) == RequestStatus.DELIVERED
    assert RequestStep.objects.filter(request=grant.request, action=RequestAction.CONFIRM).count() == 1


def test_a_draft_may_be_incomplete_but_names_each_value_that_does_not_fit(town: SharingTown) -> None:
    request = drafting.request_create(actor=town.asker, entry_ref=town.entry.pk)
    assert request.dataset == town.dataset
    with pytest.raises(RuleViolation) as refused:
        filing.request_submit(actor=town.asker, request_id=request.pk)
    assert {field for field, _code in codes(refused)} == {
        "legal_basis", "scenario", "frequency", "methods", "systems", "contact_name", "contact_phone", "items",
        "valid_until",
    }  # fmt: skip
    before = database_digest()
    with pytest.raises(RuleViolation) as refused:
        drafting.request_edit(
            actor=town.asker,
            request_id=request.pk,
            fields={
                "items": ["没有这项"],
                "methods": ["fax"],
                "valid_until": "明年",
                "legal_basis": [{"document": "某法", "article": "第一条"}],
                "systems": [0],
                "frequency": "sometimes",
                "colour": "red",
                "dataset": 999,
            },
        )
    assert {field for field, _code in codes(refused)} == {
        "items", "methods", "valid_until", "legal_basis", "systems", "frequency", "colour", "dataset",
    }  # fmt: skip
    assert database_digest() == before


def test_rows_are_narrowed_by_declared_items_only(town: SharingTown) -> None:
    request = town.draft(row_filter=[{"item": "XM", "operator": "eq", "values": ["王小明"]}])
    with pytest.raises(RuleViolation) as refused:
        filing.request_submit(actor=town.asker, request_id=request.pk)
    assert codes(refused) == {("row_filter", "not_declared")}


def test_a_grant_has_an_end_within_what_the_region_allows(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00"):
        for until, code in ((None, "required"), (date(2026, 11, 26), "past"), (date(2040, 1, 1), "too_long")):
            request = town.draft(valid_until=until)
            with pytest.raises(RuleViolation) as refused:
                filing.request_submit(actor=town.asker, request_id=request.pk)
            assert codes(refused) == {("valid_until", code)}


def test_nobody_agrees_to_what_he_submitted_or_answers_for_another(town: SharingTown) -> None:
    both = actor_of(UserFactory(department=town.world.other, roles=["cataloguer", "head"]))
    mine = drafting.request_create(actor=both, entry_ref=town.entry.pk, fields=town.fields())
    filing.request_submit(actor=both, request_id=mine.pk)
    with pytest.raises(OwnRequest):
        filing.request_agree(actor=both, request_id=mine.pk)
    request = town.agreed()
    before = database_digest()
    for who in (town.asker, town.asker_head, town.world.cataloguer, town.world.reviewer, town.world.auditor):
        with pytest.raises(NotAllowed):
            answer.request_approve(actor=who, request_id=request.pk)
        with pytest.raises(NotAllowed):
            answer.request_refuse(actor=who, request_id=request.pk, opinion="不同意")
    for who in (town.world.colleague, town.world.sysadmin, town.world.secadmin):
        with pytest.raises(NotVisible):
            answer.request_approve(actor=who, request_id=request.pk)
    assert database_digest() == before


def test_before_the_own_head_agreed_nobody_else_knows_of_it(town: SharingTown) -> None:
    request = town.submitted()
    for who in (town.world.head, town.world.reviewer, town.world.auditor, town.world.cataloguer):
        with pytest.raises(NotVisible):
            reading.request_get_for(who, request.pk)
    filing.request_agree(actor=town.asker_head, request_id=request.pk)
    for who in (town.world.head, town.world.reviewer, town.world.auditor, town.world.cataloguer):
        assert reading.request_get_for(who, request.pk) == request
    with pytest.raises(NotVisible):
        reading.request_get_for(town.world.secadmin, request.pk)


def test_a_department_asks_for_nothing_of_its_own(town: SharingTown) -> None:
    with pytest.raises(NotAllowed):
        drafting.request_create(actor=town.world.cataloguer, entry_ref=town.entry.pk)
    with pytest.raises(NotAllowed):
        drafting.request_create(actor=town.world.other_head, entry_ref=town.entry.pk)
    with pytest.raises(NotVisible):
        drafting.request_create(actor=town.asker, entry_ref=town.world.entry(name="草稿").pk)


def test_a_decision_holds_for_what_was_read(town: SharingTown) -> None:
    request = town.submitted()
    with pytest.raises(StaleEdit):
        filing.request_agree(actor=town.asker_head, request_id=request.pk, edit_version=request.edit_version - 1)
    filing.request_recall(actor=town.asker, request_id=request.pk)
    assert status_of(request) == RequestStatus.DRAFT
    assert open_tasks(request) == []


def test_it_is_withdrawn_until_data_were_granted(town: SharingTown) -> None:
    request = town.agreed()
    filing.request_withdraw(actor=town.asker, request_id=request.pk, reason="不再需要")
    assert status_of(request) == RequestStatus.WITHDRAWN
    assert clock_of(request, "reply_conditional").state == "cancelled"
    done = town.approved()
    with pytest.raises(InvalidTransition):
        filing.request_withdraw(actor=town.asker, request_id=done.pk)


def test_an_answer_that_comes_after_the_time_asked_for_grants_nothing(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        request = town.agreed(valid_until=date(2026, 11, 30))
        now.move_to("2026-12-02 10:00")
        before = database_digest()
        with pytest.raises(RuleViolation):
            answer.request_approve(actor=town.world.head, request_id=request.pk)
        assert database_digest() == before


def test_receipts_count_per_region_and_year(town: SharingTown) -> None:
    code = town.world.provider.region.code
    with clock_at("2026-11-26 10:00"):
        assert [town.submitted().number for _one in range(2)] == [f"{code}-2026-00001", f"{code}-2026-00002"]
    with clock_at("2027-01-04 10:00"):
        assert town.submitted().number == f"{code}-2027-00001"


def test_a_basket_makes_one_request_for_each_entry(town: SharingTown) -> None:
    second = town.world.published(name="临时救助对象")
    made = drafting.requests_create(actor=town.asker, entry_refs=[str(town.entry.pk), str(second.pk), str(second.pk)])
    assert len(made) == 2
    assert len({one.basket for one in made}) == 1
    drafting.request_discard(actor=town.asker, request_id=made[1].pk)
    assert not ShareRequest.objects.filter(pk=made[1].pk).exists()


def test_data_that_an_agreement_waits_for_are_not_unhooked(town: SharingTown) -> None:
    Dataset.objects.filter(pk=town.dataset.pk).update(published_version=None)
    request, unhook = town.approved(), {"dataset_id": town.dataset.pk, "reason": "并入"}
    assert not request.grants.exists()
    with pytest.raises(InvalidTransition, match="1 agreed request waits for these data"):
        dataset_retire(actor=town.world.cataloguer, **unhook)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="迟未提供")
    with pytest.raises(InvalidTransition, match="1 agreed request waits for these data"):
        dataset_retire(actor=town.world.cataloguer, **unhook)
    for _of_the_dispute_and_the_request in range(2):
        filing.request_withdraw(actor=town.asker_head, request_id=request.pk)
    assert dataset_retire(actor=town.world.cataloguer, **unhook).is_retired
