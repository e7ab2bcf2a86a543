"""What pages say of states, steps and instants."""

from datetime import date

import pytest
from django.test import override_settings
from django.utils import translation

from catalog.services.succession import entries_take_over
from core.exceptions import InvalidTransition
from core.testing import clock_at
from sharing.choices import GrantStatus, RequestStatus
from sharing.models import Grant, ShareRequest
from sharing.services import answer, dispute, following, material, telling
from tests.catalog.views.reader import get, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import pulled
from workflow.models import Task


def page_of(thing: ShareRequest | Grant) -> str:
    return f"/sharing/{'requests' if isinstance(thing, ShareRequest) else 'grants'}/{thing.pk}/"


def test_an_agreement_whose_data_are_there_waits_for_who_asked(town: SharingTown) -> None:
    there = town.approved()
    empty = town.approved(dataset=None)
    assert "Agreed, awaiting delivery" in text_of(get(town.asker, page_of(empty)))
    for address in (page_of(there), f"{page_of(there)}print/"):
        shown = text_of(get(town.asker, address))
        assert "Made available, receipt to be confirmed" in shown
        assert "awaiting delivery" not in shown
    listed = get(town.asker, "/sharing/requests/?view=mine&status=agreed")
    assert "Made available, receipt to be confirmed" in text_of(listed)
    written = get(town.asker, "/sharing/requests/?view=mine&export=csv").content.decode()
    assert "Made available, receipt to be confirmed" in written


def test_the_file_of_requests_has_the_time_limit_of_the_list(town: SharingTown) -> None:
    with clock_at("2026-11-02 10:00"):
        town.agreed()
        written = get(town.world.head, "/sharing/requests/?view=incoming&export=csv").content.decode()
    assert written.splitlines()[0].endswith("Time limit")
    assert written.splitlines()[1].endswith(",2026-11-16")


def test_what_was_granted_whole_by_itself_is_not_disputed(free: SharingTown) -> None:
    request = free.agreed()
    assert request.grants.exists()
    assert "dispute" not in text_of(get(free.asker_head, page_of(request))).lower()
    with pytest.raises(InvalidTransition):
        dispute.request_dispute(actor=free.asker_head, request_id=request.pk, reason="还要更多")
    nothing = free.agreed(dataset=None)
    Grant.objects.filter(request=nothing).delete()
    disputed = dispute.request_dispute(actor=free.asker_head, request_id=nothing.pk, reason="逾期未提供")
    assert disputed.status == RequestStatus.DISPUTED


def test_a_grant_is_over_at_its_instant_whenever_that_is_written_down(town: SharingTown) -> None:
    with clock_at("2026-11-26 10:00") as now:
        made = town.granted(valid_until=date(2026, 12, 31))
        now.move_to("2027-01-01 00:00:05")
        shown = text_of(get(town.asker_head, page_of(made)))
        assert "Expired" in shown
        assert "Its time is over." in shown
        assert "The right on the data is missing" not in shown
        telling.grants_keep(actor=following.MERGING)
        # What happened by itself is the system's, not a job's by its name.
        shown = text_of(get(town.asker_head, page_of(made)))
        assert "System" in shown
        assert "sharing-merger" not in shown


def test_own_data_are_not_to_be_disposed_of(town: SharingTown) -> None:
    made, asked = town.granted(), town.agreed()
    pulled(made, town.asker)
    admin = actor_of(UserFactory(roles=["sysadmin"], full_name="吴维"))
    entries_take_over(actor=admin, merged=town.world.provider, survivor=town.world.other)
    following.sharing_take_over(actor=admin, merged=town.world.provider, survivor=town.world.other)
    made.refresh_from_db()
    assert (made.status, made.end_reason) == (GrantStatus.ENDED, "")
    telling.grant_step_tell(grant_id=made.pk, action="end", by=None, key="1")
    assert not Task.objects.filter(kind="sharing.grant.dispose", closed_at=None).exists()
    shown = text_of(get(town.asker_head, page_of(made)))
    assert "The data are the department's own now." in shown
    assert "No longer needed" not in shown
    assert "Confirm the disposal" not in shown
    assert "吴维" not in shown
    shown = text_of(get(town.asker_head, page_of(asked)))
    assert "Closed: the data are the department's own now." in shown
    assert "asked anew" not in shown
    assert "吴维" not in shown


def test_a_provider_has_one_opinion(town: SharingTown) -> None:
    request = town.agreed()
    ShareRequest.objects.filter(pk=request.pk).update(status=RequestStatus.AWAITING_AUTHORITY)
    assert "Give the opinion" in text_of(get(town.world.head, page_of(request)))
    answer.request_advise(actor=town.world.head, request_id=request.pk, opinion="依法不得提供")
    second = actor_of(UserFactory(department=town.world.provider, roles=["head"]))
    assert "Give the opinion" not in text_of(get(second, page_of(request)))
    with pytest.raises(InvalidTransition):
        answer.request_advise(actor=second, request_id=request.pk, opinion="可以提供")
    request.refresh_from_db()
    assert request.provider_opinion == "依法不得提供"


def test_a_provisional_day_is_one_on_the_timeline_too(town: SharingTown) -> None:
    with clock_at("2026-12-28 10:00"):
        request = town.agreed()
        body = get(town.asker, page_of(request)).content.decode()
        timeline = body[body.index('<ol class="tl">') :]
        assert "rovisional" in timeline[: timeline.index("</ol>")]


def test_who_adds_material_reads_what_becomes_of_the_providers_time(town: SharingTown) -> None:
    request = town.agreed()
    material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="承诺书")
    for who in (town.asker, town.world.head):
        shown = text_of(get(who, page_of(request)))
        assert "The provider's time has ended and begins anew once this is added." in shown


def test_ways_are_joined_as_the_language_does(town: SharingTown) -> None:
    request = town.agreed()
    assert "Service interface, File download" in text_of(get(town.asker, page_of(request)))
    with override_settings(LANGUAGE_CODE="zh-hant"), translation.override("zh-hant"):
        body = get(town.asker, page_of(request)).content.decode()
    assert "第二十條" in body
    assert "第二十条" not in body
