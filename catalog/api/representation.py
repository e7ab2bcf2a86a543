"""An entry as the API gives it: plain values from one entry and one of its revisions."""

from datetime import datetime
from typing import Any

from catalog import selectors
from catalog.api.members import members_of
from catalog.models import Entry, Revision
from core.actors import Actor


def entry_values(actor: Actor, entry: Entry, revision: Revision, due_at: datetime | None) -> dict[str, Any]:
    """Return what ``EntryOutput`` shows; decisions and drafts only where the actor may see them."""
    is_working = revision.pk == entry.working_revision_id
    working = entry.working_revision if selectors.can_see_working(actor, entry) else None
    return {
        "id": entry.ref,
        "code": entry.code,
        "status": revision.status if is_working else entry.status,
        "revision": revision.number,
        "edit_version": entry.edit_version,
        "published_at": revision.published_at,
        "updated_at": entry.updated_at,
        "due_at": due_at,
        "freshness": None,
        "department": entry.department.code,
        "department_name": entry.department.name,
        "region": entry.department.region.code,
        "category": revision.category.code if revision.category else "",
        "category_name": revision.category.name if revision.category else "",
        "library": revision.library.code if revision.library else "",
        "source_system": revision.source_system.name if revision.source_system else "",
        "related": [related.ref for related in revision.related.all()],
        "assessments": {
            "secrecy": revision.secrecy_assessment,
            "personal_information": revision.personal_information_assessment,
        },
        "items": list(revision.items.all()),
        "datasets": [],
        "working": working,
        **{name: getattr(revision, name) for name in _PLAIN},
        **members_of(actor, entry),
    }


_PLAIN = (
    "name", "summary", "department_unit", "keywords", "format_class", "format_type", "format_note", "sharing",
    "sharing_scope", "sharing_purpose", "sharing_reason", "sharing_note", "legal_basis", "sharing_method",
    "use_conditions", "opening", "opening_condition", "cycle", "data_level", "secrecy", "census", "extra",
)  # fmt: skip
