"""What a department collects: drafts, submission with its check, sign-off, the decision, changes, ending."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from catalog.exceptions import OwnSubmission
from collection.duty_choices import DutyAction, DutyState, DutyStatus
from collection.models import CollectionDuty, DutyCheck, DutyRevision
from collection.selectors import duty as reading
from collection.services import duty as filing
from collection.services import duty_notice
from collection.services import duty_review as review
from collection.transitions import DUTY
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation, StaleEdit
from core.testing import clock_at
from tests.collection import duties
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import database_digest, nothing_changes
from workflow.models import LegalBasis, Notification, OutboxMessage, Task


def codes(refused: pytest.ExceptionInfo[RuleViolation]) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in refused.value.errors}


def state_of(duty: CollectionDuty) -> str:
    return CollectionDuty.objects.get(pk=duty.pk).state


def open_tasks() -> list[tuple[str, str]]:
    return list(Task.objects.filter(closed_at=None).order_by("pk").values_list("kind", "role"))


def test_the_whole_way_leaves_decisions_trail_tasks_and_news(world: CatalogWorld) -> None:
    duty = duties.checked(world.cataloguer)
    assert state_of(duty) == DutyState.DRAFT
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    assert open_tasks() == [(review.TASK_SIGN_OFF, "head")]
    review.duty_approve(actor=world.head, duty_id=duty.pk, opinion="属实")
    assert open_tasks() == [(review.TASK_REVIEW, "reviewer")]
    deciding = Task.objects.get(closed_at=None)
    assert set(deciding.exclude_user_ids) == {world.cataloguer.id, world.head.id}
    review.duty_approve(actor=world.reviewer, duty_id=duty.pk)
    assert open_tasks() == []
    assert state_of(duty) == DutyState.REGISTERED
    assert list(reading.decisions_of(duty).order_by("pk").values_list("action", flat=True)) == [
        DutyAction.CREATE, DutyAction.SUBMIT, DutyAction.SIGN_OFF, DutyAction.REGISTER,
    ]  # fmt: skip
    events = OutboxMessage.objects.filter(event__startswith="collection.duty").order_by("pk")
    assert [one.event.rpartition(".")[2] for one in events] == ["submitted", "signed_off", "registered"]
    trail = AuditEvent.objects.filter(action__startswith="collection.duty").order_by("pk")
    assert [one.action.rpartition(".")[2] for one in trail] == ["create", "check", "submit", "sign_off", "register"]
    assert trail.filter(action="collection.duty.register").get().basis == "政务数据共享条例 第十九条"


def test_news_goes_to_those_whose_turn_it_is(world: CatalogWorld) -> None:
    duty = duties.submitted(world)
    duty_notice.duty_submitted_announce(duty_id=duty.pk, by=world.cataloguer.id, key="1")
    assert set(Notification.objects.values_list("user_id", flat=True)) == {world.head.id}
    review.duty_approve(actor=world.head, duty_id=duty.pk)
    duty_notice.duty_submitted_announce(duty_id=duty.pk, by=world.cataloguer.id, key="2")
    duty_notice.duty_signed_off_announce(duty_id=duty.pk, by=world.head.id, key="3")
    told = set(Notification.objects.values_list("user_id", flat=True))
    assert told == {world.head.id, world.reviewer.id, world.second_reviewer.id}
    review.duty_return(actor=world.reviewer, duty_id=duty.pk, opinion="请补充")
    duty_notice.duty_returned_announce(duty_id=duty.pk, by=world.reviewer.id, key="4")
    news = Notification.objects.get(user_id=world.cataloguer.id)
    assert "低保申请人信息" in news.title
    assert "请补充" in news.body


def test_everything_missing_is_named_at_once(world: CatalogWorld) -> None:
    duty = filing.duty_create(actor=world.cataloguer, fields={"name": "低保申请人信息"}, items=[])
    with pytest.raises(RuleViolation) as refused:
        review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    wanted = ("purpose", "subject", "ground", "manner", "form", "frequency", "items", "check")
    assert codes(refused) == {(field, "required") for field in wanted}
    assert state_of(duty) == DutyState.DRAFT
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({"legal_basis": []}, {("legal_basis", "required")}),
        ({"ground": "consent", "legal_basis": []}, {("ground", "consent_text")}),
        ({"manner": "paper"}, {("digitise_by", "required"), ("paper_records", "required")}),
    ],
)
def test_each_ground_and_manner_has_its_own_demands(world: CatalogWorld, given: Any, broken: Any) -> None:
    duty = duties.checked(world.cataloguer, **given)
    with pytest.raises(RuleViolation) as refused:
        review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    assert codes(refused) == broken


@pytest.mark.parametrize(
    ("fields", "items", "broken"),
    [
        ({"subject": "animal"}, [], ("subject", "unknown")),
        ({"entry": "307013-999999"}, [], ("entry", "unknown")),
        ({"legal_basis": [10**9]}, [], ("legal_basis", "unknown")),
        ({}, [{"name": "", "field_name": "XM"}], ("items[0].name", "required")),
        ({}, [{"name": "姓名"}, {"name": "姓 名"}], ("items[1].name", "twice")),
        ({}, [{"name": "姓名", "field_name": "X" * 101}], ("items[0].name", "too_long")),
        ({}, [{"name": f"项{at}"} for at in range(301)], ("items", "too_many")),
    ],
)
def test_a_draft_takes_no_value_that_is_none(world: CatalogWorld, fields: Any, items: Any, broken: Any) -> None:
    before = database_digest()
    with pytest.raises(RuleViolation) as refused:
        filing.duty_create(actor=world.cataloguer, fields=fields, items=items)
    assert codes(refused) == {broken}
    assert database_digest() == before


def test_an_article_that_may_not_be_cited_for_collection_is_refused(world: CatalogWorld) -> None:
    other = LegalBasis.objects.exclude(may_justify__contains=["collection"]).order_by("pk")[0]
    with pytest.raises(RuleViolation):
        duties.draft(world.cataloguer, legal_basis=[other.pk])


def test_an_entry_of_another_department_cannot_be_linked(world: CatalogWorld) -> None:
    entry = duties.other_entry(world, [{"name": "姓名", "type": "C", "length": 50}])
    with pytest.raises(RuleViolation) as refused:
        duties.draft(world.cataloguer, entry=entry.ref)
    assert codes(refused) == {("entry", "unknown")}


def test_items_of_the_linked_entry_keep_their_identity_and_others_get_none(world: CatalogWorld) -> None:
    entry = world.published()
    item = entry.published_revision.items.get(name="姓名").item_id  # type: ignore[union-attr]
    stranger = world.published(name="另一目录").published_revision.items.get(name="姓名").item_id  # type: ignore[union-attr]
    rows = [{"id": str(item), "name": "姓名"}, {"id": str(stranger), "name": "别名"}, {"id": "x", "name": "住址"}]
    duty = duties.draft(world.cataloguer, items=rows, entry=entry.ref)
    assert duty.working is not None
    assert [one.item_id for one in reading.items_of_revision(duty.working)] == [item, None, None]


# --- The check is part of every submission -----------------------------------------------------------------------


def test_without_a_check_nothing_is_submitted(world: CatalogWorld) -> None:
    duty = duties.draft(world.cataloguer)
    with pytest.raises(RuleViolation) as refused:
        review.duty_submit(actor=world.cataloguer, duty_id=duty.pk, justification="须现场核实")
    assert codes(refused) == {("check", "required")}
    assert state_of(duty) == DutyState.DRAFT


def test_a_check_of_other_items_or_of_last_week_does_not_count(world: CatalogWorld) -> None:
    duty = duties.checked(world.cataloguer)
    more = [*duties.ITEMS, {"name": "住房面积"}]
    filing.duty_update(actor=world.cataloguer, duty_id=duty.pk, fields=duties.fields(), items=more)
    with pytest.raises(RuleViolation) as refused:
        review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    assert codes(refused) == {("check", "required")}
    filing.duty_update(actor=world.cataloguer, duty_id=duty.pk, fields=duties.fields(), items=duties.ITEMS)
    with clock_at(clock.now() + timedelta(days=8)), pytest.raises(RuleViolation):
        review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    assert state_of(duty) == DutyState.AWAITING_HEAD


def test_what_was_found_needs_a_justification_and_stays_with_the_submission(world: CatalogWorld) -> None:
    duties.other_registered(world)
    duty = duties.checked(world.cataloguer)
    with pytest.raises(RuleViolation) as refused:
        review.duty_submit(actor=world.cataloguer, duty_id=duty.pk, justification="  ")
    assert codes(refused) == {("justification", "required")}
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk, justification="须现场核实")
    revision = DutyRevision.objects.get(duty=duty)
    assert revision.check_used is not None
    assert revision.check_used.collected_count == 1
    assert revision.justification == "须现场核实"
    found = AuditEvent.objects.filter(action="collection.duty.submit").order_by("-pk")[0]
    assert found.after["found"] == 1
    assert found.note == "须现场核实"


def test_checks_are_counted(world: CatalogWorld) -> None:
    duties.other_registered(world)
    assert reading.check_counts() == {"made": 1, "found": 0}
    duties.registered(world)
    assert reading.check_counts() == {"made": 2, "found": 1}


def test_only_a_draft_with_items_is_checked(world: CatalogWorld) -> None:
    empty = filing.duty_create(actor=world.cataloguer, fields={"name": "空"}, items=[])
    with pytest.raises(RuleViolation):
        review.duty_check(actor=world.cataloguer, duty_id=empty.pk)
    filed = duties.submitted(world)
    with pytest.raises(InvalidTransition):
        review.duty_check(actor=world.cataloguer, duty_id=filed.pk)
    assert DutyCheck.objects.count() == 1


# --- Who may -------------------------------------------------------------------------------------------------------

ACTS: dict[str, Callable[[Actor, CollectionDuty], Any]] = {
    "edit": lambda actor, duty: filing.duty_update(actor=actor, duty_id=duty.pk, fields={}, items=duties.ITEMS),
    "check": lambda actor, duty: review.duty_check(actor=actor, duty_id=duty.pk),
    "submit": lambda actor, duty: review.duty_submit(actor=actor, duty_id=duty.pk),
    "recall": lambda actor, duty: review.duty_recall(actor=actor, duty_id=duty.pk),
    "approve": lambda actor, duty: review.duty_approve(actor=actor, duty_id=duty.pk),
    "return": lambda actor, duty: review.duty_return(actor=actor, duty_id=duty.pk, opinion="不妥"),
    "discard": lambda actor, duty: filing.duty_discard(actor=actor, duty_id=duty.pk),
    "revise": lambda actor, duty: filing.duty_revise(actor=actor, duty_id=duty.pk),
    "end": lambda actor, duty: filing.duty_end(actor=actor, duty_id=duty.pk, reason="职责调整"),
}
DONE_BY = {"approve": ("head", "reviewer"), "return": ("head", "reviewer")}


def in_state(world: CatalogWorld, state: str) -> CollectionDuty:
    match state:
        case "draft":
            return duties.checked(world.cataloguer)
        case "awaiting_head":
            return duties.submitted(world)
        case "awaiting_authority":
            return duties.signed_off(world)
        case "returned":
            duty = duties.submitted(world)
            return review.duty_return(actor=world.head, duty_id=duty.pk, opinion="请补充")
        case "registered":
            return duties.registered(world)
    duty = duties.registered(world)
    return filing.duty_end(actor=world.cataloguer, duty_id=duty.pk, reason="职责调整")


FITTING = {
    ("draft", "edit"), ("draft", "check"), ("draft", "submit"), ("draft", "discard"),
    ("returned", "edit"), ("returned", "check"), ("returned", "submit"),
    ("awaiting_head", "recall"), ("awaiting_head", "approve"), ("awaiting_head", "return"),
    ("awaiting_authority", "recall"), ("awaiting_authority", "approve"), ("awaiting_authority", "return"),
    ("registered", "revise"), ("registered", "end"),
}  # fmt: skip
STATES = ("draft", "awaiting_head", "awaiting_authority", "returned", "registered", "ended")


@pytest.mark.parametrize("state", STATES)
def test_each_act_fits_its_states_only_and_changes_nothing_elsewhere(world: CatalogWorld, state: str) -> None:
    duty = in_state(world, state)
    by = {"approve": world.head, "return": world.head}
    if state == "awaiting_authority":
        by = {"approve": world.reviewer, "return": world.reviewer}
    before = database_digest()
    for act, do in ACTS.items():
        if (state, act) not in FITTING:
            with pytest.raises(InvalidTransition):
                do(by.get(act, world.cataloguer), duty)
    assert database_digest() == before
    fitting = sorted(act for one, act in FITTING if one == state)
    if fitting:
        ACTS[fitting[0]](by.get(fitting[0], world.cataloguer), duty)
        assert database_digest() != before


@pytest.mark.parametrize("act", sorted(ACTS))
def test_nobody_else_does_it_and_nothing_changes(world: CatalogWorld, act: str) -> None:
    state = next(state for state in STATES if (state, act) in FITTING)
    duty = in_state(world, state)
    doers = {getattr(world, name).id for name in DONE_BY.get(act, ("cataloguer",))}
    before = database_digest()
    for name in (
        "cataloguer",
        "head",
        "reviewer",
        "colleague",
        "other_cataloguer",
        "other_head",
        "sysadmin",
        "auditor",
    ):
        actor = getattr(world, name)
        if actor.id not in doers:
            with pytest.raises((NotAllowed, NotVisible)):
                ACTS[act](actor, duty)
    assert database_digest() == before


def test_the_head_is_not_the_submitter_and_the_reviewer_decided_nothing_before(world: CatalogWorld) -> None:

    both = actor_of(UserFactory(department=world.provider, roles=["cataloguer", "head"]))
    duty = duties.checked(both)
    review.duty_submit(actor=both, duty_id=duty.pk)
    with pytest.raises(OwnSubmission):
        review.duty_approve(actor=both, duty_id=duty.pk)
    with pytest.raises(OwnSubmission):
        review.duty_return(actor=both, duty_id=duty.pk, opinion="不妥")
    assert state_of(duty) == DutyState.AWAITING_HEAD
    with pytest.raises(NotVisible):
        review.duty_approve(actor=world.reviewer, duty_id=duty.pk)


def test_the_head_does_not_decide_in_the_authoritys_place(world: CatalogWorld) -> None:
    duty = duties.signed_off(world)
    with pytest.raises(NotAllowed):
        review.duty_approve(actor=world.head, duty_id=duty.pk)
    assert state_of(duty) == DutyState.AWAITING_AUTHORITY


def test_a_return_says_why_and_names_fields_that_exist(world: CatalogWorld) -> None:
    duty = duties.submitted(world)
    with pytest.raises(RuleViolation):
        review.duty_return(actor=world.head, duty_id=duty.pk)
    with pytest.raises(RuleViolation):
        review.duty_return(actor=world.head, duty_id=duty.pk, comments=[{"field": "colour", "text": "红"}])
    review.duty_return(actor=world.head, duty_id=duty.pk, comments=[{"field": "purpose", "text": "写明依据"}])
    step = reading.last_return(reading.duty_get_for(world.cataloguer, duty.pk))
    assert step is not None
    assert step.comments == [{"field": "purpose", "text": "写明依据"}]
    assert open_tasks() == [(review.TASK_CORRECT, "cataloguer")]


def test_nobody_decides_on_what_he_has_not_seen(world: CatalogWorld) -> None:
    duty = duties.submitted(world)
    seen = CollectionDuty.objects.get(pk=duty.pk).edit_version
    review.duty_recall(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    with pytest.raises(StaleEdit):
        review.duty_approve(actor=world.head, duty_id=duty.pk, edit_version=seen)
    assert state_of(duty) == DutyState.AWAITING_HEAD


def test_nobody_writes_over_what_another_saved(world: CatalogWorld) -> None:
    duty = duties.draft(world.cataloguer)
    filing.duty_update(actor=world.cataloguer, duty_id=duty.pk, fields={"name": "新名称"}, items=duties.ITEMS)
    with pytest.raises(StaleEdit):
        filing.duty_update(
            actor=world.cataloguer, duty_id=duty.pk, fields={"name": "旧"}, items=[], edit_version=duty.edit_version
        )
    assert reading.duty_get_for(world.cataloguer, duty.pk).working.name == "新名称"  # type: ignore[union-attr]


# --- Changes and the end ---------------------------------------------------------------------------------------------


def test_a_change_leaves_what_is_registered_until_it_is_registered_itself(world: CatalogWorld) -> None:
    duty = duties.registered(world)
    filing.duty_revise(actor=world.cataloguer, duty_id=duty.pk)
    filing.duty_update(
        actor=world.cataloguer, duty_id=duty.pk, fields=duties.fields(name="改"), items=[{"name": "住房面积"}]
    )
    seen = reading.duty_get_for(world.other_head, duty.pk)
    assert seen.registered is not None
    assert seen.registered.name == "低保申请人信息"
    assert state_of(duty) == DutyState.REGISTERED
    review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_approve(actor=world.head, duty_id=duty.pk)
    review.duty_approve(actor=world.reviewer, duty_id=duty.pk)
    states = dict(DutyRevision.objects.filter(duty=duty).values_list("number", "status"))
    assert states == {1: DutyStatus.SUPERSEDED, 2: DutyStatus.REGISTERED}
    assert str(CollectionDuty.objects.select_related("current").get(pk=duty.pk)) == "改"


def test_a_change_that_was_decided_on_stays_in_the_history_when_it_is_discarded(world: CatalogWorld) -> None:
    duty = duties.registered(world)
    filing.duty_revise(actor=world.cataloguer, duty_id=duty.pk)
    filing.duty_discard(actor=world.cataloguer, duty_id=duty.pk)
    assert DutyRevision.objects.filter(duty=duty).count() == 1
    filing.duty_revise(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_return(actor=world.head, duty_id=duty.pk, opinion="不改")
    filing.duty_discard(actor=world.cataloguer, duty_id=duty.pk)
    assert DutyRevision.objects.get(duty=duty, number=2).status == DutyStatus.DISCARDED
    assert not Task.objects.filter(closed_at=None).exists()
    filing.duty_revise(actor=world.cataloguer, duty_id=duty.pk)
    assert reading.duty_get_for(world.cataloguer, duty.pk).working.number == 3  # type: ignore[union-attr]


def test_what_was_submitted_once_is_not_discarded_whole(world: CatalogWorld) -> None:
    duty = in_state(world, "returned")
    with pytest.raises(InvalidTransition):
        filing.duty_discard(actor=world.cataloguer, duty_id=duty.pk)
    fresh = duties.draft(world.cataloguer)
    assert filing.duty_discard(actor=world.cataloguer, duty_id=fresh.pk) is None
    assert not CollectionDuty.objects.filter(pk=fresh.pk).exists()


def test_the_end_needs_a_reason_and_no_open_change(world: CatalogWorld) -> None:
    duty = duties.registered(world)
    with pytest.raises(RuleViolation):
        filing.duty_end(actor=world.cataloguer, duty_id=duty.pk, reason=" ")
    filing.duty_revise(actor=world.cataloguer, duty_id=duty.pk)
    with pytest.raises(InvalidTransition):
        filing.duty_end(actor=world.cataloguer, duty_id=duty.pk, reason="职责调整")
    filing.duty_discard(actor=world.cataloguer, duty_id=duty.pk)
    filing.duty_end(actor=world.cataloguer, duty_id=duty.pk, reason="职责调整")
    assert state_of(duty) == DutyState.ENDED
    assert reading.duty_get_for(world.other_head, duty.pk).end_reason == "职责调整"


# --- Who sees what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "seen_by"),
    [
        ("draft", {"cataloguer", "head"}),
        ("awaiting_head", {"cataloguer", "head"}),
        ("awaiting_authority", {"cataloguer", "head", "reviewer"}),
        ("registered", {"cataloguer", "head", "reviewer", "colleague", "other_head", "auditor", "sysadmin"}),
        ("ended", {"cataloguer", "head", "reviewer", "colleague", "other_head", "auditor", "sysadmin"}),
    ],
)
def test_what_is_registered_is_known_to_all_and_a_draft_to_its_department(
    world: CatalogWorld, state: str, seen_by: set[str]
) -> None:
    duty = in_state(world, state)
    seeing = set()
    for name in ("cataloguer", "head", "reviewer", "colleague", "other_head", "auditor", "sysadmin"):
        actor = getattr(world, name)
        listed = reading.duty_list_for(actor).filter(pk=duty.pk).exists()
        try:
            reading.duty_get_for(actor, duty.pk)
        except NotVisible:
            assert not listed
        else:
            assert listed
            seeing.add(name)
    assert seeing == seen_by


def test_every_action_of_the_table_is_taken_by_some_service() -> None:
    assert {row.action for row in DUTY.rows} == {
        "edit", "check", "submit", "recall", "sign_off", "register", "return", "discard", "supersede", "revise", "end",
    }  # fmt: skip


def test_a_plan_of_digitisation_lies_ahead_and_within_twenty_years(world: CatalogWorld) -> None:
    today = clock.today()
    for day in (date(1900, 1, 1), today, today + timedelta(days=20 * 366), date(9999, 12, 31)):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            duties.draft(world.cataloguer, manner="paper", digitise_by=day, paper_records=5)
        assert [one.field for one in refused.value.errors] == ["digitise_by"]
    duty = duties.draft(world.cataloguer, manner="paper", digitise_by=today + timedelta(days=1), paper_records=5)
    with clock_at(clock.now() + timedelta(days=30)):
        kept = duties.fields(manner="paper", digitise_by=today + timedelta(days=1), paper_records=6)
        filing.duty_update(actor=world.cataloguer, duty_id=duty.pk, fields=kept, items=duties.ITEMS)
