"""Decisions of the authority: with reasons, the provider heard, in place of a silent one, and by others if disputed."""

from dataclasses import replace
from datetime import date

import pytest

from accounts.models import Department, Region, User
from accounts.services import user_deactivate
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from sharing.choices import RequestStatus
from sharing.exceptions import OwnDecision, OwnOpinion
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.selectors.request import requests_waiting
from sharing.services import answer, dispute, filing, mediation, step
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, town_of
from tests.sharing.requests import clock_of, codes, open_tasks, status_of
from tests.unchanged import nothing_changes
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.models import ClockPolicy, Notification, Task
from workflow.selectors.task import inbox_overdue_count, tasks_for
from workflow.services.reminder import KIND_REMINDER, reminders_send

LAW = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}


def page_of(request: ShareRequest) -> str:
    return f"/sharing/requests/{request.pk}/"


@pytest.fixture
def secret(world: CatalogWorld) -> SharingTown:
    """A town whose data the law withholds."""
    law = {"sharing": "withheld", "sharing_reason": "涉及收养关系", "legal_basis": [LAW]}
    return town_of(world, **law, sharing_scope="", sharing_purpose="")


# --- Withheld data --------------------------------------------------------------------------------------------------


def test_withheld_data_are_given_with_reasons_and_after_the_provider_was_heard(secret: SharingTown) -> None:
    request, reviewer = secret.agreed(), secret.world.reviewer
    with pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=reviewer, request_id=request.pk)
    assert codes(refused) == {("opinion", "required"), ("without_provider", "required")}
    with pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=reviewer, request_id=request.pk, opinion="法定职责所需")
    assert codes(refused) == {("without_provider", "required")}
    assert not Grant.objects.exists()
    answer.request_advise(actor=secret.world.head, request_id=request.pk, opinion="可以")
    answer.request_approve(actor=reviewer, request_id=request.pk, opinion="法定职责所需")
    assert "unheard" not in RequestStep.objects.get(request=request, action="approve").detail


def test_that_the_provider_was_not_heard_is_said_and_kept(secret: SharingTown) -> None:
    request, reviewer = secret.agreed(), client_of(secret.world.reviewer)
    assert "Decide without the provider's opinion" in text_of(reviewer.get(page_of(request)))
    sent = {"items": secret.items(), "methods": ["api"], "until": "2027-06-30", "opinion": "紧急核验"}
    refused = reviewer.post(f"{page_of(request)}approve/", sent)
    assert refused.status_code == 422
    assert "The provider has not given its opinion" in text_of(refused)
    assert "紧急核验" in refused.content.decode()
    assert reviewer.post(f"{page_of(request)}approve/", sent | {"without_provider": "on"}).status_code == 302
    assert "without the provider's opinion" in text_of(reviewer.get(page_of(request)))
    assert status_of(request) == RequestStatus.AGREED


# --- A provider that does not answer --------------------------------------------------------------------------------


def test_silence_is_taken_to_the_authority_once_the_time_is_over(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        with pytest.raises(InvalidTransition) as refused:
            dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="未答复")
        assert refused.value.code == "clock_running"
        assert "No answer came in time" not in text_of(get(town.asker_head, page_of(request)))
        now.move_to("2026-10-10 10:00")
        with pytest.raises(NotAllowed):
            dispute.request_dispute(actor=town.asker, request_id=request.pk, reason="未答复")
        head = client_of(town.asker_head)
        assert "No answer came in time" in text_of(head.get(page_of(request)))
        assert head.post(f"{page_of(request)}dispute/", {"reason": "逾期未答复"}).status_code == 302
        assert status_of(request) == RequestStatus.AWAITING_AUTHORITY
        assert set(open_tasks(request)) == {(step.TASK_DECIDE, "reviewer"), (step.TASK_ADVISE, "head")}
        assert requests_waiting(town.world.reviewer).filter(pk=request.pk).exists()
        assert clock_of(request, "reply_conditional").state == "finished"
        assert clock_of(request, "reply_conditional").finished_at > clock_of(request, "reply_conditional").due_at
        answer.request_approve(
            actor=town.world.reviewer,
            request_id=request.pk,
            opinion="提供部门逾期未答复",
            items=["DXBH"],
            without_provider=True,
        )
        assert Grant.objects.get(request=request).items == town.items("DXBH")


