"""Who lifts which suspension, also after the grant's end, what is told of it, and a state that is brought in line."""

import pytest

from accounts.models import Region
from audit.models import AuditEvent
from core.actors import Actor, system_actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from sharing.choices import GrantAction, GrantStatus, RequestAction, Side
from sharing.models import Grant, RequestStep, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.selectors.restraint import is_barred, is_misused
from sharing.selectors.suspension import suspensions_open
from sharing.services import answer, dispute, grant, restoring, right, usage
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import codes
from tests.sharing.services.test_loopholes import _renewed
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.models import Notification

CLOCK = system_actor(CLOCK_JOB)


def _steps(made: Grant) -> list[tuple[str, dict[str, object]]]:
    return [(one.action, one.detail) for one in made.steps.order_by("pk") if one.action == GrantAction.RESUME]


def _titles(user: Actor) -> list[str]:
    while outbox_delivery.deliver():
        pass
    return [str(one.title) for one in Notification.objects.filter(user=user.id, kind="sharing.grant").order_by("pk")]


def _ended(town: SharingTown, *by: Actor) -> Grant:
    """Suspend a grant for each of some, and let its holder end it."""
    made = town.granted()
    for who in by:
        grant.grant_suspend(actor=who, grant_id=made.pk, reason="核查")
    return grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason="not_needed")


def test_what_an_authority_finds_in_order_leaves_the_misuse_that_the_providers_stop_stands_for(
    town: SharingTown,
) -> None:
    made = town.granted()
    usage.inspection_record(actor=town.world.head, grant_id=made.pk, result="misuse", finding="外泄")
    usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="in_order", finding="未见异常")
    assert is_misused(made.department_id, town.entry.pk)
    grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    assert not is_misused(made.department_id, town.entry.pk)


# --- After the end ---------------------------------------------------------------------------------------------------


def test_what_outlived_its_grant_is_lifted_by_name_by_whoever_might_have_lifted_it_before(town: SharingTown) -> None:
    made = _ended(town, town.world.head, town.world.secadmin)
    providers, securitys = suspensions_open(made)
    with nothing_changes():
        for who, named in (
            (town.world.head, securitys),
            (town.world.secadmin, providers),
            (town.asker_head, providers),
        ):
            with pytest.raises(NotAllowed):
                grant.grant_resume(actor=who, grant_id=made.pk, suspension_id=named.pk)
        with pytest.raises(InvalidTransition):
            grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
        with pytest.raises(RuleViolation) as unknown:
            grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk, suspension_id=0)
    assert codes(unknown) == {("suspension", "unknown")}
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk, suspension_id=providers.pk, note="部门已撤销")
    assert [one.side for one in suspensions_open(made)] == [Side.SECURITY]
    grant.grant_resume(actor=town.world.secadmin, grant_id=made.pk, suspension_id=securitys.pk)
    made.refresh_from_db()
    assert (made.status, is_barred(made.department_id, town.entry.pk)) == (GrantStatus.ENDED, False)
    assert _steps(made) == [("resume", {"by_side": "provider"}), ("resume", {"by_side": "security"})]
    lifted = AuditEvent.objects.filter(action="sharing.grant.resume").order_by("pk")
    assert [(one.after["status"], one.after["by_side"]) for one in lifted] == [
        ("ended", "provider"),
        ("ended", "security"),
    ]
    with nothing_changes(), pytest.raises(InvalidTransition) as again:
        grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk, suspension_id=providers.pk)
    assert again.value.code == "lifted"
    assert "A suspension that outlived its grant was lifted" in _titles(town.asker_head)[-1]


def test_what_is_found_in_order_after_the_end_leaves_its_trace(town: SharingTown) -> None:
    made = _ended(town, town.world.reviewer)
    usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="in_order", finding="未见异常")
    assert _steps(made) == [("resume", {"by_side": "authority"})]
    assert AuditEvent.objects.get(action="sharing.grant.resume").note == "未见异常"


def test_the_page_and_the_api_lift_what_outlived_its_grant(town: SharingTown) -> None:
    made = _ended(town, town.world.head, town.world.secadmin)
    providers, securitys = suspensions_open(made)
    page = f"/sharing/grants/{made.pk}/"
    head = client_of(town.world.head)
    shown = text_of(head.get(page))
    assert "Lift a suspension" in shown
    assert "Let it run again" not in shown
    assert client_of(town.asker_head).post(f"{page}resume/", {"suspension": providers.pk}).status_code == 403
    assert suspensions_open(made) == [providers, securitys]
    done = text_of(head.post(f"{page}resume/", {"suspension": providers.pk}, follow=True))
    assert "Lifted: a suspension still stands against the holder, by: The security administrator." in done
    assert "Lift a suspension" not in done
    assert ("Suspension lifted" in done, "Resumed" in done) == (True, False)
    sent = {"suspension": securitys.pk}
    answered = client_of(town.world.secadmin).post(
        f"/api/v1/grants/{made.pk}/resume/", sent, content_type="application/json"
    )
    assert answered.status_code == 200
    told = answered.json()
    assert (told["status"], told["suspensions"]) == ("ended", [])
    assert [one["by_side"] for one in told["steps"] if one["action"] == "resume"] == ["provider", "security"]


# --- What is told ----------------------------------------------------------------------------------------------------


