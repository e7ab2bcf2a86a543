"""A library passes on what a grant gives only where the provider agrees, and never more widely than the source."""

from dataclasses import replace
from typing import Any

import pytest

from catalog import services as catalog
from collection.services import dataset_hook
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from libraries import tasks, transitions
from libraries.choices import PartConsent
from libraries.models import Part
from libraries.services import compose
from libraries.services.build import build_ask
from libraries.services.consent import TASK_CONSENT, part_answer
from libraries.services.part import part_add, part_remove, part_update
from sharing.models import Pull
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.worker import run_of
from tests.libraries.conftest import KEY, NAME, LibraryTown, composed, filed
from tests.sharing.factories import items_named
from tests.unchanged import nothing_changes
from workflow.models import Notification, OutboxMessage, Task
from workflow.outbox import OutboxEvent

ROWS = "身份证号,姓名\n1,王小明\n"


@pytest.fixture
def asked(town: LibraryTown) -> Part:
    """A source that its provider has not answered about."""
    provider = town.provider([KEY, NAME], ROWS)
    return part_add(
        actor=town.cataloguer,
        dataset_id=town.dataset.pk,
        grant_id=town.grant(provider).pk,
        mapping=town.mapping(provider.dataset, SFZH="SFZH"),
    )


def waiting() -> list[Task]:
    return list(Task.objects.filter(kind=TASK_CONSENT, closed_at__isnull=True))


def test_nothing_goes_into_a_library_before_its_provider_agrees(town: LibraryTown, asked: Part) -> None:
    build = town.built()
    assert build.state == "failed"
    assert "来源1" in build.message
    assert "not yet agreed" in build.message
    assert Pull.objects.count() == 0
    (task,) = waiting()
    assert (task.department_id, task.role) == (town.providers[0].dataset.entry.department_id, "head")
    page = f"/libraries/parts/{asked.pk}/answer/"
    assert task.url == page
    client = client_of(town.providers[0].head)
    assert "May these data go into the library?" in text_of(client.get(page))
    assert client.post(page, {}).status_code == 422
    assert client.post(page, {"word": "yes"}).status_code == 302
    assert waiting() == []
    assert town.built().state == "sent"
    assert "The provider has agreed" in text_of(get(town.head, f"/libraries/datasets/{town.dataset.pk}/"))
    grant = text_of(get(town.providers[0].head, f"/sharing/grants/{asked.grant_id}/"))
    assert "Library dataset · The provider has agreed" in grant


def test_a_refusal_has_reasons_and_is_told_to_the_lead(town: LibraryTown, asked: Part) -> None:
    head = town.providers[0].head
    with nothing_changes(), pytest.raises(RuleViolation):
        part_answer(actor=head, part_id=asked.pk, is_agreed=False, reason=" ")
    part_answer(actor=head, part_id=asked.pk, is_agreed=False, reason="范围过宽")
    message = OutboxMessage.objects.get(event="libraries.part.answered")
    tasks.tell_of_answer(OutboxEvent(message.event, message.payload, "key", message.pk, 1, message.created_at))
    told = Notification.objects.filter(kind="libraries.part.answered")
    assert {one.user_id for one in told} == {town.cataloguer.id, town.head.id}
    assert {one.body for one in told} == {"范围过宽"}
    assert "范围过宽" in town.built().message
    assert "范围过宽" in text_of(get(town.head, f"/libraries/datasets/{town.dataset.pk}/"))


