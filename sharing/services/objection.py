"""Correction requests (校核): raised by who uses the data, verified and answered by the provider."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from catalog.models import Entry, Item
from catalog.selectors import entry_get_for
from collection.models import Dataset, Erasure
from collection.selectors.dataset import datasets_of
from collection.vault import seal_text
from core import clock
from core.actors import Actor
from core.basis import CORRECTION_OF_DATA
from core.exceptions import FieldError, RuleViolation
from sharing import after_policies, transitions
from sharing.choices import PENDING_OBJECTION_STATES, ObjectionState
from sharing.exceptions import RowNotFound
from sharing.limits import count_call
from sharing.models import Grant, Objection
from sharing.selectors import objection as selectors
from sharing.selectors.grant import live_grants
from sharing.services.look import call_count
from sharing.services.refused_call import refused_call_record
from workflow import outbox
from workflow import services as workflow
from workflow.choices import ClockKey
from workflow.selectors.of_subject import clock_open_of

logger = structlog.get_logger(__name__)

TASK_VERIFY = "sharing.objection.verify"
TASK_CORRECT = "sharing.objection.correct"
EVENT = "sharing.objection.stepped"

MOST_CHARACTERS = 5_000
ROW_KEYS_PER_MINUTE = 20
"""Keys by which a department looks for rows, under whichever grants: nobody objects to more, and a guess is one too."""


def _refused_look_kept(raise_: Callable[..., Objection]) -> Callable[..., Objection]:
    """Keep that a key was looked for in vain, after the refused objection was rolled back: else guessing left no trace.

    It is kept at the page of the grant's rows, which were looked through, with the ``address`` where the actor is.
    """

    @wraps(raise_)
    def kept(*, actor: Actor, address: str = "", **given: Any) -> Objection:
        try:
            return raise_(actor=actor, **given)
        except RowNotFound:
            path = reverse("sharing:grant_data", args=[given["grant_id"]])
            try:
                refused_call_record(
                    actor=actor,
                    client_id=None,
                    code="row_unknown",
                    status=422,
                    method="POST",
                    path=path,
                    address=address,
                )
            except DatabaseError:  # he is refused with words all the same
                logger.exception("refused_look_not_recorded")
            raise

    return kept


@_refused_look_kept
@transaction.atomic
def objection_raise(
    *,
    actor: Actor,
    entry_ref: str | int,
    description: str,
    item_id: str = "",
    dataset_id: int | None = None,
    grant_id: int | None = None,
    row_key: str = "",
) -> Objection:
    """Ask the provider to verify and correct data; what is objected to is marked for everybody meanwhile.

    The version that is published now is kept as the one that was looked at.

    Args:
        dataset_id: not needed where the entry has one dataset, or a grant says which.
        row_key: the row's key as the grant shows it; needs ``grant_id``, a live grant of the own department. The row is
            looked up, so that the provider finds it; where that takes too long it is verified by its description.

    Raises:
        NotVisible: no such entry. NotAllowed: no cataloguer or head of another department.
        RuleViolation: nothing is described, item, dataset or grant do not belong to the entry or to each other,
            or which of several datasets is meant is not said.
        RowNotFound: the grant shows no row, or several, by that key.
        LimitExceeded: the department looked for too many rows in this minute, or the grant's calls of it are spent,
            since the row is looked for as one.

    Basis:
        Regulation on Government Data Sharing, Art. 26.
    """
    entry = entry_get_for(actor, entry_ref)
    after_policies.require_object(actor, entry)
    errors = []
    if not 1 <= len(description.strip()) <= MOST_CHARACTERS:
        message = _("Say what is wrong and how you know it, in at most %(count)d characters.")
        errors.append(FieldError("description", "required", message % {"count": MOST_CHARACTERS}))
    item = Item.objects.filter(entry=entry, pk=item_id).first() if _is_uuid(item_id) else None
    if item_id and item is None:
        errors.append(FieldError("item", "unknown", _("Choose one of the entry's items.")))
    grant = None
    if grant_id or row_key:
        found = live_grants().filter(pk=grant_id or 0, department=actor.department_id, dataset__entry=entry)
        grant = found.first()
        if grant is None:
            errors.append(FieldError("grant", "unknown", _("A single row is objected to under a live grant.")))
        elif item is not None and str(item.pk) not in grant.items:
            errors.append(FieldError("item", "unknown", _("Choose one of the entry's items.")))
    dataset = _dataset_meant(entry, dataset_id, grant, errors)
    if errors:
        raise RuleViolation(errors)
    row = None
    if row_key and grant is not None:
        count_call("row_keys", f"row_keys:{actor.department_id}", ROW_KEYS_PER_MINUTE)
        call_count(grant)
        row = selectors.row_find(grant, row_key)
    assert actor.department_id is not None  # noqa: S101  the policy has just required it
    objection = Objection.objects.create(
        entry=entry,
        dataset=dataset,
        grant=grant,
        item=item,
        version=dataset.published_version.number if dataset and dataset.published_version else None,
        department_id=actor.department_id,
        description=description.strip(),
        raised_at=clock.now(),
        raised_by_id=actor.id,
    )
    if row_key:
        objection.row_key = seal_text(row_key[:1000], context=selectors.row_context(objection))
        objection.version, objection.row_number = row or (objection.version, None)
        objection.save(update_fields=["row_key", "version", "row_number"])
    after = {"entry": entry.ref, "item": str(item.pk) if item else None, "row": bool(row_key)}
    audit.record(actor, "sharing.objection.raise", objection, after=after, basis=CORRECTION_OF_DATA)
    running = workflow.clock_start(
        actor=actor,
        policy_key=ClockKey.CORRECTION,
        subject=objection,
        department_id=entry.department_id,
        region_id=entry.department.region_id,
    )
    workflow.task_open(
        kind=TASK_VERIFY,
        subject=objection,
        title=str(entry),
        detail=format_lazy(gettext_lazy("Objection of {department}"), department=actor.department_name),
        url=selectors.url_of(objection),
        department_id=entry.department_id,
        role=Role.CATALOGUER,
        clock=running,
    )
    outbox.put(EVENT, objection_id=objection.pk, action="raise", by=actor.id)
    return objection


def _dataset_meant(
    entry: Entry, dataset_id: int | None, grant: Grant | None, errors: list[FieldError]
) -> Dataset | None:
    """Return the dataset that is objected to: the grant's, the one named, or the only one; None where there is none."""
    if grant is not None and dataset_id in (None, grant.dataset_id):
        return grant.dataset
    found = list(datasets_of(entry).select_related("published_version"))
    if dataset_id is None and len(found) <= 1:
        return found[0] if found else None
    named = next((one for one in found if one.pk == dataset_id), None)
    if named is None:
        errors.append(FieldError("dataset", "unknown", _("Choose one of the entry's datasets.")))
    elif grant is not None:
        errors.append(FieldError("dataset", "not_granted", _("The grant is for another dataset.")))
    return named


