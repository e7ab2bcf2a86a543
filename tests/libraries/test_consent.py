"""A library passes on what a grant gives only where the provider agrees, and never more widely than the source."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accounts.choices import Role
from catalog import services as catalog
from catalog.models import Library
from collection.services import dataset_hook
from core import clock
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from libraries import tasks, transitions
from libraries.choices import PartConsent
from libraries.digests import asked_of
from libraries.models import Build, Part
from libraries.services import compose
from libraries.services.build import build_ask
from libraries.services.consent import MOVED_EVENT, TASK_CONSENT
from libraries.services.leaving import TASK_LEAVE, parts_left
from libraries.services.part import part_add, part_remove, part_update, parts_take_out
from sharing.models import Grant, Pull
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.worker import run_of
from tests.factories.catalog import FIELDS, CatalogWorld
from tests.libraries.conftest import (
    KEY,
    NAME,
    LibraryTown,
    Provider,
    build_asked,
    carried_out,
    composed,
    delivered,
    filed,
    narrowed,
    part_answer,
    town_with,
)
from tests.sharing.factories import items_named
from tests.unchanged import nothing_changes
from workflow import services as workflow
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
    assert client.post(page, {"word": "yes", "edit_version": asked_of(asked)}).status_code == 302
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


def leaving() -> list[int]:
    return list(Task.objects.filter(kind=TASK_LEAVE, closed_at__isnull=True).values_list("department_id", flat=True))


def test_consent_that_is_taken_back_has_the_rows_leave(two: LibraryTown) -> None:
    two.built()
    first, second = Part.objects.order_by("pk")
    part_answer(actor=two.providers[1].head, part_id=second.pk, is_agreed=False, reason="停止")
    assert leaving() == [two.lead.pk]
    build = build_asked()
    assert build.reason == "parts"
    assert "停止" in composed(build).message
    part_answer(actor=two.providers[1].head, part_id=second.pk, is_agreed=True)
    assert leaving() == []
    part_answer(actor=two.providers[1].head, part_id=second.pk, is_agreed=False, reason="停止")
    part_remove(actor=two.head, part_id=second.pk)
    parts_left(dataset_id=two.dataset.pk)
    assert leaving() == [two.lead.pk]
    carried_out(build_asked())
    parts_left(dataset_id=two.dataset.pk)
    assert leaving() == []
    part_remove(actor=two.head, part_id=first.pk)


def test_what_its_lead_does_not_take_out_in_a_day_the_platform_does(two: LibraryTown) -> None:
    two.built()
    part = Part.objects.order_by("pk")[1]
    part_answer(actor=two.providers[1].head, part_id=part.pk, is_agreed=False, reason="停止")
    assert composed(build_asked()).state == "failed"
    assert parts_take_out() == 0
    with clock_at(clock.now() + timedelta(days=1)):
        assert parts_take_out() == 1
        assert parts_take_out() == 0
        told = Notification.objects.filter(kind="libraries.part.leave").values_list("user", flat=True)
        assert set(told) == {two.cataloguer.id, two.head.id}
        carried_out(build_asked())
        parts_left(dataset_id=two.dataset.pk)
    assert leaving() == []
    assert "990102197707077777" not in {row["SFZH"] for row in two.rows()}


def test_less_that_is_agreed_to_stays_asked_for_until_it_is_built(two: LibraryTown) -> None:
    two.built()
    part = Part.objects.order_by("pk")[1]
    head = two.providers[1].head
    part_answer(actor=head, part_id=part.pk, is_agreed=False, reason="姓名不可")
    part_update(
        actor=two.cataloguer,
        part_id=part.pk,
        mapping=two.mapping(two.providers[1].dataset, SFZH="ZJHM", JE="JE"),
    )
    part_answer(actor=head, part_id=part.pk, is_agreed=True)
    assert leaving() == [two.lead.pk]
    carried_out(build_asked())
    parts_left(dataset_id=two.dataset.pk)
    assert leaving() == []


def test_consent_that_is_taken_back_while_rows_are_loaded_has_them_leave_as_well(two: LibraryTown) -> None:
    composed(build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk))
    part = Part.objects.order_by("pk")[1]
    part_answer(actor=two.providers[1].head, part_id=part.pk, is_agreed=False, reason="停止")
    assert leaving() == [two.lead.pk]


def test_what_never_went_into_the_library_need_not_leave(two: LibraryTown) -> None:
    part_answer(actor=two.providers[1].head, part_id=Part.objects.latest("pk").pk, is_agreed=False, reason="停止")
    assert leaving() == []
    assert not Build.objects.exists()


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


def test_the_provider_sees_rows_masks_and_how_each_item_is_given(town: LibraryTown) -> None:
    closed = NAME | {"sharing": "conditional", "sharing_condition": "经同意", "opening": "closed"}
    provider = town.provider([KEY, closed], ROWS)
    key, _name = items_named(provider.dataset, ["SFZH", "XM"])
    grant = town.grant(provider, masks={"XM": "name"})
    Grant.objects.filter(pk=grant.pk).update(row_filter=[{"item": key, "operator": "eq", "values": ["1"], "type": "C"}])
    part = part_add(
        actor=town.cataloguer,
        dataset_id=town.dataset.pk,
        grant_id=grant.pk,
        mapping=town.mapping(provider.dataset, SFZH="SFZH"),
    )
    Part.objects.filter(pk=part.pk).update(mapping=town.mapping(provider.dataset, SFZH="SFZH", XM="XM"))
    page, client = f"/libraries/parts/{part.pk}/answer/", client_of(provider.head)
    shown = client.get(page)
    words = text_of(shown)
    assert "身份证号 is 1" in words
    (row,) = [one for one in shown.context["items"] if one.mask]
    assert (row.source.name, row.source.sharing, row.source.opening) == ("姓名", "conditional", "closed")
    assert row.target.name == "姓名"
    assert str(row.mask) in words
    seen = {"word": "yes", "edit_version": shown.context["form"]["edit_version"].value()}
    narrowed(grant, provider.head, XM="text")
    assert client.post(page, seen).status_code == 422, "another mask is another thing to agree to"
    assert Part.objects.get(pk=part.pk).consent == "awaiting"


def test_nobody_agrees_to_what_he_has_not_seen(town: LibraryTown, asked: Part) -> None:
    provider = town.providers[0]
    page, client = f"/libraries/parts/{asked.pk}/answer/", client_of(provider.head)
    shown = client.get(page)
    assert "身份证号" in text_of(shown)
    seen = {"word": "yes", "edit_version": shown.context["form"]["edit_version"].value()}
    more = town.mapping(provider.dataset, SFZH="SFZH", XM="XM")
    part_update(actor=town.cataloguer, part_id=asked.pk, mapping=more)
    again = client.post(page, seen)
    assert again.status_code == 422
    assert "asks for something else by now" in text_of(again)
    assert "姓名" in text_of(again)
    assert Part.objects.get(composition__dataset=town.dataset).consent == "awaiting"
    assert client.post(page, {"word": "yes"}).status_code == 422
    seen = {"word": "yes", "edit_version": again.context["form"]["edit_version"].value()}
    assert client.post(page, seen).status_code == 302
    assert Part.objects.get(composition__dataset=town.dataset).consent == "agreed"


@pytest.mark.parametrize("what", ["library", "item"])
def test_consent_asked_for_a_draft_is_given_for_what_was_seen_of_it(town: LibraryTown, what: str) -> None:
    other = Library.objects.create(code="another", name="另一主题库", kind=town.library.kind)
    catalog.library_lead_set(actor=town.world.reviewer, code=other.code, department_code=town.lead.code)
    fields = FIELDS | {"name": "草稿信息", "library": town.library.code}
    entry = catalog.entry_create(actor=town.cataloguer, fields=fields, items=[KEY, NAME])
    town.dataset = dataset_hook(actor=town.cataloguer, ref=entry.pk, name="草稿信息")
    provider = town.provider([KEY, NAME], ROWS)
    part = part_add(
        actor=town.cataloguer,
        dataset_id=town.dataset.pk,
        grant_id=town.grant(provider).pk,
        mapping=town.mapping(provider.dataset, SFZH="SFZH"),
    )
    page, client = f"/libraries/parts/{part.pk}/answer/", client_of(provider.head)
    seen = {"word": "yes", "edit_version": client.get(page).context["form"]["edit_version"].value()}
    if what == "library":
        catalog.entry_update(actor=town.cataloguer, ref=entry.pk, fields={"library": other.code})
    else:
        closed = {"sharing": "conditional", "sharing_condition": "经同意"}
        catalog.entry_update(actor=town.cataloguer, ref=entry.pk, fields={}, items=[KEY | closed, NAME])
    again = client.post(page, seen)
    assert (again.status_code, Part.objects.get(pk=part.pk).consent) == (422, "awaiting")
    assert "asks for something else by now" in text_of(again)
    assert (other.name in text_of(again)) is (what == "library")
    seen = {"word": "yes", "edit_version": again.context["form"]["edit_version"].value()}
    assert client.post(page, seen).status_code == 302
    part.refresh_from_db()
    assert (part.consent, part.library == other) == ("agreed", what == "library")


def test_an_agreed_item_that_is_to_fill_another_is_asked_for_anew(world: CatalogWorld) -> None:
    town = town_with(world, [KEY, NAME, NAME | {"name": "曾用名", "field_name": "CYM"}])
    provider = town.provider([KEY, NAME], ROWS)
    part = town.part(provider, SFZH="SFZH", XM="XM")
    moved = town.mapping(provider.dataset, SFZH="SFZH", CYM="XM")
    assert part_update(actor=town.cataloguer, part_id=part.pk, mapping=moved).consent == "awaiting"


def test_only_the_providers_own_head_answers(town: LibraryTown, asked: Part) -> None:
    provider = town.providers[0]
    for actor, error in (
        (town.head, NotAllowed),
        (provider.cataloguer, NotAllowed),
        (replace(provider.head, is_contractor=True), NotVisible),
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
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        catalog.entry_submit(actor=two.cataloguer, ref=two.entry.pk)
    assert {one.code for one in refused.value.errors} == {"looser"}
    page = client_of(two.cataloguer).post(f"/catalog/{two.entry.ref}/submit/")
    assert page.status_code == 422
    assert all(str(one.message) in text_of(page) for one in refused.value.errors)
    two.built()
    for part in Part.objects.all():
        part_remove(actor=two.head, part_id=part.pk)
    with nothing_changes(), pytest.raises(RuleViolation):  # what was built is still published
        catalog.entry_submit(actor=two.cataloguer, ref=two.entry.pk)


def test_a_source_that_was_named_while_an_entry_is_decided_is_asked_as_well(town: LibraryTown) -> None:
    catalog.entry_update(actor=town.cataloguer, ref=town.entry.pk, fields={"opening": "open"})
    catalog.entry_submit(actor=town.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=town.head, ref=town.entry.pk)
    town.part(town.provider([KEY, NAME], ROWS), SFZH="SFZH")
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)
    assert {one.code for one in refused.value.errors} == {"looser"}


def test_asking_anew_keeps_no_refused_rows_published(two: LibraryTown) -> None:
    two.built()
    part, provider = Part.objects.filter(composition__dataset=two.dataset).earliest("pk"), two.providers[0]
    part_answer(actor=provider.head, part_id=part.pk, is_agreed=False, reason="停止")
    with clock_at(clock.now() + timedelta(hours=23)):
        part_update(actor=two.cataloguer, part_id=part.pk, mapping=part.mapping)
        assert parts_take_out() == 0
    with clock_at(clock.now() + timedelta(hours=25)):
        assert parts_take_out() == 1
    part.refresh_from_db()
    assert (part.consent, part.removed_at is None) == (PartConsent.AWAITING, False)


def test_who_agrees_after_a_refusal_has_ended_it(two: LibraryTown) -> None:
    two.built()
    part, provider = Part.objects.filter(composition__dataset=two.dataset).earliest("pk"), two.providers[0]
    part_answer(actor=provider.head, part_id=part.pk, is_agreed=False, reason="停止")
    part_update(actor=two.cataloguer, part_id=part.pk, mapping=part.mapping)
    part_answer(actor=provider.head, part_id=part.pk, is_agreed=True)
    with clock_at(clock.now() + timedelta(hours=25)):
        assert parts_take_out() == 0


def test_a_source_that_was_refused_keeps_no_entry_from_being_loosened(two: LibraryTown) -> None:
    for provider, part in zip(two.providers, Part.objects.order_by("pk"), strict=True):
        part_answer(actor=provider.head, part_id=part.pk, is_agreed=False, reason="停止")
    catalog.entry_update(actor=two.cataloguer, ref=two.entry.pk, fields={"opening": "open"})
    assert catalog.entry_submit(actor=two.cataloguer, ref=two.entry.pk).working_revision.status == "awaiting_head"


def opened(town: LibraryTown, provider: Provider, opening: str) -> None:
    """Publish the entry of a source anew."""
    ref = provider.dataset.entry_id
    catalog.entry_update(actor=provider.cataloguer, ref=ref, fields={"opening": opening})
    catalog.entry_submit(actor=provider.cataloguer, ref=ref)
    catalog.entry_approve(actor=provider.head, ref=ref)
    catalog.entry_approve(actor=town.world.reviewer, ref=ref)


def test_a_source_that_became_stricter_has_its_rows_leave(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], ROWS, **OPEN)
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code, **OPEN)
    town.dataset = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    town.part(provider, SFZH="SFZH")
    assert town.built().state == "sent"
    opened(town, provider, "closed")
    assert leaving() == [town.lead.pk]
    told = set(Notification.objects.filter(kind="libraries.part.leave").values_list("user", flat=True))
    assert told == {town.cataloguer.id, town.head.id, cataloguer.id, _head.id, provider.head.id}
    build = composed(build_asked())
    assert build.state == "failed"
    assert "more widely" in build.message
    assert str(provider.dataset) in build.message
    with clock_at(clock.now() + timedelta(days=1)):
        opened(town, provider, "open")
        assert leaving() == []
        assert parts_take_out() == 0
        opened(town, provider, "closed")
    with clock_at(clock.now() + timedelta(days=2, hours=1)):
        assert parts_take_out() == 1


def test_the_day_of_grace_begins_anew_with_no_further_revision(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], ROWS, **OPEN)
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code, **OPEN)
    town.dataset = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    town.part(provider, SFZH="SFZH")
    town.built()
    opened(town, provider, "closed")
    for hours in (10, 20):
        with clock_at(clock.now() + timedelta(hours=hours)):
            opened(town, provider, "closed")
            assert parts_take_out() == 0
    with clock_at(clock.now() + timedelta(days=1, minutes=1)):
        assert parts_take_out() == 1


def test_the_day_of_grace_begins_when_the_source_became_stricter(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], ROWS, **OPEN)
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code, **OPEN)
    town.dataset = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    part = town.part(provider, SFZH="SFZH")
    town.built()
    workflow.task_open(kind=TASK_LEAVE, subject=part, title="旧", url="/", department_id=town.lead.pk, role=Role.HEAD)
    with clock_at(clock.now() + timedelta(days=3)):
        opened(town, provider, "closed")
        assert parts_take_out() == 0
    with clock_at(clock.now() + timedelta(days=4, minutes=1)):
        assert parts_take_out() == 1


def moved(town: LibraryTown, library: str) -> None:
    """Publish the entry of the library's data as one of another library."""
    ref = town.entry.pk
    catalog.entry_update(actor=town.cataloguer, ref=ref, fields={"library": library})
    catalog.entry_submit(actor=town.cataloguer, ref=ref)
    for actor in (town.head, town.world.reviewer):
        catalog.entry_approve(actor=actor, ref=ref)
    delivered(MOVED_EVENT)


