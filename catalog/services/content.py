"""Putting what somebody typed or sent into a working revision: plain values in, rows out.

Shared by the editor, the API and the import. Nothing here decides who may do it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import InformationSystem
from catalog import rules
from catalog.choices import FormatClass, SharingMethod
from catalog.formats import METHODS_OF_CLASS
from catalog.models import Category, DutyChange, Entry, Item, Library, Revision, RevisionItem
from core.exceptions import FieldError, RuleViolation
from core.json_text import is_storable

TEXT_FIELDS = (
    "name", "summary", "department_unit", "keywords", "format_class", "format_type", "format_note",
    "sharing", "sharing_scope", "sharing_purpose", "sharing_reason", "sharing_note", "sharing_method",
    "use_conditions", "opening", "opening_condition", "cycle", "data_level", "secrecy",
    "secrecy_assessment", "personal_information_assessment",
)  # fmt: skip
JSON_FIELDS = ("legal_basis", "census", "extra", "assumptions")
REFERENCE_FIELDS = ("category", "library", "source_system", "related", "duty_change")
FIELDS = frozenset((*TEXT_FIELDS, *JSON_FIELDS, *REFERENCE_FIELDS))

ITEM_FIELDS = (
    "name", "field_name", "type", "length", "decimals", "is_key", "nullable", "sharing", "sharing_condition",
    "opening", "is_sensitive", "mask", "description",
)  # fmt: skip

DEFAULTS = {"opening": "closed", "data_level": "general_2", "secrecy": "none"}
"""What the compilation standard takes for fields that a filing leaves out."""

METHOD_OF_CLASS = {FormatClass.DATABASE: SharingMethod.PLATFORM_API}


def default_method(format_class: str) -> str:
    """Return the usual way of sharing a format class, or "" where the class is unknown."""
    fitting = METHODS_OF_CLASS.get(format_class, ("",))
    return METHOD_OF_CLASS.get(FormatClass(format_class), fitting[0]) if format_class else ""


def revision_fill(revision: Revision, fields: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set fields of an unsaved or working revision; return what changed as field → (before, after).

    ``category`` and ``library`` are codes, ``source_system`` a name or number, ``related`` a list of entry
    references (applied by ``related_replace`` after saving), ``duty_change`` a number.

    Raises:
        RuleViolation: a reference names nothing, or the content is declared secret.
    """
    errors = rules.secrecy_errors(str(fields.get("secrecy") or ""))
    changes: dict[str, tuple[Any, Any]] = {}

    def put(field: str, value: Any, shown: Any = None) -> None:
        before = getattr(revision, field)
        if before != value:
            setattr(revision, field, value)
            changes[field] = (str(before) if shown is not None else before, shown if shown is not None else value)

    for field in TEXT_FIELDS:
        if field in fields:
            value = str(fields[field] or "").replace("\x00", "")
            put(field, value.strip() if field in ("name", "format_type") else value)
    for field in JSON_FIELDS:
        if field in fields and not is_storable(fields[field]):
            message = _("This holds characters or numbers that cannot be kept, or is nested too deeply.")
            errors.append(FieldError(field, "invalid", message))
        elif field in fields:
            put(field, fields[field])
    if "format_type" in fields:
        revision.format_type = revision.format_type.lower()
    if "category" in fields:
        errors += _put_reference(revision, "category", fields["category"], _category, changes)
    if "library" in fields:
        errors += _put_reference(revision, "library", fields["library"], _library, changes)
    if "source_system" in fields:
        department_id = revision.entry.department_id
        errors += _put_reference(
            revision, "source_system", fields["source_system"], lambda ref: _system(department_id, ref), changes
        )
    if "duty_change" in fields:
        errors += _put_reference(revision, "duty_change", fields["duty_change"], _duty_change, changes)
    if errors:
        raise RuleViolation(errors)
    return changes


def _put_reference(
    revision: Revision, field: str, ref: Any, find: Any, changes: dict[str, tuple[Any, Any]]
) -> list[FieldError]:
    before = getattr(revision, field)
    found = find(str(ref)) if ref not in (None, "") else None
    if ref not in (None, "") and found is None:
        return [
            FieldError(field, "unknown", _("“%(value)s” is not registered. Choose one from the list.") % {"value": ref})
        ]
    if found != before:
        setattr(revision, field, found)
        changes[field] = (str(before) if before else "", str(found) if found else "")
    return []


def _category(code: str) -> Category | None:
    return Category.objects.filter(code=code).first()


def _library(code: str) -> Library | None:
    return Library.objects.filter(code=code).first()


def _system(department_id: int, ref: str) -> InformationSystem | None:
    wanted = Q(name=ref) | (Q(pk=int(ref)) if ref.isdecimal() and len(ref) < 19 else Q(pk__in=[]))
    return InformationSystem.objects.filter(wanted, department_id=department_id).first()


def _duty_change(ref: str) -> DutyChange | None:
    return DutyChange.objects.filter(pk=int(ref)).first() if ref.isdecimal() and len(ref) < 19 else None


