"""Asking for an erasure and deciding on it; what the worker does is in ``erasure_work``."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from collection import duty_policies as policies
from collection import evidence, transitions
from collection.duty_choices import OPEN_ERASURE_STATES, ErasureGround
from collection.models import Dataset, DatasetFile, Erasure
from collection.redaction import ending_of
from collection.selectors import erasure as selectors
from collection.services.subject_key import subject_hash
from collection.store import tables
from collection.subject_numbers import Subject, erased_form, plain_number
from collection.vault import KeyMissing, Tampered, open_text, seal_text
from core import clock
from core.actors import Actor
from core.exceptions import DomainError, FieldError, InvalidTransition, RuleViolation
from workflow import outbox
from workflow import services as workflow
from workflow.services.attachment import safe_name

EVENT = "collection.erasure.asked"
TASK_DECIDE = "collection.erasure.decide"
MOST_DOCUMENT_BYTES = 50 * 1024 * 1024
LONGEST_VALUE = 200
COUNTED_AT_ONCE_MILLISECONDS = 2000
COUNT_EVENT = "collection.erasure.count"


def document_context(key: uuid.UUID) -> str:
    """Return what the sealed document of an erasure is bound to."""
    return f"collection.erasure.{key}.document"


def erasure_ask(
    *,
    actor: Actor,
    dataset_id: int,
    ground: str,
    document_number: str,
    reason: str,
    document: "File[Any] | None",
    item: str = "",
    value: str = "",
    names: Sequence[str] = (),
    without_rows: bool = False,
) -> Erasure:
    """Ask the department's head to have a person's rows or files removed. The value is sealed; records hold its hash.

    Args:
        item: identity of the item by whose value the rows are found.
        names: of the files, where the data consist of files.
        document: the demand, or what it rests on; sealed.
        without_rows: ask although no row has the value; originals and rejected rows may hold it.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        RuleViolation: something is missing, item or file is none of the dataset's, or no row has the value.
        InvalidTransition: the same is asked for already.

    Basis:
        Personal Information Protection Law, Art. 47: erasure on demand.
    """
    dataset = selectors.erasure_dataset_get_for(actor, dataset_id)
    policies.require_ask_erasure(actor, dataset)
    value = value.strip()
    files = [] if dataset.is_table else selectors.files_named(dataset, names)
    errors = _row_errors(dataset, item, value) if dataset.is_table else _file_errors(names, files)
    errors += _demand_errors(ground, document_number, reason, value if dataset.is_table else "")
    if document is None or not document.size:
        errors.append(FieldError("document", "required", _("Add the demand as a file.")))
    elif document.size > MOST_DOCUMENT_BYTES:
        errors.append(FieldError("document", "too_large", _("The file is larger than 50 MB.")))
    if errors:
        raise RuleViolation(errors)
    assert document is not None  # noqa: S101  the rules above have just required it
    erasure = Erasure(
        dataset=dataset,
        ground=ground,
        document_number=document_number.strip(),
        reason=reason.strip(),
        document_name=ending_of(safe_name(document.name or "")),
        files=[one.pk for one in files],
        rows_seen=len(files),
    )
    if dataset.is_table:
        tables.schema_ensure()
        erasure.item = uuid.UUID(item)
        erasure.item_name = next(one.name for one in selectors.erasable_columns(dataset) if one.item == item)
        erasure.sealed_value = seal_text(value, context=erasure.value_context)
        _count_at_once(erasure, selectors.subject_of(dataset, item, value))
        # Where the count takes too long to wait for, the head is told the figure once it is there.
        if erasure.counted_version is not None and not erasure.rows_seen and not without_rows:
            message = _(
                "No row that is kept has this value. Compare it with the demand; if it is right, say below that you "
                "ask all the same, and choose the file of the demand again."
            )
            raise RuleViolation([FieldError("without_rows", "no_rows", message)])
        erasure.value_hash = subject_hash(erased_form(value, selectors.type_of(dataset, item)))
    context = document_context(erasure.key)
    kept = evidence.keep(document.chunks(), folder=f"erasures/{clock.today():%Y/%m}", context=context)
    erasure.document.name, erasure.document_sha256 = kept.name, kept.sha256
    try:
        return _erasure_add(actor, erasure, names)
    except DomainError:  # after any other error the demand may be there, and needs its document
        default_storage.delete(kept.name)
        raise


def _count_at_once(erasure: Erasure, subject: Subject) -> None:
    """Count the rows that are concerned while a person waits; of a large table a worker does it afterwards."""
    dataset = erasure.dataset
    try:
        with tables.bounded(COUNTED_AT_ONCE_MILLISECONDS):
            erasure.rows_seen = selectors.rows_concerned(dataset, str(erasure.item), subject)
    except tables.TooSlow:
        return
    erasure.counted_version = selectors.published_number(dataset)


def _row_errors(dataset: Dataset, item: str, value: str) -> list[FieldError]:
    errors = []
    if item not in {one.item for one in selectors.erasable_columns(dataset)}:
        errors.append(FieldError("item", "unknown", _("Choose the item by which the rows are found.")))
    if not value or len(value) > LONGEST_VALUE:
        message = _("Give the person's value of this item, at most %(count)d characters.") % {"count": LONGEST_VALUE}
        errors.append(FieldError("value", "required", message))
    return errors


def _file_errors(names: Sequence[str], files: Sequence[DatasetFile]) -> list[FieldError]:
    if not names:
        return [FieldError("names", "required", _("Name the files, one a line."))]
    known = {one.name for one in files}
    message = _("No kept version holds a file of the name in line %(line)d.")
    return [
        FieldError("names", "unknown", message % {"line": line})
        for line, name in enumerate(names, start=1)
        if name not in known
    ]


def _demand_errors(ground: str, document_number: str, reason: str, value: str) -> list[FieldError]:
    errors = []
    if ground not in ErasureGround.values:
        errors.append(FieldError("ground", "required", _("Say on what ground the rows must go.")))
    if not document_number.strip():
        errors.append(FieldError("document_number", "required", _("Give the number or date of the demand.")))
    if not reason.strip():
        errors.append(
            FieldError("reason", "required", _("Say who demands it and why it is lawful, without numbers of people."))
        )
    for field, text in (("reason", reason), ("document_number", document_number)):
        errors += _value_errors(field, text, value)
    return errors


def _value_errors(field: str, text: str, value: str) -> list[FieldError]:
    """Return what is wrong with a text that is shown and recorded: the person's value must not stand in it."""
    if not _is_telling(value) or plain_number(value) not in plain_number(text):
        return []
    message = _("This is shown and recorded: leave the person's value out of it.")
    return [FieldError(field, "holds_value", message)]