@transaction.atomic
def objection_answer(*, actor: Actor, objection_id: int, is_confirmed: bool, answer: str) -> Objection:
    """Tell what the verification found. Where the data are right, the time ends with this.

    A confirmed one stays marked, and its time runs, until the provider says which version brought the correction. What
    is answered may tell of a person, so neither trail nor notices repeat it.

    Raises:
        NotVisible, NotAllowed: not of the providing department. InvalidTransition: it was answered.
        RuleViolation: nothing is said.

    Basis:
        Regulation on Government Data Sharing, Art. 26: verified, corrected and told within 10 working days.
    """
    objection = selectors.objection_get_for(actor, objection_id, for_update=True)
    after_policies.require_verify(actor, objection)
    row = transitions.OBJECTION.apply("confirm" if is_confirmed else "reject", objection.state)
    if not answer.strip():
        raise RuleViolation([FieldError("answer", "required", _("Say what you found and what you do."))])
    before = objection.state
    objection.state = row.target
    objection.answer = answer.strip()
    objection.answered_at = clock.now()
    objection.answered_by_name = actor.name
    if not is_confirmed:
        _close(objection)
        workflow.clock_stop(actor=actor, subject=objection, policy_key=ClockKey.CORRECTION)
    objection.save()
    workflow.task_close(actor=actor, subject=objection)
    if is_confirmed:
        workflow.task_open(
            kind=TASK_CORRECT,
            subject=objection,
            title=str(objection.entry),
            detail=format_lazy(gettext_lazy("Objection of {department}"), department=objection.department.name),
            url=selectors.url_of(objection),
            department_id=objection.entry.department_id,
            role=Role.CATALOGUER,
            clock=clock_open_of(objection, ClockKey.CORRECTION),
        )
    action = "confirm" if is_confirmed else "reject"
    audit.record(
        actor,
        f"sharing.objection.{action}",
        objection,
        before={"state": before},
        after={"state": objection.state},
        basis=row.basis,
    )
    outbox.put(EVENT, objection_id=objection.pk, action=action, by=actor.id)
    return objection


