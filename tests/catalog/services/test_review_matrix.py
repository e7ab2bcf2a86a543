"""Who may do what in which state: every actor, every action, every state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from catalog import policies, selectors, transitions
from catalog.models import Entry
from core.actors import PUBLIC, Actor, system_actor
from core.exceptions import DomainError, InvalidTransition, NotAllowed, NotVisible
from tests.catalog.services.review_steps import (
    DECIDING,
    FILING,
    fingerprint,
    returned_by_head,
    revising,
    revision_returned,
    revision_signed_off,
    revision_submitted,
    withdrawal_asked,
    withdrawal_signed_off,
    withdrawn,
)
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory, actor_of
from tests.factories.catalog import CatalogWorld

OK = None

# --- The states an entry can be in ------------------------------------------------------------------------------------


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
    "returned_by_head": Situation(returned_by_head, frozenset({"edit", "submit"})),
    "returned_by_authority": Situation(lambda world: world.returned(), frozenset({"edit", "submit"}), is_filed=True),
    "published": Situation(
        lambda world: world.published(), frozenset({"edit", "revise", "withdraw"}), is_live=True, is_filed=True
    ),
    "revising": Situation(revising, frozenset({"edit", "submit", "discard"}), is_live=True, is_filed=True),
    "revision_awaiting_head": Situation(revision_submitted, frozenset({"recall"}), "head", is_live=True, is_filed=True),
    "revision_awaiting_authority": Situation(
        revision_signed_off, frozenset({"recall"}), "authority", is_live=True, is_filed=True
    ),
    "revision_returned": Situation(
        revision_returned, frozenset({"edit", "submit", "discard"}), is_live=True, is_filed=True
    ),
    "withdrawal_awaiting_head": Situation(
        withdrawal_asked, frozenset({"recall"}), "head", is_withdrawal=True, is_live=True, is_filed=True
    ),
    "withdrawal_awaiting_authority": Situation(
        withdrawal_signed_off, frozenset({"recall"}), "authority", is_withdrawal=True, is_live=True, is_filed=True
    ),
    "withdrawn": Situation(withdrawn, frozenset(), is_filed=True),
}


# --- What can be tried ------------------------------------------------------------------------------------------------


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
    before = fingerprint()
    wrong = []
    for who, actor in actors.items():
        for action, act in (FILING | DECIDING).items():
            got = _try(lambda act=act, actor=actor: act(actor, entry.pk))
            expected = _expected(who, action, now)
            if got is not expected:
                wrong.append(f"{name}: {who} {action} gave {got}, not {expected}")
            if fingerprint() != before:
                wrong.append(f"{name}: {who} {action} left a trace")
                before = fingerprint()
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