def _is_telling(spelling: str) -> bool:
    """Say whether a value names somebody wherever it stands: a name does, a few digits stand in every number."""
    return len(spelling) > 5 or (len(spelling) > 1 and not spelling.isascii())


_SHOWN = ("entry__department", "published_version")


@transaction.atomic
def _erasure_add(actor: Actor, erasure: Erasure, names: Sequence[str]) -> Erasure:
    assert actor.id is not None  # noqa: S101  a cataloguer is a person
    erasure.dataset = dataset = selectors.erasure_dataset_get_for(actor, erasure.dataset_id)
    # A new object, so that the version is the one that is published under the lock.
    erasure.dataset = dataset = (
        Dataset.objects.select_for_update(of=("self",)).select_related(*_SHOWN).get(pk=dataset.pk)
    )
    same = Erasure.objects.filter(dataset=dataset, item=erasure.item, state__in=OPEN_ERASURE_STATES)
    if erasure.is_of_files:
        # Another erasure may have ended since they were looked up, and taken the rows by which names are known.
        files = selectors.files_named(dataset, names)
        errors = _file_errors(names, files)
        if errors:
            raise RuleViolation(errors)
        erasure.files, erasure.rows_seen = [one.pk for one in files], len(files)
        is_asked = any(set(one.files) & set(erasure.files) for one in same)
    else:
        is_asked = same.filter(value_hash=erasure.value_hash).exists()
    if is_asked:
        raise InvalidTransition(_("The same erasure is asked for already."))
    erasure.asked_at, erasure.asked_by_id = clock.now(), actor.id
    erasure.save(force_insert=True)
    after: dict[str, Any] = {
        "dataset": dataset.pk,
        "item": erasure.item_name,
        "value_hash": erasure.value_hash,
        "files": erasure.files,
        "ground": erasure.ground,
        "document": erasure.document_number,
        "document_sha256": erasure.document_sha256,
        "rows": selectors.erasure_concerns(erasure),
    }
    audit.record(actor, "collection.erasure.ask", erasure, after=after, note=erasure.reason)
    if after["rows"] is None:
        outbox.put(COUNT_EVENT, dataset_id=dataset.pk)
    workflow.task_open(
        kind=TASK_DECIDE,
        subject=erasure,
        title=format_lazy(gettext_lazy("Erasure in {name}"), name=dataset.name),
        detail=format_lazy(gettext_lazy("Asked for by {name}"), name=actor.name),
        url=reverse("collection:erasure_detail", args=[erasure.pk]),
        department_id=dataset.entry.department_id,
        role=Role.HEAD,
        exclude_user_ids=[erasure.asked_by_id],
    )
    return erasure