@transaction.atomic
def objection_correct(*, actor: Actor, objection_id: int, version_id: int | None = None) -> Objection:
    """Say that a confirmed objection was put right: by which version of the data, or otherwise, e.g. in the entry.

    The provider says it: that new data came is no proof that they hold the correction.

    Args:
        version_id: a version that was loaded for since the objection was confirmed; None where it needed no new data.

    Raises:
        NotVisible, NotAllowed: not of the providing department. InvalidTransition: it was not confirmed.
        RuleViolation: the version cannot hold the correction.

    Basis:
        Regulation on Government Data Sharing, Art. 26.
    """
    objection = selectors.objection_get_for(actor, objection_id, for_update=True)
    after_policies.require_verify(actor, objection)
    before = objection.state
    row = transitions.OBJECTION.apply("correct", before)
    version = (
        selectors.corrections_possible(objection).filter(pk=version_id).first() if version_id is not None else None
    )
    if version_id is not None and version is None:
        message = _("Choose a version that was loaded after the objection was confirmed.")
        raise RuleViolation([FieldError("version", "unknown", message)])
    objection.state = row.target
    objection.corrected_in = version
    _close(objection)
    objection.save()
    workflow.clock_stop(actor=actor, subject=objection, policy_key=ClockKey.CORRECTION)
    workflow.task_close(actor=actor, subject=objection)
    after = {"state": objection.state, "version": version.number if version else None}
    audit.record(actor, "sharing.objection.correct", objection, before={"state": before}, after=after, basis=row.basis)
    outbox.put(EVENT, objection_id=objection.pk, action="correct", by=actor.id)
    return objection


@transaction.atomic
def objection_withdraw(*, actor: Actor, objection_id: int) -> Objection:
    """Take an objection back.

    Raises:
        NotVisible, NotAllowed: not of the department that raised it. InvalidTransition: it was answered.
    """
    objection = selectors.objection_get_for(actor, objection_id, for_update=True)
    after_policies.require_withdraw_objection(actor, objection)
    before = objection.state
    objection.state = transitions.OBJECTION.apply("withdraw", before).target
    _close(objection)
    objection.save()
    workflow.clock_cancel(actor=actor, subject=objection, policy_key=ClockKey.CORRECTION)
    workflow.task_close(actor=actor, subject=objection)
    audit.record(
        actor, "sharing.objection.withdraw", objection, before={"state": before}, after={"state": objection.state}
    )
    outbox.put(EVENT, objection_id=objection.pk, action="withdraw", by=actor.id)
    return objection


def _close(objection: Objection) -> None:
    """Close a matter; the key of the row, which may name a person, is not needed any more."""
    objection.closed_at = clock.now()
    objection.row_key, objection.row_number = "", None


@transaction.atomic
def objections_forget_rows(*, actor: Actor, erasure_id: int) -> int:
    """Delete the keys of rows that an erasure removed, and tell both sides; return of how many matters.

    The matter itself is for people to close: the provider may have to answer for what was wrong.
    """
    erasure = Erasure.objects.select_related("dataset__entry").get(pk=erasure_id)
    if erasure.is_of_files:
        return 0
    gone = selectors.rows_erased(erasure)
    pending = Objection.objects.select_for_update().filter(pk__in=gone, state__in=PENDING_OBJECTION_STATES)
    forgotten = list(pending.exclude(row_key="").order_by("pk"))
    for objection in forgotten:
        objection.row_key, objection.row_number = "", None
        objection.row_gone_at = clock.now()
        objection.save(update_fields=["row_key", "row_number", "row_gone_at"])
        audit.record(actor, "sharing.objection.forget_row", objection, before={"row": True}, after={"row": False})
        outbox.put(EVENT, objection_id=objection.pk, action="forget_row", by=None)
    return len(forgotten)


@transaction.atomic
def objections_drop(*, actor: Actor, entry_id: int) -> None:
    """Close what is open about an entry that was withdrawn."""
    open_ones = Objection.objects.select_for_update().filter(entry=entry_id, state__in=PENDING_OBJECTION_STATES)
    for objection in open_ones.order_by("pk"):
        before, objection.state = objection.state, ObjectionState.WITHDRAWN
        _close(objection)
        objection.save()
        workflow.clock_cancel(actor=actor, subject=objection, policy_key=ClockKey.CORRECTION)
        workflow.task_close(actor=actor, subject=objection)
        after = {"state": objection.state}
        audit.record(actor, "sharing.objection.withdraw", objection, before={"state": before}, after=after)
        outbox.put(EVENT, objection_id=objection.pk, action="drop", by=actor.id)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