def test_of_another_library_of_the_same_lead_providers_are_asked_anew(two: LibraryTown) -> None:
    two.built()
    Library.objects.create(code="credit-2", name="信用库", kind="theme", lead_department=two.lead)
    first, second = Part.objects.order_by("pk")
    refused = part_answer(actor=two.providers[1].head, part_id=second.pk, is_agreed=False, reason="停止")
    closed = Task.objects.filter(kind=TASK_CONSENT, closed_at=None)
    assert not closed.exists()
    moved(two, two.library.code)
    assert not closed.exists(), "a revision that names the same library asks for nothing"
    moved(two, "credit-2")
    first.refresh_from_db()
    assert (first.consent, first.library.code if first.library else "") == ("awaiting", "credit-2")
    assert list(closed.values_list("department", flat=True)) == [two.providers[0].dataset.entry.department_id]
    refused.refresh_from_db()
    assert refused.consent == "refused", "who has refused is not asked again"
    assert two.rows(), "the lead has a day"
    assert "has not yet agreed" in two.built().message
    assert "信用库" in text_of(get(two.providers[0].head, f"/libraries/parts/{first.pk}/answer/"))
    part_answer(actor=two.providers[0].head, part_id=first.pk, is_agreed=True)
    part_remove(actor=two.cataloguer, part_id=second.pk)
    assert two.built().state == "sent"


def test_a_build_reads_nothing_on_the_word_given_for_another_library(two: LibraryTown) -> None:
    other = Library.objects.create(code="credit-2", name="信用库", kind="theme", lead_department=two.lead)
    Part.objects.update(library=other)  # as where the entry moved and nobody was told
    failed = two.built()
    assert failed.state == "failed"
    assert "has not yet agreed" in failed.message
    assert set(Part.objects.values_list("consent", "library")) == {("awaiting", two.library.pk)}
    assert not Pull.objects.exists()
