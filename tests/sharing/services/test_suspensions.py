"""A suspension stands until whose it is lifts it: no end by the holder, no time and no lifting by another sheds it."""

from datetime import timedelta

import pytest

from core import clock
from core.actors import system_actor
from core.exceptions import InvalidTransition, NotAllowed
from core.testing import clock_at
from sharing.choices import GrantStatus, Side
from sharing.models import Grant, GrantStep
from sharing.policies import CLOCK_JOB
from sharing.services import answer, delivery, grant, telling, terms, usage
from tests.sharing.conftest import SharingTown
from tests.sharing.services.test_loopholes import _renewed


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


def test_the_providers_own_suspension_stands_again_after_the_one_above_it(town: SharingTown) -> None:
    first, later = _renewed(town)
    grant.grant_suspend(actor=town.world.head, grant_id=later.pk, reason="续期另有问题")
    grant.grant_suspend(actor=town.world.reviewer, grant_id=first.pk, reason="核查")
    later.refresh_from_db()
    assert (later.suspended_by, later.suspend_reason) == (Side.AUTHORITY, "核查")
    grant.grant_resume(actor=town.world.reviewer, grant_id=first.pk)
    first.refresh_from_db()
    later.refresh_from_db()
    assert (first.status, later.status) == (GrantStatus.ACTIVE, GrantStatus.SUSPENDED)
    assert (later.suspended_by, later.suspend_reason) == (Side.PROVIDER, "续期另有问题")
    assert later.suspended_by_department == town.world.provider
    grant.grant_resume(actor=town.world.head, grant_id=later.pk)
    later.refresh_from_db()
    assert (later.status, later.suspended_by, later.suspended_before) == (GrantStatus.ACTIVE, "", None)


def test_somebody_above_the_provider_takes_a_suspension_over(town: SharingTown) -> None:
    made = town.granted()
    grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="迁移")
    steps = GrantStep.objects.filter(grant=made).count()
    with pytest.raises(InvalidTransition):
        grant.grant_suspend(actor=town.world.head, grant_id=made.pk, reason="再次")
    assert GrantStep.objects.filter(grant=made).count() == steps
    grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="核查")
    with pytest.raises(NotAllowed):
        grant.grant_resume(actor=town.world.head, grant_id=made.pk)
    with pytest.raises(InvalidTransition):
        grant.grant_suspend(actor=town.world.reviewer, grant_id=made.pk, reason="再次")
    grant.grant_resume(actor=town.world.reviewer, grant_id=made.pk)
    made.refresh_from_db()
    assert (made.status, made.suspended_by, made.suspend_reason) == (GrantStatus.SUSPENDED, Side.PROVIDER, "迁移")