@transaction.atomic
def erasure_approve(*, actor: Actor, erasure_id: int, rows: int, opinion: str = "") -> Erasure:
    """Let a worker remove the rows or files. Nothing undoes it.

    What is loaded after the last count is not waited for: the worker finds all rows in all versions anyway.

    Args:
        rows: how many rows or files the actor was told will go; a common value would take along many people's.

    Raises:
        NotVisible, NotAllowed, OwnSubmission: the actor is not the provider's head, or asked for it himself.
        InvalidTransition: it was decided or taken back.
        RuleViolation: the opinion holds the person's value, or meanwhile more or fewer were counted, or none were yet.
    """
    erasure = selectors.erasure_get_for(actor, erasure_id, for_update=True)
    policies.require_decide_erasure(actor, erasure)
    step = transitions.ERASURE.apply("approve", erasure.state)
    _require_without_value(erasure, opinion)
    now = selectors.erasure_concerns(erasure)
    if now is None:
        message = _("How much would be removed is being counted. Look again in a few minutes, then decide.")
        raise RuleViolation([FieldError("rows", "uncounted", message)])
    if now != rows:
        message = _("How much would be removed has changed: it is %(count)d now. Look again, then decide.")
        raise RuleViolation([FieldError("rows", "changed", message % {"count": now})])
    _decide(actor, erasure, step.target, opinion)
    erasure.slot = clock.now()
    erasure.save()
    after = {"state": step.target, "rows": rows, "counted_version": erasure.counted_version}
    audit.record(actor, "collection.erasure.approve", erasure, after=after, note=erasure.opinion)
    erasure_work_ask(erasure)
    return erasure


def is_value_of(erasure: Erasure, text: str) -> bool:
    """Say whether a text is the value by which an erasure finds rows; of one that is done the hash alone is left."""
    if erasure.is_of_files:
        return False
    form = erased_form(text, selectors.type_of(erasure.dataset, str(erasure.item)))
    return erasure.value_hash in (subject_hash(form), subject_hash(text))


def erasure_work_ask(erasure: Erasure) -> None:
    """Ask for a worker; called in the transaction that made the slot."""
    assert erasure.slot is not None  # noqa: S101  whoever asks has just set it
    outbox.put(EVENT, slot=erasure.slot.isoformat())


@transaction.atomic
def erasure_refuse(*, actor: Actor, erasure_id: int, opinion: str) -> Erasure:
    """Refuse an erasure; the value is forgotten, also one that cannot be opened any more.

    Raises:
        NotVisible, NotAllowed, OwnSubmission, InvalidTransition: as ``erasure_approve``.
        RuleViolation: no reason is given, or it holds the person's value.

    Basis:
        Personal Information Protection Law, Art. 50: who refuses a demand says why.
    """
    erasure = selectors.erasure_get_for(actor, erasure_id, for_update=True)
    policies.require_decide_erasure(actor, erasure)
    step = transitions.ERASURE.apply("refuse", erasure.state)
    if not opinion.strip():
        raise RuleViolation([FieldError("opinion", "required", _("Say why the demand is refused: it must be told."))])
    if not selectors.is_value_lost(erasure):
        _require_without_value(erasure, opinion)
    _decide(actor, erasure, step.target, opinion)
    erasure.sealed_value = ""
    erasure.finished_at = erasure.decided_at
    erasure.save()
    audit.record(actor, "collection.erasure.refuse", erasure, after={"state": step.target}, note=erasure.opinion)
    return erasure