def related_replace(revision: Revision, refs: Sequence[Any]) -> None:
    """Make the given entries the related ones.

    Raises:
        RuleViolation: a reference names no entry.
    """
    texts = [str(ref).replace("/", "-") for ref in refs]
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) < 19]
    found = {one.ref: one for one in Entry.objects.filter(Q(slug__in=texts) | Q(pk__in=numbers))}
    by_number = {str(one.pk): one for one in found.values()}
    missing = [
        FieldError(f"related[{index}]", "unknown", _("There is no entry “%(ref)s”.") % {"ref": text})
        for index, text in enumerate(texts)
        if text not in found and text not in by_number
    ]
    if missing:
        raise RuleViolation(missing)
    revision.related.set({found.get(text) or by_number[text] for text in texts})


def items_replace(
    revision: Revision, payload: Sequence[Mapping[str, Any]], *, is_new: bool = False
) -> dict[str, list[str]]:
    """Make the given items the revision's items, in order; return the names added and removed.

    A row takes the identity its ``id`` names, else that of the item with the same ``field_name`` (without one:
    the same name) in this revision or the published one, so that a rename keeps the identity.

    Args:
        is_new: the entry was made a moment ago and has no items to look for.

    Raises:
        RuleViolation: an ``id`` belongs to no item of this entry, or stands twice.
    """
    current = [] if is_new else list(RevisionItem.objects.filter(revision=revision).order_by("position"))
    known = {row.item_id: row for row in current}
    published_id = revision.entry.published_revision_id
    if published_id and published_id != revision.pk:
        for row in RevisionItem.objects.filter(revision_id=published_id):
            known.setdefault(row.item_id, row)
    identities = _identities(payload, known)
    new = [Item(entry_id=revision.entry_id) for identity in identities if identity is None]
    fresh = iter(new)
    rows = []
    for position, (values, identity) in enumerate(zip(payload, identities, strict=True), start=1):
        row = RevisionItem(revision=revision, item_id=identity or next(fresh).pk, position=position)
        earlier = known.get(identity) if identity else None
        for field in ITEM_FIELDS:
            if field in values:
                setattr(row, field, _item_value(field, values[field]))
            elif earlier is not None:
                setattr(row, field, getattr(earlier, field))
        rows.append(row)
    if current:
        RevisionItem.objects.filter(revision=revision).delete()
    Item.objects.bulk_create(new)
    RevisionItem.objects.bulk_create(rows)
    rows_keep(revision, "items", rows)
    before, after = {row.item_id: row.name for row in current}, {row.item_id: row.name for row in rows}
    return {
        "added": [name for key, name in after.items() if key not in before],
        "removed": [name for key, name in before.items() if key not in after],
    }


def rows_keep(revision: Revision, relation: str, rows: Sequence[models.Model]) -> None:
    """Keep rows just written with their revision, as if they had been read with it: nobody reads them again."""
    loaded = getattr(revision, relation).get_queryset()
    loaded._result_cache, loaded._prefetch_done = list(rows), True
    vars(revision).setdefault("_prefetched_objects_cache", {})[relation] = loaded


def _item_value(field: str, value: Any) -> Any:
    if field in ("is_key", "nullable", "is_sensitive"):
        return bool(value)
    if field in ("length", "decimals"):
        return int(value) if value not in ("", None) else None
    text = str(value if value is not None else "").replace("\x00", "")
    if field == "type":
        return text or "C"
    if field == "mask":
        return text or "none"
    return text.strip() if field in ("name", "field_name") else text


def _identities(payload: Sequence[Mapping[str, Any]], known: Mapping[UUID, RevisionItem]) -> list[UUID | None]:
    by_field = {row.field_name.lower(): key for key, row in known.items() if row.field_name}
    by_name = {row.name: key for key, row in known.items()}
    taken: set[UUID] = set()
    result: list[UUID | None] = []
    errors: list[FieldError] = []
    claimed = {str(values["id"]) for values in payload if values.get("id")}
    for index, values in enumerate(payload):
        identity: UUID | None = None
        if values.get("id"):
            identity = next((key for key in known if str(key) == str(values["id"])), None)
            if identity is None:
                message = _("This item does not belong to the entry. Leave the id out to add a new item.")
                errors.append(FieldError(f"items[{index}].id", "unknown", message))
            elif identity in taken:
                errors.append(FieldError(f"items[{index}].id", "duplicate", _("The same item stands twice.")))
        else:
            field_name = str(values.get("field_name") or "").strip().lower()
            match = by_field.get(field_name) if field_name else by_name.get(str(values.get("name") or "").strip())
            if match is not None and match not in taken and str(match) not in claimed:
                identity = match
        if identity is not None:
            taken.add(identity)
        result.append(identity)
    if errors:
        raise RuleViolation(errors)
    return result


def revision_copy(source: Revision, *, number: int, **values: Any) -> Revision:
    """Save a copy of a revision with its items and relations as the next number; identities stay."""
    copy = Revision.objects.get(pk=source.pk)
    copy.pk = None
    copy._state.adding = True
    copy.number = number
    for field in ("submitted_at", "submitted_by", "signed_at", "signed_by", "authority", "published_at", "duty_change"):
        setattr(copy, field, None)
    copy.published_by_name = ""
    for field, value in values.items():
        setattr(copy, field, value)
    copy.save(force_insert=True)
    copy.related.set(source.related.all())
    rows = list(RevisionItem.objects.filter(revision=source).order_by("position"))
    for row in rows:
        row.pk = None
        row._state.adding = True
        row.revision = copy
    RevisionItem.objects.bulk_create(rows)
    return copy