def test_news_and_page_say_that_it_stays_suspended_and_by_whom(town: SharingTown) -> None:
    made = town.granted()
    for who in (town.world.head, town.world.secadmin):
        grant.grant_suspend(actor=who, grant_id=made.pk, reason="核查")
    page = f"/sharing/grants/{made.pk}/"
    mine = suspensions_open(made)[0]
    done = text_of(client_of(town.world.head).post(f"{page}resume/", {"suspension": mine.pk}, follow=True))
    assert "Lifted: the grant stays suspended by: The security administrator." in done
    assert ("Suspension lifted" in done, "Resumed" in done) == (True, False)
    assert "A suspension was lifted; it stays suspended by: The security administrator" in _titles(town.asker_head)[-1]
    steps = get(town.world.head, f"/api/v1/grants/{made.pk}/").json()["steps"]
    assert [(one["by_side"], one["stays_suspended"]) for one in steps] == [
        (None, False),
        ("provider", False),
        ("security", False),
        ("provider", True),
    ]
    last = suspensions_open(made)[0]
    done = text_of(client_of(town.world.secadmin).post(f"{page}resume/", {"suspension": last.pk}, follow=True))
    assert "It runs again." in done
    assert "Resumed" in done
    assert _titles(town.asker_head)[-1].startswith("Resumed")


def test_the_page_says_what_came_of_it_however_many_stood_when_it_was_pressed(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="续期另有问题")
    done = text_of(client_of(town.world.head).post(f"/sharing/grants/{later.pk}/resume/", {}, follow=True))
    later.refresh_from_db()
    assert ("It runs again." in done) == (later.status == GrantStatus.ACTIVE)
    assert later.status == GrantStatus.ACTIVE


# --- Levels of authorities -------------------------------------------------------------------------------------------


def _reviewer_of(region: Region | None) -> Actor:
    return actor_of(UserFactory(department=DepartmentFactory(region=region, authority=True), roles=["reviewer"]))


def test_a_lower_authority_lifts_nothing_that_a_higher_one_ordered(town: SharingTown) -> None:
    province = _reviewer_of(town.world.provider.region.parent)
    made = town.granted()
    grant.grant_suspend(actor=province, grant_id=made.pk, reason="全省核查")
    [held] = suspensions_open(made)
    with nothing_changes():
        for named in (None, held.pk):
            with pytest.raises(NotAllowed):
                grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk, suspension_id=named)
    grant.grant_resume(actor=province, grant_id=made.pk)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="本市核查")
    [held] = suspensions_open(made)
    grant.grant_resume(actor=province, grant_id=made.pk, suspension_id=held.pk)
    made.refresh_from_db()
    assert made.status == GrantStatus.ACTIVE


def test_a_lower_authority_finds_nothing_in_order_that_a_higher_one_stopped(town: SharingTown) -> None:
    made = _ended(town, _reviewer_of(town.world.provider.region.parent))
    usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="in_order", finding="未见异常")
    assert is_barred(made.department_id, town.entry.pk)


# --- Brought in line -------------------------------------------------------------------------------------------------


def _astray(town: SharingTown) -> Grant:
    made = town.granted()
    Grant.objects.filter(pk=made.pk).update(status=GrantStatus.SUSPENDED)
    return made


@pytest.mark.parametrize("is_ended", [False, True])
def test_a_state_that_somebody_set_meanwhile_is_left_as_it_is(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch, is_ended: bool
) -> None:
    made = _astray(town)
    locked = right.grants_lock

    def lock(dataset_id: int, department_id: int) -> list[Grant]:
        """Let somebody else be done while this waits for the lock."""
        monkeypatch.setattr(restoring, "grants_lock", locked)
        if is_ended:
            grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason="not_needed")
        else:
            grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
        return locked(dataset_id, department_id)

    monkeypatch.setattr(restoring, "grants_lock", lock)
    restoring.rights_restore(actor=town.world.secadmin)
    made.refresh_from_db()
    assert made.status == (GrantStatus.ENDED if is_ended else GrantStatus.SUSPENDED)
    assert not AuditEvent.objects.filter(action="sharing.grant.restore").exists()
    assert right.rights_check(actor=CLOCK).differences == []


def test_both_sides_hear_that_a_state_was_brought_in_line(town: SharingTown) -> None:
    made = _astray(town)
    right.rights_check(actor=CLOCK)
    shown = get(town.world.secadmin, "/sharing/rights/").content.decode()
    assert f'href="/sharing/grants/{made.pk}/"' in shown
    restoring.rights_restore(actor=town.world.secadmin)
    assert _steps(made)[0][1]["why"]["code"] == "share.state_restored"  # type: ignore[index]
    restored = AuditEvent.objects.get(action="sharing.grant.restore")
    assert (restored.before["status"], restored.after["status"]) == ("suspended", "active")
    for who in (town.asker_head, town.world.head):
        assert _titles(who)[-1].startswith("Resumed")


def test_a_grant_whose_state_is_amiss_is_named(town: SharingTown) -> None:
    made, other = town.granted(), town.granted()
    Grant.objects.filter(pk=made.pk).update(status=GrantStatus.SUSPENDED)
    [found] = [one for one in right.rights_check(actor=CLOCK).differences if one["kind"] == "unsuspended"]
    assert found["grant"] == made.pk != other.pk


# --- The clockwork ---------------------------------------------------------------------------------------------------


def test_a_delivery_that_is_held_back_or_free_makes_no_decision_stale(town: SharingTown) -> None:
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    request = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="未提供")
    while outbox_delivery.deliver():
        pass
    read = ShareRequest.objects.get(pk=request.pk).edit_version
    grant.grant_resume(actor=town.world.reviewer, grant_id=other.pk)
    while outbox_delivery.deliver():
        pass
    assert RequestStep.objects.filter(request=request, action=RequestAction.FREE).exists()
    assert ShareRequest.objects.get(pk=request.pk).edit_version == read