def test_consent_that_is_taken_back_while_it_is_built_stops_the_hand_over(
    two: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    part = Part.objects.earliest("pk")
    real = compose.merged_lines

    def refused_meanwhile(*args: Any) -> Any:
        yield from real(*args)
        part_answer(actor=two.providers[0].head, part_id=part.pk, is_agreed=False, reason="停止")

    monkeypatch.setattr(compose, "merged_lines", refused_meanwhile)
    assert composed(build).state == "failed"
    assert "停止" in build.message


def test_who_takes_more_than_was_agreed_to_asks_again(town: LibraryTown, asked: Part) -> None:
    provider = town.providers[0]
    part_answer(actor=provider.head, part_id=asked.pk, is_agreed=True)
    same = part_update(actor=town.cataloguer, part_id=asked.pk, mapping=asked.mapping)
    assert same.consent == "agreed"
    more = town.mapping(provider.dataset, SFZH="SFZH", XM="XM")
    assert part_update(actor=town.cataloguer, part_id=asked.pk, mapping=more).consent == "awaiting"
    assert len(waiting()) == 1
    part_remove(actor=town.cataloguer, part_id=asked.pk)
    assert waiting() == []


def test_only_the_providers_own_head_answers(town: LibraryTown, asked: Part) -> None:
    provider = town.providers[0]
    for actor, error in (
        (town.head, NotAllowed),
        (provider.cataloguer, NotAllowed),
        (replace(provider.head, is_contractor=True), NotAllowed),
        (town.world.head, NotVisible),
    ):
        with nothing_changes(), pytest.raises(error):
            part_answer(actor=actor, part_id=asked.pk, is_agreed=True)


def test_staff_of_a_contractor_move_nothing_under_grants(two: LibraryTown) -> None:
    contractor = replace(two.cataloguer, is_contractor=True)
    part = Part.objects.earliest("pk")
    with nothing_changes():
        for act in (
            lambda: build_ask(actor=contractor, dataset_id=two.dataset.pk),
            lambda: part_update(actor=contractor, part_id=part.pk, mapping=part.mapping),
            lambda: part_remove(actor=contractor, part_id=part.pk),
        ):
            with pytest.raises(NotAllowed):
                act()


@pytest.mark.parametrize("state", PartConsent.values)
@pytest.mark.parametrize("is_agreed", [True, False])
def test_answers_by_state(town: LibraryTown, asked: Part, state: str, is_agreed: bool) -> None:
    Part.objects.update(consent=state)
    head = town.providers[0].head
    if transitions.PART.allows("agree" if is_agreed else "refuse", state):
        answered = part_answer(actor=head, part_id=asked.pk, is_agreed=is_agreed, reason="理由")
        assert answered.consent == ("agreed" if is_agreed else "refused")
    else:
        with nothing_changes(), pytest.raises(InvalidTransition):
            part_answer(actor=head, part_id=asked.pk, is_agreed=is_agreed, reason="理由")


OPEN = {"opening": "open"}


def test_a_library_gives_nothing_more_widely_than_its_source(town: LibraryTown) -> None:
    free = town.provider([KEY, {**NAME, "opening": "closed"}], ROWS, **OPEN)
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code, **OPEN)
    library = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    grant = town.grant(free)

    def mapping(*names: str) -> dict[str, str]:
        pairs = zip(items_named(library, names), items_named(free.dataset, names), strict=True)
        return dict(pairs)

    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        part_add(actor=cataloguer, dataset_id=library.pk, grant_id=grant.pk, mapping=mapping("SFZH", "XM"))
    assert [(one.code, "姓名" in str(one.message)) for one in refused.value.errors] == [("looser", True)]
    part = part_add(actor=cataloguer, dataset_id=library.pk, grant_id=grant.pk, mapping=mapping("SFZH"))
    with nothing_changes(), pytest.raises(RuleViolation):
        part_update(actor=cataloguer, part_id=part.pk, mapping=mapping("SFZH", "XM"))


def test_own_data_are_not_passed_on_more_widely_either(town: LibraryTown) -> None:
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code, **OPEN)
    library = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "自有信息")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="自有信息")
    run_of(own, cataloguer, ROWS)
    mapping = dict(zip(items_named(library, ["SFZH"]), items_named(own, ["SFZH"]), strict=True))
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        part_add(actor=cataloguer, dataset_id=library.pk, own_id=own.pk, mapping=mapping)
    assert [one.code for one in refused.value.errors] == ["looser"]


def test_an_entry_is_not_loosened_under_its_sources(two: LibraryTown) -> None:
    catalog.entry_update(actor=two.cataloguer, ref=two.entry.pk, fields={"opening": "open"})
    catalog.entry_submit(actor=two.cataloguer, ref=two.entry.pk)
    catalog.entry_approve(actor=two.head, ref=two.entry.pk)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        catalog.entry_approve(actor=two.world.reviewer, ref=two.entry.pk)
    assert {one.code for one in refused.value.errors} == {"looser"}


def test_a_source_that_became_stricter_fails_the_build(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], ROWS, **OPEN)
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code, **OPEN)
    town.dataset = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    town.part(provider, SFZH="SFZH")
    catalog.entry_update(actor=provider.cataloguer, ref=provider.dataset.entry_id, fields={"opening": "closed"})
    catalog.entry_submit(actor=provider.cataloguer, ref=provider.dataset.entry_id)
    catalog.entry_approve(actor=provider.head, ref=provider.dataset.entry_id)
    catalog.entry_approve(actor=town.world.reviewer, ref=provider.dataset.entry_id)
    build = town.built()
    assert build.state == "failed"
    assert "more widely" in build.message
    assert str(provider.dataset) in build.message
