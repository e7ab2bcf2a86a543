"""What each step of a review leaves behind; four eyes; clocks; withdrawal."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog import selectors, services
from catalog.choices import DecisionAction, EntryStatus, RevisionStatus, WithdrawalStatus
from catalog.exceptions import OwnSubmission
from catalog.models import Category, Decision, DutyChangeEntry, Revision
from core.actors import Actor
from core.exceptions import NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.services.review_steps import (
    DECIDING,
    audit_actions,
    events,
    fingerprint,
    revision_signed_off,
    withdrawal_asked,
    withdrawal_signed_off,
)
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import FIELDS, CatalogWorld
from workflow.models import Clock, Task
from workflow.selectors.of_subject import clock_open_of

# --- What a step leaves behind ----------------------------------------------------------------------------------------


def test_first_filing_from_draft_to_publication(world: CatalogWorld) -> None:
    """The whole way leaves decisions, audit rows, outbox messages, tasks and clocks of each stage."""
    entry = world.entry()
    assert entry.code is None

    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    entry.refresh_from_db()
    assert (entry.status, entry.code) == (EntryStatus.AWAITING_HEAD, "307013/000001")
    clock = clock_open_of(entry, "head_signoff")
    assert clock is not None
    assert clock.department_id == world.provider.pk
    task = Task.objects.get(kind="catalog.sign_off", closed_at=None)
    assert (task.department_id, task.role, task.exclude_user_ids) == (
        world.provider.pk,
        "head",
        [world.cataloguer.id],
    )

    services.entry_approve(actor=world.head, ref=entry.pk, opinion="同意报送")
    entry.refresh_from_db()
    assert entry.status == EntryStatus.AWAITING_AUTHORITY
    assert entry.working_revision is not None
    assert entry.working_revision.authority_id == world.authority.pk
    clock = clock_open_of(entry, "first_filing_review")
    assert clock is not None
    assert not clock.is_statutory
    assert clock.department_id == world.authority.pk
    reviewing = Task.objects.get(kind="catalog.review", closed_at=None)
    assert set(reviewing.exclude_user_ids) == {world.cataloguer.id, world.head.id}
    assert not Task.objects.filter(kind="catalog.sign_off", closed_at=None).exists()

    services.entry_approve(actor=world.reviewer, ref=entry.pk, opinion="同意")
    entry.refresh_from_db()
    assert entry.status == EntryStatus.PUBLISHED
    assert entry.working_revision is None
    assert entry.published_revision is not None
    assert entry.published_revision.published_by_name == world.reviewer.name
    assert entry.first_published_at == entry.published_revision.published_at

    assert [decision.action for decision in entry.decisions.all()] == ["submit", "sign_off", "approve"]
    assert audit_actions(entry) == [
        "catalog.entry.create",
        "catalog.entry.submit",
        "catalog.entry.sign_off",
        "catalog.entry.publish",
    ]
    assert events(entry) == ["catalog.entry.submitted", "catalog.entry.signed_off", "catalog.entry.published"]
    assert not Clock.objects.filter(finished_at=None).exists()
    assert not Task.objects.filter(closed_at=None).exists()


def test_an_update_runs_on_the_statutory_clock(world: CatalogWorld) -> None:
    """D2: two working days for an update, none by law for a first filing (809 Art. 16 and 17)."""
    with clock_at("2026-02-13 10:00"):
        entry = revision_signed_off(world)
        clock = clock_open_of(entry, "catalog_review")
    assert clock is not None
    assert clock.is_statutory
    assert (clock.working_days, str(clock.due_on)) == (2, "2026-02-24")


def test_publication_supersedes_the_earlier_revision(world: CatalogWorld) -> None:
    entry = world.published(name="低保对象信息")
    first = entry.published_revision
    assert first is not None
    entry = world.republished(entry, name="最低生活保障对象信息")
    first.refresh_from_db()
    assert first.status == RevisionStatus.SUPERSEDED
    assert first.name == "低保对象信息"
    assert entry.published_revision is not None
    assert (entry.published_revision.number, entry.published_revision.name) == (2, "最低生活保障对象信息")
    assert Revision.objects.filter(entry=entry, status=RevisionStatus.PUBLISHED).count() == 1


def test_the_published_revision_stays_until_the_next_is_approved(world: CatalogWorld) -> None:
    """A revision under review changes nothing of what others see, whatever becomes of it."""
    entry = world.published(name="低保对象信息")
    published = entry.published_revision_id
    steps: list[Callable[[], Any]] = [
        lambda: services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"name": "新名称"}),
        lambda: services.entry_submit(actor=world.cataloguer, ref=entry.pk),
        lambda: services.entry_approve(actor=world.head, ref=entry.pk),
        lambda: services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="请补充"),
    ]
    for step in steps:
        step()
        seen = selectors.entry_get_for(world.other_cataloguer, entry.pk)
        assert seen.status == EntryStatus.PUBLISHED
        assert seen.published_revision_id == published
        assert selectors.shown_revision(world.other_cataloguer, seen).name == "低保对象信息"
        assert not selectors.can_see_working(world.other_cataloguer, seen)


def test_a_return_opens_work_for_the_cataloguer_and_a_new_submission_closes_it(world: CatalogWorld) -> None:
    entry = world.returned()
    assert Task.objects.filter(kind="catalog.correct", closed_at=None, department=world.provider).count() == 1
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    assert not Task.objects.filter(kind="catalog.correct", closed_at=None).exists()
    assert Task.objects.filter(kind="catalog.sign_off", closed_at=None).count() == 1


def test_a_recall_ends_the_stage_and_forgets_the_sign_off(world: CatalogWorld) -> None:
    entry = world.signed_off()
    services.entry_recall(actor=world.cataloguer, ref=entry.pk)
    entry.refresh_from_db()
    revision = entry.working_revision
    assert revision is not None
    assert (revision.status, revision.signed_at, revision.signed_by_id) == (RevisionStatus.DRAFT, None, None)
    assert not Task.objects.filter(closed_at=None).exists()
    assert not Clock.objects.filter(finished_at=None).exists()
    with pytest.raises(NotVisible):
        selectors.entry_get_for(world.reviewer, entry.pk)


def test_the_code_is_drawn_once_and_stays(world: CatalogWorld) -> None:
    entry = world.submitted()
    code = entry.code
    services.entry_recall(actor=world.cataloguer, ref=entry.pk)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    entry.refresh_from_db()
    assert entry.code == code
    assert world.submitted(name="低保边缘家庭信息").code == "307013/000002"
    assert Category.objects.get(code="307013").last_serial == 2


# --- Four eyes --------------------------------------------------------------------------------------------------------


def _with_roles(department: Any, *roles: str) -> Actor:
    return actor_of(UserFactory(department=department, roles=list(roles)))


def test_nobody_signs_off_what_he_submitted(world: CatalogWorld) -> None:
    both = _with_roles(world.provider, "cataloguer", "head")
    entry = world.entry()
    services.entry_submit(actor=both, ref=entry.pk)
    before = fingerprint()
    for act in DECIDING.values():
        with pytest.raises(OwnSubmission):
            act(both, entry.pk)
    assert fingerprint() == before
    services.entry_approve(actor=world.head, ref=entry.pk)


def test_nobody_publishes_what_he_submitted_or_signed_off(world: CatalogWorld) -> None:
    """The authority files entries of its own: the same person may not stand on two sides of one."""
    submitter = _with_roles(world.authority, "cataloguer", "reviewer")
    signer = _with_roles(world.authority, "head", "reviewer")
    entry = services.entry_create(
        actor=submitter, fields={**FIELDS, "department_unit": "目录科"}, items=[{"name": "编号", "length": 10}]
    )
    services.entry_submit(actor=submitter, ref=entry.pk)
    services.entry_approve(actor=signer, ref=entry.pk)
    before = fingerprint()
    for actor in (submitter, signer):
        for act in DECIDING.values():
            with pytest.raises(OwnSubmission):
                act(actor, entry.pk)
    assert fingerprint() == before
    assert services.entry_approve(actor=world.reviewer, ref=entry.pk).status == EntryStatus.PUBLISHED


def test_nobody_decides_on_a_withdrawal_that_he_asked_for(world: CatalogWorld) -> None:
    both = _with_roles(world.provider, "cataloguer", "head")
    entry = world.published()
    services.entry_withdraw(actor=both, ref=entry.pk, reason="职责已划出")
    for action in ("approve", "return"):
        with pytest.raises(OwnSubmission):
            DECIDING[action](both, entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)


def test_four_eyes_hold_in_the_database(world: CatalogWorld) -> None:
    entry = world.submitted()
    with pytest.raises(IntegrityError, match="revision_four_eyes"), transaction.atomic():
        Revision.objects.filter(pk=entry.working_revision_id).update(signed_by_id=world.cataloguer.id)


# --- The statutory clock of an update ---------------------------------------------------------------------------------


def test_filing_answers_the_change_and_stops_its_clock(world: CatalogWorld) -> None:
    """D1 ends when the head hands the update to the authority, not when the draft is opened or published."""
    with clock_at("2026-03-02 09:00") as now:
        entry = world.published()
        change = services.duty_change_record(
            actor=world.reviewer,
            document="云川市机构改革方案",
            gist="低保审核确认权限下放",
            changed_on=now().date(),
            entry_refs=[entry.ref],
        )
        concerned = DutyChangeEntry.objects.get(change=change)
        services.entry_revise(actor=world.cataloguer, ref=entry.pk, duty_change=change.pk)
        services.entry_submit(actor=world.cataloguer, ref=entry.pk)
        assert clock_open_of(concerned, "catalog_update") is not None
        services.entry_approve(actor=world.head, ref=entry.pk)
    concerned.refresh_from_db()
    entry.refresh_from_db()
    assert clock_open_of(concerned, "catalog_update") is None
    assert concerned.filed_revision_id == entry.working_revision_id
    assert Task.objects.filter(kind="catalog.update", closed_at=None).count() == 0


def test_taking_back_what_was_filed_starts_the_clock_of_the_change_again(world: CatalogWorld) -> None:
    """Otherwise a filing that is recalled at once would count as done on time for ever."""
    with clock_at("2026-03-02 09:00") as now:
        entry = world.published()
        change = services.duty_change_record(
            actor=world.reviewer,
            document="云川市机构改革方案",
            gist="低保审核确认权限下放",
            changed_on=now().date(),
            entry_refs=[entry.ref],
        )
        concerned = DutyChangeEntry.objects.get(change=change)
        started = clock_open_of(concerned, "catalog_update")
        assert started is not None
        services.entry_revise(actor=world.cataloguer, ref=entry.pk, duty_change=change.pk)
        services.entry_submit(actor=world.cataloguer, ref=entry.pk)
        services.entry_approve(actor=world.head, ref=entry.pk)
        services.entry_recall(actor=world.cataloguer, ref=entry.pk)
        concerned.refresh_from_db()
        again = clock_open_of(concerned, "catalog_update")
        assert again is not None
        assert (again.started_on, again.due_on) == (started.started_on, started.due_on)
        assert concerned.filed_revision_id is None
        assert Task.objects.filter(kind="catalog.update", closed_at=None).count() == 1
        services.entry_submit(actor=world.cataloguer, ref=entry.pk)
        services.entry_approve(actor=world.head, ref=entry.pk)
    assert clock_open_of(concerned, "catalog_update") is None


# --- Withdrawal -------------------------------------------------------------------------------------------------------


def test_a_withdrawal_is_signed_off_then_granted(world: CatalogWorld) -> None:
    entry = withdrawal_asked(world)
    assert entry.status == EntryStatus.WITHDRAWAL_PENDING
    assert selectors.entry_get_for(world.other_cataloguer, entry.pk).published_revision is not None
    services.entry_approve(actor=world.head, ref=entry.pk, opinion="同意撤销")
    deciding = Task.objects.get(kind="catalog.review", closed_at=None)
    assert set(deciding.exclude_user_ids) == {world.cataloguer.id, world.head.id}
    entry = services.entry_approve(actor=world.reviewer, ref=entry.pk, opinion="同意")
    assert (entry.status, entry.withdrawal) == (EntryStatus.WITHDRAWN, WithdrawalStatus.WITHDRAWN)
    with pytest.raises(NotVisible):
        selectors.entry_get_for(world.other_cataloguer, entry.pk)
    assert events(entry)[-3:] == ["catalog.entry.submitted", "catalog.entry.signed_off", "catalog.entry.withdrawn"]
    assert [one.action for one in Decision.objects.filter(entry=entry).order_by("pk")][-3:] == [
        DecisionAction.WITHDRAW,
        DecisionAction.WITHDRAW_SIGN_OFF,
        DecisionAction.WITHDRAW_APPROVE,
    ]
    assert not Task.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize("stage", ["head", "authority"])
def test_a_refused_or_recalled_withdrawal_leaves_the_entry_published(world: CatalogWorld, stage: str) -> None:
    for end in ("return", "recall"):
        entry = withdrawal_asked(world) if stage == "head" else withdrawal_signed_off(world)
        if end == "return":
            decider = world.head if stage == "head" else world.reviewer
            with pytest.raises(RuleViolation):
                services.entry_return(actor=decider, ref=entry.pk, opinion=" ")
            services.entry_return(actor=decider, ref=entry.pk, opinion="仍有部门在用")
        else:
            services.entry_recall(actor=world.cataloguer, ref=entry.pk)
        entry.refresh_from_db()
        assert (entry.status, entry.withdrawal, entry.withdrawal_reason) == (
            EntryStatus.PUBLISHED,
            WithdrawalStatus.NONE,
            "",
        )
        assert not Task.objects.filter(subject_pk=entry.pk, closed_at=None).exists()