def test_more_time_that_was_asked_for_falls_away_with_the_silence(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=5, reason="核对口径")
        now.move_to("2026-10-10 10:00")
        dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="逾期未答复")
        request.refresh_from_db()
        asked = (request.extension_asked_at, request.extension_days, request.extension_reason)
        assert asked == (None, None, "")
        assert set(open_tasks(request)) == {(step.TASK_DECIDE, "reviewer"), (step.TASK_ADVISE, "head")}
        with nothing_changes(), pytest.raises(InvalidTransition):
            answer.request_extend(actor=town.world.reviewer, request_id=request.pk, is_agreed=True, opinion="")
        assert "Consent" not in text_of(get(town.world.reviewer, page_of(request)))
        assert requests_waiting(town.world.head).filter(pk=request.pk).exists()


def test_silence_is_disputed_after_the_time_of_the_law_where_no_clock_runs(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        workflow.clock_cancel(actor=town.world.reviewer, subject=request, policy_key=ClockKey.REPLY_CONDITIONAL)
        now.move_to("2026-10-09 10:00")
        with pytest.raises(InvalidTransition) as refused:
            dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="未答复")
        assert refused.value.code == "clock_running"
        assert "No answer came in time" not in text_of(get(town.asker_head, page_of(request)))
        ClockPolicy.objects.filter(key=ClockKey.REPLY_CONDITIONAL).update(valid_to=date(2026, 9, 1))
        now.move_to("2026-10-10 10:00")
        assert "No answer came in time" in text_of(get(town.asker_head, page_of(request)))
        dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="未答复")
        assert status_of(request) == RequestStatus.AWAITING_AUTHORITY


def test_silence_is_not_laid_before_who_asked_himself(town: SharingTown) -> None:
    world = town.world
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        ShareRequest.objects.filter(pk=request.pk).update(filed_by=world.reviewer.id)
        user_deactivate(actor=world.sysadmin, user_id=world.second_reviewer.id or 0)
        now.move_to("2026-10-10 10:00")
        with pytest.raises(InvalidTransition) as refused:
            dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="未答复")
        assert "somebody who can settle this" in str(refused.value)
        superior = superior_of(town)
        dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="未答复")
        assert ShareRequest.objects.get(pk=request.pk).authority == superior


def superior_of(town: SharingTown) -> Department:
    """Set up the authority of the province, with a reviewer."""
    province = Region.objects.get(code=f"{town.world.provider.region.code[:2]}0000")
    superior = DepartmentFactory(region=province, authority=True)
    UserFactory(department=superior, roles=["reviewer"])
    return superior


def test_what_the_authority_decides_for_a_silent_provider_can_be_disputed(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed(valid_until=date(2027, 1, 31))
        now.move_to("2026-10-10 10:00")
        dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="逾期未答复")
        answer.request_refuse(actor=town.world.reviewer, request_id=request.pk, opinion="依据不足")
        dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="依据充分")
        assert status_of(request) == RequestStatus.DISPUTED


# --- A dispute over the authority's own decision --------------------------------------------------------------------


def test_nobody_settles_a_dispute_over_his_own_decision(secret: SharingTown) -> None:
    request, world = secret.agreed(), secret.world
    answer.request_refuse(actor=world.reviewer, request_id=request.pk, opinion="依法不予共享")
    dispute.request_dispute(actor=secret.asker_head, request_id=request.pk, reason="属于法定职责")
    for is_granted in (True, False):
        with pytest.raises(OwnDecision):
            dispute.request_settle(actor=world.reviewer, request_id=request.pk, is_granted=is_granted, opinion="维持")
    assert not requests_waiting(world.reviewer).filter(pk=request.pk).exists()
    assert requests_waiting(world.second_reviewer).filter(pk=request.pk).exists()
    shown = text_of(get(world.reviewer, page_of(request)))
    assert "You decided on this yourself" in shown
    assert "Settle the dispute" not in shown
    dispute.request_settle(actor=world.second_reviewer, request_id=request.pk, is_granted=False, opinion="维持")
    assert status_of(request) == RequestStatus.REFUSED


