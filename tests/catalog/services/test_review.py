"""The way of an entry through sign-off and review: who may do what in which state, and that refusals leave no trace."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent
from catalog import policies, selectors, services, transitions
from catalog.choices import DecisionAction, EntryStatus, RevisionStatus, Severity, WithdrawalStatus
from catalog.exceptions import OwnSubmission
from catalog.models import Category, Decision, DutyChangeEntry, Entry, ReviewComment, Revision
from core.actors import PUBLIC, Actor, system_actor
from core.exceptions import DomainError, InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from tests.factories.catalog import FIELDS, CatalogWorld, make_world
from workflow.models import Clock, OutboxMessage, Task
from workflow.selectors.of_subject import clock_open_of

OK = None

# --- The states an entry can be in ------------------------------------------------------------------------------------


def _revising(world: CatalogWorld) -> Entry:
    entry = world.published()
    return services.entry_revise(actor=world.cataloguer, ref=entry.pk)


def _revision_submitted(world: CatalogWorld) -> Entry:
    return services.entry_submit(actor=world.cataloguer, ref=_revising(world).pk)


def _revision_signed_off(world: CatalogWorld) -> Entry:
    return services.entry_approve(actor=world.head, ref=_revision_submitted(world).pk)


def _revision_returned(world: CatalogWorld) -> Entry:
    return services.entry_return(actor=world.reviewer, ref=_revision_signed_off(world).pk, opinion="请补充")


def _returned_by_head(world: CatalogWorld) -> Entry:
    return services.entry_return(actor=world.head, ref=world.submitted().pk, opinion="请补充")


def _withdrawal(world: CatalogWorld) -> Entry:
    return services.entry_withdraw(actor=world.cataloguer, ref=world.published().pk, reason="职责已划出")


def _withdrawal_signed_off(world: CatalogWorld) -> Entry:
    return services.entry_approve(actor=world.head, ref=_withdrawal(world).pk)


def _withdrawn(world: CatalogWorld) -> Entry:
    return services.entry_approve(actor=world.reviewer, ref=_withdrawal_signed_off(world).pk)


@dataclass(frozen=True)
class Situation:
    """One state, and what the tables allow in it.

    ``filing`` is open to the cataloguer of the provider; ``stage`` says who decides: head, authority or nobody.
    """

    make: Callable[[CatalogWorld], Entry]
    filing: frozenset[str]
    stage: str = ""
    is_withdrawal: bool = False
    is_live: bool = False
    is_filed: bool = False
    """Whether the authority has ever been handed a revision."""


SITUATIONS = {
    "draft": Situation(lambda world: world.entry(), frozenset({"edit", "submit", "discard"})),
    "awaiting_head": Situation(lambda world: world.submitted(), frozenset({"recall"}), "head"),
    "awaiting_authority": Situation(
        lambda world: world.signed_off(), frozenset({"recall"}), "authority", is_filed=True
    ),
    "returned_by_head": Situation(_returned_by_head, frozenset({"edit", "submit"})),
    "returned_by_authority": Situation(lambda world: world.returned(), frozenset({"edit", "submit"}), is_filed=True),
    "published": Situation(
        lambda world: world.published(), frozenset({"edit", "revise", "withdraw"}), is_live=True, is_filed=True
    ),
    "revising": Situation(_revising, frozenset({"edit", "submit", "discard"}), is_live=True, is_filed=True),
    "revision_awaiting_head": Situation(
        _revision_submitted, frozenset({"recall"}), "head", is_live=True, is_filed=True
    ),
    "revision_awaiting_authority": Situation(
        _revision_signed_off, frozenset({"recall"}), "authority", is_live=True, is_filed=True
    ),
    "revision_returned": Situation(
        _revision_returned, frozenset({"edit", "submit", "discard"}), is_live=True, is_filed=True
    ),
    "withdrawal_awaiting_head": Situation(
        _withdrawal, frozenset({"recall"}), "head", is_withdrawal=True, is_live=True, is_filed=True
    ),
    "withdrawal_awaiting_authority": Situation(
        _withdrawal_signed_off, frozenset({"recall"}), "authority", is_withdrawal=True, is_live=True, is_filed=True
    ),
    "withdrawn": Situation(_withdrawn, frozenset(), is_filed=True),
}

# --- What can be tried ------------------------------------------------------------------------------------------------

FILING: dict[str, Callable[[Actor, int], Any]] = {
    "edit": lambda actor, pk: services.entry_update(actor=actor, ref=pk, fields={"keywords": "低保"}),
    "submit": lambda actor, pk: services.entry_submit(actor=actor, ref=pk),
    "recall": lambda actor, pk: services.entry_recall(actor=actor, ref=pk),
    "revise": lambda actor, pk: services.entry_revise(actor=actor, ref=pk),
    "discard": lambda actor, pk: services.entry_discard(actor=actor, ref=pk),
    "withdraw": lambda actor, pk: services.entry_withdraw(actor=actor, ref=pk, reason="职责已划出"),
}
DECIDING: dict[str, Callable[[Actor, int], Any]] = {
    "approve": lambda actor, pk: services.entry_approve(actor=actor, ref=pk, opinion="同意"),
    "return": lambda actor, pk: services.entry_return(actor=actor, ref=pk, opinion="请补充"),
    "comment": lambda actor, pk: services.comment_add(actor=actor, ref=pk, field="summary", text="太短"),
}


def _actors(world: CatalogWorld) -> dict[str, Actor]:
    """Return one actor of every kind; the key says which."""
    region = world.provider.region
    beside = DepartmentFactory(region=RegionFactory(), authority=True)
    above = DepartmentFactory(region=region.parent, authority=True)
    county = DepartmentFactory(region=RegionFactory(level="county", parent=region), authority=True)

    def reviewer(department: Any) -> Actor:
        return actor_of(UserFactory(department=department, roles=["reviewer"]))

    return {
        "cataloguer": world.cataloguer,
        "head": world.head,
        "reviewer": world.reviewer,
        "second_reviewer": world.second_reviewer,
        "colleague": world.colleague,
        "other_cataloguer": world.other_cataloguer,
        "other_head": world.other_head,
        "authority_head": actor_of(UserFactory(department=world.authority, roles=["head", "cataloguer"])),
        "reviewer_beside": reviewer(beside),
        "reviewer_above": reviewer(above),
        "reviewer_below": reviewer(county),
        "sysadmin": world.sysadmin,
        "secadmin": world.secadmin,
        "auditor": world.auditor,
        "public": PUBLIC,
        "filing_job": system_actor(policies.FILING_JOB),
        "approving_job": system_actor(policies.APPROVING_JOB),
        "other_job": system_actor("outbox"),
    }


REVIEWERS = ("reviewer", "second_reviewer")
JOBS = ("filing_job", "approving_job", "other_job")


def _sees(who: str, now: Situation, *, is_open: bool = False) -> bool:
    if who in ("cataloguer", "head", *JOBS):
        return True
    if who in (*REVIEWERS, "reviewer_above") and now.is_filed:
        return True
    return now.is_live and (who != "public" or is_open)


def _decides_at(who: str, now: Situation) -> bool:
    if now.stage == "head":
        return who == "head" or (who == "filing_job" and not now.is_withdrawal)
    if now.stage == "authority":
        return who in REVIEWERS or (who == "approving_job" and not now.is_withdrawal)
    return False


def _expected(who: str, action: str, now: Situation) -> type[DomainError] | None:
    """Say what must come of an attempt, written down apart from the product's own tables."""
    if not _sees(who, now):
        return NotVisible
    if action in FILING:
        if who not in ("cataloguer", "filing_job"):
            return NotAllowed
        return OK if action in now.filing else InvalidTransition
    if who not in ("head", *REVIEWERS, "filing_job", "approving_job"):
        return NotAllowed
    if not now.stage or (action == "comment" and now.is_withdrawal):
        return InvalidTransition
    return OK if _decides_at(who, now) else NotAllowed


