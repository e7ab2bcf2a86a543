"""Filing what a department collects: drafts, changes, ending. Decisions are in ``duty_review``."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.choices import Cycle
from catalog.models import Item
from catalog.selectors import entry_get_for
from collection import duty_policies as policies
from collection import transitions
from collection.duty_choices import (
    CollectionForm,
    DutyAction,
    DutyState,
    Ground,
    Manner,
    Subject,
)
from collection.duty_names import folded_name
from collection.models import CollectionDuty, DutyDecision, DutyItem, DutyRevision
from collection.selectors import duty as selectors
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation, StaleEdit
from workflow import services as workflow
from workflow.selectors.legal_basis import legal_bases_in_force

MOST_ITEMS = 300
_LONGEST_PLAN = timedelta(days=20 * 365)
"""How far ahead the end of a plan to digitise may lie."""
CONTENT = (
    "name", "purpose", "subject", "ground", "manner", "form", "frequency", "digitise_by", "paper_records",
)  # fmt: skip
"""Plain fields of a revision; ``legal_basis``, ``entry`` and the items come beside them."""

_CHOICES: dict[str, Any] = {
    "subject": Subject,
    "ground": Ground,
    "manner": Manner,
    "form": CollectionForm,
    "frequency": Cycle,
}


def decision_record(
    actor: Actor, revision: DutyRevision, action: DutyAction, opinion: str = "", comments: Sequence[Any] = ()
) -> None:
    """Keep a step for the history of a duty."""
    DutyDecision.objects.create(
        duty_id=revision.duty_id,
        revision=revision,
        action=action,
        opinion=opinion.strip(),
        comments=list(comments),
        actor_name=actor.name,
        department_name=actor.department_name,
        at=clock.now(),
    )


def duty_refresh(duty: CollectionDuty) -> None:
    """Write what follows from the revisions: the state that lists show, the current revision, the time."""
    duty.current = duty.registered or duty.working
    if duty.ended_at is not None:
        duty.state = DutyState.ENDED
    elif duty.registered is not None:
        duty.state = DutyState.REGISTERED
    elif duty.working is not None:
        duty.state = DutyState(duty.working.status)
    duty.edit_version += 1
    duty.updated_at = clock.now()
    duty.save()


def open_revision(duty: CollectionDuty) -> DutyRevision:
    """Return the revision that is being drafted or decided.

    Raises:
        InvalidTransition: none is open.
    """
    if duty.working is None:
        raise InvalidTransition(
            _("This cannot be done while the state is “%(state)s”.") % {"state": duty.get_state_display()}
        )
    duty.working.duty = duty
    return duty.working


@transaction.atomic
def duty_create(
    *, actor: Actor, fields: Mapping[str, Any], items: Sequence[Mapping[str, str]]
) -> CollectionDuty:  # fmt: skip
    """Draft what the actor's department collects; what is missing may come later.

    Args:
        fields: some of ``CONTENT``, ``legal_basis`` (numbers of the register) and ``entry`` (its reference).
        items: rows of ``name``, ``field_name``, ``code_list`` and perhaps ``id``, an item of the entry.

    Raises:
        NotAllowed: the actor is no cataloguer.
        RuleViolation: a value is none of its domain, or the entry cannot be linked.
    """
    policies.require_create_duty(actor)
    assert actor.department_id is not None  # noqa: S101  the policy has just required it
    now = clock.now()
    duty = CollectionDuty.objects.create(department_id=actor.department_id, created_at=now, updated_at=now)
    revision = DutyRevision(duty=duty, number=1, created_at=now, created_by_id=actor.id)
    _content_write(actor, revision, fields, items)
    duty.working = revision
    duty_refresh(duty)
    decision_record(actor, revision, DutyAction.CREATE)
    audit.record(actor, "collection.duty.create", duty, after=_snapshot(revision))
    return selectors.duty_get_for(actor, duty.pk)


@transaction.atomic
def duty_update(
    *,
    actor: Actor,
    duty_id: int,
    fields: Mapping[str, Any],
    items: Sequence[Mapping[str, str]],
    edit_version: int | None = None,
) -> CollectionDuty:
    """Change the open revision. What was checked before no longer counts if the items changed.

    Args:
        edit_version: the version that was read; None where the caller holds no older copy.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        StaleEdit: somebody saved since. InvalidTransition: it is being decided, or none is open.
        RuleViolation: as ``duty_create``.
    """
    duty = selectors.duty_get_for(actor, duty_id, for_update=True)
    policies.require_file_duty(actor, duty)
    revision = open_revision(duty)
    transitions.DUTY.apply("edit", revision.status)
    if edit_version is not None and edit_version != duty.edit_version:
        raise StaleEdit(extra={"edit_version": duty.edit_version})
    before = _snapshot(revision)
    _content_write(actor, revision, fields, items)
    duty_refresh(duty)
    after = _snapshot(revision)
    changed = [name for name in after if before.get(name) != after[name]]
    if changed:
        audit.record(
            actor,
            "collection.duty.edit",
            duty,
            before={name: before.get(name) for name in changed},
            after={name: after[name] for name in changed},
        )
    return selectors.duty_get_for(actor, duty.pk)


def _content_write(
    actor: Actor, revision: DutyRevision, fields: Mapping[str, Any], items: Sequence[Mapping[str, str]]
) -> None:
    errors: list[FieldError] = []
    for name, domain in _CHOICES.items():
        if fields.get(name) and fields[name] not in domain.values:
            errors.append(FieldError(name, "unknown", _("Choose one of the values.")))
    digitise_by, today = fields.get("digitise_by"), clock.today()
    # A plan that was registered may have run out since: it is only asked of one that is set anew.
    if digitise_by and digitise_by != revision.digitise_by and not today < digitise_by <= today + _LONGEST_PLAN:
        message = _("Give a day after today and within %(count)d years.") % {"count": _LONGEST_PLAN.days // 365}
        errors.append(FieldError("digitise_by", "out_of_range", message))
    entry = None
    if fields.get("entry"):
        try:
            entry = entry_get_for(actor, fields["entry"])
        except NotVisible:
            entry = None
        if entry is None or entry.department_id != revision.duty.department_id:
            errors.append(FieldError("entry", "unknown", _("Only an entry of your own department can be linked.")))
    bases = _citations(fields.get("legal_basis", ()), revision, errors)
    rows = _rows(items, errors)
    if errors:
        raise RuleViolation(errors)
    for name in CONTENT:
        if name in fields:
            value = fields[name]
            setattr(revision, name, " ".join(value.split()) if name == "name" else value)
    revision.legal_basis = bases
    revision.entry = entry
    revision.save()
    known = {str(pk) for pk in Item.objects.filter(entry=entry).values_list("pk", flat=True)} if entry else set()
    DutyItem.objects.filter(revision=revision).delete()
    DutyItem.objects.bulk_create(
        DutyItem(
            revision=revision,
            position=at,
            name=row["name"],
            folded=folded_name(row["name"]),
            field_name=row.get("field_name", ""),
            code_list=row.get("code_list", ""),
            item_id=row["id"] if row.get("id") in known else None,
        )
        for at, row in enumerate(rows)
    )


def _citations(chosen: Sequence[Any], revision: DutyRevision, errors: list[FieldError]) -> list[dict[str, str]]:
    """Return the articles as they stand in the register now; those cited before stay even where they are retired."""
    keys = [int(key) for key in chosen if str(key).isdecimal() and len(str(key)) < 18]
    found = legal_bases_in_force(clock.today()).filter(pk__in=keys, may_justify__contains=["collection"])
    bases = [{"id": str(one.pk), "document": one.document, "article": one.article} for one in found.order_by("pk")]
    taken = {one["id"] for one in bases}
    kept = [one for one in revision.legal_basis if one["id"] in {str(key) for key in keys} - taken]
    if len(bases) + len(kept) != len(set(map(str, chosen))):
        message = _("Choose articles of the register that may be cited for the collection of data.")
        errors.append(FieldError("legal_basis", "unknown", message))
    return [*bases, *kept]


def _rows(items: Sequence[Mapping[str, str]], errors: list[FieldError]) -> list[Mapping[str, str]]:
    rows = [row for row in items if any(str(row.get(name, "")).strip() for name in ("name", "field_name", "code_list"))]
    if len(rows) > MOST_ITEMS:
        errors.append(FieldError("items", "too_many", _("List at most %(count)d items.") % {"count": MOST_ITEMS}))
        return []
    seen: set[str] = set()
    for at, row in enumerate(rows):
        folded = folded_name(row.get("name", ""))
        place = f"items[{at}].name"
        if not folded:
            errors.append(FieldError(place, "required", _("Row %(row)d: name the item.") % {"row": at + 1}))
        elif folded in seen:
            message = _("Row %(row)d: “%(name)s” is listed already.")
            errors.append(FieldError(place, "twice", message % {"row": at + 1, "name": row["name"]}))
        seen.add(folded)
        if (
            len(row.get("name", "")) > 200
            or len(row.get("field_name", "")) > 100
            or len(row.get("code_list", "")) > 100
        ):
            message = _("Row %(row)d: a name has at most 200 characters, data element and code list 100.")
            errors.append(FieldError(place, "too_long", message % {"row": at + 1}))
    return rows


def _snapshot(revision: DutyRevision) -> dict[str, Any]:
    """Return what the trail keeps of a revision."""
    told: dict[str, Any] = {name: getattr(revision, name) for name in CONTENT}
    told["digitise_by"] = revision.digitise_by.isoformat() if revision.digitise_by else None
    told["legal_basis"] = [f"{one['document']} {one['article']}" for one in revision.legal_basis]
    told["entry"] = revision.entry.ref if revision.entry else None
    told["items"] = [one.name for one in selectors.items_of_revision(revision)]
    return told


@transaction.atomic
def duty_revise(*, actor: Actor, duty_id: int) -> CollectionDuty:
    """Open a change of what is registered; the registered revision stays in force until the change is registered too.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: nothing is registered, a change is open already, or it has ended.
    """
    duty = selectors.duty_get_for(actor, duty_id, for_update=True)
    policies.require_file_duty(actor, duty)
    _require_in_force(duty)
    if duty.working is not None:
        raise InvalidTransition(_("A change is open already."))
    old = duty.registered
    assert old is not None  # noqa: S101  a duty in force has one
    transitions.DUTY.apply("revise", old.status)
    items = selectors.items_of_revision(old)
    number = DutyRevision.objects.filter(duty=duty).order_by("-number").values_list("number", flat=True)[0]
    revision = DutyRevision.objects.create(
        duty=duty,
        number=number + 1,
        created_at=clock.now(),
        created_by_id=actor.id,
        legal_basis=old.legal_basis,
        entry=old.entry,
        **{name: getattr(old, name) for name in CONTENT},
    )
    for one in items:
        one.pk, one.revision = None, revision
    DutyItem.objects.bulk_create(items)
    duty.working = revision
    duty_refresh(duty)
    decision_record(actor, revision, DutyAction.REVISE)
    audit.record(actor, "collection.duty.revise", duty, after={"revision": revision.number})
    return duty


@transaction.atomic
def duty_discard(*, actor: Actor, duty_id: int) -> CollectionDuty | None:
    """Give a draft up: a change goes, the registered revision stays; a duty that was never submitted goes whole.

    A change that somebody has decided on before stays in the history.

    Returns:
        The duty, None where it went.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: nothing is open, it is being decided, or it was submitted before and so stays on record.
    """
    duty = selectors.duty_get_for(actor, duty_id, for_update=True)
    policies.require_file_duty(actor, duty)
    revision = open_revision(duty)
    step = transitions.DUTY.apply("discard", revision.status)
    is_first = duty.registered is None
    if is_first and revision.submitted_at is not None:
        raise InvalidTransition(_("This was submitted before and stays on record. Correct it and submit it again."))
    audit.record(actor, "collection.duty.discard", duty, before={"revision": revision.number})
    workflow.task_close(actor=actor, subject=duty)
    duty.working = None
    if is_first:
        duty.current = None
        duty.save()
        revision.delete()
        duty.delete()
        return None
    duty_refresh(duty)
    if revision.submitted_at is None:
        revision.delete()
        return duty
    revision.status = step.target
    revision.save(update_fields=["status"])
    decision_record(actor, revision, DutyAction.DISCARD)
    return duty


@transaction.atomic
def duty_end(*, actor: Actor, duty_id: int, reason: str) -> CollectionDuty:
    """Note that something is no longer collected; its history and the answers of people stay on record.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: nothing is registered, a change is open, or it has ended. RuleViolation: no reason is given.
    """
    duty = selectors.duty_get_for(actor, duty_id, for_update=True)
    policies.require_file_duty(actor, duty)
    _require_in_force(duty)
    assert duty.registered is not None  # noqa: S101  a duty in force has one
    transitions.DUTY.apply("end", duty.registered.status)
    if duty.working is not None:
        raise InvalidTransition(_("A change is open. Recall and discard it first."))
    if not reason.strip():
        raise RuleViolation([FieldError("reason", "required", _("Say why this is no longer collected."))])
    duty.ended_at = clock.now()
    duty.end_reason = reason.strip()
    duty_refresh(duty)
    decision_record(actor, duty.registered, DutyAction.END, reason)
    audit.record(actor, "collection.duty.end", duty, after={"state": duty.state}, note=reason.strip())
    return duty


def _require_in_force(duty: CollectionDuty) -> None:
    if duty.state != DutyState.REGISTERED:
        raise InvalidTransition(
            _("This cannot be done while the state is “%(state)s”.") % {"state": duty.get_state_display()}
        )