def test_everybody_who_spoke_for_the_provider_leaves_the_decision_to_another(secret: SharingTown) -> None:
    request, first, second = _spoken_twice(secret)
    assert set(request.provider_speakers.values_list("pk", flat=True)) == {first.id, second.id}
    settled = {"request_id": request.pk, "is_granted": False, "opinion": "维持"}
    for who in (first, second):
        judge = replace(who, roles=who.roles | {"reviewer"}, is_authority=True)
        with nothing_changes(), pytest.raises(OwnOpinion):
            dispute.request_settle(actor=judge, **settled)
        assert not requests_waiting(judge).filter(pk=request.pk).exists()
    free = replace(secret.world.reviewer, id=secret.world.second_reviewer.id, department_id=secret.world.provider.pk)
    dispute.request_settle(actor=free, **settled)
    assert status_of(request) == RequestStatus.REFUSED


def test_who_took_part_has_no_work_of_the_decision_and_whoever_is_left_has(secret: SharingTown) -> None:
    world = secret.world
    decided, spoke = world.reviewer, world.second_reviewer
    free = actor_of(UserFactory(department=world.authority, roles=["reviewer"]))
    with clock_at("2026-11-02 10:00") as now:
        request = secret.agreed()
        answer.request_refuse(actor=decided, request_id=request.pk, opinion="依法不予共享")
        request.provider_speakers.add(spoke.id or 0)  # as the provider's head, before he came to the authority
        dispute.request_dispute(actor=secret.asker_head, request_id=request.pk, reason="属于法定职责")
        title = step.title_of(request)
        waits = Notification.objects.filter(kind=KIND_REMINDER)
        for _day in range(40):
            now.advance(days=1)
            reminders_send()
            if waits.exists():
                break
        for who, count in ((decided, 0), (spoke, 0), (free, 1)):
            assert tasks_for(who).count() == count
            assert inbox_overdue_count(who)[0] == count
            assert (title in get(who, "/").content.decode()) == bool(count)
            assert waits.filter(user=who.id).count() == count
            assert get(who, "/api/v1/share-requests/?waiting=true").json()["count"] == count


def test_each_who_speaks_for_the_provider_leaves_the_work_of_the_decision(secret: SharingTown) -> None:
    _request, first, second = _spoken_twice(secret)
    settling = Task.objects.get(kind=step.TASK_SETTLE, closed_at=None)
    assert set(settling.exclude_user_ids) >= {first.id, second.id, secret.world.reviewer.id}


def _spoken_twice(secret: SharingTown) -> tuple[ShareRequest, Actor, Actor]:
    """Let two heads speak for a provider that is the authority itself, each once; return both."""
    request, world = secret.agreed(), secret.world
    second = actor_of(UserFactory(department=world.provider, roles=["head"]))
    answer.request_advise(actor=world.head, request_id=request.pk, opinion="不宜提供")
    answer.request_refuse(actor=world.reviewer, request_id=request.pk, opinion="依法不予共享")
    dispute.request_dispute(actor=secret.asker_head, request_id=request.pk, reason="属于法定职责")
    mediation.request_respond(actor=second, request_id=request.pk, statement="维持原意见")
    ShareRequest.objects.filter(pk=request.pk).update(authority=world.provider)
    return request, world.head, second


def test_an_authority_without_another_reviewer_leaves_the_dispute_to_the_one_above(secret: SharingTown) -> None:
    request, world = secret.agreed(), secret.world
    answer.request_refuse(actor=world.reviewer, request_id=request.pk, opinion="依法不予共享")
    assert world.second_reviewer.id is not None
    user_deactivate(actor=world.sysadmin, user_id=world.second_reviewer.id)
    with pytest.raises(InvalidTransition):
        dispute.request_dispute(actor=secret.asker_head, request_id=request.pk, reason="属于法定职责")
    superior = superior_of(secret)
    dispute.request_dispute(actor=secret.asker_head, request_id=request.pk, reason="属于法定职责")
    assert ShareRequest.objects.get(pk=request.pk).authority == superior


# --- Two at once ----------------------------------------------------------------------------------------------------