TABLES = (
    "catalog_entry", "catalog_revision", "catalog_revisionitem", "catalog_item", "catalog_decision",
    "catalog_reviewcomment", "catalog_category", "catalog_entrysearch", "catalog_dutychangeentry",
    "workflow_clock", "workflow_task", "workflow_notification", "workflow_outboxmessage", "workflow_outboxdelivery",
    "audit_event",
)  # fmt: skip


def _fingerprint() -> list[tuple[str, str]]:
    """Return a digest of every row that a step could touch, one query for all tables."""
    parts = [
        f"SELECT '{table}', coalesce(md5(string_agg(row::text, '|' ORDER BY row::text)), '') FROM {table} row"
        for table in TABLES
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return sorted(cursor.fetchall())


class _Undo(Exception):
    pass


def _try(act: Callable[[], Any]) -> type[BaseException] | None:
    """Carry an action out and take it back; return the class of the refusal, or None."""
    try:
        with transaction.atomic():
            act()
            raise _Undo
    except _Undo:
        return None
    except DomainError as error:
        return type(error)


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_actor_and_action_in_every_state(world: CatalogWorld, name: str) -> None:
    """Full matrix state x action x actor; each refusal leaves every table as it was."""
    now = SITUATIONS[name]
    entry = now.make(world)
    actors = _actors(world)
    before = _fingerprint()
    wrong = []
    for who, actor in actors.items():
        for action, act in (FILING | DECIDING).items():
            got = _try(lambda act=act, actor=actor: act(actor, entry.pk))
            expected = _expected(who, action, now)
            if got is not expected:
                wrong.append(f"{name}: {who} {action} gave {got}, not {expected}")
            if _fingerprint() != before:
                wrong.append(f"{name}: {who} {action} left a trace")
                before = _fingerprint()
    assert not wrong, "\n".join(wrong)


def test_the_matrix_knows_every_transition() -> None:
    """A new row of a transition table has to be added to the matrix above."""
    covered = {*FILING, *DECIDING, "sign_off", "supersede"}
    assert {row.action for row in transitions.REVISION.rows} <= covered
    assert {row.action for row in transitions.WITHDRAWAL.rows} <= covered
    assert {*SITUATIONS} >= {"draft", "awaiting_head", "awaiting_authority", "published", "withdrawn"}


@pytest.mark.parametrize("name", SITUATIONS)
def test_buttons_are_those_that_the_services_accept(world: CatalogWorld, name: str) -> None:
    """``allowed_actions`` offers exactly what the same actor could carry out, four eyes apart."""
    now = SITUATIONS[name]
    entry = now.make(world)
    for who, actor in _actors(world).items():
        if not _sees(who, now) or actor.is_system:
            continue
        seen = selectors.entry_get_for(actor, entry.pk)
        offered = policies.allowed_actions(actor, seen) - {"edit"}
        offered = {"approve" if action == "sign_off" else action for action in offered}
        possible = {
            action
            for action in (FILING | DECIDING)
            if action not in ("edit", "comment") and _expected(who, action, now) is OK
        }
        assert offered == possible, (name, who)


# --- What a step leaves behind ----------------------------------------------------------------------------------------


def _audit_actions(entry: Entry) -> list[str]:
    return list(
        AuditEvent.objects.filter(object_label="catalog.entry", object_pk=str(entry.pk), action__startswith="catalog.")
        .order_by("id")
        .values_list("action", flat=True)
    )


def _events(entry: Entry) -> list[str]:
    return list(OutboxMessage.objects.filter(payload__entry_id=entry.pk).order_by("pk").values_list("event", flat=True))


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
    assert (task.department_id, task.role, task.exclude_user_id) == (
        world.provider.pk,
        "head",
        world.cataloguer.id,
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
    assert not Task.objects.filter(kind="catalog.sign_off", closed_at=None).exists()

    services.entry_approve(actor=world.reviewer, ref=entry.pk, opinion="同意")
    entry.refresh_from_db()
    assert entry.status == EntryStatus.PUBLISHED
    assert entry.working_revision is None
    assert entry.published_revision is not None
    assert entry.published_revision.published_by_name == world.reviewer.name
    assert entry.first_published_at == entry.published_revision.published_at

    assert [decision.action for decision in entry.decisions.all()] == ["submit", "sign_off", "approve"]
    assert _audit_actions(entry) == [
        "catalog.entry.create",
        "catalog.entry.submit",
        "catalog.entry.sign_off",
        "catalog.entry.publish",
    ]
    assert _events(entry) == ["catalog.entry.submitted", "catalog.entry.signed_off", "catalog.entry.published"]
    assert not Clock.objects.filter(finished_at=None).exists()
    assert not Task.objects.filter(closed_at=None).exists()


def test_an_update_runs_on_the_statutory_clock(world: CatalogWorld) -> None:
    """D2: two working days for an update, none by law for a first filing (809 Art. 16 and 17)."""
    with clock_at("2026-02-13 10:00"):
        entry = _revision_signed_off(world)
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
    before = _fingerprint()
    for act in DECIDING.values():
        with pytest.raises(OwnSubmission):
            act(both, entry.pk)
    assert _fingerprint() == before
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
    before = _fingerprint()
    for actor in (submitter, signer):
        for act in DECIDING.values():
            with pytest.raises(OwnSubmission):
                act(actor, entry.pk)
    assert _fingerprint() == before
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


# --- Comments ---------------------------------------------------------------------------------------------------------


def _comment(actor: Actor, entry: Entry, field: str = "summary", severity: str = Severity.REQUIRED) -> ReviewComment:
    return services.comment_add(actor=actor, ref=entry.pk, field=field, text="请写明来源系统", severity=severity)


def test_an_open_required_comment_blocks_publication(world: CatalogWorld) -> None:
    entry = world.signed_off()
    comment = _comment(world.reviewer, entry)
    before = _fingerprint()
    with pytest.raises(RuleViolation) as refused:
        services.entry_approve(actor=world.reviewer, ref=entry.pk)
    assert [error.code for error in refused.value.errors] == ["open_comment"]
    assert _fingerprint() == before
    services.comment_take_back(actor=world.reviewer, ref=entry.pk, comment_id=comment.pk)
    assert services.entry_approve(actor=world.reviewer, ref=entry.pk).status == EntryStatus.PUBLISHED


def test_an_open_required_comment_blocks_sign_off(world: CatalogWorld) -> None:
    entry = world.submitted()
    _comment(world.head, entry)
    with pytest.raises(RuleViolation) as refused:
        services.entry_approve(actor=world.head, ref=entry.pk)
    assert [error.code for error in refused.value.errors] == ["open_comment"]


def test_a_suggestion_does_not_block(world: CatalogWorld) -> None:
    entry = world.signed_off()
    _comment(world.reviewer, entry, severity=Severity.SUGGESTED)
    assert services.entry_approve(actor=world.reviewer, ref=entry.pk).status == EntryStatus.PUBLISHED


def test_a_comment_of_one_reviewer_blocks_the_other(world: CatalogWorld) -> None:
    entry = world.signed_off()
    comment = _comment(world.reviewer, entry)
    with pytest.raises(RuleViolation):
        services.entry_approve(actor=world.second_reviewer, ref=entry.pk)
    with pytest.raises(RuleViolation) as refused:
        services.comment_take_back(actor=world.second_reviewer, ref=entry.pk, comment_id=comment.pk)
    assert [error.code for error in refused.value.errors] == ["not_yours"]
    assert ReviewComment.objects.filter(pk=comment.pk).exists()


def test_a_comment_alone_is_enough_to_return(world: CatalogWorld) -> None:
    entry = world.signed_off()
    with pytest.raises(RuleViolation) as refused:
        services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="  ")
    assert [error.field for error in refused.value.errors] == ["opinion"]
    _comment(world.reviewer, entry)
    assert services.entry_return(actor=world.reviewer, ref=entry.pk).status == EntryStatus.RETURNED


def test_a_new_submission_settles_the_comments_of_the_round_before(world: CatalogWorld) -> None:
    entry = world.signed_off()
    _comment(world.reviewer, entry)
    services.entry_return(actor=world.reviewer, ref=entry.pk)
    assert ReviewComment.objects.filter(resolved_at=None).count() == 1
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    assert ReviewComment.objects.filter(resolved_at=None).count() == 0
    services.entry_approve(actor=world.head, ref=entry.pk)
    assert services.entry_approve(actor=world.reviewer, ref=entry.pk).status == EntryStatus.PUBLISHED


def test_a_comment_cannot_be_taken_back_once_the_entry_is_returned(world: CatalogWorld) -> None:
    """What the cataloguer was told to correct stays as it was said."""
    entry = world.signed_off()
    comment = _comment(world.reviewer, entry)
    services.entry_return(actor=world.reviewer, ref=entry.pk)
    with pytest.raises(InvalidTransition):
        services.comment_take_back(actor=world.reviewer, ref=entry.pk, comment_id=comment.pk)
    assert ReviewComment.objects.filter(pk=comment.pk).exists()


@pytest.mark.parametrize(
    ("field", "stored", "on_item"),
    [
        ("summary", "summary", False),
        ("legal_basis", "legal_basis", False),
        ("assessments.secrecy", "assessments.secrecy", False),
        ("items", "items", False),
        ("items[2].length", "length", True),
        ("items[SFZH].mask", "mask", True),
        ("items.{id}", "", True),
        ("items.{id}.length", "length", True),
    ],
)
def test_comments_find_their_field_or_item(world: CatalogWorld, field: str, stored: str, on_item: bool) -> None:
    entry = world.signed_off()
    assert entry.working_revision is not None
    item = selectors.items_of(entry.working_revision)[2]
    comment = _comment(world.reviewer, entry, field.format(id=item.item_id))
    assert (comment.field, comment.item_id) == (stored, item.item_id if on_item else None)


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"field": "nonsense", "text": "?"}, "field"),
        ({"field": "items[99].length", "text": "?"}, "field"),
        ({"field": "items[1].nonsense", "text": "?"}, "field"),
        ({"field": "summary", "text": "  "}, "text"),
        ({"field": "summary", "text": "?", "severity": "maybe"}, "severity"),
    ],
)
def test_a_comment_that_makes_no_sense_is_refused(world: CatalogWorld, payload: dict[str, str], place: str) -> None:
    entry = world.signed_off()
    before = _fingerprint()
    with pytest.raises(RuleViolation) as refused:
        services.comment_add(actor=world.reviewer, ref=entry.pk, **payload)
    assert [error.field for error in refused.value.errors] == [place]
    with pytest.raises(RuleViolation) as refused:
        services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="请补充", comments=[payload])
    assert [error.field for error in refused.value.errors] == [f"comments[0].{place}"]
    assert _fingerprint() == before


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
    entry = _withdrawal(world)
    assert entry.status == EntryStatus.WITHDRAWAL_PENDING
    assert selectors.entry_get_for(world.other_cataloguer, entry.pk).published_revision is not None
    services.entry_approve(actor=world.head, ref=entry.pk, opinion="同意撤销")
    entry = services.entry_approve(actor=world.reviewer, ref=entry.pk, opinion="同意")
    assert (entry.status, entry.withdrawal) == (EntryStatus.WITHDRAWN, WithdrawalStatus.WITHDRAWN)
    with pytest.raises(NotVisible):
        selectors.entry_get_for(world.other_cataloguer, entry.pk)
    assert _events(entry)[-3:] == ["catalog.entry.submitted", "catalog.entry.signed_off", "catalog.entry.withdrawn"]
    assert [one.action for one in Decision.objects.filter(entry=entry).order_by("pk")][-3:] == [
        DecisionAction.WITHDRAW,
        DecisionAction.WITHDRAW_SIGN_OFF,
        DecisionAction.WITHDRAW_APPROVE,
    ]
    assert not Task.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize("stage", ["head", "authority"])
