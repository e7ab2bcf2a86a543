"""Filing an entry: create, edit, revise, discard. Who may see or decide is in the selectors and policies."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Department
from audit import services as audit
from catalog import policies, search_index, transitions
from catalog.choices import EntryStatus, Origin, RevisionStatus
from catalog.models import Entry, Revision, RevisionItem
from catalog.selectors import entry as selectors
from catalog.services import content
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotAllowed, RuleViolation, StaleEdit


@transaction.atomic
def entry_create(
    *,
    actor: Actor,
    fields: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]] = (),
    department_code: str = "",
    origin: Origin = Origin.FILED,
) -> Entry:
    """Open a draft for the actor's department; the code is assigned when it is first submitted.

    Args:
        fields: values of ``content.FIELDS``; those left out take the standard's defaults.
        department_code: only an import job files for another department than its own.

    Raises:
        NotAllowed: the actor is no cataloguer, or names a department not his own.
        RuleViolation: a reference names nothing, or the content is declared secret (809 Art. 3).
    """
    policies.require_create_entry(actor)
    department = _providing_department(actor, department_code)
    now = clock.now()
    entry = Entry(department=department, created_at=now, updated_at=now, origin=origin)
    revision = Revision(
        entry=entry,
        number=1,
        created_at=now,
        created_by_id=actor.id if actor.is_person else None,
        standard=selectors.standard_in_force(),
    )
    for field, value in content.DEFAULTS.items():
        setattr(revision, field, value)
    content.revision_fill(revision, fields)
    if not revision.sharing_method:
        revision.sharing_method = content.default_method(revision.format_class)
    entry.pk, revision.pk = _keys_draw()  # drawn first, as each row names the other
    revision.entry = entry
    entry.working_revision = entry.current_revision = revision
    entry.save(force_insert=True)
    revision.save(force_insert=True)
    content.items_replace(revision, items, is_new=True)
    if fields.get("related"):
        content.related_replace(revision, fields["related"])
    else:
        content.rows_keep(revision, "related", [])
    search_index.entry_index(entry)
    audit.record(actor, "catalog.entry.create", entry, after={"name": revision.name, "items": len(items)})
    return entry


_OF_PROVIDER = (
    "code",
    "name",
    "short_name",
    "valid_to",
    "is_authority",
    "region__code",
    "region__name",
    "region__path",
)
"""What filing, and the answer to it, ask of a department; it has many long fields more."""


def _keys_draw() -> tuple[int, int]:
    """Return the keys of a new entry and of its first revision."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('catalog_entry', 'id')),"
            " nextval(pg_get_serial_sequence('catalog_revision', 'id'))"
        )
        entry, revision = cursor.fetchone()
    return entry, revision


def _providing_department(actor: Actor, code: str) -> Department:
    if not code or code == actor.department_code:
        code = actor.department_code
    elif not actor.is_system:
        raise NotAllowed(_("You can file entries only for your own department."))
    department = Department.objects.filter(code=code).select_related("region").only(*_OF_PROVIDER).first()
    if department is None:
        raise RuleViolation(
            [FieldError("department", "unknown", _("There is no department “%(code)s”.") % {"code": code})]
        )
    if not department.is_active:
        message = _("“%(name)s” has been dissolved or merged.") % {"name": department.name}
        raise RuleViolation([FieldError("department", "ended", message)])
    return department