def test_a_reviewer_who_returns_what_was_passed_meanwhile_keeps_his_words(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    filing.request_pass(actor=town.world.reviewer, request_id=request.pk)
    sent = {"opinion": "请写明岗位", "edit_version": request.edit_version}
    late = client_of(town.world.second_reviewer).post(f"{page_of(request)}return/", sent)
    assert late.status_code == 409
    assert "请写明岗位" in late.content.decode()


def test_a_reviewer_who_is_late_at_what_was_returned_or_recalled_keeps_his_words(town: SharingTown) -> None:
    town.check_conditional()
    world, second = town.world, client_of(town.world.second_reviewer)
    returned, recalled, drafted = town.agreed(), town.agreed(), town.submitted()
    filing.request_return(actor=world.reviewer, request_id=returned.pk, opinion="缺少依据")
    filing.request_recall(actor=town.asker, request_id=recalled.pk)
    for request, step_taken in ((returned, "Returned"), (recalled, "Recalled")):
        for button in ("return", "pass"):
            late = second.post(f"{page_of(request)}{button}/", {"opinion": "请写明岗位", "on_scenario": "写明系统"})
            assert late.status_code == 409
            assert f"Meanwhile: {step_taken}" in text_of(late)
            assert "请写明岗位" in text_of(late)
            assert "写明系统" in text_of(late)
            assert str(request.entry) not in text_of(late)
    assert second.post(f"{page_of(drafted)}return/", {"opinion": "请写明岗位"}).status_code == 404
    other = client_of(world.head).post(f"{page_of(returned)}return/", {"opinion": "请写明岗位"})
    assert other.status_code == 404


def test_a_reviewer_who_decides_what_was_decided_meanwhile_keeps_his_words(secret: SharingTown) -> None:
    request = secret.agreed()
    answer.request_refuse(actor=secret.world.reviewer, request_id=request.pk, opinion="不予共享")
    late = client_of(secret.world.second_reviewer).post(f"{page_of(request)}refuse/", {"opinion": "与职责无关"})
    assert late.status_code == 409
    assert "与职责无关" in late.content.decode()


# --- Nobody is left who took no part ---------------------------------------------------------------------------------


def _sole(world: CatalogWorld, department: Department) -> Actor:
    """Make a department the authority, with its head as the only reviewer, below a province with one of its own."""
    for one in (world.reviewer, world.second_reviewer):
        User.objects.filter(pk=one.id).update(is_active=False)
    Department.objects.filter(pk=world.authority.pk).update(is_authority=False)
    Department.objects.filter(pk=department.pk).update(is_authority=True)
    return actor_of(UserFactory(department=Department.objects.get(pk=department.pk), roles=["head", "reviewer"]))


@pytest.fixture
def above(world: CatalogWorld) -> Actor:
    """A reviewer of the authority of the province above the city."""
    province = world.provider.region.parent
    return actor_of(UserFactory(department=DepartmentFactory(region=province, authority=True), roles=["reviewer"]))


def test_who_agreed_to_ask_leaves_the_form_check_to_the_authority_above(town: SharingTown, above: Actor) -> None:
    town.check_conditional()
    both = _sole(town.world, town.world.other)
    request = filing.request_agree(actor=both, request_id=town.submitted().pk)
    assert (request.status, request.authority_id) == (RequestStatus.AWAITING_CHECK, above.department_id)
    [check] = Task.objects.filter(kind=step.TASK_CHECK, closed_at=None)
    assert check.department_id == above.department_id
    assert not requests_waiting(both).exists()
    with nothing_changes(), pytest.raises(NotAllowed):
        filing.request_pass(actor=both, request_id=request.pk)
    assert filing.request_pass(actor=above, request_id=request.pk).status == RequestStatus.AWAITING_PROVIDER


def test_where_another_reviewer_is_left_the_form_check_stays_out_of_the_inbox_of_who_agreed(town: SharingTown) -> None:
    town.check_conditional()
    both = _sole(town.world, town.world.other)
    second = actor_of(UserFactory(department=Department.objects.get(pk=both.department_id), roles=["reviewer"]))
    request = filing.request_agree(actor=both, request_id=town.submitted().pk)
    assert request.authority_id == both.department_id
    assert not tasks_for(both).filter(kind=step.TASK_CHECK).exists()
    assert tasks_for(second).filter(kind=step.TASK_CHECK).exists()


def test_who_agreed_to_ask_for_withheld_data_leaves_the_decision_to_the_authority_above(
    secret: SharingTown, above: Actor
) -> None:
    both = _sole(secret.world, secret.world.other)
    request = filing.request_agree(actor=both, request_id=secret.submitted().pk)
    assert (request.status, request.authority_id) == (RequestStatus.AWAITING_AUTHORITY, above.department_id)
    with nothing_changes(), pytest.raises(NotAllowed):
        answer.request_refuse(actor=both, request_id=request.pk, opinion="不予共享")
    answer.request_refuse(actor=above, request_id=request.pk, opinion="不予共享")
    assert status_of(request) == RequestStatus.REFUSED


def test_who_gave_the_opinion_as_the_only_reviewer_leaves_the_decision_to_the_authority_above(
    secret: SharingTown, above: Actor
) -> None:
    both = _sole(secret.world, secret.world.provider)
    request = secret.agreed()
    assert request.authority_id == both.department_id
    due = clock_of(request, ClockKey.SHARING_DECISION).due_at
    answer.request_advise(actor=both, request_id=request.pk, opinion="不宜提供")
    request.refresh_from_db()
    assert request.authority_id == above.department_id
    running = clock_of(request, ClockKey.SHARING_DECISION)
    assert (running.department_id, running.due_at) == (above.department_id, due)
    [decide] = Task.objects.filter(kind=step.TASK_DECIDE, closed_at=None)
    assert decide.department_id == above.department_id
    told = RequestStep.objects.filter(request=request).order_by("-pk")[:2]
    assert [one.action for one in told] == ["hand_over", "advise"]
    assert "No reviewer is left there who took no part" in told[0].words
    assert "No reviewer is left there" in text_of(get(secret.asker, page_of(request)))
    answer.request_refuse(actor=above, request_id=request.pk, opinion="不予共享")
    assert status_of(request) == RequestStatus.REFUSED


def test_who_made_the_statement_as_the_only_reviewer_leaves_the_dispute_to_the_authority_above(
    town: SharingTown, above: Actor
) -> None:
    both = _sole(town.world, town.world.provider)
    request = town.agreed()
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="用途不符")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于范围")
    assert ShareRequest.objects.get(pk=request.pk).authority_id == both.department_id
    mediation.request_respond(actor=both, request_id=request.pk, statement="超出条件")
    assert ShareRequest.objects.get(pk=request.pk).authority_id == above.department_id
    dispute.request_settle(actor=above, request_id=request.pk, is_granted=False, opinion="维持")
    assert status_of(request) == RequestStatus.REFUSED


