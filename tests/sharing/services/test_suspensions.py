"""A suspension stands until whose it is lifts it: no end by the holder, no time and no lifting by another sheds it."""

from datetime import timedelta

import pytest

from core import clock
from core.actors import system_actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from sharing.choices import GrantStatus, Side
from sharing.models import Grant
from sharing.policies import CLOCK_JOB
from sharing.selectors.restraint import is_barred, is_misused
from sharing.selectors.suspension import suspensions_open
from sharing.services import answer, delivery, grant, restoring, right, telling, terms, usage
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import codes
from tests.sharing.services.test_loopholes import _renewed
from tests.sharing.test_request_api import client_of
from tests.unchanged import nothing_changes

CLOCK = system_actor(CLOCK_JOB)


def _take(town: SharingTown, days: int = 30) -> Grant:
    until = clock.today() + timedelta(days=days)
    return terms.grant_take(
        actor=town.asker, dataset_id=town.dataset.pk, purpose="公示", until=until, systems=[town.system.pk]
    )  # fmt: skip


def _taken(town: SharingTown, days: int = 30) -> Grant:
    terms.terms_accept(actor=town.asker_head, number=1)
    return _take(town, days)


def test_who_ends_what_is_suspended_does_not_take_it_anew(free: SharingTown) -> None:
    made = _taken(free)
    grant.grant_suspend(actor=free.world.reviewer, grant_id=made.pk, reason="涉嫌违规")
    grant.grant_end(actor=free.asker_head, grant_id=made.pk, reason="not_needed")
    with pytest.raises(NotAllowed):
        _take(free)
    # The provider does not lift what the authority set; the authority does.
    usage.inspection_record(actor=free.world.head, grant_id=made.pk, result="in_order", finding="未见异常")
    with pytest.raises(NotAllowed):
        _take(free)
    usage.inspection_record(actor=free.world.reviewer, grant_id=made.pk, result="in_order", finding="未见异常")
    assert _take(free).status == GrantStatus.ACTIVE


def test_what_expires_while_suspended_is_not_taken_anew(free: SharingTown) -> None:
    made = _taken(free, 2)
    grant.grant_suspend(actor=free.world.head, grant_id=made.pk, reason="核查")
    with clock_at(clock.now() + timedelta(days=5)):
        telling.grants_keep(actor=system_actor(CLOCK_JOB))
        made.refresh_from_db()
        assert made.status == GrantStatus.EXPIRED
        with pytest.raises(NotAllowed):
            _take(free)
        usage.inspection_record(actor=free.world.head, grant_id=made.pk, result="in_order", finding="未见异常")
        assert _take(free).status == GrantStatus.ACTIVE


def test_who_ends_what_is_suspended_does_not_get_what_was_held_back(town: SharingTown) -> None:
    other = town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=other.pk, reason="核查")
    request = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    grant.grant_end(actor=town.asker_head, grant_id=other.pk, reason="not_needed")
    given = {"actor": town.world.cataloguer, "request_id": request.pk, "dataset_id": town.dataset.pk}
    with pytest.raises(InvalidTransition) as refused:
        delivery.request_deliver(**given)
    assert refused.value.code == "suspended"
    assert not request.grants.exists()
    usage.inspection_record(actor=town.world.reviewer, grant_id=other.pk, result="in_order", finding="未见异常")
    delivery.request_deliver(**given)
    assert request.grants.count() == 1


def _sides(made: Grant) -> list[tuple[str, str]]:
    made.refresh_from_db()
    held = suspensions_open(made)
    assert (made.status == GrantStatus.SUSPENDED) == bool(held)
    return [(one.side, one.reason) for one in held]


def test_the_providers_own_suspension_stands_after_the_one_above_it(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="续期另有问题")
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    assert _sides(later) == [(Side.PROVIDER, "续期另有问题"), (Side.AUTHORITY, "核查")]
    grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk)
    assert _sides(first) == []
    assert _sides(later) == [(Side.PROVIDER, "续期另有问题")]
    grant.grant_resume(actor=town.world.head, grant_id=later.pk)
    assert _sides(later) == []


def test_a_stop_of_the_grant_before_holds_its_renewal_beneath_that_of_another_side(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.reviewer, grant_id=later.pk, reason="核查")
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    grant.grant_resume(actor=town.world.reviewer, grant_id=later.pk)
    assert _sides(later) == [(Side.PROVIDER, "自查")]
    [held] = suspensions_open(later)
    assert held.cause is not None
    assert held.cause.grant_id == first.pk
    grant.grant_resume(actor=town.world.head, grant_id=first.pk)
    assert _sides(later) == []


def test_each_side_suspends_once_and_lifts_its_own(town: SharingTown) -> None:
    made = town.granted()
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="迁移")
    with nothing_changes(), pytest.raises(InvalidTransition):
        grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="再次")
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
    grant.grant_suspend(actor=town.world.secadmin, grant_id=made.pk, reason="漏洞")
    with nothing_changes(), pytest.raises(InvalidTransition):
        grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="再次")
    assert _sides(made) == [(Side.PROVIDER, "迁移"), (Side.AUTHORITY, "核查"), (Side.SECURITY, "漏洞")]
    with nothing_changes(), pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.asker_head, grant_id=made.pk)
    for who, left in (
        (town.world.reviewer, [(Side.PROVIDER, "迁移"), (Side.SECURITY, "漏洞")]),
        (town.world.head, [(Side.SECURITY, "漏洞")]),
        (town.world.secadmin, []),
    ):
        grant.grant_resume(actor=who, grant_id=made.pk)
        assert _sides(made) == left