def test_a_refused_or_recalled_withdrawal_leaves_the_entry_published(world: CatalogWorld, stage: str) -> None:
    for end in ("return", "recall"):
        entry = _withdrawal(world) if stage == "head" else _withdrawal_signed_off(world)
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


# --- Races ------------------------------------------------------------------------------------------------------------


def _at_once(*acts: Callable[[], Any]) -> list[type[BaseException] | None]:
    """Run the acts in threads of their own, started together; return what each came to."""
    gate = threading.Barrier(len(acts))
    outcome: list[type[BaseException] | None] = [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=10)
            act()
        except Exception as error:
            outcome[index] = type(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcome


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_approve_at_once() -> None:
    """One publishes; the other learns that it is done. One decision, one message, one published revision."""
    world = make_world()
    for _round in range(3):
        entry = world.signed_off(name=f"低保对象信息{_round}")
        outcome = _at_once(
            lambda entry=entry: services.entry_approve(actor=world.reviewer, ref=entry.pk),
            lambda entry=entry: services.entry_approve(actor=world.second_reviewer, ref=entry.pk),
        )
        assert sorted(str(one) for one in outcome) == sorted([str(None), str(InvalidTransition)])
        assert Decision.objects.filter(entry=entry, action=DecisionAction.APPROVE).count() == 1
        assert _events(entry).count("catalog.entry.published") == 1
        assert Revision.objects.filter(entry=entry, status=RevisionStatus.PUBLISHED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_approval_against_recall() -> None:
    """Whoever comes second is refused, and the state is wholly that of the first."""
    world = make_world()
    seen = set()
    for _round in range(4):
        entry = world.signed_off(name=f"低保对象信息{_round}")
        approve, recall = _at_once(
            lambda entry=entry: services.entry_approve(actor=world.reviewer, ref=entry.pk),
            lambda entry=entry: services.entry_recall(actor=world.cataloguer, ref=entry.pk),
        )
        entry.refresh_from_db()
        seen.add(entry.status)
        if approve is None:
            assert recall is InvalidTransition
            assert entry.status == EntryStatus.PUBLISHED
            assert "catalog.entry.recall" not in _audit_actions(entry)
        else:
            assert recall is None
            # After a recall the draft is no longer the authority's to see.
            assert approve is NotVisible
            assert entry.status == EntryStatus.DRAFT
            assert "catalog.entry.publish" not in _audit_actions(entry)
        assert not Clock.objects.filter(finished_at=None).exists()
        assert not Task.objects.filter(closed_at=None).exists()
    assert seen <= {EntryStatus.PUBLISHED, EntryStatus.DRAFT}


@pytest.mark.django_db(transaction=True)
def test_two_submissions_draw_two_codes() -> None:
    world = make_world()
    entries = [world.entry(name=f"低保对象信息{number}") for number in range(4)]
    outcome = _at_once(
        *(lambda entry=entry: services.entry_submit(actor=world.cataloguer, ref=entry.pk) for entry in entries)
    )
    assert outcome == [None] * 4
    codes = Entry.objects.filter(pk__in=[entry.pk for entry in entries]).values_list("code", flat=True)
    assert sorted(codes) == [f"307013/{number:06d}" for number in range(1, 5)]


@pytest.mark.django_db(transaction=True)
def test_a_comment_against_an_approval_never_ends_in_both() -> None:
    """A required comment either blocks the publication or comes too late."""
    world = make_world()
    for _round in range(3):
        entry = world.signed_off(name=f"低保对象信息{_round}")
        approve, comment = _at_once(
            lambda entry=entry: services.entry_approve(actor=world.reviewer, ref=entry.pk),
            lambda entry=entry: services.comment_add(
                actor=world.second_reviewer, ref=entry.pk, field="summary", text="太短"
            ),
        )
        assert (approve, comment) in [(None, InvalidTransition), (RuleViolation, None)]
