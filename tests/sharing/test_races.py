"""What two do at the same moment, each with a connection of its own."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.models import AuditEvent
from catalog import services as catalog
from collection.services import dataset_retire
from core import clock
from core.actors import PUBLIC
from core.exceptions import InvalidTransition, NotAllowed
from core.testing import clock_at
from sharing.choices import RequestKind, RequestStatus
from sharing.client_choices import PullKind
from sharing.models import Grant, GrantNotice, Pull, RefusedCall, ShareRequest
from sharing.selectors.client import client_get_for
from sharing.selectors.request import entry_lock, request_get_for
from sharing.services import answer, drafting, filing, holding, service, stopping, terms
from sharing.services import grant as grants
from sharing.services.client import client_register
from sharing.services.many import requests_pass_many
from sharing.services.pull import PullFacts, pull_record
from sharing.services.refused_call import refused_call_record
from sharing.services.right import grants_lock
from tests.factories.catalog import ITEMS
from tests.sharing.conftest import SharingTown, free_of, make_sharing_world, town_of
from tests.sharing.factories import client_make
from tests.workflow.race import Beside, in_threads

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "store"])


@pytest.fixture
def town(transactional_db: None) -> SharingTown:
    return town_of(make_sharing_world())


def test_pulls_are_logged_while_a_grant_or_its_client_is_being_changed(town: SharingTown) -> None:
    made = town.granted()
    Grant.objects.update(first_pulled_at=made.created_at)
    made.refresh_from_db()
    machine = client_make(town.world.other, grants=[made])
    facts = PullFacts(made, 1, PullKind.ROWS, (), "127.0.0.1")

    def log() -> None:
        pull_record(actor=town.asker, facts=facts, rows=1, size_bytes=1, milliseconds=1)
        Pull.objects.create(
            at=made.created_at, client=machine, department=made.department, grant=made, edition=1, version=1,
            kind=PullKind.ROWS, items=[],
        )  # fmt: skip

    with transaction.atomic():
        grants_lock(made.dataset_id, made.department_id)
        client_get_for(town.world.secadmin, machine.pk, for_update=True)
        Beside(log, milliseconds=3_000).end()
    assert Pull.objects.count() == 2


def test_a_publication_waits_for_an_answer_and_then_reaches_the_grant_that_came_of_it(town: SharingTown) -> None:
    request, world = town.agreed(), town.world
    gone = town.items("NRRQ")[0]
    items = [{**one, "id": town.items(str(one["field_name"]))[0]} for one in ITEMS if one["field_name"] != "NRRQ"]
    catalog.entry_update(actor=world.cataloguer, ref=town.entry.pk, fields={}, items=items)
    catalog.entry_submit(actor=world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=world.head, ref=town.entry.pk)
    with transaction.atomic():
        answer.request_approve(actor=world.head, request_id=request.pk)
        publishing = Beside(lambda: catalog.entry_approve(actor=world.reviewer, ref=town.entry.pk))
        assert publishing.is_waiting(1), publishing.error
    publishing.end()
    made = Grant.objects.get(request=request.pk)
    assert town.items("XM")[0] in made.items
    assert gone not in made.items
    assert ShareRequest.objects.get(pk=request.pk).status == "agreed"


def test_data_are_not_unhooked_while_an_agreement_gives_them(town: SharingTown) -> None:
    request, world = town.agreed(), town.world
    with transaction.atomic():
        answer.request_approve(actor=world.head, request_id=request.pk)
        unhooking = Beside(lambda: dataset_retire(actor=world.cataloguer, dataset_id=town.dataset.pk, reason="并入"))
        assert unhooking.is_waiting(1), unhooking.error
    with pytest.raises(InvalidTransition, match="1 grant on these data is open"):
        unhooking.end()


def test_of_two_clients_of_one_name_one_is_refused_in_words(town: SharingTown) -> None:
    given = {"name": "核验", "system_id": town.system.pk, "purpose": "核验", "networks": ["10.1.0.0/16"]}
    results = in_threads(lambda: client_register(actor=town.asker, **given))  # type: ignore[arg-type]
    assert sorted(type(one).__name__ for one in results) == ["Client", "RuleViolation"]


@pytest.fixture
def free(transactional_db: None) -> SharingTown:
    return free_of(make_sharing_world())


def take(town: SharingTown) -> Grant:
    return terms.grant_take(
        actor=town.asker,
        dataset_id=town.dataset.pk,
        purpose="核对机构名称",
        until=clock.today() + timedelta(days=365),
        systems=[town.system.pk],
    )


def test_nothing_is_taken_or_agreed_to_by_itself_while_a_stop_is_being_announced(free: SharingTown) -> None:
    terms.terms_accept(actor=free.asker_head, number=1)
    held, asked = take(free), free.submitted()
    with transaction.atomic():
        stopping.stop_announce(
            actor=free.world.head, grant_id=held.pk, reason="停止", stops_on=clock.today() + timedelta(days=30)
        )
        taking = Beside(lambda: take(free))
        agreeing = Beside(lambda: filing.request_agree(actor=free.asker_head, request_id=asked.pk))
        assert taking.is_waiting(1), taking.error
        assert agreeing.is_waiting(0.1), agreeing.error
    with pytest.raises(NotAllowed):
        taking.end()
    agreeing.end()
    assert list(Grant.objects.all()) == [held]
    assert ShareRequest.objects.get(pk=asked.pk).status == "awaiting_provider"


def test_what_is_made_while_the_end_is_announced_to_all_is_announced_with_it(town: SharingTown) -> None:
    held, request, world = town.granted(), town.agreed(), town.world

    def announce() -> service.StopOfAll:
        day = clock.today() + timedelta(days=30)
        return service.service_stop_announce(actor=world.head, dataset_id=town.dataset.pk, reason="停止", stops_on=day)

    with transaction.atomic():
        request_get_for(world.head, request.pk, for_update=True)
        grants_lock(town.dataset.pk, request.department_id)
        announcing = Beside(announce)
        assert announcing.is_waiting(1), announcing.error
        answer.request_approve(actor=world.head, request_id=request.pk)
    announcing.end()
    made = Grant.objects.get(request=request)
    assert set(GrantNotice.objects.values_list("grant", flat=True)) == {held.pk, made.pk}


def test_a_grant_runs_again_while_its_department_takes_another_of_the_same_data(free: SharingTown) -> None:
    terms.terms_accept(actor=free.asker_head, number=1)
    held = take(free)
    grants.grant_suspend(actor=free.world.reviewer, grant_id=held.pk, reason="核查")
    with transaction.atomic():
        grants_lock(held.dataset_id, held.department_id)
        taking = Beside(lambda: take(free))
        assert taking.is_waiting(1), taking.error
        grants.grant_resume(actor=free.world.reviewer, grant_id=held.pk)
    taking.end()
    assert set(Grant.objects.values_list("status", flat=True)) == {"active"}
    assert Grant.objects.count() == 2


def test_many_that_go_on_in_one_transaction_are_locked_in_the_order_of_their_entries(free: SharingTown) -> None:
    other = free_of(free.world, name="社区养老服务站")
    late, early = other.submitted(), free.submitted()
    picked = {one.pk: one.edit_version for one in (late, early)}

    def call() -> None:
        with transaction.atomic():  # as an Idempotency-Key has it
            assert [one.pk for one in requests_pass_many(actor=free.asker_head, picked=picked).passed] == list(picked)

    with transaction.atomic():
        entry_lock([early.entry_id])
        calling = Beside(call)
        assert calling.is_waiting(1), calling.error
        entry_lock([late.entry_id])
    calling.end()
    assert set(ShareRequest.objects.values_list("status", flat=True)) == {"agreed"}


def test_a_first_pull_waits_for_who_decides_on_the_entry_and_holds_nothing_meanwhile(town: SharingTown) -> None:
    made = town.granted()
    facts = PullFacts(made, 1, PullKind.ROWS, (), "127.0.0.1")
    with transaction.atomic():
        entry_lock([town.entry.pk])
        pulling = Beside(lambda: pull_record(actor=town.asker, facts=facts, rows=1, size_bytes=1, milliseconds=1))
        assert pulling.is_waiting(1), pulling.error
        assert ShareRequest.objects.select_for_update(nowait=True).get().status == RequestStatus.AGREED
    pulling.end()
    assert ShareRequest.objects.get().status == RequestStatus.DELIVERED


def test_times_that_follow_a_merger_are_looked_at_in_the_order_of_the_entries(
    free: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = free_of(free.world, name="社区养老服务站")
    late, early = other.submitted(), free.submitted()
    ShareRequest.objects.update(status=RequestStatus.AGREED, replied_at=clock.now())
    seen: list[int] = []
    monkeypatch.setattr(holding, "_follow", lambda _actor, pk: seen.append(pk))
    holding.deliveries_follow_merger(actor=free.asker, department_id=free.world.other.pk)
    assert (late.pk < early.pk, seen) == (True, [early.pk, late.pk])


def test_refused_calls_at_once_are_all_counted(transactional_db: None) -> None:
    def refuse() -> None:
        refused_call_record(
            actor=PUBLIC, client_id=None, code="invalid_token", status=401, method="GET", path="/", address="::1"
        )

    with clock_at("2026-09-18 10:00"):
        assert in_threads(refuse, 8) == [None] * 8
        assert RefusedCall.objects.get().count == 8
    assert AuditEvent.objects.filter(action="access.denied", note="invalid_token").count() == 1


def test_of_two_renewals_asked_for_at_the_same_moment_one_is_drafted(town: SharingTown) -> None:
    made = town.granted()

    def follow() -> object:
        return drafting.request_follow(actor=town.asker, grant_id=made.pk, kind=RequestKind.RENEWAL)

    with transaction.atomic():
        first = follow()
        second = Beside(follow)
        assert second.is_waiting(1), second.error
    with pytest.raises(InvalidTransition):
        second.end()
    assert list(ShareRequest.objects.filter(previous_grant=made)) == [first]
