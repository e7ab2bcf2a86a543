"""Who hears of which step of a request: whoever has it, or loses it, and nobody it does not concern."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from core import clock
from core.actors import system_actor
from core.testing import clock_at
from sharing.choices import EndReason, RequestStatus
from sharing.models import ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.services import answer, delivery, dispute, filing, grant, stopping
from sharing.services.policy import sharing_policy_set
from tests.catalog.views.reader import get
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, town_of
from tests.sharing.requests import status_of
from workflow import outbox_delivery
from workflow.models import Notification

CLOCK = system_actor(CLOCK_JOB)


def people_of(town: SharingTown) -> dict[int | None, str]:
    world = town.world
    return {
        town.asker.id: "asker",
        town.asker_head.id: "asker_head",
        world.cataloguer.id: "cataloguer",
        world.head.id: "head",
        world.reviewer.id: "reviewer",
        world.second_reviewer.id: "second_reviewer",
    }


def told_of(town: SharingTown, act: Callable[[], object]) -> set[str]:
    """Return who hears of what an act does to a request."""
    while outbox_delivery.deliver():
        pass
    last = Notification.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    act()
    while outbox_delivery.deliver():
        pass
    people = people_of(town)
    told = Notification.objects.filter(pk__gt=last, kind="sharing.request", user__in=people)
    return {people[one.user_id] for one in told}


def _checked(town: SharingTown, attribute: str) -> None:
    sharing_policy_set(
        actor=town.world.reviewer,
        region_id=town.world.provider.region_id,
        checked=[attribute],
        supplement_clock="restart",
        longest_days=1095,
    )


def _agree(town: SharingTown, request: ShareRequest) -> Callable[[], object]:
    return lambda: filing.request_agree(actor=town.asker_head, request_id=request.pk)


def test_at_the_form_check_the_provider_hears_nothing(town: SharingTown) -> None:
    town.check_conditional()
    request = town.submitted()
    assert told_of(town, _agree(town, request)) == {"asker"}
    withdraw = told_of(town, lambda: filing.request_withdraw(actor=town.asker, request_id=request.pk))
    assert withdraw == {"asker_head", "reviewer", "second_reviewer"}


def test_news_of_a_grant_say_until_when_it_gives_data_where_that_is_plain(town: SharingTown) -> None:
    made = town.granted()
    told_of(town, lambda: None)
    given = {"actor": town.world.head, "grant_id": made.pk}
    last_day = made.last_moment.astimezone(clock.REGION_ZONE).date()

    def body(act: Callable[..., object], **more: Any) -> str:
        told_of(town, lambda: act(**given, **more))
        told = Notification.objects.filter(user=town.asker.id, kind="sharing.grant").order_by("pk").last()
        assert told is not None
        return str(told.body)

    assert body(grant.grant_suspend, reason="核查") == ""
    assert body(grant.grant_resume) == f"Data are given until {last_day}."
    stops_on = clock.today() + timedelta(days=30)
    assert body(stopping.stop_announce, reason="系统改造", stops_on=stops_on) == ""
    assert body(grant.grant_end, reason=EndReason.MISUSE, note="外泄") == str(EndReason.MISUSE.label)


def test_what_was_returned_before_the_news_went_out_is_news_to_nobody_else(town: SharingTown) -> None:
    town.check_conditional()
    request = town.submitted()

    def agreed_and_returned() -> None:
        filing.request_agree(actor=town.asker_head, request_id=request.pk)
        filing.request_return(actor=town.world.reviewer, request_id=request.pk, opinion="请补充")

    assert told_of(town, agreed_and_returned) == {"asker", "asker_head"}
    assert get(town.world.cataloguer, f"/sharing/requests/{request.pk}/").status_code == 404


def test_the_provider_hears_of_a_request_with_its_receipt(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    passed = told_of(town, lambda: filing.request_pass(actor=town.world.reviewer, request_id=request.pk))
    assert passed == {"asker", "asker_head", "head"}


def test_what_goes_by_itself_after_the_check_is_news_to_who_makes_it_available(free: SharingTown) -> None:
    _checked(free, "unconditional")
    request = free.agreed(dataset=None)
    assert status_of(request) == RequestStatus.AWAITING_CHECK
    passed = told_of(free, lambda: filing.request_pass(actor=free.world.reviewer, request_id=request.pk))
    assert status_of(request) == RequestStatus.AGREED
    assert passed == {"asker", "asker_head", "head", "cataloguer"}


def test_the_provider_hears_that_what_it_was_to_make_available_came_to_nothing(town: SharingTown) -> None:
    lapsing = town.approved(dataset=None, valid_until=clock.today() + timedelta(days=10))
    leaving = town.approved(dataset=None)
    everybody = {"asker", "asker_head", "head", "cataloguer"}
    withdraw = told_of(town, lambda: filing.request_withdraw(actor=town.asker, request_id=leaving.pk))
    assert withdraw == everybody - {"asker"}
    with clock_at(clock.now() + timedelta(days=20)):
        assert told_of(town, lambda: delivery.agreements_expire(actor=CLOCK)) == everybody
    assert status_of(lapsing) == RequestStatus.WITHDRAWN


def test_a_dispute_that_is_taken_back_is_news_to_the_authority(town: SharingTown) -> None:
    request = town.agreed(dataset=None)
    answer.request_approve(actor=town.world.head, request_id=request.pk, items=["DXBH"], opinion="部分")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="缺项")
    taken_back = told_of(town, lambda: filing.request_withdraw(actor=town.asker_head, request_id=request.pk))
    assert status_of(request) == RequestStatus.AGREED
    assert taken_back == {"asker", "head", "cataloguer", "reviewer", "second_reviewer"}
    # Not so what it has no part in.
    other = town.agreed()
    assert told_of(town, lambda: filing.request_withdraw(actor=town.asker_head, request_id=other.pk)) == {
        "asker",
        "head",
    }


def _withheld(world: CatalogWorld) -> SharingTown:
    law = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}
    return town_of(
        world, sharing="withheld", sharing_reason="法律规定", legal_basis=[law], sharing_scope="", sharing_purpose=""
    )


def test_the_authority_hears_the_opinion_and_the_provider_what_is_decided_upon_it(world: CatalogWorld) -> None:
    town = _withheld(world)
    refused, given = town.agreed(), town.agreed(dataset=None)
    for one in (refused, given):
        advise = partial(answer.request_advise, actor=world.head, request_id=one.pk, opinion="不宜提供")
        advised = told_of(town, advise)
        assert advised == {"asker", "asker_head", "reviewer", "second_reviewer"}
    refuse = told_of(
        town, lambda: answer.request_refuse(actor=world.reviewer, request_id=refused.pk, opinion="不予提供")
    )
    assert refuse == {"asker", "asker_head", "head"}
    approve = told_of(
        town, lambda: answer.request_approve(actor=world.reviewer, request_id=given.pk, opinion="确有必要")
    )
    assert approve == {"asker", "asker_head", "head", "cataloguer"}