def _require_without_value(erasure: Erasure, opinion: str) -> None:
    """Refuse an opinion that names whose rows they are.

    Raises:
        RuleViolation: the person's value stands in it. InvalidTransition: the value cannot be opened.
    """
    if erasure.is_of_files:
        return
    try:
        value = open_text(erasure.sealed_value, context=erasure.value_context)
    except (KeyMissing, Tampered):
        message = _(
            "The person's value cannot be opened: its key is not there any more, or it was damaged. Have the operator "
            "put the key back, or refuse the demand or have it taken back, and asked for anew."
        )
        raise InvalidTransition(message, code="sealed") from None
    errors = _value_errors("opinion", opinion, value)
    if errors:
        raise RuleViolation(errors)


def _decide(actor: Actor, erasure: Erasure, state: str, opinion: str) -> None:
    erasure.state = state
    erasure.opinion = opinion.strip()
    erasure.decided_at = clock.now()
    erasure.decided_by_id = actor.id
    workflow.task_close(actor=actor, subject=erasure, kind=TASK_DECIDE)


@transaction.atomic
def erasure_withdraw(*, actor: Actor, erasure_id: int, reason: str = "") -> Erasure:
    """Take the asking back before it is decided, or end what could not be carried out; the value is forgotten.

    Args:
        reason: why what was approved is ended; taking back needs none.

    Raises:
        NotVisible, NotAllowed, OwnSubmission: the actor is no cataloguer of the providing department; once it was
            approved, not its head, or asked for it himself.
        InvalidTransition: it was decided, and has not failed.
        RuleViolation: it was approved, and no reason is given, or that holds the person's value.

    Basis:
        Personal Information Protection Law, Art. 50: who does not meet a demand says why.
    """
    erasure = selectors.erasure_get_for(actor, erasure_id, for_update=True)
    policies.require_withdraw_erasure(actor, erasure)
    step = transitions.ERASURE.apply("withdraw", erasure.state)
    if erasure.decided_by_id is not None:
        if not reason.strip():
            message = _("Say why the erasure is ended: whoever demanded it must be told.")
            raise RuleViolation([FieldError("opinion", "required", message)])
        if not selectors.is_value_lost(erasure):
            _require_without_value(erasure, reason)
        erasure.end_reason = reason.strip()
    erasure.state = step.target
    erasure.sealed_value = ""
    erasure.finished_at = clock.now()
    erasure.save()
    after = {"state": step.target} | ({"rows": erasure.rows_erased} if erasure.rows_erased else {})
    audit.record(actor, "collection.erasure.withdraw", erasure, after=after, note=erasure.end_reason)
    workflow.task_close(actor=actor, subject=erasure, kind=TASK_DECIDE)
    return erasure


@transaction.atomic
def erasure_retry(*, actor: Actor, erasure_id: int) -> Erasure:
    """Have a worker try once more what was approved and could not be carried out.

    Raises:
        NotVisible, NotAllowed: the actor is neither cataloguer nor head of the providing department.
        InvalidTransition: it has not failed.
    """
    erasure = selectors.erasure_get_for(actor, erasure_id, for_update=True)
    policies.require_retry_erasure(actor, erasure.dataset)
    step = transitions.ERASURE.apply("retry", erasure.state)
    erasure.state, erasure.attempts, erasure.failure = step.target, 0, ""
    erasure.slot = clock.now()
    erasure.save(update_fields=["state", "attempts", "failure", "slot"])
    audit.record(actor, "collection.erasure.retry", erasure, after={"state": step.target})
    erasure_work_ask(erasure)
    return erasure


@transaction.atomic
def _look_record(actor: Actor, erasure_id: int) -> Erasure:
    erasure = selectors.erasure_get_for(actor, erasure_id)
    audit.record(actor, "collection.erasure.read_document", erasure, after={"sha256": erasure.document_sha256})
    return erasure


def erasure_document_read(*, actor: Actor, erasure_id: int) -> tuple[Erasure, Iterator[bytes]]:
    """Return the demand as it was handed in; the look is in the trail before the first byte.

    Raises:
        NotVisible: it is none of the actor's department. evidence.Lost: the storage does not give it.
    """
    erasure = _look_record(actor, erasure_id)
    return erasure, evidence.content_of(str(erasure.document.name), document_context(erasure.key))
