"""Carrying out one row of a batch through the services that the pages use, in a transaction of its own."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from catalog import policies
from catalog.choices import Origin, RevisionStatus
from catalog.imports.known_entries import alias_source
from catalog.imports.plan import CREATE, PUBLISH, UPDATE
from catalog.imports.problems import Problem, Severity
from catalog.models import Entry, EntryAlias, ImportBatch, ImportRow, Revision
from catalog.models.imports import RowState
from catalog.services.entry import entry_create, entry_update
from catalog.services.review import entry_approve, entry_submit
from core import clock
from core.actors import Actor, system_actor
from core.exceptions import DomainError, RuleViolation

MAX_CODE = 200
_ASSESSMENTS = ("secrecy_assessment", "personal_information_assessment")


def row_apply(actor: Actor, batch: ImportBatch, row_id: int) -> ImportRow | None:
    """Carry out a planned row; entry and row change in one transaction or not at all.

    What is wrong with the row rejects it. A database that is gone or overloaded ends the run: the row stays planned.

    Returns:
        The row, or None where another worker has it or it is done already.
    """
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        row = (
            ImportRow.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("department")
            .filter(pk=row_id, state=RowState.PLANNED)
            .first()
        )
        if row is None or row.payload is None:
            return None
        try:
            with transaction.atomic():
                entry = _carry_out(actor, batch, row, row.payload)
        except (DomainError, DataError, IntegrityError) as error:
            _reject(row, error)
        else:
            row.entry, row.entry_version = entry, entry.edit_version
            row.state = {CREATE: RowState.CREATED}.get(row.action, RowState.UPDATED)
        row.payload = None
        row.done_at = clock.now()
        row.save(
            update_fields=[
                "entry", "entry_version", "state", "payload", "done_at", "problems", "is_published", "assumption_count",
            ]
        )  # fmt: skip
        return row


def _carry_out(actor: Actor, batch: ImportBatch, row: ImportRow, payload: Mapping[str, Any]) -> Entry:
    if row.department is None:
        raise RuleViolation([], _("The department of this row could not be created."))
    if row.action == CREATE:
        entry = _create(actor, row, payload)
    else:
        entry = _update(actor, row, payload)
    _keep_alias(entry, row.department.code, str(payload["code"]))
    if batch.publishes and payload["publishes"]:
        entry = _publish(actor, batch, row, entry)
    return entry


def _create(actor: Actor, row: ImportRow, payload: Mapping[str, Any]) -> Entry:
    assert row.department is not None  # noqa: S101
    fields = {**payload["fields"], "assumptions": payload["assumptions"]}
    if payload["related"]:
        fields["related"] = payload["related"]
    return entry_create(
        actor=actor,
        fields=fields,
        items=payload["items"],
        department_code=row.department.code,
        origin=Origin.IMPORTED,
    )


def _update(actor: Actor, row: ImportRow, payload: Mapping[str, Any]) -> Entry:
    """Bring an entry in line with what the file states; what it leaves open stays as it is."""
    current = Revision.objects.filter(entry_id=payload["entry_id"]).order_by("-number").first()
    fields: dict[str, Any] = {}
    noted = list(current.assumptions) if current else []
    if row.action == UPDATE:
        fields = {name: payload["fields"][name] for name in payload["given"] if name in payload["fields"]}
        if payload["related"]:
            fields["related"] = payload["related"]
        noted = [one for one in noted if one.get("field") not in fields]
    if payload["publishes"]:
        for name in _ASSESSMENTS:
            if current is not None and not getattr(current, name):
                fields[name] = payload["fields"].get(name, "")
                noted += [one for one in payload["assumptions"] if one["field"] == name]
    if current is None or noted != current.assumptions:
        fields["assumptions"] = noted
    row.assumption_count = len(noted)
    return entry_update(
        actor=actor,
        ref=int(payload["entry_id"]),
        fields=fields,
        items=payload["items"] if row.action == UPDATE and payload["items"] else None,
        edit_version=payload["edit_version"],
    )


def _keep_alias(entry: Entry, department_code: str, code: str) -> None:
    """Keep the code by which the file knows the entry; one that a withdrawn entry held moves to this one."""
    if code and code != entry.code and len(code) <= MAX_CODE:
        EntryAlias.objects.update_or_create(
            source=alias_source(department_code), code=code, defaults={"entry_id": entry.pk}
        )


def _publish(actor: Actor, batch: ImportBatch, row: ImportRow, entry: Entry) -> Entry:
    """Take the entry the way the pages take it: submit, sign off, approve, each by its job (ADR 0040).

    Whatever speaks against it leaves the entry a draft with the reason in the report.
    """
    approving = system_actor(policies.APPROVING_JOB)
    opinion = _("Import batch %(batch)d, file “%(file)s”, row %(row)d") % {
        "batch": batch.pk,
        "file": batch.file_name,
        "row": row.row,
    }
    try:
        with transaction.atomic():
            entry_submit(actor=actor, ref=entry.pk)
            entry_approve(actor=actor, ref=entry.pk, opinion=opinion)
            published = entry_approve(actor=approving, ref=entry.pk, opinion=opinion)
    except DomainError as error:
        row.problems = [*row.problems, *_problems(row, error, Severity.NOT_PUBLISHED)]
        return Entry.objects.get(pk=entry.pk)
    row.is_published = True
    return published


def _reject(row: ImportRow, error: DomainError | DataError | IntegrityError) -> None:
    row.state = RowState.REJECTED
    row.problems = [*row.problems, *_problems(row, error, Severity.REJECTED)]


def _problems(row: ImportRow, error: Exception, severity: Severity) -> list[dict[str, Any]]:
    if isinstance(error, RuleViolation) and error.errors:
        found = [(one.code, one.field, one.message) for one in error.errors]
    elif isinstance(error, DomainError):
        found = [(error.code, "", str(error.message))]
    else:
        found = [("database", "", _("The database refused the row: %(why)s") % {"why": str(error).splitlines()[0]})]
    return [
        Problem(severity.value, code, row.row, field, "", "", str(message)).as_dict() for code, field, message in found
    ]


def is_open_draft(entry: Entry) -> bool:
    """Say whether an entry is a draft that nobody ever submitted."""
    return (
        entry.code is None
        and entry.working_revision is not None
        and (entry.working_revision.status == RevisionStatus.DRAFT)
    )


__all__ = ["CREATE", "PUBLISH", "UPDATE", "is_open_draft", "row_apply"]
