"""A dispute before its decision: the provider is heard, the authority mediates, both heads confirm or one declines."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from catalog import services as catalog
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation, StaleEdit
from core.testing import clock_at
from sharing import hindrances
from sharing.choices import GrantStatus, RequestStatus
from sharing.models import Grant, Mediation, RequestStep, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.selectors.request import requests_waiting
from sharing.services import answer, delivery, dispute, filing, mediation, step, stopping, succession, usage
from sharing.services import grant as grants
from tests.catalog.views.reader import client_of, get, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.requests import codes, open_tasks, status_of
from tests.unchanged import database_digest, nothing_changes

CLOCK = system_actor(CLOCK_JOB)


@pytest.fixture
def disputed(town: SharingTown) -> ShareRequest:
    """A request that was refused, of which the requester took the refusal to the authority."""
    request = town.agreed()
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="用途不符")
    return dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于共享范围")


def page_of(request: ShareRequest) -> str:
    return f"/sharing/requests/{request.pk}/"


def mediate(town: SharingTown, request: ShareRequest, **given: Any) -> ShareRequest:
    given = {"held_on": clock.today(), "text": "双方到会协商", "is_agreed": True} | given
    return mediation.request_mediate(actor=town.world.reviewer, request_id=request.pk, **given)


def test_the_provider_is_heard_before_anything_is_given_against_it(town: SharingTown, disputed: ShareRequest) -> None:
    settled = {"request_id": disputed.pk, "is_granted": True, "opinion": "应当共享"}
    assert (step.TASK_RESPOND, "head") in open_tasks(disputed)
    with pytest.raises(RuleViolation) as refused:
        dispute.request_settle(actor=town.world.reviewer, **settled)
    assert codes(refused) == {("without_provider", "required")}
    for other in (town.asker_head, town.world.cataloguer, town.world.reviewer):
        with pytest.raises(NotAllowed):
            mediation.request_respond(actor=other, request_id=disputed.pk, statement="我方意见")
    with pytest.raises(RuleViolation):
        mediation.request_respond(actor=town.world.head, request_id=disputed.pk, statement=" ")
    mediation.request_respond(actor=town.world.head, request_id=disputed.pk, statement="批量核验超出使用条件")
    assert open_tasks(disputed) == [(step.TASK_SETTLE, "reviewer")]
    with pytest.raises(InvalidTransition):
        mediation.request_respond(actor=town.world.head, request_id=disputed.pk, statement="再说一次")
    dispute.request_settle(actor=town.world.reviewer, **settled)
    detail = RequestStep.objects.get(request=disputed, action="settle").detail
    assert detail["mediated"] is False
    assert "unheard" not in detail
    shown = text_of(get(town.asker_head, page_of(disputed)))
    assert "批量核验超出使用条件" in shown
    assert "the provider was heard" in shown
    assert "without a mediation" in shown
    assert "批量核验超出使用条件" in text_of(get(town.asker_head, f"{page_of(disputed)}print/"))


def test_what_was_agreed_to_before_the_entry_changed_is_not_confirmed(
    town: SharingTown, disputed: ShareRequest
) -> None:
    mediate(town, disputed, items=["DXBH", "XM"])
    mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    catalog.entry_update(actor=town.world.cataloguer, ref=town.entry.pk, fields={"summary": "口径有变"})
    catalog.entry_submit(actor=town.world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        mediation.request_concur(actor=town.asker_head, request_id=disputed.pk, is_agreed=True)
    assert refused.value.code == "outdated"
    assert not Grant.objects.exists()


def test_the_heads_read_all_that_they_confirm(town: SharingTown, disputed: ShareRequest) -> None:
    mediate(
        town,
        disputed,
        items=["DXBH", "XM"],
        masks={"XM": "text", "DXBH": "none"},
        until=date(2027, 1, 31),
        limits={"rows_per_day": 700, "calls_per_minute": 9},
        row_filter=[{"item": "DXBH", "operator": "startswith", "values": ["9901"]}],
    )
    for head in (town.asker_head, town.world.head):
        shown = text_of(get(head, page_of(disputed)))
        agreed = shown[shown.index("Agreed to in the mediation") : shown.index("Confirm for your department")]
        for words in (
            "Not masked", "Text: hidden", "Not given", "9901", "2027-01-31", "As soon as granted",
            "700 rows a day · 9 calls a minute",
        ):  # fmt: skip
            assert words in agreed, words
    mediate(town, disputed)
    assert "No limit of use" in text_of(get(town.world.head, page_of(disputed)))


def test_an_approval_that_comes_after_the_dispute_began_is_refused_with_its_words_kept(
    town: SharingTown, disputed: ShareRequest
) -> None:
    sent = {
        "items": town.items(), "methods": ["api"], "until": "2027-01-31", "opinion": "应予提供", "edit_version": "1",
        "held_on": clock.today().isoformat(),
    }  # fmt: skip
    browser = client_of(town.world.head)
    with nothing_changes():
        answered = browser.post(f"{page_of(disputed)}approve/", sent)
    assert answered.status_code == 409
    assert "应予提供" in answered.content.decode()


def test_what_a_dispute_waits_for_is_on_the_list_of_whoever_owes_it(town: SharingTown, disputed: ShareRequest) -> None:
    def owed() -> tuple[bool, bool]:
        heads = (town.world.head, town.asker_head)
        return tuple(requests_waiting(head).filter(pk=disputed.pk).exists() for head in heads)

    assert owed() == (True, False)
    assert not requests_waiting(town.world.cataloguer).exists()
    mediation.request_respond(actor=town.world.head, request_id=disputed.pk, statement="超出条件")
    assert owed() == (False, False)
    mediate(town, disputed)
    assert owed() == (True, True)
    mediation.request_concur(actor=town.asker_head, request_id=disputed.pk, is_agreed=True)
    assert owed() == (True, False)
    mediate(town, disputed, is_agreed=False)
    assert owed() == (False, False)
    mediate(town, disputed)
    mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=False, opinion="不同意")
    assert owed() == (False, False)


def test_what_both_heads_confirm_settles_the_dispute(town: SharingTown, disputed: ShareRequest) -> None:
    mediate(town, disputed, items=["DXBH", "XM"], masks={"XM": "text"}, until=date(2027, 1, 31))
    assert status_of(disputed) == RequestStatus.DISPUTED
    assert not Grant.objects.exists()
    assert open_tasks(disputed).count((step.TASK_CONCUR, "head")) == 2
    assert "Confirmation of the mediated agreement" in text_of(get(town.asker, page_of(disputed)))
    with pytest.raises(NotAllowed):
        mediation.request_concur(actor=town.world.reviewer, request_id=disputed.pk, is_agreed=True)
    mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    assert status_of(disputed) == RequestStatus.DISPUTED
    assert open_tasks(disputed).count((step.TASK_CONCUR, "head")) == 1
    with pytest.raises(InvalidTransition) as refused:
        mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    assert refused.value.code == "confirmed"
    mediation.request_concur(actor=town.asker_head, request_id=disputed.pk, is_agreed=True)
    grant = Grant.objects.get(status=GrantStatus.ACTIVE)
    assert grant.items == town.items("DXBH", "XM")
    assert grant.masks[town.items("XM")[0]] == "text"
    assert status_of(disputed) == RequestStatus.AGREED
    assert "Dispute settled by agreement" in text_of(get(town.asker, page_of(disputed)))
    with pytest.raises(InvalidTransition):
        dispute.request_dispute(actor=town.asker_head, request_id=disputed.pk, reason="仍有异议")


def test_who_confirmed_may_decline_until_the_other_side_has_confirmed_too(
    town: SharingTown, disputed: ShareRequest
) -> None:
    mediate(town, disputed)
    mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    shown = text_of(get(town.world.head, page_of(disputed)))
    assert "Your department confirmed it" in shown
    assert "Decline it after all" in shown
    assert "Confirm the agreement" not in shown
    mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=False, opinion="发现滥用")
    with pytest.raises(InvalidTransition):
        mediation.request_concur(actor=town.asker_head, request_id=disputed.pk, is_agreed=True)
    assert not Grant.objects.exists()


def _suspend(town: SharingTown, grant: Grant) -> None:
    grants.grant_suspend(actor=town.world.reviewer, grant_id=grant.pk, reason="核查")


def _end_for_misuse(town: SharingTown, grant: Grant) -> None:
    grants.grant_end(actor=town.world.head, grant_id=grant.pk, reason="misuse", note="超范围使用")


def _announce(town: SharingTown, grant: Grant) -> None:
    stops_on = clock.today() + timedelta(days=60)
    stopping.stop_announce(actor=town.world.head, grant_id=grant.pk, reason="改造", stops_on=stops_on)


def _inspect(town: SharingTown, grant: Grant, result: str = "misuse", by: Actor | None = None) -> None:
    usage.inspection_record(actor=by or town.world.head, grant_id=grant.pk, result=result, finding="向第三方提供")


def _find_out_late(town: SharingTown, grant: Grant) -> None:
    grants.grant_end(actor=town.asker_head, grant_id=grant.pk, reason="not_needed")
    _inspect(town, grant)


@pytest.mark.parametrize("act", [_suspend, _end_for_misuse, _announce, _find_out_late])
def test_nobody_confirms_his_way_out_of_what_stopped_his_use(
    town: SharingTown, act: Callable[[SharingTown, Grant], None]
) -> None:
    part = town.granted_in_part(items=town.items("DXBH"))
    request = part.request
    assert request is not None
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于共享范围")
    mediate(town, request)
    mediation.request_concur(actor=town.world.head, request_id=request.pk, is_agreed=True)
    act(town, part)
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        mediation.request_concur(actor=town.asker_head, request_id=request.pk, is_agreed=True)
    assert refused.value.code == "outdated"
    assert Grant.objects.count() == 1
    # The page offers what the service takes; it waits for the head all the same, on his list and in his inbox.
    shown = text_of(get(town.asker_head, page_of(request)))
    assert "was changed since the mediation" in shown
    assert "Confirm the agreement" not in shown
    assert "Decline it" in shown
    assert requests_waiting(town.asker_head).filter(pk=request.pk).exists()
    assert open_tasks(request).count((step.TASK_CONCUR, "head")) == 1
    mediation.request_concur(actor=town.asker_head, request_id=request.pk, is_agreed=False, opinion="已变更")
    assert not requests_waiting(town.asker_head).filter(pk=request.pk).exists()
    assert (step.TASK_CONCUR, "head") not in open_tasks(request)


@pytest.mark.parametrize("act", [_end_for_misuse, _find_out_late, _inspect])
def test_what_is_agreed_to_waits_until_the_use_is_found_in_order_whenever_misuse_was_found(
    town: SharingTown, act: Callable[[SharingTown, Grant], None]
) -> None:
    misused, asked = town.granted(), town.agreed()
    act(town, misused)
    if act is _inspect:  # neither does its time go by with it
        with clock_at(misused.valid_to + timedelta(seconds=1)):
            succession.grant_expire(actor=CLOCK, grant_id=misused.pk)
    answer.request_approve(actor=town.world.head, request_id=asked.pk, opinion="同意")
    assert (status_of(asked), Grant.objects.count()) == (RequestStatus.AGREED, 1)
    assert "is in order, first" in text_of(get(town.world.cataloguer, page_of(asked)))
    deliver = {"actor": town.world.cataloguer, "request_id": asked.pk, "dataset_id": town.dataset.pk}
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        delivery.request_deliver(**deliver)
    assert refused.value.code == "misuse"
    _inspect(town, misused, "in_order")
    delivery.request_deliver(**deliver)
    assert Grant.objects.filter(request=asked, status=GrantStatus.ACTIVE).exists()


def test_misuse_that_the_authority_found_is_not_for_the_provider_to_find_in_order(town: SharingTown) -> None:
    ended, inspected, asked = town.granted(), town.granted(), town.agreed()
    grants.grant_end(actor=town.world.reviewer, grant_id=ended.pk, reason="misuse", note="超范围使用")
    grants.grant_end(actor=town.asker_head, grant_id=inspected.pk, reason="not_needed")
    _inspect(town, inspected, by=town.world.reviewer)
    answer.request_approve(actor=town.world.head, request_id=asked.pk, opinion="同意")
    for one in (ended, inspected):
        _inspect(town, one, "in_order")
        assert hindrances.delivery(asked) is not None
    for one in (ended, inspected):
        assert hindrances.delivery(asked) is not None
        _inspect(town, one, "in_order", town.world.reviewer)
    assert hindrances.delivery(ShareRequest.objects.get(pk=asked.pk)) is None


def test_a_mediated_agreement_waits_for_the_use_that_was_misused_before(town: SharingTown) -> None:
    part = town.granted_in_part(items=town.items("DXBH"))
    request = part.request
    assert request is not None
    _end_for_misuse(town, part)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于共享范围")
    mediate(town, request)
    for head in (town.asker_head, town.world.head):
        mediation.request_concur(actor=head, request_id=request.pk, is_agreed=True)
    assert (status_of(request), Grant.objects.count()) == (RequestStatus.AGREED, 1)
    assert (step.TASK_DELIVER, "cataloguer") in open_tasks(request)


def test_the_api_says_what_became_of_each_mediation(town: SharingTown, disputed: ShareRequest) -> None:
    def states() -> list[str]:
        found = client_of(town.asker_head).get(f"/api/v1/share-requests/{disputed.pk}/").json()
        return [one["state"] for one in found["dispute"]["mediations"]]

    mediate(town, disputed)
    assert states() == ["pending"]
    mediate(town, disputed, is_agreed=False)
    mediate(town, disputed)
    assert states() == ["superseded", "not_agreed", "pending"]
    mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=False, opinion="不同意")
    mediate(town, disputed)
    assert states()[2:] == ["declined", "pending"]
    dispute.request_settle(actor=town.world.reviewer, request_id=disputed.pk, is_granted=False, opinion="维持")
    assert states() == ["superseded", "not_agreed", "declined", "superseded"]


def test_what_is_agreed_to_waits_for_who_suspended_the_use_before(town: SharingTown) -> None:
    running = town.granted()
    _suspend(town, running)
    asked = town.agreed()
    answer.request_approve(actor=town.world.head, request_id=asked.pk, opinion="同意")
    assert status_of(asked) == RequestStatus.AGREED
    assert [one.pk for one in Grant.objects.all()] == [running.pk]
    assert (step.TASK_DELIVER, "cataloguer") in open_tasks(asked)
    deliver = {"actor": town.world.cataloguer, "request_id": asked.pk, "dataset_id": town.dataset.pk}
    with nothing_changes(), pytest.raises(InvalidTransition) as refused:
        delivery.request_deliver(**deliver)
    assert refused.value.code == "suspended"
    grants.grant_resume(actor=town.world.reviewer, grant_id=running.pk)
    delivery.request_deliver(**deliver)
    assert Grant.objects.filter(status=GrantStatus.ACTIVE).count() == 2


def test_a_change_of_use_waits_for_what_was_announced_of_the_grant_it_replaces(town: SharingTown) -> None:
    running = town.granted()
    asked = town.agreed()
    ShareRequest.objects.filter(pk=asked.pk).update(kind="change", previous_grant=running)
    _announce(town, running)
    answer.request_approve(actor=town.world.head, request_id=asked.pk, opinion="同意")
    running.refresh_from_db()
    assert running.status == GrantStatus.ACTIVE
    assert running.notices.filter(closed_at__isnull=True).exists()
    with pytest.raises(InvalidTransition) as refused:
        delivery.request_deliver(actor=town.world.cataloguer, request_id=asked.pk, dataset_id=town.dataset.pk)
    assert refused.value.code == "announced"


def test_an_agreement_whose_days_are_over_is_told_to_be_so(town: SharingTown, disputed: ShareRequest) -> None:
    mediate(town, disputed, until=clock.today() + timedelta(days=1))
    with clock_at(clock.now() + timedelta(days=3)), nothing_changes(), pytest.raises(InvalidTransition) as refused:
        mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    assert refused.value.code == "outdated"
    assert "must lie ahead" in str(refused.value)


def test_a_mask_that_both_sides_lifted_stays_lifted_when_they_confirm(
    town: SharingTown, disputed: ShareRequest
) -> None:
    item = town.items("SFZH")[0]
    mediate(town, disputed, items=[item], masks={item: "none"})
    for head in (town.asker_head, town.world.head):
        mediation.request_concur(actor=head, request_id=disputed.pk, is_agreed=True)
    assert Grant.objects.get().masks == {}


def test_an_agreement_that_one_side_declines_leaves_it_to_the_authority(
    town: SharingTown, disputed: ShareRequest
) -> None:
    mediate(town, disputed)
    with pytest.raises(RuleViolation):
        mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=False)
    mediation.request_concur(actor=town.asker_head, request_id=disputed.pk, is_agreed=True)
    mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=False, opinion="负责人未同意")
    assert (step.TASK_CONCUR, "head") not in open_tasks(disputed)
    with pytest.raises(InvalidTransition):
        mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    dispute.request_settle(actor=town.world.reviewer, request_id=disputed.pk, is_granted=False, opinion="维持答复")
    detail = RequestStep.objects.get(request=disputed, action="settle").detail
    assert detail == {"granted": False, "mediated": True, "unheard": True}
    assert "after a mediation" in text_of(get(town.asker, page_of(disputed)))


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"text": " "}, ("text", "required")),
        ({"held_on": date(2020, 1, 1)}, ("held_on", "period")),
        ({"held_on": clock.today() + timedelta(days=2)}, ("held_on", "period")),
        ({"items": []}, ("items", "required")),
        ({"until": date(2031, 1, 1)}, ("until", "period")),
    ],
)
def test_a_mediation_is_put_down_as_it_was(
    town: SharingTown, disputed: ShareRequest, given: dict[str, Any], error: tuple[str, str]
) -> None:
    before = database_digest()
    with pytest.raises(RuleViolation) as refused:
        mediate(town, disputed, **given)
    assert error in codes(refused)
    assert database_digest() == before


def test_only_who_decides_a_dispute_mediates_in_it(town: SharingTown, disputed: ShareRequest) -> None:
    for other in (town.asker_head, town.world.head, town.asker):
        with pytest.raises(NotAllowed):
            mediation.request_mediate(
                actor=other, request_id=disputed.pk, held_on=clock.today(), text="协商", is_agreed=False
            )
    with pytest.raises(StaleEdit):
        mediate(town, disputed, edit_version=1)
    assert not Mediation.objects.exists()


def test_a_dispute_that_was_taken_back_takes_its_mediation_along(town: SharingTown, disputed: ShareRequest) -> None:
    mediation.request_respond(actor=town.world.head, request_id=disputed.pk, statement="用途不符")
    mediate(town, disputed)
    filing.request_withdraw(actor=town.asker_head, request_id=disputed.pk, reason="接受答复")
    with pytest.raises(InvalidTransition):
        mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    Mediation.objects.update(at=clock.now() - timedelta(days=1))
    again = dispute.request_dispute(actor=town.asker_head, request_id=disputed.pk, reason="有新依据")
    assert again.dispute_statement == ""
    with pytest.raises(InvalidTransition) as refused:
        mediation.request_concur(actor=town.world.head, request_id=disputed.pk, is_agreed=True)
    assert refused.value.code == "no_agreement"


def test_it_is_mediated_and_confirmed_on_the_page(town: SharingTown, disputed: ShareRequest) -> None:
    provider, reviewer, asker = (client_of(one) for one in (town.world.head, town.world.reviewer, town.asker_head))
    page = page_of(disputed)
    assert "Your statement on the dispute" in text_of(provider.get(page))
    assert provider.post(f"{page}respond/", {"statement": "超出使用条件"}).status_code == 302
    assert "Your statement on the dispute" not in text_of(provider.get(page))
    assert "Decide without the provider's opinion" not in text_of(reviewer.get(page))
    sent = {"items": town.items("DXBH"), "methods": ["api"], "until": "2027-01-31", "opinion": "双方同意提供编号"}
    refused = reviewer.post(f"{page}mediate/", sent | {"word": "yes"})
    assert refused.status_code == 422
    assert "Give the day on which you mediated." in text_of(refused)
    assert "双方同意提供编号" in refused.content.decode()
    sent |= {"held_on": clock.today().isoformat()}
    assert reviewer.post(f"{page}mediate/", sent | {"word": "no"}).status_code == 302
    assert "Confirm for your department" not in text_of(asker.get(page))
    assert reviewer.post(f"{page}mediate/", sent | {"word": "yes"}).status_code == 302
    for client in (asker, provider):
        shown = text_of(client.get(page))
        assert "Confirm for your department" in shown
        assert "Agreed to in the mediation" in shown
        assert client.post(f"{page}concur/", {"opinion": ""}).status_code == 422
        assert client.post(f"{page}concur/", {"word": "yes"}).status_code == 302
    assert status_of(disputed) == RequestStatus.AGREED
    assert text_of(asker.get(f"{page}print/")).count("双方同意提供编号") >= 2


def test_a_reviewer_who_mediates_or_settles_what_was_settled_meanwhile_keeps_his_words(
    town: SharingTown, disputed: ShareRequest
) -> None:
    dispute.request_settle(actor=town.world.second_reviewer, request_id=disputed.pk, is_granted=False, opinion="维持")
    sent = {"items": town.items("DXBH"), "methods": ["api"], "until": "2027-01-31", "opinion": "双方同意提供"}
    sent |= {"held_on": clock.today().isoformat(), "without_provider": "on"}
    for step_to in ("mediate/", "settle/"):
        late = client_of(town.world.reviewer).post(page_of(disputed) + step_to, sent | {"word": "yes"})
        assert late.status_code == 409
        assert "双方同意提供" in late.content.decode()


def test_a_head_who_took_part_in_asking_does_not_speak_for_the_provider(
    town: SharingTown, disputed: ShareRequest
) -> None:
    moved = actor_of(UserFactory(department=town.world.provider, roles=["head"]))
    ShareRequest.objects.filter(pk=disputed.pk).update(submitted_by=moved.id)
    mediate(town, disputed)
    with pytest.raises(NotAllowed):
        mediation.request_respond(actor=moved, request_id=disputed.pk, statement="同意")
    with pytest.raises(NotAllowed):
        mediation.request_concur(actor=moved, request_id=disputed.pk, is_agreed=True)