def test_who_stands_above_says_which_suspension_he_lifts(town: SharingTown) -> None:
    made, other = town.granted(), town.granted()
    for who, one in ((town.world.head, made), (town.world.secadmin, made), (town.world.head, other)):
        grant.grant_suspend(actor=who, grant_id=one.pk, reason="核查")
    providers, securitys = suspensions_open(made)
    above = {"actor": town.world.reviewer, "grant_id": made.pk}
    with nothing_changes(), pytest.raises(RuleViolation) as several:
        grant.grant_resume(**above)
    assert codes(several) == {("suspension", "required")}
    with nothing_changes(), pytest.raises(RuleViolation) as unknown:
        grant.grant_resume(**above, suspension_id=suspensions_open(other)[0].pk)
    assert codes(unknown) == {("suspension", "unknown")}
    with nothing_changes(), pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.head, grant_id=made.pk, suspension_id=securitys.pk)
    grant.grant_resume(**above, suspension_id=providers.pk)
    assert _sides(made) == [(Side.SECURITY, "核查")]
    with nothing_changes(), pytest.raises(InvalidTransition) as lifted:
        grant.grant_resume(**above, suspension_id=providers.pk)
    assert lifted.value.code == "lifted"


def test_misuse_is_in_order_once_its_finder_lifts_it_and_not_before(town: SharingTown) -> None:
    made = town.granted()
    grant.grant_suspend(actor=town.world.secadmin, grant_id=made.pk, reason="漏洞")
    usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="misuse", finding="外泄")
    grant.grant_resume(actor=town.world.secadmin, grant_id=made.pk)
    assert _sides(made) == [(Side.AUTHORITY, "外泄")]
    assert is_misused(made.department_id, town.entry.pk)
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    assert _sides(made) == []
    assert not is_misused(made.department_id, town.entry.pk)


def test_what_is_found_twice_is_in_order_with_one_word(town: SharingTown) -> None:
    made = town.granted()
    for finding in ("外泄", "再次外泄"):
        usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="misuse", finding=finding)
    assert _sides(made) == [(Side.AUTHORITY, "外泄")]
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    assert not is_misused(made.department_id, town.entry.pk)
    usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="misuse", finding="第三次")
    assert is_misused(made.department_id, town.entry.pk)


def test_no_finding_of_one_side_clears_the_stop_of_another(town: SharingTown) -> None:
    made = town.granted()
    for who in (town.world.head, town.world.reviewer, town.world.secadmin):
        grant.grant_suspend(actor=who, grant_id=made.pk, reason="核查")
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason="not_needed")
    usage.inspection_record(actor=town.world.reviewer, grant_id=made.pk, result="in_order", finding="未见异常")
    assert [one.side for one in suspensions_open(made)] == [Side.PROVIDER]
    assert is_barred(made.department_id, town.entry.pk)
    usage.inspection_record(actor=town.world.head, grant_id=made.pk, result="in_order", finding="未见异常")
    assert not is_barred(made.department_id, town.entry.pk)


def test_a_state_that_is_not_what_its_suspensions_say_is_found_and_mended(town: SharingTown) -> None:
    made, other = town.granted(), town.granted()
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
    assert right.rights_check(actor=CLOCK).differences == []
    Grant.objects.filter(pk=made.pk).update(status=GrantStatus.ACTIVE)
    Grant.objects.filter(pk=other.pk).update(status=GrantStatus.SUSPENDED)
    found = right.rights_check(actor=CLOCK).differences
    assert {"suspended", "unsuspended"} <= {one["kind"] for one in found}
    shown = text_of(get(town.world.secadmin, "/sharing/rights/"))
    assert "A grant in force although it is suspended" in shown
    with nothing_changes(), pytest.raises(NotAllowed):
        restoring.rights_restore(actor=town.world.head)
    restoring.rights_restore(actor=town.world.secadmin)
    assert dict(Grant.objects.values_list("pk", "status")) == {made.pk: "suspended", other.pk: "active"}
    assert right.rights_check(actor=CLOCK).differences == []


def test_pages_say_who_holds_a_grant_and_ask_which_suspension_is_lifted(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="自查")
    grant.grant_suspend(actor=town.world.secadmin, grant_id=later.pk, reason="漏洞")
    page = f"/sharing/grants/{later.pk}/"
    shown = text_of(get(town.asker, page))
    assert all(words in shown for words in ("The provider", "自查", "The security administrator", "漏洞"))
    assert f"follows from the suspension of grant {first.pk}" in shown
    reviewer = client_of(town.world.reviewer)
    assert "Which suspension" in text_of(reviewer.get(page))
    refused = reviewer.post(f"{page}resume/", {"note": "已查清"})
    assert refused.status_code == 422
    assert "已查清" in text_of(refused)
    mine = suspensions_open(later)[1]
    assert reviewer.post(f"{page}resume/", {"note": "已查清", "suspension": mine.pk}).status_code == 302
    assert _sides(later) == [(Side.PROVIDER, "自查")]
    assert "Which suspension" not in text_of(reviewer.get(page))
    assert reviewer.post(f"{page}resume/", {"suspension": mine.pk}).status_code == 422
