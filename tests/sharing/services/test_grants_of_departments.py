"""Requests and grants of departments that are merged, ended, or get an authority."""

from accounts.choices import Language
from accounts.models import Department, User
from audit.models import AuditEvent
from catalog.models import Entry
from catalog.services.succession import entries_take_over
from collection.models import DatasetGroupObjectPermission
from core import clock
from sharing.choices import GrantStatus, RequestAction, RequestStatus
from sharing.models import Client, Grant, RequestStep, ShareRequest, WebhookEndpoint
from sharing.services import (
    answer,
    following,
    grant,
    objection,
    telling,
    webhook,
)
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make, grant_make, listed
from tests.sharing.requests import clock_of
from tests.sharing.services.test_grants import holds_right, is_live
from workflow import outbox_delivery
from workflow.models import Clock, Notification, Task


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
    User.objects.filter(pk=town.asker.id).update(language=Language.SIMPLIFIED)
    telling.request_step_tell(request_id=asked.pk, action="hand_over", by=None, key="1")
    told = set(Notification.objects.filter(dedupe_key__endswith=":1").values_list("user_id", flat=True))
    assert {town.asker.id, town.asker_head.id} <= told
    title = Notification.objects.get(dedupe_key__endswith=":1", user_id=town.asker.id).title
    assert title.startswith("移交：最低生活保障对象信息")


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


def test_requests_go_to_a_newly_appointed_authority(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    town.world.authority.__class__.objects.filter(pk=town.world.authority.pk).update(is_authority=False)
    new = DepartmentFactory(region=town.world.provider.region, authority=True)
    assert following.requests_refile(actor=town.world.sysadmin, departments=[town.world.provider]) == 1
    assert ShareRequest.objects.get(pk=request.pk).authority == new
    task = Task.objects.get(kind="sharing.request.check", closed_at=None)
    assert task.department == new


def test_the_time_for_delivery_follows_what_the_successor_has_of_the_data(town: SharingTown) -> None:
    survivor = DepartmentFactory(region=town.world.provider.region)
    theirs = grant_make(town.dataset, survivor)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=theirs.pk, reason="核查")
    waiting = town.approved(dataset=None)
    _deliver_news()
    assert clock_of(waiting, "delivery").state == "running"
    following.sharing_take_over(actor=town.world.sysadmin, merged=town.world.other, survivor=survivor)
    _deliver_news()
    assert clock_of(waiting, "delivery").state == "paused"
    assert RequestStep.objects.filter(request=waiting, action=RequestAction.HOLD).count() == 1


def test_the_time_of_what_the_successor_waits_for_follows_what_it_takes_over(town: SharingTown) -> None:
    merged = DepartmentFactory(region=town.world.provider.region)
    theirs = grant_make(town.dataset, merged)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=theirs.pk, reason="核查")
    waiting = town.approved(dataset=None)
    following.sharing_take_over(actor=town.world.sysadmin, merged=merged, survivor=town.world.other)
    _deliver_news()
    assert clock_of(waiting, "delivery").state == "paused"


def _deliver_news() -> None:
    while outbox_delivery.deliver():
        pass