def test_who_asked_for_more_time_as_the_only_reviewer_leaves_the_consent_to_the_authority_above(
    town: SharingTown, above: Actor
) -> None:
    both = _sole(town.world, town.world.provider)
    request = town.agreed()
    answer.request_ask_extension(actor=both, request_id=request.pk, days=3, reason="核对口径")
    assert not tasks_for(both).filter(kind=step.TASK_EXTEND).exists()
    assert tasks_for(above).filter(kind=step.TASK_EXTEND).exists()
    answer.request_extend(actor=above, request_id=request.pk)
    assert ShareRequest.objects.get(pk=request.pk).extension_asked_at is None


def test_where_nobody_is_above_either_it_waits_for_a_further_reviewer(secret: SharingTown) -> None:
    both = _sole(secret.world, secret.world.provider)
    request = secret.agreed()
    answer.request_advise(actor=both, request_id=request.pk, opinion="不宜提供")
    assert not tasks_for(both).filter(kind=step.TASK_DECIDE).exists()
    house = Department.objects.get(pk=both.department_id)
    further = actor_of(UserFactory(department=house, roles=["reviewer"]))
    assert tasks_for(further).filter(kind=step.TASK_DECIDE).exists()
    answer.request_refuse(actor=further, request_id=request.pk, opinion="不予共享")
    assert status_of(request) == RequestStatus.REFUSED


def test_everything_that_is_wrong_with_a_decision_is_named_at_once(town: SharingTown) -> None:
    request = town.agreed(valid_until=date(2027, 6, 30))
    name = town.items("XM")[0]
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        answer.request_approve(
            actor=town.world.head,
            request_id=request.pk,
            masks={name: "month"},
            methods=["fax"],
            until=date(2030, 1, 1),
            row_filter=[{"item": name, "operator": "like", "values": ["王"]}],
            limits={"rows_per_day": 0},
        )
    assert [one.field for one in refused.value.errors] == [
        "methods", "until", "row_filter[0].operator", f"masks[{name}]", "rows_per_day",
    ]  # fmt: skip
