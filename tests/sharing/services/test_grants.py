"""The life of a grant, the right beside it, and what both follow."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import translation
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Department, User
from audit.models import AuditEvent
from catalog import services as catalog
from catalog.models import Entry
from catalog.services.succession import entries_take_over
from collection import services as collecting
from collection.models import DatasetGroupObjectPermission
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from sharing import policies
from sharing.choices import EndReason, GrantStatus, RequestAction, RequestStatus
from sharing.models import Client, Grant, GrantStep, RequestStep, RightsCheck, ShareRequest, WebhookEndpoint
from sharing.selectors.grant import grant_get_for, live_grants
from sharing.selectors.reading import is_still_readable
from sharing.services import (
    answer,
    disposal,
    following,
    grant,
    objection,
    restoring,
    right,
    stopping,
    telling,
    terms,
    usage,
    webhook,
)
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.worker import work
from tests.factories.accounts import DepartmentFactory, InformationSystemFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make, listed, pulled
from tests.unchanged import database_digest, nothing_changes
from workflow.models import Clock, Notification, OutboxMessage, Task

CLOCK = system_actor(policies.CLOCK_JOB)


def holds_right(town: SharingTown) -> bool:
    held = DatasetGroupObjectPermission.objects.filter(content_object=town.dataset, group=town.world.other.group)
    return held.exists()


def is_live(one: Grant) -> bool:
    return live_grants().filter(pk=one.pk).exists()


def test_a_suspended_grant_gives_nothing_until_it_is_resumed(town: SharingTown) -> None:
    made = town.granted()
    assert is_live(made)
    with pytest.raises(RuleViolation):
        grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="")
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="核查异常调用")
    assert not is_live(made)
    assert not holds_right(town)
    assert not is_still_readable(town.asker, made)
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.asker_head, grant_id=made.pk)
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.secadmin, grant_id=made.pk)
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    assert is_live(made)
    assert holds_right(town)
    assert list(GrantStep.objects.filter(grant=made).values_list("action", flat=True)) == [
        "create",
        "suspend",
        "resume",
    ]


def test_a_grant_is_resumed_by_the_side_that_suspended_it_not_by_its_department(town: SharingTown) -> None:
    made = town.granted()
    secadmin = replace(town.world.secadmin, department_id=town.world.provider.pk)
    grant.grant_suspend(actor=secadmin, grant_id=made.pk, reason="异常调用")
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    grant.grant_resume(actor=secadmin, grant_id=made.pk)
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="核查")
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=secadmin, grant_id=made.pk)
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.secadmin, grant_id=made.pk)
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    made.refresh_from_db()
    assert made.status == GrantStatus.ACTIVE


def test_security_and_authority_may_suspend_and_nobody_else(town: SharingTown) -> None:
    made = town.granted()
    before = database_digest()
    for who in (town.asker, town.asker_head, town.world.cataloguer, town.world.auditor):
        with pytest.raises(NotAllowed):
            grant.grant_suspend(actor=who, grant_id=made.pk, reason="试试")
    for who in (town.world.colleague, town.world.sysadmin):
        with pytest.raises(NotVisible):
            grant.grant_suspend(actor=who, grant_id=made.pk, reason="试试")
    assert database_digest() == before
    grant.grant_suspend(actor=town.world.secadmin, grant_id=made.pk, reason="疑似泄露")
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="责令整改")


def test_it_expires_to_the_instant_by_itself(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        made = town.granted(valid_until=date(2026, 12, 31))
        now.move_to("2026-12-31 23:59:59.999999")
        assert is_live(made)
        now.move_to("2027-01-01 00:00:00")
        assert not is_live(made)
        assert telling.grants_keep(actor=CLOCK) == 1
        assert telling.grants_keep(actor=CLOCK) == 0
        made.refresh_from_db()
        assert made.status == GrantStatus.EXPIRED
        assert made.ended_at == made.valid_to
        assert not holds_right(town)


def test_two_grants_on_the_same_data_stay_apart_and_share_the_right(town: SharingTown) -> None:
    first, second = town.granted(), town.granted(items=town.items("DXBH"))
    assert first.hash_key != second.hash_key
    grant.grant_end(actor=town.asker_head, grant_id=first.pk, reason=EndReason.PURPOSE_MET)
    assert holds_right(town)
    assert is_live(second)
    grant.grant_end(actor=town.asker_head, grant_id=second.pk, reason=EndReason.NOT_NEEDED)
    assert not holds_right(town)


def test_a_right_without_a_grant_opens_nothing_nor_a_grant_without_its_right(town: SharingTown) -> None:
    made = town.granted()
    remove_perm(right.RIGHT, town.world.other.group, town.dataset)
    assert not is_live(made)
    assign_perm(right.RIGHT, town.world.other.group, town.dataset)
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    assign_perm(right.RIGHT, town.world.other.group, town.dataset)
    assert not is_live(made)


def test_the_nightly_check_tells_every_difference_and_mends_none(town: SharingTown) -> None:
    town.granted()
    assert right.rights_check(actor=CLOCK).differences == []
    stranger = DepartmentFactory()
    assign_perm(right.RIGHT, stranger.group, town.dataset)
    remove_perm(right.RIGHT, town.world.other.group, town.dataset)
    person = User.objects.get(pk=town.asker.id)
    UserObjectPermission.objects.assign_perm("pull_dataset", person, obj=town.dataset)
    stranger.group.permissions.add(Permission.objects.get(codename="pull_dataset"))
    check = right.rights_check(actor=CLOCK)
    assert [one["kind"] for one in check.differences] == ["surplus", "missing", "person", "everywhere"]
    assert OutboxMessage.objects.filter(event=right.DIFFERENCE_EVENT).count() == 1
    telling.rights_differ_tell(check_id=check.pk, key="1")
    assert Notification.objects.filter(kind="sharing.rights", user=town.world.secadmin.id).exists()
    with pytest.raises(NotAllowed):
        restoring.rights_restore(actor=town.world.sysadmin)
    restoring.rights_restore(actor=town.world.secadmin)
    assert right.rights_check(actor=CLOCK).differences == []
    assert holds_right(town)
    assert RightsCheck.objects.count() == 3


def test_misuse_is_described_and_the_disposal_confirmed(town: SharingTown) -> None:
    made = town.granted()
    with pytest.raises(RuleViolation):
        grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.MISUSE)
    with pytest.raises(NotAllowed):
        grant.grant_end(actor=town.asker, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    with pytest.raises(NotAllowed):
        grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    with pytest.raises(RuleViolation):
        grant.grant_end(actor=town.world.head, grant_id=made.pk, reason=EndReason.STOPPED)
    with pytest.raises(InvalidTransition):
        disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="已销毁")
    pulled(made, town.asker)
    grant.grant_end(
        actor=town.world.head, grant_id=made.pk, reason=EndReason.MISUSE, note="超范围使用", disposal_demand="彻底删除"
    )
    telling.grant_step_tell(grant_id=made.pk, action="end", by=None, key="1")
    assert Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).count() == 1
    disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="已于当日删除数据及备份")
    assert Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).count() == 0
    with pytest.raises(RuleViolation):
        disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="再次")


def test_a_running_service_is_stopped_once_both_had_time_to_speak(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        made = town.granted()
        with pytest.raises(NotAllowed):
            stopping.stop_announce(
                actor=town.world.cataloguer, grant_id=made.pk, reason="系统下线", stops_on=date(2026, 12, 31)
            )
        with pytest.raises(RuleViolation):
            stopping.stop_announce(
                actor=town.world.head, grant_id=made.pk, reason="", stops_on=date(2026, 11, 26)
            )  # fmt: skip
        stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="系统下线", stops_on=date(2026, 12, 31))
        kinds = set(Task.objects.filter(closed_at=None, subject_label="sharing.grant").values_list("kind", flat=True))
        assert kinds == {"sharing.grant.answer_stop", "sharing.grant.file_stop"}
        stopping.stop_answer(actor=town.asker_head, grant_id=made.pk, is_agreed=False, answer="每月仍需核验")
        with pytest.raises(InvalidTransition):
            stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        now.move_to("2026-12-31 09:00")
        with pytest.raises(NotAllowed):
            stopping.stop_file(actor=town.world.head, grant_id=made.pk, is_accepted=True)
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=True)
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
        made.refresh_from_db()
        assert (made.status, made.end_reason) == (GrantStatus.ENDED, EndReason.STOPPED)


def test_the_authority_may_object_to_a_stop(town: SharingTown) -> None:
    made = town.granted()
    day = clock.today() + timedelta(days=14)
    stopping.stop_announce(actor=town.world.head, grant_id=made.pk, reason="不愿提供", stops_on=day)
    with pytest.raises(RuleViolation):
        stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False)
    stopping.stop_file(actor=town.world.reviewer, grant_id=made.pk, is_accepted=False, note="无正当理由")
    with pytest.raises(InvalidTransition):
        stopping.stop_carry_out(actor=town.world.head, grant_id=made.pk)
    assert is_live(made)


# --- Data that are shared unconditionally -----------------------------------------------------------------------------


def free_town(world: CatalogWorld) -> SharingTown:
    items = [
        {"name": "机构编号", "field_name": "DXBH", "type": "C", "is_key": True, "nullable": False},
        {"name": "姓名", "field_name": "XM", "type": "C", "is_sensitive": True, "mask": "name"},
    ]
    entry = world.published(
        items=items, sharing="unconditional", sharing_scope="", sharing_purpose="", name="公共就业服务机构"
    )
    dataset = collecting.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="机构")
    content = "DXBH,XM\n01,王小明\n02,李四\n".encode()
    work(collecting.run_upload(actor=world.cataloguer, dataset_id=dataset.pk, pieces=[content], file_name="a.csv"))
    dataset.refresh_from_db()
    return SharingTown(world, entry, dataset, InformationSystemFactory(department=world.other))


def take(town: SharingTown, actor: Actor | None = None, **given: object) -> Grant:
    return terms.grant_take(
        **{
            "actor": actor or town.asker,
            "dataset_id": town.dataset.pk,
            "purpose": "展示服务机构",
            "until": clock.today() + timedelta(days=365),
            "systems": [town.system.pk],
        }
        | given  # type: ignore[arg-type]
    )


def test_who_accepted_the_terms_takes_free_data_on_the_spot(world: CatalogWorld) -> None:
    town = free_town(world)
    with pytest.raises(InvalidTransition) as refused:
        take(town)
    assert refused.value.code == "terms_not_accepted"
    with pytest.raises(NotAllowed):
        terms.terms_accept(actor=town.asker, number=1)
    with pytest.raises(InvalidTransition):
        terms.terms_accept(actor=town.asker_head, number=2)
    terms.terms_accept(actor=town.asker_head, number=1)
    terms.terms_accept(actor=town.asker_head, number=1)
    made = take(town)
    assert is_live(made)
    assert made.masks == {town.items("XM")[0]: "name"}
    terms.terms_publish(actor=world.reviewer, text="新条款")
    with pytest.raises(InvalidTransition):
        take(town)
    assert is_live(made)


def test_conditional_data_and_own_data_are_not_taken(town: SharingTown) -> None:
    terms.terms_accept(actor=town.asker_head, number=1)
    before = database_digest()
    with pytest.raises(NotAllowed):
        take(town)
    with pytest.raises(NotAllowed):
        take(town, actor=town.world.head)
    with pytest.raises(NotAllowed):
        take(town, actor=town.world.reviewer)
    assert database_digest() == before


def test_what_is_taken_needs_purpose_end_and_system(world: CatalogWorld) -> None:
    town = free_town(world)
    terms.terms_accept(actor=town.asker_head, number=1)
    with pytest.raises(RuleViolation) as refused:
        take(town, purpose=" ", until=clock.today(), systems=[10**6], methods=["fax"])
    assert [one.field for one in refused.value.errors] == ["purpose", "until", "systems", "methods"]


# --- What grants follow -----------------------------------------------------------------------------------------------


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


def test_what_was_taken_on_the_spot_ends_after_a_notice_once_a_request_is_needed(world: CatalogWorld) -> None:
    with clock_at("2026-09-18 10:00"):
        town = free_town(world)
        terms.terms_accept(actor=town.asker_head, number=1)
        made = take(town)
        fields = {"sharing": "conditional", "sharing_scope": "救助部门", "sharing_purpose": "核验"}
        world.republished(town.entry, **fields)
        made.refresh_from_db()
        assert is_live(made)
        assert str(made.valid_to.astimezone(clock.REGION_ZONE)) == "2026-10-10 00:00:00+08:00"


def test_what_somebody_decided_goes_on_once_a_request_is_needed(world: CatalogWorld) -> None:
    with clock_at("2026-09-18 10:00") as now:
        town = free_town(world)
        barred = town.agreed().grants.get()
        grant.grant_end(actor=town.world.head, grant_id=barred.pk, reason=EndReason.MISUSE, note="超范围使用")
        asked = town.agreed()
        usage.inspection_record(actor=town.world.head, grant_id=barred.pk, result="in_order", finding="已整改")
        now.advance(hours=1)
        answer.request_approve(actor=world.reviewer, request_id=asked.pk, opinion="整改到位", without_provider=True)
        decided, taken = Grant.objects.get(request=asked), town.agreed().grants.get()
        ends = decided.valid_to
        fields = {"sharing": "conditional", "sharing_scope": "救助部门", "sharing_purpose": "核验"}
        world.republished(town.entry, **fields)
        for one in (decided, taken):
            one.refresh_from_db()
        assert decided.valid_to == ends
        assert str(taken.valid_to.astimezone(clock.REGION_ZONE)) == "2026-10-10 00:00:00+08:00"
        shown = text_of(get(town.asker, f"/sharing/grants/{taken.pk}/"))
        assert "Ends on 2026-10-09" in shown
        assert "Adapted to the entry" not in shown


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


def test_grants_and_requests_of_a_merged_department_are_its_successors(town: SharingTown) -> None:
    made, asked = town.granted(), town.agreed()
    survivor = DepartmentFactory(region=town.world.provider.region)
    following.sharing_take_over(actor=town.world.sysadmin, merged=town.world.other, survivor=survivor)
    made.refresh_from_db()
    assert made.department == survivor
    assert not holds_right(town)
    assert DatasetGroupObjectPermission.objects.filter(group=survivor.group).exists()
    assert is_live(made)
    assert ShareRequest.objects.get(pk=asked.pk).department == survivor


def test_whoever_waits_hears_that_the_provider_was_merged(town: SharingTown) -> None:
    asked, draft = town.agreed(), town.submitted()
    merged, survivor = town.world.provider, DepartmentFactory(region=town.world.provider.region, name="市卫健委")
    entries_take_over(actor=town.world.sysadmin, merged=merged, survivor=survivor)
    [taken] = RequestStep.objects.filter(action=RequestAction.HAND_OVER)
    assert (taken.request_id, taken.opinion) == (asked.pk, f"{merged.name} → 市卫健委")
    assert not RequestStep.objects.filter(request=draft, action=RequestAction.HAND_OVER).exists()
    telling.request_step_tell(request_id=asked.pk, action="hand_over", by=None, key="1")
    told = set(Notification.objects.filter(dedupe_key__endswith=":1").values_list("user_id", flat=True))
    assert {town.asker.id, town.asker_head.id} <= told


def test_a_provider_hears_that_who_asked_was_merged(town: SharingTown) -> None:
    asked = town.agreed()
    survivor = DepartmentFactory(region=town.world.provider.region)
    following.sharing_take_over(actor=town.world.sysadmin, merged=town.world.other, survivor=survivor)
    telling.request_step_tell(request_id=asked.pk, action="hand_over", by=None, key="1")
    told = set(Notification.objects.filter(dedupe_key__endswith=":1").values_list("user_id", flat=True))
    assert town.world.head.id in told


def test_a_grant_on_what_becomes_the_departments_own_ends(town: SharingTown) -> None:
    made = town.granted()
    following.sharing_take_over(actor=town.world.sysadmin, merged=town.world.other, survivor=town.world.provider)
    made.refresh_from_db()
    assert made.status == GrantStatus.ENDED
    assert not DatasetGroupObjectPermission.objects.exists()


def test_requests_for_what_becomes_the_departments_own_end(town: SharingTown) -> None:
    draft, waiting, agreed = town.draft(), town.agreed(), town.agreed()
    answer.request_approve(actor=town.world.head, request_id=agreed.pk)
    Entry.objects.filter(pk=town.entry.pk).update(department=town.world.other)
    following.sharing_take_over(actor=town.world.sysadmin, merged=town.world.provider, survivor=town.world.other)
    states = dict(ShareRequest.objects.values_list("pk", "status"))
    assert states[draft.pk] == RequestStatus.DRAFT
    assert states[waiting.pk] == states[agreed.pk] == RequestStatus.WITHDRAWN
    assert not Task.objects.filter(subject_label="sharing.sharerequest", closed_at=None).exists()
    assert not Clock.objects.filter(subject_label="sharing.sharerequest", state__in=["running", "paused"]).exists()
    assert Grant.objects.get(request=agreed.pk).status == GrantStatus.ENDED


def refused_end(department: Department) -> list[str]:
    found = following.end_obstacles(department)
    return [str(one.message).split(".")[0].removeprefix("The department has ") for one in found]


def test_a_department_that_shares_does_not_end_without_a_successor(town: SharingTown) -> None:
    assert refused_end(town.world.other) == []
    town.granted()
    town.agreed()
    objection.objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="金额不符")
    both = ["open requests", "grants in force", "open correction requests"]
    assert refused_end(town.world.provider) == both
    client_make(town.world.other)
    listed("https://machine.example/")
    webhook.webhook_add(actor=town.asker, url="https://machine.example/hooks")
    addresses = "addresses that are told of new data"
    assert refused_end(town.world.other) == [*both, "machine clients in use", addresses]
    Client.objects.update(status="revoked")
    WebhookEndpoint.objects.update(removed_at=clock.now())
    assert refused_end(town.world.other) == both


def test_addresses_and_objections_of_a_merged_department_change_hands_on_record(town: SharingTown) -> None:
    survivor = DepartmentFactory(region=town.world.provider.region)
    listed("https://machine.example/")
    kept, _secret = webhook.webhook_add(actor=town.asker, url="https://machine.example/hooks")
    theirs = actor_of(UserFactory(department=survivor, roles=["head"]))
    webhook.webhook_add(actor=theirs, url="https://machine.example/known")
    twice, _secret = webhook.webhook_add(actor=town.asker, url="https://machine.example/known")
    one = objection.objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="金额不符")
    following.sharing_take_over(actor=town.world.sysadmin, merged=town.world.other, survivor=survivor)
    for row in (kept, twice, one):
        row.refresh_from_db()
        assert row.department == survivor
    assert kept.removed_at is None
    assert twice.removed_at is not None
    recorded = AuditEvent.objects.filter(action__in=["sharing.webhook.hand_over", "sharing.objection.hand_over"])
    assert sorted(recorded.values_list("object_pk", flat=True)) == sorted(str(row.pk) for row in (kept, twice, one))


def test_the_provider_demands_disposal_whoever_ends_the_grant_until_it_is_confirmed(town: SharingTown) -> None:
    made = town.granted()
    demand = disposal.disposal_demand
    for who in (town.asker_head, town.world.reviewer, town.world.cataloguer):
        with pytest.raises(NotAllowed):
            demand(actor=who, grant_id=made.pk, demand="删除")
    with pytest.raises(RuleViolation):
        demand(actor=town.world.head, grant_id=made.pk, demand=" ")
    demand(actor=town.world.head, grant_id=made.pk, demand="删除全部副本")
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason="purpose_met")
    made.refresh_from_db()
    assert made.disposal_demand == "删除全部副本"
    demand(actor=town.world.head, grant_id=made.pk, demand="删除全部副本并出具说明")
    assert Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).exists()
    disposal.grant_dispose(actor=town.asker, grant_id=made.pk, note="已删除")
    assert not Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).exists()
    with pytest.raises(InvalidTransition):
        demand(actor=town.world.head, grant_id=made.pk, demand="再删")
    assert list(GrantStep.objects.filter(grant=made, action="demand").values_list("note", flat=True)) == [
        "删除全部副本",
        "删除全部副本并出具说明",
    ]


def test_requests_go_to_a_newly_appointed_authority(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    town.world.authority.__class__.objects.filter(pk=town.world.authority.pk).update(is_authority=False)
    new = DepartmentFactory(region=town.world.provider.region, authority=True)
    assert following.requests_refile(actor=town.world.sysadmin, departments=[town.world.provider]) == 1
    assert ShareRequest.objects.get(pk=request.pk).authority == new
    task = Task.objects.get(kind="sharing.request.check", closed_at=None)
    assert task.department == new


# --- Who sees it, who is told -----------------------------------------------------------------------------------------


def test_a_grant_is_known_to_both_sides_and_those_above_them_only(town: SharingTown) -> None:
    made = town.granted()
    for who in (town.asker, town.asker_head, town.world.cataloguer, town.world.head, town.world.reviewer):
        assert grant_get_for(who, made.pk) == made
    for who in (town.world.secadmin, town.world.auditor):
        assert grant_get_for(who, made.pk) == made
    stranger = actor_of(UserFactory(department=DepartmentFactory(), roles=["head"]))
    for who in (stranger, town.world.colleague, town.world.sysadmin):
        with pytest.raises(NotVisible):
            grant_get_for(who, made.pk)


def test_an_end_that_is_near_is_told_in_time_and_once_each(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        town.granted(valid_until=date(2026, 12, 31))
        for day, told in (
            ("2026-11-26", 0),
            ("2026-12-05", 1),
            ("2026-12-06", 1),
            ("2026-12-26", 2),
            ("2026-12-31", 3),
        ):
            now.move_to(f"{day} 12:00")
            telling.grants_keep(actor=CLOCK)
            found = Notification.objects.filter(kind="sharing.grant.end", user=town.asker.id)
            assert found.count() == told, day


def test_each_step_is_told_to_the_other_side(town: SharingTown) -> None:
    request = town.agreed()
    telling.request_step_tell(request_id=request.pk, action="agree", by=town.asker_head.id, key="1")
    told = set(Notification.objects.filter(kind="sharing.request").values_list("user_id", flat=True))
    assert town.world.head.id in told
    assert town.asker.id in told
    assert town.asker_head.id not in told
    assert town.world.reviewer.id not in told


def test_each_side_lifts_its_own_suspension_of_a_renewal(town: SharingTown) -> None:
    first = town.granted()
    second = town.granted()
    Grant.objects.filter(pk=second.pk).update(previous=first)
    provider, authority = town.world.head, town.world.reviewer
    grant.grant_suspend(actor=provider, grant_id=second.pk, reason="自查")
    grant.grant_suspend(actor=authority, grant_id=first.pk, reason="核查")
    with nothing_changes(), pytest.raises(NotAllowed):
        grant.grant_resume(actor=provider, grant_id=first.pk)
    grant.grant_resume(actor=authority, grant_id=first.pk)
    assert dict(Grant.objects.values_list("pk", "status")) == {first.pk: "active", second.pk: "suspended"}
    grant.grant_resume(actor=authority, grant_id=second.pk)
    assert set(Grant.objects.values_list("status", flat=True)) == {"active"}


def test_what_was_suspended_for_a_reason_of_its_own_stays_so(town: SharingTown) -> None:
    first = town.granted()
    second = town.granted()
    Grant.objects.filter(pk=second.pk).update(previous=first)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=second.pk, reason="核查")
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    grant.grant_resume(actor=town.world.head, grant_id=first.pk)
    assert dict(Grant.objects.values_list("pk", "status")) == {first.pk: "active", second.pk: "suspended"}