@transaction.atomic
def entry_update(
    *,
    actor: Actor,
    ref: str | int,
    fields: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]] | None = None,
    edit_version: int | None = None,
) -> Entry:
    """Change the working revision of an entry; for a published entry this opens one, the published stays.

    Args:
        items: the whole new list, or None to leave the items alone.
        edit_version: the version the caller read; None skips the comparison (the caller holds no older copy).

    Raises:
        NotVisible, NotAllowed: see ``policies.require_file_entry``.
        InvalidTransition: it is under review; recall it first.
        StaleEdit: somebody saved since; nothing was overwritten.
        RuleViolation: a reference names nothing, or the content is declared secret.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_file_entry(actor, entry)
    if edit_version is not None and edit_version != entry.edit_version:
        raise StaleEdit(extra={"edit_version": entry.edit_version})
    revision = entry.working_revision or _open_working(actor, entry)
    transitions.REVISION.apply("edit", revision.status)
    changes = content.revision_fill(revision, fields)
    if {"format_class"} <= changes.keys() and not revision.sharing_method:
        revision.sharing_method = content.default_method(revision.format_class)
    revision.save()
    item_changes = content.items_replace(revision, items) if items is not None else {}
    if "related" in fields:
        content.related_replace(revision, fields["related"] or ())
    _touch(entry, is_content_new=entry.published_revision is None)
    audit.record(
        actor,
        "catalog.entry.edit",
        entry,
        before={field: before for field, (before, _after) in changes.items()},
        after={field: after for field, (_before, after) in changes.items()}
        | ({"items": item_changes} if any(item_changes.values()) else {}),
    )
    return entry


@transaction.atomic
def entry_revise(*, actor: Actor, ref: str | int, duty_change: int | None = None) -> Entry:
    """Open the working revision of a published entry as a copy of it; the published one stays in force.

    Raises:
        InvalidTransition: it is not published, or a working revision is already open.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_file_entry(actor, entry)
    if entry.working_revision is not None:
        raise InvalidTransition(_("A revision of this entry is already open. Continue with that one."))
    revision = _open_working(actor, entry)
    if duty_change is not None:
        content.revision_fill(revision, {"duty_change": duty_change})
        revision.save(update_fields=["duty_change"])
    _touch(entry)
    return entry


def _open_working(actor: Actor, entry: Entry) -> Revision:
    if entry.status != EntryStatus.PUBLISHED or entry.published_revision is None:
        raise InvalidTransition(
            _("This cannot be done while the state is “%(state)s”.") % {"state": entry.get_status_display()}
        )
    number = entry.revisions.order_by("-number").values_list("number", flat=True)[0] + 1
    revision = content.revision_copy(
        entry.published_revision,
        number=number,
        status=RevisionStatus.DRAFT,
        created_at=clock.now(),
        created_by_id=actor.id if actor.is_person else None,
        standard=selectors.standard_in_force(),
    )
    revision.entry = entry
    entry.working_revision = revision
    entry.save(update_fields=["working_revision"])
    audit.record(actor, "catalog.entry.revise", entry, after={"revision": number})
    return revision


@transaction.atomic
def entry_discard(*, actor: Actor, ref: str | int) -> Entry | None:
    """Throw a draft away: the entry itself where it was never submitted, else only the open revision.

    Returns:
        The entry with its published revision, or None where nothing is left.

    Raises:
        InvalidTransition: it is under review, or it has a code and no published revision.
    """
    entry = selectors.entry_get_for(actor, ref, for_update=True)
    policies.require_file_entry(actor, entry)
    revision = entry.working_revision
    if revision is None:
        raise InvalidTransition(_("There is no open revision to discard."))
    transitions.REVISION.apply("discard", revision.status)
    if not policies.can_be_discarded(entry):
        raise InvalidTransition(_("An entry that has been submitted keeps its code and cannot be discarded."))
    audit.record(actor, "catalog.entry.discard", entry, before={"name": revision.name, "revision": revision.number})
    entry.working_revision = None
    if entry.published_revision is None:
        entry.current_revision = None
        entry.save(update_fields=["working_revision", "current_revision"])
        RevisionItem.objects.filter(revision=revision).delete()
        entry.delete()
        return None
    entry.save(update_fields=["working_revision"])
    revision.delete()
    _touch(entry)
    return entry


def _touch(entry: Entry, *, is_content_new: bool = False) -> None:
    """Count the change, so that a concurrent editor notices, and keep the lists in step."""
    entry.edit_version += 1
    entry.updated_at = clock.now()
    entry.save(update_fields=["edit_version", "updated_at"])
    if is_content_new:
        search_index.entry_index(entry)
    else:
        search_index.entry_relist(entry)
